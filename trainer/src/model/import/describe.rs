//! What was understood of imported networks, in words, so that a misunderstanding is seen.

use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::manifest::external::{Corners, DetectorKind, Fit, IdentifierKind, Layout, Normalise, Scores};
use lens_core::manifest::{Detector, Identifier, Manifest};

use super::identifier::listed;
use super::{Imported, Parts};

/// A line for each network, and one for cards that the catalogue does not have.
pub fn describe(parts: &Parts, base: &Manifest, catalogue: &Catalogue) -> Vec<String> {
    let mut lines = vec![match &parts.detector {
        Some(Imported { contract, .. }) => format!("detector: {}", of_detector(contract)),
        None => format!("detector: that of {}", base.name),
    }];
    match &parts.identifier {
        Some(Imported { contract, .. }) => {
            lines.push(format!("identifier: {}", of_identifier(contract, catalogue)));
            if !contract.added.is_empty() {
                lines.push(format!("no cards of {}, added: {}", catalogue.title, listed(&contract.added)));
            }
        }
        None => lines.push(format!("identifier: that of {}", base.name)),
    }
    lines
}

fn of_detector(detector: &Detector) -> String {
    let [width, height] = detector.input_size;
    match &detector.kind {
        DetectorKind::Yolo(yolo) => {
            let cards = if yolo.cards.is_empty() { &yolo.classes } else { &yolo.cards };
            let corners = match yolo.corners {
                Corners::Upright => "upright boxes",
                Corners::Turned => "turned boxes",
                Corners::Points | Corners::PointsSeen => "boxes with four corners",
            };
            let ending = match yolo.layout {
                Layout::Raw => "",
                Layout::Suppressed => " after its own suppression",
            };
            format!(
                "YOLO, {width} x {height} pixels, {} {corners}{ending}; cards are {} of its {}: {}",
                yolo.boxes,
                cards.len(),
                counted(yolo.classes.len(), "class"),
                in_short(cards)
            )
        }
        DetectorKind::Detr(detr) => {
            let cards = if detr.cards.is_empty() { &detr.classes } else { &detr.cards };
            let levels = levels(detr.normalise);
            format!(
                "transformer (images {levels}, stretched), {width} x {height} pixels, {}; cards are {} of \
                 its {}: {}",
                counted(detr.queries as usize, "box"),
                cards.len(),
                counted(detr.classes.len(), "class"),
                in_short(cards)
            )
        }
        DetectorKind::Grid => format!("our own, {width} x {height} pixels"),
    }
}

/// What becomes of bytes.
fn levels(normalise: Normalise) -> &'static str {
    match normalise {
        Normalise::Unit => "from 0 to 1",
        Normalise::Imagenet => "as ImageNet",
    }
}

/// The first of many names.
fn in_short(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {}", counted(names.len() - SHOWN, "other")) } else { shown }
}

fn of_identifier(identifier: &Identifier, catalogue: &Catalogue) -> String {
    let [width, height] = identifier.input_size;
    let classes = &identifier.heads[0].classes;
    let known = classes.iter().filter(|class| catalogue.card_of_class(class).is_some()).count();
    let kind = match &identifier.kind {
        IdentifierKind::Classifier(classifier) => {
            let scores = match classifier.scores {
                Scores::Logits => "logits",
                Scores::Probabilities => "probabilities",
            };
            let levels = levels(classifier.normalise);
            let fit = match classifier.fit {
                Fit::Stretch => "stretched",
                Fit::Centre => "cut about the centre",
            };
            format!("classifier ({scores}; images {levels}, {fit})")
        }
        IdentifierKind::Own => "our own".to_owned(),
    };
    format!(
        "{kind}, {width} x {height} pixels, {}, {known} of them cards of {}",
        counted(classes.len(), "label"),
        catalogue.title
    )
}
