//! Misread cards as images: each beside what it was taken for.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use image::{Rgba, RgbaImage, imageops};
use lens_core::catalogue::id_of_class;
use lens_core::image_file::save_new;
use lens_core::modifiers::Modifiers;
use synth::art::Sprites;
use synth::{preview, single};

/// A misread card.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    /// Name of the file that it is written into, without extension.
    pub name: String,
    /// The card as the network saw it.
    pub picture: RgbaImage,
    /// What it is.
    pub is: String,
    /// What it was taken for.
    pub taken_for: String,
    /// What that looks like, where it is known without art.
    pub other: Option<RgbaImage>,
}

/// Width and height of an image in a pair.
const SIZE: [u32; 2] = [144, 192];
/// What is behind a sprite.
const BACKGROUND: Rgba<u8> = Rgba([48, 51, 60, 255]);

/// Writes an image of each pair into `folder`; says how many. What has no other image yet is
/// shown as `sprites` draw it.
///
/// # Errors
/// When the folder cannot be written; which one that is, is the caller's to say.
pub fn write(
    folder: &Path,
    misread: impl Iterator<Item = Misread>,
    sprites: Option<&Sprites>,
) -> Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut count = 0;
    for it in misread {
        let name = it.name.replace(['/', '\\'], "_");
        save_as(&pair(it, sprites), folder, &name)?;
        count += 1;
    }
    Ok(count)
}

/// Writes an image under a name, with a number after it where another image has that.
fn save_as(picture: &RgbaImage, folder: &Path, name: &str) -> Result<()> {
    let numbered = (2..).map(|number| format!("{name}-{number}.png"));
    for file in std::iter::once(format!("{name}.png")).chain(numbered) {
        match save_new(picture, &folder.join(&file)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            written => return written.context(file),
        }
    }
    unreachable!("there is always a next number")
}

/// Both images over their captions; the second is empty where nobody knows what it would look
/// like.
pub fn pair(misread: Misread, sprites: Option<&Sprites>) -> RgbaImage {
    let Misread { picture, is, taken_for, other, .. } = misread;
    let drawn = || sprites.and_then(|sprites| sprite(sprites, &taken_for));
    let other = other.or_else(drawn).unwrap_or_default();
    let pair = [
        (picture, format!("is {}", called(sprites, &is))),
        (other, format!("taken for {}", called(sprites, &taken_for))),
    ];
    preview::captioned(&pair, SIZE, 2)
}

/// The name of a card, as far as it is known.
fn called<'a>(sprites: Option<&'a Sprites>, class: &'a str) -> &'a str {
    let card = sprites.and_then(|sprites| sprites.catalogue().card(id_of_class(class)));
    card.map_or(class, |card| &card.name)
}

/// A card of the catalogue as it is drawn.
fn sprite(sprites: &Sprites, id: &str) -> Option<RgbaImage> {
    let drawn = single::picture(sprites, id, &Modifiers::default(), 2, 1)?;
    let mut picture = RgbaImage::from_pixel(drawn.width(), drawn.height(), BACKGROUND);
    imageops::overlay(&mut picture, &drawn, 0, 0);
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misread(taken_for: &str, other: Option<RgbaImage>) -> Misread {
        let picture = RgbaImage::from_pixel(72, 96, Rgba([200, 0, 0, 255]));
        Misread { name: "set/one".into(), picture, is: "x_fox".into(), taken_for: taken_for.into(), other }
    }

    /// The colour of the pair in the middle of its second image.
    fn second(picture: &RgbaImage) -> Rgba<u8> {
        *picture.get_pixel(SIZE[0] + 4 + SIZE[0] / 2, SIZE[1] / 2)
    }

    #[test]
    fn a_misread_card_stands_beside_what_it_was_taken_for() {
        let sprites = synth::practice::sprites();
        let blue = Rgba([0, 0, 200, 255]);
        let shown = pair(misread("x_owl", Some(RgbaImage::from_pixel(72, 96, blue))), Some(&sprites));
        assert_eq!(*shown.get_pixel(SIZE[0] / 2, SIZE[1] / 2), Rgba([200, 0, 0, 255]));
        assert_eq!(second(&shown), blue);
        // Without an image at hand, the catalogue's card is drawn, on a ground that shows no hole.
        let drawn = pair(misread("x_owl", None), Some(&sprites));
        let [left, right] = [SIZE[0] + 4, 2 * SIZE[0] + 4];
        let lit = (left..right).flat_map(|x| (0..SIZE[1]).map(move |y| (x, y)));
        let lit = lit.filter(|&(x, y)| drawn.get_pixel(x, y).0[..3].iter().any(|it| *it > 100)).count();
        assert!(lit > 2000, "only {lit} pixels are drawn");
        assert!(drawn.pixels().all(|pixel| pixel[3] == 255));
        assert_eq!((called(Some(&sprites), "x_owl@2"), called(None, "x_owl")), ("Owl", "x_owl"));
        // And without art there is a caption only.
        assert_eq!(second(&pair(misread("x_owl", None), None)), Rgba([0, 0, 0, 255]));
    }

    #[test]
    fn each_goes_into_a_file_of_its_own_inside_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("failures");
        // Two names can become one.
        let other = Misread { name: "set_one".into(), ..misread("x_fox", None) };
        let count = write(&folder, [misread("x_owl", None), other].into_iter(), None).unwrap();
        assert_eq!(count, 2);
        let images = ["set_one.png", "set_one-2.png"].map(|name| image::open(folder.join(name)).unwrap());
        assert!(images[0] != images[1]);
    }
}
