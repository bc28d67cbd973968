//! What a model knows: its classes, the cards that it was taught, and those that it was to forget.
//!
//! Read from the model's folder, on the thread of the model. Pure but for that.

use std::collections::BTreeMap;
use std::path::Path;

use lens_core::catalogue::{CardType, Catalogue, id_of_class};
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use lens_core::paths;
use vision::gallery::{self, Prototype, forgotten};

/// What a model's folder says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knowledge {
    /// The model's name.
    pub model: String,
    /// Ids of the catalogue's cards that it has a class for, and of others.
    pub classes: Vec<String>,
    /// Names of the cards of no catalogue that a retraining has given it.
    pub added: Vec<String>,
    /// The cards that were taught, by name.
    pub enrolled: Vec<Enrolled>,
    /// Those that were to be forgotten, and can come back.
    pub forgotten: Vec<Enrolled>,
    /// Whether it can be taught at all: an external classifier cannot.
    pub can_enrol: bool,
    /// Whether the model before is kept, to go back to.
    pub has_previous: bool,
}

/// A card that was taught.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enrolled {
    pub id: String,
    pub name: String,
    /// Files of the captures that taught it; some old ones are not known.
    pub captures: Vec<String>,
    /// How many captures taught it.
    pub count: usize,
    /// When the last of them did, in milliseconds since 1970.
    pub taught_at_millis: Option<u64>,
}

/// How many cards of a type a model knows, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfType {
    pub card_type: CardType,
    pub known: usize,
    pub all: usize,
}

impl Knowledge {
    /// Reads a model's folder.
    ///
    /// # Errors
    /// When there is no model, or a gallery cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let manifest = Manifest::read(folder)?;
        let identification = manifest.identifier.heads.first();
        let classes = identification.map(|head| head.classes.as_slice()).unwrap_or_default();
        let mut ids: Vec<String> = classes.iter().map(|class| id_of_class(class).to_owned()).collect();
        ids.dedup();
        Ok(Self {
            model: manifest.name.clone(),
            classes: ids,
            added: manifest.identifier.added.values().map(|card| card.name.clone()).collect(),
            enrolled: cards(gallery::prototypes(folder)?),
            forgotten: cards(forgotten::prototypes(folder)?),
            can_enrol: manifest.identifier.embedding > 0,
            has_previous: paths::previous_model(folder).is_dir(),
        })
    }

    /// How many cards of each type it has a class for.
    pub fn of_types(&self, catalogue: &Catalogue) -> Vec<OfType> {
        let of = |card_type: CardType| {
            let cards = || catalogue.cards.iter().filter(|it| is_game_s(it) && it.card_type == card_type);
            let known = cards().filter(|it| self.has_class(&it.id)).count();
            OfType { card_type, known, all: cards().count() }
        };
        CardType::ALL.into_iter().map(of).filter(|it| it.all > 0).collect()
    }

    /// Names of the catalogue's cards that it has no class for.
    pub fn missing(&self, catalogue: &Catalogue) -> Vec<String> {
        let cards = catalogue.cards.iter().filter(|it| is_game_s(it) && !self.has_class(&it.id));
        cards.map(|it| it.name.clone()).collect()
    }

    fn has_class(&self, id: &str) -> bool {
        self.classes.iter().any(|class| class == id)
    }
}

fn is_game_s(card: &lens_core::catalogue::Card) -> bool {
    card.from_mod.is_none()
}

/// The prototypes by card, in the order of their names.
fn cards(prototypes: Vec<Prototype>) -> Vec<Enrolled> {
    let mut cards: BTreeMap<String, Enrolled> = BTreeMap::new();
    for it in prototypes {
        let card = cards.entry(it.id.to_string()).or_insert_with(|| Enrolled {
            id: it.id.to_string(),
            name: it.name.clone(),
            ..Enrolled::default()
        });
        card.count += 1;
        card.captures.extend(it.capture);
        card.taught_at_millis = card.taught_at_millis.max(it.taught_at_millis);
    }
    let mut cards: Vec<Enrolled> = cards.into_values().collect();
    cards.sort_by_key(|card| card.name.to_lowercase());
    cards
}

/// How long ago something was, in words; both in milliseconds since 1970.
pub fn ago(now: u64, then: u64) -> String {
    let days = now.saturating_sub(then) / (24 * 60 * 60 * 1000);
    let some = |count: u64, what: &str| format!("{} ago", counted(count, what));
    match days {
        0 => "today".into(),
        1 => "yesterday".into(),
        2..7 => some(days, "day"),
        7..60 => some(days / 7, "week"),
        60..730 => some(days / 30, "month"),
        _ => some(days / 365, "year"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prototype(id: &str, name: &str, capture: &str, at: Option<u64>) -> Prototype {
        let (capture, embedding) = (Some(capture.to_owned()), vec![1.0; 128]);
        Prototype { id: id.into(), name: name.into(), embedding, capture, taught_at_millis: at }
    }

    #[test]
    fn a_model_s_folder_says_what_it_knows() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("practice");
        std::fs::create_dir(&folder).unwrap();
        let shipped = paths::model("practice").join("model.json");
        let mut manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(shipped).unwrap()).unwrap();
        // A model that has never heard of owls.
        let classes = &mut manifest["identifier"]["heads"][0]["classes"];
        let place_of_owl = classes.as_array().unwrap().iter().position(|it| it == "x_owl").unwrap();
        classes[place_of_owl] = "mod_ghost".into();
        manifest["identifier"]["added"] =
            serde_json::json!({ "mod_ghost": { "name": "Ghost", "type": "Joker" } });
        std::fs::write(folder.join("model.json"), manifest.to_string()).unwrap();
        let taught = vec![
            prototype("b", "Zebra", "1.png", Some(20)),
            prototype("a", "ape", "2.png", None),
            prototype("b", "Zebra", "3.png", Some(30)),
        ];
        gallery::enrol(&folder, taught).unwrap();

        let catalogue = synth::practice::catalogue();
        let knowledge = Knowledge::read(&folder).unwrap();
        let names: Vec<(&str, usize, Option<u64>)> =
            knowledge.enrolled.iter().map(|it| (it.name.as_str(), it.count, it.taught_at_millis)).collect();
        assert_eq!(names, [("ape", 1, None), ("Zebra", 2, Some(30))]);
        assert_eq!(knowledge.missing(&catalogue), ["Owl"]);
        assert_eq!(knowledge.added, ["Ghost"]);
        let jokers = knowledge.of_types(&catalogue)[0];
        assert_eq!((jokers.card_type, jokers.all - jokers.known), (CardType::Joker, 1));
        assert!(knowledge.can_enrol && !knowledge.has_previous && knowledge.forgotten.is_empty());

        forgotten::put_aside(&folder, "b").unwrap();
        std::fs::create_dir_all(place.path().join(".previous/practice")).unwrap();
        let knowledge = Knowledge::read(&folder).unwrap();
        assert_eq!((knowledge.enrolled.len(), knowledge.forgotten[0].count), (1, 2));
        assert!(knowledge.has_previous);
        assert!(Knowledge::read(&place.path().join("nothing")).is_err());
    }

    #[test]
    fn times_read_well() {
        const DAY: u64 = 24 * 60 * 60 * 1000;
        for (days, words) in [
            (0, "today"),
            (1, "yesterday"),
            (3, "3 days ago"),
            (8, "1 week ago"),
            (20, "2 weeks ago"),
            (90, "3 months ago"),
            (800, "2 years ago"),
        ] {
            assert_eq!(ago(days * DAY + 5, 4), words);
        }
        assert_eq!(ago(3, 5), "today", "clocks are set back at times");
    }
}
