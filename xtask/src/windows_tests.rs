//! `cargo xtask test --only windows`: everything but the trainer is built for Windows; in Wine run
//! the unit tests of most crates, and the package that a player would unpack.
//!
//! Nothing is optimised, so that it fits the gate; `cargo xtask package --target windows` tries
//! what players get. That it builds is also the type-check.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde::Deserialize;

use crate::setup::System;
use crate::wine::Wine;
use crate::{package, platforms, workspace};

/// Crates whose unit tests run; those of the others draw and read much, which takes minutes where
/// nothing is optimised.
const CRATES: [&str; 9] =
    ["dataset", "labeller", "lens-client", "lens-core", "marks", "overlay", "panes", "tracking", "vision"];
/// Left out: they measure time, which says nothing of programs that are not optimised.
const TIMED: &str = "a_hundred_thousand";
/// An example; with one, cargo gives dependencies the features that tests have, and builds them
/// once.
const EXAMPLE: [&str; 2] = ["--example", "recognise"];

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

/// Builds and runs them; a type error and a test that fails are errors.
pub(crate) fn run() -> Result<Outcome> {
    if System::HERE == System::WINDOWS {
        return Ok(skipped("this is Windows: they ran as a part of tests"));
    }
    if let Err(error) = platforms::builder_for_windows() {
        let why = error.to_string().lines().next().unwrap_or_default().to_owned();
        // A type-check needs less.
        return Ok(match platforms::run(platforms::Which::Windows)? {
            platforms::Outcome::Checked => {
                println!("SKIPPED: the tests for Windows: {why}");
                Outcome::Ran(format!("type-checked only: {why}"))
            }
            platforms::Outcome::Skipped(_) => skipped(&why),
        });
    }
    let started = Instant::now();
    let programs = build(&[&["build", "--lib", "--bins"][..], &EXAMPLE].concat())?;
    let overlay = programs.iter().find(|built| built.name == "overlay").context("cargo built no overlay")?;
    let mut tests = build(&["test", "--no-run", "--lib"])?;
    tests.retain(|test| CRATES.contains(&test.name.replace('_', "-").as_str()));
    ensure!(tests.len() == CRATES.len(), "{} test programs for {} crates", tests.len(), CRATES.len());
    println!("built in {} s", started.elapsed().as_secs());
    let Some(program) = Wine::find() else {
        let why = "Wine or Xvfb is not installed";
        println!("SKIPPED: the tests for Windows: {why}");
        return Ok(Outcome::Ran(format!("built only: {why}")));
    };

    let place = tempfile::tempdir().context("no temporary folder for Wine")?;
    let wine = Wine::start(program, place.path())?;
    let (mut passed, mut failed) = (0, Vec::new());
    let started = Instant::now();
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
    println!("tests ran for {} s", started.elapsed().as_secs());
    let built = overlay.program.parent().context("a program lies in a folder")?;
    let started = Instant::now();
    let packed = package::check_windows(built, &wine)?;
    println!("the package was tried for {} s", started.elapsed().as_secs());
    Ok(Outcome::Ran(format!("{passed} tests passed in {}; of the package: {packed}", wine.version()?)))
}

/// Lets cargo build for Windows, without optimisation; returns the programs.
fn build(words: &[&str]) -> Result<Vec<Built>> {
    let (mut cargo, _) = platforms::builder_for_windows()?;
    cargo.args(words).args(package::INTERPRETER);
    cargo.args(["--quiet", "--target", platforms::WINDOWS]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    do_not_optimise(&mut cargo)?;
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo cannot build for Windows: {}", words.join(" "));
    built(&String::from_utf8_lossy(&output.stdout))
}

/// Takes the optimisation from the profile, and from what the profile names.
fn do_not_optimise(cargo: &mut Command) -> Result<()> {
    cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0");
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(workspace::root().join("Cargo.toml"))?)?;
    let dev = manifest.get("profile").and_then(|it| it.get("dev"));
    let named = dev.and_then(|it| it.get("package")).and_then(toml::Value::as_table);
    let named = named.context("the profile names no package")?;
    for (name, settings) in named {
        if settings.get("opt-level").and_then(toml::Value::as_integer).is_some_and(|level| level > 0) {
            cargo.args(["--config", &format!("profile.dev.package.\"{name}\".opt-level=0")]);
        }
    }
    Ok(())
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
}
