//! `overlay bench`: how long each stage of recognising takes.
//!
//! The number of cards is forced: that many quads of the image's truth are identified, some of
//! them twice where it has fewer, whatever the detector says. What the networks run on stands
//! above the figures; where it is nothing that was asked for, there are none.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use image::RgbaImage;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};
use synth::bank::Bank;
use synth::recipe::{LayoutWeights, SceneRecipe};
use synth::scene;
use vision::network::{NetworkError, Options, Precision};
use vision::providers::{Provider, Report};
use vision::recogniser::{OpenError, Recogniser};
use vision::stages::{Stage, StageTimes};

use super::inputs::{know_mods, open_model, parse_count, parse_threads, read_picture};
use super::progress::Progress;
use crate::recognition::model;
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
    /// What it runs on, in order of preference: tensorrt, cuda, directml, coreml, openvino, webgpu,
    /// cpu; refused where none of them runs it [default: what was measured to be best, else this
    /// system's order]
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
    let BenchArgs { model: name, mods, image, threads: thread_counts, cards: card_counts, providers, runs } =
        args;
    let order = providers.clone().unwrap_or_else(Provider::default_order);
    let (picture, quads) = match &image {
        Some(path) => {
            let picture = read_picture(path)?;
            let quads = found(&name, &picture)?;
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
            let options = Options { precision, threads, providers: order.clone(), ..Options::default() };
            let mut recogniser = match open_model(&name, &options) {
                Ok(recogniser) => recogniser,
                Err(error) => match error.downcast_ref() {
                    Some(OpenError::Network(missing @ NetworkError::NoInt8 { .. })) => {
                        println!("int8: {missing}");
                        break;
                    }
                    _ => return Err(error),
                },
            };
            // Practice cards are strangers to other models: in play most names are sure.
            recogniser.look_once();
            let runs_on = runs_on(&recogniser.reports(), providers.as_deref())?;
            know_mods(&mut recogniser, mods.as_ref(), &ModsPlace::Nowhere)?;
            if thread_counts.first() == Some(&threads) {
                println!("{runs_on}");
            }
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
                let files = if precision == Precision::Int8 { "int8" } else { "float32" };
                println!("{files:<8} {threads:>7} {cards:>5} | {}", samples.line());
            }
        }
    }
    Ok(())
}

/// What each network runs on, in a line: `detector.onnx on CUDA, identifier.onnx on CPU`, with why
/// a provider that was named before it is not used.
///
/// # Errors
/// When one of them runs on nothing that was named.
fn runs_on(reports: &[(&str, &Report)], named: Option<&[Provider]>) -> Result<String> {
    if let Some(fault) = named.and_then(|named| model::not_as_named(reports, named)) {
        bail!(
            "{fault}\nhelp: `overlay hardware` measures what there is here, and --providers cpu is always there"
        );
    }
    let part = |(file, report): &(&str, &Report)| {
        let used = report.accepted.first().copied().unwrap_or(Provider::Cpu);
        let reasons = named.map(|_| model::reasons(report)).filter(|it| !it.is_empty());
        let reasons = reasons.map_or_else(String::new, |it| format!(" ({it})"));
        format!("{file} on {used}{reasons}")
    };
    Ok(reports.iter().map(part).collect::<Vec<_>>().join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use vision::providers::Refusal;

    #[test]
    fn what_is_measured_is_what_was_asked_for() {
        let report = |accepted: &[Provider], refused: &[(Provider, &str)]| Report {
            accepted: accepted.to_vec(),
            refused: refused
                .iter()
                .map(|&(provider, reason)| Refusal { provider, reason: reason.to_owned() })
                .collect(),
        };
        let said = |report: &Report, named: Option<&[Provider]>| runs_on(&[("a.onnx", report)], named);
        let (cuda, cpu) = (Provider::Cuda, Provider::Cpu);
        let alone = report(&[cpu], &[(cuda, "no such device")]);
        assert_eq!(said(&alone, None).unwrap(), "a.onnx on CPU");
        assert_eq!(said(&report(&[cpu], &[]), Some(&[cpu])).unwrap(), "a.onnx on CPU");
        assert_eq!(said(&alone, Some(&[cuda, cpu])).unwrap(), "a.onnx on CPU (CUDA: no such device)");
        assert_eq!(said(&report(&[cuda, cpu], &[]), Some(&[cuda])).unwrap(), "a.onnx on CUDA");
        let refused = said(&alone, Some(&[cuda])).unwrap_err().to_string();
        assert!(refused.contains("a.onnx") && refused.contains("CUDA: no such device"), "{refused}");
        assert!(refused.contains("\nhelp: "), "{refused}");
        // One network of two is enough to make the figures something else.
        let both = [("a.onnx", &report(&[cuda, cpu], &[])), ("b.onnx", &alone)];
        assert!(runs_on(&both, Some(&[cuda])).unwrap_err().to_string().contains("b.onnx"));
    }
}
