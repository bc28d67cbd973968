//! TensorBoard's Python package in a folder of the cache, for the test that reads the trainer's events back with it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::{install_folder, wheel};
use crate::{paths, workspace};

const VERSION: &str = "2.21.0";
/// TensorBoard looks for its plugins by a module that newer ones have given up.
const COMPANION: &str = "setuptools<81";

/// Installs it unless it is there; returns the folder for `PYTHONPATH`.
pub(super) fn install() -> Result<PathBuf> {
    let folder = paths::cache().join(format!("tensorboard-{VERSION}"));
    let whole = folder.join("whole");
    install_folder(
        &folder,
        || whole.is_file(),
        |unfinished| {
            let python = wheel::python("tensorboard")?;
            let mut pip = Command::new(python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "2"]);
            // What pip has to say of root and of virtual environments does not concern a folder of its own.
            pip.args(["--root-user-action", "ignore", "--only-binary=:all:", "--target"]).arg(unfinished);
            let status = workspace::status(pip.args([&format!("tensorboard=={VERSION}"), COMPANION]))?;
            if !status.success() {
                bail!("pip could not install tensorboard {VERSION}\nhelp: see its words above");
            }
            fs_err::write(unfinished.join("whole"), VERSION)?;
            Ok(())
        },
    )?;
    Ok(folder)
}
