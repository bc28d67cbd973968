//! `overlay bench`: how long each stage of recognising takes.
//!
//! The number of cards is forced: that many quads of the image's truth are identified, some of
//! them twice where it has fewer, whatever the detector says.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use image::RgbaImage;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};
use synth::bank::Bank;
use synth::recipe::{LayoutWeights, SceneRecipe};
use synth::scene;
use vision::network::{Options, Precision};
use vision::providers::Provider;
use vision::recogniser::Recogniser;
use vision::stages::{Stage, StageTimes};

use super::inputs::{know_mods, open_model, parse_count, parse_threads, read_picture};
use super::progress::Progress;
use crate::settings::mods::ModsPlace;

/// Measure how long recognising takes
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchArgs {
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// The Mods folder whose cards are known too; "none" for no mods [default: none]
    #[arg(long, value_name = "DIR|none")]
    mods: Option<ModsPlace>,
    /// An image to measure with instead of a composed one
    #[arg(long)]
    image: Option<PathBuf>,
    /// Threads to measure with
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2], value_parser = parse_threads)]
    threads: Vec<usize>,
    /// Numbers of cards to measure with
    #[arg(long, value_delimiter = ',', default_values_t = [13, 30], value_parser = parse_count::<1000>)]
    cards: Vec<usize>,
    /// What it runs on, in order of preference [default: this system's order]
    #[arg(long, value_delimiter = ',', value_name = "PROVIDER")]
    providers: Option<Vec<Provider>>,
    /// Frames to measure for each line
    #[arg(long, default_value_t = 100, value_parser = parse_count::<1_000_000>)]
    runs: usize,
}

/// The size of the composed image.
const SIZE: [u32; 2] = [1920, 1080];
/// Cards to compose the image from.
const BANK_CARDS: usize = 60;
/// Frames before measuring: memory is laid out on the first ones.
const WARM_UP_FRAMES: usize = 5;

/// Runs the command.
///
/// # Errors
/// When the model or the image cannot be used.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    let BenchArgs { model, mods, image, threads: thread_counts, cards: card_counts, providers, runs } = args;
    let providers = providers.unwrap_or_else(Provider::default_order);
    let (picture, quads) = match &image {
        Some(path) => {
            let picture = read_picture(path)?;
            let quads = found(&model, &picture)?;
            (picture, quads)
        }
        None => composed()?,
    };
    println!(
        "{}x{} in memory, median (least) ms of {}",
        picture.width(),
        picture.height(),
        counted(runs, "frame")
    );
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
        for &threads in &thread_counts {
            let providers = providers.clone();
            let options = Options { precision, threads, providers, ..Options::default() };
            let mut recogniser = match open_model(&model, &options) {
                Err(vision::recogniser::OpenError::Network(
                    error @ vision::network::NetworkError::NoInt8 { .. },
                )) => {
                    println!("int8: {error}");
                    break;
                }
                other => other?,
            };
            know_mods(&mut recogniser, mods.as_ref(), &ModsPlace::Nowhere)?;
            for &cards in &card_counts {
                let quads: Vec<_> = quads.iter().copied().cycle().take(cards).collect();
                let mut samples = Samples::default();
                let mut progress = Progress::new("frames");
                for run in 0..WARM_UP_FRAMES + runs {
                    let sample = measure(&mut recogniser, &picture, &quads)?;
                    progress.tell(run + 1, WARM_UP_FRAMES + runs);
                    if run >= WARM_UP_FRAMES {
                        samples.push(sample);
                    }
                }
                drop(progress);
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
    let mut times = StageTimes::start();
    let start = Instant::now();
    recogniser.detect(&frame)?;
    recogniser.read(&frame, quads)?;
    sample[Stage::ALL.len()] = start.elapsed();
    sample[..Stage::ALL.len()].copy_from_slice(&times.take());
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

/// Where the cards of the image that was given lie.
fn found(model: &str, picture: &RgbaImage) -> Result<Vec<Quad<InFrame>>> {
    let mut recogniser = open_model(model, &Options::default())?;
    let detections = recogniser.detect(&picture.into())?;
    ensure!(!detections.is_empty(), "no card was found in the image\nhelp: choose another --image");
    Ok(detections.iter().map(|detection| detection.quad).collect())
}

/// A table of the practice deck, the hand fanned below the jokers, and where its cards lie.
fn composed() -> Result<(RgbaImage, Vec<Quad<InFrame>>)> {
    let mut recipe = SceneRecipe { size: SIZE, ..SceneRecipe::default() };
    recipe.scene.layouts = LayoutWeights {
        hand: 1.0,
        shop: 0.0,
        deck: 0.0,
        pack: 0.0,
        scatter: 0.0,
        close_up: 0.0,
        collection: 0.0,
        jokers: 0.0,
        strewn: 0.0,
        deck_view: 0.0,
        stacks: 0.0,
        pages: 0.0,
        empty: 0.0,
        flying: 0.0,
    };
    let bank = Bank::render(&synth::practice::sprites(), &recipe, 1, BANK_CARDS, &|_| true)?;
    let scene = (0..100)
        .map(|seed| scene::compose(&bank, &recipe, seed))
        .find(|scene| scene.cards.len() >= 13)
        .context("no table of thirteen cards was composed")?;
    Ok((scene.image, scene.cards.iter().map(|card| card.quad).collect()))
}
