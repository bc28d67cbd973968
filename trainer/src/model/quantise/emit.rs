//! Nodes of a network as the ONNX nodes that ONNX Runtime fuses into its byte kernels.
//!
//! Every value exists as floats, as bytes or as both, and is converted where a reader needs the
//! other. What only moves values is applied to the bytes themselves, so nothing is left for the
//! fusion to miss.

use crate::model::network::fold::Folded;
use crate::model::network::shape::{GraphError, Shape};
use crate::model::network::{Node, Op, Value};
use crate::model::onnx::layout::{BYTE, BYTES, CHANNELS_FIRST, CHANNELS_LAST, ENTRY, reshape, transpose};
use crate::model::onnx::lower::lower;
use crate::model::onnx::proto::AttributeProto;
use crate::model::onnx::writer::Batch;
use crate::model::onnx::writer::GraphWriter;
use crate::model::quantise::calibration::Calibration;
use crate::model::quantise::options::Options;
use crate::model::quantise::plan::{Plan, Step};
use crate::model::quantise::range::Affine;
use crate::model::quantise::weights::quantise_rows;

/// Bytes of a value: the tensor, what they stand for, and the names of the constants that say so.
#[derive(Clone, Debug)]
struct Bytes {
    name: String,
    affine: Affine,
    scale: String,
    zero_point: String,
}

/// Writes the nodes of one network in their order.
#[derive(Debug)]
pub struct Emitter<'a> {
    network: &'a Folded,
    shapes: &'a [Shape],
    names: &'a [String],
    plan: &'a Plan,
    calibration: &'a Calibration,
    options: &'a Options,
    floats: Vec<Option<String>>,
    bytes: Vec<Option<Bytes>>,
}

impl<'a> Emitter<'a> {
    /// Nothing written yet but the entry.
    pub fn new(
        network: &'a Folded,
        shapes: &'a [Shape],
        names: &'a [String],
        plan: &'a Plan,
        calibration: &'a Calibration,
        options: &'a Options,
    ) -> Self {
        let (floats, bytes) = (vec![None; names.len()], vec![None; names.len()]);
        Self { network, shapes, names, plan, calibration, options, floats, bytes }
    }

    /// Writes node `index`.
    ///
    /// # Errors
    /// When it does not fit its weights or cannot be written for this batch.
    pub fn node(&mut self, writer: &mut GraphWriter, index: usize) -> Result<(), GraphError> {
        let node = &self.network.graph.nodes[index];
        match self.plan.steps[index] {
            Step::Absorbed => Ok(()),
            Step::Moves => self.moves(writer, node, index + 1),
            Step::Bytes => self.computes(writer, node, index + 1),
            Step::Float => {
                for (weight, array) in node.weights().iter().zip(self.network.weights.of_node(node)?) {
                    writer.floats(&weight.name, &weight.shape, &array.data);
                }
                let inputs = self.float_inputs(writer, node);
                let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
                let output = &self.names[index + 1];
                self.floats[index + 1] = Some(output.clone());
                lower(writer, node, &inputs, output, self.shapes)
            }
        }
    }

    fn float_inputs(&mut self, writer: &mut GraphWriter, node: &Node) -> Vec<String> {
        node.inputs.iter().map(|&value| self.floats(writer, value)).collect()
    }

    /// The value as floats, converted at the first call.
    pub fn floats(&mut self, writer: &mut GraphWriter, value: Value) -> String {
        if let Some(name) = &self.floats[value] {
            return name.clone();
        }
        let bytes = self.bytes(writer, value);
        let name = format!("{}.floats", self.names[value]);
        writer.node("DequantizeLinear", &[&bytes.name, &bytes.scale, &bytes.zero_point], &name, Vec::new());
        self.floats[value] = Some(name.clone());
        name
    }

    /// The value as bytes, converted at the first call.
    fn bytes(&mut self, writer: &mut GraphWriter, value: Value) -> Bytes {
        if let Some(bytes) = &self.bytes[value] {
            return bytes.clone();
        }
        let is_entry = value == ENTRY;
        let affine = if is_entry {
            Affine { scale: BYTE, zero_point: 0 }
        } else {
            self.calibration.affine(value, self.options.clipping)
        };
        let name = &self.names[value];
        let (scale, zero_point) = (format!("{name}.scale"), format!("{name}.zero"));
        writer.floats(&scale, &[], &[affine.scale]);
        writer.uint8(&zero_point, &[], &[affine.zero_point]);
        let name = if is_entry {
            BYTES.to_owned()
        } else {
            let from = self.floats[value].clone().expect("nodes before have written their output");
            let to = format!("{name}.bytes");
            writer.node("QuantizeLinear", &[&from, &scale, &zero_point], &to, Vec::new());
            // Other readers get what the bytes say, so that the pair fuses with the node before.
            if self.is_computed(value) {
                self.floats[value] = None;
            }
            to
        };
        let bytes = Bytes { name, affine, scale, zero_point };
        self.bytes[value] = Some(bytes.clone());
        bytes
    }

    fn is_computed(&self, value: Value) -> bool {
        let from = self.plan.becomes.iter().position(|&it| it == value).unwrap_or(value);
        from > 0 && self.plan.steps[from - 1] == Step::Bytes
    }

    /// A node that multiplies, adds, joins or averages.
    fn computes(&mut self, writer: &mut GraphWriter, node: &Node, value: Value) -> Result<(), GraphError> {
        let inputs: Vec<Bytes> = node.inputs.iter().map(|&input| self.bytes(writer, input)).collect();
        let target = self.plan.becomes[value];
        let stays_bytes = self.plan.read_as_bytes[target];
        if let Op::Conv { input, output, kernel: 1, stride: 1, padding: 0, groups: 1, .. } = node.op
            && !stays_bytes
            && target == value
        {
            self.weights(writer, node, &[output, input], inputs[0].affine)?;
            return self.last_convolution(writer, node, value, &inputs[0], output);
        }
        if let Some(weight) = node.weights().first() {
            self.weights(writer, node, &weight.shape, inputs[0].affine)?;
        }
        let floats = self.float_inputs(writer, node);
        let floats: Vec<&str> = floats.iter().map(String::as_str).collect();
        let leaves_floats = matches!(node.op, Op::Linear { .. }) && !stays_bytes;
        if leaves_floats && target != value {
            let before = &self.names[value];
            lower(writer, node, &floats, before, self.shapes)?;
            writer.node("Relu", &[before], &self.names[target], Vec::new());
        } else {
            lower(writer, node, &floats, &self.names[target], self.shapes)?;
        }
        self.floats[target] = Some(self.names[target].clone());
        if !leaves_floats {
            self.bytes(writer, target);
        }
        Ok(())
    }

    /// Weights and bias as integers, with the nodes that say which floats they stand for.
    fn weights(
        &self,
        writer: &mut GraphWriter,
        node: &Node,
        shape: &[i64],
        input: Affine,
    ) -> Result<(), GraphError> {
        let arrays = self.network.weights.of_node(node)?;
        let weight = arrays[0];
        let rows = weight.shape[0] as usize;
        let mut bias = arrays.get(1).map_or_else(|| vec![0.0; rows], |array| array.data.clone());
        // A bias of this many steps still fits 32 bits after it was corrected.
        let smallest: Vec<f32> =
            bias.iter().map(|bias| bias.abs() / input.scale / (1 << 29) as f32).collect();
        let length = weight.data.len() / rows;
        let taps = weight.shape[2..].iter().product::<i64>() as usize;
        let quantised = quantise_rows(&weight.data, taps, &smallest, self.options.weights);
        if self.options.correct_bias {
            let means = self.calibration.channel_means(node.inputs[0]);
            let group = means.len() / weight.shape[1] as usize;
            for (row, bias) in bias.iter_mut().enumerate() {
                let first = row * group / rows * weight.shape[1] as usize;
                let error = (0..length).map(|at| {
                    let kept = f32::from(quantised.values[row * length + at]) * quantised.scales[row];
                    (weight.data[row * length + at] - kept) * means[first + at / taps]
                });
                *bias += error.sum::<f32>();
            }
        }
        let name = |suffix: &str| format!("{}.{suffix}", node.name);
        let row = [rows as i64];
        writer.int8(&name("weight.bytes"), shape, &quantised.values);
        writer.floats(&name("weight.scale"), &row, &quantised.scales);
        writer.int8(&name("weight.zero"), &row, &vec![0; rows]);
        let names = [name("weight.bytes"), name("weight.scale"), name("weight.zero")];
        let names = names.each_ref().map(String::as_str);
        writer.node("DequantizeLinear", &names, &name("weight"), vec![AttributeProto::int("axis", 0)]);
        if arrays.len() > 1 {
            let scales: Vec<f32> = quantised.scales.iter().map(|scale| scale * input.scale).collect();
            let steps: Vec<i32> = bias
                .iter()
                .zip(&scales)
                .map(|(bias, scale)| (bias / scale).round_ties_even() as i32)
                .collect();
            writer.int32(&name("bias.steps"), &row, &steps);
            writer.floats(&name("bias.scale"), &row, &scales);
            let names = [name("bias.steps"), name("bias.scale")];
            let names = names.each_ref().map(String::as_str);
            writer.node("DequantizeLinear", &names, &name("bias"), vec![AttributeProto::int("axis", 0)]);
        }
        Ok(())
    }

    /// A 1x1 convolution into floats: a matrix product over channels-last rows, which needs no
    /// bytes after it.
    fn last_convolution(
        &mut self,
        writer: &mut GraphWriter,
        node: &Node,
        value: Value,
        input: &Bytes,
        output: i64,
    ) -> Result<(), GraphError> {
        let [channels, height, width] = self.shapes[node.inputs[0]][..] else {
            return Err(GraphError::new(&node.name, "a convolution reads an image"));
        };
        let name = |part: &str| format!("{}.{part}", node.name);
        transpose(writer, &input.name, &name("last"), &CHANNELS_LAST);
        reshape(writer, &name("last"), &name("rows"), &[-1, channels]);
        let rows = name("rows");
        writer.node(
            "DequantizeLinear",
            &[&rows, &input.scale, &input.zero_point],
            &name("rows.floats"),
            Vec::new(),
        );
        let linear = Node {
            name: node.name.clone(),
            op: Op::Linear { input: channels, output, bias: matches!(node.op, Op::Conv { bias: true, .. }) },
            inputs: node.inputs.clone(),
        };
        lower(writer, &linear, &[&name("rows.floats")], &name("product"), self.shapes)?;
        let batch = match writer.batch() {
            Batch::Dynamic => -1,
            Batch::Fixed(count) => count,
        };
        reshape(writer, &name("product"), &name("cells"), &[batch, height, width, output]);
        // Leaving transposes again; the two cancel.
        transpose(writer, &name("cells"), &self.names[value], &CHANNELS_FIRST);
        self.floats[value] = Some(self.names[value].clone());
        Ok(())
    }

    /// A node that moves bytes without changing them.
    fn moves(&mut self, writer: &mut GraphWriter, node: &Node, value: Value) -> Result<(), GraphError> {
        let from = node.inputs[0];
        let input = self.bytes(writer, from);
        let name = format!("{}.bytes", self.names[value]);
        let (shape, wanted) = (&self.shapes[from], &self.shapes[value]);
        let factor = wanted.last().copied().unwrap_or(1) / shape.last().copied().unwrap_or(1);
        match (&node.op, &shape[..]) {
            (Op::UpsampleLike, &[channels, height, width])
                if *wanted == [channels, height * factor, width * factor] && factor > 1 =>
            {
                upsample(writer, &node.name, &input.name, &name, [channels, height, width], factor);
            }
            _ => lower(writer, node, &[&input.name], &name, self.shapes)?,
        }
        self.bytes[value] = Some(Bytes { name, ..input });
        Ok(())
    }
}

/// Repeats every pixel along both sides. Joining a row of pixels to itself is many times faster
/// than `Resize` of bytes.
fn upsample(
    writer: &mut GraphWriter,
    node: &str,
    from: &str,
    to: &str,
    [channels, height, width]: [i64; 3],
    factor: i64,
) {
    let name = |part: &str| format!("{node}.{part}");
    let repeat = |writer: &mut GraphWriter, from: &str, part: &str, axis: i64, shape: &[i64]| {
        let joined = name(&format!("{part}.joined"));
        let inputs = vec![from; factor as usize];
        writer.node("Concat", &inputs, &joined, vec![AttributeProto::int("axis", axis)]);
        reshape(writer, &joined, &name(part), shape);
    };
    let (wide, tall) = (width * factor, height * factor);
    transpose(writer, from, &name("last"), &CHANNELS_LAST);
    repeat(writer, &name("last"), "wide", 3, &[0, height, 1, wide * channels]);
    repeat(writer, &name("wide"), "tall", 2, &[0, tall, wide, channels]);
    transpose(writer, &name("tall"), to, &CHANNELS_FIRST);
}
