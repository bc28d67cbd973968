//! Which parts of a network compute with bytes.
//!
//! Pure. The rules, and why:
//! * Convolutions and large fully connected layers compute with bytes: that is where the time goes.
//!   Small ones stay in floats: nothing is gained, and heads keep their precision.
//! * Sums, joins and means of bytes stay bytes. A `ReLU` after them costs nothing: bytes whose zero
//!   is 0 cannot say less.
//! * What only moves values (pooling, upsampling, shuffling) moves bytes, with the scale they have.
//! * Everything else (sigmoid, normalisation, centroids) is in floats.

use std::collections::BTreeSet;

use crate::model::network::{Graph, Op, Value};
use crate::model::onnx::layout::ENTRY;

/// How a node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// With floats.
    Float,
    /// With bytes, into bytes of another scale (or floats, where no bytes are read).
    Bytes,
    /// With bytes, into bytes of the same scale.
    Moves,
    /// Not at all: the node before it does not say less than zero.
    Absorbed,
}

/// How every node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// By node.
    pub steps: Vec<Step>,
    /// By value: whether something reads its bytes.
    pub read_as_bytes: Vec<bool>,
    /// By value: the `ReLU` whose output takes its place.
    pub becomes: Vec<Value>,
}

/// What stays in floats although it could be bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceptions {
    /// Nodes by name.
    pub nodes: BTreeSet<String>,
    /// Fully connected layers with fewer weights.
    pub linear_below: i64,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self { nodes: BTreeSet::new(), linear_below: 100_000 }
    }
}

/// Decides for a graph that starts with its packed bytes.
pub fn plan(graph: &Graph, exceptions: &Exceptions) -> Plan {
    let results: Vec<Value> = graph.outputs.iter().map(|output| output.value).collect();
    let uses = graph.uses(&results);
    let mut steps: Vec<Step> = Vec::with_capacity(graph.nodes.len());
    let mut becomes: Vec<Value> = (0..=graph.nodes.len()).collect();
    for (index, node) in graph.nodes.iter().enumerate() {
        let is_bytes = |&value: &Value| value == ENTRY || (value > 0 && steps[value - 1] != Step::Float);
        let all_bytes = node.inputs.iter().all(is_bytes);
        let wanted = !exceptions.nodes.contains(&node.name);
        let step = match node.op {
            Op::Conv { .. } if wanted => Step::Bytes,
            Op::Linear { input, output, .. } if wanted && input * output >= exceptions.linear_below => {
                Step::Bytes
            }
            Op::Add | Op::Concat | Op::GlobalAveragePool if wanted && all_bytes => Step::Bytes,
            Op::MaxPool { .. } | Op::PixelShuffle { .. } | Op::Flatten if wanted && all_bytes => Step::Moves,
            Op::UpsampleLike if wanted && is_bytes(&node.inputs[0]) => Step::Moves,
            Op::Relu => {
                let before = node.inputs[0];
                let computes = before > 0
                    && steps[before - 1] == Step::Bytes
                    && matches!(graph.nodes[before - 1].op, Op::Conv { .. } | Op::Linear { .. } | Op::Add);
                if computes && uses[before] == 1 {
                    becomes[before] = index + 1;
                    Step::Absorbed
                } else {
                    Step::Float
                }
            }
            _ => Step::Float,
        };
        steps.push(step);
    }
    let mut read_as_bytes = vec![false; graph.nodes.len() + 1];
    for (index, node) in graph.nodes.iter().enumerate() {
        let read = match node.op {
            // Only the extents of the second input matter.
            Op::UpsampleLike => &node.inputs[..1],
            _ => &node.inputs[..],
        };
        if matches!(steps[index], Step::Bytes | Step::Moves) {
            read.iter().for_each(|&value| read_as_bytes[value] = true);
        }
    }
    Plan { steps, read_as_bytes, becomes }
}
