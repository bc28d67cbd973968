//! Packs pixels two by two, as our own networks take them.

use fearless_simd::{Bytes, Level, Simd, SimdBase, dispatch, u8x32, u16x16, u32x8};

use crate::pixels::ChannelOrder;

/// Bytes of a packed cell: 2x2 pixels of red, green and blue.
///
/// Byte `4 * channel + 2 * row + column` of a cell is that channel of the pixel at `row`, `column`
/// of its 2x2 square: the order of `pixel_unshuffle(2)`.
pub const PACK: usize = 12;
/// Bytes of a row of pixels that become cells at once.
const BLOCK: usize = 32;
/// Cells that these become.
const CELLS: usize = BLOCK / 8;

/// Packs `pixels`, rows of `width` (even).
pub(super) fn pack(level: Level, pixels: &[u8], width: usize, order: ChannelOrder, packed: &mut [u8]) {
    for (rows, line) in pixels.chunks_exact(width * 8).zip(packed.chunks_exact_mut(width / 2 * PACK)) {
        let (above, below) = rows.split_at(width * 4);
        pack_rows(level, above, below, order, line);
    }
}

/// Packs two rows of pixels into the first cells of `line`.
pub(super) fn pack_rows(level: Level, above: &[u8], below: &[u8], order: ChannelOrder, line: &mut [u8]) {
    // What lies behind them is not ours to write.
    let line = &mut line[..above.len() / 8 * PACK];
    let done = dispatch!(level, simd => match order {
        ChannelOrder::Rgbx => pack_blocks(simd, above, below, |pixels| pixels, line),
        ChannelOrder::Bgrx => pack_blocks(simd, above, below, #[inline(always)] |pixels| swap(simd, pixels), line),
    });
    let ((above, _), (below, _)) = (above[done * 8..].as_chunks::<8>(), below[done * 8..].as_chunks::<8>());
    let (cells, _) = line[done * PACK..].as_chunks_mut::<PACK>();
    for ((cell, above), below) in cells.iter_mut().zip(above).zip(below) {
        *cell = cell_of(*above, *below, order);
    }
}

/// Packs whole blocks, but for the last: a cell is written with four bytes too many. Returns how
/// many cells that are.
#[inline(always)]
fn pack_blocks<S: Simd>(
    simd: S,
    above: &[u8],
    below: &[u8],
    ordered: impl Fn(u32x8<S>) -> u32x8<S>,
    line: &mut [u8],
) -> usize {
    let ((above, _), (below, _)) = (above.as_chunks::<BLOCK>(), below.as_chunks::<BLOCK>());
    let blocks = above.len().min(line.len().saturating_sub(4) / (CELLS * PACK));
    for (at, (above, below)) in above[..blocks].iter().zip(below).enumerate() {
        let above = ordered(simd.load_array_ref_u8x32(above).bitcast());
        let below = ordered(simd.load_array_ref_u8x32(below).bitcast());
        // Left pixels above, left pixels below; then the right ones.
        let left: u8x32<S> = simd.unzip_low_u32x8(above, below).bitcast();
        let right: u8x32<S> = simd.unzip_high_u32x8(above, below).bitcast();
        // Pairs of each channel, of all cells; above, then below.
        let above: u16x16<S> = simd.zip_low_u8x32(left, right).bitcast();
        let below: u16x16<S> = simd.zip_high_u8x32(left, right).bitcast();
        let cells = [simd.zip_low_u16x16(above, below), simd.zip_high_u16x16(above, below)];
        let line = &mut line[at * CELLS * PACK..][..CELLS * PACK + 4];
        for (half, cells) in cells.into_iter().enumerate() {
            let bytes = simd.as_array_u8x32(cells.bitcast());
            let line = &mut line[half * 2 * PACK..][..2 * PACK + 4];
            line[..16].copy_from_slice(&bytes[..16]);
            line[PACK..].copy_from_slice(&bytes[16..]);
        }
    }
    blocks * CELLS
}

/// Red in the place of blue.
#[inline(always)]
fn swap<S: Simd>(simd: S, pixels: u32x8<S>) -> u32x8<S> {
    let low = u32x8::splat(simd, 0xff);
    let green = pixels & u32x8::splat(simd, 0xff00);
    green | (simd.shr_u32x8(pixels, 16) & low) | simd.shl_u32x8(pixels & low, 16)
}

/// Two pixels above two others, channel by channel.
fn cell_of(above: [u8; 8], below: [u8; 8], order: ChannelOrder) -> [u8; PACK] {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let (above, below) = (u64::from_le_bytes(above), u64::from_le_bytes(below));
    // Each lane of 16 bits: a channel of one pixel above in the low byte, and below in the high
    // one.
    let outer = (above & EVEN) | (below & EVEN) << 8;
    let middle = (above >> 8 & EVEN) | (below & !EVEN);
    let channel = |lanes: u64, shift: u32| {
        let (left, right) = (lanes >> shift, lanes >> (shift + 32));
        [left as u8, right as u8, (left >> 8) as u8, (right >> 8) as u8]
    };
    let (first, green, third) = (channel(outer, 0), channel(middle, 0), channel(outer, 16));
    let (red, blue) = match order {
        ChannelOrder::Rgbx => (first, third),
        ChannelOrder::Bgrx => (third, first),
    };
    let mut cell = [0; PACK];
    cell[..4].copy_from_slice(&red);
    cell[4..8].copy_from_slice(&green);
    cell[8..].copy_from_slice(&blue);
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::levels;

    #[test]
    fn vectors_pack_as_single_cells_do() {
        for order in [ChannelOrder::Rgbx, ChannelOrder::Bgrx] {
            for width in [2, 8, 10, 626] {
                let pixels: Vec<u8> = (0..width * 8).map(|index| (index * 37 + index / 9) as u8).collect();
                let (above, below) = pixels.split_at(width * 4);
                let cell = |at: usize| {
                    let eight = |row: &[u8]| row[at * 8..][..8].try_into().unwrap();
                    cell_of(eight(above), eight(below), order)
                };
                let want: Vec<u8> = (0..width / 2).flat_map(cell).collect();
                for level in levels() {
                    // Room behind the row stays as it is.
                    for room in [0, PACK] {
                        let mut got = vec![7; want.len() + room];
                        pack_rows(level, above, below, order, &mut got);
                        assert!(got[..want.len()] == want, "{order:?} {width} at {level:?}");
                        assert!(got[want.len()..].iter().all(|&byte| byte == 7), "{width} at {level:?}");
                    }
                }
            }
        }
    }
}
