//! Brings a machine to the point where everything builds and runs, and costs milliseconds when it
//! is already there.
//!
//! Three parts: packages of the system, ONNX Runtime for recognition, libtorch for the trainer. The
//! two libraries come from Python wheels; Python's own `pip` is asked where they are, so no
//! registry is named here.

use std::fs::TryLockError;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use fs_err::{self as fs, File};

use crate::paths;

mod archive;
mod download;
mod hashes;
mod libtorch;
mod onnxruntime;
mod progress;
mod python_tool;
mod system;
mod wheel;

use system::{Consent, Groups};
pub(crate) use system::{apt_install, browser, is_debian, is_root, missing_on_debian, try_to_install};

/// What `cargo xtask setup` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Which build of ONNX Runtime to install
    #[arg(long, value_enum, default_value = "cpu")]
    runtime: Runtime,
    /// Also install libtorch, which the trainer needs
    #[arg(long)]
    trainer: bool,
    /// Also install what the tests need: a virtual display and a software renderer
    #[arg(long)]
    tests: bool,
    /// Install system packages without asking
    #[arg(long)]
    yes: bool,
}

/// An operating system and the processors that it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct System {
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
}

impl System {
    pub(crate) const HERE: Self = Self { os: std::env::consts::OS, arch: std::env::consts::ARCH };
    pub(crate) const WINDOWS: Self = Self { os: "windows", arch: "x86_64" };

    /// What names of programs end in.
    pub(crate) fn exe_suffix(self) -> &'static str {
        if self.os == "windows" { ".exe" } else { "" }
    }
}

/// The builds of ONNX Runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Every machine
    Cpu,
    /// NVIDIA cards, also TensorRT (Linux and Windows; CUDA 13 and cuDNN have to be there)
    Cuda,
    /// Any graphics card on Windows
    Directml,
    /// Intel processors and graphics
    Openvino,
    /// Any graphics card, by Vulkan, Direct3D 12 or Metal
    Webgpu,
}

/// `cargo xtask setup`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let consent = if options.yes || !std::io::stdin().is_terminal() { Consent::Given } else { Consent::Ask };
    let pip = !onnxruntime::is_installed(options.runtime)? || options.trainer && !libtorch::is_installed();
    system::install(Groups { tests: options.tests, trainer: options.trainer, pip }, consent)?;
    println!("ONNX Runtime: {}", onnxruntime::install(options.runtime)?.display());
    if options.trainer {
        println!("libtorch: {}", libtorch::install()?.display());
    }
    Ok(())
}

/// What running the overlay needs; silent when it is there.
pub(crate) fn for_overlay() -> Result<()> {
    let runtime = onnxruntime::any_installed();
    let pip = !onnxruntime::is_installed(runtime)?;
    system::install(Groups { tests: false, trainer: false, pip }, Consent::Given)?;
    onnxruntime::install(runtime).map(drop)
}

/// What the trainer needs; silent when it is there.
pub(crate) fn for_trainer() -> Result<()> {
    let runtime = onnxruntime::any_installed();
    let pip = !onnxruntime::is_installed(runtime)? || !libtorch::is_installed();
    system::install(Groups { tests: false, trainer: true, pip }, Consent::Given)?;
    onnxruntime::install(runtime)?;
    libtorch::install().map(drop)
}

/// The library of ONNX Runtime, installed if it was not: for this machine a build that is here, for
/// others the one that runs on all of them.
pub(crate) fn runtime(system: System) -> Result<PathBuf> {
    if system == System::HERE {
        return onnxruntime::install(onnxruntime::any_installed());
    }
    system::install(Groups { tests: false, trainer: false, pip: true }, Consent::Given)?;
    onnxruntime::install_for(system)
}

/// The folder of TensorBoard's Python package, installed if it was not.
pub(crate) fn tensorboard() -> Result<PathBuf> {
    python_tool(&python_tool::TENSORBOARD)
}

/// The spelling checker, installed if it was not.
pub(crate) fn typos() -> Result<PathBuf> {
    Ok(python_tool(&python_tool::TYPOS)?.join("bin/typos").with_extension(std::env::consts::EXE_EXTENSION))
}

fn python_tool(tool: &python_tool::Tool) -> Result<PathBuf> {
    system::install(Groups { tests: false, trainer: false, pip: true }, Consent::Given)?;
    tool.install()
}

/// What the gate needs; silent when it is there.
pub(crate) fn for_tests(trainer: bool) -> Result<()> {
    let runtime = onnxruntime::any_installed();
    let pip = !onnxruntime::is_installed(runtime)? || trainer && !libtorch::is_installed();
    system::install(Groups { tests: true, trainer, pip }, Consent::Given)?;
    system::try_to_install_browser();
    onnxruntime::install(runtime)?;
    // Without it one test is skipped, and says so.
    if let Err(error) = onnxruntime::install_for_gpu_test() {
        eprintln!("note: {error:#}");
    }
    if trainer {
        libtorch::install()?;
    }
    Ok(())
}

/// Makes `folder` by `fill`, which writes into a folder beside it: `folder` is either absent or
/// whole.
///
/// One set-up works at a time; a second one waits and then finds the work done, if `done` says so.
pub(crate) fn install_folder(
    folder: &Path,
    done: impl Fn() -> bool,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    if done() {
        return Ok(());
    }
    let cache = paths::cache();
    fs::create_dir_all(&cache).with_context(|| {
        format!("cannot create the cache folder {}\nhelp: set BALATRO_LENS_CACHE to another", cache.display())
    })?;
    let lock = File::create(cache.join("setup.lock")).context("cannot write into the cache folder")?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("another set-up is running: waiting for it");
            lock.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the cache folder"),
    }
    if done() {
        return Ok(());
    }
    let name = folder.file_name().context("an installation has a folder name")?.to_string_lossy();
    let unfinished = cache.join(format!("{name}.unfinished"));
    remove(&unfinished)?;
    fs::create_dir_all(&unfinished)?;
    fill(&unfinished)?;
    remove(folder)?;
    fs::rename(&unfinished, folder)
        .with_context(|| format!("cannot move the finished installation to {}", folder.display()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
