//! Copies of images with their cards drawn on.
//!
//! Drawn on the CPU, so that it works where there is no GPU and no display.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use image::RgbaImage;
use lens_core::atomic::keep_former;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Point, Rect};
use lens_core::image_file;
use lens_core::palette;
use synth::canvas::writer::Writer;
use synth::canvas::{Canvas, Colour};
use vision::reading::RecognisedCard;

use super::words::{name_of, words_of};

/// What labels stand on, and how opaque it is.
const LABEL_GROUND: Colour = [20, 24, 28];
const LABEL_OPACITY: f32 = 225.0 / 255.0;

/// Draws cards on copies of images.
#[derive(Debug)]
pub struct Annotator {
    folder: PathBuf,
    /// The images that are read, by their whole paths.
    images: HashSet<PathBuf>,
    /// What it has written, in small letters: some disks do not tell them from large ones.
    written: HashSet<String>,
}

/// A line of text and where it stands.
struct Label {
    text: String,
    place: Rect<InFrame>,
    colour: Colour,
}

impl Annotator {
    /// Writes copies of `images` into `folder`, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: PathBuf, images: &[PathBuf]) -> Result<Self> {
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let images = images.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        Ok(Self { folder, images, written: HashSet::new() })
    }

    /// Writes a PNG copy of the image of `path`, under its name, with `cards` drawn on. Where
    /// another image of this name was written or is yet to be read, the copy gets a number; a file
    /// that was there before is kept beside it.
    ///
    /// # Errors
    /// When the file cannot be written, or would be the image itself.
    pub fn write(
        &mut self,
        path: &Path,
        picture: &RgbaImage,
        cards: &[RecognisedCard],
        catalogue: &Catalogue,
    ) -> Result<()> {
        let name = path.file_stem().ok_or_else(|| anyhow!("{} has no name", path.display()))?;
        let source = fs::canonicalize(path).ok();
        let name = self.free_name(&name.to_string_lossy(), source.as_deref());
        let target = self.folder.join(name);
        if source.is_some() && fs::canonicalize(&target).ok() == source {
            return Err(anyhow!("{} would be overwritten; annotate into another folder", path.display()));
        }
        let copy = draw(picture.clone(), cards, catalogue);
        let cannot = || format!("cannot write {}", target.display());
        keep_former(&target).with_context(cannot)?;
        image_file::save(&copy, &target).with_context(cannot)
    }

    /// A file name that nothing was written under yet, and under which no image but `source` lies
    /// that is read.
    fn free_name(&mut self, stem: &str, source: Option<&Path>) -> String {
        let later = (2..).map(|number| format!("{stem}-{number}.png"));
        let mut names = std::iter::once(format!("{stem}.png")).chain(later);
        let (folder, images) = (&self.folder, &self.images);
        let is_read = |name: &str| {
            let there = fs::canonicalize(folder.join(name)).ok();
            there.is_some_and(|it| source != Some(it.as_path()) && images.contains(&it))
        };
        let free = names.find(|name| !is_read(name) && self.written.insert(name.to_lowercase()));
        free.expect("there is always a next number")
    }
}

/// Draws quads and labels.
fn draw(picture: RgbaImage, cards: &[RecognisedCard], catalogue: &Catalogue) -> RgbaImage {
    let (mut canvas, mut writer) = (Canvas::unowned(picture), Writer::with_system_fonts());
    let [width, height] = [canvas.image().width(), canvas.image().height()];
    let unit = (width.max(height) as f32 / 1280.0).clamp(0.6, 2.5);
    let size = 13.0 * unit;
    let mut labels: Vec<Label> = Vec::new();
    for card in cards {
        let colour = colour_of(card, catalogue);
        let corners = card.detection.quad.corners;
        for edge in 0..4 {
            line(&mut canvas, corners[edge], corners[(edge + 1) % 4], 2.0 * unit, colour);
        }
        let text = text_of(card, catalogue);
        let label_size = [writer.width(&text, size) + size * 0.6, size * 1.35];
        let place = place(label_size, card, width as f32, &labels);
        labels.push(Label { text, place, colour });
    }
    for label in &labels {
        fill(&mut canvas, label.place);
        let at = [label.place.left + size * 0.3, label.place.top + size * 1.02];
        writer.write(&mut canvas, &label.text, at, size, label.colour);
    }
    canvas.into_image()
}

/// Above the card's top left corner, or as far below that as it takes to touch no other label.
fn place(
    [width, height]: [f32; 2],
    card: &RecognisedCard,
    picture_width: f32,
    taken: &[Label],
) -> Rect<InFrame> {
    let bounds = card.detection.quad.bounds();
    let left = bounds.left.min(picture_width - width).max(0.0);
    let top = (bounds.top - height).max(0.0);
    let steps = ((bounds.height() + height) / height).max(1.0) as usize;
    let places = (0..steps).map(|step| Rect::ltwh(left, top + step as f32 * height, width, height));
    let free =
        |place: &Rect<InFrame>| taken.iter().all(|label| label.place.intersection(*place).area() <= 0.0);
    places.clone().find(free).or_else(|| places.clone().next()).unwrap_or_default()
}

fn text_of(card: &RecognisedCard, catalogue: &Catalogue) -> String {
    let reading = &card.reading;
    let Some(id) = reading.id() else { return "unknown".into() };
    let words = words_of(&reading.modifiers);
    let separator = if words.is_empty() { "" } else { ", " };
    format!("{}{separator}{words} {:.0} %", name_of(id, catalogue), reading.probability * 100.0)
}

fn colour_of(card: &RecognisedCard, catalogue: &Catalogue) -> Colour {
    let listed = card.reading.id().and_then(|id| catalogue.card(id));
    palette::bytes(listed.map_or(palette::UNKNOWN, |card| palette::of_type(card.card_type)))
}

fn line(canvas: &mut Canvas, from: Point<InFrame>, to: Point<InFrame>, width: f32, colour: Colour) {
    let reach = width / 2.0 + 1.0;
    let left = (from.x.min(to.x) - reach).max(0.0) as u32;
    let top = (from.y.min(to.y) - reach).max(0.0) as u32;
    let right = (from.x.max(to.x) + reach).clamp(0.0, canvas.image().width() as f32) as u32;
    let bottom = (from.y.max(to.y) + reach).clamp(0.0, canvas.image().height() as f32) as u32;
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = (dx * dx + dy * dy).max(1e-6);
    for y in top..bottom {
        for x in left..right {
            let at = Point::new(x as f32 + 0.5, y as f32 + 0.5);
            let along = (((at.x - from.x) * dx + (at.y - from.y) * dy) / length).clamp(0.0, 1.0);
            let coverage = (width / 2.0 + 0.5 - at.distance(from.lerp(to, along))).clamp(0.0, 1.0);
            canvas.blend(x.into(), y.into(), colour, coverage);
        }
    }
}

fn fill(canvas: &mut Canvas, place: Rect<InFrame>) {
    for y in place.top as i64..place.bottom as i64 {
        for x in place.left as i64..place.right as i64 {
            canvas.blend(x, y, LABEL_GROUND, LABEL_OPACITY);
        }
    }
}
