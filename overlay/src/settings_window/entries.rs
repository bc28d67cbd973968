//! Every key of the settings as the window shows it: its text, which is the comment above it in
//! `overlay.toml`, and what its value may be.

use std::ops::RangeInclusive;

use lens_core::catalogue::CardType;
use marks::scene::style::Corner;
use mods::language;

use crate::recognition::models;
use crate::settings::inactive::Inactive;
use crate::settings::{MAX_THREADS, file};

/// A section of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// As in `[show]`.
    pub name: String,
    /// Its keys, in their order.
    pub entries: Vec<Entry>,
}

/// A key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As it is written.
    pub key: String,
    /// What it does.
    pub help: String,
    /// What it may be.
    pub kind: Kind,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Yes or no.
    Switch,
    /// A number in these bounds.
    Number(RangeInclusive<f64>),
    /// A whole number in these bounds.
    Whole(RangeInclusive<i64>),
    /// One of these.
    Choice(Vec<String>),
    /// Some of these.
    Some(Vec<String>),
    /// Any text.
    Text,
    /// The path of a folder, or a word that stands for one.
    Folder,
    /// Words, one after the other.
    List,
    /// `#rrggbb`.
    Colour,
    /// Keys that are pressed together.
    Chord,
}

/// All sections, as the file that is written first has them.
pub fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut help: Vec<String> = Vec::new();
    for line in file::template().lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            sections.push(Section { name: name.to_owned(), entries: Vec::new() });
            help.clear();
        } else if let Some(comment) = line.strip_prefix('#') {
            help.push(comment.trim().to_owned());
        } else if let (Some((key, value)), Some(section)) = (line.split_once(" = "), sections.last_mut()) {
            let kind = kind(&section.name, key, value);
            let help = std::mem::take(&mut help).join(" ");
            section.entries.push(Entry { key: key.to_owned(), help, kind });
        }
    }
    sections
}

fn kind(section: &str, key: &str, value: &str) -> Kind {
    let names = |names: &mut dyn Iterator<Item = &'static str>| names.map(str::to_owned).collect::<Vec<_>>();
    match (section, key) {
        ("hotkeys", _) => Kind::Chord,
        ("colours", _) => Kind::Colour,
        ("show", "types") => Kind::Some(names(&mut CardType::ALL.into_iter().map(CardType::name))),
        ("show", "read_out") => {
            Kind::Choice(names(&mut std::iter::once("none").chain(Corner::ALL.into_iter().map(Corner::name))))
        }
        ("show", "inactive") => Kind::Choice(names(&mut Inactive::ALL.into_iter().map(|(name, _)| name))),
        ("information", "language") => {
            Kind::Choice(names(&mut std::iter::once(language::AS_PLAYED).chain(language::LANGUAGES)))
        }
        ("recognition", "model") => {
            let known = models::list(&lens_core::paths::data().join("models"));
            Kind::Choice(std::iter::once(String::new()).chain(known).collect())
        }
        ("show", "text_size") => Kind::Number(0.5..=3.0),
        ("show", "line_width") => Kind::Number(0.0..=4.0),
        ("show", "opacity") => Kind::Number(0.1..=1.0),
        ("recognition", "detection") => Kind::Number(0.0..=0.95),
        ("recognition", "name") => Kind::Number(0.0..=1.0),
        ("recognition", "threads") => Kind::Whole(0..=MAX_THREADS as i64),
        ("mods", "folder") => Kind::Folder,
        ("capture", "per_second") => Kind::Whole(1..=240),
        ("capture", "processor") => Kind::Whole(2..=400),
        ("api", "port") => Kind::Whole(1..=65_535),
        _ if ["true", "false"].contains(&value) => Kind::Switch,
        _ if value.starts_with('"') => Kind::Text,
        _ => Kind::List,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_with_a_text_and_a_kind_that_fits() {
        let sections = sections();
        let template: toml::Table = file::template().parse().unwrap();
        assert_eq!(sections.len(), template.len());
        for section in &sections {
            let keys = template[&section.name].as_table().unwrap();
            assert_eq!(section.entries.len(), keys.len(), "[{}]", section.name);
            assert!(!section.entries[0].help.is_empty(), "[{}] says nothing", section.name);
            for entry in &section.entries {
                let value = &keys[&entry.key];
                let fits = match &entry.kind {
                    Kind::Switch => value.is_bool(),
                    Kind::Number(bounds) => value.as_float().is_some_and(|it| bounds.contains(&it)),
                    Kind::Whole(bounds) => value.as_integer().is_some_and(|it| bounds.contains(&it)),
                    Kind::Choice(all) => value.as_str().is_some_and(|it| all.iter().any(|other| other == it)),
                    Kind::Text | Kind::Folder => value.is_str(),
                    Kind::Some(_) | Kind::List => value.is_array(),
                    Kind::Colour => value.as_str().is_some_and(|it| it.starts_with('#')),
                    Kind::Chord => value.is_str(),
                };
                assert!(fits, "[{}] {}: {value} is no {:?}", section.name, entry.key, entry.kind);
            }
        }
    }
}
