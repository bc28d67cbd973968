//! `cargo xtask bench`: how long the stages take on this machine.

use std::process::ExitCode;

use anyhow::Result;

use crate::{setup, workspace};

/// Builds the overlay and lets it measure itself.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    setup::for_overlay()?;
    workspace::build(&["overlay"])?;
    workspace::check(workspace::program("overlay").arg("bench").args(arguments))?;
    Ok(ExitCode::SUCCESS)
}
