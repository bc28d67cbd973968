//! Where things are in a settings file: lines for messages, and keys that do not exist.

use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use super::mistake::Mistake;

/// A file's text and the place of every key.
pub(super) struct Lines<'a> {
    text: &'a str,
    table: DeTable<'a>,
}

impl<'a> Lines<'a> {
    /// Reads the text as TOML, whatever its keys mean.
    pub(super) fn new(text: &'a str) -> Result<Self, Mistake> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { text, table: table.into_inner() }),
            Err(error) => Err(mistake(text, &error)),
        }
    }

    /// Says where a value is not what its key takes.
    pub(super) fn mistake(&self, error: &toml::de::Error) -> Mistake {
        mistake(self.text, error)
    }

    /// A mistake in the value of `path`, as in `show.types`.
    pub(super) fn at(&self, path: &str, what: &str) -> Mistake {
        Mistake { line: self.line(path), what: format!("{path}: {what}") }
    }

    /// The line of a key; `None` when it is left out.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let (section, key) = path.split_once('.')?;
        let section = self.table.get(section)?.get_ref().as_table()?;
        let (key, _) = section.iter().find(|(it, _)| it.get_ref() == key)?;
        Some(line(self.text, key.span().start))
    }

    /// Checks the range of a number.
    pub(super) fn within(&self, path: &str, value: f32, range: RangeInclusive<f32>) -> Result<(), Mistake> {
        if range.contains(&value) {
            return Ok(());
        }
        let (from, to) = (range.start(), range.end());
        Err(self.at(path, &format!("{value} is out of range; it can be from {from} to {to}")))
    }

    /// The entry of `known` that takes the fewest changed letters to get from `written`, in either
    /// case.
    pub(super) fn nearest<'k>(&self, written: &str, known: impl Iterator<Item = &'k str>) -> String {
        let written = written.to_lowercase();
        let distance = |known: &&str| strsim::levenshtein(&written, &known.to_lowercase());
        known.min_by_key(distance).unwrap_or_default().to_owned()
    }

    /// Refuses a section or key that is not among those `known`, and names the nearest that is.
    pub(super) fn check_keys(&self, known: &toml::Table) -> Result<(), Mistake> {
        for (name, value) in &self.table {
            let (section, at) = (name.get_ref().as_ref(), name.span().start);
            let Some(keys) = known.get(section).and_then(toml::Value::as_table) else {
                return Err(self.unknown("section", section, at, known.keys()));
            };
            let DeValue::Table(written) = value.get_ref() else {
                let what = format!("[{section}] is a section with keys of its own, not a value");
                return Err(Mistake { line: Some(line(self.text, at)), what });
            };
            if let Some((key, _)) = written.iter().find(|(key, _)| !keys.contains_key(key.get_ref().as_ref()))
            {
                return Err(self.unknown("key", key.get_ref(), key.span().start, keys.keys()));
            }
        }
        Ok(())
    }

    fn unknown<'k>(
        &self,
        kind: &str,
        name: &str,
        at: usize,
        known: impl Iterator<Item = &'k String>,
    ) -> Mistake {
        let nearest = self.nearest(name, known.map(String::as_str));
        let what = format!("there is no {kind} {name:?}; did you mean {nearest:?}?");
        Mistake { line: Some(line(self.text, at)), what }
    }
}

fn mistake(text: &str, error: &toml::de::Error) -> Mistake {
    let line = error.span().map(|span| line(text, span.start));
    Mistake { line, what: error.message().lines().collect::<Vec<_>>().join("; ") }
}

/// The line of a place in the text, counted from one.
fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}
