//! An ONNX graph under construction: names in, messages out.
//!
//! Knows the file format, not the networks: what a node of a network becomes is decided in
//! [`lower`](crate::model::onnx::lower) and [`quantise`](crate::model::quantise).

use half::f16;
use prost::Message;

use crate::model::onnx::proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
    data_type,
};

/// The first extent of every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Chosen by the caller at each run.
    Dynamic,
    /// Always this many.
    Fixed(i64),
}

/// Version of the ONNX operators.
const OPSET: i64 = 17;
/// Version of the file format that goes with it.
const IR_VERSION: i64 = 8;
/// End of the names of constants that are stored as 16-bit floats.
pub const HALF: &str = ".half";
/// Name of the free first extent.
const BATCH_NAME: &str = "N";

/// Collects nodes and constants.
#[derive(Debug)]
pub struct GraphWriter {
    graph: GraphProto,
    batch: Batch,
}

impl GraphWriter {
    /// An empty graph whose values all have this batch.
    pub fn new(batch: Batch) -> Self {
        Self { graph: GraphProto { name: "network".into(), ..GraphProto::default() }, batch }
    }

    /// The batch of every value.
    pub fn batch(&self) -> Batch {
        self.batch
    }

    /// Adds a node that computes `output`, which also names it.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: op.to_owned(),
            attribute: attributes,
        });
    }

    /// Adds a constant of 32-bit floats.
    pub fn floats(&mut self, name: &str, dims: &[i64], data: &[f32]) {
        let raw = data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, data_type::FLOAT, raw);
    }

    /// Adds a constant of 32-bit floats that takes half the room:
    /// [`Stored::Halves`](crate::model::onnx::Stored::Halves).
    ///
    /// Runtimes fold the conversion when they open the file.
    pub fn halves(&mut self, name: &str, dims: &[i64], data: &[f32]) {
        let raw = data.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        let stored = format!("{name}{HALF}");
        self.constant(&stored, dims, data_type::FLOAT16, raw);
        let to = AttributeProto::int("to", i64::from(data_type::FLOAT));
        self.node("Cast", &[&stored], name, vec![to]);
    }

    /// Adds a constant of 8-bit signed integers.
    pub fn int8(&mut self, name: &str, dims: &[i64], data: &[i8]) {
        let raw = data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, data_type::INT8, raw);
    }

    /// Adds a constant of 8-bit unsigned integers.
    pub fn uint8(&mut self, name: &str, dims: &[i64], data: &[u8]) {
        self.constant(name, dims, data_type::UINT8, data.to_vec());
    }

    /// Adds a constant of 32-bit integers.
    pub fn int32(&mut self, name: &str, dims: &[i64], data: &[i32]) {
        let raw = data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, data_type::INT32, raw);
    }

    /// Adds a constant of 64-bit integers.
    pub fn int64(&mut self, name: &str, dims: &[i64], data: &[i64]) {
        let raw = data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, data_type::INT64, raw);
    }

    /// Declares the graph's input, of bytes.
    pub fn input(&mut self, name: &str, shape: &[i64]) {
        let info = self.value_info(name, data_type::UINT8, shape);
        self.graph.input.push(info);
    }

    /// Declares the graph's input, of floats: as networks made elsewhere have it.
    pub fn float_input(&mut self, name: &str, shape: &[i64]) {
        let info = self.value_info(name, data_type::FLOAT, shape);
        self.graph.input.push(info);
    }

    /// Declares a result, of floats.
    pub fn output(&mut self, name: &str, shape: &[i64]) {
        let info = self.value_info(name, data_type::FLOAT, shape);
        self.graph.output.push(info);
    }

    /// The finished file.
    pub fn finish(self, metadata: &[(String, String)]) -> Vec<u8> {
        let entry = |(key, value): &(String, String)| StringStringEntryProto {
            key: key.clone(),
            value: value.clone(),
        };
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: "balatro-lens".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            metadata_props: metadata.iter().map(entry).collect(),
        }
        .encode_to_vec()
    }

    fn constant(&mut self, name: &str, dims: &[i64], data_type: i32, raw_data: Vec<u8>) {
        let tensor = TensorProto { dims: dims.to_vec(), data_type, name: name.to_owned(), raw_data };
        self.graph.initializer.push(tensor);
    }

    fn value_info(&self, name: &str, elem_type: i32, shape: &[i64]) -> ValueInfoProto {
        let first = match self.batch {
            Batch::Dynamic => Dimension::Param(BATCH_NAME.into()),
            Batch::Fixed(count) => Dimension::Value(count),
        };
        let dim = std::iter::once(first)
            .chain(shape.iter().map(|&extent| Dimension::Value(extent)))
            .map(|value| DimensionProto { value: Some(value) })
            .collect();
        let tensor_type = TensorTypeProto { elem_type, shape: Some(TensorShapeProto { dim }) };
        ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
    }
}
