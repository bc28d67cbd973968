//! `cargo xtask bench`: how long the stages take on this machine, and whether training is kept fed.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::{setup, workspace};

/// What `cargo xtask bench` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure the trainer instead: its loader beside a batch in memory
    #[arg(long)]
    trainer: bool,
    /// And ResNet18 in PyTorch, by this Python, which has the `torch` package
    #[arg(long, value_name = "PYTHON", requires = "trainer")]
    pytorch: Option<PathBuf>,
    /// Passed on to `overlay bench` as they are
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, conflicts_with = "trainer")]
    arguments: Vec<String>,
}

/// Side, batch and steps of the comparison with PyTorch.
const RESNET18: [&str; 3] = ["224", "16", "40"];

/// Builds what is measured and lets it measure itself.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.trainer {
        trainer(options)?;
    } else {
        setup::for_overlay()?;
        workspace::build(&["overlay"])?;
        workspace::check(workspace::program("overlay").arg("bench").args(&options.arguments))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn trainer(options: &Options) -> Result<()> {
    setup::for_trainer()?;
    workspace::build(&["trainer"])?;
    let [side, batch, steps] = RESNET18;
    let bench = || {
        let mut bench = workspace::program("trainer");
        bench.arg("bench").arg("--recipe").arg(workspace::root().join("data/recipes/practice.toml"));
        bench
    };
    println!("The networks of the practice recipe:");
    workspace::check(&mut bench())?;
    println!("ResNet18, {side} pixels, batches of {batch}:");
    workspace::check(bench().args(["--resnet18", side, "--batch", batch, "--steps", steps]))?;
    if let Some(python) = &options.pytorch {
        let script = workspace::root().join("scripts/resnet18_pytorch.py");
        // The trainer computes in bfloat16 where the processor has it: both, to compare like with
        // like.
        for precision in [&[][..], &["--bfloat16"]] {
            let mut pytorch = Command::new(python);
            pytorch.arg(&script).args(["--side", side, "--batch", batch, "--steps", steps]).args(precision);
            workspace::check(&mut pytorch)?;
        }
    }
    Ok(())
}
