//! What a mod declares, as either reader finds it: sheets, cards and texts, keys already with their
//! prefixes.
//!
//! Plain data that also travels from the process in which a mod is run. Nothing here has looked at
//! an image.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Everything that a mod declares.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Declared {
    #[serde(deserialize_with = "each")]
    pub(crate) sheets: Vec<Sheet>,
    #[serde(deserialize_with = "each")]
    pub(crate) centres: Vec<Centre>,
    /// By set, then by key: texts that the mod's code writes, beside those of its files.
    #[serde(deserialize_with = "tables")]
    pub(crate) texts: BTreeMap<String, BTreeMap<String, Words>>,
    /// What went wrong, in words.
    #[serde(deserialize_with = "each")]
    pub(crate) problems: Vec<String>,
}

/// An image with cells of one size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sheet {
    pub(crate) key: String,
    /// Below `assets/1x` or `assets/2x`.
    pub(crate) path: String,
    /// Of a cell, at the game's smaller scale.
    pub(crate) px: Option<f64>,
    pub(crate) py: Option<f64>,
    pub(crate) frames: Option<f64>,
    pub(crate) animated: bool,
    /// For the player's language alone: goes before others of its key.
    pub(crate) localised: bool,
}

/// A card, in the game's word.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Centre {
    pub(crate) key: String,
    pub(crate) original_key: Option<String>,
    pub(crate) set: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) atlas: Option<String>,
    pub(crate) pos: Option<(f64, f64)>,
    /// Cells drawn above the card.
    #[serde(deserialize_with = "each")]
    pub(crate) layers: Vec<(f64, f64)>,
    pub(crate) soul_atlas: Option<String>,
    pub(crate) pixel_size: Option<Size>,
    pub(crate) display_size: Option<Size>,
    pub(crate) words: Option<Words>,
    /// A card that is there already, of the game or of another mod, and is changed.
    pub(crate) taken: bool,
    /// Code of the mod decides how it looks.
    pub(crate) by_code: bool,
    /// Where it was declared, in the package.
    pub(crate) file: Option<String>,
}

/// A size in the game's pixels; what is absent is the cell's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Size {
    pub(crate) w: Option<f64>,
    pub(crate) h: Option<f64>,
}

/// Name and effect of a card as lines, with the game's marks for colour still in them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Words {
    #[serde(deserialize_with = "lines")]
    pub(crate) name: Vec<String>,
    #[serde(deserialize_with = "lines")]
    pub(crate) text: Vec<String>,
}

/// A list of which elements that do not fit are left out: a mod may put anything anywhere.
fn each<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Vec<T>, D::Error> {
    // An empty table of Lua is a list and a map at once.
    let list = match Value::deserialize(from)? {
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    Ok(list.into_iter().filter_map(|it| serde_json::from_value(it).ok()).collect())
}

fn tables<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, BTreeMap<String, Words>>, D::Error> {
    let Value::Object(sets) = Value::deserialize(from)? else { return Ok(BTreeMap::new()) };
    let entries = |value: Value| match value {
        Value::Object(entries) => {
            let words = |it: Value| serde_json::from_value(it).ok();
            entries.into_iter().filter_map(|(key, it)| Some((key, words(it)?))).collect()
        }
        _ => BTreeMap::new(),
    };
    Ok(sets.into_iter().map(|(set, value)| (set, entries(value))).collect())
}

fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let mut all = Vec::new();
    gather(&Value::deserialize(from)?, 0, &mut all);
    Ok(all)
}

/// All text in lists of lists.
fn gather(value: &Value, depth: usize, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(list) if depth < 4 => list.iter().for_each(|it| gather(it, depth + 1, all)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_costs_itself_alone() {
        let text = r#"{
            "sheets": {},
            "centres": [
                {"key": 3}, {"key": "j_a", "pos": [1, 2], "layers": [[1, 0], "x"]},
                {"key": "j_b", "words": {"name": [["Two", "lines"]], "text": "one"}}
            ],
            "texts": {"Joker": [], "Tarot": {"c_a": 4, "c_b": {"name": "B"}}}
        }"#;
        let declared: Declared = serde_json::from_str(text).unwrap();
        let keys: Vec<_> = declared.centres.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["j_a", "j_b"]);
        assert_eq!(declared.centres[0].layers, [(1.0, 0.0)]);
        let words = declared.centres[1].words.as_ref().unwrap();
        assert_eq!((words.name.join(" "), words.text.join(" ")), ("Two lines".to_owned(), "one".to_owned()));
        assert_eq!(declared.texts["Tarot"].keys().collect::<Vec<_>>(), ["c_b"]);
    }
}
