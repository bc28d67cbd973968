//! `trainer average`: one identifier from the weights of several runs that began together.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lens_core::atomic;

use crate::checkpoint::{Checkpoint, Network};
use crate::recipe::FILE_NAME;

/// What `trainer average` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folders of the runs; each but the first was trained --from one before
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder of the new run; the detector is taken from the first run that has one
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
}

/// Averages weights over the runs (Izmailov et al., *Averaging Weights Leads to Wider Optima and
/// Better Generalization*, 2018).
///
/// # Errors
/// When a run cannot be read, the networks differ, or the new folder holds an identifier already.
pub fn run(arguments: &Arguments) -> Result<()> {
    let target = Checkpoint::path(&arguments.run, Network::Identifier);
    if target.exists() {
        bail!("{} is there already\nhelp: give --run another folder", target.display());
    }
    let read = |run: &PathBuf| Ok(Checkpoint::read(run, Network::Identifier)?);
    let checkpoints = arguments.runs.iter().map(read).collect::<Result<Vec<_>>>()?;
    let mean = Checkpoint::mean(checkpoints)?;
    std::fs::create_dir_all(&arguments.run)
        .with_context(|| format!("cannot make {}", arguments.run.display()))?;
    let copy = |name: &Path, from: &Path| -> Result<()> {
        let (from, to) = (from.join(name), arguments.run.join(name));
        let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        atomic::write(&to, &bytes).with_context(|| format!("cannot write {}", to.display()))
    };
    let last = arguments.runs.last().context("two runs are asked for")?;
    copy(Path::new(FILE_NAME), last)?;
    let detector = Checkpoint::path(Path::new(""), Network::Detector);
    match arguments.runs.iter().find(|run| run.join(&detector).is_file()) {
        Some(run) => copy(&detector, run)?,
        None => say!("none of these runs has a detector: train one into {}", arguments.run.display()),
    }
    mean.write(&arguments.run)?;
    say!("the mean of {} runs is in {}; calibrate it next", arguments.runs.len(), arguments.run.display());
    Ok(())
}
