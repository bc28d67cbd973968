//! What is shown of the lists, and the way from a card to its captures.

use std::sync::Arc;

use lens_core::catalogue::Catalogue;

use super::Labeller;
use crate::intent::{Doubt, Page, Shown, Tone};
use crate::reading::Reading;
use crate::session::{Filter, Picture};

impl Labeller {
    pub(super) fn filter(&mut self, shown: Shown) {
        if self.page == Page::Label {
            self.keep_draft();
            let (wanted, catalogue) = (shown.clone(), Arc::clone(&self.catalogue));
            let accept = move |members: &[&Picture]| shows_group(&wanted, &catalogue, members);
            let is_all = Shown::default() == shown;
            self.session.set_filter(if is_all { Filter::default() } else { Filter::new(accept) });
        }
        let list = self.list();
        self.shown[list] = shown;
    }

    /// Goes to where the captures of a card are.
    pub(super) fn show_captures(&mut self, id: &str) {
        let name = self.name_of(id);
        let is_it = |it: &Picture| !it.binned && it.label.as_ref().is_some_and(|it| it.class() == id);
        let has_some = self.session.pictures().iter().any(is_it);
        let guessed = |it: &Picture| {
            it.label.is_none()
                && !it.binned
                && Reading::of_capture(&it.context)
                    .as_ref()
                    .and_then(Reading::first)
                    .is_some_and(|it| it.id == id)
        };
        let waits = self.session.pictures().iter().any(guessed);
        let page = match (has_some, waits) {
            (true, _) => Page::Verify,
            (false, true) => Page::Label,
            (false, false) => {
                self.say(
                    format!("No capture of {name} yet: meet it in the game, and press Ctrl+Shift+S"),
                    Tone::Told,
                );
                return;
            }
        };
        self.show_page(page);
        self.filter(Shown { text: name, ..Shown::default() });
    }
}

/// Whether a filter of the queue lets a group through.
fn shows_group(wanted: &Shown, catalogue: &Catalogue, members: &[&Picture]) -> bool {
    let readings: Vec<Option<Reading>> =
        members.iter().filter(|it| it.label.is_none()).map(|it| Reading::of_capture(&it.context)).collect();
    let first = readings.iter().flatten().find_map(Reading::first);
    let card = first.and_then(|guess| catalogue.card(&guess.id));
    let text = wanted.text.trim().to_lowercase();
    let has_text = |name: &str| name.to_lowercase().contains(&text);
    let name = card.map_or_else(|| first.map_or("", |it| it.id.as_str()), |card| card.name.as_str());
    let named = members.iter().filter_map(|it| it.label.as_ref()).any(|label| has_text(&label.name));
    // A label says more than a guess.
    let label = members.iter().find_map(|it| it.label.as_ref());
    let from_mod = || wanted.from_mod.accepts(label.map_or(card, |label| catalogue.card(label.class())));
    let is_sure = readings.iter().all(|it| it.as_ref().is_some_and(|it| it.named(catalogue).is_some()));
    (text.is_empty() || has_text(name) || named)
        && from_mod()
        && wanted.card_type.is_none_or(|wanted| card.is_some_and(|card| card.card_type == wanted))
        && match wanted.doubt {
            Doubt::Any => true,
            Doubt::Sure => is_sure,
            Doubt::Unsure => !is_sure,
        }
}
