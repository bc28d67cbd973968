//! External models, which another program trained and exported: how images go in, and what comes
//! out.
//!
//! Both kinds take floats, channels first, red before green before blue. What our own networks are
//! like is in [`super`].

use serde::{Deserialize, Serialize};

/// The most boxes that a detector may give; an input of 4096 x 4096 pixels gives 344064.
const MAX_BOXES: u32 = 400_000;
/// The largest fixed batch of a classifier.
pub const MAX_BATCH: u32 = 64;

/// What goes into a detector and comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectorKind {
    /// Our own: cells of a grid, with the corners of whole cards.
    #[default]
    Grid,
    /// An export of Ultralytics YOLO (v8 to v12, 26).
    Yolo(Yolo),
    /// An export of RF-DETR, or of another transformer that gives boxes and logits as it does
    /// (D-FINE, RT-DETR).
    Detr(Detr),
}

/// A transformer that gives a set of boxes, each card once (Carion and others, *End-to-End Object
/// Detection with Transformers*, 2020), as RF-DETR exports it.
///
/// Input: `[1, 3, height, width]`, the whole frame stretched. Outputs: `[1, queries, 4]`, centre,
/// width and height in shares of the image, and `[1, queries, classes]`, logits of which each goes
/// through a sigmoid. As with [`Yolo`], `anchor`, `corner_scale` and `stride` of the manifest say
/// nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detr {
    /// Name of the input.
    pub input: String,
    /// Name of the output with the boxes.
    pub boxes: String,
    /// Name of the output with the logits.
    pub logits: String,
    /// Boxes in the output.
    pub queries: u32,
    /// Names of its classes, in the order of the output.
    pub classes: Vec<String>,
    /// The classes that are cards; all of them when it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<String>,
    /// What becomes of bytes before they go in.
    #[serde(default, skip_serializing_if = "Normalise::is_unit")]
    pub normalise: Normalise,
}

/// An export of Ultralytics YOLO (v8 to v12, 26): detection, turned boxes (OBB), or four corners
/// (pose).
///
/// Input: `[1, 3, height, width]` in `0.0..=1.0`, letterboxed with bars of grey 114. What comes out
/// is told by [`Layout`] and [`Corners`], in pixels of the input; there is no objectness. The
/// manifest's `anchor` and `corner_scale` say nothing of it, and `stride` only what its input's
/// sides are multiples of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yolo {
    /// Name of the input.
    pub input: String,
    /// Name of the output.
    pub output: String,
    /// Boxes in the output.
    pub boxes: u32,
    /// Names of its classes, in the order of the output.
    pub classes: Vec<String>,
    /// The classes that are cards; all of them when it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<String>,
    /// How its output is laid out.
    #[serde(default, skip_serializing_if = "Layout::is_raw")]
    pub layout: Layout,
    /// What it says of a card's corners.
    #[serde(default, skip_serializing_if = "Corners::is_upright")]
    pub corners: Corners,
}

/// How the output of a YOLO is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `[1, 4 + classes + more, boxes]`: centre, width and height, then a probability for each
    /// class.
    #[default]
    Raw,
    /// `[1, boxes, 6 + more]`, after suppression: left, top, right and bottom (of turned boxes
    /// centre, width and height), then the probability and number of the likeliest class.
    Suppressed,
}

/// What a YOLO says of a card's corners, after its box and classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corners {
    /// Nothing: boxes are upright.
    #[default]
    Upright,
    /// The box is turned by an angle (OBB).
    Turned,
    /// Four corners, top left first and clockwise (pose): x and y of each.
    Points,
    /// The same with the probability that each is on the image.
    PointsSeen,
}

/// What goes into an identifier and comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// Our own: several heads, an embedding, and the similarity to each class.
    #[default]
    Own,
    /// A classifier of whole cards: names, and nothing else.
    Classifier(Classifier),
}

/// A classifier of whole cards.
///
/// Input: `[N, 3, height, width]`, upright cards. Output: `[N, classes]`, floats, in the order of
/// the identification head. Modifiers are not read, and no card can be enrolled: there is no
/// embedding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classifier {
    /// Name of the input.
    pub input: String,
    /// Name of the output.
    pub output: String,
    /// Images that it takes at once; any number when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// What its output is.
    pub scores: Scores,
    /// What becomes of bytes before they go in.
    #[serde(default, skip_serializing_if = "Normalise::is_unit")]
    pub normalise: Normalise,
    /// How a card comes to have the shape of the input.
    #[serde(default, skip_serializing_if = "Fit::is_stretch")]
    pub fit: Fit,
}

/// What a classifier's output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scores {
    /// What a softmax makes probabilities of.
    Logits,
    /// The softmax is in the network.
    Probabilities,
}

/// What becomes of bytes before they go into a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalise {
    /// `0.0..=1.0`.
    #[default]
    Unit,
    /// As torchvision's networks want it: less the mean of ImageNet, in its deviations.
    Imagenet,
}

/// How a card comes to have the shape of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The whole card, stretched.
    #[default]
    Stretch,
    /// The largest part about its centre that has this shape, as Ultralytics' classifiers are
    /// trained.
    Centre,
}

/// What makes a network of a manifest impossible to run.
#[derive(Debug, thiserror::Error)]
pub(super) enum KindError {
    #[error("the detector has no classes")]
    NoClasses,
    #[error("the detector has {0} boxes; 1 to {MAX_BOXES} can be read")]
    Boxes(u32),
    #[error("the detector has no class {0:?} that could be a card")]
    NoClass(String),
    #[error("a classifier has one head and an embedding of length 0")]
    Heads,
    #[error("the classifier has a batch of {0}; 1 to {MAX_BATCH} can be run")]
    Batch(u32),
}

impl DetectorKind {
    /// Whether it is our own.
    pub fn is_own(&self) -> bool {
        *self == Self::Grid
    }

    /// Says what makes it impossible to run.
    pub(super) fn check(&self) -> Result<(), KindError> {
        let (boxes, classes, cards) = match self {
            Self::Grid => return Ok(()),
            Self::Yolo(yolo) => (yolo.boxes, &yolo.classes, &yolo.cards),
            Self::Detr(detr) => (detr.queries, &detr.classes, &detr.cards),
        };
        if classes.is_empty() {
            return Err(KindError::NoClasses);
        }
        if boxes == 0 || boxes > MAX_BOXES {
            return Err(KindError::Boxes(boxes));
        }
        match cards.iter().find(|name| !classes.contains(name)) {
            Some(name) => Err(KindError::NoClass(name.clone())),
            None => Ok(()),
        }
    }
}

impl Layout {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
    fn is_raw(&self) -> bool {
        *self == Self::Raw
    }
}

impl Corners {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
    fn is_upright(&self) -> bool {
        *self == Self::Upright
    }

    /// How many numbers they are.
    pub fn numbers(self) -> usize {
        match self {
            Self::Upright => 0,
            Self::Turned => 1,
            Self::Points => 8,
            Self::PointsSeen => 12,
        }
    }
}

impl Yolo {
    /// For each class whether it is a card.
    pub fn is_card(&self) -> Vec<bool> {
        are_cards(&self.classes, &self.cards)
    }
}

impl Detr {
    /// For each class whether it is a card.
    pub fn is_card(&self) -> Vec<bool> {
        are_cards(&self.classes, &self.cards)
    }
}

fn are_cards(classes: &[String], cards: &[String]) -> Vec<bool> {
    classes.iter().map(|class| cards.is_empty() || cards.contains(class)).collect()
}

impl IdentifierKind {
    /// Whether it is our own.
    pub fn is_own(&self) -> bool {
        *self == Self::Own
    }

    /// Says what makes it impossible to run.
    pub(super) fn check(&self, heads: usize, embedding: u32) -> Result<(), KindError> {
        let Self::Classifier(classifier) = self else { return Ok(()) };
        if embedding != 0 || heads != 1 {
            return Err(KindError::Heads);
        }
        match classifier.batch {
            Some(batch) if batch == 0 || batch > MAX_BATCH => Err(KindError::Batch(batch)),
            _ => Ok(()),
        }
    }
}

impl Normalise {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
    fn is_unit(&self) -> bool {
        *self == Self::Unit
    }
}

impl Fit {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
    fn is_stretch(&self) -> bool {
        *self == Self::Stretch
    }
}
