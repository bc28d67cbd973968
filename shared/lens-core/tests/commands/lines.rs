//! Command lines with an option and without, for tests that try the options of a program.

use std::fs;
use std::path::Path;

/// The line with the option, or, where `~` stands before the value, with that value instead of the
/// one that it has.
pub(crate) fn with(line: &str, option: &str, value: &str) -> String {
    let Some(value) = value.strip_prefix('~') else { return format!("{line} --{option} {value}") };
    let mut words: Vec<&str> = line.split(' ').collect();
    let name = format!("--{option}");
    let at = words.iter().position(|word| *word == name).unwrap_or_else(|| panic!("{line} has no {name}"));
    words[at + 1] = value;
    words.join(" ")
}

/// Removes what a command wrote: what begins with `new`.
pub(crate) fn remove_new(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("new") {
            let _ = fs::remove_dir_all(entry.path());
            let _ = fs::remove_file(entry.path());
        }
    }
}
