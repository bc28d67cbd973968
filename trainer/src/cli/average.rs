//! `trainer average`: one network from the weights of several runs that began together.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lens_core::atomic::{self, keep_former};
use lens_core::counted::counted;

use crate::checkpoint::{Checkpoint, Network};
use crate::recipe::FILE_NAME;

/// What `trainer average` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folders of the runs; each but the first was trained --from one before. A network that only
    /// one of them has is taken from it
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder of the new run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
}

/// Averages weights over the runs (Izmailov et al., *Averaging Weights Leads to Wider Optima and
/// Better Generalization*, 2018), each network over those that have it.
///
/// # Errors
/// When a run cannot be read, no network is in two of them, networks differ, or the new folder
/// holds a run already.
pub fn run(arguments: &Arguments) -> Result<()> {
    let networks = [Network::Detector, Network::Identifier];
    let written = networks.iter().map(|&network| Checkpoint::path(&arguments.run, network));
    if let Some(there) = written.chain([arguments.run.join(FILE_NAME)]).find(|path| path.exists()) {
        bail!("{} is there already\nhelp: give --run another folder", there.display());
    }
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
    std::fs::create_dir_all(&arguments.run)
        .with_context(|| format!("cannot make {}", arguments.run.display()))?;
    let copy = |name: &Path, from: &Path| -> Result<()> {
        let (from, to) = (from.join(name), arguments.run.join(name));
        let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        keep_former(&to)
            .and_then(|()| atomic::write(&to, &bytes))
            .with_context(|| format!("cannot write {}", to.display()))
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
        mean.write(&arguments.run)?;
        say!("{}: the mean of {}", network.name(), counted(count, "run"));
    }
    // Last: a folder with a recipe is a run, and is refused.
    copy(Path::new(FILE_NAME), last)?;
    say!("written to {}; calibrate it next", arguments.run.display());
    Ok(())
}
