//! Makes sprite entries: sprites as images in, what the identifier makes of them out.
//!
//! A sprite is laid on the table's colour, because its corners are transparent, and seen in
//! slightly different views; the mean of their embeddings is the entry's. A sprite that fills its
//! cell only in part is entered as the part too: a quad may enclose either. [`calibrate`] chooses
//! the limits from which an entry is a name.

use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::pixels::Pixels;

use super::{EnrolError, can_enrol, mean, views};
use crate::recogniser::Recogniser;
use crate::sprites::{Drawn, SpriteCard, SpriteEntries};

mod calibration;

pub use calibration::{Calibration, Measured, calibrate};

/// A card's sprite.
#[derive(Clone, Debug)]
pub struct Sprite {
    /// Whose it is.
    pub card: SpriteCard,
    /// All layers in one image.
    pub plain: RgbaImage,
    /// The same as a negative card.
    pub negative: RgbaImage,
}

/// The colour that a sprite is laid on.
const TABLE: Rgba<u8> = Rgba([62, 104, 88, 255]);
/// Size of a card on the table: that of the game's larger sheets.
const CARD: [u32; 2] = [142, 190];
/// Pixels of the table around it.
const MARGIN: u32 = 24;
/// Views of a plain sprite.
const PLAIN_VIEWS: usize = 5;
/// Negative cards are rare.
const NEGATIVE_VIEWS: usize = 1;
/// Share of its cell's width or height below which a sprite is entered as its visible part too.
const PARTIAL: f32 = 0.92;
/// Share below which the visible part is too small to be a card.
const LEAST: f32 = 0.3;

/// The entries of these sprites; `each` is called after each one.
///
/// # Errors
/// When the model cannot enrol or the network cannot run.
pub fn entries(
    recogniser: &mut Recogniser,
    sprites: impl Iterator<Item = Sprite>,
    mut each: impl FnMut(),
) -> Result<SpriteEntries, EnrolError> {
    if !can_enrol(recogniser) {
        return Err(EnrolError::NoEmbedding { model: recogniser.manifest().name.clone() });
    }
    let mut entries = SpriteEntries::new(recogniser.manifest().identifier.embedding as usize);
    for Sprite { card, plain, negative } in sprites {
        let card = entries.add_card(card);
        let kinds = [(Drawn::Plain, &plain, PLAIN_VIEWS), (Drawn::Negative, &negative, NEGATIVE_VIEWS)];
        for (drawn, picture, views) in kinds {
            for picture in std::iter::once(picture.clone()).chain(visible_part(picture)) {
                enter(recogniser, &mut entries, card, drawn, (&picture, views))?;
            }
        }
        each();
    }
    Ok(entries)
}

fn enter(
    recogniser: &mut Recogniser,
    entries: &mut SpriteEntries,
    card: usize,
    drawn: Drawn,
    (picture, count): (&RgbaImage, usize),
) -> Result<(), EnrolError> {
    let (frame, quad) = on_table(picture, CARD);
    let width = recogniser.manifest().identifier.input_size[0] as usize;
    let (mut embeddings, mut first) = (Vec::new(), Vec::new());
    recogniser.see(&Pixels::from(&frame), &views(quad)[..count], |view, logits, crop| {
        embeddings.push(logits.embedding.to_vec());
        if view == 0 {
            first = crop.to_vec();
        }
    })?;
    entries.add_entry(card, drawn, &mean(&embeddings), &first, width);
    Ok(())
}

/// The sprite as a card of this size on the table, and where it lies.
fn on_table(picture: &RgbaImage, [width, height]: [u32; 2]) -> (RgbaImage, Quad<InFrame>) {
    let mut table = RgbaImage::from_pixel(width + 2 * MARGIN, height + 2 * MARGIN, TABLE);
    let is_multiple = width % picture.width() == 0 && height % picture.height() == 0;
    let filter = if is_multiple { FilterType::Nearest } else { FilterType::Triangle };
    let card = imageops::resize(picture, width, height, filter);
    imageops::overlay(&mut table, &card, MARGIN.into(), MARGIN.into());
    let place = Rect::ltwh(MARGIN as f32, MARGIN as f32, width as f32, height as f32);
    (table, Quad::from_rect(place))
}

/// What can be seen of a sprite, where that is clearly less than its cell.
fn visible_part(picture: &RgbaImage) -> Option<RgbaImage> {
    let seen = picture.enumerate_pixels().filter(|(_, _, pixel)| pixel[3] > 127);
    let [mut left, mut top, mut right, mut bottom] = [u32::MAX, u32::MAX, 0, 0];
    for (x, y, _) in seen {
        (left, top) = (left.min(x), top.min(y));
        (right, bottom) = (right.max(x + 1), bottom.max(y + 1));
    }
    let (width, height) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
    let shares = [width as f32 / picture.width() as f32, height as f32 / picture.height() as f32];
    let is_partial = shares.iter().any(|share| *share < PARTIAL) && shares.iter().all(|share| *share > LEAST);
    is_partial.then(|| imageops::crop_imm(picture, left, top, width, height).to_image())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sprite_lies_on_the_table_with_its_corners_transparent() {
        let mut sprite = RgbaImage::from_pixel(71, 95, Rgba([200, 10, 10, 255]));
        sprite.put_pixel(0, 0, Rgba([200, 10, 10, 0]));
        let (table, quad) = on_table(&sprite, CARD);
        assert_eq!(quad.bounds(), Rect::ltwh(24.0, 24.0, 142.0, 190.0));
        assert_eq!(*table.get_pixel(24, 24), TABLE, "nothing is in the corner");
        assert_eq!(*table.get_pixel(26, 26), Rgba([200, 10, 10, 255]));
        assert_eq!(*table.get_pixel(5, 5), TABLE);
    }

    #[test]
    fn the_visible_part_is_entered_where_a_sprite_is_smaller_than_its_cell() {
        let check = |[width, height]: [u32; 2], part: Option<(u32, u32)>| {
            let mut sprite = RgbaImage::new(71, 95);
            imageops::overlay(&mut sprite, &RgbaImage::from_pixel(width, height, TABLE), 3, 2);
            assert_eq!(visible_part(&sprite).map(|it| it.dimensions()), part, "{width} by {height}");
        };
        check([68, 92], None);
        check([50, 90], Some((50, 90)));
        check([68, 50], Some((68, 50)));
        // A token is no card, and nothing is none.
        check([12, 12], None);
        check([0, 0], None);
    }
}
