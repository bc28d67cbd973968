//! `cargo xtask kill`: the tests that kill what writes, with many more kills than the gate has.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::cargo;

/// What `cargo xtask kill` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Kills in all, spread evenly
    #[arg(long, default_value_t = 10_000)]
    count: u64,
}

/// Test programs with kills, and how many tests in them kill at random.
const PROGRAMS: [(&str, u64); 2] = [("killed", 8), ("killed_captures", 1)];

/// Kills, and says how often.
pub(crate) fn run(options: &Options) -> Result<()> {
    let tests: u64 = PROGRAMS.iter().map(|(_, tests)| tests).sum();
    let each = options.count.div_ceil(tests);
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command.args(PROGRAMS.iter().flat_map(|(name, _)| ["--test", name]));
    command.args(["--", "--nocapture", "--test-threads=1", "kills_"]).env("KILLS", each.to_string());
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut kills = 0;
    for line in BufReader::new(child.stdout.take().context("cargo says nothing")?).lines() {
        let line = line?;
        println!("{line}");
        kills += counted(&line).unwrap_or(0);
    }
    let status = child.wait()?;
    println!("{kills} kills in {} s", started.elapsed().as_secs());
    if !status.success() {
        bail!("something was not as it should be after a kill; it is said above");
    }
    if kills < each * tests {
        bail!("only {kills} of {} kills were done", each * tests);
    }
    Ok(())
}

/// The number of a test's last line: `200 kills while folders are replaced`.
fn counted(line: &str) -> Option<u64> {
    // Cargo writes the name of the test before it.
    let (before, _) = line.split_once(" kills while ")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_counted_and_nothing_else() {
        let check = |line: &str, wanted| assert_eq!(counted(line), wanted, "{line}");
        check("40 kills while art is imported", Some(40));
        check("test kills_leave_whole_art ... 40 kills while art is imported", Some(40));
        check("test kills_leave_whole_art ... ok", None);
    }
}
