//! Tools of the gate that come through `pip`, each in a folder of the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::{install_folder, wheel};
use crate::{paths, workspace};

/// A tool in the one version that is known to work.
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
    /// What it needs beside its own dependencies.
    companions: &'static [&'static str],
}

/// Reads the trainer's events back.
pub(super) const TENSORBOARD: Tool = Tool {
    name: "tensorboard",
    version: "2.21.0",
    // It looks for its plugins by a module that newer ones have given up.
    companions: &["setuptools<81"],
};
/// Finds misspelt words; a program, below `bin`.
pub(super) const TYPOS: Tool = Tool { name: "typos", version: "1.52.0", companions: &[] };

impl Tool {
    /// Installs it unless it is there; returns its folder.
    pub(super) fn install(&self) -> Result<PathBuf> {
        let Self { name, version, companions } = self;
        let folder = paths::cache().join(format!("{name}-{version}"));
        let whole = folder.join("whole");
        install_folder(
            &folder,
            || whole.is_file(),
            |unfinished| {
                let python = wheel::python(name)?;
                let mut pip = Command::new(python);
                pip.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--retries",
                    "2",
                ]);
                // What pip has to say of root and of virtual environments does not concern a folder
                // of its own.
                pip.args(["--root-user-action", "ignore", "--only-binary=:all:", "--target"]).arg(unfinished);
                let status = workspace::status(pip.arg(format!("{name}=={version}")).args(*companions))?;
                if !status.success() {
                    bail!("pip could not install {name} {version}\nhelp: see its words above");
                }
                fs_err::write(unfinished.join("whole"), version)?;
                Ok(())
            },
        )?;
        Ok(folder)
    }
}
