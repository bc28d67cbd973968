//! `cargo xtask test`: the gate. Every step runs, also after one has failed, and a table at the end
//! tells how it went.

use std::env;
use std::fmt;
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::workspace::{self, cargo, has_program};
use crate::{accuracy, package, platforms, setup, windows_tests};

pub(crate) mod compiler;

/// What `cargo xtask test` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Without the trainer, the accuracy on screenshots, the package, the other platforms and Wine:
    /// what changes most, in a few minutes
    #[arg(long, conflicts_with = "only")]
    quick: bool,
    /// Only this step; can be given several times
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,
    /// For a clean clone: clippy and rustdoc look at each crate while it is built for the tests
    #[arg(long)]
    cold: bool,
}

/// The steps, in the order of running: what fails fast comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// rustfmt finds nothing to change
    Format,
    /// System packages, ONNX Runtime, libtorch
    Setup,
    /// clippy finds nothing to say
    Clippy,
    /// Unit, property and golden-image tests
    Tests,
    /// The overlay end to end, on a desktop of its own
    Desktop,
    /// Examples in the documentation compile and hold
    DocTests,
    /// The documentation has no broken links
    Docs,
    /// Recognition on real screenshots is good enough
    Accuracy,
    /// A package can be made, and works where it is unpacked
    Package,
    /// Everything but the trainer type-checks for macOS
    Platforms,
    /// Everything but the trainer builds for Windows; unit tests and the package run in Wine
    Windows,
    /// Licences and sources of all dependencies are allowed
    Deny,
    /// Nothing is misspelt
    Typos,
}

/// How a step ended, when nothing failed.
enum Outcome {
    Passed,
    /// Passed, with something to tell: what could not run, or where it ran.
    Noted(String),
    Skipped(String),
}

/// The test program that starts its own desktop.
const DESKTOP_TESTS: &str = "e2e_x11";

struct Row {
    step: Step,
    result: Result<Outcome>,
    took: Duration,
}

/// Runs the steps; the exit code tells whether all passed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.cold && !compiler::is_in_use() {
        let mut own = Command::new(env::current_exe().context("this program has no file")?);
        own.args(env::args_os().skip(1)).env(workspace::COMPILER_VARIABLE, compiler::install()?);
        let status = workspace::status(&mut own)?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let steps: Vec<Step> = if options.only.is_empty() {
        let slow = [Step::Accuracy, Step::Package, Step::Platforms, Step::Windows];
        Step::value_variants()
            .iter()
            .copied()
            .filter(|step| !(options.quick && slow.contains(step)))
            .collect()
    } else {
        options.only.clone()
    };
    let scope = if options.quick { Scope::WithoutTrainer } else { Scope::Everything };
    let mut rows = Vec::new();
    for step in steps {
        println!("\n== {step}");
        let started = Instant::now();
        let result = step.run(scope);
        if let Err(error) = &result {
            println!("{step} failed: {error:#}");
        }
        rows.push(Row { step, result, took: started.elapsed() });
        // Without packages and libraries every other failure would be noise.
        if step == Step::Setup && rows.last().is_some_and(|row| row.result.is_err()) {
            break;
        }
    }
    println!("\n{}", Table(&rows));
    Ok(if rows.iter().all(|row| row.result.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Everything,
    WithoutTrainer,
}

impl Scope {
    /// Cargo's words for the crates in question.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Everything => &["--workspace"],
            Self::WithoutTrainer => &["--workspace", "--exclude", "trainer"],
        }
    }
}

impl Step {
    fn run(self, scope: Scope) -> Result<Outcome> {
        let packages = scope.packages();
        match self {
            Self::Format => passed(cargo().args(["fmt", "--all", "--check"])),
            Self::Setup => {
                setup::for_tests(scope == Scope::Everything)?;
                Ok(Outcome::Passed)
            }
            // Whatever the later steps need is built here, and looked at while it is.
            Self::Clippy if compiler::is_in_use() => {
                passed(cargo().args(["build", "--all-targets", "--keep-going"]).args(packages))
            }
            Self::Clippy => passed(cargo().arg("clippy").args(packages).args([
                "--all-targets",
                "--keep-going",
                "--",
                "--deny",
                "warnings",
            ])),
            Self::Tests => tests(scope),
            // Nextest sees no test in a program that is its own harness; `cargo test` has run it
            // already.
            Self::Desktop if !has_nextest() => Ok(Outcome::Skipped("ran as a part of tests".to_owned())),
            Self::Desktop => {
                passed(cargo().args(["test", "--quiet", "--test", DESKTOP_TESTS]).args(packages))
            }
            Self::DocTests => passed(cargo().args(["test", "--doc", "--quiet"]).args(packages)),
            Self::Docs if compiler::is_in_use() => {
                passed(cargo().arg("build").args(packages))?;
                Ok(Outcome::Noted("while the crates were built".to_owned()))
            }
            Self::Docs => {
                let mut doc = cargo();
                doc.args(["doc", "--no-deps", "--quiet"]).args(packages);
                passed(doc.env("RUSTDOCFLAGS", "--deny warnings"))
            }
            Self::Accuracy => accuracy_step(),
            Self::Package => package::check().map(|()| Outcome::Passed),
            Self::Platforms => Ok(match platforms::run(platforms::Which::Macos)? {
                platforms::Outcome::Checked => Outcome::Passed,
                platforms::Outcome::Skipped(why) => Outcome::Skipped(why),
            }),
            Self::Windows => Ok(match windows_tests::run()? {
                windows_tests::Outcome::Ran(what) => Outcome::Noted(what),
                windows_tests::Outcome::Skipped(why) => Outcome::Skipped(why),
            }),
            Self::Deny => deny(),
            Self::Typos => {
                if has_program("typos", &["--version"]) {
                    return passed(Command::new("typos").current_dir(workspace::root()));
                }
                match setup::typos() {
                    Ok(typos) => passed(Command::new(typos).current_dir(workspace::root())),
                    Err(error) => Ok(Outcome::Skipped(format!("typos cannot be installed: {error:#}"))),
                }
            }
        }
    }
}

fn passed(command: &mut Command) -> Result<Outcome> {
    workspace::check(command).map(|()| Outcome::Passed)
}

fn has_nextest() -> bool {
    has_program("cargo-nextest", &["nextest", "--version"])
}

fn tests(scope: Scope) -> Result<Outcome> {
    let mut command = cargo();
    if has_nextest() {
        // Most tests wait now and then, so one runs more than there are processors.
        let at_once = thread::available_parallelism().map_or(1, NonZero::get) + 1;
        command.args(["nextest", "run", "--no-fail-fast", "--test-threads", &at_once.to_string()]);
    } else {
        command.args(["test", "--all-targets", "--no-fail-fast"]);
    }
    let mut missing = Vec::new();
    if scope == Scope::Everything {
        match setup::tensorboard() {
            Ok(folder) => _ = command.env("BALATRO_LENS_TENSORBOARD", folder),
            Err(error) => {
                println!("SKIPPED: reading the trainer's events back with TensorBoard: {error:#}");
                missing.push("TensorBoard cannot be installed");
            }
        }
    }
    workspace::check(command.args(scope.packages()))?;
    if let Err(reason) = setup::browser() {
        println!("SKIPPED: the page for OBS in a browser, for {reason}");
        missing.push("Chromium is not installed");
    }
    if accuracy::art().is_none() {
        println!("SKIPPED: every test that needs art of the game, for BALATRO_LENS_ART is not set");
        missing.push("BALATRO_LENS_ART is not set");
    }
    Ok(if missing.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Noted(format!("not all: {}", missing.join(", ")))
    })
}

fn accuracy_step() -> Result<Outcome> {
    if accuracy::art().is_none() {
        return Ok(Outcome::Skipped("BALATRO_LENS_ART is not set".to_owned()));
    }
    if accuracy::run(None, false)? != ExitCode::SUCCESS {
        bail!("a figure is too low\nhelp: `cargo xtask accuracy --show` lists every mistake");
    }
    Ok(Outcome::Passed)
}

fn deny() -> Result<Outcome> {
    if !has_program("cargo-deny", &["--version"]) {
        return Ok(Outcome::Skipped("cargo-deny is not installed".to_owned()));
    }
    let mut command = cargo();
    command.args(["deny", "--offline", "check", "bans", "licenses", "sources"]);
    // Advisories come from a repository of their own, which a machine without network may not have.
    let advisories = has_advisories();
    if advisories {
        command.arg("advisories");
    }
    workspace::check(&mut command)?;
    Ok(if advisories {
        Outcome::Passed
    } else {
        println!(
            "SKIPPED: advisories, for their database is not here\nhelp: `cargo deny fetch db` brings it"
        );
        Outcome::Noted("not all: advisories are not here".to_owned())
    })
}

/// Whether cargo-deny has a database of advisories, in the folder where it keeps them.
fn has_advisories() -> bool {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    databases.as_mut().is_some_and(|folders| folders.any(|entry| entry.is_ok_and(|it| it.path().is_dir())))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no step is hidden");
        f.pad(value.get_name())
    }
}

struct Table<'a>(&'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { step, result, took } in self.0 {
            let (verdict, note) = match result {
                Ok(Outcome::Passed) => ("passed", ""),
                Ok(Outcome::Noted(what)) => ("passed", what.as_str()),
                Ok(Outcome::Skipped(why)) => ("SKIPPED", why.as_str()),
                Err(_) => ("FAILED", "see above"),
            };
            writeln!(f, "{step:<10} {:>6} s  {verdict:<7}  {note}", took.as_secs())?;
        }
        let total: Duration = self.0.iter().map(|row| row.took).sum();
        let failed = self.0.iter().filter(|row| row.result.is_err()).count();
        let verdict = if failed == 0 { "passed".to_owned() } else { format!("{failed} FAILED") };
        write!(f, "{:<10} {:>6} s  {verdict}", "together", total.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_failures_and_skips() {
        let row = |step, result| Row { step, result, took: Duration::from_secs(61) };
        let rows = [
            row(Step::Format, Ok(Outcome::Passed)),
            row(Step::Deny, Ok(Outcome::Skipped("not installed".to_owned()))),
            row(Step::DocTests, Err(anyhow::anyhow!("x"))),
        ];
        let text = Table(&rows).to_string();
        assert!(text.contains("deny           61 s  SKIPPED  not installed"), "{text}");
        assert!(text.contains("doc-tests      61 s  FAILED"), "{text}");
        assert!(text.ends_with("together      183 s  1 FAILED"), "{text}");
    }
}
