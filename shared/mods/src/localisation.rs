//! Names and effects of a mod's cards, out of its `localization` folder, in the player's language.
//!
//! Files are Lua tables or JSON, read as data. English goes first and is overwritten by the
//! player's language; whatever the case of the files' names. Absent: which card wants which text.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::declared::Words;
use crate::lua::evaluate::{Deaf, Globals, Walk};
use crate::lua::source::LuaError;
use crate::lua::{Value, source};
use crate::package::Package;

/// Texts by set, then by key.
#[derive(Default)]
pub(crate) struct Texts {
    sets: BTreeMap<String, BTreeMap<String, Words>>,
    /// What could not be read, in words.
    pub(crate) problems: Vec<String>,
}

/// The folder with texts in a mod's folder.
const FOLDER: &str = "localization/";

/// Paths of the files that count for this language, those first that others overwrite.
pub(crate) fn files(package: &Package, folder: &str, language: &str) -> Vec<String> {
    let below = format!("{folder}{FOLDER}").to_lowercase();
    let mut found = Vec::new();
    for path in package.paths() {
        let lower = path.to_lowercase();
        let Some(rest) = lower.strip_prefix(&below) else { continue };
        let Some(stem) = rest.strip_suffix(".lua").or_else(|| rest.strip_suffix(".json")) else { continue };
        let rank = stem.split('/').filter_map(|part| rank(part, language)).max();
        if let Some(rank) = rank {
            found.push((rank, path.to_owned()));
        }
    }
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// English, the mod's own default, the player's language; nothing for other languages.
fn rank(name: &str, language: &str) -> Option<u8> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let name = plain(name);
    if name == plain(language) {
        return Some(2);
    }
    match name.as_str() {
        "en_us" => Some(0),
        "default" => Some(1),
        _ => None,
    }
}

/// Whether a file is one of texts, in whichever language.
pub(crate) fn is_text(path: &str, folder: &str) -> bool {
    path.to_lowercase().starts_with(&format!("{folder}{FOLDER}").to_lowercase())
}

/// Why a file gives no texts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextsError {
    #[error(transparent)]
    Lua(#[from] LuaError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("it returns no table that is written down")]
    NoTable,
}

impl Texts {
    /// Reads the files of this language.
    pub(crate) fn read(package: &Package, folder: &str, language: &str) -> Self {
        let mut texts = Self::default();
        let mut globals = Globals::default();
        for path in files(package, folder, language) {
            match package.text(&path) {
                Ok(text) => {
                    if let Err(why) = texts.add(&path, &text, &mut globals) {
                        texts.problems.push(format!("{path}: {why}"));
                    }
                }
                Err(error) => texts.problems.push(format!("{path}: {error}")),
            }
        }
        texts
    }

    /// Adds what a file says; it overwrites.
    pub(crate) fn add(&mut self, path: &str, text: &str, globals: &mut Globals) -> Result<(), TextsError> {
        if path.to_lowercase().ends_with(".json") {
            return self.add_json(text);
        }
        let tree = source::parse(text)?;
        let returned = Walk::new(&mut Deaf, globals).file(&tree);
        let Some(table) = returned.table() else {
            return Err(TextsError::NoTable);
        };
        let descriptions = table.borrow().get("descriptions").cloned();
        let Some(Value::Table(descriptions)) = descriptions else { return Ok(()) };
        for (set, entries) in descriptions.borrow().fields() {
            let Some(entries) = entries.table() else { continue };
            for (key, entry) in entries.borrow().fields() {
                if let Some(words) = words(entry) {
                    self.put(set, key, words);
                }
            }
        }
        Ok(())
    }

    fn add_json(&mut self, text: &str) -> Result<(), TextsError> {
        let parsed: Json = serde_json::from_str(text)?;
        let sets = parsed.get("descriptions").and_then(Json::as_object);
        for (set, entries) in sets.into_iter().flatten() {
            for (key, entry) in entries.as_object().into_iter().flatten() {
                if let Ok(words) = serde_json::from_value(entry.clone()) {
                    self.put(set, key, words);
                }
            }
        }
        Ok(())
    }

    /// Puts a text in; what has no name and no effect leaves what was there.
    pub(crate) fn put(&mut self, set: &str, key: &str, words: Words) {
        let entry = self.sets.entry(set.to_owned()).or_default().entry(key.to_owned()).or_default();
        if !words.name.is_empty() {
            entry.name = words.name;
        }
        if !words.text.is_empty() {
            entry.text = words.text;
        }
    }

    /// The text of a card: in its set, else wherever its key is.
    pub(crate) fn get(&self, set: &str, key: &str) -> Option<&Words> {
        let elsewhere = || self.sets.values().find_map(|entries| entries.get(key));
        self.sets.get(set).and_then(|entries| entries.get(key)).or_else(elsewhere)
    }

    /// Whether any set has the key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.sets.values().any(|entries| entries.contains_key(key))
    }
}

/// A text without the game's marks: `{C:mult}+4{} Mult` is `+4 Mult`. Values that only a running
/// game knows stay `#1#`.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        plain.push_str(before);
        rest = behind;
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Name and effect in a table of texts.
pub(crate) fn words(value: &Value) -> Option<Words> {
    let table = value.table()?.borrow();
    let lines = |name: &str| {
        let mut all = Vec::new();
        if let Some(value) = table.get(name) {
            gather(value, 0, &mut all);
        }
        all
    };
    Some(Words { name: lines("name"), text: lines("text") })
}

fn gather(value: &Value, depth: usize, all: &mut Vec<String>) {
    match value {
        Value::Text(text) => all.push(text.to_string()),
        Value::Table(table) if depth < 4 => {
            table.borrow().list.iter().for_each(|it| gather(it, depth + 1, all));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_out_and_values_stay() {
        let cases = [
            ("{C:mult}+#1#{} Mult {s:0.8}(now)", "+#1# Mult (now)"),
            ("  no   marks ", "no marks"),
            ("open { brace", "open { brace"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected);
        }
    }

    fn add(texts: &mut Texts, path: &str, text: &str) -> Result<(), TextsError> {
        texts.add(path, text, &mut Globals::default())
    }

    #[test]
    fn lua_and_json_are_read_and_later_files_overwrite() {
        let mut texts = Texts::default();
        let lua = "local a = 'Ro'
            local rose = { name = a .. 'se', text = { 'one', { 'two' } } }
            return { descriptions = { Joker = { j_gd_rose = rose } } }";
        add(&mut texts, "en-us.lua", lua).unwrap();
        add(
            &mut texts,
            "de.json",
            r#"{"descriptions": {"Joker": {"j_gd_rose": {"name": ["Die", "Rose"]}}, "Tarot": 3}}"#,
        )
        .unwrap();
        let words = texts.get("Other", "j_gd_rose").unwrap();
        assert_eq!(
            (words.name.join(" "), words.text.join("/")),
            ("Die Rose".to_owned(), "one/two".to_owned())
        );
        assert!(add(&mut texts, "x.lua", "return make()").is_err());
        assert!(add(&mut texts, "x.json", "{").is_err());
    }

    #[test]
    fn the_language_is_found_however_it_is_written() {
        let cases = [
            ("ZH-cn", "zh_CN", Some(2)),
            ("en-us", "de", Some(0)),
            ("default", "de", Some(1)),
            ("fr", "de", None),
        ];
        for (name, language, expected) in cases {
            assert_eq!(rank(name, language), expected, "{name}");
        }
    }
}
