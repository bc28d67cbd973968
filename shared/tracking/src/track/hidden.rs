//! Cards that were covered on their way.

use std::time::Duration;

use lens_core::card_id::CardId;

use super::{Card, Votes};

/// How long a card may be hidden that comes out elsewhere.
const MAX_HIDDEN: Duration = Duration::from_millis(300);

/// A card that was covered on its way and comes out elsewhere is no new one: where exactly one card
/// of its name went missing, and can have come here, it goes on as that one. Returns whose place it
/// takes.
pub(super) fn come_out(cards: &mut Vec<Card>, id: u64, name: &CardId, now: Duration) -> Option<u64> {
    let new = cards.iter().position(|card| card.id == id && card.seen == 1)?;
    let is_named = |card: &Card| card.reading.votes.as_ref().and_then(Votes::id) == Some(name);
    let mut named = (0..cards.len()).filter(|&at| at != new && is_named(&cards[at]));
    let hidden = named.next().filter(|_| named.next().is_none())?;
    if cards[hidden].missed_at.is_none() || !can_reach(&cards[hidden], &cards[new], now) {
        return None;
    }
    let mut card = cards.remove(new);
    let hidden = cards.iter_mut().find(|card| card.missed_at.is_some() && is_named(card))?;
    if card.course.pace.is_none() {
        card.go_on(hidden.measured, now.saturating_sub(hidden.placed_at), now);
        card.detected.course = card.course;
    }
    card.id = hidden.id;
    card.seen += hidden.seen;
    card.first_shown = hidden.first_shown;
    card.reading = std::mem::take(&mut hidden.reading);
    *hidden = card;
    Some(hidden.id)
}

/// Whether a card that was on its way can be the new one by now; one that lay still is not.
fn can_reach(hidden: &Card, new: &Card, now: Duration) -> bool {
    let (from, to) = (hidden.measured.centre(), new.measured.centre());
    let since = now.saturating_sub(hidden.placed_at);
    since <= MAX_HIDDEN && hidden.course.can_come([to.x - from.x, to.y - from.y], hidden.quad.height(), since)
}
