//! `trainer augment`: changed copies of labelled captures, with their labels, in a folder of their own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use image::RgbaImage;
use rayon::prelude::*;
use scenes::preview;
use shared::labels::{Label, Labels};

use super::DataArguments;
use crate::augment::plan::{Amount, Balance, plan};
use crate::augment::thrown::{Kind, USUAL, for_file};
use crate::augment::{Change, apply, names};
use crate::dataset::{AUGMENTED, Sample, picture};
use crate::train::composed::{Purpose, random, seed_of};

/// What `trainer augment` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    /// Augmented pictures for each original; without it, as many as make what --balance says equally frequent
    #[arg(long, value_name = "N", conflicts_with_all = ["to", "balance"])]
    per_image: Option<usize>,
    /// What is made equally frequent
    #[arg(long, value_enum, default_value = "name")]
    balance: Balance,
    /// Pictures that each card (or modifier) shall have [default: as the most frequent one]
    #[arg(long, value_name = "N")]
    to: Option<usize>,
    /// The most augmented pictures of one original, when balancing
    #[arg(long, value_name = "N", default_value_t = 24)]
    most: usize,
    /// Only these kinds [default: all but flip and negative]
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// These kinds too
    #[arg(long, value_enum, value_delimiter = ',')]
    also: Vec<Kind>,
    /// Another seed gives other pictures
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Name of the sheet of examples.
const SHEET: &str = "contact-sheet.png";
/// Originals on the sheet, and pictures in a row of it.
const ON_SHEET: usize = 14;
const COLUMNS: u32 = 8;

/// Augments.
///
/// # Errors
/// When there is nothing to augment, or a picture cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let folder = arguments.data.folder();
    let out = arguments.data.augmented();
    let (inside, outside) = (folder.canonicalize(), out.canonicalize());
    if outside.as_ref().is_ok_and(|out| inside.is_ok_and(|folder| *out == folder)) {
        bail!(
            "{} holds the originals, which are never touched\nhelp: give another --augmented",
            out.display()
        );
    }
    let set = arguments.data.read_originals()?;
    ensure!(!set.samples.is_empty(), "there is nothing to augment in {}", folder.display());
    let originals: Vec<&Sample> = set.samples.iter().collect();
    let amount = match arguments.per_image {
        Some(count) => Amount::PerImage(count),
        None => Amount::Balanced { by: arguments.balance, target: arguments.to, most: arguments.most },
    };
    let mut kinds = if arguments.only.is_empty() { USUAL.to_vec() } else { arguments.only.clone() };
    kinds.extend(&arguments.also);
    let counts = plan(&originals, amount);
    let jobs: Vec<(usize, usize)> = counts
        .iter()
        .enumerate()
        .flat_map(|(index, &count)| (0..count).map(move |child| (index, child)))
        .collect();

    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    clear(&out)?;
    let written: Vec<(String, Label)> = jobs
        .par_iter()
        .map(|&(index, child)| one(originals[index], index, child, &kinds, arguments.seed, &out))
        .collect::<Result<_>>()?;
    let mut labels = Labels::default();
    written.iter().for_each(|(file, label)| labels.set(file, label));
    labels.write(&out.join(AUGMENTED))?;
    sheet(&out, &originals, &written)?;
    println!("{} pictures of {} originals are in {}", written.len(), originals.len(), out.display());
    println!("look at {}", out.join(SHEET).display());
    Ok(())
}

/// Takes away what an earlier run wrote; nothing that it did not list.
fn clear(out: &Path) -> Result<()> {
    let path = out.join(AUGMENTED);
    let old = Labels::read(&path)?;
    Labels::default().write(&path)?;
    for file in old.files().filter(|file| file.contains("_aug") && !file.contains(['/', '\\'])) {
        match std::fs::remove_file(out.join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", out.join(file).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn one(
    sample: &Sample,
    index: usize,
    child: usize,
    kinds: &[Kind],
    seed: u64,
    out: &Path,
) -> Result<(String, Label)> {
    let number = ((index as u64) << 20) + child as u64;
    let seed = seed_of(seed, Purpose::Augmentation, number);
    // Only a plain card becomes a negative one by inverting it.
    let plain = sample.label.modifiers().edition == "base";
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::Negative || plain).collect();
    ensure!(
        !kinds.is_empty(),
        "{}: no kind of change is left for it\nhelp: add one with --also",
        sample.file
    );
    let changes = for_file(&kinds, &mut random(seed, Purpose::Augmentation, 0));
    let source =
        picture::read(&sample.path).map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))?;
    let image = apply(&source.image, source.image.dimensions().into(), &changes, seed);
    let stem = Path::new(&sample.file).with_extension("").to_string_lossy().replace(['/', '\\'], "_");
    let file = format!("{stem}_aug{child}.png");
    let path = out.join(&file);
    image.save(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut label = sample.label.clone();
    (label.parent, label.augmentation) = (Some(sample.file.clone()), Some(names(&changes)));
    if changes.contains(&Change::Negative) {
        label.modifier = Some("Negative".into());
    }
    Ok((file, label))
}

/// Some originals, each before its children.
fn sheet(out: &Path, originals: &[&Sample], written: &[(String, Label)]) -> Result<()> {
    let mut pictures: Vec<(RgbaImage, String)> = Vec::new();
    let has_children =
        |sample: &&&Sample| written.iter().any(|(_, label)| label.parent.as_ref() == Some(&sample.file));
    let shown: Vec<&&Sample> = originals.iter().filter(has_children).collect();
    let step = shown.len().div_ceil(ON_SHEET).max(1);
    for sample in shown.into_iter().step_by(step) {
        let children = written.iter().filter(|(_, label)| label.parent.as_ref() == Some(&sample.file));
        let children =
            children.map(|(file, label)| (out.join(file), label.augmentation.clone().unwrap_or_default()));
        let row = std::iter::once((sample.path.clone(), sample.class.clone()))
            .chain(children)
            .take(COLUMNS as usize);
        for (path, caption) in row {
            if let Ok(picture) = picture::read(&path) {
                pictures.push((picture.image, caption));
            }
        }
        while !pictures.len().is_multiple_of(COLUMNS as usize) {
            pictures.push((RgbaImage::new(1, 1), String::new()));
        }
    }
    let path: PathBuf = out.join(SHEET);
    preview::captioned(&pictures, [90, 120], COLUMNS)
        .save(&path)
        .with_context(|| format!("cannot write {}", path.display()))
}
