//! The whole way without a display: the practice table is drawn, recognised, tracked, marked, and
//! written as an image.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::image_file;
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

/// Seconds into the first round at which a run begins, so that a short one sees a hand.
const OFFSET: f32 = 2.6;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Images that went through.
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
    /// Names that were seen on the last image.
    pub names: Vec<String>,
    /// Graphics device.
    pub device: String,
}

/// Recognises and marks one frame of the table after the other.
struct Studio<'a> {
    gpu: Offscreen,
    pipeline: Pipeline,
    measure: FontMeasure,
    scene: OverlayScene,
    catalogue: &'a Catalogue,
    frames: u64,
}

impl<'a> Studio<'a> {
    fn open(recogniser: Box<dyn Recognise>, catalogue: &'a Catalogue) -> anyhow::Result<Self> {
        Ok(Self {
            gpu: Offscreen::open()?,
            pipeline: Pipeline::new(recogniser),
            measure: FontMeasure::default(),
            scene: OverlayScene::default(),
            catalogue,
            frames: 0,
        })
    }

    fn see(&mut self, image: &RgbaImage, since: Duration) -> anyhow::Result<Snapshot> {
        let frame = frame(image, self.frames)?;
        self.frames += 1;
        Ok(self.pipeline.see(&frame, since)?)
    }

    fn draw(&mut self, image: &RgbaImage, snapshot: &Snapshot) -> anyhow::Result<RgbaImage> {
        let view = View { window: [image.width(), image.height()], frame: snapshot.frame_size() };
        let (style, tracks) = (Style::default(), &snapshot.tracks);
        self.scene = scene::build(tracks, self.catalogue, &style, view, &self.scene, &mut self.measure);
        Ok(self.gpu.draw(&self.scene, Backdrop::Picture(image.into()))?)
    }
}

/// Runs the table for `seconds`, as fast as it goes, and writes the last frame with its marks to
/// `out`.
///
/// # Errors
/// When nothing can be drawn, the model breaks, or the image cannot be written.
pub fn run(
    table: &Table,
    painter: &mut Painter,
    recogniser: Box<dyn Recognise>,
    catalogue: &Catalogue,
    seconds: f32,
    out: &Path,
) -> anyhow::Result<Outcome> {
    let mut studio = Studio::open(recogniser, catalogue)?;
    let mut outcome = Outcome { device: studio.gpu.device_name().to_owned(), ..Outcome::default() };
    let (mut painting, mut recognition, mut drawing) = (Vec::new(), Vec::new(), Vec::new());
    let mut marked = None;
    let start = Instant::now();
    while marked.is_none() || start.elapsed().as_secs_f32() < seconds {
        let since = start.elapsed();
        let began = Instant::now();
        let state = table.at(OFFSET + since.as_secs_f32());
        let image = painter.paint(&state).clone();
        painting.push(began.elapsed());
        let snapshot = studio.see(&image, since)?;
        recognition.extend(snapshot.recognition);
        compare(&state, &snapshot, &mut outcome);
        let began = Instant::now();
        marked = Some(studio.draw(&image, &snapshot)?);
        drawing.push(began.elapsed());
        outcome.names = names(&snapshot, catalogue);
        outcome.frames += 1;
    }
    if let Some(marked) = marked {
        image_file::save(&marked, out).with_context(|| format!("cannot write {}", out.display()))?;
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
            "saw {}\n{} of {} found ({:.1} %), {} named right ({:.1} %), on {}\nmedian a \
             frame: recognition {:.1} ms, marks {:.1} ms ({}), drawing the table {:.1} ms",
            if self.names.is_empty() { "no cards".to_owned() } else { self.names.join(", ") },
            self.found,
            counted(self.readable, "readable card"),
            share(self.found),
            self.named,
            share(self.named),
            counted(self.frames, "frame"),
            millis(self.recognition),
            millis(self.drawing),
            self.device,
            millis(self.painting),
        )
    }
}

/// Runs the table at so many frames a second of its own time, whatever time that takes here, and
/// shows each frame with its marks.
///
/// # Errors
/// When nothing can be drawn, the model breaks, or `each` says so.
pub fn film(
    table: &Table,
    painter: &mut Painter,
    recogniser: Box<dyn Recognise>,
    catalogue: &Catalogue,
    [frames, per_second]: [u32; 2],
    mut each: impl FnMut(u32, RgbaImage) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut studio = Studio::open(recogniser, catalogue)?;
    for number in 0..frames {
        let since = Duration::from_secs(1) * number / per_second;
        let image = painter.paint(&table.at(OFFSET + since.as_secs_f32())).clone();
        let snapshot = studio.see(&image, since)?;
        each(number, studio.draw(&image, &snapshot)?)?;
    }
    Ok(())
}

/// A painted image as a captured one.
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
