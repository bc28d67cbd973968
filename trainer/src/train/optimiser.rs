//! `AdamW` (Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019) over one vector of weights.
//!
//! Written here because its state has to be saved, which tch's optimisers cannot do.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::network::torch::Module;

/// What does not change during training.
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
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99, weight_decay: 1e-3, clip: 5.0 }
    }
}

/// Keeps the second moment's root away from zero.
const EPSILON: f64 = 1e-8;

/// The optimiser's state: vectors in the order of [`Module::parameters`].
#[derive(Debug)]
pub struct Optimiser {
    settings: AdamW,
    decay: Tensor,
    /// Moving mean of the gradient.
    pub first: Tensor,
    /// Moving mean of its square.
    pub second: Tensor,
}

impl Optimiser {
    /// With no history.
    pub fn new(settings: AdamW, module: &Module) -> Self {
        let decay = module.trained().decay_mask() * settings.weight_decay;
        Self { settings, decay, first: module.parameters().zeros_like(), second: module.parameters().zeros_like() }
    }

    /// Changes the module's weights; `step` counts from zero. Returns the gradient's length before it was cut.
    pub fn step(&mut self, module: &Module, gradient: &Tensor, step: u64, rate: f64) -> f64 {
        let AdamW { beta1, beta2, clip, .. } = self.settings;
        tch::no_grad(|| {
            let length = gradient.square().sum(Kind::Float).sqrt().double_value(&[]);
            if !length.is_finite() {
                return length;
            }
            let gradient = gradient * (clip / length.max(1e-12)).min(1.0);
            let _ = self.first.lerp_(&gradient, 1.0 - beta1);
            let _ = self.second.lerp_(&gradient.square(), 1.0 - beta2);
            let count = (step + 1) as f64;
            let correction = |beta: f64| 1.0 - beta.powf(count);
            let root = (&self.second / correction(beta2)).sqrt() + EPSILON;
            let mut weights = module.parameters();
            let _ = weights.subtract_(&(&weights * &self.decay * rate));
            let _ = weights.addcdiv_(&(&self.first * (-rate / correction(beta1))), &root);
            length
        })
    }
}

/// A moving average of a module's weights and statistics: what is evaluated and exported.
///
/// Polyak and Juditsky, *Acceleration of Stochastic Approximation by Averaging* (1992).
#[derive(Debug)]
pub struct Average {
    decay: f64,
    /// Averaged [`Module::parameters`].
    pub parameters: Tensor,
    /// Averaged [`Module::statistics`].
    pub statistics: Tensor,
}

impl Average {
    /// Starts at the module's present weights.
    pub fn new(decay: f64, module: &Module) -> Self {
        Self { decay, parameters: module.parameters().detach().copy(), statistics: module.statistics().copy() }
    }

    /// Moves towards the module's weights: fast in the first steps, so that random ones are soon forgotten.
    pub fn update(&mut self, module: &Module, step: u64) {
        let decay = self.decay.min(1.0 - 1.0 / ((step + 1) as f64 / 8.0 + 1.0));
        tch::no_grad(|| {
            let _ = self.parameters.lerp_(&module.parameters(), 1.0 - decay);
            let _ = self.statistics.lerp_(&module.statistics(), 1.0 - decay);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::torch::{Mode, Precision, initial_weights};
    use crate::network::{Builder, Op};

    /// A linear layer must find the matrix that made its targets.
    #[test]
    fn finds_a_linear_map() {
        let mut net = Builder::new([3, 1, 1]);
        let flat = net.push("flat", Op::Flatten, &[net.input()]);
        let out = net.push("out", Op::Linear { input: 3, output: 1, bias: true }, &[flat]);
        let graph = net.finish();
        let weights = initial_weights(&graph, 0);
        let module = Module::new(graph, &weights, Precision::Float32).unwrap();
        let settings = AdamW { weight_decay: 0.0, ..AdamW::default() };
        let mut optimiser = Optimiser::new(settings, &module);
        let input = Tensor::arange(48, (Kind::Float, tch::Device::Cpu)).sin().view([16, 3, 1, 1]);
        let target = input.view([16, 3]).matmul(&Tensor::from_slice(&[0.5f32, -1.0, 2.0]).view([3, 1])) + 0.25;
        for step in 0..600 {
            let found = &module.forward(&input, &[out], Mode::Train)[0];
            let loss = (found - &target).square().mean(Kind::Float);
            let gradient = module.gradient(&loss);
            optimiser.step(&module, &gradient, step, 0.05 * (1.0 - step as f64 / 600.0));
        }
        let found: Vec<f32> = module.weights()["out.weight"].view([-1]).try_into().unwrap();
        for (found, wanted) in found.iter().zip([0.5, -1.0, 2.0]) {
            assert!((found - wanted).abs() < 1e-2, "{found} instead of {wanted}");
        }
    }
}
