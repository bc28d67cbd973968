//! Tracks in, the API's own types out; and the events between two moments.
//!
//! Pure: neither clock nor socket. What is sent is rounded: more digits are noise.

use lens_client::api::{self, CardView, Cards, Event, FORMAT, GuessView, State};
use lens_core::catalogue::{CardType, Catalogue};
use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;

use crate::tooltips::Localisation;
use tracking::track::Track;
use vision::reading::Identity;

/// Guesses that are sent of a card.
const MAX_GUESSES: usize = 3;

/// The cards of a moment, of which [`Cards::sequence`] is not known yet.
pub fn cards(state: State, frame: [u32; 2], tracks: &[Track], catalogue: &Catalogue) -> Cards {
    let cards = tracks.iter().map(|track| card(track, catalogue)).collect();
    Cards { format: FORMAT, sequence: 0, state, frame, cards }
}

/// A track as other programs see it.
pub fn card(track: &Track, catalogue: &Catalogue) -> CardView {
    let name_of = |id: &str| catalogue.card(id).map_or_else(|| id.to_owned(), |card| card.name.clone());
    let id = track.identity.id();
    let known = id.and_then(|id| catalogue.card(id));
    let confidence = match track.identity {
        Identity::Known { confidence, .. } => Some(rounded(confidence, 1000.0)),
        Identity::Unknown { .. } => None,
    };
    let guess = |it: &vision::reading::Guess| GuessView {
        id: it.id.to_string(),
        name: name_of(&it.id),
        probability: rounded(it.probability, 1000.0),
    };
    CardView {
        track: track.id,
        id: id.map(ToString::to_string),
        name: id.map(|id| name_of(id)),
        card_type: known.map(|card| card_type(card.card_type)),
        rarity: known.and_then(|card| card.rarity.clone()),
        from_mod: known.and_then(|card| card.from_mod.as_ref()).map(|it| api::ModView {
            id: it.id.clone(),
            name: it.name.clone(),
            kind: it.kind.clone(),
        }),
        confidence,
        modifiers: modifiers(&track.modifiers),
        quad: quad(track.quad),
        guesses: track.guesses.iter().take(MAX_GUESSES).map(guess).collect(),
        text: Vec::new(),
    }
}

/// Adds what cards do. Most of them were there `before`, with the same text.
pub fn explain(cards: &mut [CardView], before: &[CardView], catalogue: &Catalogue, texts: &Localisation) {
    for card in cards {
        let Some(id) = &card.id else { continue };
        let old = before.iter().find(|it| it.track == card.track && it.id == card.id && !it.text.is_empty());
        card.text = old.map_or_else(|| texts.text(id, catalogue), |it| it.text.clone());
    }
}

/// What happened when `before` became `after`.
///
/// A card whose confidence or guesses alone differ makes no event: they tremble with every frame.
pub fn events(before: &Cards, after: &Cards) -> Vec<Event> {
    let sequence = after.sequence;
    let find = |cards: &[CardView], track: u64| cards.iter().position(|card| card.track == track);
    let mut events = Vec::new();
    if (before.state, before.frame) != (after.state, after.frame) {
        events.push(Event::State { sequence, state: after.state, frame: after.frame });
    }
    for card in before.cards.iter().filter(|card| find(&after.cards, card.track).is_none()) {
        events.push(Event::Leave { sequence, track: card.track, id: card.id.clone() });
    }
    for card in &after.cards {
        let Some(old) = find(&before.cards, card.track).map(|at| &before.cards[at]) else {
            events.push(Event::Appear { sequence, card: card.clone() });
            continue;
        };
        if (&old.id, &old.modifiers, &old.text) != (&card.id, &card.modifiers, &card.text) {
            events.push(Event::Change { sequence, card: card.clone() });
        } else if old.quad != card.quad {
            events.push(Event::Move { sequence, track: card.track, quad: card.quad });
        }
    }
    events
}

fn card_type(card_type: CardType) -> api::CardType {
    match card_type {
        CardType::Joker => api::CardType::Joker,
        CardType::Playing => api::CardType::Playing,
        CardType::Tarot => api::CardType::Tarot,
        CardType::Planet => api::CardType::Planet,
        CardType::Spectral => api::CardType::Spectral,
        CardType::Voucher => api::CardType::Voucher,
        CardType::Booster => api::CardType::Booster,
        CardType::Deck => api::CardType::Deck,
    }
}

fn modifiers(modifiers: &Modifiers) -> api::Modifiers {
    let Modifiers { edition, enhancement, seal, stickers, debuffed } = modifiers.clone();
    api::Modifiers { edition, enhancement, seal, stickers, debuffed }
}

/// Corners to a tenth of a pixel.
fn quad(quad: Quad<InFrame>) -> api::Quad {
    quad.to_xy().map(|corner| corner.map(|side| rounded(side, 10.0)))
}

fn rounded(value: f32, steps: f32) -> f32 {
    (value * steps).round() / steps
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::test_track;
    use lens_core::catalogue::FromMod;
    use lens_core::geometry::Rect;

    /// A track at a place, with a card of the practice deck or an unknown one.
    pub(crate) fn track(id: u64, card: &str, left: f32) -> Track {
        let identity = match card {
            "?" => Identity::Unknown { nearest: None },
            card => test_track::known(card, 0.98765),
        };
        test_track::track(id, identity, Quad::from_rect(Rect::ltwh(left, 10.0, 71.0, 95.0)))
    }

    /// Each moment is a list of track, card and left edge. Returns the events between them.
    fn told(before: &[(u64, &str, f32)], after: &[(u64, &str, f32)]) -> Vec<String> {
        let catalogue = synth::practice::catalogue();
        let moment = |cards_at: &[(u64, &str, f32)]| {
            let tracks: Vec<Track> = cards_at.iter().map(|&(id, card, left)| track(id, card, left)).collect();
            cards(State::Watching, [640, 360], &tracks, &catalogue)
        };
        let name = |event: &Event| match event {
            Event::Appear { card, .. } => format!("appear {}", card.track),
            Event::Change { card, .. } => format!("change {}", card.track),
            Event::Move { track, .. } => format!("move {track}"),
            Event::Leave { track, .. } => format!("leave {track}"),
            Event::State { .. } | Event::Snapshot(_) => "other".to_owned(),
        };
        events(&moment(before), &moment(after)).iter().map(name).collect()
    }

    #[test]
    fn only_differences_are_told() {
        let ace = (1, "H_A", 0.0);
        assert_eq!(told(&[ace], &[ace]), [""; 0]);
        assert_eq!(told(&[ace], &[(1, "H_A", 0.01)]), [""; 0], "less than a tenth of a pixel");
        assert_eq!(told(&[], &[ace]), ["appear 1"]);
        assert_eq!(told(&[ace], &[(1, "H_A", 5.0)]), ["move 1"]);
        assert_eq!(told(&[ace], &[(1, "S_A", 5.0)]), ["change 1"], "a change tells the place as well");
        assert_eq!(told(&[ace, (2, "?", 90.0)], &[(3, "?", 90.0), ace]), ["leave 2", "appear 3"]);
    }

    #[test]
    fn a_card_is_told_with_its_name_and_rounded() {
        let card = card(&track(7, "H_A", 1.0 / 3.0), &synth::practice::catalogue());
        let text = serde_json::to_string(&card).unwrap();
        assert!(text.starts_with(r#"{"track":7,"id":"H_A","name":""#), "{text}");
        assert!(text.contains(r#""confidence":0.988"#) && text.contains(r#""quad":[[0.3,10.0],"#), "{text}");
        assert_eq!(serde_json::from_str::<CardView>(&text).unwrap(), card, "it can be read back");
    }

    #[test]
    fn a_card_of_a_mod_says_which_mod() {
        let mut catalogue = Catalogue::clone(&synth::practice::catalogue());
        let from_mod = FromMod {
            id: "Garden".into(),
            name: "The Garden".into(),
            kind: "Joker".into(),
            text: Vec::new(),
        };
        let ace = catalogue.card("H_A").unwrap().clone();
        let rose = lens_core::catalogue::Card { id: "j_gd_rose".into(), from_mod: Some(from_mod), ..ace };
        catalogue.add_cards([rose]);
        let of = |id: &str| card(&track(1, id, 0.0), &catalogue).from_mod.map(|it| it.id);
        assert_eq!((of("j_gd_rose"), of("H_A")), (Some("Garden".to_owned()), None));
    }

    fn json(value: &impl serde::Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn the_api_writes_types_and_modifiers_as_the_catalogue_does() {
        for it in CardType::ALL {
            assert_eq!(json(&card_type(it)), json(&it));
        }
        let worn = Modifiers { seal: "red".into(), stickers: vec!["rental".into()], ..Modifiers::default() };
        assert_eq!(json(&modifiers(&worn)), json(&worn));
    }
}
