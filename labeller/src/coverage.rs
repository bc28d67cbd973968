//! What the data set has of each card and edition, and what to hunt next.

use std::collections::HashMap;

use lens_core::catalogue::{Card, CardType, Catalogue};

use crate::session::Session;

/// Images of a card and edition from which there are enough.
pub const ENOUGH: usize = 3;

/// What there is of one card.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub card_type: CardType,
    /// The rarity, of jokers.
    pub rarity: Option<String>,
    /// Id and name of the mod that brings it.
    pub from_mod: Option<(String, String)>,
    /// A labelled image of it, for want of art.
    pub picture: Option<String>,
    /// Labelled images, by edition in the catalogue's order; nothing where the card cannot have
    /// the edition.
    pub counts: Vec<Option<usize>>,
}

/// What there is of every card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Editions, in the catalogue's order.
    pub editions: Vec<String>,
    /// A row for each card, in the catalogue's order.
    pub rows: Vec<Row>,
}

fn count(session: &Session, catalogue: &Catalogue) -> Coverage {
    let mut counts: HashMap<(&str, String), usize> = HashMap::new();
    let mut pictures: HashMap<&str, &str> = HashMap::new();
    let by_name: HashMap<String, &str> =
        catalogue.cards.iter().map(|card| (card.name.to_lowercase(), card.id.as_str())).collect();
    for picture in session.pictures().iter().filter(|it| !it.binned) {
        let Some(label) = &picture.label else { continue };
        // Labels of other tools have names only, and write some of them in their own way: `Dna`.
        let listed = || by_name.get(&label.name.trim().to_lowercase()).copied();
        let id = label.id.as_deref().or_else(listed).unwrap_or_default();
        *counts.entry((id, label.modifiers().edition)).or_default() += 1;
        pictures.entry(id).or_insert(&picture.file);
    }
    let editions = catalogue.modifiers.editions.clone();
    let row = |card: &Card| Row {
        id: card.id.to_string(),
        name: card.name.clone(),
        card_type: card.card_type,
        rarity: card.rarity.clone(),
        from_mod: card.from_mod.as_ref().map(|it| (it.id.clone(), it.name.clone())),
        picture: pictures.get(card.id.as_str()).map(|file| (*file).to_owned()),
        counts: editions
            .iter()
            .enumerate()
            .map(|(at, edition)| {
                let possible = at == 0 || can_have(card.card_type, edition);
                possible.then(|| counts.get(&(card.id.as_str(), edition.clone())).copied().unwrap_or(0))
            })
            .collect(),
    };
    let rows = catalogue.cards.iter().map(row).collect();
    Coverage { editions, rows }
}

impl Row {
    /// Labelled images in all editions.
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }
}

impl Coverage {
    /// Counts the labelled images.
    pub fn new(session: &Session, catalogue: &Catalogue) -> Self {
        count(session, catalogue)
    }

    /// How many pairs of a card of the game and an edition there are, and of how many there is a
    /// image.
    pub fn share(&self) -> [usize; 2] {
        let cells = || {
            self.rows.iter().filter(|row| row.from_mod.is_none()).flat_map(|row| row.counts.iter().flatten())
        };
        [cells().filter(|count| **count > 0).count(), cells().count()]
    }

    /// Of how many of these cards there is an image, and how many they are.
    pub fn met<'a>(rows: impl Iterator<Item = &'a Row>) -> [usize; 2] {
        rows.fold([0, 0], |[met, all], row| [met + usize::from(row.total() > 0), all + 1])
    }

    /// What training needs most: cards of which there is nothing, then those of which there is
    /// little, then editions; jokers first, for no two of them are alike.
    pub fn hunt(&self, most: usize) -> Vec<(&Row, &str)> {
        let Some(plain) = self.editions.first() else { return Vec::new() };
        let need = |row: &&Row| row.total();
        // Cards of mods are known by their sprites.
        let rows = || self.rows.iter().filter(|row| row.from_mod.is_none());
        let mut scarce: Vec<&Row> = rows().filter(|row| row.total() < ENOUGH).collect();
        scarce.sort_by_key(need);
        let cards = scarce.into_iter().map(|row| (row, plain.as_str()));
        let editions = (1..self.editions.len()).flat_map(|edition| {
            let missing = move |row: &&Row| row.counts[edition] == Some(0);
            rows().filter(missing).map(move |row| (row, self.editions[edition].as_str()))
        });
        cards.chain(editions).take(most).collect()
    }
}

/// What the game puts on which card.
fn can_have(card_type: CardType, edition: &str) -> bool {
    match card_type {
        CardType::Joker => true,
        CardType::Playing => edition != "negative",
        CardType::Tarot | CardType::Planet | CardType::Spectral => edition == "negative",
        CardType::Voucher | CardType::Booster | CardType::Deck => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::labels::Label;
    use dataset::labels::store::Change;
    use lens_core::modifiers::Modifiers;

    #[test]
    fn pictures_are_counted_and_the_missing_are_to_be_hunted() {
        let catalogue = synth::practice::catalogue();
        let joker = catalogue.cards.iter().find(|card| card.card_type == CardType::Joker).unwrap();
        let foil = Modifiers { edition: "foil".into(), ..Modifiers::default() };
        let plain = catalogue.cards.iter().find(|card| card.card_type == CardType::Playing).unwrap();
        let other = catalogue.cards.iter().filter(|card| card.card_type == CardType::Joker).nth(1).unwrap();
        let shouted = Label { name: other.name.to_uppercase(), ..Label::default() };
        let labels = [
            Label::new(joker, &foil),
            Label::new(joker, &foil),
            Label::new(plain, &Modifiers::default()),
            shouted,
        ];
        let mut session = Session::default();
        session.apply(
            &labels
                .into_iter()
                .enumerate()
                .map(|(id, label)| Change::Label { file: format!("{id}.png"), label: Some(Box::new(label)) })
                .collect::<Vec<_>>(),
        );
        let coverage = Coverage::new(&session, &catalogue);
        let row = coverage.rows.iter().find(|row| row.id == joker.id).unwrap();
        assert_eq!(row.counts[..2], [Some(0), Some(2)]);
        assert_eq!(coverage.share()[0], 3);
        let row = coverage.rows.iter().find(|row| row.id == other.id).unwrap();
        assert_eq!(row.counts[0], Some(1), "{:?} however it is written", other.name);
        let hunted = coverage.hunt(5);
        assert!(
            hunted.iter().all(|(row, edition)| *edition == "base" && row.total() == 0),
            "nothing before little"
        );
        let all = coverage.hunt(usize::MAX);
        let place = |id: &str, edition: &str| all.iter().position(|it| it.0.id == *id && it.1 == edition);
        assert!(place(&plain.id, "base") > place(&hunted[4].0.id, "base"));
        assert!(place(&joker.id, "holographic") > place(&plain.id, "base"), "editions come last");
        assert_eq!(Coverage::met(coverage.rows.iter())[0], 3);
        let voucher = coverage.rows.iter().find(|row| row.card_type == CardType::Voucher);
        assert!(voucher.is_none_or(|row| row.counts[1..].iter().all(Option::is_none)));
    }
}
