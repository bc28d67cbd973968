//! `cargo xtask images`: the images of the README and the pages made anew, by the programs and
//! networks as they are.
//!
//! `overlay/examples/images.rs` and a test of the labeller draw them; nothing of a game is shown.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use fs_err as fs;

use crate::setup;
use crate::workspace::{self, check};

/// What `cargo xtask images` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to put them [default: docs]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Instead, every page of the labeller and of the settings window in windows of every size,
    /// into this folder, to be looked at
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pages: Option<PathBuf>,
}

/// Where tests write the pages that they look at.
const PAGES: &str = "BALATRO_LENS_PAGES";
/// Milliseconds that a frame of the film is shown.
const FRAME_MILLIS: &str = "100";
/// How good the film looks: it shall be about a megabyte.
const QUALITY: &str = "55";

/// Makes all of them.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(folder) = &options.pages {
        return pages(folder);
    }
    ensure!(
        workspace::has_program("img2webp", &["-version"]),
        "img2webp is missing, which makes the film\nhelp: apt-get install webp, dnf install libwebp-tools, brew install webp"
    );
    setup::for_overlay()?;
    check(workspace::cargo().args(["build", "--workspace", "--bin", "overlay", "--example", "images"]))?;
    let docs = options.out.clone().unwrap_or_else(|| workspace::root().join("docs"));
    fs::create_dir_all(&docs)?;
    let made = tempfile::tempdir().context("cannot make a temporary folder")?;
    let made = made.path();
    println!("drawing the practice table");
    let example = workspace::target().join("debug/examples/images");
    check(Command::new(example.with_extension(std::env::consts::EXE_EXTENSION)).arg(made))?;
    fs::copy(made.join("practice.png"), docs.join("practice.png"))?;
    film(&made.join("frames"), &docs.join("practice.webp"))?;
    let mut identify = workspace::program("overlay");
    identify.args(["identify", "--model", "practice", "--mods"]).arg(made.join("Mods"));
    check(identify.arg("--annotate").arg(made.join("marked")).arg(made.join("mods.png")))?;
    fs::copy(made.join("marked/mods.png"), docs.join("mods.png"))?;
    labelling(&docs)?;
    println!("{} has them: look at each before you commit it", docs.display());
    Ok(())
}

/// The tests that look at pages write what they see.
fn pages(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let folder = fs::canonicalize(folder)?;
    let tests = ["pages", "modded", "train", "settings_window"].into_iter().flat_map(|it| ["--test", it]);
    let mut command = workspace::cargo();
    check(command.args(["test", "--workspace"]).args(tests).arg("every_window").env(PAGES, &folder))?;
    println!("{} has {} pages", folder.display(), fs::read_dir(&folder)?.count());
    Ok(())
}

fn film(frames: &Path, to: &Path) -> Result<()> {
    let mut files: Vec<_> =
        fs::read_dir(frames)?.map(|it| Ok(it?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    ensure!(!files.is_empty(), "no frame was drawn into {}", frames.display());
    let mut command = Command::new("img2webp");
    command.args(["-loop", "0", "-lossy", "-q", QUALITY, "-m", "6", "-d", FRAME_MILLIS]);
    check(command.args(files).arg("-o").arg(to))
}

/// The labelling window: a golden image of its own tests.
fn labelling(docs: &Path) -> Result<()> {
    let golden = workspace::root().join("docs/labelling.png");
    let test = ["--test", "flows", "--", "--exact", "letters_complete_a_name_and_a_new_one_stays_as_typed"];
    check(workspace::cargo().args(["test", "--workspace"]).args(test).env("UPDATE_SNAPSHOTS", "1"))?;
    // What the test puts beside an image that it writes anew.
    for left in ["old.png", "diff.png"].map(|ending| golden.with_extension(ending)) {
        if left.exists() {
            fs::remove_file(left)?;
        }
    }
    if docs != golden.parent().unwrap_or(docs) {
        fs::copy(golden, docs.join("labelling.png"))?;
    }
    Ok(())
}
