//! Copies of pictures with their cards drawn on.
//!
//! Drawn on the CPU, so that it works where there is no GPU and no display.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use fontdue::{Font, FontSettings};
use image::{Rgba, RgbaImage};
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::geometry::{InFrame, Point, Rect};
use vision::reading::RecognisedCard;

use super::words::{name_of, words_of};

/// See `DejaVuSans-Bold.LICENSE.txt` beside it.
const FONT: &[u8] = lens_core::font::DEJAVU_SANS_BOLD;
const LABEL_GROUND: Rgba<u8> = Rgba([20, 24, 28, 225]);
const UNKNOWN: Rgba<u8> = Rgba([190, 190, 190, 255]);

/// Draws cards on copies of pictures.
#[derive(Debug)]
pub struct Annotator {
    folder: PathBuf,
    font: Font,
}

/// A line of text and where it stands.
struct Label {
    text: String,
    place: Rect<InFrame>,
    colour: Rgba<u8>,
}

impl Annotator {
    /// Writes into `folder`, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let font = Font::from_bytes(FONT, FontSettings::default())
            .map_err(|error| anyhow!("the bundled font: {error}"))?;
        Ok(Self { folder, font })
    }

    /// Writes a PNG copy of the picture of `path`, under its name, with `cards` drawn on.
    ///
    /// # Errors
    /// When the file cannot be written, or would be the picture itself.
    pub fn write(
        &self,
        path: &Path,
        picture: &RgbaImage,
        cards: &[RecognisedCard],
        catalogue: &Catalogue,
    ) -> Result<()> {
        let name = path.file_stem().ok_or_else(|| anyhow!("{} has no name", path.display()))?;
        let target = self.folder.join(name).with_extension("png");
        if fs::canonicalize(&target).is_ok_and(|it| fs::canonicalize(path).is_ok_and(|source| source == it)) {
            return Err(anyhow!("{} would be overwritten; annotate into another folder", path.display()));
        }
        let mut copy = picture.clone();
        self.draw(&mut copy, cards, catalogue);
        copy.save(&target).with_context(|| format!("cannot write {}", target.display()))
    }

    /// Draws quads and labels.
    pub fn draw(&self, picture: &mut RgbaImage, cards: &[RecognisedCard], catalogue: &Catalogue) {
        let unit = (picture.width().max(picture.height()) as f32 / 1280.0).clamp(0.6, 2.5);
        let size = 13.0 * unit;
        let mut labels: Vec<Label> = Vec::new();
        for card in cards {
            let colour = colour_of(card, catalogue);
            let corners = card.detection.quad.corners;
            for edge in 0..4 {
                line(picture, corners[edge], corners[(edge + 1) % 4], 2.0 * unit, colour);
            }
            let text = text_of(card, catalogue);
            let place = self.place(&text, size, card, picture, &labels);
            labels.push(Label { text, place, colour });
        }
        for label in &labels {
            fill(picture, label.place, LABEL_GROUND);
            self.write_text(picture, &label.text, label.place, size, label.colour);
        }
    }

    /// Above the card's top left corner, or as far below that as it takes to touch no other label.
    fn place(
        &self,
        text: &str,
        size: f32,
        card: &RecognisedCard,
        picture: &RgbaImage,
        taken: &[Label],
    ) -> Rect<InFrame> {
        let width = self.advance(text, size) + size * 0.6;
        let height = size * 1.35;
        let bounds = card.detection.quad.bounds();
        let left = bounds.left.min(picture.width() as f32 - width).max(0.0);
        let top = (bounds.top - height).max(0.0);
        let steps = ((bounds.height() + height) / height).max(1.0) as usize;
        let places = (0..steps).map(|step| Rect::ltwh(left, top + step as f32 * height, width, height));
        let free =
            |place: &Rect<InFrame>| taken.iter().all(|label| label.place.intersection(*place).area() <= 0.0);
        places.clone().find(free).or_else(|| places.clone().next()).unwrap_or_default()
    }

    fn advance(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.font.metrics(letter, size).advance_width).sum()
    }

    fn write_text(
        &self,
        picture: &mut RgbaImage,
        text: &str,
        place: Rect<InFrame>,
        size: f32,
        colour: Rgba<u8>,
    ) {
        let baseline = place.top + size * 1.02;
        let mut x = place.left + size * 0.3;
        for letter in text.chars() {
            let (metrics, coverage) = self.font.rasterize(letter, size);
            let left = (x + metrics.xmin as f32).round() as i64;
            let top = (baseline - metrics.height as f32 - metrics.ymin as f32).round() as i64;
            for (index, &alpha) in coverage.iter().enumerate() {
                let (column, row) = ((index % metrics.width) as i64, (index / metrics.width) as i64);
                blend(picture, left + column, top + row, colour, f32::from(alpha) / 255.0);
            }
            x += metrics.advance_width;
        }
    }
}

fn text_of(card: &RecognisedCard, catalogue: &Catalogue) -> String {
    let reading = &card.reading;
    let Some(id) = reading.id() else { return "unknown".into() };
    let words = words_of(&reading.modifiers);
    let separator = if words.is_empty() { "" } else { ", " };
    format!("{}{separator}{words} {:.0} %", name_of(id, catalogue), reading.probability * 100.0)
}

fn colour_of(card: &RecognisedCard, catalogue: &Catalogue) -> Rgba<u8> {
    let card_type = card.reading.id().and_then(|id| catalogue.card(id)).map(|card| card.card_type);
    let [r, g, b] = match card_type {
        Some(CardType::Joker) => [255, 196, 61],
        Some(CardType::Playing) => [116, 214, 128],
        Some(CardType::Tarot) => [190, 140, 255],
        Some(CardType::Planet) => [86, 190, 255],
        Some(CardType::Spectral) => [110, 235, 230],
        Some(CardType::Voucher) => [255, 140, 92],
        Some(CardType::Booster) => [255, 120, 190],
        Some(CardType::Deck) => [170, 190, 255],
        None => return UNKNOWN,
    };
    Rgba([r, g, b, 255])
}

fn line(picture: &mut RgbaImage, from: Point<InFrame>, to: Point<InFrame>, width: f32, colour: Rgba<u8>) {
    let reach = width / 2.0 + 1.0;
    let left = (from.x.min(to.x) - reach).max(0.0) as u32;
    let top = (from.y.min(to.y) - reach).max(0.0) as u32;
    let right = (from.x.max(to.x) + reach).clamp(0.0, picture.width() as f32) as u32;
    let bottom = (from.y.max(to.y) + reach).clamp(0.0, picture.height() as f32) as u32;
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = (dx * dx + dy * dy).max(1e-6);
    for y in top..bottom {
        for x in left..right {
            let at = Point::new(x as f32 + 0.5, y as f32 + 0.5);
            let along = (((at.x - from.x) * dx + (at.y - from.y) * dy) / length).clamp(0.0, 1.0);
            let coverage = (width / 2.0 + 0.5 - at.distance(from.lerp(to, along))).clamp(0.0, 1.0);
            blend(picture, i64::from(x), i64::from(y), colour, coverage);
        }
    }
}

fn fill(picture: &mut RgbaImage, place: Rect<InFrame>, colour: Rgba<u8>) {
    for y in place.top as i64..place.bottom as i64 {
        for x in place.left as i64..place.right as i64 {
            blend(picture, x, y, colour, 1.0);
        }
    }
}

fn blend(picture: &mut RgbaImage, x: i64, y: i64, colour: Rgba<u8>, coverage: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    let Some(pixel) = picture.get_pixel_mut_checked(x, y) else { return };
    let alpha = coverage * f32::from(colour.0[3]) / 255.0;
    for channel in 0..3 {
        let (under, over) = (f32::from(pixel.0[channel]), f32::from(colour.0[channel]));
        pixel.0[channel] = (under + (over - under) * alpha).round() as u8;
    }
}
