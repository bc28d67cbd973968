//! Batch normalisation of a network whose statistics went into the layers before, as an exported
//! one's did.
//!
//! Statistics are measured again on samples, and gain and offset chosen so that nothing changes: a
//! training that
//! normalises by batches then goes on where the network was, instead of beginning with other
//! activations.

use tch::{Kind, Tensor};

use super::hardware::Precision;
use super::torch::{Mode, Module, WeightError, Weights};
use super::{BATCH_NORM_EPSILON, Graph, Node, Op, Value};

/// Measures the statistics of every batch normalisation on `inputs`; what the network returns
/// stays as it is.
///
/// # Errors
/// When the weights do not fit the graph.
pub fn settle(graph: &Graph, weights: &Weights, inputs: &[Tensor]) -> Result<Weights, WeightError> {
    let module = Module::new(graph.clone(), weights, Precision::Float32)?;
    let norms: Vec<&Node> =
        graph.nodes.iter().filter(|node| matches!(node.op, Op::BatchNorm { .. })).collect();
    let wanted: Vec<Value> = norms.iter().map(|node| node.inputs[0]).collect();
    let mut moments: Vec<Option<[Tensor; 2]>> = norms.iter().map(|_| None).collect();
    for input in inputs {
        let values = module.forward(input, &wanted, Mode::Evaluate);
        for (sum, value) in moments.iter_mut().zip(values) {
            let over: &[i64] = if value.dim() == 4 { &[0, 2, 3] } else { &[0] };
            let mean = |value: &Tensor| value.mean_dim(over, false, Kind::Float);
            let new = [mean(&value), mean(&value.square())];
            *sum = Some(match sum.take() {
                Some([first, second]) => [first + &new[0], second + &new[1]],
                None => new,
            });
        }
    }
    let mut settled: Weights = weights.iter().map(|(name, weight)| (name.clone(), weight.copy())).collect();
    for (node, sum) in norms.iter().zip(moments) {
        let Some([first, second]) = sum else { continue };
        let count = inputs.len() as f64;
        let mean = first / count;
        let variance = (second / count - mean.square()).clamp_min(0.0);
        let name = |suffix: &str| format!("{}.{suffix}", node.name);
        let old = |suffix: &str| weights[&name(suffix)].copy();
        let slope = old("weight") / (old("running_var") + BATCH_NORM_EPSILON).sqrt();
        settled.insert(name("weight"), &slope * (&variance + BATCH_NORM_EPSILON).sqrt());
        settled.insert(name("bias"), old("bias") + &slope * (&mean - old("running_mean")));
        settled.insert(name("running_mean"), mean);
        settled.insert(name("running_var"), variance);
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::arrays::Arrays;
    use crate::model::network::identifier::IdentifierShape;
    use lens_core::manifest::{Activation, Head, IDENTIFICATION};

    #[test]
    fn outputs_stay_and_statistics_become_those_of_the_samples() {
        let shape = IdentifierShape { hidden: 16, embedding: 8, ..IdentifierShape::default() };
        let classes = ["a", "b"].map(str::to_owned).to_vec();
        let head = Head { name: IDENTIFICATION.to_owned(), activation: Activation::Softmax, classes };
        let graph = shape.graph(&[head]).unwrap();
        let weights = Arrays::arbitrary(&graph, 3).to_tensors();
        let input = Tensor::rand([16, 3, 96, 72], (Kind::Float, tch::Device::Cpu));
        let settled = settle(&graph, &weights, &[input.copy()]).unwrap();
        let outputs = |weights: &Weights| {
            Module::new(graph.clone(), weights, Precision::Float32).unwrap().outputs(&input)
        };
        let (before, after) = (outputs(&weights), outputs(&settled));
        for (name, before) in &before {
            let difference = (before - &after[name]).abs().max().double_value(&[]);
            let size = before.abs().max().double_value(&[]).max(1.0);
            assert!(difference < 2e-3 * size, "{name}: {difference} of {size}");
        }
        let moved = settled.iter().any(|(name, weight)| {
            name.ends_with("running_mean") && (weight - &weights[name]).abs().max().double_value(&[]) > 1e-3
        });
        assert!(moved, "the samples' statistics were not taken");
    }
}
