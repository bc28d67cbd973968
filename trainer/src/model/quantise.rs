//! Networks as ONNX files that compute with bytes: static int8, for CPUs.
//!
//! * [`plan`](mod@plan): which parts compute with bytes.
//! * [`calibration`]: what the values look like; ranges come from there.
//! * [`range`]: from a range to bytes.
//! * [`weights`]: weights as bytes.
//! * [`emit`]: the ONNX nodes, in the patterns that ONNX Runtime fuses.
//!
//! The format is QDQ: each operation stays as it is, between nodes that say where floats would be bytes. Values are
//! unsigned, weights signed and symmetric: what ONNX Runtime's x86 kernels are fastest with.

pub mod calibration;
pub mod emit;
pub mod plan;
pub mod range;
pub mod weights;

use crate::model::network::fold::Folded;
use crate::model::network::shape::{GraphError, infer};
use crate::model::onnx::Batch;
use crate::model::onnx::layout::{ENTRY, enter, leave, value_names};
use crate::model::onnx::writer::GraphWriter;
use crate::model::quantise::calibration::Calibration;
use crate::model::quantise::emit::Emitter;
use crate::model::quantise::plan::Exceptions;
use crate::model::quantise::range::Clipping;

/// How a network is quantised.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How the range of a value is chosen.
    pub clipping: Clipping,
    /// How large weights may become.
    pub weights: weights::WeightRange,
    /// Whether biases make up for the mean error of the rounded weights (Nagel et al., *Data-Free Quantization Through
    /// Weight Equalization and Bias Correction*, 2019).
    pub correct_bias: bool,
    /// What stays in floats.
    pub exceptions: Exceptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clipping: Clipping::Share(1e-6),
            weights: weights::WeightRange::Pairs,
            correct_bias: true,
            exceptions: Exceptions::default(),
        }
    }
}

/// The network as an ONNX file that computes with bytes.
///
/// # Errors
/// When the graph is malformed, does not fit the weights, or cannot be written for this batch.
pub fn write(
    network: &Folded,
    calibration: &Calibration,
    options: &Options,
    batch: Batch,
    metadata: &[(String, String)],
) -> Result<Vec<u8>, GraphError> {
    let graph = &network.graph;
    let shapes = infer(graph)?;
    let names = value_names(graph, &shapes);
    let mut writer = GraphWriter::new(batch);
    enter(&mut writer, graph, &shapes)?;
    let plan = plan::plan(graph, &options.exceptions);
    let mut emitter = Emitter::new(network, &shapes, &names, &plan, calibration, options);
    for index in ENTRY..graph.nodes.len() {
        emitter.node(&mut writer, index)?;
    }
    leave(&mut writer, graph, &shapes, |writer, value| emitter.floats(writer, value));
    Ok(writer.finish(metadata))
}
