//! Where the workspace lies, and how its programs are started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use fs_err as fs;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // At run time first: a shared build folder may hold an xtask that was compiled in another
    // clone.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = manifest.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// An image of the practice table.
pub(crate) fn picture() -> Result<PathBuf> {
    let picture = root().join("docs/practice.png");
    fs::canonicalize(&picture).context("the image of the practice table is gone")
}

/// The build folder.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Where cargo looks for a compiler of the workspace's own crates.
pub(crate) const COMPILER_VARIABLE: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Cargo, started in the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A program of the workspace, started in the user's own folder; it has to be built first.
pub(crate) fn program(name: &str) -> Command {
    let mut path = target().join("debug").join(name);
    path.set_extension(env::consts::EXE_EXTENSION);
    Command::new(path)
}

/// Builds some of the workspace's programs.
///
/// The whole workspace is selected, and these programs of it: dependencies then have the features
/// that the gate builds them with, and are compiled once for both.
pub(crate) fn build(programs: &[&str]) -> Result<()> {
    let wanted = programs.iter().flat_map(|program| ["--bin", program]);
    check(cargo().args(["build", "--workspace"]).args(wanted))
}

/// Runs a command to its end; failing to start and an exit code other than zero are both errors.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command to its end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| format!("cannot start {}", shown(command)))
}

/// Whether `NAME --version` works.
pub(crate) fn has_program(name: &str, arguments: &[&str]) -> bool {
    let output = Command::new(name).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
