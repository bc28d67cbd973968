//! `cargo xtask package`: a folder and a zip file that run on another machine without set-up: one
//! of the same kind, or with `--target windows` a player's Windows.
//!
//! ```text
//! balatro-lens-0.1.0-linux-x86_64/
//!   overlay, ONNX Runtime's libraries      found beside each other
//!   data/catalogues, data/models           what ships; a user's own are left out
//!   README.md, docs/
//!   balatro-lens.desktop, balatro-lens.svg
//!   licences/                              ours, ONNX Runtime's, and those of all linked crates
//! ```
//! The trainer is no part of it: it links libtorch, which is larger than all the rest.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use fs_err::{self as fs, File};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::setup::System;
use crate::wine::Wine;
use crate::{platforms, setup, workspace};
use metadata::Metadata;

mod icon;
mod licences;
mod metadata;
mod windows;

/// What `cargo xtask package` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the package is made [default: package in the build folder]
    #[arg(long)]
    out: Option<PathBuf>,
    /// How the programs are built
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// For another system than this one; what is made is tried in Wine, where that is installed
    #[arg(long, value_enum)]
    target: Option<Target>,
}

/// Systems that packages are made for on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Windows on x86-64
    Windows,
}

impl Target {
    fn system(self) -> System {
        match self {
            Self::Windows => System::WINDOWS,
        }
    }

    fn triple(self) -> &'static str {
        match self {
            Self::Windows => platforms::WINDOWS,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// Smallest and fastest; takes long
    Release,
    /// As the tests are built
    Dev,
}

/// The programs that are packed, as far as the workspace has them.
const PROGRAMS: [&str; 2] = ["overlay", "labeller"];
/// What runs mods, which Linux has in every build.
pub(crate) const INTERPRETER: [&str; 2] = ["--features", "mods/interpreter"];
/// The models that the project has; others are a user's own.
const MODELS: [&str; 2] = ["balatro", "practice"];
/// The README and what the pages show or link to, beside `docs`.
const PAGES: [&str; 9] = [
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "SECURITY.md",
    "data/README.md",
    "shared/client/README.md",
];
/// What a model's folder has beside its networks. All else is what a user adds: enrolled cards, and
/// limits for cards of mods.
const MANIFEST: &str = "model.json";

/// Packs what the tests were built with, tries it out and throws it away.
pub(crate) fn check() -> Result<()> {
    let out = tempfile::tempdir().context("no temporary folder for the package")?;
    run(&Options { out: Some(out.path().to_path_buf()), profile: Profile::Dev, target: None })
}

/// Builds, packs, and tries the package out.
pub(crate) fn run(options: &Options) -> Result<()> {
    // Where it is asked for on Windows itself, it is this system.
    let target = options.target.filter(|target| target.system() != System::HERE);
    let package = Package::new(target)?;
    let built = build(&package.programs, options.profile, target)?;
    let out = options.out.clone().unwrap_or_else(|| workspace::target().join("package"));
    let Made { archive, linked } = package.make(&built, &out)?;
    let tried = match target {
        None => format!("unpacked elsewhere it named {} cards", try_out(&archive, &package.name)?),
        Some(Target::Windows) => try_in_wine(&archive, &package)?,
    };
    let megabytes = fs::metadata(&archive)?.len() as f64 / 1e6;
    println!(
        "{}\n{megabytes:.1} MB with {} and the licences of {linked} crates; {tried}",
        archive.display(),
        package.programs.join(", "),
    );
    Ok(())
}

/// Tries a package for Windows where Wine is or can be installed; says what came of it.
fn try_in_wine(archive: &Path, package: &Package) -> Result<String> {
    let Some(program) = Wine::find() else {
        println!("SKIPPED: trying the package, for Wine or Xvfb is not installed");
        return Ok("not tried, for Wine or Xvfb is not installed".to_owned());
    };
    let machine = tempfile::tempdir().context("no temporary folder for Wine")?;
    let wine = Wine::start(program, machine.path())?;
    let tried = windows::try_out(&wine, archive, package)?;
    Ok(format!("in {} {tried}", wine.version()?))
}

/// Packs programs for Windows that lie in a folder, tries the package in Wine, and throws it away;
/// says what came of it.
pub(crate) fn check_windows(built: &Path, wine: &Wine) -> Result<String> {
    let out = tempfile::tempdir().context("no temporary folder for the package")?;
    let package = Package::new(Some(Target::Windows))?;
    let made = package.make(built, out.path())?;
    windows::try_out(wine, &made.archive, &package)
}

/// What is packed, and for which system.
struct Package {
    metadata: Metadata,
    programs: Vec<&'static str>,
    system: System,
    version: String,
    /// Of the folder and the archive.
    name: String,
}

/// A package that was made.
struct Made {
    archive: PathBuf,
    /// How many crates are linked, whose licences it has.
    linked: usize,
}

impl Package {
    fn new(target: Option<Target>) -> Result<Self> {
        let system = target.map_or(System::HERE, Target::system);
        let metadata = Metadata::read(target.map(Target::triple))?;
        let programs = PROGRAMS.into_iter().filter(|name| metadata.has_member(name)).collect();
        let version = metadata.version("overlay")?.to_owned();
        let name = format!("balatro-lens-{version}-{}-{}", system.os, system.arch);
        Ok(Self { metadata, programs, system, version, name })
    }

    /// Packs programs that lie in the folder `built`.
    fn make(&self, built: &Path, out: &Path) -> Result<Made> {
        let folder = out.join(&self.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for program in &self.programs {
            let file = format!("{program}{}", self.system.exe_suffix());
            copy(&built.join(&file), &folder.join(&file))?;
        }
        runtime_files(&setup::runtime(self.system)?, &folder)?;
        data(&workspace::root().join("data"), &folder.join("data"))?;
        for file in PAGES {
            copy(&workspace::root().join(file), &folder.join(file))?;
        }
        let docs = workspace::root().join("docs");
        for (file, inside) in files(&docs, "docs")? {
            copy(&file, &folder.join(inside))?;
        }
        let font = "DejaVuSans-Bold.LICENSE.txt";
        copy(
            &workspace::root().join("shared/lens-core/assets").join(font),
            &folder.join("licences/font").join(font),
        )?;
        let linked = licences::collect(&self.metadata, &self.programs, &folder.join("licences"))?;
        if self.system.os == "linux" {
            fs::write(folder.join("balatro-lens.svg"), icon::svg())?;
            fs::write(folder.join("balatro-lens.desktop"), DESKTOP_ENTRY)?;
        }
        let archive = out.join(format!("{}.zip", self.name));
        zip(&folder, &self.name, &archive)?;
        Ok(Made { archive, linked })
    }
}

const DESKTOP_ENTRY: &str = "\
[Desktop Entry]
Type=Application
Name=Balatro Lens
Comment=Names the cards of a running Balatro
Exec=overlay
Icon=balatro-lens
Terminal=false
Categories=Game;Utility;
";

fn build(programs: &[&str], profile: Profile, target: Option<Target>) -> Result<PathBuf> {
    let (mut command, folder) = match target {
        Some(Target::Windows) => {
            let (mut command, folder) = platforms::builder_for_windows()?;
            // Of the default members, without the trainer: there is no libtorch for it here.
            command.args(["build", "--target", platforms::WINDOWS]);
            (command, folder)
        }
        None => {
            let mut command = workspace::cargo();
            // The features of the whole workspace, as everything else is built: nothing compiles
            // twice.
            command.args(["build", "--workspace"]);
            (command, workspace::target())
        }
    };
    if profile == Profile::Release {
        command.arg("--release");
    }
    if target.map_or(System::HERE, Target::system).os != "linux" {
        // Its sources in C need that system's compiler, so that only packages have it there.
        command.args(INTERPRETER);
    }
    for program in programs {
        command.args(["--bin", program]);
    }
    workspace::check(&mut command)?;
    Ok(folder.join(if profile == Profile::Release { "release" } else { "debug" }))
}

/// The library, what it loads itself, and its licences.
fn runtime_files(library: &Path, folder: &Path) -> Result<()> {
    let source = library.parent().context("the library lies in a folder")?;
    let licences = folder.join("licences/onnxruntime");
    fs::create_dir_all(&licences)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let text = name.to_string_lossy();
        let is_library = [".so", ".dll", ".dylib"].iter().any(|part| text.contains(part));
        if is_library && text.contains("onnxruntime") || text == "DirectML.dll" {
            copy(&path, &folder.join(&name))?;
        } else if ["LICENSE", "ThirdPartyNotices.txt"].contains(&&*text) {
            copy(&path, &licences.join(&name))?;
        }
    }
    let name = library.file_name().unwrap_or_default();
    ensure!(folder.join(name).is_file(), "{} was not packed", library.display());
    Ok(())
}

/// Catalogues, and the files of each model that came with the project.
fn data(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from.join("catalogues"))? {
        let path = entry?.path();
        copy(&path, &to.join("catalogues").join(path.file_name().unwrap_or_default()))?;
    }
    for model in MODELS.map(|name| from.join("models").join(name)) {
        // One that was taken out.
        if !model.join(MANIFEST).is_file() {
            continue;
        }
        for entry in fs::read_dir(&model)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if name == MANIFEST || path.extension().is_some_and(|it| it == "onnx") {
                copy(&path, &to.join("models").join(model.file_name().unwrap_or_default()).join(name))?;
            }
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Packs a folder; programs stay executable.
fn zip(folder: &Path, name: &str, archive: &Path) -> Result<()> {
    let file = File::create(archive)?;
    let mut zip = ZipWriter::new(file);
    for (path, relative) in files(folder, name)? {
        let executable = PROGRAMS.iter().any(|program| {
            path.file_stem().is_some_and(|stem| stem == *program) && path.parent() == Some(folder)
        });
        let mode = if executable { 0o755 } else { 0o644 };
        zip.start_file(relative, SimpleFileOptions::default().unix_permissions(mode).large_file(true))?;
        io::copy(&mut File::open(&path)?, &mut zip)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// All files below a folder in order, and their names in the archive.
fn files(folder: &Path, name: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), name.to_owned())];
    while let Some((folder, name)) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let inside = format!("{name}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), inside));
            } else {
                found.push((entry.path(), inside));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Unpacks into a clean folder and uses what is there, with nothing of this machine at hand: names
/// the cards of an image, lets the doctor look at the models, puts itself into the menu.
fn try_out(archive: &Path, name: &str) -> Result<usize> {
    let place = archive.with_extension("trial");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    zip::ZipArchive::new(File::open(archive)?)?.extract(&place)?;
    let trial = Trial { folder: place.join(name), home: place.join("home") };
    fs::create_dir_all(&trial.home)?;
    let picture = workspace::picture()?;
    let named =
        trial.run("overlay", &["identify", "--model", "practice", "--json", &picture.to_string_lossy()])?;
    let answer: serde_json::Value = serde_json::from_slice(&named)?;
    let cards = answer[0]["cards"].as_array().map_or(0, |cards| {
        cards.iter().filter(|card| card["known"] == serde_json::Value::Bool(true)).count()
    });
    ensure!(cards > 0, "the packed overlay named no card in {}", picture.display());
    for program in PROGRAMS {
        trial.run(program, &["--version"])?;
    }
    if System::HERE.os == "linux" {
        trial.run("overlay", &["desktop-entry"])?;
        let entry = fs::read_to_string(trial.home.join(".local/share/applications/balatro-lens.desktop"))?;
        let program = trial.folder.join("overlay");
        ensure!(entry.contains(&format!("Exec=\"{}\"", program.display())), "not in the menu:\n{entry}");
    }
    fs::remove_dir_all(&place)?;
    Ok(cards)
}

/// An unpacked package, and the empty home of whoever tries it.
struct Trial {
    folder: PathBuf,
    home: PathBuf,
}

impl Trial {
    /// Runs one of the programs; answers what it printed.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let mut command = Command::new(self.folder.join(format!("{program}{}", System::HERE.exe_suffix())));
        command.args(arguments).current_dir(&self.home);
        // Neither the cache nor the data of whoever packs may help.
        command.env_clear().env("HOME", &self.home).env("BALATRO_LENS_CACHE", self.home.join("no cache"));
        for kept in ["SystemRoot", "TEMP", "TMP"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        let output = command.output().with_context(|| format!("the packed {program} does not start"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the packed {program} failed at {arguments:?}:\n{said}");
        Ok(output.stdout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_packed_pages_link_to_is_packed() {
        let docs = files(&workspace::root().join("docs"), "docs").unwrap();
        let packed: Vec<String> =
            docs.into_iter().map(|(_, inside)| inside).chain(PAGES.map(str::to_owned)).collect();
        let mut links = 0;
        for page in packed.iter().filter(|page| page.ends_with(".md")) {
            let text = fs::read_to_string(workspace::root().join(page)).unwrap();
            for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
                if link.starts_with("http") || link.is_empty() {
                    continue;
                }
                let target = beside(page, link);
                assert!(packed.contains(&target), "{page} links to {target}, which is not packed");
                links += 1;
            }
        }
        assert!(links > 100, "the pages link to each other: {links}");
    }

    /// A link as it is meant on a page.
    fn beside(page: &str, link: &str) -> String {
        let mut parts: Vec<&str> = page.split('/').collect();
        parts.pop();
        for part in link.split('/') {
            match part {
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    #[test]
    fn a_user_s_own_cards_and_models_stay_at_home() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        for file in [
            "catalogues/game.json",
            "models/practice/model.json",
            "models/practice/detector.onnx",
            "models/practice/gallery.json",
            "models/practice/gallery.old.json",
            "models/practice/gallery.forgotten.json",
            "models/practice/.gallery.lock",
            "models/practice/sprites.json",
            "models/practice/notes.txt",
            "models/mine/model.json",
            "models/mine/detector.onnx",
            "screenshots/frame.png",
        ] {
            let path = from.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let to = folder.path().join("to");
        data(&from, &to).unwrap();
        let packed: Vec<String> = files(&to, "data").unwrap().into_iter().map(|(_, name)| name).collect();
        let want = [
            "data/catalogues/game.json",
            "data/models/practice/detector.onnx",
            "data/models/practice/model.json",
        ];
        assert_eq!(packed, want);
    }
}
