//! `labels.json`: what people say that captures show.
//!
//! One object, an entry for each image beside the file: `{"cluster5_card17_id302.png": {"name":
//! "DNA", ...}}`. The format is that of the Python project this one grew from: a file made by its
//! tools opens unchanged, and fields that nobody here knows are kept. `augmented.json` has the same
//! entries with [`Label::parent`] and [`Label::augmentation`].
//!
//! [`Labels`] is the file as it is; [`store`] is the data set that people work on, safe against
//! crashes.

pub mod store;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use lens_core::catalogue::Card;
use lens_core::manifest::NOT_A_CARD;
use lens_core::modifiers::Modifiers;
use lens_core::{atomic, files};

/// The labelled images' folder below the data.
pub const FOLDER: &str = "dataset_default";

/// The labelled images' folder of this installation.
pub fn folder() -> PathBuf {
    lens_core::paths::data().join(FOLDER)
}

/// Name of the file in a data set's folder.
pub const FILE_NAME: &str = "labels.json";

/// What one image shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Label {
    /// Name for people; the only field that must be there.
    pub name: String,
    /// `Joker`, `Playing Card`, `Tarot` and so on, see [`lens_core::catalogue::CardType::name`].
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub card_type: Option<String>,
    /// `Common`, `Uncommon`, `Rare` or `Legendary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rarity: Option<String>,
    /// The edition: `Base`, `Foil`, `Holographic`, `Polychrome` or `Negative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifier: Option<String>,
    /// Number of the cluster of images that look alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<u64>,
    /// Number of the group of images that show the same card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_group: Option<u64>,
    /// The card's id in the catalogue; none for cards of no catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// One of the catalogue's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhancement: Option<String>,
    /// One of the catalogue's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Some of the catalogue's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stickers: Option<Vec<String>>,
    /// Whether the card is crossed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debuffed: Option<bool>,
    /// Who said so: `labeller`, `overlay`, `import`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// In `augmented.json`: the file that this one was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// In `augmented.json`: what was done to it, `rotate+15`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<String>,
    /// What other tools wrote.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Label {
    /// The label of a card of the catalogue.
    pub fn new(card: &Card, modifiers: &Modifiers) -> Self {
        let mut label = Self {
            name: card.name.clone(),
            card_type: Some(card.card_type.name().into()),
            rarity: card.rarity.clone(),
            id: Some(card.id.to_string()),
            ..Self::default()
        };
        label.set_modifiers(modifiers);
        label
    }

    /// Says what is on the card.
    pub fn set_modifiers(&mut self, modifiers: &Modifiers) {
        self.modifier = Some(capitalised(&modifiers.edition));
        self.enhancement = Some(modifiers.enhancement.clone());
        self.seal = Some(modifiers.seal.clone());
        self.stickers = Some(modifiers.stickers.clone());
        self.debuffed = Some(modifiers.debuffed);
    }

    /// What is on the card; what is not said is plain.
    pub fn modifiers(&self) -> Modifiers {
        let plain = Modifiers::default();
        Modifiers {
            edition: self.modifier.as_ref().map_or(plain.edition, |word| word.to_lowercase()),
            enhancement: self.enhancement.clone().unwrap_or(plain.enhancement),
            seal: self.seal.clone().unwrap_or(plain.seal),
            stickers: self.stickers.clone().unwrap_or_default(),
            debuffed: self.debuffed.unwrap_or_default(),
        }
    }

    /// Takes over from the label before what no label of ours says: its groups, its origin, and
    /// fields of other tools.
    pub fn keep_from(&mut self, before: &Self) {
        self.cluster = self.cluster.or(before.cluster);
        self.card_group = self.card_group.or(before.card_group);
        self.parent = self.parent.take().or_else(|| before.parent.clone());
        self.augmentation = self.augmentation.take().or_else(|| before.augmentation.clone());
        for (field, value) in &before.other {
            self.other.entry(field.clone()).or_insert_with(|| value.clone());
        }
    }

    /// The label of what is no card at all: an example of what not to find.
    pub fn not_a_card() -> Self {
        Self { name: "Not a card".into(), id: Some(NOT_A_CARD.into()), ..Self::default() }
    }

    /// Whether it says that there is no card.
    pub fn is_not_a_card(&self) -> bool {
        self.id.as_deref() == Some(NOT_A_CARD)
    }

    /// What a classifier tells apart: the id where there is one, else the name.
    pub fn class(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

/// The labels of a folder, in the file's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    entries: Map<String, Value>,
}

/// Why labels cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    /// The file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no JSON object.
    #[error(
        "{path} is damaged: {reason}\nhelp: put back an earlier copy, or mend that place with a text editor"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
}

/// What is wrong with one entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It lacks the one field that must be there.
    #[error("it has no name")]
    NoName,
    /// A field is not what it should be.
    #[error("{}", files::reason(.0))]
    Form(#[from] serde_json::Error),
}

impl Labels {
    /// Reads a file; one that is not there is empty.
    ///
    /// # Errors
    /// When it cannot be read, or is no JSON object. Entries that make no sense are found by
    /// [`Labels::get`], not here.
    pub fn read(path: &Path) -> Result<Self, LabelsError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(LabelsError::File { path: path.into(), source }),
        };
        Self::parse(&text)
            .map_err(|error| LabelsError::Damaged { path: path.into(), reason: files::reason(&error) })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(Self { entries: serde_json::from_slice(files::without_mark(text))? })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.entries).expect("a map of JSON values is JSON");
        text.push('\n');
        text
    }

    /// Writes the file: the old or the new one is there afterwards, never a part.
    ///
    /// # Errors
    /// When the folder is missing or read-only, or the disk is full.
    pub fn write(&self, path: &Path) -> Result<(), LabelsError> {
        let written = atomic::write(path, self.to_text().as_bytes());
        written.map_err(|source| LabelsError::File { path: path.into(), source })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The files that have one, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The label of a file, or what is wrong with it; nothing when it has none.
    pub fn get(&self, file: &str) -> Option<Result<Label, EntryError>> {
        self.entries.get(file).map(label)
    }

    /// All that make sense, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Label)> {
        self.entries.iter().filter_map(|(file, value)| Some((file.as_str(), label(value).ok()?)))
    }

    /// Sets the label of a file.
    pub fn set(&mut self, file: &str, label: &Label) {
        let value = serde_json::to_value(label).expect("a label has only string keys");
        self.entries.insert(file.to_owned(), value);
    }

    /// Takes the label of a file away; the others keep their order.
    pub fn remove(&mut self, file: &str) -> Option<Result<Label, EntryError>> {
        self.entries.shift_remove(file).as_ref().map(label)
    }
}

fn label(value: &Value) -> Result<Label, EntryError> {
    let label = Label::deserialize(value)?;
    if label.name.trim().is_empty() {
        return Err(EntryError::NoName);
    }
    Ok(label)
}

/// `foil` as the labels write it: `Foil`.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM_PYTHON: &str = r#"{
        "cluster5_card17_id302.png": {"name": "Dna", "type": "Joker", "rarity": "Rare", "modifier": "Base",
            "cluster": 5, "card_group": 17, "colour": ["what", "is", "this"]},
        "b.png": {"name": ""},
        "a.png": {"name": "The Fool", "type": "Tarot", "rarity": null, "cluster": "five"}
    }"#;

    #[test]
    fn a_file_of_the_python_tools_opens_and_loses_nothing() {
        let labels = Labels::parse(FROM_PYTHON.as_bytes()).unwrap();
        let dna = labels.get("cluster5_card17_id302.png").unwrap().unwrap();
        assert_eq!(
            (dna.class(), dna.modifiers().edition.as_str(), dna.card_group),
            ("Dna", "base", Some(17))
        );
        assert!(dna.other.contains_key("colour"));
        let mut written = labels.clone();
        written.set("cluster5_card17_id302.png", &dna);
        let again = Labels::parse(written.to_text().as_bytes()).unwrap();
        assert_eq!(again.files().collect::<Vec<_>>(), labels.files().collect::<Vec<_>>());
        assert_eq!(again, labels);
    }

    #[test]
    fn an_editor_may_write_a_byte_order_mark() {
        let marked = [b"\xef\xbb\xbf", FROM_PYTHON.as_bytes()].concat();
        assert_eq!(Labels::parse(&marked).unwrap(), Labels::parse(FROM_PYTHON.as_bytes()).unwrap());
    }

    #[test]
    fn entries_that_make_no_sense_say_why_and_stay_in_the_file() {
        let labels = Labels::parse(FROM_PYTHON.as_bytes()).unwrap();
        assert_eq!(labels.get("b.png").unwrap().unwrap_err().to_string(), "it has no name");
        assert!(labels.get("a.png").unwrap().unwrap_err().to_string().contains("five"));
        assert_eq!(labels.iter().count(), 1);
        assert!(labels.to_text().contains("\"five\""));
    }

    #[test]
    fn modifiers_make_the_round_trip() {
        let modifiers = Modifiers {
            edition: "polychrome".into(),
            seal: "red".into(),
            stickers: vec!["eternal".into()],
            ..Modifiers::default()
        };
        let mut label = Label { name: "DNA".into(), ..Label::default() };
        label.set_modifiers(&modifiers);
        assert_eq!(label.modifier.as_deref(), Some("Polychrome"));
        assert_eq!(label.modifiers(), modifiers);
    }
}
