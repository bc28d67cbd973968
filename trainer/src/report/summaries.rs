//! What the page of a run shows, in TensorBoard as well: its figures as scalars, its diagrams as
//! images.
//!
//! Curves and confusion matrices are not here: the training itself writes them, epoch by epoch.

use std::io;
use std::path::Path;

use image::{Rgba, RgbaImage, imageops};
use lens_core::counted::counted;
use serde_json::Value;

use super::page::coverage::by_type;
use super::page::{Faces, MAX_MISREAD, Measured, SHARES, misread_files, reliabilities};
use super::plot;
use super::tensorboard::{Events, FOLDER};
use crate::data::dataset::coverage::Coverage;

/// Where they are, below a run's events.
const BELOW: &str = "report";
/// Misread cards in a row.
const COLUMNS: usize = 4;

/// Writes them at this step, in place of what was written before. Returns how many images there
/// are.
///
/// # Errors
/// When they cannot be written.
pub fn write(run: &Path, step: u64, measured: &Measured, faces: &dyn Faces) -> io::Result<usize> {
    let images = images(run, measured, faces);
    let share = |(what, path, _): &(&str, &str, &str)| -> Option<(String, f64)> {
        Some((format!("report/{what}"), measured.now.pointer(path).and_then(Value::as_f64)?))
    };
    let scalars: Vec<(String, f64)> = SHARES.iter().filter_map(share).collect();
    if images.is_empty() && scalars.is_empty() {
        return Ok(0);
    }
    // Whatever step the report before was written at, this one is in its place.
    let mut events = Events::create(&run.join(FOLDER).join(BELOW), 0)?;
    if !scalars.is_empty() {
        events.scalars(step, &scalars)?;
    }
    for (tag, image) in &images {
        events.image(step, tag, image)?;
    }
    events.flush()?;
    Ok(images.len())
}

fn images(run: &Path, measured: &Measured, faces: &dyn Faces) -> Vec<(String, RgbaImage)> {
    let mut images = Vec::new();
    if let Some(coverage) = Coverage::read(run) {
        let types = by_type(&coverage, &faces.cards());
        let bar = |name: &str, part: usize, of: usize, text: String| plot::Bar {
            name: name.to_owned(),
            share: part as f64 / of.max(1) as f64,
            text,
        };
        let cards = types.iter().map(|it| {
            let text = format!(
                "{} of {}, {}",
                it.covered,
                counted(it.cards, "card"),
                counted(it.captures, "capture")
            );
            bar(&it.name, it.covered, it.cards, text)
        });
        let cards: Vec<plot::Bar> = cards.collect();
        images.push(("coverage/cards".to_owned(), plot::picture(&plot::Bars(&cards))));
        for (tag, counts) in [
            ("editions", &coverage.editions),
            ("enhancements", &coverage.enhancements),
            ("seals", &coverage.seals),
        ] {
            let most = counts.values().max().copied().unwrap_or(0);
            let bars: Vec<plot::Bar> = counts
                .iter()
                .map(|(name, count)| bar(name, *count, most, counted(count, "capture")))
                .collect();
            if bars.len() > 1 {
                images.push((format!("coverage/{tag}"), plot::picture(&plot::Bars(&bars))));
            }
        }
    }
    for (what, bins) in reliabilities(&measured.now) {
        images.push((format!("reliability/{what}"), plot::picture(&plot::Reliability { bins: &bins })));
    }
    images.extend(misread(run).map(|sheet| ("misread".to_owned(), sheet)));
    images
}

/// Misread cards, each beside what it was taken for, on one sheet.
fn misread(run: &Path) -> Option<RgbaImage> {
    let opened = misread_files(run).into_iter().take(MAX_MISREAD).filter_map(|path| image::open(path).ok());
    let cards: Vec<RgbaImage> = opened.map(|it| it.to_rgba8()).collect();
    let width = cards.iter().map(RgbaImage::width).max()? + 8;
    let height = cards.iter().map(RgbaImage::height).max()? + 8;
    let columns = COLUMNS.min(cards.len());
    let rows = cards.len().div_ceil(columns);
    let size = [width * columns as u32, height * rows as u32];
    let [red, green, blue] = plot::Ink::Ground.dark();
    let mut sheet = RgbaImage::from_pixel(size[0], size[1], Rgba([red, green, blue, 255]));
    for (number, card) in cards.iter().enumerate() {
        let [x, y] = [number % columns, number / columns].map(|it| it as i64);
        imageops::overlay(&mut sheet, card, x * i64::from(width) + 4, y * i64::from(height) + 4);
    }
    Some(sheet)
}
