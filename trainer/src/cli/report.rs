//! `trainer report`: one page of a run, with plots, that needs nothing beside it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lens_core::atomic;

use super::arguments::read_json;
use crate::report::page::page;

/// What `trainer report` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// What was measured: a file that `trainer evaluate --out` wrote
    #[arg(long, value_name = "FILE")]
    evaluation: Option<PathBuf>,
    /// The page [default: report.html in the run's folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the page.
///
/// # Errors
/// When the run has nothing to report, or the page cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let evaluation = match &arguments.evaluation {
        Some(path) => read_json(path)?,
        None => serde_json::Value::Null,
    };
    let html = page(&arguments.run, &evaluation)?;
    let path = arguments.out.clone().unwrap_or_else(|| arguments.run.join("report.html"));
    atomic::write(&path, html.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    say!("the report is {}", path.display());
    Ok(())
}
