//! `cargo xtask run`: from a fresh clone to an overlay on the screen, or to an image where there
//! is no screen.

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::{setup, workspace};

/// The overlay's exit code when the display that it was promised does not answer.
const NO_DISPLAY: i32 = 3;

/// Sets up, builds, starts the overlay and hands its exit code on.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    setup::for_overlay()?;
    workspace::build(&["overlay", "labeller"])?;
    let mut overlay = workspace::program("overlay");
    if !arguments.is_empty() {
        return Ok(exit_code(workspace::status(overlay.args(arguments))?.code()));
    }
    if has_display() {
        let code = workspace::status(overlay.arg("--or-practice"))?.code();
        if code != Some(NO_DISPLAY) {
            return Ok(exit_code(code));
        }
    }
    println!("No display: running the same pipeline offscreen.");
    let picture = workspace::target().join("practice-annotated.png");
    let status = workspace::status(workspace::program("overlay").arg("offscreen").arg("--out").arg(picture))?;
    Ok(exit_code(status.code()))
}

fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Ended by a signal, a program has no code.
fn exit_code(code: Option<i32>) -> ExitCode {
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
