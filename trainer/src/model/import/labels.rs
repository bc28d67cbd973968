//! Names of classes as other programs write them, and which cards they are.
//!
//! Pure: text in, names out.

use std::collections::BTreeMap;

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::{Added, NOT_A_CARD, UNKNOWN};
use serde_json::Value;

use super::error::ImportError;

/// Why names of classes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LabelsError(String);

/// Names in the order of their numbers, from a Python dictionary or list as Ultralytics writes it
/// into a file's metadata (`{0: 'joker', 1: "king's card"}`), or the same as JSON.
///
/// # Errors
/// Says what is malformed, or which number is missing or there twice.
pub fn parse_names(text: &str) -> Result<Vec<String>, LabelsError> {
    names_in(text).map_err(LabelsError)
}

/// Refuses a class that is said to be a card and is none of the network's.
pub(super) fn check_cards(cards: &[String], classes: &[String]) -> Result<(), ImportError> {
    let Some(name) = cards.iter().find(|name| !classes.contains(name)) else { return Ok(()) };
    let reason = format!("it has no class {name:?} that could be a card, only {}", classes.join(", "));
    Err(ImportError::new(reason, "name its classes with --cards as they are written here"))
}

fn names_in(text: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader { rest: text.trim() };
    let names = if reader.take('[') {
        reader.separated(']', Reader::string)?
    } else if reader.take('{') {
        in_order(reader.separated('}', Reader::entry)?)?
    } else {
        return Err(format!("a dictionary or list begins with {{ or [, not with {}", reader.next_words()));
    };
    if !reader.rest.is_empty() {
        return Err(format!("there is more after its end: {}", reader.next_words()));
    }
    not_empty(names)
}

/// Names in the order of their numbers, from a file: one a line; a list or dictionary, as JSON or
/// as Python writes it; or a JSON dictionary from names to numbers.
///
/// # Errors
/// As [`parse_names`].
pub fn parse_file(text: &str) -> Result<Vec<String>, LabelsError> {
    labels_in(text).map_err(LabelsError)
}

fn labels_in(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(Value::Object(object)) = serde_json::from_str(text)
        && object.values().all(Value::is_u64)
    {
        let number = |value: &Value| value.as_u64().expect("all of them are");
        return not_empty(in_order(
            object.iter().map(|(name, value)| (number(value), name.clone())).collect(),
        )?);
    }
    if text.starts_with(['{', '[']) {
        return names_in(text);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    not_empty(lines.map(str::to_owned).collect())
}

fn not_empty(names: Vec<String>) -> Result<Vec<String>, String> {
    match names.iter().position(|name| name.trim().is_empty()) {
        _ if names.is_empty() => Err("there are none".into()),
        Some(number) => Err(format!("class {number} has an empty name")),
        None => Ok(names),
    }
}

fn in_order(mut entries: Vec<(u64, String)>) -> Result<Vec<String>, String> {
    entries.sort_by_key(|&(number, _)| number);
    for (wanted, (number, _)) in (0..).zip(&entries) {
        match number.cmp(&wanted) {
            std::cmp::Ordering::Less => return Err(format!("class {number} is there twice")),
            std::cmp::Ordering::Greater => return Err(format!("class {wanted} is missing")),
            std::cmp::Ordering::Equal => {}
        }
    }
    Ok(entries.into_iter().map(|(_, name)| name).collect())
}

/// Reads what Python's `repr` writes of numbers, strings, and what they are in.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest.strip_prefix(wanted);
        self.rest = found.unwrap_or(self.rest).trim_start();
        found.is_some()
    }

    fn next_words(&self) -> String {
        match self.rest.is_empty() {
            true => "the end".into(),
            false => format!("{:?}", self.rest.chars().take(20).collect::<String>()),
        }
    }

    /// Items with commas between them, also after the last, until `end`.
    fn separated<T>(
        &mut self,
        end: char,
        item: impl Fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(item(self)?);
            if !self.take(',') {
                if self.take(end) {
                    break;
                }
                return Err(format!("there must be , or {end} before {}", self.next_words()));
            }
        }
        Ok(items)
    }

    fn entry(&mut self) -> Result<(u64, String), String> {
        let number = self.number()?;
        if !self.take(':') {
            return Err(format!("there must be : after {number}, not {}", self.next_words()));
        }
        Ok((number, self.string()?))
    }

    /// A number, in quotes where it is a key of JSON.
    fn number(&mut self) -> Result<u64, String> {
        let quoted = self.rest.starts_with(['"', '\'']);
        let before = self.next_words();
        let text = if quoted {
            self.string()?
        } else {
            let end = self.rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at(end);
            self.rest = rest.trim_start();
            digits.to_owned()
        };
        text.parse().map_err(|_| format!("there must be the number of a class, not {before}"))
    }

    fn string(&mut self) -> Result<String, String> {
        let unclosed = || "a name in quotes has no end".to_owned();
        let Some(quote @ ('"' | '\'')) = self.rest.chars().next() else {
            return Err(format!("there must be a name in quotes, not {}", self.next_words()));
        };
        let mut name = String::new();
        let mut letters = self.rest[1..].chars();
        loop {
            match letters.next().ok_or_else(unclosed)? {
                letter if letter == quote => break,
                '\\' => name.push(match letters.next().ok_or_else(unclosed)? {
                    'n' => '\n',
                    't' => '\t',
                    'x' => coded(&mut letters, 2)?,
                    'u' => coded(&mut letters, 4)?,
                    'U' => coded(&mut letters, 8)?,
                    letter => letter,
                }),
                letter => name.push(letter),
            }
        }
        self.rest = letters.as_str().trim_start();
        Ok(name)
    }
}

/// A letter as hexadecimal digits.
fn coded(letters: &mut std::str::Chars<'_>, digits: usize) -> Result<char, String> {
    let text: String = letters.take(digits).collect();
    let code = u32::from_str_radix(&text, 16).ok();
    code.and_then(char::from_u32).ok_or_else(|| format!("\\ before {text:?} is no letter"))
}

/// Which cards labels are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Class of each label, in their order: that of a card of the catalogue, a reserved one, or the
    /// label's own.
    pub classes: Vec<String>,
    /// Labels of no card in the catalogue, by their class.
    pub added: BTreeMap<String, Added>,
}

/// Looks labels up in the catalogue: by id, by class (`S_K@TW`), or by name, without regard to
/// case; in names `_` and `-` are spaces too. Of cards that share a name, as packs do, it is the
/// first.
///
/// What matches nothing becomes a card of its own, of the type `kind`.
pub fn match_labels(labels: &[String], catalogue: &Catalogue, kind: CardType) -> Matched {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for class in catalogue.cards.iter().map(|card| card.id.to_string()).chain(catalogue.classes()) {
        ids.entry(class.to_lowercase()).or_insert(class);
    }
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for card in &catalogue.cards {
        names.entry(spoken(&card.name)).or_insert(&card.id);
    }
    let mut matched = Matched::default();
    for label in labels {
        let label = label.trim();
        let class = if [NOT_A_CARD, UNKNOWN].contains(&label) {
            label.to_owned()
        } else if let Some(class) = ids.get(&label.to_lowercase()) {
            class.clone()
        } else if let Some(&id) = names.get(&spoken(label)) {
            id.to_owned()
        } else {
            // A class after @ is a look of the card before it; a label of no card has none.
            let class = label.replace('@', "_");
            matched.added.insert(class.clone(), Added { name: label.to_owned(), card_type: kind });
            class
        };
        matched.classes.push(class);
    }
    matched
}

/// A name as it is said.
fn spoken(name: &str) -> String {
    let words = name.replace(['_', '-'], " ").to_lowercase();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(parsed: Result<Vec<String>, LabelsError>, want: Result<&[&str], &str>) {
        match (parsed, want) {
            (Ok(names), Ok(want)) => assert_eq!(names, want),
            (Err(reason), Err(part)) => {
                assert!(reason.to_string().contains(part), "{part:?} is not in {reason:?}");
            }
            (parsed, want) => panic!("{parsed:?} where {want:?} was expected"),
        }
    }

    #[test]
    fn names_as_ultralytics_writes_them() {
        check(parse_names("{0: 'joker', 1: 'card'}"), Ok(&["joker", "card"]));
        check(parse_names("{1: 'b', 0: 'a',}"), Ok(&["a", "b"]));
        check(parse_names("['a', \"b's\"]"), Ok(&["a", "b's"]));
        check(
            parse_names(r"{0: 'D\'Artagnan', 1: 'caf\xe9', 2: 'a\\b, c: {d}'}"),
            Ok(&["D'Artagnan", "café", r"a\b, c: {d}"]),
        );
        check(parse_names(r#"{"0": "joker", "1": "caf\u00e9"}"#), Ok(&["joker", "café"]));
    }

    #[test]
    fn malformed_names_are_explained() {
        check(parse_names(""), Err("not with the end"));
        check(parse_names("joker"), Err("not with \"joker\""));
        check(parse_names("{}"), Err("there are none"));
        check(parse_names("{0: 'a', 2: 'b'}"), Err("class 1 is missing"));
        check(parse_names("{1: 'a'}"), Err("class 0 is missing"));
        check(parse_names("{0: 'a', 0: 'b'}"), Err("class 0 is there twice"));
        check(parse_names("{0: 'a' 1: 'b'}"), Err("there must be , or }"));
        check(parse_names("{0 'a'}"), Err("there must be : after 0"));
        check(parse_names("{0: 'a"), Err("has no end"));
        check(parse_names("{0: 'a\\"), Err("has no end"));
        check(parse_names("{0: a}"), Err("a name in quotes"));
        check(parse_names("{'x': 'a'}"), Err("the number of a class, not \"'x'"));
        check(parse_names("{-1: 'a'}"), Err("the number of a class"));
        check(parse_names("{0: 'a'} {"), Err("more after its end"));
        check(parse_names("{0: ' '}"), Err("class 0 has an empty name"));
        check(parse_names(r"{0: '\ud800'}"), Err("is no letter"));
        check(parse_names("{0: 'a'"), Err("there must be , or }"));
        check(parse_names("{0: 'a',"), Err("the number of a class, not the end"));
    }

    #[test]
    fn files_of_labels_in_every_form() {
        check(parse_file("\u{feff}joker\r\n\n  Blue Joker \n"), Ok(&["joker", "Blue Joker"]));
        check(parse_file(r#"["a", "b"]"#), Ok(&["a", "b"]));
        check(parse_file(r#"{"0": "a", "1": "b"}"#), Ok(&["a", "b"]));
        check(parse_file(r#"{"b": 1, "a": 0}"#), Ok(&["a", "b"]));
        check(parse_file("{0: 'a', 1: 'b'}"), Ok(&["a", "b"]));
        check(parse_file(" \n"), Err("there are none"));
        check(parse_file(r#"{"b": 1, "a": 3}"#), Err("class 0 is missing"));
    }

    #[test]
    fn labels_find_their_cards() {
        let catalogue = synth::practice::catalogue();
        let fox = catalogue.card("x_fox").unwrap();
        let labels =
            ["x_fox", "X_FOX", &fox.name.to_uppercase(), "queen_of-HEARTS", " H_Q ", NOT_A_CARD, "mod@ghost"];
        let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let matched = match_labels(&labels, &catalogue, CardType::Tarot);
        assert_eq!(matched.classes, ["x_fox", "x_fox", "x_fox", "H_Q", "H_Q", NOT_A_CARD, "mod_ghost"]);
        let ghost = Added { name: "mod@ghost".into(), card_type: CardType::Tarot };
        assert_eq!(matched.added, BTreeMap::from([("mod_ghost".to_owned(), ghost)]));
    }
}
