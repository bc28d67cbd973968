//! What the networks are trained to make small.
//!
//! Pure functions of tensors.

use lens_core::manifest::{Activation, Head, IDENTIFICATION};
use tch::{Kind, Reduction, Tensor};

use crate::model::network::detector::{SUB_CELLS, VALUES};

/// A loss and what it is made of.
#[derive(Debug)]
pub struct Loss {
    /// What is differentiated.
    pub total: Tensor,
    /// Its parts before weighting, for the report.
    pub parts: Vec<(String, f64)>,
}

/// The detector's targets of a batch.
#[derive(Debug)]
pub struct DetectorTarget {
    /// `[b, 36, h, w]`: objectness and corner offsets, see
    /// [`crate::model::detector_targets::Target::cells`].
    pub cells: Tensor,
    /// `[b, 4, h, w]`.
    pub weight: Tensor,
    /// `[b, 4, h, w]`.
    pub counted: Tensor,
}

/// How much the corners count beside the objectness.
const CORNERS: f64 = 6.0;
/// Below this the corner loss is quadratic, in units of `CORNER_SCALE` pixels.
const CORNER_BETA: f64 = 0.05;

/// Penalty-reduced focal loss of the objectness (Zhou et al., *Objects as Points*, 2019, equation
/// 1, after Lin et al., *Focal Loss for Dense Object Detection*, 2017) and smooth L1 loss of the
/// corners where a card is.
pub fn detector(cells: &Tensor, target: &DetectorTarget) -> Loss {
    let split = |tensor: &Tensor| {
        let size = tensor.size();
        let nine = tensor.reshape([size[0], SUB_CELLS, VALUES, size[2], size[3]]);
        (nine.select(2, 0), nine.narrow(2, 1, VALUES - 1))
    };
    let (logits, corners) = split(cells);
    let (objectness, wanted) = split(&target.cells);
    let positive = objectness.gt(0.999).to_kind(Kind::Float);
    let probability = logits.sigmoid();
    let hit = probability.rsub_scalar(1.0).square() * logits.log_sigmoid() * &positive;
    let faded = objectness.rsub_scalar(1.0).square().square() * &target.counted * positive.rsub_scalar(1.0);
    let miss = faded * probability.square() * logits.neg().log_sigmoid();
    let count = positive.sum(Kind::Float).clamp_min(1.0);
    let objectness_loss = -(hit + miss).sum(Kind::Float) / count;
    let shift = corners.smooth_l1_loss(&wanted, Reduction::None, CORNER_BETA);
    let shift = shift.mean_dim([2_i64].as_slice(), false, Kind::Float) * &target.weight;
    let corner_loss = shift.sum(Kind::Float) / target.weight.sum(Kind::Float).clamp_min(1.0);
    let parts = vec![
        ("heat".to_owned(), objectness_loss.double_value(&[])),
        ("corners".to_owned(), corner_loss.double_value(&[])),
    ];
    Loss { total: objectness_loss + corner_loss * CORNERS, parts }
}

/// The identifier's targets of a batch.
#[derive(Debug)]
pub struct IdentifierTarget {
    /// For each head the class of each crop `[b]`, or for sigmoid heads ones and zeros `[b,
    /// classes]`.
    pub heads: Vec<Tensor>,
    /// `[b]`: 1 where the crop shows a known card, whose modifiers are learned; 0 elsewhere.
    pub known: Tensor,
}

/// Cross-entropy of every head; `weight` gives that of the heads after the first, by name. Labels
/// of softmax heads are smoothed by the part `smoothing`.
pub fn identifier(
    logits: &[Tensor],
    heads: &[Head],
    target: &IdentifierTarget,
    smoothing: f64,
    weight: impl Fn(&str) -> f64,
) -> Loss {
    let mut total = Tensor::from(0.0_f32);
    let mut parts = Vec::new();
    let known = target.known.sum(Kind::Float).clamp_min(1.0);
    for ((head, logits), wanted) in heads.iter().zip(logits).zip(&target.heads) {
        let each = match head.activation {
            Activation::Softmax => {
                logits.cross_entropy_loss(wanted, None::<&Tensor>, Reduction::None, -100, smoothing)
            }
            Activation::Sigmoid => logits
                .binary_cross_entropy_with_logits(wanted, None::<&Tensor>, None::<&Tensor>, Reduction::None)
                .sum_dim_intlist([1_i64].as_slice(), false, Kind::Float),
        };
        let (loss, weight) = if head.name == IDENTIFICATION {
            (each.mean(Kind::Float), 1.0)
        } else {
            ((each * &target.known).sum(Kind::Float) / &known, weight(&head.name))
        };
        parts.push((head.name.clone(), loss.double_value(&[])));
        total += loss * weight;
    }
    Loss { total, parts }
}

/// Cross-entropy of finding each sample's other view among all samples of the batch, by cosine over
/// `temperature`: the NT-Xent loss of Chen et al., *A Simple Framework for Contrastive Learning of
/// Visual Representations* (2020).
///
/// `embeddings` are `[b, n]` of length one. Zero without pairs.
pub fn contrast(embeddings: &Tensor, pairs: &[[usize; 2]], temperature: f64) -> Tensor {
    if pairs.is_empty() {
        return Tensor::from(0.0_f32);
    }
    let both =
        || pairs.iter().flat_map(|&[one, other]| [[one as i64, other as i64], [other as i64, one as i64]]);
    let anchors = Tensor::from_slice(&both().map(|[anchor, _]| anchor).collect::<Vec<i64>>());
    let wanted = Tensor::from_slice(&both().map(|[_, other]| other).collect::<Vec<i64>>());
    let embeddings = embeddings.to_kind(Kind::Float);
    let cosines = embeddings.index_select(0, &anchors).matmul(&embeddings.tr()) / temperature;
    // No sample is its own other view.
    let own = anchors.one_hot(embeddings.size()[0]).to_kind(Kind::Bool);
    cosines.masked_fill(&own, -1e4).cross_entropy_loss(&wanted, None::<&Tensor>, Reduction::Mean, -100, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(objectness: &[f32; 4], weight: &[f32; 4], counted: &[f32; 4]) -> DetectorTarget {
        let mut cells = vec![0.0_f32; 36];
        for (sub_cell, &objectness) in objectness.iter().enumerate() {
            cells[9 * sub_cell] = objectness;
        }
        DetectorTarget {
            cells: Tensor::from_slice(&cells).view([1, 36, 1, 1]),
            weight: Tensor::from_slice(weight).view([1, 4, 1, 1]),
            counted: Tensor::from_slice(counted).view([1, 4, 1, 1]),
        }
    }

    #[track_caller]
    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-5, "{found}, expected {wanted}");
    }

    /// All logits zero, so every probability is one half: the sums can be written down.
    #[test]
    fn detector_loss_by_hand() {
        let target = target(&[1.0, 0.5, 0.0, 0.0], &[1.0, 0.0, 0.0, 0.0], &[1.0, 1.0, 1.0, 0.0]);
        let output = Tensor::zeros([1, 36, 1, 1], (Kind::Float, tch::Device::Cpu));
        let loss = detector(&output, &target);
        let ln2 = std::f64::consts::LN_2;
        close(loss.parts[0].1, ln2 * 0.25 * (1.0 + 0.0625 + 1.0));
        close(loss.parts[1].1, 0.0);
        let mut cells = vec![0.0_f32; 36];
        cells[1] = 0.8;
        let output = Tensor::from_slice(&cells).view([1, 36, 1, 1]);
        close(detector(&output, &target).parts[1].1, (0.8 - 0.025) / 8.0);
    }

    #[test]
    fn a_picture_without_cards_has_a_finite_loss() {
        let target = target(&[0.0; 4], &[0.0; 4], &[1.0; 4]);
        let output = Tensor::full([1, 36, 1, 1], -80.0, (Kind::Float, tch::Device::Cpu));
        assert!(detector(&output, &target).total.double_value(&[]).abs() < 1e-6);
    }

    #[test]
    fn contrast_by_hand() {
        // Samples 0 and 1 are a pair at a right angle, 2 lies on 0.
        let embeddings = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0]).view([3, 2]);
        let loss = contrast(&embeddings, &[[0, 1]], 0.5).double_value(&[]);
        let of = |wanted: f64, other: f64| (wanted.exp() + other.exp()).ln() - wanted;
        close(loss, (of(0.0, 2.0) + of(0.0, 0.0)) / 2.0);
        close(contrast(&embeddings, &[], 0.5).double_value(&[]), 0.0);
        let alike = Tensor::from_slice(&[1.0_f32, 0.0, 1.0, 0.0, 0.0, 1.0]).view([3, 2]);
        assert!(contrast(&alike, &[[0, 1]], 0.1).double_value(&[]) < 1e-3);
    }

    #[test]
    fn crops_without_a_known_card_teach_no_modifiers() {
        let head = |name: &str, activation, count| Head {
            name: name.into(),
            activation,
            classes: vec!["x".into(); count],
        };
        let heads = [
            head(IDENTIFICATION, Activation::Softmax, 2),
            head("edition", Activation::Softmax, 2),
            head("stickers", Activation::Sigmoid, 2),
        ];
        let zeros = || Tensor::zeros([2, 2], (Kind::Float, tch::Device::Cpu));
        let wrong = Tensor::from_slice(&[0.0_f32, 0.0, 50.0, -50.0]).view([2, 2]);
        let target = IdentifierTarget {
            heads: vec![
                Tensor::from_slice(&[0_i64, 1]),
                Tensor::from_slice(&[1_i64, 1]),
                Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 1.0]).view([2, 2]),
            ],
            known: Tensor::from_slice(&[1.0_f32, 0.0]),
        };
        let logits = [zeros(), wrong.copy(), wrong];
        let loss = identifier(&logits, &heads, &target, 0.0, |_| 0.5);
        let ln2 = std::f64::consts::LN_2;
        let parts: Vec<f64> = loss.parts.iter().map(|(_, value)| *value).collect();
        close(parts[0], ln2);
        close(parts[1], ln2);
        close(parts[2], 2.0 * ln2);
        close(loss.total.double_value(&[]), ln2 * (1.0 + 0.5 + 1.0));
    }
}
