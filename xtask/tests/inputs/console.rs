//! The command lines that the pages show, for the programs' own parsers to read.
//!
//! Included by path in the tests of each program: `$ NAME ARGUMENTS # what it does` in blocks of
//! console in, the arguments of one program out. Pipes and variables of the shell are absent.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose pages are read, below the workspace.
const FOLDERS: [&str; 12] = [
    "",
    "data",
    "docs",
    "labeller",
    "overlay",
    "trainer",
    "shared/client",
    "shared/dataset",
    "shared/lens-core",
    "shared/practice",
    "shared/synth",
    "shared/vision",
];

/// Each command of a program, with where it stands: the program's name, then its arguments.
pub(crate) fn commands(program: &str) -> Vec<(String, Vec<String>)> {
    let root = workspace();
    let mut found = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is in the workspace").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("a page is text");
                let place = path.strip_prefix(&root).expect("it is below").display().to_string();
                let own = shown(&text).into_iter().filter_map(|(line, words)| {
                    Some((format!("{place}:{line}"), arguments(program, words)?))
                });
                found.extend(own);
            }
        }
    }
    found
}

/// The words of each line after `$ ` in blocks of console, with its number.
fn shown(page: &str) -> Vec<(usize, Vec<String>)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        if line.trim_start().starts_with("```") {
            inside = !inside && line.trim_start().starts_with("```console");
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            lines.push((number, words(command)));
        }
    }
    lines
}

/// Splits at spaces outside double quotes; what follows a `#` is a remark.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quoted, mut open) = (false, false);
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                if !open {
                    words.push(String::new());
                    open = true;
                }
            }
            '#' if !quoted && !open => break,
            ' ' if !quoted => open = false,
            _ => {
                if !open {
                    words.push(String::new());
                    open = true;
                }
                words.last_mut().expect("one was just opened").push(letter);
            }
        }
    }
    words
}

/// The arguments that this program is given by a command, its name first.
fn arguments(program: &str, words: Vec<String>) -> Option<Vec<String>> {
    if words.first().is_some_and(|first| first == program) {
        return Some(words);
    }
    let through_cargo: &[&str] = match program {
        "xtask" => &["cargo", "xtask"],
        "trainer" => &["cargo", "run", "-p", "trainer", "--"],
        _ => return None,
    };
    let is_through_cargo = words.iter().zip(through_cargo).filter(|(a, b)| a == *b).count();
    let rest = words.get(through_cargo.len()..).filter(|_| is_through_cargo == through_cargo.len())?;
    Some(std::iter::once(program.to_owned()).chain(rest.iter().cloned()).collect())
}

fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().find(|folder| folder.join("Cargo.lock").is_file()).expect("a workspace").to_path_buf()
}
