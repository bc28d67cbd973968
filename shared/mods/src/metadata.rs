//! What a mod says of itself: a JSON file, or the lines at the head of its main file as older mods
//! have them.
//!
//! Pure: text in, facts or a reason out. The rules are Steamodded's own; whatever it would not
//! load, is no mod here.

use serde_json::{Map, Value};

/// A mod's own words on itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// What stands before each of its keys; none where the mod is so old that its keys have nothing
    /// before them.
    pub(crate) prefix: Option<String>,
    /// Beside the metadata.
    pub(crate) main_file: String,
    pub(crate) config_file: String,
    /// Ids of mods without which the game does not load this one; alternatives in one entry.
    pub(crate) needs: Vec<Vec<String>>,
    /// Lower goes first.
    pub(crate) priority: i64,
}

/// Why something that means to be metadata is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetadataError {
    #[error("its metadata is no JSON ({0})")]
    Json(serde_json::Error),
    #[error("its metadata has no {0:?}, or not as text")]
    Missing(&'static str),
    #[error("its prefix {0:?} is reserved")]
    Reserved(String),
    #[error("the head of {file} has no {field}")]
    Header { file: String, field: &'static str },
}

/// The line with which an old mod begins.
const HEADER: &str = "--- STEAMODDED HEADER";
/// Where in a file the header may be.
const HEADER_LINES: usize = 64;

/// What a JSON file says; nothing if it is of something else, a reason if it means to be metadata
/// and is not.
pub(crate) fn from_json(text: &str) -> Option<Result<Metadata, MetadataError>> {
    let parsed: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(parsed) => parsed,
        // Only what has the words of metadata is missed.
        Err(error) if text.contains("\"main_file\"") => {
            return Some(Err(MetadataError::Json(error)));
        }
        Err(_) => return None,
    };
    let object = parsed.as_object()?;
    if !object.contains_key("main_file") || !object.contains_key("id") {
        return None;
    }
    Some(checked(object))
}

fn checked(object: &Map<String, Value>) -> Result<Metadata, MetadataError> {
    let text = |key: &'static str| {
        let found = object.get(key).and_then(Value::as_str).map(str::to_owned);
        found.ok_or(MetadataError::Missing(key))
    };
    let prefix = text("prefix")?;
    if prefix.contains('$') {
        return Err(MetadataError::Reserved(prefix));
    }
    let list = |key: &str| object.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let needs = list("dependencies").iter().filter_map(Value::as_str).map(alternatives).collect();
    let id = text("id")?;
    let name = object.get("display_name").and_then(Value::as_str).map(str::to_owned);
    Ok(Metadata {
        name: name.map_or_else(|| text("name"), Ok)?,
        version: text("version").unwrap_or_default(),
        prefix: Some(prefix),
        main_file: text("main_file")?,
        config_file: text("config_file").unwrap_or_else(|_| "config.lua".to_owned()),
        needs,
        priority: object.get("priority").and_then(Value::as_i64).unwrap_or(0),
        id,
    })
}

/// `Talisman (>=2.0) | Amulet` as the two ids.
fn alternatives(entry: &str) -> Vec<String> {
    let id = |part: &str| part.split(['(', ' ', '<', '>']).find(|it| !it.is_empty()).map(str::to_owned);
    entry.split('|').filter_map(id).collect()
}

/// What the head of a Lua file says; nothing if it has none.
pub(crate) fn from_header(text: &str, file: &str) -> Option<Result<Metadata, MetadataError>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != HEADER {
        return None;
    }
    let head: Vec<&str> = lines.take(HEADER_LINES).filter_map(|line| line.strip_prefix("---")).collect();
    let field = |names: &[&str]| {
        head.iter().find_map(|line| {
            let (name, value) = line.trim_start().split_once(':')?;
            names.contains(&name.trim_end()).then(|| value.trim().to_owned())
        })
    };
    let missing = |field| MetadataError::Header { file: file.to_owned(), field };
    let Some(id) = field(&["MOD_ID"]).filter(|id| !id.is_empty()) else {
        return Some(Err(missing("MOD_ID")));
    };
    let Some(name) = field(&["MOD_NAME"]) else { return Some(Err(missing("MOD_NAME"))) };
    // Such mods are older than prefixes.
    let old = ["SMODS.INIT", "SMODS.Deck:new", "SMODS.Deck.new"].iter().any(|it| text.contains(it));
    let prefix = field(&["PREFIX"]).filter(|it| !it.is_empty());
    let prefix = prefix.unwrap_or_else(|| id.to_lowercase().chars().take(4).collect());
    let needs = field(&["DEPENDENCIES", "DEPENDS", "DEPS"]).unwrap_or_default();
    let needs = needs.trim_matches(['[', ']']).split(',').map(alternatives).filter(|it| !it.is_empty());
    Some(Ok(Metadata {
        name: field(&["DISPLAY_NAME"]).unwrap_or(name),
        version: field(&["VERSION"]).unwrap_or_default(),
        prefix: (!old).then_some(prefix),
        main_file: file.to_owned(),
        config_file: "config.lua".to_owned(),
        needs: needs.collect(),
        priority: field(&["PRIORITY"]).and_then(|it| it.parse().ok()).unwrap_or(0),
        id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Metadata {
        from_json(text).expect("it is metadata").expect("and in order")
    }

    #[test]
    fn metadata_of_both_kinds_is_read() {
        let new = json(
            "\u{feff}{\"id\": \"Garden\", \"name\": \"G\", \"display_name\": \"Garden\",
              \"prefix\": \"gd\", \"main_file\": \"m.lua\", \"priority\": -5, \"version\": \"1.2\",
              \"dependencies\": [\"Steamodded (>=1.0)\", \"A(>=2) | B\"]}",
        );
        assert_eq!((new.id.as_str(), new.name.as_str(), new.version.as_str()), ("Garden", "Garden", "1.2"));
        assert_eq!((new.prefix.as_deref(), new.main_file.as_str(), new.priority), (Some("gd"), "m.lua", -5));
        let ids = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(new.needs, [ids(&["Steamodded"]), ids(&["A", "B"])]);

        let head = "--- STEAMODDED HEADER\r\n--- MOD_NAME: Old garden\r\n--- MOD_ID: OldGarden\r\n--- PREFIX: og\r\n";
        let old = from_header(head, "old.lua").unwrap().unwrap();
        assert_eq!((old.id.as_str(), old.prefix.as_deref()), ("OldGarden", Some("og")));
        let first_letters = from_header(&head.replace("PREFIX", "OTHER"), "old.lua").unwrap().unwrap();
        assert_eq!(first_letters.prefix.as_deref(), Some("oldg"));
        let older = from_header(&format!("{head}function SMODS.INIT.X() end"), "old.lua").unwrap().unwrap();
        assert_eq!(older.prefix, None);
    }

    #[test]
    fn what_is_no_metadata_is_passed_over_and_what_is_wrong_says_so() {
        let passed = ["", "[]", "{\"id\": 3}", "{\"a\": [1,", "{\"key\": \"x\", \"path\": \"y\"}"];
        for text in passed {
            assert!(from_json(text).is_none(), "{text}");
        }
        let wrong = [
            ("{\"id\": \"a\", \"main_file\": \"m.lua\"}", "prefix"),
            ("{\"id\": \"a\", \"main_file\": \"m.lua\", \"prefix\": \"$x\", \"name\": \"n\"}", "reserved"),
            ("{\"id\": 7, \"main_file\": \"m.lua\", \"prefix\": \"x\", \"name\": \"n\"}", "id"),
            ("{\"id\": \"a\", \"main_file\": ", "no JSON"),
        ];
        for (text, word) in wrong {
            let why = from_json(text).expect(text).expect_err(text);
            assert!(why.to_string().contains(word), "{text}: {why}");
        }
        assert!(from_header("-- a comment", "x.lua").is_none());
        assert!(from_header("--- STEAMODDED HEADER\n--- MOD_NAME: n\n", "x.lua").unwrap().is_err());
    }
}
