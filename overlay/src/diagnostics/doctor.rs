//! What works on this machine, what does not, and what helps: for players, and for whoever reads their reports.
//!
//! Each part is looked at on its own; none can keep the others from being told.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::desktop::window;

pub mod bundle;
mod desktop;
mod recognition;

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should.
    Good,
    /// With less, or it cannot be told now.
    Less,
    /// Not at all: the overlay cannot run like this.
    Bad,
}

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How well it works.
    pub verdict: Verdict,
    /// Details; what helps, where something is to be done.
    pub lines: Vec<String>,
}

impl Finding {
    fn new(name: impl Into<String>, verdict: Verdict, text: impl fmt::Display) -> Self {
        let lines = text.to_string().lines().map(str::to_owned).collect();
        Self { name: name.into(), verdict, lines }
    }

    fn good(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Good, text)
    }

    fn less(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Less, text)
    }

    fn bad(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Bad, text)
    }

    fn line(mut self, text: impl fmt::Display) -> Self {
        self.lines.extend(text.to_string().lines().map(str::to_owned));
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => "good",
            Verdict::Less => "less",
            Verdict::Bad => "BAD",
        };
        let mut lines = self.lines.iter();
        let first = lines.next().map_or("", String::as_str);
        write!(formatter, "{mark:<5}{:<18}{first}", self.name)?;
        for line in lines {
            write!(formatter, "\n{:23}{line}", "")?;
        }
        Ok(())
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The data folder.
    pub data: PathBuf,
    /// Pictures of the practice table that are recognised to see how fast it goes.
    pub pictures: usize,
}

/// Looks at everything; `found` is told at once, for some parts take seconds.
pub fn examine(scope: &Scope, mut found: impl FnMut(&Finding)) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut tell = |findings: Vec<Finding>| {
        findings.iter().for_each(&mut found);
        all.extend(findings);
    };
    tell(vec![machine(), data(&scope.data), running(&scope.data)]);
    tell(desktop::examine());
    tell(recognition::examine(scope));
    all
}

fn machine() -> Finding {
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let name = std::fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_owned())
    });
    let name = name.map_or_else(String::new, |name| format!(" ({name})"));
    Finding::good("machine", format!("Balatro Lens {version} on {os} {arch}{name}, {cores} cores"))
}

fn data(folder: &Path) -> Finding {
    if !folder.join("catalogues").is_dir() {
        let text = format!(
            "{} holds no catalogues\nhelp: set BALATRO_LENS_DATA to the data folder",
            folder.display()
        );
        return Finding::bad("data", text);
    }
    let trial = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&trial, "x").and_then(|()| std::fs::remove_file(&trial));
    match written {
        Ok(()) => Finding::good("data", folder.display()),
        Err(error) => {
            let text = format!(
                "{} cannot be written: {error}\ncaptures, the API's token and reports need it",
                folder.display()
            );
            Finding::less("data", text)
        }
    }
}

fn running(data: &Path) -> Finding {
    let name = "overlay and API";
    match lens_client::Client::find_in(data).and_then(|client| client.cards()) {
        Ok(cards) => Finding::good(name, format!("running, {:?}, {} cards", cards.state, cards.cards.len())),
        Err(error @ lens_client::ClientError::NotRunning(_)) => {
            Finding::less(name, error.to_string().lines().next().unwrap_or_default())
        }
        Err(error) => Finding::less(name, error),
    }
}

/// The windows of the desktop, or why they cannot be listed.
fn windows() -> Result<Vec<crate::messages::window::WindowInfo>, window::DesktopError> {
    window::list()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_told_with_all_their_lines() {
        let text = Finding::bad("runtime", "not found\nhelp: set it up").line("last").to_string();
        assert_eq!(
            text,
            format!("BAD  runtime           not found\n{0}help: set it up\n{0}last", " ".repeat(23))
        );
    }

    #[test]
    fn a_folder_without_data_is_bad_and_help_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let finding = data(folder.path());
        assert_eq!(finding.verdict, Verdict::Bad);
        assert!(finding.lines[1].starts_with("help: "), "{finding}");
        std::fs::create_dir(folder.path().join("catalogues")).unwrap();
        assert_eq!(data(folder.path()).verdict, Verdict::Good);
        assert_eq!(running(folder.path()).verdict, Verdict::Less, "nobody runs there");
    }
}
