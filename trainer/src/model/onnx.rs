//! Networks as ONNX files: the second interpreter of [`Graph`](crate::model::network::Graph),
//! beside libtorch.
//!
//! * [`proto`]: the messages of the file format.
//! * [`writer`]: a graph under construction.
//! * [`layout`]: packed bytes in, channels last out.
//! * [`lower`](mod@lower): what each operation becomes.
//! * [`read`](mod@read): the weights of a file, to train on from.
//!
//! Writes 32-bit floats; [`quantise`](crate::model::quantise) writes int8 with the same parts. Runs
//! nothing.

pub mod external_data;
pub mod layout;
pub mod lower;
pub mod proto;
pub mod read;
pub mod writer;

use half::f16;

use crate::model::network::fold::Folded;
use crate::model::network::shape::{GraphError, infer};
use crate::model::onnx::layout::{BYTE, BYTES, ENTRY, enter, leave, value_names};
use crate::model::onnx::proto::{AttributeProto, data_type};
use crate::model::onnx::writer::{Batch, GraphWriter};

/// How the weights of a file are stored; they are computed with as 32-bit floats either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// As they are.
    Floats,
    /// Matrices and kernels as 16-bit floats, in half the room; smaller constants, and values that
    /// 16 bits cannot hold, as they are.
    Halves,
}

/// The network as an ONNX file of 32-bit floats.
///
/// # Errors
/// When the graph is malformed, does not fit the weights, or cannot be written for this batch.
pub fn write(
    network: &Folded,
    batch: Batch,
    metadata: &[(String, String)],
    stored: Stored,
) -> Result<Vec<u8>, GraphError> {
    let graph = &network.graph;
    let shapes = infer(graph)?;
    let names = value_names(graph, &shapes);
    let mut writer = GraphWriter::new(batch);
    enter(&mut writer, graph, &shapes)?;
    let cast = vec![AttributeProto::int("to", i64::from(data_type::FLOAT))];
    writer.node("Cast", &[BYTES], "planes.float", cast);
    writer.floats("planes.scale", &[], &[BYTE]);
    writer.node("Mul", &["planes.float", "planes.scale"], &names[ENTRY], Vec::new());
    for (index, node) in graph.nodes.iter().enumerate().skip(ENTRY) {
        for (weight, array) in node.weights().iter().zip(network.weights.of_node(node)?) {
            let fits = || array.data.iter().all(|value| value.abs() <= f16::MAX.to_f32());
            if stored == Stored::Halves && weight.shape.len() > 1 && fits() {
                writer.halves(&weight.name, &weight.shape, &array.data);
            } else {
                writer.floats(&weight.name, &weight.shape, &array.data);
            }
        }
        let inputs: Vec<&str> = node.inputs.iter().map(|&value| names[value].as_str()).collect();
        lower::lower(&mut writer, node, &inputs, &names[index + 1], &shapes)?;
    }
    leave(&mut writer, graph, &shapes, |_, value| names[value].clone());
    Ok(writer.finish(metadata))
}
