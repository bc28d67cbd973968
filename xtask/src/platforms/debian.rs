//! Debian's own compiler, with the standard library of another platform built from its matching sources.
//!
//! Only the library is built with an unstable switch. The workspace itself is then checked by plain stable flags, so
//! that no build script is led to turn on features of a nightly compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::setup::{apt_install, is_debian, is_root, missing_on_debian};
use crate::{paths, workspace};

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev", "rust-web-src"];
/// Makes the import libraries that the standard library for Windows is built with.
const WINDOWS_TOOLS: &str = "binutils-mingw-w64-x86-64";
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// Tells, beside a built library, which compiler it is for.
const STAMP: &str = ".built-for-balatro-lens";

/// Whether this way is open: Debian, and root, who may write beside the compiler.
pub(super) fn is_possible() -> Result<bool> {
    if !is_debian() || !is_root() {
        return Ok(false);
    }
    let known = Command::new("apt-cache").args(["show", PACKAGES[0]]).output();
    Ok(missing_on_debian(&PACKAGES)?.is_empty() || known.is_ok_and(|output| output.status.success()))
}

/// Installs the compiler, builds the target's library if need be, and gives cargo.
pub(super) fn checker(target: &str) -> Result<Command> {
    let mut missing = missing_on_debian(&PACKAGES)?;
    if target.contains("windows") {
        missing.extend(missing_on_debian(&[WINDOWS_TOOLS])?);
    }
    if !missing.is_empty() {
        apt_install(&missing)?;
    }
    let compiler = output(Command::new(RUSTC).arg("-vV"))?;
    let folder = PathBuf::from(output(Command::new(RUSTC).args(["--print", "sysroot"]))?.trim())
        .join("lib/rustlib")
        .join(target)
        .join("lib");
    if !fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == compiler) {
        build_library(target, &folder, &compiler)?;
    }
    Ok(cargo())
}

fn build_library(target: &str, folder: &Path, compiler: &str) -> Result<()> {
    let started = Instant::now();
    println!("building the standard library for {target}, once");
    let crate_folder = paths::cache().join(format!("std-{target}"));
    fs::create_dir_all(crate_folder.join("src"))?;
    fs::write(crate_folder.join("src/lib.rs"), "")?;
    // Not optimised: it is only ever read for its types.
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
                    [profile.dev]\ndebug = false\nincremental = false\n";
    fs::write(crate_folder.join("Cargo.toml"), manifest)?;
    let mut build = cargo();
    build
        .current_dir(&crate_folder)
        .args([
            "build",
            "--quiet",
            "-Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro",
            "--target",
            target,
        ])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", crate_folder.join("target"));
    workspace::check(&mut build)?;
    let built = crate_folder.join("target").join(target).join("debug/deps");
    fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            fs::copy(&path, folder.join(name))?;
        }
    }
    fs::write(folder.join(STAMP), compiler)?;
    fs::remove_dir_all(&crate_folder)?;
    println!("built in {:.0} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// Debian's cargo with Debian's compiler: `PATH` finds `rustup`'s first.
fn cargo() -> Command {
    let mut command = Command::new(CARGO);
    command.current_dir(workspace::root()).env("RUSTC", RUSTC).env("RUSTDOC", "/usr/bin/rustdoc");
    for variable in [
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTUP_TOOLCHAIN",
        "RUSTC_BOOTSTRAP",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(variable);
    }
    command
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot start Debian's compiler")?;
    if !output.status.success() {
        bail!("Debian's compiler ended with {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}
