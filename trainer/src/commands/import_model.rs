//! `trainer import-model`: networks trained elsewhere as a model for the overlay, checked on pictures.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use image::RgbaImage;
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::external::{DetectorKind, Fit, IdentifierKind, Normalise, Scores};
use lens_core::manifest::{Detector, Identifier, Manifest};
use lens_core::paths;
use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::{practice, scene};
use vision::network::Options;
use vision::reading::RecognisedCard;
use vision::recogniser::Recogniser;
use vision::stages::{Stage, StageTimes};

use super::predict::files;
use crate::dataset::picture;
use crate::evaluate::namer::model_folder;
use crate::export::install::install;
use crate::import::identifier::{Strangers, listed};
use crate::import::inspect::Network;
use crate::import::{ImportError, Imported, Parts, assemble, detector, identifier, labels, origin};

/// What `trainer import-model` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    networks: Networks,
    /// The classifier's labels in the order of its output: one a line, or JSON [default: those in its metadata]
    #[arg(long, value_name = "FILE", requires = "identifier")]
    labels: Option<PathBuf>,
    /// How the classifier wants its pictures: from 0 to 1, or as torchvision's networks, by mean and deviation of ImageNet
    #[arg(long, value_enum, default_value_t = Levels::Unit, requires = "identifier")]
    normalise: Levels,
    /// How a card comes to have the shape of the classifier's input [default: centre for square ones of Ultralytics, else stretch]
    #[arg(long, value_enum, requires = "identifier")]
    fit: Option<Shape>,
    /// Refuse a classifier with a label that is no card of the catalogue
    #[arg(long, requires = "identifier", conflicts_with = "added")]
    strict: bool,
    /// Type of the cards that the catalogue does not have, for example Tarot
    #[arg(long, value_name = "TYPE", default_value = "Joker", value_parser = card_type, requires = "identifier")]
    added: CardType,
    /// Probability of its best name below which a card is unknown
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.5, requires = "identifier")]
    unknown_below: f32,
    /// The detector's classes that are cards, with commas between them [default: all]
    #[arg(long, value_name = "CLASSES", value_delimiter = ',', requires = "detector")]
    cards: Vec<String>,
    /// Probability from which the detector's box is a card
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.25, requires = "detector")]
    threshold: f32,
    /// Folder or name of an installed model, which gives the catalogue and the network that is not imported
    #[arg(long, value_name = "MODEL", default_value = "balatro")]
    base: PathBuf,
    /// Name of the new model
    #[arg(long)]
    name: String,
    /// Folder of the new model [default: data/models/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Pictures of whole screens, or folders of them, to try it on [default: composed scenes of the practice deck]
    #[arg(long, value_name = "IMAGE|DIR", num_args = 1..)]
    sample: Vec<PathBuf>,
}

/// What is imported.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Networks {
    /// A detection export of Ultralytics YOLO (v8 to v12, 26)
    #[arg(long, value_name = "FILE")]
    detector: Option<PathBuf>,
    /// A classifier of whole cards
    #[arg(long, value_name = "FILE")]
    identifier: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Levels {
    Unit,
    Imagenet,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    Stretch,
    Centre,
}

/// Composed scenes, and cards in their bank.
const SCENES: u64 = 4;
const BANK: usize = 120;
/// Cards that are listed of a picture.
const LISTED: usize = 12;

/// Imports.
///
/// # Errors
/// When a network is not what can be used, or the model is there already; nothing is installed then.
pub fn run(arguments: &Arguments) -> Result<()> {
    for probability in [arguments.threshold, arguments.unknown_below] {
        ensure!(
            (0.0..1.0).contains(&probability),
            "a probability is at least 0 and below 1, not {probability}"
        );
    }
    let out = target(arguments)?;
    let base = model_folder(&arguments.base)?;
    let manifest = Manifest::read(&base)?;
    let catalogue = Catalogue::read(&paths::catalogue(&manifest.catalogue))?;
    let parts = parts(arguments, &catalogue)?;
    say(&parts, &manifest, &catalogue);
    let files = assemble(&arguments.name, &base, parts)?;
    try_out(&out, &files, &arguments.sample)?;
    // It may have been made while this one was tried.
    ensure_free(&out)?;
    install(&out, &files).with_context(|| {
        format!("cannot write {}\nhelp: make the folder writable or free some space", out.display())
    })?;
    let model = arguments.out.as_ref().map_or(arguments.name.clone(), |out| out.display().to_string());
    say!("the model is in {}\nto use it: overlay --model {model}", out.display());
    Ok(())
}

/// Where the model goes: nowhere yet.
fn target(arguments: &Arguments) -> Result<PathBuf> {
    let name = &arguments.name;
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':']);
    ensure!(plain, "{name:?} cannot be the name of a folder\nhelp: choose letters and digits for --name");
    let out = arguments.out.clone().unwrap_or_else(|| paths::model(name));
    ensure_free(&out)?;
    Ok(out)
}

/// A model is never overwritten: it may be the only copy.
fn ensure_free(out: &Path) -> Result<()> {
    if out.symlink_metadata().is_ok() {
        bail!("{} is there already\nhelp: choose another --name, or remove it first", out.display());
    }
    Ok(())
}

fn parts(arguments: &Arguments, catalogue: &Catalogue) -> Result<Parts> {
    let detector = arguments.networks.detector.as_deref().map(|path| {
        let wishes = detector::Wishes { cards: arguments.cards.clone(), threshold: arguments.threshold };
        imported(path, |network| detector::detector(network, &wishes))
    });
    let identifier = arguments.networks.identifier.as_deref().map(|path| {
        let wishes = identifier::Wishes {
            labels: arguments.labels.as_deref().map(read_labels).transpose()?,
            strangers: match arguments.strict {
                true => Strangers::Refused,
                false => Strangers::Added(arguments.added),
            },
            normalise: match arguments.normalise {
                Levels::Unit => Normalise::Unit,
                Levels::Imagenet => Normalise::Imagenet,
            },
            fit: arguments.fit.map(|fit| match fit {
                Shape::Stretch => Fit::Stretch,
                Shape::Centre => Fit::Centre,
            }),
            threshold: arguments.unknown_below,
        };
        imported(path, |network| identifier::identifier(network, &wishes, catalogue))
    });
    Ok(Parts { detector: detector.transpose()?, identifier: identifier.transpose()? })
}

fn imported<T>(
    path: &Path,
    describe: impl FnOnce(&mut Network) -> Result<T, crate::import::Fault>,
) -> Result<Imported<T>> {
    let mut network = Network::open(path)?;
    let contract = describe(&mut network).map_err(ImportError::of(path))?;
    let origin = origin(path, &network);
    Ok(Imported { contract, bytes: network.bytes, origin })
}

fn read_labels(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the labels in {}", path.display()))?;
    labels::parse_file(&text).map_err(|reason| {
        anyhow::anyhow!(
            "{} has no labels that can be read: {reason}\nhelp: one label a line, a JSON list, or a JSON dictionary",
            path.display()
        )
    })
}

/// Says what was understood, so that a misunderstanding is seen.
fn say(parts: &Parts, base: &Manifest, catalogue: &Catalogue) {
    match &parts.detector {
        Some(Imported { contract, .. }) => say!("detector: {}", of_detector(contract)),
        None => say!("detector: that of {}", base.name),
    }
    match &parts.identifier {
        Some(Imported { contract, .. }) => {
            say!("identifier: {}", of_identifier(contract, catalogue));
            if !contract.added.is_empty() {
                say!("no cards of {}, added: {}", catalogue.title, listed(&contract.added));
            }
        }
        None => say!("identifier: that of {}", base.name),
    }
}

fn of_detector(detector: &Detector) -> String {
    let [width, height] = detector.input_size;
    match &detector.kind {
        DetectorKind::Yolo(yolo) => {
            let cards = if yolo.cards.is_empty() { &yolo.classes } else { &yolo.cards };
            format!(
                "YOLO, {width} x {height} pixels, {} boxes; cards are {} of its {} classes: {}",
                yolo.boxes,
                cards.len(),
                yolo.classes.len(),
                in_short(cards)
            )
        }
        DetectorKind::Grid => format!("our own, {width} x {height} pixels"),
    }
}

/// The first of many names.
fn in_short(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} others", names.len() - SHOWN) } else { shown }
}

fn of_identifier(identifier: &Identifier, catalogue: &Catalogue) -> String {
    let [width, height] = identifier.input_size;
    let classes = &identifier.heads[0].classes;
    let known = classes.iter().filter(|class| catalogue.card_of_class(class).is_some()).count();
    let kind = match &identifier.kind {
        IdentifierKind::Classifier(classifier) => {
            let scores = match classifier.scores {
                Scores::Logits => "logits",
                Scores::Probabilities => "probabilities",
            };
            let levels = match classifier.normalise {
                Normalise::Unit => "from 0 to 1",
                Normalise::Imagenet => "as ImageNet",
            };
            let fit = match classifier.fit {
                Fit::Stretch => "stretched",
                Fit::Centre => "cut about the centre",
            };
            format!("classifier ({scores}; pictures {levels}, {fit})")
        }
        IdentifierKind::Own => "our own".to_owned(),
    };
    format!(
        "{kind}, {width} x {height} pixels, {} labels, {known} of them cards of {}",
        classes.len(),
        catalogue.title
    )
}

/// A picture to try the model on.
struct Sample {
    name: String,
    image: RgbaImage,
    /// Cards that are known to be on it.
    shown: Option<usize>,
}

fn samples(given: &[PathBuf]) -> Result<Vec<Sample>> {
    if given.is_empty() {
        return composed();
    }
    let mut samples = Vec::new();
    for path in files(given)? {
        let picture = picture::read(&path)
            .map_err(|fault| anyhow::anyhow!("{}: {fault}\nhelp: {}", path.display(), fault.help()))?;
        samples.push(Sample { name: path.display().to_string(), image: picture.image, shown: None });
    }
    ensure!(!samples.is_empty(), "there is no picture in what --sample names\nhelp: PNG, JPEG, WebP or BMP");
    Ok(samples)
}

fn composed() -> Result<Vec<Sample>> {
    let recipe = SceneRecipe::default();
    let bank = Bank::render(&practice::sprites(), &recipe, 0, BANK, &|_| true)?;
    let scenes = (0..SCENES).map(|number| {
        let scene = scene::compose(&bank, &recipe, number);
        Sample {
            name: format!("practice scene {number}"),
            image: scene.image,
            shown: Some(scene.cards.len()),
        }
    });
    Ok(scenes.collect())
}

/// Opens the model as the overlay will, in a folder beside its own, and runs it.
fn try_out(out: &Path, files: &[(String, Vec<u8>)], given: &[PathBuf]) -> Result<()> {
    let samples = samples(given)?;
    let trial = Trial::new(out, files)?;
    let mut recogniser = Recogniser::open(&trial.folder, &Options::default())?;
    let game = recogniser.catalogue().game.clone();
    if given.is_empty() && game != practice::catalogue().game {
        say!("the scenes are of the practice deck, not of {game}: look at what is found, not at the names");
    }
    // The first run of a network is not like the others.
    recogniser.recognise(&(&samples[0].image).into())?;
    let mut total = 0;
    for sample in &samples {
        let (start, mut times) = (Instant::now(), StageTimes::start());
        let cards = recogniser.recognise(&(&sample.image).into())?.to_vec();
        let (taken, times) = (start.elapsed(), times.take());
        total += cards.len();
        let shown = sample.shown.map(|shown| format!(" of {shown}")).unwrap_or_default();
        say!(
            "{}: {}{shown} found in {:.1} ms (detector {:.1}, identifier {:.1})",
            sample.name,
            cards.len(),
            millis(taken),
            millis(times[Stage::Detector as usize]),
            millis(times[Stage::Identifier as usize])
        );
        for card in cards.iter().take(LISTED) {
            say!("  {}", line(card, &recogniser));
        }
        if cards.len() > LISTED {
            say!("  and {} more", cards.len() - LISTED);
        }
    }
    if total == 0 {
        say!(
            "NOTHING was found on any picture: try others with --sample, a lower --threshold, or other --cards before \
             you use this model"
        );
    }
    Ok(())
}

fn line(card: &RecognisedCard, recogniser: &Recogniser) -> String {
    let bounds = card.detection.quad.bounds();
    let name = match card.reading.id() {
        Some(id) => {
            let listed = recogniser.catalogue().card(id).map(|card| card.name.as_str());
            let added =
                recogniser.manifest().identifier.added.get(id.as_str()).map(|card| card.name.as_str());
            listed.or(added).unwrap_or(id)
        }
        None => "unknown",
    };
    format!(
        "{name} ({:.0} %) at {:.0}, {:.0}: {:.0} x {:.0} pixels, box {:.0} %",
        100.0 * card.reading.probability,
        bounds.left,
        bounds.top,
        bounds.width(),
        bounds.height(),
        100.0 * card.detection.score
    )
}

/// A model's folder that is removed when it has been tried.
struct Trial {
    folder: PathBuf,
}

impl Trial {
    fn new(out: &Path, files: &[(String, Vec<u8>)]) -> Result<Self> {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let folder = out.with_file_name(format!(".{name}.{}.trial", std::process::id()));
        // From here on it is removed, also where writing it fails.
        let trial = Self { folder };
        install(&trial.folder, files).with_context(|| {
            format!(
                "cannot write {}\nhelp: make the folder above it writable or free some space",
                trial.folder.display()
            )
        })?;
        Ok(trial)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // What is left beside the model does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn millis(time: Duration) -> f64 {
    1000.0 * time.as_secs_f64()
}

fn card_type(text: &str) -> Result<CardType, String> {
    let found = CardType::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<&str> = CardType::ALL.into_iter().map(CardType::name).collect();
        format!("the types are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_pictures_to_try_a_model_on_without_any_game() {
        let samples = samples(&[]).unwrap();
        assert_eq!(samples.len() as u64, SCENES);
        assert!(samples.iter().any(|sample| sample.shown > Some(0)));
    }

    #[test]
    fn types_of_cards_are_named_as_in_labels() {
        assert_eq!(card_type("playing card"), Ok(CardType::Playing));
        assert!(card_type("card").unwrap_err().contains("Joker, Playing Card"));
    }
}
