//! libtorch for the trainer: the processor's part of the `torch` wheel, and a link to it in the
//! workspace.
//!
//! On Linux the wheel is the CUDA build. What a machine without an NVIDIA card needs of it is an
//! eighth of its size; the two small CUDA libraries are there because the processor's part links to
//! them. A user with a card points `LIBTORCH` to a full libtorch instead.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use super::{System, archive, download, install_folder, wheel};
use crate::{paths, workspace};

const VERSION: &str = "2.13.0";
/// What the Linux build of the processor's part links to, with the name of the library in it.
const COMPANIONS: [(&str, &str); 2] =
    [("nvidia-cuda-runtime==13.0.96", "libcudart.so.13"), ("nvidia-cuda-cupti==13.0.85", "libcupti.so.13")];

/// Whether [`install`] would have nothing to download.
pub(super) fn is_installed() -> bool {
    user_folder(&link()).is_some() || is_whole(&cached())
}

/// Installs libtorch unless it is there; returns its folder.
pub(super) fn install() -> Result<PathBuf> {
    let link = link();
    if let Some(folder) = user_folder(&link) {
        return Ok(folder);
    }
    if cfg!(all(target_os = "linux", not(target_arch = "x86_64"))) {
        bail!(
            "libtorch is not fetched for Linux on {}\nhelp: get libtorch {VERSION} and set LIBTORCH to its folder",
            env::consts::ARCH
        );
    }
    let folder = cached();
    install_folder(&folder, || is_whole(&folder), fill)?;
    point(&link, &folder)?;
    Ok(folder)
}

fn link() -> PathBuf {
    workspace::root().join(".libtorch")
}

fn cached() -> PathBuf {
    paths::cache().join(format!("libtorch-{VERSION}"))
}

fn is_whole(folder: &Path) -> bool {
    fs::read_to_string(folder.join("build-version")).is_ok_and(|text| text.trim() == VERSION)
}

/// A libtorch of the user's own: the variable, or a real folder where the link would be.
fn user_folder(link: &Path) -> Option<PathBuf> {
    // Cargo sets the variable to the link for whatever it runs, so that value is not the user's.
    let own = env::var_os("LIBTORCH").map(PathBuf::from).filter(|path| path != link);
    let real = || fs::symlink_metadata(link).is_ok_and(|it| it.is_dir()) && fs::read_link(link).is_err();
    own.or_else(|| real().then(|| link.to_path_buf()))
}

fn fill(folder: &Path) -> Result<()> {
    let downloads = paths::cache().join("downloads");
    let torch = download::fetch(&wheel::locate(&format!("torch=={VERSION}"), System::HERE)?, &downloads)?;
    let count = archive::unpack(&torch, folder, place)?;
    let core = if cfg!(windows) { "torch_cpu.dll" } else { "libtorch_cpu" };
    let found = fs::read_dir(folder.join("lib")).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(core))
    });
    if !found {
        bail!("the torch {VERSION} wheel does not hold lib/{core} ({count} files taken)");
    }
    let mut used = vec![torch];
    if cfg!(target_os = "linux") {
        for (package, library) in COMPANIONS {
            let wheel = download::fetch(&wheel::locate(package, System::HERE)?, &downloads)?;
            let here = |member: &str| member.ends_with(library).then(|| Path::new("lib").join(library));
            if archive::unpack(&wheel, folder, here)? != 1 {
                bail!("{package} does not hold {library}");
            }
            used.push(wheel);
        }
        // The wheel's own libtorch.so asks for its CUDA part: this one leads the linker to the
        // processor's.
        fs::write(folder.join("lib/libtorch.so"), "INPUT(-ltorch_cpu)\n")?;
    }
    fs::write(folder.join("build-version"), VERSION)?;
    for file in used {
        fs::remove_file(file)?;
    }
    Ok(())
}

fn place(member: &str) -> Option<PathBuf> {
    let inside = member.strip_prefix("torch/");
    if let Some(library) = inside.and_then(|path| path.strip_prefix("lib/")) {
        return is_needed(library).then(|| Path::new("lib").join(library));
    }
    if let Some(path) = inside.filter(|path| path.starts_with("include/")) {
        return Some(path.into());
    }
    let licence = member.starts_with("torch-") && member.ends_with("/licenses/LICENSE");
    licence.then(|| "LICENSE-torch".into())
}

fn is_needed(library: &str) -> bool {
    match env::consts::OS {
        "windows" => {
            let stem = library.split('.').next().unwrap_or_default();
            ["c10", "torch", "torch_cpu", "libiomp5md", "uv"].contains(&stem)
        }
        "macos" => {
            ["libc10.dylib", "libomp.dylib", "libtorch.dylib", "libtorch_cpu.dylib"].contains(&library)
        }
        _ => ["libc10.so", "libgomp.so.1", "libtorch_cpu.so"].contains(&library),
    }
}

/// Makes `.libtorch`, where `.cargo/config.toml` looks, lead to the folder.
fn point(link: &Path, folder: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|target| target == folder) {
        return Ok(());
    }
    if fs::symlink_metadata(link).is_ok() {
        remove_link(link)?;
    }
    make_link(link, folder).with_context(|| {
        format!(
            "cannot link {} to {}\nhelp: set LIBTORCH to the latter instead",
            link.display(),
            folder.display()
        )
    })
}

#[cfg(unix)]
fn make_link(link: &Path, folder: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(folder, link)?)
}

#[cfg(unix)]
fn remove_link(link: &Path) -> Result<()> {
    Ok(fs::remove_file(link)?)
}

/// A junction: unlike a symbolic link it needs no privilege.
#[cfg(windows)]
fn make_link(link: &Path, folder: &Path) -> Result<()> {
    workspace::check(std::process::Command::new("cmd").args(["/C", "mklink", "/J"]).arg(link).arg(folder))
}

#[cfg(windows)]
fn remove_link(link: &Path) -> Result<()> {
    Ok(fs::remove_dir(link)?)
}
