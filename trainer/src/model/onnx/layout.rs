//! How images enter and leave an ONNX file, whatever is between.
//!
//! In: packed bytes, channels last (see "Network contract" in `lens_core::manifest`). Inside:
//! channels first, as in libtorch; ONNX Runtime moves channels last again where its kernels want
//! them, and the two transpositions cancel. Out: what has a height and a width leaves channels
//! last.

use crate::model::network::shape::{GraphError, Shape};
use crate::model::network::{Graph, Op, Value};
use crate::model::onnx::proto::AttributeProto;
use crate::model::onnx::writer::GraphWriter;

/// Name of the only input of every network.
pub const INPUT: &str = "image";
/// Pixels along each side of a packed cell.
const PACK: i64 = 2;
/// Axes of a channels-last value in the order of a channels-first one.
pub const CHANNELS_FIRST: [i64; 4] = [0, 3, 1, 2];
/// Axes of a channels-first value in the order of a channels-last one.
pub const CHANNELS_LAST: [i64; 4] = [0, 2, 3, 1];

/// What one step of a byte is worth inside the network.
pub const BYTE: f32 = 1.0 / 255.0;
/// Name of the bytes, channels first.
pub const BYTES: &str = "planes";
/// The value that is these bytes times [`BYTE`]: the output of the node that packs.
pub const ENTRY: Value = 1;

/// Declares the packed input and turns it channels first, as [`BYTES`].
///
/// # Errors
/// When the graph does not start by packing its pixels.
pub fn enter(writer: &mut GraphWriter, graph: &Graph, shapes: &[Shape]) -> Result<(), GraphError> {
    let readers = graph.nodes.iter().flat_map(|node| &node.inputs).filter(|&&value| value == 0).count();
    let packs = graph.nodes.first().is_some_and(|node| node.op == Op::PixelUnshuffle { factor: PACK });
    if !packs || readers != 1 {
        let reason = "an exported network starts by packing its pixels two by two, and reads them only there";
        return Err(GraphError::new(graph.nodes.first().map_or(INPUT, |node| &node.name), reason));
    }
    let [channels, rows, columns] = shapes[ENTRY][..] else { unreachable!("packing keeps height and width") };
    writer.input(INPUT, &[rows, columns, channels]);
    transpose(writer, INPUT, BYTES, &CHANNELS_FIRST);
    Ok(())
}

/// Names of the graph's values: a row of features that is a result has the result's name, all else
/// its node's.
pub fn value_names(graph: &Graph, shapes: &[Shape]) -> Vec<String> {
    let mut names: Vec<String> = vec!["input".into()];
    names.extend(graph.nodes.iter().map(|node| format!("{}.out", node.name)));
    for output in graph.outputs.iter().rev().filter(|output| shapes[output.value].len() == 1) {
        names[output.value].clone_from(&output.name);
    }
    names
}

/// Declares every result; `floats` gives the float tensor of a value.
pub fn leave(
    writer: &mut GraphWriter,
    graph: &Graph,
    shapes: &[Shape],
    mut floats: impl FnMut(&mut GraphWriter, Value) -> String,
) {
    for output in &graph.outputs {
        let from = floats(writer, output.value);
        if let [channels, height, width] = shapes[output.value][..] {
            transpose(writer, &from, &output.name, &CHANNELS_LAST);
            writer.output(&output.name, &[height, width, channels]);
        } else {
            if from != output.name {
                writer.node("Identity", &[&from], &output.name, Vec::new());
            }
            writer.output(&output.name, &shapes[output.value]);
        }
    }
}

/// Reorders axes.
pub fn transpose(writer: &mut GraphWriter, from: &str, to: &str, axes: &[i64]) {
    writer.node("Transpose", &[from], to, vec![AttributeProto::ints("perm", axes)]);
}

/// Changes the shape; 0 keeps an extent, -1 is what remains.
pub fn reshape(writer: &mut GraphWriter, from: &str, to: &str, shape: &[i64]) {
    let name = format!("{to}.shape");
    writer.int64(&name, &[shape.len() as i64], shape);
    writer.node("Reshape", &[from, &name], to, Vec::new());
}
