//! `trainer scenes`: composed images with their truth drawn on, to look at, or a labelled data
//! set of composed crops.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::imageops::{FilterType, resize};
use lens_core::counted::counted;
use lens_core::image_file;
use rayon::prelude::*;
use synth::{crop, preview, scene};

use super::arguments::{ArtArguments, RecipeArgument, count, material};
use crate::data::dataset::composed::{self, Amount};
use crate::data::export::fresh;
use crate::data::synthetic::Material;
use crate::random::{Stream, seed_of};
use crate::report::bar::Bar;

/// What `trainer scenes` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    recipe: RecipeArgument,
    /// How many scenes; as many crops for each come on one sheet
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=1000), conflicts_with = "labelled")]
    count: u64,
    /// A new folder, where they go
    #[arg(long, value_name = "DIR", required_unless_present = "labelled", conflicts_with = "labelled")]
    out: Option<PathBuf>,
    /// Write crops as if they were captured and labelled into this new folder
    #[arg(long, value_name = "DIR")]
    labelled: Option<PathBuf>,
    /// Cards in the labelled folder, in the order of the catalogue
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true, requires = "labelled", value_parser = count::<1, { usize::MAX }>)]
    classes: usize,
    /// Card groups of each card in the labelled folder
    #[arg(long, value_name = "N", default_value_t = 4, requires = "labelled", value_parser = count::<1, 1000>)]
    groups: usize,
    /// Captures in each card group
    #[arg(long, value_name = "N", default_value_t = 2, requires = "labelled", value_parser = count::<1, 1000>)]
    captures: usize,
    /// Which ones
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    art: ArtArguments,
}

/// How much larger the images are drawn, so that words can be read.
const ENLARGED: u32 = 2;
/// Crops in a row of the sheet.
const COLUMNS: u32 = 12;

/// Writes them.
///
/// # Errors
/// When the recipe or the art cannot be read, or an image cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let recipe = arguments.recipe.read()?;
    let material = material(&recipe, arguments.art.sprites(&recipe)?);
    if let Some(folder) = &arguments.labelled {
        return write_labelled(arguments, &material, folder);
    }
    let Some(out) = &arguments.out else { unreachable!("the command line asks for one of them") };
    let staging = fresh(out)?;
    let bar = Bar::listening("cards drawn", 0);
    let bank = material.bank(0)?;
    drop(bar);
    let catalogue = material.sprites.catalogue();
    let bar = Bar::new("scenes", arguments.count as usize);
    let save = |image: &image::RgbaImage, name: String| {
        let path = staging.path().join(&name);
        image_file::save_new(image, &path)
            .with_context(|| format!("cannot write {}", out.join(name).display()))
    };
    (0..arguments.count).into_par_iter().try_for_each(|number| {
        let seed = seed_of(arguments.seed, Stream::Scene, number);
        let scene = scene::compose(&bank, &material.recipe, seed);
        let (width, height) = scene.image.dimensions();
        let mut large = resize(&scene.image, width * ENLARGED, height * ENLARGED, FilterType::Nearest);
        preview::draw_truth(&mut large, &scene, catalogue);
        bar.step();
        save(&large, format!("scene-{number:03}.png"))
    })?;
    drop(bar);
    let bar = Bar::new("crops", COLUMNS as usize * arguments.count as usize);
    let crops: Vec<_> = (0..u64::from(COLUMNS) * arguments.count)
        .into_par_iter()
        .map(|number| {
            bar.step();
            crop::compose(&bank, &material.recipe, seed_of(arguments.seed, Stream::Crop, number))
        })
        .collect();
    drop(bar);
    save(&preview::sheet(&crops, &bank, material.recipe.crop.size, COLUMNS), "crops.png".into())?;
    staging.publish().with_context(|| format!("cannot write {}", out.display()))?;
    let (scenes, crops) = (counted(arguments.count, "scene"), counted(crops.len(), "crop"));
    say!("written into {}: {scenes} and {crops}", out.display());
    Ok(())
}

/// Not the drawings that a training with this recipe begins with, so that a model may be judged by
/// them.
fn write_labelled(arguments: &Arguments, material: &Material, folder: &Path) -> Result<()> {
    let staging = fresh(folder)?;
    let bar = Bar::listening("cards drawn", 0);
    let bank = material.bank(seed_of(arguments.seed, Stream::Evaluation, 400))?;
    drop(bar);
    let amount =
        Amount { classes: arguments.classes, groups: arguments.groups, captures: arguments.captures };
    let _bar = Bar::listening("captures", 0);
    let count = composed::write(staging.path(), &bank, &material.recipe, amount, arguments.seed, &|_| true)?;
    staging.publish().with_context(|| format!("cannot write {}", folder.display()))?;
    say!("{} written into {}", counted(count, "labelled capture"), folder.display());
    Ok(())
}
