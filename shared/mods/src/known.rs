//! Cards of mods in the words of a catalogue, so that names, types and texts of all cards are
//! looked up in one place.

use std::collections::BTreeMap;

use lens_core::catalogue::{self, CardType, Catalogue, FromMod};

use crate::library::{Card, Library, Mod, Origin};

/// The cards of a library as a catalogue lists them.
pub fn cards(library: &Library, catalogue: &Catalogue) -> Vec<catalogue::Card> {
    library.cards().map(|(of_mod, card)| card_of(of_mod, card, catalogue)).collect()
}

/// A mod's card as the catalogue would list it.
pub fn card_of(of_mod: &Mod, card: &Card, catalogue: &Catalogue) -> catalogue::Card {
    catalogue::Card {
        id: card.key.as_str().into(),
        name: card.label(),
        card_type: type_of(card, catalogue),
        rarity: None,
        cost: None,
        scale: 1.0,
        twins: Vec::new(),
        group: None,
        skins: Vec::new(),
        from_mod: Some(FromMod {
            id: of_mod.id.clone(),
            name: of_mod.name.clone(),
            kind: card.set.clone(),
            text: card.text.clone(),
        }),
    }
}

/// What a card is. Consumables of a kind that a mod made up are most like tarots.
pub fn type_of(card: &Card, catalogue: &Catalogue) -> CardType {
    let of_game = catalogue.card(&card.key).filter(|_| card.origin == Origin::Game);
    of_game.map_or_else(
        || match card.set.as_str() {
            "Joker" => CardType::Joker,
            "Default" | "Enhanced" => CardType::Playing,
            "Planet" => CardType::Planet,
            "Spectral" => CardType::Spectral,
            "Voucher" => CardType::Voucher,
            "Booster" => CardType::Booster,
            "Back" => CardType::Deck,
            _ => CardType::Tarot,
        },
        |card| card.card_type,
    )
}

/// Where the game's own cards lie on its sheets, for mods that draw a sheet anew.
pub fn cells(catalogue: &Catalogue) -> BTreeMap<String, [u32; 2]> {
    let cell = |card: &catalogue::Card| {
        let base = card.skins.first()?.art.first()?.base.as_ref()?;
        Some((card.id.to_string(), [base.x, base.y]))
    };
    catalogue.cards.iter().filter_map(cell).collect()
}
