//! `AdamW` (Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019), or plain Adam
//! (Kingma and Ba, 2015), and a moving average of the weights, in one pass over memory.
//!
//! Written here because tch cannot save its optimisers' state. Everything is a plain vector in the
//! order of [`Module::parameters`], in the processor's memory: on a card, gradients come down and
//! weights go up in each step.

use tch::Tensor;

use crate::checkpoint::optimiser_state::OptimiserState;
use crate::checkpoint::scaler::Scaler;
use crate::model::network::torch::{Layout, Module, Span};
use crate::recipe::optimiser::{AdamW, OptimiserKind};

/// Keeps the second moment's root away from zero.
const EPSILON: f32 = 1e-8;

/// The optimiser and its state.
#[derive(Debug)]
pub struct Optimiser {
    settings: AdamW,
    spans: Vec<Run>,
    gradient: Vec<f32>,
    statistics: Vec<f32>,
    state: OptimiserState,
}

/// A run of weights that are trained alike.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: usize,
    length: usize,
    decay: f32,
    /// Its learning rate, as a part of the step's; nothing changes at zero.
    factor: f32,
}

/// A gradient that is not a number: the training has diverged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the gradient of step {step} is not finite\nhelp: lower `rate` in the recipe and start again from the last checkpoint"
)]
pub struct Diverged {
    /// The step, from zero.
    pub step: u64,
}

impl Optimiser {
    /// With no history.
    pub fn new(settings: AdamW, module: &Module) -> Self {
        let weights = to_vec(&module.parameters());
        let state = OptimiserState {
            first: vec![0.0; weights.len()],
            second: vec![0.0; weights.len()],
            average: weights.clone(),
            average_statistics: to_vec(&module.statistics()),
            scaler: Scaler::new(module.hardware().precision),
            weights,
        };
        Self::resume(settings, module.trained(), state)
    }

    /// With the history of a checkpoint.
    pub fn resume(settings: AdamW, layout: &Layout, state: OptimiserState) -> Self {
        Self::with_learning_rates(settings, layout, state, &|_| 1.0)
    }

    /// As [`Optimiser::resume`], with a learning rate for each node, as a part of the step's: zero
    /// for frozen ones.
    pub fn with_learning_rates(
        settings: AdamW,
        layout: &Layout,
        state: OptimiserState,
        factor: &dyn Fn(&str) -> f64,
    ) -> Self {
        let run = |span: Span<'_>| Run {
            offset: span.offset,
            length: span.length,
            decay: if span.decays { settings.weight_decay as f32 } else { 0.0 },
            factor: factor(span.node) as f32,
        };
        let spans = layout.spans().map(run).collect();
        let gradient = vec![0.0; state.weights.len()];
        let statistics = vec![0.0; state.average_statistics.len()];
        Self { settings, spans, gradient, statistics, state }
    }

    /// What a checkpoint keeps.
    pub fn state(&self) -> &OptimiserState {
        &self.state
    }

    /// Goes down the gradient of `loss`, as [`Optimiser::step`] does. With 16-bit floats a step
    /// whose gradient is not finite is skipped and its norm is zero: the next one is scaled less.
    ///
    /// # Errors
    /// When the gradient is not finite whatever it is scaled by; nothing is changed then.
    pub fn descend(
        &mut self,
        module: &Module,
        loss: &Tensor,
        step: u64,
        learning_rate: f64,
    ) -> Result<f64, Diverged> {
        let Some(mut scaler) = self.state.scaler else {
            return self.step(module, &module.gradient(loss), step, learning_rate);
        };
        let gradient = module.gradient(&(loss * scaler.scale)) / scaler.scale;
        let result = self.step(module, &gradient, step, learning_rate);
        let goes_on = scaler.observe(result.is_ok());
        self.state.scaler = Some(scaler);
        if goes_on { Ok(result.unwrap_or(0.0)) } else { result }
    }

    /// Changes the module's weights; `step` counts from zero. Returns the gradient's norm before
    /// clipping.
    ///
    /// # Errors
    /// When the gradient is not finite; nothing is changed then.
    pub fn step(
        &mut self,
        module: &Module,
        gradient: &Tensor,
        step: u64,
        learning_rate: f64,
    ) -> Result<f64, Diverged> {
        gradient.copy_data(&mut self.gradient, self.state.weights.len());
        let squares = |part: &[f32]| f64::from(part.iter().map(|g| g * g).sum::<f32>());
        let norm = self.gradient.chunks(4096).map(squares).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(Diverged { step });
        }
        let AdamW { beta1, beta2, clip, average, .. } = self.settings;
        let count = (step + 1) as f64;
        let pass = Pass {
            scale: (clip / norm.max(1e-12)).min(1.0) as f32,
            keep1: beta1 as f32,
            keep2: beta2 as f32,
            learning_rate: learning_rate as f32,
            step: (learning_rate / (1.0 - beta1.powf(count))) as f32,
            correct: (1.0 / (1.0 - beta2.powf(count))) as f32,
            // Fast in the first steps, so that random weights are soon forgotten.
            blend: 1.0 - average.min(1.0 - 1.0 / (count / 8.0 + 1.0)) as f32,
        };
        let decoupled = self.settings.kind == OptimiserKind::Adamw;
        for &Run { offset, length, decay, factor } in self.spans.iter().filter(|run| run.factor != 0.0) {
            let span = offset..offset + length;
            let (apart, inside) = if decoupled { (decay, 0.0) } else { (0.0, decay) };
            let OptimiserState { weights, first, second, average, .. } = &mut self.state;
            pass.run(
                &self.gradient[span.clone()],
                &mut weights[span.clone()],
                &mut first[span.clone()],
                &mut second[span.clone()],
                &mut average[span],
                apart,
                inside,
                factor,
            );
        }
        module.statistics().copy_data(&mut self.statistics, self.state.average_statistics.len());
        for (average, now) in self.state.average_statistics.iter_mut().zip(&self.statistics) {
            *average += (now - *average) * pass.blend;
        }
        tch::no_grad(|| module.parameters().copy_(&Tensor::from_slice(&self.state.weights)));
        Ok(norm)
    }
}

/// The numbers of one step.
#[derive(Clone, Copy, Debug)]
struct Pass {
    scale: f32,
    keep1: f32,
    keep2: f32,
    learning_rate: f32,
    step: f32,
    correct: f32,
    blend: f32,
}

impl Pass {
    /// The decay is `apart` from the gradient or `inside` it.
    fn run(
        self,
        g: &[f32],
        w: &mut [f32],
        m: &mut [f32],
        v: &mut [f32],
        a: &mut [f32],
        apart: f32,
        inside: f32,
        factor: f32,
    ) {
        let (learning_rate, step) = (self.learning_rate * factor, self.step * factor);
        for ((((g, w), m), v), a) in g.iter().zip(w).zip(m).zip(v).zip(a) {
            let g = g * self.scale + inside * *w;
            *m += (g - *m) * (1.0 - self.keep1);
            *v += (g * g - *v) * (1.0 - self.keep2);
            *w -= learning_rate * apart * *w + step * *m / ((*v * self.correct).sqrt() + EPSILON);
            *a += (*w - *a) * self.blend;
        }
    }
}

fn to_vec(tensor: &Tensor) -> Vec<f32> {
    let mut values = vec![0.0; tensor.numel()];
    tensor.copy_data(&mut values, tensor.numel());
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::hardware::Precision;
    use crate::model::network::torch::{Mode, initial_weights};
    use crate::model::network::{Builder, Op};
    /// A linear layer must find the matrix that made its targets, and the average must follow it.
    #[test]
    fn finds_a_linear_map() {
        let mut net = Builder::new([3, 1, 1]);
        let flat = net.push("flat", Op::Flatten, &[net.input()]);
        let out = net.push("out", Op::Linear { input: 3, output: 1, bias: true }, &[flat]);
        let graph = net.finish();
        let weights = initial_weights(&graph, 0);
        let module = Module::new(graph, &weights, Precision::Float32).unwrap();
        let settings = AdamW { weight_decay: 0.0, average: 0.9, ..AdamW::default() };
        let mut optimiser = Optimiser::new(settings, &module);
        let input =
            Tensor::arange(48, (tch::Kind::Float, tch::Device::Cpu)).square().sin().view([16, 3, 1, 1]);
        let target =
            input.view([16, 3]).matmul(&Tensor::from_slice(&[0.5_f32, -1.0, 2.0]).view([3, 1])) + 0.25;
        for step in 0..600 {
            let found = &module.forward(&input, &[out], Mode::Train)[0];
            let loss = (found - &target).square().mean(tch::Kind::Float);
            let gradient = module.gradient(&loss);
            optimiser.step(&module, &gradient, step, 0.05 * (1.0 - step as f64 / 600.0)).unwrap();
        }
        let found = to_vec(&module.weights()["out.weight"].view([-1]));
        for ((found, average), wanted) in found.iter().zip(&optimiser.state().average).zip([0.5, -1.0, 2.0]) {
            assert!((found - wanted).abs() < 1e-2, "{found} instead of {wanted}");
            assert!((average - wanted).abs() < 2e-2, "{average} instead of {wanted}");
        }
    }

    /// Frozen weights stay, Adam's decay goes through the moments: by hand, both first steps are
    /// one rate long.
    #[test]
    fn learning_rates_and_the_place_of_the_decay() {
        let mut net = Builder::new([3, 1, 1]);
        let flat = net.push("flat", Op::Flatten, &[net.input()]);
        let a = net.push("a", Op::Linear { input: 3, output: 1, bias: false }, &[flat]);
        net.push("b", Op::Linear { input: 1, output: 1, bias: false }, &[a]);
        let graph = net.finish();
        let mut weights = initial_weights(&graph, 0);
        weights.insert("a.weight".into(), Tensor::from_slice(&[1.0_f32, 2.0, 3.0]).view([1, 3]));
        weights.insert("b.weight".into(), Tensor::from_slice(&[1.0_f32]).view([1, 1]));
        let check = |kind, wanted: [f32; 4]| {
            let mut module = Module::new(graph.clone(), &weights, Precision::Float32).unwrap();
            module.freeze(&|node| node == "a");
            let settings = AdamW { weight_decay: 0.1, kind, ..AdamW::default() };
            let state = Optimiser::new(settings, &module).state().clone();
            let rate = |node: &str| if node == "a" { 0.0 } else { 0.5 };
            let mut optimiser = Optimiser::with_learning_rates(settings, module.trained(), state, &rate);
            optimiser.step(&module, &Tensor::from_slice(&[0.0_f32; 4]), 0, 0.2).unwrap();
            for (found, wanted) in optimiser.state().weights.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-5, "{kind:?}: {:?}", optimiser.state().weights);
            }
        };
        check(OptimiserKind::Adamw, [1.0, 2.0, 3.0, 0.99]);
        check(OptimiserKind::Adam, [1.0, 2.0, 3.0, 0.9]);
    }

    /// With 16-bit floats a gradient beyond their range costs a step and nothing else, and what is
    /// learned is the same.
    #[test]
    fn half_precision_passes_over_steps_that_overflow() {
        let mut net = Builder::new([3, 1, 1]);
        let flat = net.push("flat", Op::Flatten, &[net.input()]);
        let out = net.push("out", Op::Linear { input: 3, output: 1, bias: true }, &[flat]);
        let graph = net.finish();
        let module = Module::new(graph.clone(), &initial_weights(&graph, 0), Precision::Float16).unwrap();
        let settings = AdamW { weight_decay: 0.0, average: 0.9, ..AdamW::default() };
        let mut optimiser = Optimiser::new(settings, &module);
        let input = Tensor::arange(48, (tch::Kind::Float, tch::Device::Cpu)).sin().view([16, 3, 1, 1]);
        let target =
            input.view([16, 3]).matmul(&Tensor::from_slice(&[0.5_f32, -1.0, 2.0]).view([3, 1])) + 0.25;
        let first = optimiser.state().scaler.unwrap().scale;
        let (mut passed_over, mut last) = (0, f64::INFINITY);
        for step in 0..300 {
            let found = &module.forward(&input, &[out], Mode::Train)[0];
            let loss = (found - &target).square().sum(tch::Kind::Float);
            last = loss.double_value(&[]);
            let before = optimiser.state().weights.clone();
            let norm = optimiser.descend(&module, &loss, step, 0.05 * (1.0 - step as f64 / 300.0)).unwrap();
            if norm == 0.0 {
                passed_over += 1;
                assert_eq!(optimiser.state().weights, before);
            }
        }
        let scaler = optimiser.state().scaler.unwrap();
        assert!((1..17).contains(&passed_over), "{passed_over} steps passed over");
        assert!(scaler.scale < first && scaler.good > 200, "{scaler:?}");
        assert!(last < 1e-2, "the loss is still {last}");
        // A loss that is infinite whatever it is scaled by.
        let mut result = Ok(0.0);
        for _ in 0..20 {
            let found = &module.forward(&input, &[out], Mode::Train)[0];
            result = optimiser.descend(&module, &(found.sum(tch::Kind::Float) * f64::INFINITY), 300, 0.05);
            if result.is_err() {
                break;
            }
        }
        assert_eq!(result, Err(Diverged { step: 300 }));
    }

    #[test]
    fn decays_matrices_but_no_biases_and_stops_at_a_gradient_that_is_no_number() {
        let mut net = Builder::new([3, 1, 1]);
        let flat = net.push("flat", Op::Flatten, &[net.input()]);
        net.push("out", Op::Linear { input: 3, output: 1, bias: true }, &[flat]);
        let graph = net.finish();
        let mut weights = initial_weights(&graph, 0);
        weights.insert("out.weight".into(), Tensor::from_slice(&[1.0_f32, 1.0, 1.0]).view([1, 3]));
        weights.insert("out.bias".into(), Tensor::from_slice(&[1.0_f32]));
        let module = Module::new(graph, &weights, Precision::Float32).unwrap();
        let mut optimiser = Optimiser::new(AdamW { weight_decay: 0.1, ..AdamW::default() }, &module);
        optimiser.step(&module, &Tensor::from_slice(&[0.0_f32; 4]), 0, 0.5).unwrap();
        assert_eq!(optimiser.state().weights, [0.95, 0.95, 0.95, 1.0]);
        let broken = Tensor::from_slice(&[0.0, f32::NAN, 0.0, 0.0]);
        assert_eq!(optimiser.step(&module, &broken, 1, 0.5), Err(Diverged { step: 1 }));
        assert_eq!(to_vec(&module.parameters()), [0.95, 0.95, 0.95, 1.0]);
    }
}
