//! The optimiser's settings, as a recipe has them.

use serde::{Deserialize, Serialize};

/// Settings of `AdamW` and of the weights' moving average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Part of each kernel's and matrix' weight lost per step, times the learning rate.
    pub weight_decay: f64,
    /// Length that a longer gradient is cut to.
    pub clip: f64,
    /// Decay of the moving average of the weights (Polyak and Juditsky, *Acceleration of Stochastic
    /// Approximation by Averaging*, 1992), which is what is evaluated and exported.
    pub average: f64,
    /// Adam or `AdamW`.
    pub kind: OptimiserKind,
}

/// Where the weight decay goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum OptimiserKind {
    /// Off the weights, apart from the gradient.
    #[default]
    Adamw,
    /// Into the gradient, and so into its moments.
    Adam,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: 1e-3,
            clip: 5.0,
            average: 0.995,
            kind: OptimiserKind::Adamw,
        }
    }
}
