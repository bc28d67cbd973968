//! The whole way without a display: the practice table is drawn, recognised, tracked, marked, and
//! written as a picture.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::pixels::ChannelOrder;

use marks::render::Backdrop;
use marks::render::offscreen::Offscreen;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use practice::paint::Painter;
use practice::table::{Table, TableState};
use tracking::frame::Frame;
use tracking::pipeline::{Pipeline, Snapshot};
use vision::reading::Recognise;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Pictures that went through.
    pub frames: usize,
    /// Median time of drawing the table.
    pub painting: Duration,
    /// Median time of recognising it.
    pub recognition: Duration,
    /// Median time of drawing the marks.
    pub drawing: Duration,
    /// Cards that could be recognised, on all frames together.
    pub readable: usize,
    /// Those of them that were found.
    pub found: usize,
    /// Those of them that were named right.
    pub named: usize,
    /// Names that were seen on the last picture.
    pub names: Vec<String>,
    /// Graphics device.
    pub device: String,
}

/// Runs the table for `seconds`, as fast as it goes, and writes the last picture with its marks to
/// `out`.
///
/// # Errors
/// When nothing can be drawn, the model breaks, or the picture cannot be written.
pub fn run(
    table: &Table,
    painter: &mut Painter,
    recogniser: Box<dyn Recognise>,
    catalogue: &Catalogue,
    seconds: f32,
    out: &Path,
) -> anyhow::Result<Outcome> {
    let mut gpu = Offscreen::open()?;
    let mut pipeline = Pipeline::new(recogniser);
    let mut measure = FontMeasure::default();
    let mut outcome = Outcome { device: gpu.device_name().to_owned(), ..Outcome::default() };
    let (mut painting, mut recognition, mut drawing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut scene, mut marked) = (OverlayScene::default(), None);
    let start = Instant::now();
    // Into the first round, so that a short run sees a hand.
    let offset = 2.6;
    while marked.is_none() || start.elapsed().as_secs_f32() < seconds {
        let since = start.elapsed();
        let began = Instant::now();
        let state = table.at(offset + since.as_secs_f32());
        let picture = painter.paint(&state).clone();
        painting.push(began.elapsed());
        let frame = frame(&picture, outcome.frames as u64)?;
        let snapshot = pipeline.see(&frame, since)?;
        recognition.extend(snapshot.recognition);
        compare(&state, &snapshot, &mut outcome);
        let began = Instant::now();
        let view = View { window: state.size, frame: snapshot.frame_size() };
        scene = scene::build(&snapshot.tracks, catalogue, &Style::default(), view, &scene, &mut measure);
        marked = Some(gpu.draw(&scene, Backdrop::Picture((&picture).into()))?);
        drawing.push(began.elapsed());
        outcome.names = names(&snapshot, catalogue);
        outcome.frames += 1;
    }
    if let Some(marked) = marked {
        marked.save(out).with_context(|| format!("cannot write {}", out.display()))?;
    }
    outcome.painting = median(&mut painting);
    outcome.recognition = median(&mut recognition);
    outcome.drawing = median(&mut drawing);
    Ok(outcome)
}

impl Outcome {
    /// For people.
    pub fn summary(&self) -> String {
        let share = |part: usize| 100.0 * part as f32 / self.readable.max(1) as f32;
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        format!(
            "saw {}\n{} of {} readable cards found ({:.1} %), {} named right ({:.1} %), on {} pictures\nmedian a \
             picture: recognition {:.1} ms, marks {:.1} ms ({}), drawing the table {:.1} ms",
            if self.names.is_empty() { "no cards".to_owned() } else { self.names.join(", ") },
            self.found,
            self.readable,
            share(self.found),
            self.named,
            share(self.named),
            self.frames,
            millis(self.recognition),
            millis(self.drawing),
            self.device,
            millis(self.painting),
        )
    }
}

/// A painted picture as a captured one.
///
/// # Errors
/// When it is empty.
pub fn frame(picture: &RgbaImage, id: u64) -> anyhow::Result<Frame> {
    let (width, height) = picture.dimensions();
    let bytes = Arc::new(picture.as_raw().clone());
    Ok(Frame::new(id, Instant::now(), width, height, ChannelOrder::Rgbx, bytes)?)
}

/// Counts which of the readable cards were found and named; tracks trail behind cards that move
/// fast.
fn compare(state: &TableState, snapshot: &Snapshot, outcome: &mut Outcome) {
    for card in state.readable() {
        outcome.readable += 1;
        let best =
            snapshot.tracks.iter().max_by(|a, b| a.quad.iou(card.quad).total_cmp(&b.quad.iou(card.quad)));
        if let Some(track) = best.filter(|track| track.quad.iou(card.quad) >= 0.5) {
            outcome.found += 1;
            outcome.named += usize::from(track.identity.id() == Some(&card.id));
        }
    }
}

fn names(snapshot: &Snapshot, catalogue: &Catalogue) -> Vec<String> {
    let name = |id: &str| catalogue.card(id).map_or_else(|| id.to_owned(), |card| card.name.clone());
    snapshot.tracks.iter().map(|track| track.identity.id().map_or("unknown".into(), |id| name(id))).collect()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
