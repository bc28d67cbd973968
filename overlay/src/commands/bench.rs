//! `overlay bench`: how long each stage of recognising takes.
//!
//! The number of cards is forced: that many quads are identified, whatever the detector says.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use image::{Rgba, RgbaImage};
use shared::geometry::{InFrame, Quad, Rect};
use vision::recogniser::{Recogniser, Stage};
use vision::session::{Options, Precision};

/// Measure how long recognising takes
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchArgs {
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// A picture to measure with instead of a drawn one
    #[arg(long)]
    image: Option<PathBuf>,
    /// Threads to measure with
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// Numbers of cards to measure with
    #[arg(long, value_delimiter = ',', default_values_t = [13, 30])]
    cards: Vec<usize>,
    /// Frames to measure for each line
    #[arg(long, default_value_t = 100)]
    runs: usize,
}

/// The size of the drawn picture.
const SIZE: [u32; 2] = [1920, 1080];
/// A card of the game's hand in a picture of that size.
const CARD: [f32; 2] = [216.0, 292.0];
/// Frames before measuring: memory is laid out on the first ones.
const WARM_UP: usize = 5;

/// Runs the command.
///
/// # Errors
/// When the model or the picture cannot be used.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    ensure!(args.runs > 0, "--runs must be at least 1");
    let picture = match &args.image {
        Some(path) => super::read_picture(path)?,
        None => drawn_picture(),
    };
    let folder = super::model_folder(&args.model);
    println!("{}x{} in memory, median (least) ms of {} frames", picture.width(), picture.height(), args.runs);
    println!(
        "{:<8} {:>7} {:>5} | {:>13} {:>13} {:>13} {:>13} {:>13} {:>13} | {:>13}",
        "files",
        "threads",
        "cards",
        "letterbox",
        "detector",
        "decode",
        "rectify",
        "identifier",
        "decide",
        "total"
    );
    for precision in [Precision::Float32, Precision::Int8] {
        for &threads in &args.threads {
            let options = Options { precision, threads, ..Options::default() };
            let mut recogniser = match Recogniser::open(&folder, &options) {
                Err(vision::recogniser::OpenError::Network(
                    error @ vision::session::NetworkError::NoInt8 { .. },
                )) => {
                    println!("int8: {error}");
                    break;
                }
                other => other?,
            };
            for &cards in &args.cards {
                let quads = quads(&picture, cards);
                let mut samples = Samples::default();
                for run in 0..WARM_UP + args.runs {
                    let sample = measure(&mut recogniser, &picture, &quads)?;
                    if run >= WARM_UP {
                        samples.push(sample);
                    }
                }
                let name = if precision == Precision::Int8 { "int8" } else { "float32" };
                println!("{name:<8} {threads:>7} {cards:>5} | {}", samples.line());
            }
        }
    }
    Ok(())
}

/// Times of one frame: each stage, then the whole.
type Sample = [Duration; Stage::ALL.len() + 1];

fn measure(recogniser: &mut Recogniser, picture: &RgbaImage, quads: &[Quad<InFrame>]) -> Result<Sample> {
    let frame = picture.into();
    let mut sample = Sample::default();
    let start = Instant::now();
    let mut last = start;
    let mut ended = |stage: Stage| {
        let now = Instant::now();
        sample[stage as usize] += now - last;
        last = now;
    };
    recogniser.detect(&frame, &mut ended)?;
    recogniser.identify(&frame, quads, &mut ended)?;
    sample[Stage::ALL.len()] = start.elapsed();
    Ok(sample)
}

#[derive(Debug, Default)]
struct Samples([Vec<Duration>; Stage::ALL.len() + 1]);

impl Samples {
    fn push(&mut self, sample: Sample) {
        self.0.iter_mut().zip(sample).for_each(|(column, duration)| column.push(duration));
    }

    fn line(mut self) -> String {
        let last = self.0.len() - 1;
        let cell = |column: &mut Vec<Duration>| {
            column.sort_unstable();
            let millis = |at: usize| column[at].as_secs_f64() * 1e3;
            format!("{:>5.2} ({:>5.2})", millis(column.len() / 2), millis(0))
        };
        let cells: Vec<String> = self.0.iter_mut().map(cell).collect();
        format!("{} | {}", cells[..last].join(" "), cells[last])
    }
}

/// `count` cards of the hand's size, fanned over the picture in rows.
fn quads(picture: &RgbaImage, count: usize) -> Vec<Quad<InFrame>> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let scale = (width / SIZE[0] as f32).min(height / SIZE[1] as f32);
    let [card_width, card_height] = CARD.map(|side| side * scale);
    let per_row = 10;
    let step = (width - card_width) / per_row as f32;
    let row_step = (height - card_height) / 3.0;
    (0..count)
        .map(|index| (index % per_row, index / per_row % 4))
        .map(|(column, row)| {
            let (left, top) = (column as f32 * step, row as f32 * row_step);
            let turn = (column as f32 - 4.5) * 2.0 * scale;
            let [a, b, c, d] =
                Quad::<InFrame>::from_rect(Rect::ltwh(left, top, card_width, card_height)).to_xy();
            Quad::from_xy([a, [b[0], b[1] + turn], [c[0] - turn, c[1] + turn], [d[0] - turn, d[1]]])
        })
        .collect()
}

/// Something with edges everywhere; how long networks take does not depend on what they see.
fn drawn_picture() -> RgbaImage {
    RgbaImage::from_fn(SIZE[0], SIZE[1], |x, y| {
        let [r, g, b] = [x * 7 + y * 3, x ^ y, (x / 16 + y / 16) * 40].map(|value| (value & 255) as u8);
        Rgba([r, g, b, 255])
    })
}
