//! What is being said of a card, before it is saved.

use dataset::labels::Label;
use lens_core::catalogue::{Card, Catalogue};
use lens_core::modifiers::Modifiers;

use crate::reading::Origin;

/// The fields of a label as they are edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// Name for people, of the catalogue or new.
    pub name: String,
    /// The type's name; follows the catalogue where it knows the name.
    pub card_type: String,
    /// The rarity, or nothing.
    pub rarity: String,
    pub modifiers: Modifiers,
}

/// What a person has said is on a card; nothing where every image keeps what it was seen with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub edition: Option<String>,
    pub enhancement: Option<String>,
    pub seal: Option<String>,
    pub stickers: Option<Vec<String>>,
    /// Whether it is crossed out.
    pub debuffed: Option<bool>,
}

/// A name that it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub id: String,
    pub name: String,
    /// A probability or a similarity, as its origin says.
    pub number: f32,
    /// Who suggests it.
    pub origin: Origin,
}

impl Form {
    /// What is no card has nothing on it.
    pub fn not_a_card() -> Self {
        Self { name: Label::not_a_card().name, ..Self::default() }
    }

    /// Whether it says that there is no card.
    pub fn is_not_a_card(&self) -> bool {
        self.name == Label::not_a_card().name
    }

    /// As a label says.
    pub fn from_label(label: &Label) -> Self {
        Self {
            name: label.name.clone(),
            card_type: label.card_type.clone().unwrap_or_default(),
            rarity: label.rarity.clone().unwrap_or_default(),
            modifiers: label.modifiers(),
        }
    }

    /// Takes a card of the catalogue; what is on it stays as it was said.
    pub fn take(&mut self, card: &Card) {
        self.name.clone_from(&card.name);
        self.card_type = card.card_type.name().into();
        self.rarity = card.rarity.clone().unwrap_or_default();
    }

    /// The card of the catalogue that has this name.
    pub fn card<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Card> {
        let name = self.name.trim();
        catalogue.cards.iter().find(|card| card.name.eq_ignore_ascii_case(name))
    }

    /// The label, when there is a name.
    pub fn label(&self, catalogue: &Catalogue) -> Option<Label> {
        let name = self.name.trim();
        if name.is_empty() {
            return None;
        }
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut label = match self.card(catalogue) {
            Some(card) => Label::new(card, &self.modifiers),
            None => {
                let mut label = Label {
                    name: name.to_owned(),
                    card_type: filled(&self.card_type),
                    rarity: filled(&self.rarity),
                    ..Label::default()
                };
                label.set_modifiers(&self.modifiers);
                label
            }
        };
        label.source = Some("labeller".into());
        Some(label)
    }
}

impl Stated {
    /// As a draft says; what it does not speak of is not stated.
    pub fn from_draft(draft: &Label) -> Self {
        Self {
            edition: draft.modifier.as_ref().map(|word| word.to_lowercase()),
            enhancement: draft.enhancement.clone(),
            seal: draft.seal.clone(),
            stickers: draft.stickers.clone(),
            debuffed: draft.debuffed,
        }
    }

    /// Takes in what is in the form and is not what it was filled with.
    pub fn note(&mut self, form: &Modifiers, filled: &Modifiers) {
        note(&mut self.edition, &form.edition, &filled.edition);
        note(&mut self.enhancement, &form.enhancement, &filled.enhancement);
        note(&mut self.seal, &form.seal, &filled.seal);
        note(&mut self.stickers, &form.stickers, &filled.stickers);
        note(&mut self.debuffed, &form.debuffed, &filled.debuffed);
    }

    /// What is on an image that was seen with these.
    pub fn on(&self, seen: &Modifiers) -> Modifiers {
        Modifiers {
            edition: self.edition.clone().unwrap_or_else(|| seen.edition.clone()),
            enhancement: self.enhancement.clone().unwrap_or_else(|| seen.enhancement.clone()),
            seal: self.seal.clone().unwrap_or_else(|| seen.seal.clone()),
            stickers: self.stickers.clone().unwrap_or_else(|| seen.stickers.clone()),
            debuffed: self.debuffed.unwrap_or(seen.debuffed),
        }
    }

    /// Lets a draft say nothing else.
    pub fn write(&self, draft: &mut Label) {
        let Modifiers { edition, .. } = self.on(&Modifiers::default());
        draft.set_modifiers(&Modifiers { edition, ..Modifiers::default() });
        if self.edition.is_none() {
            draft.modifier = None;
        }
        draft.enhancement.clone_from(&self.enhancement);
        draft.seal.clone_from(&self.seal);
        draft.stickers.clone_from(&self.stickers);
        draft.debuffed = self.debuffed;
    }
}

fn note<T: Clone + PartialEq>(stated: &mut Option<T>, form: &T, filled: &T) {
    if stated.is_some() || form != filled {
        *stated = Some(form.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_holds_for_every_picture_and_the_rest_is_as_it_was_seen() {
        let edition = |word: &str| Modifiers { edition: word.into(), ..Modifiers::default() };
        let mut stated = Stated::default();
        stated.note(&edition("foil"), &edition("foil"));
        assert_eq!(stated.on(&edition("negative")), edition("negative"));
        let sealed = Modifiers { seal: "red".into(), ..edition("foil") };
        stated.note(&sealed, &edition("foil"));
        let want = Modifiers { seal: "red".into(), ..edition("negative") };
        assert_eq!(stated.on(&edition("negative")), want);
        let mut draft = Label { name: "DNA".into(), ..Label::default() };
        draft.set_modifiers(&sealed);
        stated.write(&mut draft);
        assert_eq!((draft.modifier.as_deref(), draft.seal.as_deref()), (None, Some("red")));
        assert_eq!(Stated::from_draft(&draft), stated, "also after a restart");
        // Said though it is the same as before.
        stated.edition = Some("base".into());
        stated.note(&edition("base"), &edition("base"));
        stated.write(&mut draft);
        assert_eq!(Stated::from_draft(&draft), stated);
        assert_eq!(stated.on(&edition("negative")).edition, "base");
    }

    #[test]
    fn a_listed_name_brings_its_id_and_a_new_one_stays_as_typed() {
        let catalogue = synth::practice::catalogue();
        let modifiers = Modifiers { edition: "foil".into(), ..Modifiers::default() };
        let mut form = Form { name: "ace of hearts ".into(), modifiers, ..Form::default() };
        let label = form.label(&catalogue).unwrap();
        assert_eq!((label.name.as_str(), label.id.as_deref()), ("Ace of Hearts", Some("H_A")));
        assert_eq!(label.modifier.as_deref(), Some("Foil"));
        form.name = "Modded Fellow".into();
        form.card_type = "Joker".into();
        let label = form.label(&catalogue).unwrap();
        assert_eq!((label.class(), label.card_type.as_deref()), ("Modded Fellow", Some("Joker")));
        assert_eq!(Form::from_label(&label), form);
        assert!(Form::default().label(&catalogue).is_none());
    }
}
