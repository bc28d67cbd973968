//! Starts a narrow network from a wider one: of each layer, the channels that weigh most are kept.
//!
//! A channel weighs the sum of the absolute weights of its filters, as in Li and others, *Pruning
//! Filters for Efficient `ConvNets`* (2017); channels that are added to each other stay or go
//! together. Training has to go on after that. Absent: layers that the wide network has not got.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::model::network::shape::{GraphError, Shape, infer};
use crate::model::network::torch::Weights;
use crate::model::network::{BATCH_NORM_EPSILON, Graph, Node, Op, Value};

/// Channels that are kept, in their order.
struct Kept {
    channels: Tensor,
    /// How many there are in the wide network.
    of: i64,
}

/// Weights of `wide` with as many channels as `graph` has. What has fewer channels there than here
/// is left as it is.
///
/// # Errors
/// When `graph` cannot be built.
pub(super) fn narrow(graph: &Graph, wide: &Weights) -> Result<Weights, GraphError> {
    let shapes = infer(graph)?;
    let groups = groups(graph);
    let kept = kept(graph, wide, &groups);
    let mut narrowed = Weights::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let of = |value: Value| groups[value].and_then(|group| kept.get(&group));
        let from = of(node.inputs[0]).map(|kept| features(kept, node.inputs[0], graph, &shapes));
        let to = of(index + 1);
        for weight in node.weights() {
            let Some(tensor) = wide.get(&weight.name) else { continue };
            let mut tensor = tensor.copy();
            // What has another width than the channels were chosen from belongs to other layers.
            if let Some(kept) = to.filter(|kept| tensor.size()[0] == kept.of) {
                tensor = tensor.index_select(0, &kept.channels);
            }
            if let Some(kept) = from.as_ref().filter(|kept| tensor.size().get(1) == Some(&kept.of)) {
                tensor = tensor.index_select(1, &kept.channels);
            }
            narrowed.insert(weight.name, tensor);
        }
    }
    Ok(narrowed)
}

/// For each value the group of values that have the same channels; none where channels are mixed.
fn groups(graph: &Graph) -> Vec<Option<Value>> {
    let mut groups: Vec<Option<Value>> = vec![None];
    for (index, node) in graph.nodes.iter().enumerate() {
        let first = groups[node.inputs[0]];
        let group = match node.op {
            Op::Conv { groups: 1, .. } | Op::Linear { .. } => Some(index + 1),
            Op::Conv { .. }
            | Op::Concat
            | Op::PixelShuffle { .. }
            | Op::PixelUnshuffle { .. }
            | Op::Project { .. } => None,
            Op::Add => {
                let other = groups[node.inputs[1]];
                for group in &mut groups {
                    if group.is_some() && *group == other {
                        *group = first;
                    }
                }
                first
            }
            Op::BatchNorm { .. }
            | Op::Relu
            | Op::Sigmoid
            | Op::UpsampleLike
            | Op::MaxPool { .. }
            | Op::GlobalAveragePool
            | Op::Flatten
            | Op::L2Normalise => first,
        };
        groups.push(group);
    }
    groups
}

/// The channels of the wide network that each group keeps.
fn kept(graph: &Graph, wide: &Weights, groups: &[Option<Value>]) -> BTreeMap<Value, Kept> {
    let mut sums: BTreeMap<Value, (i64, Tensor)> = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let (Some(group), Op::Conv { output, .. } | Op::Linear { output, .. }) =
            (groups[index + 1], &node.op)
        else {
            continue;
        };
        let Some(importance) = importance(graph, index, wide).filter(|it| it.size()[0] > *output) else {
            continue;
        };
        let sum = match sums.remove(&group) {
            Some((_, sum)) if sum.size() == importance.size() => sum + importance,
            _ => importance,
        };
        sums.insert(group, (*output, sum));
    }
    let most = |(group, (count, sum)): (Value, (i64, Tensor))| {
        let (_, most) = sum.topk(count, 0, true, false);
        (group, Kept { channels: most.sort(0, false).0, of: sum.size()[0] })
    };
    sums.into_iter().map(most).collect()
}

/// How much each channel of a layer weighs, with the scale that batch normalisation gives it.
fn importance(graph: &Graph, index: usize, wide: &Weights) -> Option<Tensor> {
    let filters = wide.get(&format!("{}.weight", graph.nodes[index].name))?;
    let sum = filters.abs().flatten(1, -1).sum_dim_intlist([1_i64].as_slice(), false, Kind::Float);
    let normalises = |node: &&Node| matches!(node.op, Op::BatchNorm { .. }) && node.inputs[0] == index + 1;
    let Some(norm) = graph.nodes.iter().find(normalises) else { return Some(sum) };
    let part = |suffix: &str| wide.get(&format!("{}.{suffix}", norm.name));
    match (part("weight"), part("running_var")) {
        (Some(scale), Some(variance)) => Some(sum * scale.abs() / (variance + BATCH_NORM_EPSILON).sqrt()),
        _ => Some(sum),
    }
}

/// The inputs of a layer that come from the kept channels: each position of these, where a value
/// was flattened.
fn features(kept: &Kept, value: Value, graph: &Graph, shapes: &[Shape]) -> Kept {
    let mut at = value;
    while let Some(node) = at.checked_sub(1).map(|index| &graph.nodes[index]) {
        if matches!(node.op, Op::Flatten) {
            let positions: i64 = shapes[node.inputs[0]][1..].iter().product();
            let each = Tensor::arange(positions, (Kind::Int64, kept.channels.device()));
            let channels = (kept.channels.unsqueeze(1) * positions + each).flatten(0, -1);
            return Kept { channels, of: kept.of * positions };
        }
        if matches!(node.op, Op::Conv { .. } | Op::Linear { .. }) {
            break;
        }
        at = node.inputs[0];
    }
    Kept { channels: kept.channels.shallow_clone(), of: kept.of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::manifest::{Activation, Head, IDENTIFICATION};

    use crate::model::network::detector::{DetectorShape, Stage, Stem};
    use crate::model::network::hardware::Precision;
    use crate::model::network::identifier::{Backbone, Convolution, IdentifierShape};
    use crate::model::network::torch::{Module, initial_weights};

    /// Hides the weights of `narrow` in those of a wider network, whose other channels are nearly
    /// nothing: what is found again computes the same.
    fn finds_again(narrow_graph: &Graph, wide_graph: &Graph, input: [i64; 4]) {
        let small = initial_weights(narrow_graph, 5);
        let mut wide = initial_weights(wide_graph, 6);
        for (name, tensor) in &mut wide {
            let size = small[name].size();
            let hidden = if name.ends_with("running_var") { tensor.ones_like() } else { tensor.zeros_like() };
            // The channels in question stand last.
            let mut place = hidden.shallow_clone();
            for (dimension, (&all, &count)) in tensor.size().iter().zip(&size).enumerate().take(2) {
                let positions = if name.starts_with("hidden.fc") && dimension == 1 { 108 } else { 1 };
                let first = (all / positions - count / positions) * positions;
                place = place.narrow(dimension as i64, first, count);
            }
            place.copy_(&small[name]);
            *tensor = hidden;
        }
        let found = narrow(narrow_graph, &wide).unwrap();
        for (name, tensor) in &small {
            assert_eq!(found[name].size(), tensor.size(), "{name}");
        }
        let input = Tensor::rand(input, (Kind::Float, tch::Device::Cpu));
        let run = |weights: &Weights| {
            Module::new(narrow_graph.clone(), weights, Precision::Float32).unwrap().outputs(&input)
        };
        let (one, other) = (run(&small), run(&found));
        for (name, tensor) in one {
            let difference = (&tensor - &other[&name]).abs().max().double_value(&[]);
            assert!(difference < 1e-5, "{name}: {difference}");
        }
    }

    fn identifier(channels: &[i64], hidden: i64) -> Graph {
        let layer = |&channels| Convolution { channels, kernel: 3, stride: 2 };
        let backbone = Backbone::Template { convolutions: channels.iter().map(layer).collect() };
        let head = Head {
            name: IDENTIFICATION.to_owned(),
            activation: Activation::Softmax,
            classes: vec!["a".to_owned(), "b".to_owned()],
        };
        IdentifierShape { input: [72, 96], backbone, hidden, embedding: 8 }.graph(&[head]).unwrap()
    }

    /// The wide network's fully connected layer reads its last convolution, which is none of the
    /// narrow one's.
    #[test]
    fn a_network_of_another_depth_gives_what_fits() {
        let (deep, flat) = (identifier(&[8, 90, 7], 6), identifier(&[8, 1], 6));
        let known = initial_weights(&deep, 1);
        let found = narrow(&flat, &known).unwrap();
        assert_eq!(found["conv1.conv.weight"].size(), [1, 8, 3, 3]);
        assert_eq!(found["hidden.fc.weight"].size(), known["hidden.fc.weight"].size());
    }

    #[test]
    fn the_channels_that_weigh_most_are_kept() {
        let detector = |channels: [i64; 4], neck, head| DetectorShape {
            input: [64, 64],
            stem: Stem { kernel: 2, stride: 2, channels: channels[0] },
            stages: channels[1..].iter().map(|&channels| Stage { channels, blocks: 1 }).collect(),
            neck,
            head: vec![head],
        };
        finds_again(
            &detector([6, 8, 10, 12], 7, 9).graph().unwrap(),
            &detector([9, 8, 15, 14], 12, 11).graph().unwrap(),
            [1, 3, 64, 64],
        );
        finds_again(&identifier(&[6, 4], 10), &identifier(&[9, 7], 16), [1, 3, 96, 72]);
    }
}
