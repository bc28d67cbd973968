//! `trainer evaluate`: how good a run's networks, a checkpoint or an exported model are.

mod open;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use lens_core::atomic::{self, keep_former};
use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::image_file::save;
use lens_core::paths;
use lens_core::replace::Staging;
use serde_json::{Map, Value, json};
use synth::art::Sprites;

use super::arguments::{ArtArguments, CaptureArguments, Which, material};
use crate::data::export::fresh;
use crate::evaluate::calibrate::measure::{evaluation_bank, held_out_bank};
use crate::evaluate::failures::{self, Misread};
use crate::evaluate::metrics::Confusion;
use crate::evaluate::{captures, detection, few_shot, identification, screens};
use crate::random::{Stream, seed_of};
use crate::recipe::Recipe;
use crate::report::bar::Bar;
use crate::report::plot;
use crate::train::labelled::held_out;
use open::Opened;

/// What `trainer evaluate` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: Which,
    /// Composed scenes, and twenty times as many crops
    #[arg(long, value_name = "N", value_parser = super::arguments::count::<1, 100_000>)]
    composed: Option<usize>,
    /// Teaches an exported model the cards that its recipe held out, from one view each, and looks
    /// for them on others
    #[arg(long, requires = "model")]
    taught: bool,
    /// Screenshots with truth; a run on labelled captures needs the detector of a model for them
    #[arg(long, value_name = "TRUTH.json")]
    screens: Option<PathBuf>,
    /// Folder or name of the model whose detector is used instead of the run's [default for a run
    /// without one: that of the game]
    #[arg(long, value_name = "MODEL", conflicts_with = "model")]
    base: Option<PathBuf>,
    /// Says what is wrong on each screenshot
    #[arg(long, requires = "screens")]
    show: bool,
    #[command(flatten)]
    data: CaptureArguments,
    /// All labelled captures, also those that the run was trained on
    #[arg(long, requires = "data", conflicts_with = "model")]
    all: bool,
    /// Writes misread captures, composed crops and cards of screenshots into this new folder, each
    /// beside what it was taken for, and what was confused with what
    #[arg(long, value_name = "DIR")]
    failures: Option<PathBuf>,
    /// Writes the figures into this file too, for `trainer report` and `trainer export --metrics`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print all figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    art: ArtArguments,
}

impl Arguments {
    /// Whether composed images or screenshots are looked at; both need more than an identifier.
    fn is_composed(&self) -> bool {
        let is_nothing_else = self.data.data.is_none() && !self.taught;
        is_nothing_else || self.composed.is_some() || self.screens.is_some()
    }

    /// How many scenes are composed.
    fn scenes(&self) -> Option<usize> {
        self.composed.or((self.is_composed() && self.screens.is_none()).then_some(SCENES))
    }

    /// Refuses what would do nothing.
    fn check(&self) -> Result<()> {
        let is_labelled = self.data.data.is_some();
        ensure!(
            self.failures.is_none() || is_labelled || self.is_composed(),
            "--taught writes no misread images\nhelp: leave --failures out, or say --composed N or --screens as well"
        );
        ensure!(
            self.data.game.is_none() || is_labelled,
            "--game says whose names labels have, and there are none\nhelp: leave it out, or say --data as well"
        );
        ensure!(
            self.art.art.is_none() || self.taught || self.failures.is_some() || self.scenes().is_some(),
            "--art is for what is composed, and nothing is\nhelp: leave it out, or say --composed N or --failures as well"
        );
        Ok(())
    }

    /// The images of what cards were taken for; none where there is no art that nobody named.
    fn shown(&self, recipe: Result<Recipe>) -> Result<Option<Arc<Sprites>>> {
        match recipe.and_then(|recipe| self.art.sprites(&recipe)) {
            Ok(sprites) => Ok(Some(sprites)),
            Err(error) if self.art.art.is_some() => Err(error),
            Err(error) => {
                eprintln!("what misread cards were taken for is not drawn: {error}");
                Ok(None)
            }
        }
    }
}

/// Scenes that are composed where nobody says how many, or what else to do.
const SCENES: usize = 100;
/// Crops for each scene.
const CROPS_PER_SCENE: usize = 20;
/// Misread images of a kind that are written: nobody looks at more.
const MAX_FAILURES: usize = 1000;

/// Shares that are told of a report, in words.
const HEADLINES: [(&str, &str); 11] = [
    ("recall", "found"),
    ("precision", "of what is found, right"),
    ("top1", "right name"),
    ("top3", "among the first three"),
    ("rejected", "not sure enough to be said"),
    ("unknown_flagged", "unknown cards said to be unknown"),
    ("nothing_dropped", "images of no card dropped"),
    ("taught", "enrolled cards found again"),
    ("guessed", "first guess right"),
    ("known_before", "known cards named before"),
    ("known_after", "and after"),
];

/// A line for each report that has one of [`HEADLINES`], with where it is.
fn headlines(place: &str, value: &Value, lines: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    let told: Vec<String> = HEADLINES
        .iter()
        .filter_map(|(key, words)| Some(format!("{words} {:.1} %", 100.0 * fields.get(*key)?.as_f64()?)))
        .collect();
    if !told.is_empty() {
        lines.push(format!("{}: {}", place.trim(), told.join(", ")));
    }
    for (key, value) in fields {
        headlines(&format!("{place} {key}"), value, lines);
    }
}

/// Measures, and prints what matters most, or JSON.
///
/// # Errors
/// When the run, the model or a file cannot be read, or the folder for misread images has
/// something in it.
pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.check()?;
    // Before anything is measured: somebody may have to choose another folder.
    let mut failures = arguments.failures.as_deref().map(Failures::begin).transpose()?;
    let mut result = Map::new();
    if arguments.data.data.is_some() {
        result.insert("labelled".into(), labelled(arguments, failures.as_mut())?);
    }
    if arguments.taught {
        result.insert("taught".into(), taught(arguments)?);
    }
    if arguments.is_composed() {
        composed_and_screens(arguments, &mut result, failures.as_mut())?;
    }
    // What took minutes is not lost for a folder or a file that cannot be written.
    let published = failures.map(Failures::publish).transpose();
    let text = serde_json::to_string_pretty(&result)?;
    let write = |path: &PathBuf| {
        keep_former(path)
            .and_then(|()| atomic::write(path, text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    };
    let written = arguments.out.as_ref().map(write).transpose();
    if arguments.json || written.is_err() {
        say!("{text}");
    } else {
        let mut lines = Vec::new();
        headlines("", &Value::Object(result), &mut lines);
        lines.iter().for_each(|line| say!("{line}"));
        match &arguments.out {
            Some(path) => say!("all figures are in {}", path.display()),
            None => say!("--json prints all figures, --out FILE writes them"),
        }
    }
    match (published, written) {
        (Err(one), Err(other)) => bail!("{one:#}\n{other:#}"),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Ok(_), Ok(_)) => Ok(()),
    }
}

/// On labelled captures: those held out of the run where it has such, else all originals.
fn labelled(arguments: &Arguments, failures: Option<&mut Failures>) -> Result<Value> {
    let external = arguments.what.model.as_deref().map(open::external).transpose()?.flatten();
    let originals = arguments.data.read()?.samples;
    let mut samples = originals.clone();
    // A checkpoint lies in the folder of its run.
    let folder = |run: &Path| if run.is_dir() { run.to_path_buf() } else { run.with_file_name("") };
    let run = arguments.what.run.as_deref().map(folder);
    let held_out = run.as_deref().map(held_out).transpose()?.flatten();
    ensure!(
        held_out.is_some() || !arguments.all,
        "--all makes no sense: this run was trained on no captures, and all are taken\nhelp: leave it out"
    );
    if let (Some(held_out), false) = (held_out, arguments.all) {
        samples.retain(|sample| held_out.contains(&sample.file));
        eprintln!("{} held out of this run; --all takes the others too", counted(samples.len(), "capture"));
    }
    ensure!(
        !samples.is_empty(),
        "there are no captures to evaluate on\nhelp: --all takes those trained on too"
    );
    let recipe = || Ok(Recipe::read(&open::of_recipe(arguments.data.game()))?);
    let sprites = failures.as_ref().map(|_| arguments.shown(recipe())).transpose()?.flatten();
    let bar = Bar::listening("captures", samples.len());
    let report = match external {
        Some(mut recogniser) => captures::measure_exported(&mut recogniser, &samples)?,
        None => captures::measure(&mut arguments.what.open()?, &samples)?,
    };
    drop(bar);
    if let Some(failures) = failures {
        let misread = captures::misread(&report, &samples, &originals);
        failures.write("captures", "", misread, &report.names.confusion, sprites.as_deref());
    }
    Ok(serde_json::to_value(&report)?)
}

/// What one capture of a card that the model has never seen is worth.
fn taught(arguments: &Arguments) -> Result<Value> {
    let name = arguments.what.model.as_deref().expect("the command line asks for it");
    let (recipe, _, mut recogniser) = open::recogniser(name)?;
    let sprites = arguments.art.sprites(&recipe)?;
    let material = material(&recipe, Arc::clone(&sprites));
    let _bar = Bar::listening("cards drawn, then looked at", 0);
    let (strangers, shown) = held_out_bank(&material, &sprites)?.context(
        "the recipe of this model held no card out\nhelp: train one with `held_out` below [scenes], and export it",
    )?;
    Ok(serde_json::to_value(few_shot::measure(
        &mut recogniser,
        &strangers,
        &evaluation_bank(&material)?,
        &shown,
    )?)?)
}

fn composed_and_screens(
    arguments: &Arguments,
    result: &mut Map<String, Value>,
    mut failures: Option<&mut Failures>,
) -> Result<()> {
    let mut opened = match (&arguments.what.run, &arguments.what.model) {
        (_, Some(model)) => open::model(model)?,
        (Some(run), None) => open::run(run, arguments.base.as_deref(), arguments.screens.is_some())?,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    if let Some(count) = arguments.scenes() {
        result.insert("composed".into(), composed(arguments, &mut opened, count, failures.as_deref_mut())?);
    }
    if let Some(truth) = &arguments.screens {
        result.insert("screens".into(), screens(arguments, &mut opened, truth, failures)?);
    }
    Ok(())
}

/// On composed scenes where cards are found, on composed crops where they are named.
fn composed(
    arguments: &Arguments,
    opened: &mut Opened,
    count: usize,
    failures: Option<&mut Failures>,
) -> Result<Value> {
    let sprites = arguments.art.sprites(&opened.recipe)?;
    let mut material = material(&opened.recipe, Arc::clone(&sprites));
    material.recipe.crop.size = opened.crop;
    // Crops are composed and read.
    let all = material.cards + usize::from(opened.finds) * count;
    let _bar =
        Bar::listening("composed images", all + usize::from(opened.names) * 2 * count * CROPS_PER_SCENE);
    let bank = evaluation_bank(&material)?;
    let seed = |number| seed_of(material.seed, Stream::Evaluation, number);
    let (subject, scenes) = (&mut *opened.subject, &material.recipe);
    let mut result = Map::new();
    if opened.finds {
        let threshold = Some(opened.manifest.detector.threshold);
        let found = detection::measure(subject, &bank, scenes, seed(200), count, threshold)?;
        result.insert("detection".into(), serde_json::to_value(found)?);
    } else {
        eprintln!("there is no detector, so cards are named only; --base names a model that finds them");
    }
    if opened.names {
        let classes = &opened.manifest.identifier.heads[0].classes;
        let crops = count * CROPS_PER_SCENE;
        let named = identification::measure(subject, classes, &bank, scenes, seed(201), crops)?;
        if let Some(failures) = failures {
            let misread = identification::misread(&named, &bank, scenes, seed(201));
            let confusion = &named.names.confusion;
            failures.write("composed crops", "-composed", misread, confusion, Some(&sprites));
        }
        result.insert("identification".into(), serde_json::to_value(named)?);
    }
    Ok(Value::Object(result))
}

fn screens(
    arguments: &Arguments,
    opened: &mut Opened,
    truth: &Path,
    failures: Option<&mut Failures>,
) -> Result<Value> {
    let catalogue = Catalogue::read(&paths::catalogue(&opened.recipe.game))?;
    let manifest = &opened.manifest;
    let sprites =
        failures.as_ref().map(|_| arguments.shown(Ok(opened.recipe.clone()))).transpose()?.flatten();
    let bar = Bar::listening("screenshots", 0);
    let [plain, stress] = screens::measure(
        &mut *opened.subject,
        &catalogue,
        &manifest.identifier,
        opened.crop,
        manifest.detector.threshold,
        truth,
    )?;
    drop(bar);
    if arguments.show {
        plain.mistakes.iter().chain(&stress.mistakes).for_each(|mistake| eprintln!("{mistake}"));
    }
    if let Some(failures) = failures {
        for (report, what, suffix) in
            [(&plain, "cards of screenshots", "-screens"), (&stress, "strewn cards", "-stress")]
        {
            let confusion = &report.names.confusion;
            failures.write(what, suffix, report.misread(), confusion, sprites.as_deref());
        }
    }
    Ok(json!({ "screens": plain, "stress": stress }))
}

/// Misread images and what was confused, in a folder that appears whole.
struct Failures {
    folder: PathBuf,
    staging: Staging,
    /// What is said when it is there.
    told: Vec<String>,
    /// Why it cannot be written: known before what was measured is told.
    broken: Option<anyhow::Error>,
}

impl Failures {
    /// A folder where there is nothing yet.
    fn begin(folder: &Path) -> Result<Self> {
        Ok(Self { folder: folder.to_path_buf(), staging: fresh(folder)?, told: Vec::new(), broken: None })
    }

    /// Writes what was misread, unless something could not be written before.
    fn write(
        &mut self,
        what: &str,
        suffix: &str,
        misread: impl Iterator<Item = Misread>,
        confusion: &Confusion,
        sprites: Option<&Sprites>,
    ) {
        if self.broken.is_some() {
            return;
        }
        match self.images(suffix, misread, confusion, sprites) {
            Ok(count) => {
                let first = if count == MAX_FAILURES { "the first " } else { "" };
                self.told.push(format!("{first}{count} misread {what} are in {}", self.folder.display()));
            }
            Err(error) => {
                self.broken = Some(error.context(format!("cannot write into {}", self.folder.display())));
            }
        }
    }

    fn images(
        &self,
        suffix: &str,
        misread: impl Iterator<Item = Misread>,
        confusion: &Confusion,
        sprites: Option<&Sprites>,
    ) -> Result<usize> {
        let folder = self.staging.path();
        let count = failures::write(folder, misread.take(MAX_FAILURES), sprites)?;
        let matrix = plot::picture(&plot::Matrix::new(confusion));
        save(&matrix, &folder.join(format!("confusion{suffix}.png")))?;
        Ok(count)
    }

    fn publish(self) -> Result<()> {
        let Self { folder, staging, told, broken } = self;
        if let Some(error) = broken {
            return Err(error);
        }
        staging.publish().with_context(|| format!("cannot write {}", folder.display()))?;
        told.iter().for_each(|line| eprintln!("{line}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_matters() {
        let report = json!({"composed": {"identification": {"top1": 0.9726, "rejected": 0.014, "bins": [1]}}, "x": null});
        let mut lines = Vec::new();
        headlines("", &report, &mut lines);
        assert_eq!(lines, ["composed identification: right name 97.3 %, not sure enough to be said 1.4 %"]);
    }

    #[test]
    fn what_enrolment_is_worth_is_told() {
        let views = |guessed: f32| json!({ "right": 0.9, "guessed": guessed });
        let taught = json!({ "cards": 15, "free": views(0.96), "all": views(0.92), "known_before": 0.84,
            "known_after": 0.83, "strangers": 0.07 });
        let mut lines = Vec::new();
        headlines("", &json!({ "taught": taught }), &mut lines);
        lines.sort();
        let told = [
            "taught all: first guess right 92.0 %",
            "taught free: first guess right 96.0 %",
            "taught: known cards named before 84.0 %, and after 83.0 %",
        ];
        assert_eq!(lines, told);
    }

    #[test]
    fn where_nothing_is_misread_no_folder_is_made() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            arguments: Arguments,
        }
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("misread");
        let words = ["evaluate", "--model", "none", "--taught", "--failures"].map(std::ffi::OsStr::new);
        let line = <Line as clap::Parser>::parse_from([&words[..], &[folder.as_os_str()]].concat());
        let error = run(&line.arguments).unwrap_err().to_string();
        assert!(error.contains("--taught writes no misread images\nhelp: "), "{error}");
        assert!(!folder.exists());
    }
}
