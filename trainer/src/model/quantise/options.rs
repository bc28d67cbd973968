//! How a network is quantised.

use super::plan::Exceptions;
use super::range::Clipping;
use super::weights::WeightRange;

/// How a network is quantised.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How the range of a value is chosen.
    pub clipping: Clipping,
    /// How large weights may become.
    pub weights: WeightRange,
    /// Whether biases make up for the mean error of the rounded weights (Nagel et al., *Data-Free
    /// Quantization Through Weight Equalization and Bias Correction*, 2019).
    pub correct_bias: bool,
    /// What stays in floats.
    pub exceptions: Exceptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clipping: Clipping::Share(1e-6),
            weights: WeightRange::Pairs,
            correct_bias: true,
            exceptions: Exceptions::default(),
        }
    }
}
