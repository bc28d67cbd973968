//! Just enough of ONNX's protocol buffers to write a network whose outputs are constants.

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Element {
    /// Unsigned bytes.
    U8 = 2,
    /// 32-bit floats.
    F32 = 1,
}

/// A network with the input `image`.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Fields of `GraphProto`.
    fields: Vec<u8>,
    batch: Option<usize>,
}

impl Graph {
    /// With an input of this shape, the batch first; `None` is an open dimension.
    pub(crate) fn new(input: [Option<usize>; 4], element: Element) -> Self {
        let mut graph = Self { fields: Vec::new(), batch: input[0] };
        text(&mut graph.fields, 2, "toy");
        message(&mut graph.fields, 11, &value_info("image", element, &input));
        graph.node("Cast", &["image"], "floats", &[integer("to", Element::F32 as u64)]);
        graph.node(
            "ReduceMax",
            &["floats"],
            "brightest",
            &[integers("axes", &[1, 2, 3]), integer("keepdims", 1)],
        );
        graph.node("Flatten", &["brightest"], "flat", &[integer("axis", 1)]);
        graph
    }

    /// Adds an output of `shape` (without the batch) that is always `values`.
    pub(crate) fn constant_output(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.output(name, shape, values, 0.0);
    }

    /// Adds an output of `shape` (without the batch): `values` and `weight` times the brightest
    /// number of the image.
    pub(crate) fn output(&mut self, name: &str, shape: &[usize], values: &[f32], weight: f32) {
        // Also where the weight is zero: the input's size must not be lost.
        let (factor, light) = (format!("{name} weight"), format!("{name} light"));
        self.initializer(&factor, &[1], &weight.to_le_bytes(), Element::F32);
        self.node("Mul", &["flat", &factor], &light, &[]);
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let constant = format!("{name} constant");
        self.initializer(&constant, &[1, values.len()], &bytes, Element::F32);
        let flat = format!("{name} flat");
        self.node("Add", &[&light, &constant], &flat, &[]);
        let target: Vec<i64> = std::iter::once(-1).chain(shape.iter().map(|&side| side as i64)).collect();
        let target_bytes: Vec<u8> = target.iter().flat_map(|side| side.to_le_bytes()).collect();
        let target_name = format!("{name} shape");
        self.raw_initializer(&target_name, &[target.len()], &target_bytes, 7);
        self.node("Reshape", &[&flat, &target_name], name, &[]);
        let full: Vec<Option<usize>> =
            std::iter::once(self.batch).chain(shape.iter().map(|&side| Some(side))).collect();
        message(&mut self.fields, 12, &value_info(name, Element::F32, &full));
    }

    /// The file, with `metadata` under the manifest's key.
    pub(crate) fn to_bytes(&self, metadata: Option<&str>) -> Vec<u8> {
        let mut model = Vec::new();
        number(&mut model, 1, 8);
        message(&mut model, 7, &self.fields);
        let mut opset = Vec::new();
        number(&mut opset, 2, 17);
        message(&mut model, 8, &opset);
        if let Some(metadata) = metadata {
            let mut entry = Vec::new();
            text(&mut entry, 1, lens_core::manifest::METADATA_KEY);
            text(&mut entry, 2, metadata);
            message(&mut model, 14, &entry);
        }
        model
    }

    fn node(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) {
        let mut node = Vec::new();
        inputs.iter().for_each(|input| text(&mut node, 1, input));
        text(&mut node, 2, output);
        text(&mut node, 4, operator);
        attributes.iter().for_each(|attribute| message(&mut node, 5, attribute));
        message(&mut self.fields, 1, &node);
    }

    fn initializer(&mut self, name: &str, shape: &[usize], bytes: &[u8], element: Element) {
        self.raw_initializer(name, shape, bytes, element as u64);
    }

    fn raw_initializer(&mut self, name: &str, shape: &[usize], bytes: &[u8], element: u64) {
        let mut tensor = Vec::new();
        shape.iter().for_each(|&side| number(&mut tensor, 1, side as u64));
        number(&mut tensor, 2, element);
        text(&mut tensor, 8, name);
        message(&mut tensor, 9, bytes);
        message(&mut self.fields, 5, &tensor);
    }
}

fn value_info(name: &str, element: Element, shape: &[Option<usize>]) -> Vec<u8> {
    let mut dimensions = Vec::new();
    for side in shape {
        let mut dimension = Vec::new();
        match side {
            Some(side) => number(&mut dimension, 1, *side as u64),
            None => text(&mut dimension, 2, "batch"),
        }
        message(&mut dimensions, 1, &dimension);
    }
    let mut tensor = Vec::new();
    number(&mut tensor, 1, element as u64);
    message(&mut tensor, 2, &dimensions);
    let mut kind = Vec::new();
    message(&mut kind, 1, &tensor);
    let mut value = Vec::new();
    text(&mut value, 1, name);
    message(&mut value, 2, &kind);
    value
}

fn integer(name: &str, value: u64) -> Vec<u8> {
    let mut attribute = Vec::new();
    text(&mut attribute, 1, name);
    number(&mut attribute, 3, value);
    number(&mut attribute, 20, 2);
    attribute
}

fn integers(name: &str, values: &[u64]) -> Vec<u8> {
    let mut attribute = Vec::new();
    text(&mut attribute, 1, name);
    values.iter().for_each(|&value| number(&mut attribute, 8, value));
    number(&mut attribute, 20, 7);
    attribute
}

fn number(into: &mut Vec<u8>, field: u64, value: u64) {
    varint(into, field << 3);
    varint(into, value);
}

fn text(into: &mut Vec<u8>, field: u64, value: &str) {
    message(into, field, value.as_bytes());
}

fn message(into: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(into, field << 3 | 2);
    varint(into, content.len() as u64);
    into.extend_from_slice(content);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
