//! What was found out about one thing, and how well it works.

use std::fmt;

use serde::Serialize;

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should.
    Good,
    /// With less, or it cannot be told now.
    Less,
    /// Not at all: the overlay cannot run like this.
    Bad,
}

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How well it works.
    pub verdict: Verdict,
    /// Details; what helps, where something is to be done.
    pub lines: Vec<String>,
}

impl Finding {
    pub(super) fn new(name: impl Into<String>, verdict: Verdict, text: impl fmt::Display) -> Self {
        let lines = text.to_string().lines().map(str::to_owned).collect();
        Self { name: name.into(), verdict, lines }
    }

    pub(super) fn good(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Good, text)
    }

    pub(super) fn less(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Less, text)
    }

    pub(super) fn bad(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::new(name, Verdict::Bad, text)
    }

    pub(super) fn line(mut self, text: impl fmt::Display) -> Self {
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
        // A long name is followed by a space too.
        write!(formatter, "{mark:<5}{:<17} {first}", self.name)?;
        for line in lines {
            write!(formatter, "\n{:23}{line}", "")?;
        }
        Ok(())
    }
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
        let long = Finding::good("model balatro-crowded-2", "117 cards").to_string();
        assert_eq!(long, "good model balatro-crowded-2 117 cards");
    }
}
