//! `trainer import-labels`: what people labelled with other tools, as captures with names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Result, bail};
use dataset::captures::store::{Captures, read as read_captures};
use dataset::labels::Label;
use dataset::labels::store::read as read_labels;
use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::counted::counted;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;
use lens_core::paths;

use super::arguments::card_type;
use crate::data::import::plan::{Meaning, plan};
use crate::data::import::write::write;
use crate::data::import::{Named, Source, coco, folders, label_studio, yolo};
use crate::model::import::labels::match_labels;
use crate::report::bar::Bar;

/// What `trainer import-labels` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// data.yaml of YOLO or its folder, the JSON file of COCO or Label Studio, or a folder
    path: PathBuf,
    /// Whose labels
    #[arg(long, value_enum)]
    format: From,
    /// Folder of the images, where the file does not lead to them (COCO, Label Studio)
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Game whose catalogue the names are looked up in
    #[arg(long, default_value = "balatro")]
    game: String,
    /// Names of no card in the catalogue become cards of this type, for example Tarot; without it
    /// they are left out
    #[arg(long, value_name = "TYPE", value_parser = card_type, conflicts_with = "without_names")]
    added: Option<CardType>,
    /// Take the cards without their names, to be named with the labeller: for labels of one class
    #[arg(long)]
    without_names: bool,
    /// Folder of the captures [default: screenshots in the data folder]
    #[arg(long, value_name = "DIR")]
    captures: Option<PathBuf>,
    /// Folder of the labels [default: `dataset_default` in the data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Lines of each list
    #[arg(long, default_value_t = 12, value_parser = super::arguments::count::<1, 100_000>)]
    lines: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum From {
    /// Boxes, turned boxes (OBB), four corners (pose) or outlines of Ultralytics
    Yolo,
    /// Outlines, corners or boxes of COCO
    Coco,
    /// Polygons or rectangles of Label Studio's JSON export
    LabelStudio,
    /// Images of single cards, with labels.json as the Python project wrote it, or in a folder for
    /// each card
    Folders,
}

/// Imports.
///
/// # Errors
/// When the labels or the catalogue cannot be read, or captures cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let catalogue = Catalogue::read(&paths::catalogue(&arguments.game))?;
    let images = arguments.images.as_deref();
    if images.is_some() && matches!(arguments.format, From::Yolo | From::Folders) {
        bail!("--images makes no sense here: these labels lie beside their images\nhelp: leave it out");
    }
    let source = match arguments.format {
        From::Yolo => yolo::read(&arguments.path)?,
        From::Coco => coco::read(&arguments.path, images)?,
        From::LabelStudio => label_studio::read(&arguments.path, images)?,
        From::Folders => folders::read(&arguments.path)?,
    };
    let source = if arguments.without_names { nameless(source) } else { source };
    let meanings = meanings(&source, &catalogue, arguments);
    let shots = arguments.captures.clone().unwrap_or_else(dataset::captures::folder);
    let set = arguments.data.clone().unwrap_or_else(dataset::labels::folder);
    let labels = read_labels(&set)?.labels;
    let bar = Bar::new("images", source.pictures.len());
    let tell = || bar.step();
    let plan = if arguments.dry_run {
        plan(&source, &meanings, &read_captures(&shots)?, &labels, &tell)
    } else {
        let mut captures = Captures::open_with(&shots, &set)?;
        let plan = plan(&source, &meanings, captures.records(), &labels, &tell);
        let bar = Bar::new("captures", source.pictures.len());
        write(&plan, &source, &mut captures, &set, &|| bar.step())?;
        plan
    };
    drop(bar);
    list("left out", &plan.left_out, arguments.lines);
    list("conflicts, of which nothing was taken", &plan.conflicts(&source), arguments.lines);
    let unknown = meanings.iter().filter(|(_, meaning)| **meaning == Meaning::Unknown);
    let unknown: Vec<&str> = unknown.map(|(name, _)| name.as_str()).collect();
    if !unknown.is_empty() {
        say!(
            "{} no card of {}: {}\nhelp: --added TYPE makes cards of them, --without-names takes them without a name",
            counted(unknown.len(), "name") + if unknown.len() == 1 { " is" } else { " are" },
            catalogue.title,
            unknown.iter().take(arguments.lines).copied().collect::<Vec<_>>().join(", ")
        );
    }
    let counts = plan.counts();
    match arguments.dry_run {
        true => say!("there would be {counts}"),
        false => say!("{counts}\nlook at them: cargo run -p labeller"),
    }
    Ok(())
}

fn nameless(mut source: Source) -> Source {
    for card in source.pictures.iter_mut().flat_map(|picture| &mut picture.cards) {
        card.name = Named::Class("card".to_owned());
    }
    source
}

/// What each name of a class is here.
fn meanings(source: &Source, catalogue: &Catalogue, arguments: &Arguments) -> BTreeMap<String, Meaning> {
    let cards = source.pictures.iter().flat_map(|picture| &picture.cards);
    let names: BTreeSet<String> = cards
        .filter_map(|card| match &card.name {
            Named::Class(name) => Some(name.clone()),
            Named::Label(_) => None,
        })
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let kind = arguments.added.unwrap_or(CardType::Joker);
    let matched = match_labels(&names, catalogue, kind);
    let meaning = |class: &String, name: &String| {
        if arguments.without_names {
            return Meaning::Unlabelled;
        }
        if class == NOT_A_CARD {
            return Meaning::Label(Box::new(Label::not_a_card()));
        }
        match catalogue.card_of_class(class) {
            Some(card) => {
                let whole = Label::new(card, &Modifiers::default());
                // What is on the card nobody has said; a class may be of one skin.
                let id = if id_of_class(class) == class { whole.id } else { Some(class.clone()) };
                Meaning::Label(Box::new(Label {
                    name: whole.name,
                    card_type: whole.card_type,
                    rarity: whole.rarity,
                    id,
                    ..Label::default()
                }))
            }
            None if arguments.added.is_some() => Meaning::Label(Box::new(Label {
                name: name.trim().to_owned(),
                card_type: Some(kind.name().to_owned()),
                ..Label::default()
            })),
            None => Meaning::Unknown,
        }
    };
    let meanings =
        matched.classes.iter().zip(&names).map(|(class, name)| (name.clone(), meaning(class, name)));
    meanings.collect()
}

fn list(title: &str, lines: &[String], most: usize) {
    if lines.is_empty() {
        return;
    }
    say!("{title}: {}", lines.len());
    lines.iter().take(most).for_each(|line| say!("  {line}"));
    if lines.len() > most {
        say!("  and {} more", lines.len() - most);
    }
}
