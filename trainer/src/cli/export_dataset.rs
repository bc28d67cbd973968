//! `trainer export-dataset`: composed scenes or labelled captures, for trainings elsewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use lens_core::atomic;
use lens_core::catalogue::id_of_class;
use lens_core::geometry::{Quad, Rect};
use rayon::prelude::*;
use synth::scene;

use super::arguments::{ArtArguments, DataArguments, material, read_recipe};
use crate::data::dataset::split::split;
use crate::data::dataset::{Sample, picture};
use crate::data::formats::{Picture, coco, label_studio, label_studio_config, yolo, yolo_yaml};
use crate::model::detector_targets::MIN_VISIBLE;
use crate::random::{Stream, seed_of};

/// What `trainer export-dataset` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Whose format
    #[arg(long, value_enum)]
    format: Format,
    /// Where it goes
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Compose so many scenes, instead of taking labelled captures
    #[arg(long, value_name = "N")]
    scenes: Option<usize>,
    /// Recipe of the scenes
    #[arg(long, value_name = "FILE", default_value = "data/recipes/balatro.toml")]
    recipe: PathBuf,
    /// Every card is of the one class `card`
    #[arg(long)]
    one_class: bool,
    /// Part that is for validation
    #[arg(long, default_value_t = 0.2)]
    validation: f64,
    /// Which scenes, and which captures are held out
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    art: ArtArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// images, labels and data.yaml of Ultralytics
    Yolo,
    /// images and annotations of COCO, with the quads as outlines
    Coco,
    /// images, tasks and the labelling interface of Label Studio
    LabelStudio,
    /// a folder for each card, of labelled captures
    Imagefolder,
}

/// Names of the two parts.
const PARTS: [&str; 2] = ["train", "val"];

/// Exports.
///
/// # Errors
/// When there is nothing to export, or the folder cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    ensure!((0.0..1.0).contains(&arguments.validation), "--validation must be in 0..1");
    if arguments.format == Format::Imagefolder {
        ensure!(arguments.scenes.is_none(), "an imagefolder is of single cards\nhelp: leave --scenes out");
        return imagefolder(arguments);
    }
    let (names, parts) = match arguments.scenes {
        Some(count) => compose(arguments, count)?,
        None => captures(arguments)?,
    };
    let classes = if arguments.one_class { vec!["card".to_owned()] } else { names };
    let images = |part: usize| arguments.out.join("images").join(PARTS[part]);
    let write = |path: PathBuf, text: String| write(&path, text.as_bytes());
    for (part, pictures) in parts.iter().enumerate() {
        match arguments.format {
            Format::Yolo => {
                for picture in pictures {
                    let file = Path::new(&picture.file).with_extension("txt");
                    write(arguments.out.join("labels").join(PARTS[part]).join(file), yolo(picture))?;
                }
            }
            Format::Coco => {
                let text = serde_json::to_string(&coco(pictures, &classes))?;
                write(arguments.out.join("annotations").join(format!("{}.json", PARTS[part])), text)?;
            }
            Format::LabelStudio => {
                let prefix = format!("/data/local-files/?d=images/{}/", PARTS[part]);
                let text = serde_json::to_string_pretty(&label_studio(pictures, &classes, &prefix))?;
                write(arguments.out.join(format!("tasks-{}.json", PARTS[part])), text)?;
            }
            Format::Imagefolder => unreachable!("handled above"),
        }
        say!("{} pictures are in {}", pictures.len(), images(part).display());
    }
    match arguments.format {
        Format::Yolo => write(arguments.out.join("data.yaml"), yolo_yaml(&classes)),
        Format::LabelStudio => write(arguments.out.join("labelling.xml"), label_studio_config(&classes)),
        _ => Ok(()),
    }
}

type Parts = (Vec<String>, Vec<Vec<Picture>>);

/// Writes composed scenes; the cards on them of which enough is seen.
fn compose(arguments: &Arguments, count: usize) -> Result<Parts> {
    let mut parts = Vec::new();
    let recipe = read_recipe(Some(&arguments.recipe), None)?;
    let material = material(&recipe, arguments.art.sprites(&recipe)?);
    let bank = material.bank(seed_of(arguments.seed, Stream::Evaluation, 500))?;
    let names: Vec<String> = bank.classes().to_vec();
    let held_out = (count as f64 * arguments.validation).round() as usize;
    for (part, range) in [(0, held_out..count), (1, 0..held_out)] {
        let folder = arguments.out.join("images").join(PARTS[part]);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let one = |number: usize| {
            let scene = scene::compose(
                &bank,
                &material.recipe,
                seed_of(arguments.seed, Stream::Scene, number as u64),
            );
            let file = format!("scene-{number:06}.png");
            let path = folder.join(&file);
            scene.image.save(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let seen = scene.cards.iter().filter(|card| card.visible >= MIN_VISIBLE);
            let class = |class: usize| if arguments.one_class { 0 } else { class };
            let cards = seen.map(|card| (class(card.truth.class), card.quad)).collect();
            Ok(Picture { file, size: scene.image.dimensions().into(), cards })
        };
        parts.push(range.into_par_iter().map(one).collect::<Result<_>>()?);
    }
    Ok((names, parts))
}

/// Copies labelled captures; each is one card from edge to edge.
fn captures(arguments: &Arguments) -> Result<Parts> {
    let mut parts = Vec::new();
    let (samples, sides) = split_captures(arguments)?;
    let names: BTreeSet<&str> = samples.iter().map(|sample| id_of_class(&sample.class)).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    for (part, side) in sides.iter().enumerate() {
        let folder = arguments.out.join("images").join(PARTS[part]);
        let mut pictures = Vec::new();
        for sample in side.iter().map(|&index| &samples[index]) {
            let size = copy(sample, &folder)?;
            let whole = Quad::from_rect(Rect::ltwh(0.0, 0.0, size[0] as f32, size[1] as f32));
            let class = names.iter().position(|name| name == id_of_class(&sample.class));
            let class = if arguments.one_class { Some(0) } else { class };
            pictures.push(Picture {
                file: plain(sample),
                size,
                cards: class.map(|class| (class, whole)).into_iter().collect(),
            });
        }
        parts.push(pictures);
    }
    Ok((names, parts))
}

fn imagefolder(arguments: &Arguments) -> Result<()> {
    let (samples, sides) = split_captures(arguments)?;
    for (part, side) in sides.iter().enumerate() {
        for sample in side.iter().map(|&index| &samples[index]) {
            let class: String =
                sample.class.chars().map(|it| if "/\\:".contains(it) { '_' } else { it }).collect();
            copy(sample, &arguments.out.join(PARTS[part]).join(class.trim_start_matches('.')))?;
        }
        say!("{} pictures are in {}", side.len(), arguments.out.join(PARTS[part]).display());
    }
    Ok(())
}

fn split_captures(arguments: &Arguments) -> Result<(Vec<Sample>, [Vec<usize>; 2])> {
    let samples = arguments.data.read()?.samples;
    ensure!(!samples.is_empty(), "no labelled capture can be used\nhelp: --scenes N composes pictures");
    let parts = split(&samples, arguments.validation, arguments.seed);
    let judged = parts.judged(&samples);
    Ok((samples, [parts.train, judged]))
}

/// Copies a capture byte for byte; says its size.
fn copy(sample: &Sample, folder: &Path) -> Result<[u32; 2]> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let read =
        picture::read(&sample.path).map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))?;
    let path = folder.join(plain(sample));
    std::fs::copy(&sample.path, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(read.image.dimensions().into())
}

fn plain(sample: &Sample) -> String {
    sample.file.replace(['/', '\\'], "_")
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    atomic::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
