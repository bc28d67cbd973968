//! What a checkpoint keeps of the optimiser: plain vectors in the order of the module's parameters.

use super::scaler::Scaler;

/// The optimiser's vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimiserState {
    /// The module's trained weights.
    pub weights: Vec<f32>,
    /// Moving mean of the gradient.
    pub first: Vec<f32>,
    /// Moving mean of its square.
    pub second: Vec<f32>,
    /// Moving average of the weights.
    pub average: Vec<f32>,
    /// Moving average of the module's running statistics.
    pub average_statistics: Vec<f32>,
    /// What the loss is multiplied by, for 16-bit floats.
    pub scaler: Option<Scaler>,
}
