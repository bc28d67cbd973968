//! Runs and trains a [`Graph`] with libtorch.
//!
//! All trained weights lie in one vector and all running statistics in another, so that the
//! optimiser, the moving average and checkpoints are a handful of operations on vectors. Kernels
//! lie there with their channels last, which makes libtorch compute the whole network in that
//! order.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::hardware::Hardware;
use super::{BATCH_NORM_EPSILON, Graph, Node, Op, Role, Value, Weight};

/// Weights by name, each contiguous with the shape that [`Graph::weights`] says.
pub type Weights = BTreeMap<String, Tensor>;

/// How fast batch normalisation's statistics follow the batches.
const BATCH_NORM_MOMENTUM: f64 = 0.1;

/// Whether batch normalisation uses the batch or what it remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Uses and updates the batch's statistics; gradients are kept.
    Train,
    /// Uses the running statistics.
    Evaluate,
}

/// Weights that do not fit a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the weights do not fit the network: {name} is {found}, expected {wanted:?}\nhelp: they were trained with another recipe; start a new run"
)]
pub struct WeightError {
    /// The weight.
    pub name: String,
    /// Its size, or `missing`.
    pub found: String,
    /// What the graph needs.
    pub wanted: Vec<i64>,
}

/// Where weights lie in a vector.
#[derive(Debug)]
pub struct Layout {
    slots: Vec<Slot>,
    length: i64,
}

/// Where a weight lies in a vector, and how it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Name of its node.
    pub node: &'a str,
    /// First number.
    pub offset: usize,
    /// How many numbers.
    pub length: usize,
    /// Whether weight decay applies.
    pub decays: bool,
}

#[derive(Debug)]
struct Slot {
    weight: Weight,
    offset: i64,
    length: i64,
}

impl Layout {
    /// For the weights whose role is one of `roles`.
    pub fn new(graph: &Graph, roles: &[Role]) -> Self {
        let mut length = 0;
        let place = |weight: Weight| {
            let slot = Slot { offset: length, length: weight.shape.iter().product(), weight };
            length += slot.length;
            slot
        };
        let slots = graph.weights().into_iter().filter(|it| roles.contains(&it.role)).map(place).collect();
        Self { slots, length }
    }

    /// How many numbers the vector has.
    pub fn length(&self) -> i64 {
        self.length
    }

    /// Names, and tensors that share memory with `vector`.
    pub fn views<'a>(&'a self, vector: &'a Tensor) -> impl Iterator<Item = (&'a str, Tensor)> {
        self.slots.iter().map(|slot| {
            let flat = vector.narrow(0, slot.offset, slot.length);
            (slot.weight.name.as_str(), slot.shaped(&flat))
        })
    }

    /// The vector of these weights.
    ///
    /// # Errors
    /// When one is missing or of another size.
    pub fn vector(&self, weights: &Weights) -> Result<Tensor, WeightError> {
        let vector = Tensor::zeros([self.length], (Kind::Float, Device::Cpu));
        for (slot, (_, mut view)) in self.slots.iter().zip(self.views(&vector)) {
            let Weight { name, shape, .. } = &slot.weight;
            let misfit = |found| WeightError { name: name.clone(), found, wanted: shape.clone() };
            let weight = weights.get(name).ok_or_else(|| misfit("missing".into()))?;
            if weight.size() != *shape {
                return Err(misfit(format!("{:?}", weight.size())));
            }
            tch::no_grad(|| view.copy_(weight));
        }
        Ok(vector)
    }

    /// Contiguous copies out of `vector`, by name.
    pub fn weights(&self, vector: &Tensor) -> Weights {
        // `copy` keeps a permuted layout; only a fresh tensor is sure to be contiguous.
        tch::no_grad(|| {
            self.views(vector)
                .map(|(name, view)| {
                    let mut copy = Tensor::empty(view.size(), (Kind::Float, Device::Cpu));
                    copy.copy_(&view);
                    (name.to_owned(), copy)
                })
                .collect()
        })
    }

    /// Where each weight lies.
    pub fn spans(&self) -> impl Iterator<Item = Span<'_>> {
        self.slots.iter().map(|slot| Span {
            node: node_of(&slot.weight.name),
            offset: slot.offset as usize,
            length: slot.length as usize,
            decays: slot.weight.role == Role::Matrix,
        })
    }

    /// The vector of gradients, in the order of [`Layout::views`].
    fn gather(&self, gradients: &[Tensor]) -> Tensor {
        let flat: Vec<Tensor> = gradients
            .iter()
            .map(|gradient| match gradient.dim() {
                4 => gradient.permute([0, 2, 3, 1]).reshape([-1]),
                _ => gradient.reshape([-1]),
            })
            .collect();
        Tensor::cat(&flat, 0)
    }
}

impl Slot {
    /// Kernels `[o, i, h, w]` are stored as `[o, h, w, i]`.
    fn shaped(&self, flat: &Tensor) -> Tensor {
        match self.weight.shape[..] {
            [o, i, h, w] => flat.view([o, h, w, i]).permute([0, 3, 1, 2]),
            _ => flat.view(self.weight.shape.as_slice()),
        }
    }
}

/// A graph with its weights.
#[derive(Debug)]
pub struct Module {
    graph: Graph,
    trained: Layout,
    parameters: Tensor,
    leaves: Vec<Tensor>,
    kept: Layout,
    statistics: Tensor,
    by_name: Weights,
    hardware: Hardware,
    /// Nodes that are not trained.
    frozen: BTreeSet<String>,
    /// Whether batch normalisation keeps its statistics in training, in every node.
    frozen_batch_norm: bool,
}

impl Module {
    /// A module with copies of `weights` on a device. Constants ([`Role::Constant`]) may be
    /// missing; they are zero then.
    ///
    /// # Errors
    /// When another weight is missing, or one has another size.
    pub fn new(graph: Graph, weights: &Weights, hardware: impl Into<Hardware>) -> Result<Self, WeightError> {
        let hardware = hardware.into();
        let trained = Layout::new(&graph, &[Role::Matrix, Role::Vector]);
        let kept = Layout::new(&graph, &[Role::Statistic]);
        let parameters = trained.vector(weights)?.to_device(hardware.device);
        let statistics = kept.vector(weights)?.to_device(hardware.device);
        let mut by_name = Weights::new();
        let mut leaves = Vec::new();
        for (name, view) in trained.views(&parameters) {
            let leaf = view.detach().set_requires_grad(true);
            by_name.insert(name.to_owned(), leaf.shallow_clone());
            leaves.push(leaf);
        }
        by_name.extend(kept.views(&statistics).map(|(name, view)| (name.to_owned(), view)));
        for Weight { name, shape, .. } in graph.weights().into_iter().filter(|it| it.role == Role::Constant) {
            let constant = match weights.get(&name) {
                Some(weight) if weight.size() == shape => weight.copy(),
                Some(weight) => {
                    return Err(WeightError { name, found: format!("{:?}", weight.size()), wanted: shape });
                }
                None => Tensor::zeros(shape, (Kind::Float, Device::Cpu)),
            };
            by_name.insert(name, constant.to_device(hardware.device));
        }
        let (frozen, frozen_batch_norm) = (BTreeSet::new(), false);
        Ok(Self {
            graph,
            trained,
            parameters,
            leaves,
            kept,
            statistics,
            by_name,
            hardware,
            frozen,
            frozen_batch_norm,
        })
    }

    /// Trains only the nodes that are not `frozen`; their batch normalisation keeps its statistics.
    pub fn freeze(&mut self, frozen: &dyn Fn(&str) -> bool) {
        self.frozen =
            self.graph.nodes.iter().map(|node| node.name.clone()).filter(|name| frozen(name)).collect();
        for (slot, leaf) in self.trained.slots.iter().zip(&self.leaves) {
            let _ = leaf.set_requires_grad(!self.frozen.contains(node_of(&slot.weight.name)));
        }
    }

    /// Batch normalisation keeps its statistics in training too: what an exported network is
    /// fine-tuned with, because its statistics went into the layers before.
    pub fn freeze_batch_norm(&mut self) {
        self.frozen_batch_norm = true;
    }

    /// Where it runs.
    pub fn hardware(&self) -> Hardware {
        self.hardware
    }

    /// What it runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where trained weights lie in [`Module::parameters`].
    pub fn trained(&self) -> &Layout {
        &self.trained
    }

    /// Where statistics lie in [`Module::statistics`].
    pub fn kept(&self) -> &Layout {
        &self.kept
    }

    /// All trained weights; writing into it (without gradients) changes the module.
    pub fn parameters(&self) -> Tensor {
        self.parameters.shallow_clone()
    }

    /// All running statistics; writing into it changes the module.
    pub fn statistics(&self) -> Tensor {
        self.statistics.shallow_clone()
    }

    /// Copies of all weights, constants too.
    pub fn weights(&self) -> Weights {
        let mut all = self.trained.weights(&self.parameters);
        all.extend(self.kept.weights(&self.statistics));
        for weight in self.graph.weights().into_iter().filter(|it| it.role == Role::Constant) {
            all.insert(weight.name.clone(), self.by_name[&weight.name].to_device(Device::Cpu).copy());
        }
        all
    }

    /// The gradient of `loss` by all trained weights, in the order of [`Module::parameters`]; zero
    /// for those frozen.
    pub fn gradient(&self, loss: &Tensor) -> Tensor {
        let open: Vec<&Tensor> = self.leaves.iter().filter(|leaf| leaf.requires_grad()).collect();
        let mut gradients = Tensor::run_backward(&[loss], &open, false, false).into_iter();
        let of = |leaf: &Tensor| match leaf.requires_grad() {
            true => gradients.next().expect("there is a gradient for each leaf that wants one"),
            false => leaf.zeros_like(),
        };
        let all: Vec<Tensor> = self.leaves.iter().map(of).collect();
        self.trained.gather(&all)
    }

    /// Those of the graph's values that are `wanted`, for a batch `[n, channels, height, width]`,
    /// in the machine's memory wherever the module is.
    pub fn forward(&self, input: &Tensor, wanted: &[Value], mode: Mode) -> Vec<Tensor> {
        let run = || self.run(input, wanted, mode);
        match mode {
            Mode::Train => run(),
            Mode::Evaluate => tch::no_grad(run),
        }
    }

    /// The named outputs, those of exported files too, without gradients.
    pub fn outputs(&self, input: &Tensor) -> BTreeMap<String, Tensor> {
        let wanted: Vec<Value> = self.graph.outputs.iter().map(|output| output.value).collect();
        let values = self.forward(input, &wanted, Mode::Evaluate);
        self.graph.outputs.iter().map(|output| output.name.clone()).zip(values).collect()
    }

    /// Every value of the graph (the input first), without gradients: what int8 calibration looks
    /// at.
    pub fn forward_all(&self, input: &Tensor) -> Vec<Tensor> {
        let wanted: Vec<Value> = (0..=self.graph.nodes.len()).collect();
        self.forward(input, &wanted, Mode::Evaluate)
    }

    fn run(&self, input: &Tensor, wanted: &[Value], mode: Mode) -> Vec<Tensor> {
        let uses = self.graph.uses(wanted);
        let mut left = uses.clone();
        let mut values: Vec<Option<Tensor>> =
            vec![Some(channels_last(&input.to_device(self.hardware.device)))];
        for (position, node) in self.graph.nodes.iter().enumerate() {
            if left[position + 1] == 0 {
                values.push(None);
                continue;
            }
            let read = |index: usize| values[node.inputs[index]].as_ref().expect("inputs come before");
            // A ReLU may overwrite what nothing else reads, if the operation before it made a
            // tensor of its own and does not need it for its gradient.
            let before = node.inputs[0].checked_sub(1).map(|before| &self.graph.nodes[before].op);
            let overwrite = uses[node.inputs[0]] == 1
                && matches!(
                    before,
                    Some(Op::BatchNorm { .. } | Op::Add | Op::Conv { .. } | Op::Linear { .. })
                );
            let output = self.apply(node, &read, mode, overwrite);
            for &input in &node.inputs {
                left[input] -= 1;
                if left[input] == 0 {
                    values[input] = None;
                }
            }
            values.push(Some(output));
        }
        let take = |&value: &Value| {
            values[value]
                .as_ref()
                .expect("wanted values are kept")
                .to_device(Device::Cpu)
                .to_kind(Kind::Float)
        };
        wanted.iter().map(take).collect()
    }

    fn apply<'a>(
        &self,
        node: &Node,
        read: &dyn Fn(usize) -> &'a Tensor,
        mode: Mode,
        overwrite: bool,
    ) -> Tensor {
        let x = read(0);
        let weight = |suffix: &str| &self.by_name[&format!("{}.{suffix}", node.name)];
        match node.op {
            Op::Conv { stride, padding, groups, bias, .. } => {
                let bias = bias.then(|| weight("bias"));
                let pair = |side: i64| [side, side];
                self.cast(x, weight("weight"), |x, kernel, cast| {
                    let bias = bias.map(cast);
                    x.conv2d(kernel, bias, pair(stride), pair(padding), [1, 1], groups)
                })
            }
            Op::Linear { bias, .. } => {
                let bias = bias.then(|| weight("bias"));
                self.cast(x, weight("weight"), |x, matrix, cast| x.linear(matrix, bias.map(cast)))
            }
            Op::BatchNorm { .. } => x.batch_norm(
                Some(weight("weight")),
                Some(weight("bias")),
                Some(weight("running_mean")),
                Some(weight("running_var")),
                mode == Mode::Train && !self.frozen_batch_norm && !self.frozen.contains(&node.name),
                BATCH_NORM_MOMENTUM,
                BATCH_NORM_EPSILON,
                false,
            ),
            Op::Relu if overwrite => x.shallow_clone().relu_(),
            Op::Relu => x.relu(),
            Op::Sigmoid => x.sigmoid(),
            Op::Add => x + read(1),
            Op::Concat => {
                let all: Vec<&Tensor> = (0..node.inputs.len()).map(read).collect();
                Tensor::cat(&all, 1)
            }
            Op::UpsampleLike => {
                let size = read(1).size();
                x.upsample_nearest2d([size[2], size[3]], None, None)
            }
            Op::PixelShuffle { factor } => x.pixel_shuffle(factor),
            Op::PixelUnshuffle { factor } => pixel_unshuffle(x, factor),
            Op::MaxPool { kernel, stride, padding } => {
                x.max_pool2d([kernel, kernel], [stride, stride], [padding, padding], [1, 1], false)
            }
            Op::GlobalAveragePool => x.adaptive_avg_pool2d([1, 1]),
            Op::Flatten => x.flatten(1, -1),
            Op::L2Normalise => {
                let x = x.to_kind(Kind::Float);
                let length = x.square().sum_dim_intlist([-1_i64].as_slice(), true, x.kind()).sqrt();
                x / length.clamp_min(1e-12)
            }
            Op::Project { .. } => x.linear(weight("weight"), None::<&Tensor>),
        }
    }

    /// Calls `compute` in the module's precision, which the result keeps: half the memory for what
    /// follows to read.
    fn cast(
        &self,
        x: &Tensor,
        weight: &Tensor,
        compute: impl Fn(&Tensor, &Tensor, &dyn Fn(&Tensor) -> Tensor) -> Tensor,
    ) -> Tensor {
        match self.hardware.precision.narrowed() {
            None => compute(x, weight, &Tensor::shallow_clone),
            Some(kind) => {
                let narrow = |tensor: &Tensor| tensor.to_kind(kind);
                compute(&narrow(x), &narrow(weight), &narrow)
            }
        }
    }
}

/// The node that a weight belongs to: its name without the last part.
fn node_of(weight: &str) -> &str {
    weight.rsplit_once('.').map_or(weight, |(node, _)| node)
}

/// `pixel_unshuffle`, with the result's channels next to each other in memory.
fn pixel_unshuffle(x: &Tensor, k: i64) -> Tensor {
    let size = x.size();
    let (n, c, h, w) = (size[0], size[1], size[2] / k, size[3] / k);
    let cells = x.reshape([n, c, h, k, w, k]).permute([0, 2, 4, 1, 3, 5]).reshape([n, h, w, c * k * k]);
    cells.permute([0, 3, 1, 2])
}

/// The same image batch with its channels next to each other in memory.
fn channels_last(input: &Tensor) -> Tensor {
    input.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// Weights to start training from: uniform as in He et al., *Delving Deep into Rectifiers* (2015);
/// smaller where no batch normalisation follows.
pub fn initial_weights(graph: &Graph, seed: u64) -> Weights {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = Weights::new();
    for Weight { name, shape, role } in graph.weights() {
        let count: i64 = shape.iter().product();
        let has_bias = match name.strip_suffix(".weight") {
            Some(node) => graph.nodes.iter().any(|it| {
                it.name == node
                    && matches!(it.op, Op::Conv { bias: true, .. } | Op::Linear { bias: true, .. })
            }),
            None => false,
        };
        let values: Vec<f32> = match role {
            Role::Matrix => {
                let fan_in = count / shape[0];
                let bound = (if has_bias { 1.0 } else { 6.0 } / fan_in as f32).sqrt();
                (0..count).map(|_| random.random_range(-bound..bound)).collect()
            }
            Role::Vector | Role::Statistic => {
                let one = name.ends_with(".weight") || name.ends_with(".running_var");
                vec![if one { 1.0 } else { 0.0 }; count as usize]
            }
            Role::Constant => vec![0.0; count as usize],
        };
        weights.insert(name, Tensor::from_slice(&values).view(shape.as_slice()));
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::Builder;
    use crate::model::network::hardware::Precision;

    fn small() -> Graph {
        let mut net = Builder::new([3, 8, 8]);
        let a = net.conv_bn_relu("a", net.input(), [3, 4], 3, 2);
        let b = net.residual("b", a, [4, 6], 2);
        let up = net.push("up", Op::UpsampleLike, &[b, a]);
        let joined = net.push("joined", Op::Concat, &[up, a]);
        let out = net.head_conv("out", joined, [10, 2]);
        net.output("out", out, false);
        net.finish()
    }

    #[test]
    fn weights_survive_the_vector_and_its_channel_order() {
        let graph = small();
        let weights = initial_weights(&graph, 1);
        let back = Module::new(graph, &weights, Precision::Float32).unwrap().weights();
        assert_eq!(weights.keys().collect::<Vec<_>>(), back.keys().collect::<Vec<_>>());
        for (name, weight) in &weights {
            assert!(back[name].is_contiguous(), "{name}");
            assert_eq!(*weight, back[name], "{name}");
        }
    }

    /// The gathered gradient must say how the loss really changes, number by number.
    #[test]
    fn gradient_matches_a_step_along_it() {
        let graph = small();
        let out = graph.value("out").unwrap();
        let weights = initial_weights(&graph, 2);
        let module = Module::new(graph, &weights, Precision::Float32).unwrap();
        let input = Tensor::arange(2 * 3 * 8 * 8, (Kind::Float, Device::Cpu)).sin().view([2, 3, 8, 8]);
        let loss = || module.forward(&input, &[out], Mode::Train)[0].square().sum(Kind::Float);
        let before = loss();
        let gradient = module.gradient(&before);
        let before = before.double_value(&[]);
        let squared = gradient.square().sum(Kind::Double).double_value(&[]);
        let step = 1e-3 * before / squared;
        tch::no_grad(|| {
            let _ = module.parameters().subtract_(&(&gradient * step));
        });
        let fall = (before - loss().double_value(&[])) / (step * squared);
        assert!((fall - 1.0).abs() < 0.02, "fell by {fall} of what the gradient promises");
    }

    #[test]
    fn every_value_agrees_with_the_plain_forward_pass() {
        let graph = small();
        let out = graph.value("out").unwrap();
        let module = Module::new(graph.clone(), &initial_weights(&graph, 3), Precision::Float32).unwrap();
        let input = Tensor::ones([1, 3, 8, 8], (Kind::Float, Device::Cpu));
        let all = module.forward_all(&input);
        assert_eq!(all.len(), graph.nodes.len() + 1);
        assert_eq!(all[out], module.outputs(&input)["out"]);
        let relu = graph.value("a.relu").unwrap();
        assert!(all[relu - 1].min().double_value(&[]) < 0.0, "the ReLU overwrote a value that was asked for");
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        let graph = small();
        let mut weights = initial_weights(&graph, 4);
        weights.insert("out.bias".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
        let error = Module::new(graph, &weights, Precision::Float32).unwrap_err();
        assert_eq!((error.name.as_str(), error.found.as_str()), ("out.bias", "[3]"));
    }
}
