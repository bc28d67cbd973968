//! `cargo xtask desktops`: runs the overlay over a window of the game's engine on every desktop
//! that is installed here, and writes what held into the table of `docs/platforms.md`.
//!
//! The trials themselves are in the desktop tests (`overlay/tests/e2e_x11/desktops.rs`); a cell
//! says only what a trial has shown.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use serde::Deserialize;

use crate::workspace;

/// What `cargo xtask desktops` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Only desktops whose names have this in them; the table stays as it is
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Write what was seen into this file as well, or with `--from` take it from there
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Run nothing: make the table of results that were written before
    #[arg(long, requires = "results")]
    from: bool,
}

const PAGE: &str = "docs/platforms.md";
const BEGIN: &str = "<!-- Made by `cargo xtask desktops`. -->\n";
const END: &str = "<!-- Until here. -->\n";

/// A row as the trials write it.
#[derive(Deserialize)]
struct Row {
    desktop: String,
    version: Option<String>,
    cells: Vec<(String, Cell)>,
}

#[derive(Deserialize)]
#[serde(tag = "result", content = "reason", rename_all = "lowercase")]
enum Cell {
    Holds,
    Fails(String),
    Untried(String),
}

/// Runs the trials and writes the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir().context("no temporary folder for the results")?;
    let results = options.results.clone().unwrap_or_else(|| folder.path().join("desktops.json"));
    let results = std::path::absolute(results)?;
    if !options.from {
        let mut trials = workspace::cargo();
        trials.args(["test", "--workspace", "--test", "e2e_x11"]).env("BALATRO_LENS_DESKTOPS", &results);
        trials.env("BALATRO_LENS_DESKTOP", options.only.as_deref().unwrap_or_default());
        workspace::check(&mut trials)?;
    }
    let text = fs::read_to_string(&results).context("the trials wrote no results")?;
    let rows: Vec<Row> = serde_json::from_str(&text)?;
    let date = Command::new("date").arg("+%Y-%m-%d").output().context("cannot tell the date")?;
    let table = table(&rows, String::from_utf8_lossy(&date.stdout).trim());
    println!("{table}");
    if options.only.is_none() {
        let page = workspace::root().join(PAGE);
        fs::write(&page, replaced(&fs::read_to_string(&page)?, &table)?)?;
        println!("written into {PAGE}");
    }
    Ok(())
}

/// The page with this table between its marks.
fn replaced(page: &str, table: &str) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} lacks the line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} lacks the line {END}"))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

fn table(rows: &[Row], date: &str) -> String {
    let tried: Vec<&Row> = rows.iter().filter(|row| row.version.is_some()).collect();
    let columns: Vec<&str> =
        tried.first().map_or(Vec::new(), |row| row.cells.iter().map(|(name, _)| name.as_str()).collect());
    let mut text = format!("Tried on {date}.\n\n| desktop | version | {} |\n", columns.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(columns.len()));
    let mut notes = Vec::new();
    for row in &tried {
        let _ = write!(text, "| {} | {} |", row.desktop, row.version.as_deref().unwrap_or_default());
        for (name, cell) in &row.cells {
            let word = match cell {
                Cell::Holds => "holds",
                Cell::Fails(why) => {
                    notes.push(format!("- {}, {name}, fails: {}.", row.desktop, first_line(why)));
                    "fails"
                }
                Cell::Untried(why) => {
                    notes.push(format!("- {}, {name}: {}.", row.desktop, first_line(why)));
                    "–"
                }
            };
            let _ = write!(text, " {word} |");
        }
        text.push('\n');
    }
    let absent = rows.iter().filter(|row| row.version.is_none());
    notes.extend(absent.map(|row| match row.cells.first() {
        Some((_, Cell::Untried(why) | Cell::Fails(why))) => {
            format!("- {}, not run: {}.", row.desktop, first_line(why))
        }
        _ => format!("- {}, not run: it is not installed.", row.desktop),
    }));
    if !notes.is_empty() {
        let _ = write!(text, "\n{}\n", notes.join("\n"));
    }
    text
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_what_the_trials_have_shown() {
        let rows: Vec<Row> = serde_json::from_str(
            r#"[{"desktop": "a", "version": "1.2", "cells": [["marks", {"result": "holds"}],
                 ["keys", {"result": "fails", "reason": "no\nmore"}]]},
                {"desktop": "b", "version": "3", "cells": [["marks", {"result": "holds"}],
                 ["keys", {"result": "untried", "reason": "none"}]]},
                {"desktop": "c", "version": null, "cells": []}]"#,
        )
        .unwrap();
        let text = table(&rows, "2026-01-02");
        assert!(text.starts_with("Tried on 2026-01-02.\n\n| desktop | version | marks | keys |\n"), "{text}");
        assert!(text.contains("| a | 1.2 | holds | fails |\n| b | 3 | holds | – |\n"), "{text}");
        assert!(text.contains("- a, keys, fails: no.\n- b, keys: none.\n- c, not run: it is not installed."));
        let page = format!("x\n{BEGIN}old\n{END}y\n");
        assert_eq!(replaced(&page, "new\n").unwrap(), format!("x\n{BEGIN}\nnew\n\n{END}y\n"));
        assert!(replaced("x", "new").is_err());
        let own = fs::read_to_string(workspace::root().join(PAGE)).unwrap();
        replaced(&own, "").expect("the page has a place for the table");
    }
}
