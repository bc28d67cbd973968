//! Pixels of sheets: cutting cells, doubling, halving, dropping repeats.

use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::Sheet;

/// Mean difference of a channel, of 255, below which two cells are frames of one animation.
const SAME_PICTURE: u64 = 5;

/// The cells of a sheet, row by row.
pub(super) fn cells(picture: &RgbaImage, sheet: &Sheet, scale: u32) -> Vec<RgbaImage> {
    let [width, height] = sheet.cell.map(|side| side * scale);
    let [columns, rows] = sheet.grid;
    (0..columns * rows)
        .map(|position| {
            let (left, top) = ((position % columns) * width, (position / columns) * height);
            imageops::crop_imm(picture, left, top, width, height).to_image()
        })
        .collect()
}

/// Each pixel as two by two.
pub(super) fn doubled(cell: &RgbaImage) -> RgbaImage {
    let (width, height) = cell.dimensions();
    RgbaImage::from_fn(2 * width, 2 * height, |x, y| *cell.get_pixel(x / 2, y / 2))
}

/// Two by two pixels as their mean; a transparent pixel's colour does not count.
pub(super) fn halved(cell: &RgbaImage) -> RgbaImage {
    let (width, height) = cell.dimensions();
    RgbaImage::from_fn(width / 2, height / 2, |x, y| {
        let block = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(right, down)| cell.get_pixel(2 * x + right, 2 * y + down).0);
        let alpha: u32 = block.iter().map(|pixel| u32::from(pixel[3])).sum();
        let mean = |channel: usize| {
            let weighted: u32 =
                block.iter().map(|pixel| u32::from(pixel[channel]) * u32::from(pixel[3])).sum();
            weighted.checked_div(alpha).unwrap_or(0) as u8
        };
        Rgba([mean(0), mean(1), mean(2), (alpha / 4) as u8])
    })
}

/// Cells that are not empty, one of each row's animation.
pub(super) fn distinct(cells: &[RgbaImage], columns: u32) -> Vec<RgbaImage> {
    let mut kept: Vec<RgbaImage> = Vec::new();
    for row in cells.chunks(columns as usize) {
        let first = kept.len();
        for cell in row {
            let empty = cell.pixels().all(|pixel| pixel.0[3] == 0);
            if !empty && !kept[first..].iter().any(|other| same_picture(cell, other)) {
                kept.push(cell.clone());
            }
        }
    }
    kept
}

fn same_picture(one: &RgbaImage, other: &RgbaImage) -> bool {
    let opaque = |picture: &RgbaImage| picture.pixels().map(|pixel| u64::from(pixel.0[3] > 0)).sum::<u64>();
    let difference: u64 =
        one.as_raw().iter().zip(other.as_raw()).map(|(&left, &right)| u64::from(left.abs_diff(right))).sum();
    difference < SAME_PICTURE * 4 * opaque(one).max(1)
}
