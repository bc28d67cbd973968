//! Type-checks everything but the trainer for Windows and macOS, on a machine that is neither, and
//! builds programs for Windows.
//!
//! A type-check needs the target's standard library, not its linker. Where `rustup` has it or can
//! fetch it, the pinned toolchain does the work. Else, on Debian, the distribution's compiler does,
//! with a library that is built once from the sources that come with it. Where neither is possible
//! the check is skipped, and says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::setup;
use crate::workspace::{self, cargo, has_program};

mod debian;

/// Which platforms to check for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Windows on x86-64
    Windows,
    /// macOS on Apple silicon
    Macos,
    /// Both
    Both,
}

/// How a check ended that found no mistake.
pub(crate) enum Outcome {
    /// Every target was checked.
    Checked,
    /// At least one could not be, for this reason.
    Skipped(String),
}

/// So long `rustup` may take to fetch a library of some 30 MB.
const FETCH_TIMEOUT: Duration = Duration::from_secs(120);
pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";

/// Checks; a type error is an error.
pub(crate) fn run(which: Which) -> Result<Outcome> {
    let targets: &[&str] = match which {
        Which::Windows => &[WINDOWS],
        Which::Macos => &[MACOS],
        Which::Both => &[WINDOWS, MACOS],
    };
    let mut skipped = Vec::new();
    for target in targets {
        let started = Instant::now();
        let Some(mut command) = checker(target)? else {
            println!(
                "SKIPPED: no standard library for {target}: neither rustup nor Debian's packages can give it here"
            );
            skipped.push(*target);
            continue;
        };
        workspace::check(command.args(["check", "--quiet", "--target", target]))?;
        println!("{target}: no type errors, {:.0} s", started.elapsed().as_secs_f32());
    }
    Ok(if skipped.is_empty() {
        Outcome::Checked
    } else {
        Outcome::Skipped(format!("no standard library for {}", skipped.join(" and ")))
    })
}

/// Cargo that can build programs for Windows, and the folder that it builds into.
///
/// # Errors
/// When there is no linker or no standard library for Windows here.
pub(crate) fn builder_for_windows() -> Result<(Command, PathBuf)> {
    const LINKER: &str = "x86_64-w64-mingw32-gcc";
    const PACKAGE: &str = "gcc-mingw-w64-x86-64-win32";
    let has_linker = || has_program(LINKER, &["--version"]);
    ensure!(
        has_linker() || setup::try_to_install(&[PACKAGE]) && has_linker(),
        "{LINKER} is missing, which links for Windows\nhelp: on Debian, sudo apt-get install {PACKAGE}"
    );
    ensure!(
        has_library(WINDOWS) || add_to_toolchain(WINDOWS),
        "there is no standard library for {WINDOWS} here\nhelp: `rustup target add {WINDOWS}` brings it"
    );
    Ok((without_debug_info(), workspace::target().join(WINDOWS)))
}

/// The pinned toolchain, without its compiler that looks.
///
/// It builds into the workspace's own folder: what runs on this machine, macros and build scripts,
/// is built once for all platforms.
fn without_debug_info() -> Command {
    let mut command = cargo();
    command.env_remove(workspace::COMPILER_VARIABLE).env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

/// Cargo with a compiler that can check for this target, if there is any.
fn checker(target: &str) -> Result<Option<Command>> {
    if has_library(target) || add_to_toolchain(target) {
        return Ok(Some(without_debug_info()));
    }
    if debian::is_possible(target)? {
        let mut command = debian::checker(target)?;
        // Another compiler can use nothing of what the workspace's has built.
        let folder = workspace::target().join("other-platforms");
        command.env("CARGO_TARGET_DIR", folder).env("CARGO_PROFILE_DEV_DEBUG", "0");
        return Ok(Some(command));
    }
    Ok(None)
}

/// Lets `rustup` fetch the library; a network that swallows the request must not hold up the gate.
fn add_to_toolchain(target: &str) -> bool {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]).current_dir(workspace::root()).stderr(Stdio::null());
    let Ok(mut child) = rustup.spawn() else { return false };
    println!("adding {target} to the pinned toolchain");
    let started = Instant::now();
    while started.elapsed() < FETCH_TIMEOUT {
        match child.try_wait() {
            Ok(Some(status)) => return status.success() && has_library(target),
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Err(_) => break,
        }
    }
    println!("rustup gave no answer in {} s", FETCH_TIMEOUT.as_secs());
    // It may have ended by itself in this moment, which is as well.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Whether the pinned toolchain has the target's standard library.
fn has_library(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(workspace::root())
        .output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        std::fs::read_dir(Path::new(folder.trim())).is_ok_and(|mut entries| entries.next().is_some())
    })
}
