//! `overlay identify`: names the cards of images.
//!
//! Prints a table for people, or JSON for programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::causes;
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use serde::Serialize;
use vision::network::Options;
use vision::reading::RecognisedCard;
use vision::recogniser::{MAX_GUESSES, Recogniser};

use super::inputs::{know_mods, open_model, parse_count, parse_probability, read_picture};
use super::progress::Progress;
use crate::run::annotate::Annotator;
use crate::run::words::{name_of, words_of};
use crate::settings::mods::ModsPlace;

/// Name the cards of images
#[derive(Args, Clone, Debug)]
pub(crate) struct IdentifyArgs {
    /// Images: PNG, JPEG, WebP or BMP
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Write a copy of each image with its cards drawn on into this folder
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// The Mods folder whose cards are known too; "none" for no mods [default: as the settings
    /// say, else where the game keeps it]
    #[arg(long, value_name = "DIR|none")]
    mods: Option<ModsPlace>,
    /// Guesses to print for each card, at most 5
    #[arg(long, default_value_t = 3, value_name = "K", value_parser = parse_count::<MAX_GUESSES>)]
    top: usize,
    /// Take another detection threshold than the model's, in 0..1
    #[arg(long, value_name = "T", value_parser = parse_probability)]
    threshold: Option<f32>,
}

/// What is printed of one image.
#[derive(Debug, Serialize)]
struct PictureReport {
    image: String,
    width: u32,
    height: u32,
    cards: Vec<CardReport>,
}

#[derive(Debug, Serialize)]
struct CardReport {
    quad: Quad<InFrame>,
    detection: f32,
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "mod", skip_serializing_if = "Option::is_none")]
    from_mod: Option<ModReport>,
    known: bool,
    probability: f32,
    similarity: f32,
    top: Vec<Guess>,
    modifiers: Modifiers,
}

/// The mod that a card came with.
#[derive(Debug, Serialize)]
struct ModReport {
    id: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct Guess {
    id: String,
    score: f32,
}

/// Runs the command.
///
/// # Errors
/// When the model cannot be used. Images that cannot be read are told on standard error, the
/// others are done, and the command fails at the end.
pub(crate) fn run(args: IdentifyArgs) -> Result<()> {
    let mut recogniser = open_model(&args.model, &Options::default())?;
    know_mods(&mut recogniser, args.mods.as_ref(), &ModsPlace::Found)?;
    if let Some(threshold) = args.threshold {
        recogniser.set_detection_threshold(threshold);
    }
    let mut annotator = args.annotate.map(|folder| Annotator::new(folder, &args.images)).transpose()?;
    let mut reports = Vec::new();
    let mut failed = Vec::new();
    let mut progress = Progress::new("images");
    for (done, path) in args.images.iter().enumerate() {
        progress.tell(done, args.images.len());
        let report = one(&mut recogniser, path, args.top, annotator.as_mut());
        if !args.json || report.is_err() {
            progress.clear();
        }
        match report {
            Ok(report) if args.json => reports.push(report),
            Ok(report) => print_table(&report),
            Err(error) => {
                if args.images.len() > 1 {
                    eprintln!("overlay: {}", causes::said_once(error.chain()));
                }
                failed.push(error);
            }
        }
    }
    drop(progress);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    }
    // What is wrong with one image of many is told, and then how many that were.
    match (failed.len(), args.images.len()) {
        (0, _) => Ok(()),
        (1, 1) => Err(failed.remove(0)),
        (count, all) => bail!("{count} of {} could not be done", counted(all, "image")),
    }
}

fn one(
    recogniser: &mut Recogniser,
    path: &Path,
    top: usize,
    annotator: Option<&mut Annotator>,
) -> Result<PictureReport> {
    let picture = read_picture(path)?;
    let cards = recogniser
        .recognise(&(&picture).into())
        .with_context(|| format!("{} could not be recognised", path.display()))?
        .to_vec();
    let catalogue = recogniser.catalogue();
    if let Some(annotator) = annotator {
        annotator.write(path, &picture, &cards, catalogue)?;
    }
    Ok(report(path, &picture, &cards, catalogue, top))
}

fn report(
    path: &Path,
    picture: &RgbaImage,
    cards: &[RecognisedCard],
    catalogue: &Catalogue,
    top: usize,
) -> PictureReport {
    let card_report = |RecognisedCard { detection, reading }: &RecognisedCard| CardReport {
        quad: detection.quad,
        detection: detection.score,
        id: reading.id().map(ToString::to_string),
        name: reading.id().map(|id| name_of(id, catalogue).to_owned()),
        from_mod: reading
            .id()
            .and_then(|id| catalogue.card(id)?.from_mod.as_ref())
            .map(|it| ModReport { id: it.id.clone(), name: it.name.clone() }),
        known: reading.id().is_some(),
        probability: reading.probability,
        similarity: reading.similarity,
        top: reading
            .guesses
            .iter()
            .take(top)
            .map(|guess| Guess { id: guess.id.to_string(), score: guess.probability })
            .collect(),
        modifiers: reading.modifiers.clone(),
    };
    PictureReport {
        image: path.display().to_string(),
        width: picture.width(),
        height: picture.height(),
        cards: cards.iter().map(card_report).collect(),
    }
}

fn print_table(report: &PictureReport) {
    let count = counted(report.cards.len(), "card");
    println!("{}: {count} in {}x{}", report.image, report.width, report.height);
    for card in &report.cards {
        let at = card.quad.centre();
        let guesses: Vec<String> = card.top.iter().map(|it| format!("{} {:.2}", it.id, it.score)).collect();
        println!(
            "  {:<22} {:<24} {:>5.1} %  at {:>4.0},{:<4.0}  {}",
            card.name.as_deref().unwrap_or("unknown"),
            words_of(&card.modifiers),
            card.probability * 100.0,
            at.x,
            at.y,
            guesses.join("  ")
        );
    }
}
