//! `cargo xtask test --only windows`: unit tests of crates that need no desktop, and recognition on
//! a practice image, built for Windows and run in Wine.
//!
//! Only little is built, and not optimised, so that it fits the gate. The programs themselves are
//! tried by `cargo xtask package --target windows`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde::Deserialize;

use crate::setup::{self, System};
use crate::wine::{self, Wine};
use crate::{platforms, workspace};

/// Crates that need no desktop, and whose dependencies compile soon.
const CRATES: [&str; 5] = ["dataset", "lens-client", "lens-core", "tracking", "vision"];
/// Left out: they measure time, which says nothing of programs that are not optimised.
const TIMED: &str = "a_hundred_thousand";
/// Names the cards of an image; an example of `vision`.
const RECOGNISE: &str = "recognise";
/// Pixels by which the middle of a card may differ from what this machine sees.
const PIXELS: f64 = 1.0;
/// The same for how sure a name is.
const SHARE: f64 = 0.02;

/// How it ended, when nothing failed.
pub(crate) enum Outcome {
    /// What ran, and where.
    Ran(String),
    /// Nothing could run here, for this reason.
    Skipped(String),
}

/// A program that was built.
#[derive(Debug, PartialEq, Eq)]
struct Built {
    name: String,
    program: PathBuf,
    /// The crate's.
    folder: PathBuf,
}

/// One line of what cargo tells.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds and runs them; a test that fails is an error.
pub(crate) fn run() -> Result<Outcome> {
    if System::HERE == System::WINDOWS {
        return Ok(skipped("this is Windows: they ran as a part of tests"));
    }
    if let Err(error) = platforms::builder_for_windows() {
        return Ok(skipped(error.to_string().lines().next().unwrap_or_default()));
    }
    let Some(program) = Wine::find() else {
        return Ok(skipped("Wine or Xvfb is not installed"));
    };
    let crates = CRATES.iter().flat_map(|name| ["--package", name]);
    let tests = build(&["test", "--no-run", "--lib"].into_iter().chain(crates).collect::<Vec<_>>())?;
    ensure!(tests.len() == CRATES.len(), "{} test programs for {} crates", tests.len(), CRATES.len());
    let examples = build(&["build", "--package", "vision", "--example", RECOGNISE])?;
    let example = examples.iter().find(|it| it.name == RECOGNISE).context("cargo built no example")?;

    let place = tempfile::tempdir().context("no temporary folder for Wine")?;
    let wine = Wine::start(program, place.path())?;
    let (mut passed, mut failed) = (0, Vec::new());
    for test in &tests {
        match wine.run_in(&test.folder, &test.program, &["--skip", TIMED]) {
            Ok(said) => {
                let count = count_passed(&String::from_utf8_lossy(&said));
                let count = count.with_context(|| format!("{} ran no test", test.name))?;
                println!("{}: {count} tests passed", test.name);
                passed += count;
            }
            Err(error) => {
                println!("{}: {error:#}", test.name);
                failed.push(test.name.as_str());
            }
        }
    }
    if !failed.is_empty() {
        bail!("tests failed in Wine: {}", failed.join(", "));
    }
    let cards = same_cards(&wine, &example.program, place.path())?;
    Ok(Outcome::Ran(format!("{passed} tests and {cards} cards of an image, in {}", wine.version()?)))
}

/// Lets cargo build for Windows, without optimisation; returns the programs.
fn build(words: &[&str]) -> Result<Vec<Built>> {
    let (mut cargo, _) = platforms::builder_for_windows()?;
    cargo.args(words).args(["--quiet", "--target", platforms::WINDOWS]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").stderr(Stdio::inherit()).output();
    let output = output.context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo cannot build for Windows: {}", words.join(" "));
    built(&String::from_utf8_lossy(&output.stdout))
}

fn skipped(why: &str) -> Outcome {
    println!("SKIPPED: the tests for Windows: {why}");
    Outcome::Skipped(why.to_owned())
}

/// The programs among what cargo tells, in its order.
fn built(told: &str) -> Result<Vec<Built>> {
    let mut found = Vec::new();
    for line in told.lines() {
        let message: Message = serde_json::from_str(line).context("cargo tells something unexpected")?;
        if let Message { executable: Some(program), manifest_path: Some(manifest), target: Some(target) } =
            message
        {
            let folder = manifest.parent().map_or_else(workspace::root, Path::to_path_buf);
            found.push(Built { name: target.name, program, folder });
        }
    }
    Ok(found)
}

/// How many tests passed, by the line with which a test program sums up; `None` where there were
/// none.
fn count_passed(said: &str) -> Option<usize> {
    let line = said.lines().rev().find_map(|line| line.strip_prefix("test result: ok. "))?;
    line.split(' ').next()?.parse().ok().filter(|&count| count > 0)
}

/// Names the cards of a practice image on this machine and in Wine, there with ONNX Runtime beside
/// the program as in a package; returns how many there are.
fn same_cards(wine: &Wine, example: &Path, place: &Path) -> Result<usize> {
    let runtime = setup::runtime(System::WINDOWS)?;
    let program = place.join(format!("{RECOGNISE}.exe"));
    fs::copy(example, &program)?;
    fs::copy(&runtime, place.join(runtime.file_name().unwrap_or_default()))?;
    let (model, picture) = (workspace::root().join("data/models/practice"), workspace::picture()?);
    // The catalogue is found from the project's folder.
    let there = wine.run_in(&workspace::root(), &program, &[&wine::path(&model), &wine::path(&picture)])?;

    workspace::check(workspace::cargo().args(["build", "--quiet", "--workspace", "--example", RECOGNISE]))?;
    let mut here = workspace::program(&format!("examples/{RECOGNISE}"));
    here.current_dir(workspace::root())
        .arg(model)
        .arg(picture)
        .env("ORT_DYLIB_PATH", setup::runtime(System::HERE)?);
    let here = here.output().context("cannot start the example")?;
    ensure!(here.status.success(), "{}", String::from_utf8_lossy(&here.stderr));
    compare(&String::from_utf8_lossy(&here.stdout), &String::from_utf8_lossy(&there))
}

/// Whether two lists of cards say the same but for rounding; returns how many there are.
fn compare(here: &str, there: &str) -> Result<usize> {
    let (here, there): (Vec<_>, Vec<_>) = (here.lines().collect(), there.lines().collect());
    ensure!(here.len() == there.len(), "{} cards on this machine, {} in Wine", here.len(), there.len());
    ensure!(!here.is_empty(), "no card is seen");
    for (here, there) in here.iter().zip(&there) {
        ensure!(is_same_card(here, there), "{here:?} on this machine, {there:?} in Wine");
    }
    Ok(here.len())
}

/// Both are `S_K (base) at 120,340: 0.99`, or `an unknown card at 120,340, most like S_K`.
fn is_same_card(here: &str, there: &str) -> bool {
    let split = |line: &str| -> Option<(String, [f64; 2], String)> {
        let (name, rest) = line.split_once(" at ")?;
        let (x, rest) = rest.split_once(',')?;
        let (y, rest) = rest.split_once([':', ','])?;
        Some((name.to_owned(), [x.parse().ok()?, y.parse().ok()?], rest.trim().to_owned()))
    };
    let (Some((name, place, rest)), Some((other_name, other_place, other_rest))) =
        (split(here), split(there))
    else {
        return false;
    };
    let is_sure_alike = match (rest.parse::<f64>(), other_rest.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= SHARE,
        _ => rest == other_rest,
    };
    name == other_name && place.iter().zip(other_place).all(|(a, b)| (a - b).abs() <= PIXELS) && is_sure_alike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_libraries() {
        let told = r#"{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","target":{"name":"a"},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/w/b/Cargo.toml","target":{"name":"b"},"executable":"/t/b-1.exe"}
{"reason":"build-finished","success":true}"#;
        let wanted = Built { name: "b".into(), program: "/t/b-1.exe".into(), folder: "/w/b".into() };
        assert_eq!(built(told).unwrap(), [wanted]);
    }

    #[test]
    fn a_program_without_tests_is_no_success() {
        let check = |said: &str, want| assert_eq!(count_passed(said), want, "{said}");
        check("x\ntest result: ok. 3 passed; 0 failed; 0 ignored\n\n", Some(3));
        check("test result: ok. 0 passed; 0 failed\n", None);
        check("test result: FAILED. 2 passed; 1 failed\n", None);
        check("", None);
    }

    #[test]
    fn rounding_is_the_same_and_another_card_is_not() {
        let here = "S_K (base) at 120,340: 0.99\nan unknown card at 9,8, most like H_A\n";
        let check = |there: &str, want: bool| assert_eq!(compare(here, there).is_ok(), want, "{there}");
        check(here, true);
        check(&here.replace("120", "121").replace("0.99", "0.98"), true);
        check(&here.replace("S_K", "S_Q"), false);
        check(&here.replace("base", "foil"), false);
        check(&here.replace("120", "122"), false);
        check(&here.replace("0.99", "0.90"), false);
        check(&here.replace("H_A", "H_2"), false);
        check(here.lines().next().unwrap(), false);
        assert!(compare("", "").is_err());
    }
}
