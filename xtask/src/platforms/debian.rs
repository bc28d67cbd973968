//! Debian's own compiler, with the standard library of another platform built from its matching
//! sources.
//!
//! Only the library is built with an unstable switch. The workspace itself is then checked by plain
//! stable flags, so that no build script is led to turn on features of a nightly compiler. The
//! library goes into the cache folder: nothing beside the packages is installed into the system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::setup::{apt_install, install_folder, is_debian, is_root, missing_on_debian};
use crate::{paths, workspace};

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev", "rust-web-src"];
/// Makes the import libraries that the standard library for Windows is built with.
const WINDOWS_TOOLS: &str = "binutils-mingw-w64-x86-64";
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// Whether this way is open: Debian, and the packages are there or can be installed.
pub(super) fn is_possible(target: &str) -> Result<bool> {
    if !is_debian() {
        return Ok(false);
    }
    let known = || {
        let output = Command::new("apt-cache").args(["show", PACKAGES[0]]).output();
        output.is_ok_and(|output| output.status.success())
    };
    Ok(missing(target)?.is_empty() || is_root() && known())
}

/// Installs the compiler, builds the target's library if need be, and gives cargo.
pub(super) fn checker(target: &str) -> Result<Command> {
    let missing = missing(target)?;
    if !missing.is_empty() {
        apt_install(&missing)?;
    }
    let compiler = output(Command::new(RUSTC).arg("-vV"))?;
    let sysroot = paths::cache().join(format!("std-{target}"));
    let stamp = sysroot.join("compiler.txt");
    let done = || fs::read_to_string(&stamp).is_ok_and(|text| text == compiler);
    install_folder(&sysroot, done, |folder| build_library(target, folder, &compiler))?;
    let mut cargo = cargo();
    cargo.current_dir(workspace::root());
    // Only what is checked for the target looks there: build scripts and macros are this machine's.
    let flags = format!("CARGO_TARGET_{}_RUSTFLAGS", target.to_uppercase().replace('-', "_"));
    cargo.env(flags, format!("--sysroot={}", sysroot.display()));
    Ok(cargo)
}

fn missing(target: &str) -> Result<Vec<&'static str>> {
    let mut missing = missing_on_debian(&PACKAGES)?;
    if target.contains("windows") {
        missing.extend(missing_on_debian(&[WINDOWS_TOOLS])?);
    }
    Ok(missing)
}

/// Builds the library of an empty crate and keeps only that.
fn build_library(target: &str, sysroot: &Path, compiler: &str) -> Result<()> {
    let started = Instant::now();
    println!("building the standard library for {target}, once");
    let work = sysroot.join("work");
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "")?;
    // Not optimised: it is only ever read for its types.
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
                    [profile.dev]\ndebug = false\nincremental = false\n";
    fs::write(work.join("Cargo.toml"), manifest)?;
    let mut build = cargo();
    build
        .current_dir(&work)
        .args(["build", "--quiet", "--target", target])
        // Programs are checked, not their tests; and no line of a backtrace is ever looked up.
        .args(["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features=panic-unwind"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", work.join("target"));
    workspace::check(&mut build)?;
    let libraries: PathBuf = sysroot.join("lib/rustlib").join(target).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(work.join("target").join(target).join("debug/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            fs::rename(&path, libraries.join(name))?;
        }
    }
    fs::remove_dir_all(&work)?;
    fs::write(sysroot.join("compiler.txt"), compiler)?;
    println!("built in {:.0} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// Debian's cargo with Debian's compiler: `PATH` finds `rustup`'s first.
fn cargo() -> Command {
    let mut command = Command::new(CARGO);
    command.env("RUSTC", RUSTC).env("RUSTDOC", "/usr/bin/rustdoc");
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
