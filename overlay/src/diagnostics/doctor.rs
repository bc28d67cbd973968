//! What works on this machine, what does not, and what helps: for players, and for whoever reads
//! their reports.
//!
//! Each part is looked at on its own; none can keep the others from being told.

use std::path::Path;

use finding::Finding;
use lens_core::counted::counted;

pub mod bundle;
mod desktop;
pub mod finding;
mod recognition;
mod scope;

pub use scope::Scope;

/// Looks at everything; `found` is told at once, for some parts take seconds.
pub fn examine(scope: &Scope, mut found: impl FnMut(&Finding)) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut tell = |findings: Vec<Finding>| {
        findings.iter().for_each(&mut found);
        all.extend(findings);
    };
    tell(vec![machine(), data(&scope.data), running(&scope.data)]);
    tell(desktop::examine());
    if let Some(look) = scope.sight {
        let (verdict, text) = look();
        tell(vec![Finding::new("marks", verdict, text)]);
    }
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
    Finding::good(
        "machine",
        format!("Balatro Lens {version} on {os} {arch}{name}, {}", counted(cores, "core")),
    )
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
        Ok(cards) => {
            Finding::good(name, format!("running, {:?}, {}", cards.state, counted(cards.cards.len(), "card")))
        }
        Err(error @ lens_client::ClientError::NotRunning(_)) => {
            Finding::less(name, error.to_string().lines().next().unwrap_or_default())
        }
        Err(error) => Finding::less(name, error),
    }
}

#[cfg(test)]
mod tests {
    use super::finding::Verdict;
    use super::*;

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
