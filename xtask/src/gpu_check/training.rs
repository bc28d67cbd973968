//! Training on the card: the loss falls, a run that was stopped goes on as if it had not been, and
//! how many images a second.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde_json::Value;

use super::Outcome;
use crate::{setup, workspace};

/// Steps of a composed run. A line of metrics sums 25 of them.
const STEPS: u64 = 150;
/// How much of the first losses may be left at the end.
const MAX_LEFT: f64 = 0.8;
/// Epochs of a labelled run, and what it is made of.
const EPOCHS: &str = "12";
const LABELLED: [&str; 6] = ["--classes", "8", "--groups", "6", "--captures", "2"];
/// How far the last losses of a run that was stopped may be from those of one that was not: cards
/// add up in any order, and 16-bit floats make more of that.
const MAX_NOISE: f64 = 0.15;
/// How long a run may take to reach the step at which it is stopped.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs a step under its name.
pub(super) type Step<'a> = dyn FnMut(&str, &dyn Fn() -> Result<Outcome>) + 'a;

/// Runs all steps by `step`; `device` is none where there is no card, and they are skipped.
pub(super) fn steps(
    step: &mut Step<'_>,
    device: Option<&str>,
    pytorch: Option<&Path>,
    no_card: &dyn Fn() -> Outcome,
) {
    let place = tempfile::tempdir();
    let with = |run: &dyn Fn(&str, &Path) -> Result<Outcome>| -> Result<Outcome> {
        let Some(device) = device else { return Ok(no_card()) };
        let place = place.as_ref().map_err(|error| anyhow::anyhow!("there is no room for runs: {error}"))?;
        run(device, place.path())
    };
    step("build of the trainer", &|| {
        with(&|_, _| {
            setup::for_trainer()?;
            workspace::build(&["trainer"])?;
            Ok(Outcome::Passed(String::new()))
        })
    });
    step("composed run", &|| with(&composed));
    step("composed run, stopped, resumed", &|| with(&resumed));
    step("labelled run", &|| with(&labelled));
    step("images a second", &|| with(&|device, _| speed(device, pytorch)));
}

fn trainer(place: &Path, arguments: &[&str]) -> Command {
    let mut command = workspace::program("trainer");
    command.args(arguments).current_dir(place).env("BALATRO_LENS_DATA", workspace::root().join("data"));
    command
}

fn recipe() -> String {
    workspace::root().join("data/recipes/practice.toml").display().to_string()
}

/// The options of the composed run with its folder last. 16-bit floats are the trainer's choice
/// on a card.
fn composed_run(place: &Path, device: &str, run: &str) -> Command {
    let (recipe, steps) = (recipe(), STEPS.to_string());
    let options = ["train", "detector", "--recipe", &recipe, "--steps", &steps, "--device", device];
    trainer(place, &[&options[..], &["--checkpoint-every", "1", "--run", run]].concat())
}

fn composed(device: &str, place: &Path) -> Result<Outcome> {
    workspace::check(&mut composed_run(place, device, "whole"))?;
    let lines = metrics(&place.join("whole/detector.metrics.jsonl"))?;
    falls(&lines.iter().map(loss).collect::<Vec<_>>(), &speed_of(&lines))
}

fn resumed(device: &str, place: &Path) -> Result<Outcome> {
    let whole = metrics(&place.join("whole/detector.metrics.jsonl"))?;
    let mut child = composed_run(place, device, "stopped").stdout(Stdio::null()).spawn()?;
    let file = place.join("stopped/detector.metrics.jsonl");
    let until = Instant::now() + PATIENCE;
    while metrics(&file).map_or(0, |lines| lines.len()) < 2 {
        if child.try_wait()?.is_some() || Instant::now() > until {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait()?;
            bail!("the run could not be stopped on its way");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // The trainer writes a checkpoint after the step under way.
    workspace::check(Command::new("kill").args(["-INT", &child.id().to_string()]))?;
    child.wait()?;
    let options = ["train", "detector", "--resume", "--device", device, "--run", "stopped"];
    workspace::check(&mut trainer(place, &options))?;
    let resumed = metrics(&file)?;
    let last = |lines: &[Value]| lines.last().map(loss).context("nothing was trained");
    let (one, other) = (last(&whole)?, last(&resumed)?);
    let step = |lines: &[Value]| lines.last().and_then(|line| line["step"].as_u64());
    ensure!(step(&whole) == step(&resumed), "it ended at {:?}, not at {:?}", step(&resumed), step(&whole));
    ensure!(
        (one - other).abs() <= MAX_NOISE * one,
        "the loss at the end is {other:.4}, without a stop {one:.4}"
    );
    Ok(Outcome::Passed(format!("loss {other:.4}, without a stop {one:.4}")))
}

fn labelled(device: &str, place: &Path) -> Result<Outcome> {
    let recipe = recipe();
    let options = ["scenes", "--recipe", &recipe, "--labelled", "captures"];
    workspace::check(&mut trainer(place, &[&options[..], &LABELLED].concat()))?;
    let options = ["train", "identifier", "--data", "captures", "--game", "practice", "--recipe", &recipe];
    let rest = ["--epochs", EPOCHS, "--device", device, "--run", "labelled"];
    workspace::check(&mut trainer(place, &[&options[..], &rest].concat()))?;
    let lines = metrics(&place.join("labelled/identifier.metrics.jsonl"))?;
    falls(&lines.iter().map(loss).collect::<Vec<_>>(), &speed_of(&lines))
}

fn speed(device: &str, pytorch: Option<&Path>) -> Result<Outcome> {
    let size = ["--batch", "64", "--steps", "40"];
    let root = workspace::root();
    let mut bench = trainer(&root, &["bench", "--device", device, "--resnet18", "224"]);
    let ours = said(bench.args(size))?;
    let ours = ours.lines().last().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(python) = pytorch else {
        return Ok(Outcome::Passed(format!("ResNet18: {ours}; PyTorch was not asked for (--pytorch)")));
    };
    let precision = if device == "cuda" { "--float16" } else { "--bfloat16" };
    let mut theirs = Command::new(python);
    theirs.arg(root.join("scripts/resnet18_pytorch.py")).args(size).args(["--device", device, precision]);
    Ok(Outcome::Passed(format!("ResNet18: {ours}; {}", said(&mut theirs)?.trim())))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "it ended with {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines that a training writes for machines.
fn metrics(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path)?;
    // The last line may be half written.
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The sum of a line's losses: all numbers of it that are nothing else.
fn loss(line: &Value) -> f64 {
    const OTHERS: [&str; 5] = ["progress", "rate", "gradient", "images_per_second", "step"];
    let numbers = line.as_object().into_iter().flatten().filter(|(name, _)| !OTHERS.contains(&name.as_str()));
    numbers.filter_map(|(_, value)| value.as_f64()).sum()
}

fn speed_of(lines: &[Value]) -> String {
    let mut speeds: Vec<f64> = lines.iter().filter_map(|line| line["images_per_second"].as_f64()).collect();
    speeds.sort_by(f64::total_cmp);
    speeds.get(speeds.len() / 2).map_or_else(String::new, |speed| format!("{speed:.0} images/s"))
}

fn falls(losses: &[f64], speed: &str) -> Result<Outcome> {
    let [first, .., last] = losses else { bail!("too few steps were reported: {losses:?}") };
    ensure!(losses.iter().all(|loss| loss.is_finite()), "a loss is no number: {losses:?}");
    ensure!(*last <= MAX_LEFT * first, "the loss does not fall: {losses:?}");
    Ok(Outcome::Passed(format!("loss {first:.3} to {last:.3}, {speed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_stays_or_is_none_is_a_failure() {
        let line = |heat: f64| {
            serde_json::json!({"step": 25, "progress": 0.5, "rate": 9.0, "gradient": 7.0,
            "images_per_second": 100.0, "heat": heat, "corners": 0.5})
        };
        let losses = |heats: [f64; 3]| heats.map(|heat| loss(&line(heat)));
        assert_eq!(losses([1.0, 0.5, 0.25]), [1.5, 1.0, 0.75]);
        assert!(falls(&losses([1.0, 0.5, 0.25]), "").is_ok());
        assert!(falls(&losses([1.0, 0.5, 0.9]), "").is_err());
        assert!(falls(&[1.0, f64::NAN, 0.1], "").is_err());
        assert!(falls(&[1.0], "").is_err());
    }
}
