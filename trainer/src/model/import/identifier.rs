//! A classifier of whole cards as the manifest's identifier.
//!
//! It gives names only: no modifiers, and nothing that a card could be taught by.

use std::collections::BTreeMap;

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::counted::counted;
use lens_core::manifest::external::{Classifier, Fit, IdentifierKind, MAX_BATCH, Normalise, Scores};
use lens_core::manifest::{
    Activation, Added, Head, IDENTIFICATION, Identifier, NOT_A_CARD, Thresholds, UNKNOWN,
};

use super::error::ImportError;
use super::file_name;
use super::inspect::{Description, Network, Output, Pictures};
use super::labels::{self, Matched};

/// What a person says of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Its labels, in the order of its output; those in its metadata when nothing is said.
    pub labels: Option<Vec<String>>,
    /// What becomes of labels that are no card of the catalogue.
    pub unmapped: UnmappedLabels,
    /// What becomes of bytes before they go in.
    pub normalise: Normalise,
    /// How a card comes to have the shape of the input; as Ultralytics' classifiers want it, or
    /// stretched, when nothing is said.
    pub fit: Option<Fit>,
    /// Probability of the best card below which it is unknown.
    pub threshold: f32,
}

/// What becomes of labels that are no card of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmappedLabels {
    /// They are cards of this type.
    Added(CardType),
    /// The classifier is refused.
    Refused,
}

const CLASSIFIER: &str = "a classifier is understood whose one output is [images, classes]";
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
    options: &Options,
    catalogue: &Catalogue,
) -> Result<Identifier, ImportError> {
    let (pictures, output) = ask(&network.description)?;
    let given = network.run(&pictures, &output)?;
    describe(&network.description, &pictures, &output, &given, options, catalogue)
}

fn ask(description: &Description) -> Result<(Pictures, String), ImportError> {
    description.is_for("classify", CLASSIFIER)?;
    let input = description.picture_input()?;
    let batch = match input.shape[0] {
        -1 => 1,
        batch if (1..=i64::from(MAX_BATCH)).contains(&batch) => batch as u32,
        batch => {
            let reason = format!("it takes {batch} images at once");
            return Err(ImportError::new(
                reason,
                "export it for one image, or for any number (`dynamic=True`)",
            ));
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
    options: &Options,
    catalogue: &Catalogue,
) -> Result<Identifier, ImportError> {
    let shape = &given.shape;
    let classes = match shape[..] {
        [batch, classes] if batch == i64::from(pictures.batch) && classes > 0 => classes as usize,
        _ => {
            let batch = pictures.batch;
            let reason =
                format!("its output {output:?} is {shape:?} for a batch of {batch}, not [{batch}, classes]");
            return Err(ImportError::new(reason, CLASSIFIER));
        }
    };
    let labels = match (&options.labels, description.metadata.get("names")) {
        (Some(labels), _) => labels.clone(),
        (None, Some(names)) => labels::parse_names(names).map_err(|reason| {
            ImportError::new(format!("the class names in its metadata cannot be read: {reason}"), LABELS)
        })?,
        (None, None) => return Err(ImportError::new("it does not say what its classes are", LABELS)),
    };
    if labels.len() != classes {
        let reason =
            format!("it has {}, but there are {}", counted(classes, "class"), counted(labels.len(), "label"));
        return Err(ImportError::new(reason, LABELS));
    }
    let Matched { classes, added } = match_all(&labels, options.unmapped, catalogue)?;
    // Ultralytics trains square classifiers on the middle of an image, and others on all of it.
    let is_ultralytics = description.metadata.contains_key("task");
    let is_cut = is_ultralytics && pictures.size[0] == pictures.size[1];
    let fit = options.fit.unwrap_or(if is_cut { Fit::Centre } else { Fit::Stretch });
    let open = description.inputs[0].shape[0] == -1;
    Ok(Identifier {
        kind: IdentifierKind::Classifier(Classifier {
            input: pictures.input.clone(),
            output: output.to_owned(),
            batch: (!open).then_some(pictures.batch),
            scores: scores(given, labels.len()),
            normalise: options.normalise,
            fit,
        }),
        files: file_name("identifier"),
        input_size: pictures.size,
        widen: 1.0,
        embedding: 0,
        heads: vec![Head { name: IDENTIFICATION.to_owned(), activation: Activation::Softmax, classes }],
        // Similarity and gallery are of embeddings, which it does not give: nothing is rejected or
        // taught by them.
        thresholds: Thresholds {
            not_a_card: RESERVED,
            unknown: RESERVED,
            probability: options.threshold,
            similarity: -1.0,
            gallery: 1.0,
        },
        added,
    })
}

fn match_all(
    labels: &[String],
    unmapped: UnmappedLabels,
    catalogue: &Catalogue,
) -> Result<Matched, ImportError> {
    let kind = match unmapped {
        UnmappedLabels::Added(kind) => kind,
        UnmappedLabels::Refused => CardType::Joker,
    };
    let matched = labels::match_labels(labels, catalogue, kind);
    if matched.classes.iter().all(|class| [NOT_A_CARD, UNKNOWN].contains(&class.as_str())) {
        return Err(ImportError::new("none of its labels is a card", LABELS));
    }
    if unmapped == UnmappedLabels::Refused && !matched.added.is_empty() {
        let reason = format!("these labels are no cards of {}: {}", catalogue.title, listed(&matched.added));
        return Err(ImportError::new(
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

/// Probabilities of each image sum to one; logits hardly ever do.
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

    fn options() -> Options {
        Options {
            labels: None,
            unmapped: UnmappedLabels::Added(CardType::Joker),
            normalise: Normalise::Unit,
            fit: None,
            threshold: 0.5,
        }
    }

    /// What is said of a classifier with this batch and metadata, which gives `values` in the shape
    /// `shape`.
    fn said(
        batch: i64,
        metadata: &[(&str, &str)],
        shape: &[i64],
        values: &[f32],
        options: &Options,
    ) -> Result<Identifier, ImportError> {
        said_of([64, 96], batch, metadata, shape, values, options)
    }

    fn said_of(
        [width, height]: [i64; 2],
        batch: i64,
        metadata: &[(&str, &str)],
        shape: &[i64],
        values: &[f32],
        options: &Options,
    ) -> Result<Identifier, ImportError> {
        let outputs = vec![floats("logits", shape)];
        let description = description(floats("input", &[batch, 3, height, width]), outputs, metadata);
        let (pictures, output) = ask(&description)?;
        let given = Output { shape: shape.to_vec(), values: values.to_vec() };
        describe(&description, &pictures, &output, &given, options, &synth::practice::catalogue())
    }

    #[track_caller]
    fn check(metadata: &[(&str, &str)], shape: &[i64], options: &Options, part: &str) {
        let error = said(-1, metadata, shape, &[0.0; 12], options).unwrap_err();
        assert!(error.reason.contains(part) && !error.help.is_empty(), "{part:?} is not in {error:?}");
    }

    #[test]
    fn a_classifier_is_described() {
        let logits = said(-1, &[NAMES], &[1, 3], &[0.2, 7.0, -1.0], &options()).unwrap();
        assert_eq!((logits.input_size, logits.embedding), ([64, 96], 0));
        assert_eq!(logits.heads[0].classes, ["x_fox", "x_owl", "Ghost"]);
        assert_eq!(logits.added.keys().collect::<Vec<_>>(), ["Ghost"]);
        let IdentifierKind::Classifier(classifier) = logits.kind else { panic!("it is a classifier") };
        let kept = (classifier.batch, classifier.scores, classifier.fit);
        assert_eq!(kept, (None, Scores::Logits, Fit::Stretch));

        let metadata = [NAMES, ("task", "classify")];
        let values = [0.2, 0.7, 0.1, 0.0, 0.5, 0.5];
        for (size, fit) in [([64, 64], Fit::Centre), ([64, 96], Fit::Stretch)] {
            let theirs = said_of(size, 2, &metadata, &[2, 3], &values, &options()).unwrap();
            let IdentifierKind::Classifier(classifier) = theirs.kind else { panic!("it is a classifier") };
            let kept = (classifier.batch, classifier.scores, classifier.fit);
            assert_eq!(kept, (Some(2), Scores::Probabilities, fit), "{size:?}");
        }
    }

    #[test]
    fn other_networks_and_labels_that_do_not_fit_are_told_apart() {
        let labels = |labels: &[&str]| Options {
            labels: Some(labels.iter().map(ToString::to_string).collect()),
            ..options()
        };
        check(&[("task", "detect")], &[1, 3], &options(), "for the task \"detect\"");
        check(&[NAMES], &[1, 3, 4], &options(), "[1, 3, 4] for a batch of 1");
        check(&[NAMES], &[4, 3], &options(), "[4, 3] for a batch of 1");
        check(&[], &[1, 3], &options(), "does not say what its classes are");
        check(&[("names", "{0: ")], &[1, 3], &options(), "cannot be read");
        check(&[NAMES], &[1, 4], &options(), "4 classes, but there are 3 labels");
        check(&[NAMES], &[1, 3], &labels(&["x_fox"]), "3 classes, but there are 1 label");
        check(&[], &[1, 2], &labels(&[NOT_A_CARD, UNKNOWN]), "none of its labels is a card");
        let strict = Options { unmapped: UnmappedLabels::Refused, ..options() };
        check(&[NAMES], &[1, 3], &strict, "no cards of Practice");
        assert!(
            said(-1, &[], &[1, 1], &[0.0], &Options { labels: labels(&["x_owl"]).labels, ..strict }).is_ok()
        );
        let error = said(500, &[NAMES], &[500, 3], &[], &options()).unwrap_err();
        assert!(error.reason.contains("500 images"), "{error:?}");
    }

    #[test]
    fn long_lists_are_cut() {
        let card = |name: String| (name.clone(), Added { name, card_type: CardType::Joker });
        let added: BTreeMap<_, _> = (10..40).map(|number| card(format!("c{number}"))).collect();
        assert!(listed(&added).ends_with("c28, c29 and 10 more"));
    }
}
