//! Networks described once, as data.
//!
//! A [`Graph`] is a list of operations on numbered values. Two interpreters read it: [`torch`] runs
//! and trains it, [`onnx`](crate::model::onnx) writes it to a file. Neither knows which network it
//! is.

pub mod arrays;
pub mod blocks;
pub mod detector;
pub mod fold;
pub mod hardware;
pub mod identifier;
mod pickle;
pub mod resnet18;
pub mod settle;
pub mod shape;
pub mod state_dict;
pub mod torch;

/// Number of a value: 0 is the graph's input, `n + 1` the output of node `n`.
pub type Value = usize;

/// A network.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Channels, height and width of the input (batch comes first and is free).
    pub input: [i64; 3],
    /// Operations in the order of execution.
    pub nodes: Vec<Node>,
    /// Named results.
    pub outputs: Vec<Output>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Unique; prefixes the names of its weights: `l8.0.conv1` has `l8.0.conv1.weight`.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// What it reads, in order.
    pub inputs: Vec<Value>,
}

/// A named result.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the ONNX output.
    pub name: String,
    /// What it is.
    pub value: Value,
    /// Whether it exists only in exported files: training reads the logits instead.
    pub export_only: bool,
}

/// What a node does. Shapes are `[batch, channels, height, width]` unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Convolution; weights `name.weight` `[output, input / groups, kernel, kernel]`, `name.bias`
    /// `[output]` if `bias`.
    Conv {
        /// Channels in.
        input: i64,
        /// Channels out.
        output: i64,
        /// Side of the square kernel.
        kernel: i64,
        /// Step in both directions.
        stride: i64,
        /// Zeros added on every side.
        padding: i64,
        /// Groups of channels.
        groups: i64,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Batch normalisation over channels (2-D or 4-D input); weights `name.weight`, `.bias`,
    /// `.running_mean`, `.running_var`. Export folds it into the convolution or linear layer before
    /// it.
    BatchNorm {
        /// Channels.
        channels: i64,
    },
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Sum of two values of the same shape.
    Add,
    /// Concatenation along channels.
    Concat,
    /// Nearest-neighbour upsampling of the first input to the height and width of the second.
    UpsampleLike,
    /// `[b, c * k * k, h, w]` to `[b, c, h * k, w * k]`, as `PixelShuffle` (ONNX `DepthToSpace`,
    /// mode CRD).
    PixelShuffle {
        /// Factor `k`.
        factor: i64,
    },
    /// `[b, c, h * k, w * k]` to `[b, c * k * k, h, w]`, as `pixel_unshuffle`. As the first node of
    /// a graph it is not exported: the exported network takes bytes that are packed already (see
    /// `lens_core::manifest`, "Network contract").
    PixelUnshuffle {
        /// Factor `k`.
        factor: i64,
    },
    /// Maximum over a window.
    MaxPool {
        /// Side of the window.
        kernel: i64,
        /// Step.
        stride: i64,
        /// Padding.
        padding: i64,
    },
    /// Mean over height and width, which become 1.
    GlobalAveragePool,
    /// Everything after the batch becomes one dimension.
    Flatten,
    /// Fully connected; weights `name.weight` `[output, input]`, `name.bias` `[output]` if `bias`.
    Linear {
        /// Features in.
        input: i64,
        /// Features out.
        output: i64,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Each row divided by its Euclidean length.
    L2Normalise,
    /// Product with a constant matrix `name.weight` `[output, input]` that is not trained (class
    /// centroids).
    Project {
        /// Features in.
        input: i64,
        /// Features out.
        output: i64,
    },
}

/// Epsilon of every batch normalisation.
pub const BATCH_NORM_EPSILON: f64 = 1e-5;

/// A tensor that a graph needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Name of its node, then what it is: `l8.0.conv1.weight`.
    pub name: String,
    /// Its size.
    pub shape: Vec<i64>,
    /// How training treats it.
    pub role: Role,
}

/// How training treats a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Kernel or matrix: trained, with weight decay.
    Matrix,
    /// Bias or scale: trained, without weight decay.
    Vector,
    /// Mean or variance that batch normalisation keeps.
    Statistic,
    /// Filled in after training.
    Constant,
}

impl Node {
    /// The weights it needs.
    pub fn weights(&self) -> Vec<Weight> {
        let mut all = Vec::new();
        let mut add = |suffix: &str, shape: Vec<i64>, role| {
            all.push(Weight { name: format!("{}.{suffix}", self.name), shape, role });
        };
        match self.op {
            Op::Conv { input, output, kernel, groups, bias, .. } => {
                add("weight", vec![output, input / groups, kernel, kernel], Role::Matrix);
                if bias {
                    add("bias", vec![output], Role::Vector);
                }
            }
            Op::BatchNorm { channels } => {
                add("weight", vec![channels], Role::Vector);
                add("bias", vec![channels], Role::Vector);
                add("running_mean", vec![channels], Role::Statistic);
                add("running_var", vec![channels], Role::Statistic);
            }
            Op::Linear { input, output, bias } => {
                add("weight", vec![output, input], Role::Matrix);
                if bias {
                    add("bias", vec![output], Role::Vector);
                }
            }
            Op::Project { input, output } => add("weight", vec![output, input], Role::Constant),
            _ => {}
        }
        all
    }
}

impl Graph {
    /// Every weight, in the order of the nodes.
    pub fn weights(&self) -> Vec<Weight> {
        self.nodes.iter().flat_map(Node::weights).collect()
    }

    /// The output of the node of this name.
    pub fn value(&self, node: &str) -> Option<Value> {
        self.nodes.iter().position(|it| it.name == node).map(|position| position + 1)
    }

    /// Which values have to be computed, and how often each is read, to know those that are
    /// `wanted`.
    pub fn uses(&self, wanted: &[Value]) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len() + 1];
        for &value in wanted {
            uses[value] += 1;
        }
        for (position, node) in self.nodes.iter().enumerate().rev() {
            if uses[position + 1] > 0 {
                for &input in &node.inputs {
                    uses[input] += 1;
                }
            }
        }
        uses
    }
}

/// Builds a [`Graph`] node by node.
#[derive(Debug)]
pub struct Builder {
    graph: Graph,
}

impl Builder {
    /// An empty graph with an input of these channels, height and width.
    pub fn new(input: [i64; 3]) -> Self {
        Self { graph: Graph { input, nodes: Vec::new(), outputs: Vec::new() } }
    }

    /// The graph's input.
    pub fn input(&self) -> Value {
        0
    }

    /// Adds a node and returns its output.
    pub fn push(&mut self, name: &str, op: Op, inputs: &[Value]) -> Value {
        self.graph.nodes.push(Node { name: name.to_owned(), op, inputs: inputs.to_vec() });
        self.graph.nodes.len()
    }

    /// Names a result.
    pub fn output(&mut self, name: &str, value: Value, export_only: bool) {
        self.graph.outputs.push(Output { name: name.to_owned(), value, export_only });
    }

    /// The finished graph.
    pub fn finish(self) -> Graph {
        self.graph
    }
}
