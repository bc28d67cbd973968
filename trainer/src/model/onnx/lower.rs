//! What each operation of a network is in ONNX.
//!
//! Constants named after the node (`name.weight`, `name.bias`) must exist or be computed by other
//! nodes: float and quantised files differ only in that.

use crate::model::network::shape::{GraphError, Shape};
use crate::model::network::{BATCH_NORM_EPSILON, Node, Op};
use crate::model::onnx::proto::AttributeProto;
use crate::model::onnx::writer::Batch;
use crate::model::onnx::writer::GraphWriter;

/// Rows shorter than this are not stretched when they are normalised, as in libtorch.
pub const MIN_NORM: f32 = 1e-12;

/// Adds what computes `output` from `inputs`.
///
/// # Errors
/// When the operation cannot be written for this batch.
pub fn lower(
    writer: &mut GraphWriter,
    node: &Node,
    inputs: &[&str],
    output: &str,
    shapes: &[Shape],
) -> Result<(), GraphError> {
    let first = inputs[0];
    let weight = format!("{}.weight", node.name);
    let bias_name = format!("{}.bias", node.name);
    match node.op {
        Op::Conv { kernel, stride, padding, groups, bias, .. } => {
            let attributes = vec![
                AttributeProto::ints("kernel_shape", &[kernel; 2]),
                AttributeProto::ints("strides", &[stride; 2]),
                AttributeProto::ints("pads", &[padding; 4]),
                AttributeProto::ints("dilations", &[1; 2]),
                AttributeProto::int("group", groups),
            ];
            let all = [first, &weight, &bias_name];
            writer.node("Conv", if bias { &all } else { &all[..2] }, output, attributes);
        }
        Op::BatchNorm { .. } => {
            let [mean, variance] = ["running_mean", "running_var"].map(|it| format!("{}.{it}", node.name));
            let attributes = vec![AttributeProto::float("epsilon", BATCH_NORM_EPSILON as f32)];
            writer.node(
                "BatchNormalization",
                &[first, &weight, &bias_name, &mean, &variance],
                output,
                attributes,
            );
        }
        Op::Relu => writer.node("Relu", &[first], output, Vec::new()),
        Op::Sigmoid => writer.node("Sigmoid", &[first], output, Vec::new()),
        Op::Add => writer.node("Add", inputs, output, Vec::new()),
        Op::Concat => writer.node("Concat", inputs, output, vec![AttributeProto::int("axis", 1)]),
        Op::UpsampleLike => resize(writer, node, first, output, shapes)?,
        Op::PixelUnshuffle { .. } => {
            return Err(GraphError::new(
                &node.name,
                "packing can only be the first step of an exported network",
            ));
        }
        Op::PixelShuffle { factor } => {
            let attributes =
                vec![AttributeProto::int("blocksize", factor), AttributeProto::string("mode", "CRD")];
            writer.node("DepthToSpace", &[first], output, attributes);
        }
        Op::MaxPool { kernel, stride, padding } => {
            let attributes = vec![
                AttributeProto::ints("kernel_shape", &[kernel; 2]),
                AttributeProto::ints("strides", &[stride; 2]),
                AttributeProto::ints("pads", &[padding; 4]),
            ];
            writer.node("MaxPool", &[first], output, attributes);
        }
        Op::GlobalAveragePool => writer.node("GlobalAveragePool", &[first], output, Vec::new()),
        Op::Flatten => writer.node("Flatten", &[first], output, vec![AttributeProto::int("axis", 1)]),
        Op::Linear { bias, .. } => {
            let all = [first, &weight, &bias_name];
            let attributes = vec![AttributeProto::int("transB", 1)];
            writer.node("Gemm", if bias { &all } else { &all[..2] }, output, attributes);
        }
        Op::Project { .. } => {
            writer.node("Gemm", &[first, &weight], output, vec![AttributeProto::int("transB", 1)]);
        }
        Op::L2Normalise => {
            // Three plain operations run on every execution provider; `LpNormalization` does not.
            let [length, bounded, shortest] =
                ["length", "bounded", "shortest"].map(|it| format!("{}.{it}", node.name));
            let attributes = vec![AttributeProto::ints("axes", &[1]), AttributeProto::int("keepdims", 1)];
            writer.floats(&shortest, &[], &[MIN_NORM]);
            writer.node("ReduceL2", &[first], &length, attributes);
            writer.node("Max", &[&length, &shortest], &bounded, Vec::new());
            writer.node("Div", &[first, &bounded], output, Vec::new());
        }
    }
    Ok(())
}

/// `asymmetric` and `floor` pick the source pixel that libtorch's nearest upsampling picks.
fn resize(
    writer: &mut GraphWriter,
    node: &Node,
    input: &str,
    output: &str,
    shapes: &[Shape],
) -> Result<(), GraphError> {
    let [from, to] = [node.inputs[0], node.inputs[1]].map(|value| shapes[value].as_slice());
    let attributes = vec![
        AttributeProto::string("coordinate_transformation_mode", "asymmetric"),
        AttributeProto::string("mode", "nearest"),
        AttributeProto::string("nearest_mode", "floor"),
    ];
    if from[1..] == to[1..] {
        writer.node("Identity", &[input], output, Vec::new());
        return Ok(());
    }
    match writer.batch() {
        Batch::Fixed(count) => {
            let sizes = format!("{}.sizes", node.name);
            writer.int64(&sizes, &[4], &[count, from[0], to[1], to[2]]);
            writer.node("Resize", &[input, "", "", &sizes], output, attributes);
        }
        Batch::Dynamic => {
            if to[1] % from[1] != 0 || to[2] % from[2] != 0 {
                let reason = "upsampling by a fraction needs a fixed batch";
                return Err(GraphError::new(&node.name, reason));
            }
            let scales = format!("{}.scales", node.name);
            writer.floats(&scales, &[4], &[1.0, 1.0, (to[1] / from[1]) as f32, (to[2] / from[2]) as f32]);
            writer.node("Resize", &[input, "", &scales], output, attributes);
        }
    }
    Ok(())
}
