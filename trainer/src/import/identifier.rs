//! A classifier of whole cards as the manifest's identifier.
//!
//! It gives names only: no modifiers, and nothing that a card could be taught by.

use std::collections::BTreeMap;

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::manifest::external::{Classifier, Fit, IdentifierKind, MAX_BATCH, Normalise, Scores};
use lens_core::manifest::{
    Activation, Added, Head, IDENTIFICATION, Identifier, NOT_A_CARD, Thresholds, UNKNOWN,
};

use super::inspect::{Description, Network, Output, Pictures};
use super::labels::{self, Matched};
use super::{Fault, file_name};

/// What a person says of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// Its labels, in the order of its output; those in its metadata when nothing is said.
    pub labels: Option<Vec<String>>,
    /// What becomes of labels that are no card of the catalogue.
    pub strangers: Strangers,
    /// What becomes of bytes before they go in.
    pub normalise: Normalise,
    /// How a card comes to have the shape of the input; as Ultralytics' classifiers want it, or stretched, when nothing
    /// is said.
    pub fit: Option<Fit>,
    /// Probability of the best card below which it is unknown.
    pub threshold: f32,
}

/// What becomes of labels that are no card of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// They are cards of this type.
    Added(CardType),
    /// The classifier is refused.
    Refused,
}

const CLASSIFIER: &str = "a classifier is understood whose one output is [pictures, classes]";
const LABELS: &str = "give a file with its labels in the order of its output: --labels FILE";
/// The most labels that a message lists.
const LISTED: usize = 20;
/// Probability of the reserved classes from which they count.
const RESERVED: f32 = 0.5;

/// Checks a classifier and runs it once.
///
/// # Errors
/// Says what it is instead, or which labels do not fit.
pub fn identifier(
    network: &mut Network,
    wishes: &Wishes,
    catalogue: &Catalogue,
) -> Result<Identifier, Fault> {
    let (pictures, output) = ask(&network.description)?;
    let given = network.run(&pictures, &output)?;
    describe(&network.description, &pictures, &output, &given, wishes, catalogue)
}

fn ask(description: &Description) -> Result<(Pictures, String), Fault> {
    description.is_for("classify", CLASSIFIER)?;
    let input = description.picture_input()?;
    let batch = match input.shape[0] {
        -1 => 1,
        batch if (1..=i64::from(MAX_BATCH)).contains(&batch) => batch as u32,
        batch => {
            let reason = format!("it takes {batch} pictures at once");
            return Err(Fault::new(reason, "export it for one picture, or for any number (`dynamic=True`)"));
        }
    };
    let size = description.picture_size(input)?;
    let output = description.only_output(CLASSIFIER)?;
    Ok((Pictures { input: input.name.clone(), batch, size }, output.name.clone()))
}

fn describe(
    description: &Description,
    pictures: &Pictures,
    output: &str,
    given: &Output,
    wishes: &Wishes,
    catalogue: &Catalogue,
) -> Result<Identifier, Fault> {
    let shape = &given.shape;
    let classes = match shape[..] {
        [batch, classes] if batch == i64::from(pictures.batch) && classes > 0 => classes as usize,
        _ => {
            let batch = pictures.batch;
            let reason =
                format!("its output {output:?} is {shape:?} for a batch of {batch}, not [{batch}, classes]");
            return Err(Fault::new(reason, CLASSIFIER));
        }
    };
    let labels = match (&wishes.labels, description.metadata.get("names")) {
        (Some(labels), _) => labels.clone(),
        (None, Some(names)) => labels::parse_names(names).map_err(|reason| {
            Fault::new(format!("the class names in its metadata cannot be read: {reason}"), LABELS)
        })?,
        (None, None) => return Err(Fault::new("it does not say what its classes are", LABELS)),
    };
    if labels.len() != classes {
        let reason = format!("it has {classes} classes, but there are {} labels", labels.len());
        return Err(Fault::new(reason, LABELS));
    }
    let Matched { classes, added } = match_all(&labels, wishes.strangers, catalogue)?;
    // Ultralytics trains square classifiers on the middle of a picture, and others on all of it.
    let is_ultralytics = description.metadata.contains_key("task");
    let is_cut = is_ultralytics && pictures.size[0] == pictures.size[1];
    let fit = wishes.fit.unwrap_or(if is_cut { Fit::Centre } else { Fit::Stretch });
    let open = description.inputs[0].shape[0] == -1;
    Ok(Identifier {
        kind: IdentifierKind::Classifier(Classifier {
            input: pictures.input.clone(),
            output: output.to_owned(),
            batch: (!open).then_some(pictures.batch),
            scores: scores(given, labels.len()),
            normalise: wishes.normalise,
            fit,
        }),
        files: file_name("identifier"),
        input_size: pictures.size,
        widen: 1.0,
        embedding: 0,
        heads: vec![Head { name: IDENTIFICATION.to_owned(), activation: Activation::Softmax, classes }],
        // Similarity and gallery are of embeddings, which it does not give: nothing is rejected or taught by them.
        thresholds: Thresholds {
            not_a_card: RESERVED,
            unknown: RESERVED,
            probability: wishes.threshold,
            similarity: -1.0,
            gallery: 1.0,
        },
        added,
    })
}

fn match_all(labels: &[String], strangers: Strangers, catalogue: &Catalogue) -> Result<Matched, Fault> {
    let kind = match strangers {
        Strangers::Added(kind) => kind,
        Strangers::Refused => CardType::Joker,
    };
    let matched = labels::match_labels(labels, catalogue, kind);
    if matched.classes.iter().all(|class| [NOT_A_CARD, UNKNOWN].contains(&class.as_str())) {
        return Err(Fault::new("none of its labels is a card", LABELS));
    }
    if strangers == Strangers::Refused && !matched.added.is_empty() {
        let reason = format!("these labels are no cards of {}: {}", catalogue.title, listed(&matched.added));
        return Err(Fault::new(
            reason,
            "write them as the ids or names in data/catalogues, or leave out --strict to add them as cards",
        ));
    }
    Ok(matched)
}

/// Names of cards, the first few of them.
pub fn listed(added: &BTreeMap<String, Added>) -> String {
    let names: Vec<&str> = added.values().take(LISTED).map(|it| it.name.as_str()).collect();
    match added.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Probabilities of each picture sum to one; logits hardly ever do.
fn scores(given: &Output, classes: usize) -> Scores {
    let is_distribution = |row: &[f32]| {
        let within = row.iter().all(|value| (-1e-6..=1.0 + 1e-3).contains(value));
        within && (row.iter().sum::<f32>() - 1.0).abs() < 1e-3
    };
    match given.values.chunks_exact(classes).all(is_distribution) {
        true => Scores::Probabilities,
        false => Scores::Logits,
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::tests::{description, floats};
    use super::*;

    const NAMES: (&str, &str) = ("names", "{0: 'x_fox', 1: 'x_owl', 2: 'Ghost'}");

    fn wishes() -> Wishes {
        Wishes {
            labels: None,
            strangers: Strangers::Added(CardType::Joker),
            normalise: Normalise::Unit,
            fit: None,
            threshold: 0.5,
        }
    }

    /// What is said of a classifier with this batch and metadata, which gives `values` in the shape `shape`.
    fn said(
        batch: i64,
        metadata: &[(&str, &str)],
        shape: &[i64],
        values: &[f32],
        wishes: &Wishes,
    ) -> Result<Identifier, Fault> {
        said_of([64, 96], batch, metadata, shape, values, wishes)
    }

    fn said_of(
        [width, height]: [i64; 2],
        batch: i64,
        metadata: &[(&str, &str)],
        shape: &[i64],
        values: &[f32],
        wishes: &Wishes,
    ) -> Result<Identifier, Fault> {
        let outputs = vec![floats("logits", shape)];
        let description = description(floats("input", &[batch, 3, height, width]), outputs, metadata);
        let (pictures, output) = ask(&description)?;
        let given = Output { shape: shape.to_vec(), values: values.to_vec() };
        describe(&description, &pictures, &output, &given, wishes, &synth::practice::catalogue())
    }

    #[track_caller]
    fn check(metadata: &[(&str, &str)], shape: &[i64], wishes: &Wishes, part: &str) {
        let fault = said(-1, metadata, shape, &[0.0; 12], wishes).unwrap_err();
        assert!(fault.reason.contains(part) && !fault.help.is_empty(), "{part:?} is not in {fault:?}");
    }

    #[test]
    fn a_classifier_is_described() {
        let logits = said(-1, &[NAMES], &[1, 3], &[0.2, 7.0, -1.0], &wishes()).unwrap();
        assert_eq!((logits.input_size, logits.embedding), ([64, 96], 0));
        assert_eq!(logits.heads[0].classes, ["x_fox", "x_owl", "Ghost"]);
        assert_eq!(logits.added.keys().collect::<Vec<_>>(), ["Ghost"]);
        let IdentifierKind::Classifier(classifier) = logits.kind else { panic!("it is a classifier") };
        let kept = (classifier.batch, classifier.scores, classifier.fit);
        assert_eq!(kept, (None, Scores::Logits, Fit::Stretch));

        let metadata = [NAMES, ("task", "classify")];
        let values = [0.2, 0.7, 0.1, 0.0, 0.5, 0.5];
        for (size, fit) in [([64, 64], Fit::Centre), ([64, 96], Fit::Stretch)] {
            let theirs = said_of(size, 2, &metadata, &[2, 3], &values, &wishes()).unwrap();
            let IdentifierKind::Classifier(classifier) = theirs.kind else { panic!("it is a classifier") };
            let kept = (classifier.batch, classifier.scores, classifier.fit);
            assert_eq!(kept, (Some(2), Scores::Probabilities, fit), "{size:?}");
        }
    }

    #[test]
    fn other_networks_and_labels_that_do_not_fit_are_told_apart() {
        let labels = |labels: &[&str]| Wishes {
            labels: Some(labels.iter().map(ToString::to_string).collect()),
            ..wishes()
        };
        check(&[("task", "detect")], &[1, 3], &wishes(), "for the task \"detect\"");
        check(&[NAMES], &[1, 3, 4], &wishes(), "[1, 3, 4] for a batch of 1");
        check(&[NAMES], &[4, 3], &wishes(), "[4, 3] for a batch of 1");
        check(&[], &[1, 3], &wishes(), "does not say what its classes are");
        check(&[("names", "{0: ")], &[1, 3], &wishes(), "cannot be read");
        check(&[NAMES], &[1, 4], &wishes(), "4 classes, but there are 3 labels");
        check(&[NAMES], &[1, 3], &labels(&["x_fox"]), "3 classes, but there are 1 labels");
        check(&[], &[1, 2], &labels(&[NOT_A_CARD, UNKNOWN]), "none of its labels is a card");
        let strict = Wishes { strangers: Strangers::Refused, ..wishes() };
        check(&[NAMES], &[1, 3], &strict, "no cards of Practice");
        assert!(
            said(-1, &[], &[1, 1], &[0.0], &Wishes { labels: labels(&["x_owl"]).labels, ..strict }).is_ok()
        );
        let fault = said(500, &[NAMES], &[500, 3], &[], &wishes()).unwrap_err();
        assert!(fault.reason.contains("500 pictures"), "{fault:?}");
    }

    #[test]
    fn long_lists_are_cut() {
        let card = |name: String| (name.clone(), Added { name, card_type: CardType::Joker });
        let added: BTreeMap<_, _> = (10..40).map(|number| card(format!("c{number}"))).collect();
        assert!(listed(&added).ends_with("c28, c29 and 10 more"));
    }
}
