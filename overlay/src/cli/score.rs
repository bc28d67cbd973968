//! `overlay score`: how good a model is on screenshots with known truth.
//!
//! Truth files and images in, a table or JSON out; [`dataset::scoring`] does the counting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use dataset::scoring::{self, Figures, Ratio, Recognised, Truth};
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad};
use lens_core::manifest::Manifest;
use lens_core::modifiers::Modifiers;
use serde::{Deserialize, Serialize};
use vision::network::Options;
use vision::reading::RecognisedCard;
use vision::recogniser::Recogniser;

use super::inputs::{know_mods, open_model, read_picture};
use super::progress::Progress;
use crate::recognition::model;
use crate::settings::mods::ModsPlace;

/// Version of what `--json` prints.
const FORMAT: u32 = 1;

/// Score a model on screenshots with known truth
#[derive(Args, Clone, Debug)]
pub(crate) struct ScoreArgs {
    /// Truth files, and at most one folder with their screenshots [default: where the truth files
    /// lie]
    #[arg(required = true, value_name = "TRUTH.json|SCREENSHOTS")]
    paths: Vec<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// List every mistake
    #[arg(long)]
    show: bool,
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// The Mods folder whose cards are known too; "none" for no mods [default: none]
    #[arg(long, value_name = "DIR|none")]
    mods: Option<ModsPlace>,
    /// Score this file, as printed by `overlay identify --json`, rather than running the model
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    format: u32,
    model: String,
    truth: Vec<PathBuf>,
    plain: Figures,
    /// Screenshots with cards strewn about; none when there is no such screenshot.
    strewn: Option<Figures>,
}

/// Runs the command.
///
/// # Errors
/// When a truth file makes no sense, a screenshot is missing, or the model cannot be used.
pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let (folders, files): (Vec<_>, Vec<_>) = args.paths.iter().partition(|path| path.is_dir());
    if files.is_empty() || folders.len() > 1 {
        bail!(
            "give truth files and at most one folder of screenshots\nhelp: overlay score TRUTH.json [SCREENSHOTS]"
        );
    }
    let pictures = folders.first().map(|folder| folder.as_path());
    let catalogue = catalogue(&args.model)?;
    let truths: Vec<Truth> =
        files.iter().map(|file| Truth::read(file, &catalogue)).collect::<Result<_, _>>()?;
    let mut reader: Box<dyn Reader> = match &args.predictions {
        Some(path) => Box::new(Stored::read(path)?),
        None => {
            // All are looked for before the first is recognised: that takes a while.
            for (truth, screen) in screens(&truths) {
                truth.picture(screen, pictures)?;
            }
            let mut model = open_model(&args.model, &Options::default())?;
            know_mods(&mut model, args.mods.as_ref(), &ModsPlace::Nowhere)?;
            Box::new(model)
        }
    };
    let [mut plain, mut strewn] = [Figures::default(), Figures::default()];
    let all = screens(&truths).count();
    let mut progress = Progress::new("screenshots");
    for (done, (truth, screen)) in screens(&truths).enumerate() {
        let figures = if screen.is_strewn { &mut strewn } else { &mut plain };
        let picture = match args.predictions {
            Some(_) => screen.picture.clone(),
            None => truth.picture(screen, pictures)?,
        };
        let (size, cards) = reader.cards(&picture)?;
        let cards: Vec<Recognised<'_>> = cards.iter().map(Card::recognised).collect();
        scoring::score(figures, screen, size, &cards, &catalogue);
        progress.tell(done + 1, all);
    }
    drop(progress);
    let strewn = (strewn.pictures > 0).then_some(strewn);
    let truth = files.into_iter().cloned().collect();
    let report = Report { format: FORMAT, model: args.model.clone(), truth, plain, strewn };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    if args.show {
        report.plain.mistakes.iter().for_each(|it| println!("{it}"));
        report.strewn.iter().flat_map(|it| &it.mistakes).for_each(|it| println!("{it}"));
        println!();
    }
    print!("{}", table(&report));
    Ok(())
}

fn screens(truths: &[Truth]) -> impl Iterator<Item = (&Truth, &scoring::Screen)> {
    truths.iter().flat_map(|truth| truth.screens.iter().map(move |screen| (truth, screen)))
}

/// The cards that a model names.
fn catalogue(model: &str) -> Result<Catalogue> {
    let manifest = Manifest::read(&model::folder(model))?;
    Ok(Catalogue::read(&lens_core::paths::catalogue(&manifest.catalogue))?)
}

/// A recognised card, as `identify --json` writes it too.
#[derive(Clone, Debug, Deserialize)]
struct Card {
    quad: Quad<InFrame>,
    id: Option<String>,
    #[serde(default = "yes")]
    known: bool,
    #[serde(default)]
    top: Vec<Guess>,
    #[serde(default)]
    modifiers: Modifiers,
}

#[derive(Clone, Debug, Deserialize)]
struct Guess {
    id: String,
}

fn yes() -> bool {
    true
}

impl Card {
    fn recognised(&self) -> Recognised<'_> {
        Recognised {
            bounds: self.quad.bounds(),
            id: self.id.as_deref().filter(|_| self.known),
            guesses: self.top.iter().map(|guess| guess.id.as_str()).collect(),
            modifiers: &self.modifiers,
        }
    }
}

/// Where recognised cards come from.
trait Reader {
    /// The size of a screenshot and the cards on it.
    fn cards(&mut self, picture: &Path) -> Result<([u32; 2], Vec<Card>)>;
}

impl Reader for Recogniser {
    fn cards(&mut self, path: &Path) -> Result<([u32; 2], Vec<Card>)> {
        let picture = read_picture(path)?;
        let cards = self
            .recognise(&(&picture).into())
            .with_context(|| format!("{} could not be recognised", path.display()))?;
        let card = |it: &RecognisedCard| Card {
            quad: it.detection.quad,
            id: it.reading.id().map(ToString::to_string),
            known: it.reading.id().is_some(),
            top: it.reading.guesses.iter().map(|it| Guess { id: it.id.to_string() }).collect(),
            modifiers: it.reading.modifiers.clone(),
        };
        Ok((picture.dimensions().into(), cards.iter().map(card).collect()))
    }
}

/// What `identify --json` printed, by the names of the screenshots' files.
struct Stored {
    path: PathBuf,
    pictures: BTreeMap<String, StoredPicture>,
}

#[derive(Clone, Debug, Deserialize)]
struct StoredPicture {
    image: String,
    width: u32,
    height: u32,
    cards: Vec<Card>,
}

impl Stored {
    fn read(path: &Path) -> Result<Self> {
        const HELP: &str = "help: write it anew, by `overlay identify --json IMAGE`";
        let name = path.display();
        let text = std::fs::read(path).map_err(|error| anyhow!("cannot read {name}: {error}\n{HELP}"))?;
        let text = lens_core::files::without_mark(&text);
        let pictures: Vec<StoredPicture> = serde_json::from_slice(text).map_err(|error| {
            anyhow!("{name} is not as `overlay identify --json` prints it: {error}\n{HELP}")
        })?;
        let pictures = pictures.into_iter().map(|it| (file_name(&it.image).to_owned(), it)).collect();
        Ok(Self { path: path.into(), pictures })
    }
}

impl Reader for Stored {
    fn cards(&mut self, picture: &Path) -> Result<([u32; 2], Vec<Card>)> {
        let name = picture.to_string_lossy();
        let stored = self.pictures.get(file_name(&name)).ok_or_else(|| {
            let (path, picture) = (self.path.display(), picture.display());
            anyhow!(
                "{path} says nothing of {picture}\nhelp: run `overlay identify --json` on that screenshot too"
            )
        })?;
        Ok(([stored.width, stored.height], stored.cards.clone()))
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A row of the table: what it says, and the count.
type Row = (&'static str, fn(&Figures) -> Ratio);

const ROWS: [Row; 11] = [
    ("recall", |it| it.recall),
    ("precision", |it| it.precision),
    ("names right", |it| it.names),
    ("found and named", |it| it.found_and_named),
    ("withheld: said to be unknown", |it| it.withheld),
    ("edition, where not plain", |it| it.edition.not_plain),
    ("enhancement, where not plain", |it| it.enhancement.not_plain),
    ("seal, where not plain", |it| it.seal.not_plain),
    ("cards of no catalogue: found", |it| it.unlisted_found),
    ("  said to be unknown", |it| it.unlisted_unknown),
    ("  called by their own id", |it| it.unlisted_named),
];

fn table(report: &Report) -> String {
    let columns: Vec<&Figures> =
        [Some(&report.plain), report.strewn.as_ref()].into_iter().flatten().collect();
    let line = |what: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("  {cell:<18}")).collect();
        format!("{what:<30}{cells}").trim_end().to_owned() + "\n"
    };
    let mut text = String::new();
    if columns.len() > 1 {
        text += &line("", vec!["plain".to_owned(), "strewn about".to_owned()]);
    }
    let pictures = |it: &&Figures| format!("{}, cards {}", it.pictures, it.recall.of);
    text += &line("screenshots", columns.iter().map(pictures).collect());
    for (what, count) in ROWS {
        let cell = |figures: &&Figures| {
            let Ratio { right, of } = count(figures);
            count(figures).value().map_or_else(|| "-".to_owned(), |value| format!("{value:.3}  {right}/{of}"))
        };
        text += &line(what, columns.iter().map(cell).collect());
    }
    let marks = |it: &&Figures| match it.blank_pictures {
        0 => "-".to_owned(),
        pictures => format!("{} on {pictures}", it.blank_marks),
    };
    text + &line("marks on screenshots without card", columns.iter().map(marks).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_figure_and_its_counts_in_each_row() {
        let ratio = |right, of| Ratio { right, of };
        let plain = Figures {
            pictures: 12,
            recall: ratio(107, 108),
            blank_pictures: 2,
            blank_marks: 3,
            ..Figures::default()
        };
        let strewn = Figures { pictures: 1, recall: ratio(32, 35), ..Figures::default() };
        let (model, truth) = ("balatro".to_owned(), Vec::new());
        let mut report = Report { format: FORMAT, model, truth, plain, strewn: Some(strewn) };
        let text = table(&report);
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split("  ").filter(|it| !it.is_empty()).map(str::trim).collect())
            .collect();
        assert_eq!(lines[0], ["plain", "strewn about"]);
        assert_eq!(lines[1], ["screenshots", "12, cards 108", "1, cards 35"]);
        assert_eq!(lines[2], ["recall", "0.991", "107/108", "0.914", "32/35"]);
        assert_eq!(lines[4], ["names right", "-", "-"], "no case says nothing");
        assert_eq!(lines.last().unwrap(), &["marks on screenshots without card", "3 on 2", "-"]);
        report.strewn = None;
        assert!(table(&report).starts_with("screenshots"), "one column needs no head");
    }

    #[test]
    fn predictions_of_another_program_need_not_say_everything() {
        let card = r#"{"quad": [[0, 0], [10, 0], [10, 15], [0, 15]], "id": null, "known": false}"#;
        let card: Card = serde_json::from_str(card).unwrap();
        assert_eq!(card.recognised().id, None);
        assert_eq!(card.modifiers, Modifiers::default());
        assert_eq!(file_name(r"C:\screens\a.png"), "a.png");
    }
}
