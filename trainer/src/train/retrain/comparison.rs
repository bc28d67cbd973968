//! The figures of the installed model beside those of the new one. Pure.

use std::collections::BTreeMap;

use lens_core::manifest::Head;

use super::verdict::{Row, Weight};
use crate::evaluate::identification::IdentificationReport;
use crate::evaluate::metrics::Share;

/// Figures of a model.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) captures: Share,
    pub(super) new_cards: Share,
    /// Cards that are said to be known.
    pub(super) said: Share,
    pub(super) heads: BTreeMap<String, Share>,
    pub(super) composed: IdentificationReport,
}

/// What is compared; what no image says anything of is left out.
pub(super) fn rows(heads: &[Head], old: &Figures, new: &Figures) -> Vec<Row> {
    let row = |what: &str, weight, of: &dyn Fn(&Figures) -> Share| Row {
        what: what.to_owned(),
        old: of(old),
        new: of(new),
        weight,
    };
    let mut rows = vec![
        row("your captures: right name", Weight::Gain, &|it| it.captures),
        row("  of these, new cards", Weight::Shown, &|it| it.new_cards),
        // A right name is of no use to the player when the overlay says that the card is unknown.
        row("  said to be known", Weight::Guard, &|it| it.said),
    ];
    for head in heads.iter().skip(1) {
        let of = |it: &Figures| it.heads.get(&head.name).copied().unwrap_or_default();
        rows.push(row(&format!("  {}", head.name), Weight::Shown, &of));
    }
    rows.push(row("composed cards: right name", Weight::Guard, &|it| it.composed.names.top1));
    rows.push(row("  edition", Weight::Guard, &|it| it.composed.edition));
    rows.push(row("  said to be unknown or none", Weight::Shown, &|it| it.composed.names.rejected));
    rows.push(row("invented cards: said to be unknown", Weight::Shown, &|it| {
        it.composed.names.unknown_flagged
    }));
    rows.retain(|row| row.old.whole > 0 || row.weight == Weight::Gain);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::retrain::verdict::better;

    #[test]
    fn a_model_that_rejects_everything_is_not_installed() {
        let figures = |right: usize, said: usize| Figures {
            captures: Share { part: right, whole: 20 },
            said: Share { part: said, whole: 20 },
            ..Figures::default()
        };
        let check = |new: Figures| better(&rows(&[], &figures(16, 19), &new)).map_err(|it| it.to_string());
        assert_eq!(check(figures(18, 19)), Ok(()));
        assert_eq!(check(figures(20, 0)).unwrap_err(), "said to be known has become worse");
    }
}
