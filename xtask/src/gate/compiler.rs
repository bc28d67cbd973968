//! A compiler that looks before it compiles: for each crate of the workspace clippy, then rustdoc,
//! then rustc.
//!
//! Clippy and rustdoc only need to know what the crates below offer, and the libraries that rustc
//! has built say that. `cargo clippy` and `cargo doc` have every dependency checked once more,
//! since cargo keeps what is checked apart from what is built. A clean clone has nothing to reuse
//! yet: there this saves more than half of the time of both.
//!
//! ```text
//! xtask test --cold ──starts itself, RUSTC_WORKSPACE_WRAPPER = a copy of xtask──▶ cargo
//! cargo ──▶ the copy ──▶ clippy, rustdoc, rustc
//! ```
//! A crate with something to say fails to build, so cargo keeps nothing of it and it is looked at
//! again the next time. What this compiler builds has names of its own: other builds neither use it
//! nor take its place.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::workspace;

/// By this name of its own file xtask knows that cargo has started it as a compiler.
const NAME: &str = "looking-rustc";

/// Whether cargo builds with this compiler.
pub(super) fn is_in_use() -> bool {
    env::var_os(workspace::COMPILER_VARIABLE).is_some_and(|path| is_own(&path))
}

/// Lays a copy of this program down, for cargo to start.
pub(super) fn install() -> Result<PathBuf> {
    // Cargo builds anew what another compiler has built, so rules for clippy that changed make
    // another one.
    let rules = fs::read(workspace::root().join("clippy.toml")).unwrap_or_default();
    let digest: String = Sha256::digest(rules).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let folder = workspace::target().join("looking").join(digest);
    let path = folder.join(NAME).with_extension(env::consts::EXE_EXTENSION);
    fs::create_dir_all(&folder)?;
    // Not the running file: cargo builds that anew, and it must not change under the compiler's
    // feet.
    fs::copy(env::current_exe().context("this program has no file")?, &path)?;
    Ok(path)
}

/// What a call of cargo ended with, when this program was started as a compiler.
pub(crate) fn called() -> Option<ExitCode> {
    let mut arguments = env::args_os();
    let own = arguments.next().filter(|path| is_own(path))?;
    let rustc = PathBuf::from(arguments.next()?);
    let folder = PathBuf::from(own).parent().map(Path::to_path_buf)?;
    let call = Call {
        arguments: arguments.collect(),
        program: env::var_os("CARGO_BIN_NAME"),
        metadata: folder.join("metadata"),
        pages: folder.join("pages"),
    };
    let ended = compile(&rustc, &call);
    Some(ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    }))
}

fn is_own(path: &OsStr) -> bool {
    Path::new(path).file_stem().is_some_and(|stem| stem == NAME)
}

fn compile(rustc: &Path, call: &Call) -> Result<ExitCode> {
    if call.compiles() {
        // Both are components of the pinned toolchain.
        let beside = |program| rustc.with_file_name(program).with_extension(env::consts::EXE_EXTENSION);
        let clippy = ("clippy-driver", call.for_clippy());
        let rustdoc = call.for_rustdoc().map(|arguments| ("rustdoc", arguments));
        for (program, arguments) in [clippy].into_iter().chain(rustdoc) {
            let status = workspace::status(Command::new(beside(program)).args(arguments))?;
            if !status.success() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    let status = workspace::status(Command::new(rustc).args(&call.arguments))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One call of the compiler by cargo.
struct Call {
    /// As they were given to rustc.
    arguments: Vec<OsString>,
    /// The program's name in its manifest; a test that is its own harness has none.
    program: Option<OsString>,
    /// Where clippy writes what nobody reads.
    metadata: PathBuf,
    /// Where rustdoc writes.
    pages: PathBuf,
}

impl Call {
    /// Whether a crate is compiled, rather than a question asked.
    fn compiles(&self) -> bool {
        self.value("--crate-name").is_some_and(|name| name != "___")
    }

    /// The same crate, for its metadata alone.
    fn for_clippy(&self) -> Vec<OsString> {
        let mut arguments = self.for_looking();
        arguments.extend(["--emit=metadata", "--out-dir"].map(OsString::from));
        arguments.push(self.metadata.clone().into());
        arguments
    }

    /// The same crate for rustdoc; `None` for what has no page: tests, examples, build scripts, and
    /// a program that is called like its library.
    fn for_rustdoc(&self) -> Option<Vec<OsString>> {
        let own_library = format!("{}=", self.value("--crate-name")?.to_string_lossy());
        let is_example =
            self.value("--out-dir").is_some_and(|folder| Path::new(folder).ends_with("examples"));
        let has_library = self.values("--extern").any(|it| it.to_string_lossy().starts_with(&own_library));
        let is_program = self.value("--crate-type").is_some_and(|kind| kind == "bin");
        if self.has("--test") || is_example || has_library || is_program && self.program.is_none() {
            return None;
        }
        let mut arguments = self.for_looking();
        if is_program {
            arguments.push("--document-private-items".into());
        }
        arguments.push("--out-dir".into());
        arguments.push(self.pages.clone().into());
        Some(arguments)
    }

    /// The arguments without those that say what is written, and with warnings as errors.
    ///
    /// Cargo goes on with the crates above as soon as it is told of metadata, so it must be told of
    /// rustc's alone.
    fn for_looking(&self) -> Vec<OsString> {
        let mut kept: Vec<OsString> = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            // Rustdoc knows no libraries to link.
            if ["--out-dir", "-l"].contains(&&*text) {
                arguments.next();
            } else if text.starts_with("--emit=") {
            } else if text == "-C" {
                let Some(option) = arguments.next() else { break };
                if !option.to_string_lossy().starts_with("incremental=") {
                    kept.extend([argument.clone(), option.clone()]);
                }
            } else if let Some(kinds) = text.strip_prefix("--json=") {
                let kinds: Vec<&str> = kinds.split(',').filter(|kind| *kind != "artifacts").collect();
                kept.push(format!("--json={}", kinds.join(",")).into());
            } else {
                kept.push(argument.clone());
            }
        }
        kept.push("--deny=warnings".into());
        kept
    }

    fn has(&self, argument: &str) -> bool {
        self.arguments.iter().any(|it| it == argument)
    }

    fn value<'a>(&'a self, name: &'a str) -> Option<&'a OsStr> {
        self.values(name).next()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a OsStr> {
        self.arguments.windows(2).filter(move |pair| pair[0] == name).map(|pair| pair[1].as_os_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &str, program: Option<&str>) -> Call {
        Call {
            arguments: arguments.split(' ').map(OsString::from).collect(),
            program: program.map(OsString::from),
            metadata: "M".into(),
            pages: "P".into(),
        }
    }

    #[test]
    fn what_looks_writes_nothing_that_cargo_waits_for() {
        let given = "--crate-name vision src/lib.rs --error-format=json --json=diagnostic-rendered-ansi,artifacts \
                     --crate-type lib --emit=dep-info,metadata,link -C opt-level=3 -C incremental=I -l dylib=c --out-dir D \
                     --extern log=liblog.rmeta";
        let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
        let kept = "--crate-name vision src/lib.rs --error-format=json --json=diagnostic-rendered-ansi \
                    --crate-type lib -C opt-level=3 --extern log=liblog.rmeta --deny=warnings";
        let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
        let call = call(&given, None);
        let words = |arguments: Vec<OsString>| arguments.join(OsStr::new(" ")).into_string().unwrap();
        assert_eq!(words(call.for_clippy()), format!("{kept} --emit=metadata --out-dir M"));
        assert_eq!(words(call.for_rustdoc().unwrap()), format!("{kept} --out-dir P"));
    }

    #[test]
    fn pages_are_of_libraries_and_of_programs_without_one() {
        let check = |arguments: &str, program: Option<&str>, want: bool| {
            let has_page = call(arguments, program).for_rustdoc().is_some();
            assert_eq!(has_page, want, "{arguments}");
        };
        check("--crate-name vision --crate-type lib --out-dir deps", None, true);
        check("--crate-name xtask --crate-type bin --out-dir deps", Some("xtask"), true);
        check("--crate-name overlay --crate-type bin --extern overlay=o.rlib", Some("overlay"), false);
        check("--crate-name vision --crate-type lib --test", None, false);
        check("--crate-name e2e_x11 --crate-type bin --cfg test", None, false);
        check("--crate-name speed --crate-type bin --out-dir debug/examples", Some("speed"), false);
        check("--crate-name build_script_build --crate-type bin", None, false);
    }

    #[test]
    fn questions_are_told_from_crates() {
        let check =
            |arguments: &str, want: bool| assert_eq!(call(arguments, None).compiles(), want, "{arguments}");
        check("-vV", false);
        check("- --crate-name ___ --print=file-names", false);
        check("--crate-name vision src/lib.rs", true);
    }
}
