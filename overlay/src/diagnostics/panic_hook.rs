//! What is left behind when the program breaks: a report without personal paths, a line for the
//! player, and a terminal as it was.

use std::backtrace::Backtrace;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::diagnostics::redact::Redactor;

/// How `println!` and `eprintln!` panic when what reads the output has left, as `head` does: the
/// usual end of a pipe, not a bug.
const NOBODY_READS: &str = "failed printing to std";
/// The crate that parses mods and the game's settings.
const LUA_PARSER: &str = "full_moon";
/// Reports that are kept; older ones are removed.
const MAX_REPORTS: usize = 10;
/// Colours off, cursor on: whatever drew last may have been interrupted.
const TERMINAL_RESET: &str = "\x1b[0m\x1b[?25h";

/// The folder of crash reports in a data folder.
pub fn folder(data: &Path) -> PathBuf {
    data.join("reports")
}

/// Writes a report into `folder` whenever a thread panics.
pub fn install(folder: PathBuf) {
    std::panic::set_hook(Box::new(move |info| {
        if said(info).starts_with(NOBODY_READS) {
            std::process::exit(0);
        }
        // It panics on what is not Lua, which whoever reads mods and settings takes for an answer.
        if info.location().is_some_and(|place| place.file().contains(LUA_PARSER)) {
            return;
        }
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        let text = report(&thread, &said(info), info, &Backtrace::force_capture());
        let text = Redactor::for_this_user().clean(&text);
        let mut out = std::io::stderr().lock();
        // Nothing that goes wrong in here may be a second panic.
        if out.is_terminal() {
            let _ = out.write_all(TERMINAL_RESET.as_bytes());
        }
        let _ = match write(&folder, &text) {
            Ok(path) => writeln!(
                out,
                "overlay: something broke in the {thread} thread, which is a bug\nhelp: please attach {} to a report; \
                 it holds no personal paths",
                path.display()
            ),
            Err(error) => writeln!(
                out,
                "overlay: something broke in the {thread} thread, which is a bug; no report could be written into {} \
                 ({error}):\n{text}",
                folder.display()
            ),
        };
    }));
}

fn said(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().map(|it| (*it).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "nothing".into())
}

fn report(thread: &str, said: &str, info: &PanicHookInfo<'_>, trace: &Backtrace) -> String {
    let place = info.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
    format!(
        "Balatro Lens {} on {} {}\nthread: {thread}\nplace: {place}\nsaid: {said}\n\n{trace}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

/// Writes a report beside the earlier ones, of which the oldest go.
fn write(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    lens_core::files::private_folder(folder)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let path = folder.join(format!("crash-{now:020}.txt"));
    fs::write(&path, text)?;
    let mut all = reports(folder);
    for old in all.drain(..all.len().saturating_sub(MAX_REPORTS)) {
        fs::remove_file(old)?;
    }
    Ok(path)
}

/// The reports of a folder, the oldest first.
pub fn reports(folder: &Path) -> Vec<PathBuf> {
    let is_report = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Whoever gives one another name wants to keep it.
        let number = name.strip_prefix("crash-").and_then(|it| it.strip_suffix(".txt"));
        number.is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()))
    };
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(is_report)
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_reports_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("reports");
        fs::create_dir(&inside).unwrap();
        let others = ["crash-0 to be sent.txt", "crash-mine.txt"].map(|name| inside.join(name));
        others.iter().for_each(|path| fs::write(path, "mine").unwrap());
        let written: Vec<PathBuf> = (0..MAX_REPORTS + 3).map(|_| write(&inside, "x").unwrap()).collect();
        assert_eq!(reports(&inside), written[3..]);
        assert!(others.iter().all(|path| path.is_file()));
    }
}
