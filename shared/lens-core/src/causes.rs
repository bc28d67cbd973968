//! What an error and its causes say, as people read it.

use std::error::Error;

/// What went wrong, each cause said once, and the help at the end. `causes` begins with the error
/// itself, as the chain of an `anyhow::Error` does.
pub fn said_once<'a>(causes: impl IntoIterator<Item = &'a (dyn Error + 'static)>) -> String {
    let (mut said, mut helps) = (String::new(), Vec::new());
    for cause in causes {
        let text = cause.to_string();
        let mut parts = text.split("\nhelp: ");
        let what = parts.next().unwrap_or_default().trim_end_matches([':', ' ']);
        if !said.contains(what) {
            said = if said.is_empty() { what.to_owned() } else { format!("{said}: {what}") };
        }
        for help in parts.map(str::to_owned) {
            if !helps.contains(&help) {
                helps.push(help);
            }
        }
    }
    helps.into_iter().fold(said, |said, help| format!("{said}\nhelp: {help}"))
}

/// What winit says of an error, without the line of its own code that it puts before.
///
/// ```
/// let said = "os error at /somewhere/linux/mod.rs:765: there is no display";
/// assert_eq!(lens_core::causes::without_line(said), "there is no display");
/// assert_eq!(lens_core::causes::without_line("no adapter: none fits"), "no adapter: none fits");
/// ```
pub fn without_line(said: &str) -> &str {
    let after = |rest: &'_ str| rest.split_once(": ").map(|(line, _)| line.len() + 2);
    let line = said.split_once(".rs:").and_then(|(before, rest)| Some((before.len() + 4, after(rest)?)));
    line.map_or(said, |(file, line)| &said[file + line..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Fault {
        said: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn a_cause_is_said_once_and_the_help_comes_last() {
        let fault = |said, source: Option<Fault>| Fault { said, source: source.map(Box::new) };
        let check = |fault: Fault, wanted: &str| {
            let mut next: Option<&(dyn Error + 'static)> = Some(&fault);
            let causes = std::iter::from_fn(|| {
                let cause = next?;
                next = cause.source();
                Some(cause)
            });
            assert_eq!(said_once(causes), wanted);
        };
        let inner = fault("no such file", None);
        let outer = fault("cannot read a.json: no such file\nhelp: give a file", Some(inner));
        check(outer, "cannot read a.json: no such file\nhelp: give a file");
        let inner = fault("there is no model x\nhelp: there are y", None);
        check(fault("cannot export", Some(inner)), "cannot export: there is no model x\nhelp: there are y");
    }
}
