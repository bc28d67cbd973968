//! `cargo xtask run`: from a fresh clone to an overlay on the screen, or to a picture where there is no screen.

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::{setup, workspace};

/// Sets up, builds, starts the overlay and hands its exit code on.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    setup::for_overlay()?;
    workspace::build("overlay")?;
    let mut overlay = workspace::program("overlay");
    if !arguments.is_empty() {
        overlay.args(arguments);
    } else if has_display() {
        overlay.arg("--or-practice");
    } else {
        println!("No display: running the same pipeline offscreen.");
        overlay.arg("offscreen");
    }
    let status = workspace::status(&mut overlay)?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
