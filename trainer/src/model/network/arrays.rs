//! Weights of a network as plain arrays, under the names of its nodes.
//!
//! What export and quantisation compute with; training has its own, in libtorch.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::model::network::shape::GraphError;
use crate::model::network::torch::Weights;
use crate::model::network::{Graph, Node, Role, Weight};

/// An array of floats, the last extent varying fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Extents.
    pub shape: Vec<i64>,
    /// Values; as many as the product of the extents.
    pub data: Vec<f32>,
}

/// All weights of a network by name (`l8.0.conv1.weight`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrays {
    arrays: BTreeMap<String, Array>,
}

impl Arrays {
    /// Copies tensors, of any kind and device.
    ///
    /// # Errors
    /// When libtorch cannot read one.
    pub fn from_tensors(tensors: &Weights) -> Result<Self, tch::TchError> {
        let mut arrays = Self::default();
        for (name, tensor) in tensors {
            arrays.insert(name, Array { shape: tensor.size(), data: floats(tensor)? });
        }
        Ok(arrays)
    }

    /// Adds an array or replaces it.
    pub fn insert(&mut self, name: &str, array: Array) {
        self.arrays.insert(name.to_owned(), array);
    }

    /// The array of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&Array, GraphError> {
        self.arrays.get(name).ok_or_else(|| GraphError::new(name, "there are no such weights"))
    }

    /// The arrays of a node, in the order of [`Node::weights`].
    ///
    /// # Errors
    /// When one is missing or has another shape.
    pub fn of_node(&self, node: &Node) -> Result<Vec<&Array>, GraphError> {
        let checked = |Weight { name, shape, .. }: Weight| {
            let array = self.get(&name)?;
            if array.shape != shape {
                let reason = format!("its weights are {:?}, {shape:?} expected", array.shape);
                return Err(GraphError::new(&name, reason));
            }
            Ok(array)
        };
        node.weights().into_iter().map(checked).collect()
    }

    /// Small pseudo-random weights for every node, so that a network can be measured before it is
    /// trained.
    pub fn arbitrary(graph: &Graph, seed: u64) -> Self {
        let mut state = seed;
        let mut uniform = move || {
            // SplitMix64.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut arrays = Self::default();
        for Weight { name, shape, role } in graph.weights() {
            let count = shape.iter().product::<i64>();
            let bound = (6.0 / (count / shape[0]) as f32).sqrt();
            let about_one = name.ends_with(".weight") || name.ends_with(".running_var");
            let mut draw = || match role {
                Role::Matrix | Role::Constant => uniform() * bound,
                Role::Vector | Role::Statistic if about_one => 1.0 + 0.5 * uniform(),
                Role::Vector | Role::Statistic => 0.1 * uniform(),
            };
            let data = (0..count).map(|_| draw()).collect();
            arrays.insert(&name, Array { shape, data });
        }
        arrays
    }

    /// The same as tensors.
    pub fn to_tensors(&self) -> Weights {
        let tensor = |array: &Array| Tensor::from_slice(&array.data).view(array.shape.as_slice());
        self.arrays.iter().map(|(name, array)| (name.clone(), tensor(array))).collect()
    }
}

/// The values of a tensor of any kind and device, in order.
///
/// # Errors
/// When libtorch cannot read it.
pub fn floats(tensor: &Tensor) -> Result<Vec<f32>, tch::TchError> {
    let flat = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Float).contiguous().view([-1]);
    Vec::<f32>::try_from(&flat)
}
