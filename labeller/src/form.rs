//! What is being said of a card, before it is saved.

use shared::catalogue::{Card, Catalogue};
use shared::labels::Label;
use shared::modifiers::Modifiers;

/// The fields of a label as they are edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// Name for people, of the catalogue or new.
    pub name: String,
    /// The type's name; follows the catalogue where it knows the name.
    pub card_type: String,
    /// The rarity, or nothing.
    pub rarity: String,
    /// Edition and so on.
    pub modifiers: Modifiers,
}

/// A name that it could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The card's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How likely the model finds it.
    pub probability: f32,
}

impl Form {
    /// As a label says.
    pub fn of(label: &Label) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_name_brings_its_id_and_a_new_one_stays_as_typed() {
        let catalogue = scenes::practice::catalogue();
        let modifiers = Modifiers { edition: "foil".into(), ..Modifiers::default() };
        let mut form = Form { name: "ace of hearts ".into(), modifiers, ..Form::default() };
        let label = form.label(&catalogue).unwrap();
        assert_eq!((label.name.as_str(), label.id.as_deref()), ("Ace of Hearts", Some("H_A")));
        assert_eq!(label.modifier.as_deref(), Some("Foil"));
        form.name = "Modded Fellow".into();
        form.card_type = "Joker".into();
        let label = form.label(&catalogue).unwrap();
        assert_eq!((label.class(), label.card_type.as_deref()), ("Modded Fellow", Some("Joker")));
        assert_eq!(Form::of(&label), form);
        assert!(Form::default().label(&catalogue).is_none());
    }
}
