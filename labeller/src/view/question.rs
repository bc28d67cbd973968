//! What is asked before it is done, over the page.

use egui::{Context, Id, Modal, RichText};
use lens_core::counted::counted;

use super::theme::{self, Enabled, FAINT};
use crate::intent::{Intent, Question};
use crate::window::Labeller;

/// Heading, what it means, and the word on the button.
fn words(question: &Question) -> (String, String, &'static str) {
    match question {
        Question::Forget { name, .. } => (
            format!("Forget {name}?"),
            "The overlay no longer knows the card by what you taught. Labels stay, and what is \
             forgotten is kept below the list: it can come back."
                .into(),
            "Forget it",
        ),
        Question::EmptyBin(1) => (
            "Empty the bin of 1 capture?".into(),
            "It goes for good, with its label, and with its frame unless something else was cut from \
             that. This cannot be undone."
                .into(),
            "Empty it",
        ),
        Question::EmptyBin(count) => (
            format!("Empty the bin of {}?", counted(count, "capture")),
            "They go for good, with their labels, and with the frames that nothing else was cut from. \
             This cannot be undone."
                .into(),
            "Empty it",
        ),
        Question::Close(count) => (
            format!("Close without saving {}?", counted(*count, "named card")),
            "What was named on the open frame of the page Frames is not saved: No, then Ctrl+S there \
             saves it."
                .into(),
            "Close",
        ),
        Question::GoBack => (
            "Go back to the model before?".into(),
            "The two models change places, so that going back once more undoes it.".into(),
            "Go back",
        ),
    }
}

pub(super) fn show(labeller: &mut Labeller, context: &Context, intents: &mut Vec<Intent>) {
    let Some(question) = &labeller.question else { return };
    let (heading, meaning, button) = words(question);
    let modal = Modal::new(Id::unique("question")).frame(theme::panel().corner_radius(8).inner_margin(18));
    modal.show(context, |ui| {
        ui.set_width(360.0);
        panes::heading(ui, &heading);
        ui.add_space(4.0);
        ui.label(RichText::new(meaning).color(FAINT));
        ui.add_space(10.0);
        if theme::primary(ui, &format!("{button}  \u{23ce}"), Enabled::Yes) {
            intents.push(Intent::GoAhead);
        }
        ui.add_space(4.0);
        if theme::keyed(ui, "No", "Esc") {
            intents.push(Intent::Escape);
        }
    });
}
