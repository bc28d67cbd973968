//! Networks as ONNX files that compute with bytes: static int8, for CPUs.
//!
//! * [`plan`](mod@plan): which parts compute with bytes.
//! * [`calibration`]: what the values look like; ranges come from there.
//! * [`range`]: from a range to bytes.
//! * [`weights`]: weights as bytes.
//! * [`options`]: what can be chosen.
//! * [`emit`]: the ONNX nodes, in the patterns that ONNX Runtime fuses.
//!
//! The format is QDQ: each operation stays as it is, between nodes that say where floats would be
//! bytes. Values are unsigned, weights signed and symmetric: what ONNX Runtime's x86 kernels are
//! fastest with.

pub mod calibration;
pub mod emit;
pub mod options;
pub mod plan;
pub mod range;
pub mod weights;

use crate::model::network::fold::Folded;
use crate::model::network::shape::{GraphError, infer};
use crate::model::onnx::layout::{ENTRY, enter, leave, value_names};
use crate::model::onnx::writer::Batch;
use crate::model::onnx::writer::GraphWriter;
use crate::model::quantise::calibration::Calibration;
use crate::model::quantise::emit::Emitter;
use crate::model::quantise::options::Options;

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
