//! `trainer export-dataset`: composed scenes or labelled captures, for trainings elsewhere.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use lens_core::catalogue::id_of_class;
use lens_core::counted::counted;
use lens_core::geometry::{Point, Quad, Rect};
use lens_core::image_file::save_new;
use lens_core::manifest::NOT_A_CARD;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use synth::scene::{self, PlacedCard};

use super::arguments::{ArtArguments, DataArguments, RecipeArgument, material};
use crate::data::dataset::Sample;
use crate::data::dataset::split::split;
use crate::data::export::{Export, ExportError, PARTS};
use crate::data::formats::{Card, Format, Picture};
use crate::model::detector_targets::MIN_VISIBLE;
use crate::random::{Stream, seed_of};
use crate::report::bar::Bar;

/// What `trainer export-dataset` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Whose format
    #[arg(long, value_enum)]
    format: Format,
    /// Where it goes: a new folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Compose so many scenes, instead of taking labelled captures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    scenes: Option<u32>,
    #[command(flatten)]
    recipe: RecipeArgument,
    /// Every card is of the one class `card`
    #[arg(long)]
    one_class: bool,
    /// Part that is for validation; 0 for none
    #[arg(long, default_value_t = 0.2, value_parser = super::arguments::share)]
    validation: f64,
    /// Which scenes, and which captures are held out
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    art: ArtArguments,
}

/// The classes, and the images of both parts.
type Content = (Vec<String>, [Vec<Picture>; 2]);

/// Exports.
///
/// # Errors
/// When there is nothing to export, or the folder cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { format, scenes, one_class, .. } = *arguments;
    if format == Format::Imagefolder {
        ensure!(scenes.is_none(), "an imagefolder is of single cards\nhelp: leave --scenes out");
        ensure!(!one_class, "an imagefolder of one class teaches nothing\nhelp: leave --one-class out");
    }
    if scenes.is_some() {
        let given = [
            (arguments.data.captures.data.is_some(), "--data"),
            (arguments.data.augmented.is_some(), "--augmented"),
            (arguments.data.captures.game.is_some(), "--game"),
        ];
        if let Some((_, option)) = given.into_iter().find(|(given, _)| *given) {
            anyhow::bail!(
                "{option} makes no sense with --scenes, which composes\nhelp: --recipe says what of"
            );
        }
    } else {
        let given = [(arguments.recipe.is_given(), "--recipe"), (arguments.art.art.is_some(), "--art")];
        if let Some((_, option)) = given.into_iter().find(|(given, _)| *given) {
            anyhow::bail!("{option} makes no sense without --scenes\nhelp: --scenes N composes images");
        }
    }
    // Before anything is composed: somebody may have to choose another folder.
    let mut export = Export::begin(&arguments.out, format)?;
    let (names, mut parts) = match scenes {
        Some(count) => compose(arguments, &mut export, count as usize)?,
        None => captures(arguments, &mut export)?,
    };
    let classes = merged(&names, &mut parts, one_class);
    let origin = json!({
        "what": if scenes.is_some() { "composed scenes" } else { "labelled captures" },
        "seed": arguments.seed, "validation": arguments.validation,
    });
    let counts = export.finish(&classes, &parts, &origin)?;
    let (folder, cards) = (arguments.out.display(), parts.iter().flatten().flat_map(Picture::seen).count());
    let told = PARTS.iter().zip(counts).map(|(part, count)| format!("{count} for {part}"));
    say!(
        "{} with {} of {} written into {folder} ({})",
        counted(counts[0] + counts[1], "image"),
        counted(cards, "card"),
        counted(classes.len(), "class"),
        told.collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

/// Leaves out what is no card, and makes all one class where that is asked for.
fn merged(names: &[String], parts: &mut [Vec<Picture>; 2], one_class: bool) -> Vec<String> {
    let kept: Vec<usize> = (0..names.len()).filter(|&at| names[at] != NOT_A_CARD).collect();
    for picture in parts.iter_mut().flatten() {
        picture.cards.retain_mut(|card| match kept.iter().position(|&at| at == card.class) {
            Some(class) => {
                card.class = if one_class { 0 } else { class };
                true
            }
            None => false,
        });
    }
    if one_class {
        return vec!["card".to_owned()];
    }
    kept.into_iter().map(|at| names[at].clone()).collect()
}

/// Writes composed scenes; the cards on them of which enough is seen.
fn compose(arguments: &Arguments, export: &mut Export, count: usize) -> Result<Content> {
    let recipe = arguments.recipe.read()?;
    let material = material(&recipe, arguments.art.sprites(&recipe)?);
    let bar = Bar::listening("cards drawn", 0);
    let bank = material.bank(seed_of(arguments.seed, Stream::Evaluation, 500))?;
    drop(bar);
    let held_out = (count as f64 * arguments.validation).round() as usize;
    let bar = Bar::new("scenes", count);
    let mut parts = [Vec::new(), Vec::new()];
    for (part, range) in [held_out..count, 0..held_out].into_iter().enumerate() {
        if range.is_empty() {
            continue;
        }
        let folder = export.images(part, "")?;
        let one = |number: usize| {
            let seed = seed_of(arguments.seed, Stream::Scene, number as u64);
            let scene = scene::compose(&bank, &material.recipe, seed);
            let file = format!("scene-{number:06}.png");
            save_new(&scene.image, &folder.join(&file))
                .map_err(|source| ExportError::Write { path: arguments.out.join(&file), source })?;
            bar.step();
            Ok(Picture {
                file,
                size: scene.image.dimensions().into(),
                cards: placed(&scene.cards),
                fields: Map::new(),
            })
        };
        parts[part] = range.into_par_iter().map(one).collect::<Result<_>>()?;
    }
    Ok((bank.classes().to_vec(), parts))
}

/// The cards of which enough is seen; a corner is covered by those further in front.
fn placed(cards: &[PlacedCard]) -> Vec<Card> {
    let enough = cards.iter().enumerate().filter(|(_, card)| card.visible >= MIN_VISIBLE);
    let one = |(place, card): (usize, &PlacedCard)| {
        let covered = card.quad.to_xy().map(|[x, y]| {
            let corner = Point::new(x, y);
            cards[place + 1..].iter().any(|other| other.quad.contains(corner))
        });
        Card { class: card.truth.class, quad: card.quad, covered }
    };
    enough.map(one).collect()
}

/// Copies labelled captures; each is one card from edge to edge, or an image without a card.
fn captures(arguments: &Arguments, export: &mut Export) -> Result<Content> {
    let samples = arguments.data.read()?.samples;
    ensure!(!samples.is_empty(), "no labelled capture can be used\nhelp: --scenes N composes images");
    let split = split(&samples, arguments.validation, arguments.seed);
    let sides = [split.train.clone(), split.judged(&samples)];
    let class_of = |sample: &Sample| match arguments.format {
        Format::Imagefolder => sample.class.clone(),
        _ => id_of_class(&sample.class).to_owned(),
    };
    let mut names: Vec<String> = samples.iter().map(class_of).collect();
    names.sort();
    names.dedup();
    let bar = Bar::new("images", sides.iter().map(Vec::len).sum());
    let mut parts = [Vec::new(), Vec::new()];
    for (part, side) in sides.iter().enumerate() {
        for sample in side.iter().map(|&index| &samples[index]) {
            let name = class_of(sample);
            let folder = export.images(part, &name)?;
            let (file, size) = export.copy(&sample.path, &sample.file, &folder)?;
            let whole = Quad::from_rect(Rect::ltwh(0.0, 0.0, size[0] as f32, size[1] as f32));
            let class = names.iter().position(|it| *it == name).expect("the names are those of the samples");
            let card = Card { class, quad: whole, covered: [false; 4] };
            parts[part].push(Picture { file, size, cards: vec![card], fields: fields(sample)? });
            bar.step();
        }
    }
    Ok((names, parts))
}

/// What is known of a capture, for tables.
fn fields(sample: &Sample) -> Result<Map<String, Value>> {
    let label = serde_json::to_value(&sample.label).context("a label is made of JSON")?;
    let mut fields = label.as_object().cloned().unwrap_or_default();
    fields.insert("class".into(), json!(sample.class));
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_card_is_never_one() {
        let names = ["a", NOT_A_CARD, "b"].map(str::to_owned);
        let picture = |class| Picture {
            file: "x.png".into(),
            size: [10, 10],
            cards: vec![Card {
                class,
                quad: Quad::from_rect(Rect::ltwh(0.0, 0.0, 9.0, 9.0)),
                covered: [false; 4],
            }],
            fields: Map::new(),
        };
        for one_class in [false, true] {
            let mut parts = [vec![picture(0), picture(1)], vec![picture(2)]];
            let classes = merged(&names, &mut parts, one_class);
            let cards = |part: usize| -> Vec<Vec<usize>> {
                parts[part].iter().map(|it| it.cards.iter().map(|card| card.class).collect()).collect()
            };
            let last = classes.len() - 1;
            assert_eq!((cards(0), cards(1)), (vec![vec![0], vec![]], vec![vec![last]]), "{classes:?}");
        }
    }
}
