//! `trainer average`: one network from the weights of several runs that began together.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lens_core::counted::counted;

use crate::checkpoint::{Checkpoint, CheckpointError, Network};
use crate::data::export::fresh;
use crate::recipe::FILE_NAME;

/// What `trainer average` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folders of the runs; each but the first was trained --from one before. A network that only
    /// one of them has is taken from it
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// New folder, of the new run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
}

/// Averages weights over the runs (Izmailov et al., *Averaging Weights Leads to Wider Optima and
/// Better Generalization*, 2018), each network over those that have it.
///
/// # Errors
/// When a run cannot be read, no network is in two of them, networks differ, or the new folder has
/// something in it; nothing is written then.
pub fn run(arguments: &Arguments) -> Result<()> {
    let networks = [Network::Detector, Network::Identifier];
    let with = |network| -> Vec<&PathBuf> {
        arguments.runs.iter().filter(|run| Checkpoint::path(run, network).is_file()).collect()
    };
    if networks.iter().all(|&network| with(network).len() < 2) {
        bail!(
            "no network is in two of these runs\nhelp: give the folders of runs of the same network, each trained \
             --from one before"
        );
    }
    let mut means = Vec::new();
    for network in networks {
        let runs = with(network);
        let read = |run: &&PathBuf| Ok(Checkpoint::read(run, network)?);
        if runs.len() > 1 {
            let mean = Checkpoint::mean(runs.iter().map(read).collect::<Result<Vec<_>>>()?)?;
            means.push((network, mean, runs.len()));
        }
    }
    let staging = fresh(&arguments.run)?;
    let copy = |name: &Path, from: &Path| -> Result<()> {
        let from = from.join(name);
        let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        std::fs::write(staging.path().join(name), bytes)
            .with_context(|| format!("cannot write {}", arguments.run.join(name).display()))
    };
    let last = arguments.runs.last().context("two runs are asked for")?;
    for network in networks {
        match with(network).as_slice() {
            [] => say!(
                "none of these runs has the {}: train one into {}",
                network.name(),
                arguments.run.display()
            ),
            [only] => {
                copy(&Checkpoint::path(Path::new(""), network), only)?;
                say!("{}: that of {}", network.name(), only.display());
            }
            _ => {}
        }
    }
    for (network, mean, count) in means {
        mean.write(staging.path()).map_err(|error| in_place(error, &arguments.run, network))?;
        say!("{}: the mean of {}", network.name(), counted(count, "run"));
    }
    copy(Path::new(FILE_NAME), last)?;
    staging.publish().with_context(|| format!("cannot write {}", arguments.run.display()))?;
    say!("written to {}; calibrate it next", arguments.run.display());
    Ok(())
}

/// The error of a checkpoint as if it were written where it is to be.
fn in_place(error: CheckpointError, run: &Path, network: Network) -> CheckpointError {
    match error {
        CheckpointError::Write { source, .. } => {
            CheckpointError::Write { path: Checkpoint::path(run, network), source }
        }
        other => other,
    }
}
