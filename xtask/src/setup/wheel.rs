//! Asks `pip` where a wheel is. Nothing is downloaded here, and no registry is named: a mirror, a
//! proxy or a folder of wheels that the user has set up for `pip` is used as it is.

use std::env;
use std::io::IsTerminal as _;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{System, hashes};
use crate::workspace::has_program;

/// A file to download.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    /// Its name.
    pub(super) file_name: String,
    /// Where it is; `file:` when `pip` is set up with a folder of wheels.
    pub(super) url: String,
    /// Its hash in hexadecimal, as it is known here.
    pub(super) sha256: String,
}

#[derive(Deserialize)]
struct Report {
    install: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    download_info: Download,
}

#[derive(Deserialize)]
struct Download {
    url: String,
}

/// Any Python that the wheels are built for: only native libraries are taken out of them.
const PYTHON: &str = "3.11";

/// A Python with pip, which is to look for `package`.
pub(super) fn python(package: &str) -> Result<&'static str> {
    let found =
        ["python3", "python", "py"].into_iter().find(|it| has_program(it, &["-m", "pip", "--version"]));
    found.with_context(|| {
        format!("cannot look for {package}: no Python with pip was found\nhelp: {}", pip_help())
    })
}

/// Finds the wheel of `package`, for example `onnxruntime==1.31.1`, for a system.
pub(super) fn locate(package: &str, system: System) -> Result<Wheel> {
    let python = python(package)?;
    // With `--dry-run` nothing is written to the target, but other platforms' wheels ask for one.
    let target = env::temp_dir().join("balatro-lens-no-target");
    if std::io::stderr().is_terminal() {
        eprintln!("Asking pip where {package} is");
    }
    let output = Command::new(python)
        .args(["-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"])
        .args(["--only-binary=:all:", "--report", "-", "--quiet", "--disable-pip-version-check"])
        .args(["--retries", "2", "--python-version", PYTHON])
        .args(platforms(system)?.iter().flat_map(|platform| ["--platform", platform]))
        .arg("--target")
        .arg(target)
        .arg(package)
        .output()
        .with_context(|| format!("cannot start {python}"))?;
    if !output.status.success() {
        bail!("{}", explain(package, &String::from_utf8_lossy(&output.stderr)));
    }
    let (file_name, url) =
        parse(&output.stdout).with_context(|| format!("pip's report on {package} makes no sense"))?;
    let sha256 = hashes::of(&file_name)?.to_owned();
    Ok(Wheel { file_name, url, sha256 })
}

/// The name of the file, and where it is. What the index says of its content is not asked.
fn parse(report: &[u8]) -> Result<(String, String)> {
    let report: Report = serde_json::from_slice(report)?;
    let download = report.install.into_iter().next().context("it is empty")?.download_info;
    let path = download.url.split(['?', '#']).next().unwrap_or_default();
    let file_name = path.rsplit('/').next().filter(|name| name.ends_with(".whl"));
    let file_name = file_name.with_context(|| format!("{} is no wheel", download.url))?.to_owned();
    Ok((file_name, download.url))
}

/// The platform's names in wheels, newest first: the index may have any of them.
fn platforms(System { os, arch }: System) -> Result<Vec<String>> {
    Ok(match (os, arch) {
        ("linux", "x86_64" | "aarch64") => {
            let minor = (17..=28).rev().map(|minor| format!("manylinux_2_{minor}_{arch}"));
            minor.chain([format!("manylinux2014_{arch}")]).collect()
        }
        ("macos", "aarch64") => (11..=14).rev().map(|major| format!("macosx_{major}_0_arm64")).collect(),
        ("windows", "x86_64") => vec!["win_amd64".to_owned()],
        ("windows", "aarch64") => vec!["win_arm64".to_owned()],
        _ => bail!(
            "no prebuilt library is known for {os} on {arch}\nhelp: build it yourself, then set ORT_DYLIB_PATH \
             (ONNX Runtime) or LIBTORCH (libtorch)"
        ),
    })
}

fn explain(package: &str, stderr: &str) -> String {
    let help = if stderr.contains("no such option") {
        "this pip is older than 22.2; help: python3 -m pip install --user --upgrade pip"
    } else if stderr.contains("CERTIFICATE_VERIFY_FAILED") {
        "the server's certificate is not trusted; help: set PIP_CERT to your organisation's certificate file"
    } else if stderr.contains("from versions: none") || stderr.contains("Connection") {
        "the package index cannot be reached; help: check the network, a proxy (HTTPS_PROXY) and pip's index-url"
    } else {
        "pip does not offer it for this system"
    };
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    format!("cannot find {package}: {help}\npip says: {last}")
}

fn pip_help() -> &'static str {
    match env::consts::OS {
        "linux" => {
            "install it with your package manager: apt-get install python3-pip (Debian, Ubuntu), dnf install \
                    python3-pip (Fedora), pacman -S python-pip (Arch)"
        }
        "macos" => "xcode-select --install brings python3 with pip",
        _ => "winget install Python.Python.3.12",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_place_from_a_report() {
        let report = br#"{"version": "1", "install": [{"download_info": {"url": "https://host/a/b/c-1.0-py3-none-any.whl#x",
            "archive_info": {"hash": "sha256=AB12"}}}]}"#;
        let (file_name, url) = parse(report).unwrap();
        assert_eq!(
            (file_name.as_str(), url.starts_with("https://host/a/b/")),
            ("c-1.0-py3-none-any.whl", true)
        );
        assert!(parse(br#"{"install": []}"#).is_err());
    }

    #[test]
    fn pips_complaints_become_advice() {
        let check = |stderr: &str, want: &str| {
            let text = explain("p==1", stderr);
            assert!(text.contains(want), "{text}");
        };
        check(
            "ERROR: Could not find a version that satisfies p==1 (from versions: none)",
            "cannot be reached",
        );
        check("no such option: --report", "older than 22.2");
        check("ERROR: Could not find a version (from versions: 1.0)", "does not offer");
    }
}
