//! How an X server writes the pixels of a window: eight bits for each colour are taken as they are,
//! ten or fewer become eight while they are copied.

use x11rb::protocol::xproto::{Setup, Visualid};

/// A way to write pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// Bytes of a pixel: two or four, the lowest first.
    bytes: usize,
    /// Lines begin at multiples of so many bytes.
    pad: usize,
    /// Bits of blue, green and red.
    masks: [u32; 3],
}

/// Four bytes a pixel in the order blue, green, red: what recognition reads.
const PLAIN: [u32; 3] = [0xff, 0xff00, 0xff_0000];

impl PixelFormat {
    /// How windows of this depth and visual are written; `None` where colours are looked up in a
    /// table, or pixels have neither two nor four bytes.
    pub fn of(setup: &Setup, depth: u8, visual: Visualid) -> Option<Self> {
        let format = setup.pixmap_formats.iter().find(|format| format.depth == depth)?;
        let mut visuals = setup.roots.iter().flat_map(|root| &root.allowed_depths).flat_map(|it| &it.visuals);
        let found = visuals.find(|it| it.visual_id == visual)?;
        let bytes = usize::from(format.bits_per_pixel) / 8;
        let masks = [found.blue_mask, found.green_mask, found.red_mask];
        let is_told = [2, 4].contains(&bytes) && masks.iter().all(|mask| mask.count_ones() >= 4);
        is_told.then(|| Self { bytes, pad: (usize::from(format.scanline_pad) / 8).max(1), masks })
    }

    /// Whether pixels are as recognition reads them.
    pub fn is_plain(self) -> bool {
        self.bytes == 4 && self.masks == PLAIN
    }

    /// Bytes from one line to the next.
    fn stride(self, width: usize) -> usize {
        (width * self.bytes).next_multiple_of(self.pad)
    }

    /// Bytes of an image.
    pub fn length(self, width: usize, height: usize) -> usize {
        self.stride(width) * height
    }

    /// The image in four bytes a pixel: blue, green, red, nothing.
    pub fn plain(self, written: &[u8], width: usize, height: usize) -> Vec<u8> {
        let channels = self.masks.map(Channel::of);
        let mut plain = Vec::with_capacity(width * height * 4);
        for line in written.chunks_exact(self.stride(width)).take(height) {
            for pixel in line[..width * self.bytes].chunks_exact(self.bytes) {
                let value = match *pixel {
                    [a, b] => u32::from(u16::from_le_bytes([a, b])),
                    [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
                    _ => unreachable!("pixels have two or four bytes"),
                };
                plain.extend(channels.map(|channel| channel.eight_bits(value)));
                plain.push(0);
            }
        }
        plain
    }
}

/// Where a colour is in a pixel.
#[derive(Clone, Copy)]
struct Channel {
    shift: u32,
    bits: u32,
}

impl Channel {
    fn of(mask: u32) -> Self {
        Self { shift: mask.trailing_zeros(), bits: mask.count_ones() }
    }

    fn eight_bits(self, pixel: u32) -> u8 {
        let value = pixel >> self.shift & ((1 << self.bits) - 1);
        if self.bits >= 8 {
            (value >> (self.bits - 8)) as u8
        } else {
            // The highest bits once more, so that white is white.
            (value << (8 - self.bits) | value >> (2 * self.bits - 8)) as u8
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_bits_and_five_become_eight() {
        let ten = PixelFormat { bytes: 4, pad: 4, masks: [0x3ff, 0xf_fc00, 0x3ff0_0000] };
        let pixel = |[red, green, blue]: [u32; 3]| (red << 20 | green << 10 | blue).to_le_bytes();
        let written = [pixel([1023, 512, 0]), pixel([4, 3, 1023])].concat();
        assert_eq!(ten.plain(&written, 2, 1), [0, 128, 255, 0, 255, 0, 1, 0]);
        let sixteen = PixelFormat { bytes: 2, pad: 4, masks: [0x1f, 0x7e0, 0xf800] };
        // Three pixels a line, which begins at a multiple of four bytes.
        let line = [0xff, 0xff, 0x00, 0xf8, 0xe0, 0x07, 9, 9];
        assert_eq!(sixteen.length(3, 2), 16);
        let plain = sixteen.plain(&[line, line].concat(), 3, 2);
        let wanted = [255, 255, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0];
        assert_eq!(plain, [wanted, wanted].concat());
        assert!(!ten.is_plain() && !sixteen.is_plain());
        assert!(PixelFormat { bytes: 4, pad: 4, masks: PLAIN }.is_plain());
    }
}
