//! Packages of the operating system: says which are missing, and installs them where that is safe
//! to do.
//!
//! Only on Debian and its children, and only as root, is anything installed; everybody else gets
//! one line to run.

use std::io::{BufRead, Write};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::workspace::has_program;

/// What the packages are for, beside building and running the overlay.
#[derive(Clone, Copy)]
pub(super) struct Groups {
    /// Running the tests: a virtual display and a software renderer.
    pub(super) tests: bool,
    /// Building the trainer.
    pub(super) trainer: bool,
    /// Downloading wheels.
    pub(super) pip: bool,
}

/// Whether packages may be installed without a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// They may.
    Given,
    /// The user is asked first.
    Ask,
}

/// A family of Linux distributions, with its names for the packages.
struct Family {
    ids: &'static [&'static str],
    build: &'static [&'static str],
    run: &'static [&'static str],
    tests: &'static [&'static str],
    trainer: &'static [&'static str],
    pip: &'static [&'static str],
    install: &'static str,
    /// Prints what is missing, given package names.
    missing: fn(&[&'static str]) -> Result<Vec<&'static str>>,
}

const FAMILIES: [Family; 3] = [
    Family {
        ids: &["debian", "ubuntu"],
        build: &[
            "gcc",
            "libc6-dev",
            "pkg-config",
            "libclang-dev",
            "libpipewire-0.3-dev",
            "libgbm-dev",
            "libegl-dev",
            "libxcb1-dev",
            "libxcb-randr0-dev",
            "libwayland-dev",
            "libdbus-1-dev",
        ],
        run: &[
            "libvulkan1",
            "mesa-vulkan-drivers",
            "libgl1-mesa-dri",
            "libegl1",
            "libx11-6",
            "libx11-xcb1",
            "libxcursor1",
            "libxi6",
            "libxkbcommon-x11-0",
        ],
        tests: &[
            "xvfb",
            "openbox",
            "picom",
            "xdotool",
            "x11-utils",
            "dbus-daemon",
            "love",
            "i3-wm",
            "strace",
            "fonts-noto-cjk",
        ],
        trainer: &["g++"],
        pip: &["python3-pip"],
        install: "apt-get install --yes --no-install-recommends",
        missing: missing_on_debian,
    },
    Family {
        ids: &["fedora", "rhel", "centos"],
        build: &[
            "gcc",
            "pkgconf-pkg-config",
            "clang-devel",
            "pipewire-devel",
            "mesa-libgbm-devel",
            "mesa-libEGL-devel",
            "libxcb-devel",
            "wayland-devel",
            "dbus-devel",
        ],
        run: &[
            "vulkan-loader",
            "mesa-vulkan-drivers",
            "mesa-dri-drivers",
            "libXcursor",
            "libXi",
            "libxkbcommon-x11",
        ],
        tests: &[
            "xorg-x11-server-Xvfb",
            "openbox",
            "picom",
            "xdotool",
            "xprop",
            "setxkbmap",
            "dbus-daemon",
            "love",
            "i3",
            "strace",
            "google-noto-sans-cjk-fonts",
        ],
        trainer: &["gcc-c++"],
        pip: &["python3-pip"],
        install: "dnf install",
        missing: |names| absent_lines("rpm", &["-q", "--whatprovides"], names, "no package provides "),
    },
    Family {
        ids: &["arch"],
        build: &["gcc", "pkgconf", "clang", "libpipewire", "mesa", "libxcb", "wayland", "dbus"],
        run: &["vulkan-icd-loader", "vulkan-swrast", "libxcursor", "libxi", "libxkbcommon-x11"],
        tests: &[
            "xorg-server-xvfb",
            "openbox",
            "picom",
            "xdotool",
            "xorg-xprop",
            "xorg-setxkbmap",
            "dbus",
            "love",
            "i3-wm",
            "strace",
            "noto-fonts-cjk",
        ],
        trainer: &[],
        pip: &["python-pip"],
        install: "pacman -S --needed",
        missing: |names| absent_lines("pacman", &["-T"], names, ""),
    },
];

/// Installs what is missing, or says how.
pub(super) fn install(groups: Groups, consent: Consent) -> Result<()> {
    match std::env::consts::OS {
        "linux" => {}
        "macos" if !has_program("xcode-select", &["-p"]) => {
            bail!("Apple's command line tools are missing\nhelp: run `xcode-select --install`")
        }
        // Rust's own installer has seen to the compiler, and nothing else is needed.
        _ => return Ok(()),
    }
    let Some(family) = family(&os_release()) else {
        eprintln!(
            "note: the packages of this distribution are not known; the build needs development files of: pipewire, \
             gbm, egl, xcb, wayland, dbus, and libclang"
        );
        return Ok(());
    };
    let mut names: Vec<&'static str> = [family.build, family.run].concat();
    if groups.tests {
        names.extend(family.tests);
    }
    if groups.trainer {
        names.extend(family.trainer);
    }
    let mut missing = (family.missing)(&names)?;
    if groups.pip && !has_program("python3", &["-m", "pip", "--version"]) {
        missing.extend(family.pip);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("{} {}", family.install, missing.join(" "));
    if !(is_root() && family.install.starts_with("apt-get")) {
        bail!("system packages are missing\nhelp: run this, then the same command again:\n\n  sudo {line}\n");
    }
    if consent == Consent::Ask && !ask(&format!("Install {}? [Y/n] ", missing.join(" ")))? {
        bail!("system packages are missing\nhelp: {line}");
    }
    apt_install(&missing)
}

/// Any of them runs the test of the page for OBS.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser for the test of the page for OBS.
pub(crate) fn browser() -> Result<&'static str, String> {
    let found = BROWSERS.into_iter().find(|name| has_program(name, &["--version"]));
    found.ok_or_else(|| format!("none of {} is installed", BROWSERS.join(", ")))
}

/// Installs a browser where that is one package and allowed; one test wants it, and says so when
/// there is none.
pub(super) fn try_to_install_browser() {
    if browser().is_err() {
        // On Debian's children it comes in another way.
        try_to_install(&["chromium"]);
    }
}

/// Installs packages that are not needed for anything else, where that is allowed; says why not.
pub(crate) fn try_to_install(packages: &[&str]) -> bool {
    if !(is_debian() && is_root()) {
        return false;
    }
    let installed = apt_install(packages);
    if let Err(error) = &installed {
        eprintln!("note: {error:#}");
    }
    installed.is_ok()
}

/// Installs packages on Debian; the caller is root.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    println!("Installing {} system packages: {}", packages.len(), packages.join(" "));
    let apt = |words: &[&str]| -> Result<bool> {
        let output = Command::new("apt-get")
            .args(["-qq", "-o", "DPkg::Lock::Timeout=600"])
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .context("cannot start apt-get")?;
        if !output.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(output.status.success())
    };
    // Old lists may still be good enough when the network is away.
    apt(&["update"])?;
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    if !apt(&install)? && !apt(&install)? {
        bail!("apt-get could not install: {}\nhelp: see its words above", packages.join(" "));
    }
    Ok(())
}

/// Which of these packages Debian's database does not call installed.
pub(crate) fn missing_on_debian(names: &[&'static str]) -> Result<Vec<&'static str>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .output()
        .context("cannot start dpkg-query")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let installed: Vec<_> = text.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(names.iter().copied().filter(|name| !installed.contains(name)).collect())
}

/// Whether this process may install packages.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether this is Debian itself, not one of its children.
pub(crate) fn is_debian() -> bool {
    os_release().lines().any(|line| line == "ID=debian")
}

fn os_release() -> String {
    fs::read_to_string("/etc/os-release").unwrap_or_default()
}

fn family(os_release: &str) -> Option<&'static Family> {
    let words = |key: &str| {
        let value =
            os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        unquoted(value).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let ids = [words("ID"), words("ID_LIKE")].concat();
    FAMILIES.iter().find(|family| ids.iter().any(|id| family.ids.contains(&id.as_str())))
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches('"')
}

fn absent_lines(
    program: &str,
    arguments: &[&str],
    names: &[&'static str],
    prefix: &str,
) -> Result<Vec<&'static str>> {
    let output = Command::new(program)
        .args(arguments)
        .args(names)
        .env("LC_ALL", "C")
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let absent: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(prefix)).collect();
    Ok(names.iter().copied().filter(|name| absent.contains(name)).collect())
}

fn ask(question: &str) -> Result<bool> {
    print!("{question}");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(!answer.trim().to_lowercase().starts_with('n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_told_by_their_own_name_or_their_parents() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(family(text).map(|family| family.ids[0]), want, "{text}");
        };
        check("NAME=x\nID=debian\n", Some("debian"));
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some("debian"));
        check("ID=\"nobara\"\nID_LIKE=\"rhel centos fedora\"\n", Some("fedora"));
        check("ID=cachyos\nID_LIKE=arch\n", Some("arch"));
        check("ID=nixos\n", None);
        check("", None);
    }
}
