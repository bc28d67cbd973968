//! The weights of an exported file, to train on from.

use prost::Message;
use tch::{Kind, Tensor};

use super::proto::{ModelProto, data_type};
use super::writer::HALF;
use crate::model::network::torch::Weights;

/// What is read of a file.
#[derive(Debug)]
pub struct Contents {
    /// Every constant of floats, by name: the weights of a network whose batch normalisation was
    /// folded.
    pub weights: Weights,
    /// The texts that the file carries.
    pub metadata: Vec<(String, String)>,
}

/// What is wrong with an ONNX file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(String);

impl From<String> for ReadError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for ReadError {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// Reads a file that [`write`](super::write) wrote.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn read(bytes: &[u8]) -> Result<Contents, ReadError> {
    let model = ModelProto::decode(bytes).map_err(|error| format!("it is no ONNX file: {error}"))?;
    let graph = model.graph.ok_or("it is an ONNX file without a network")?;
    let mut weights = Weights::new();
    for tensor in &graph.initializer {
        let (kind, bits) = match tensor.data_type {
            data_type::FLOAT => (Kind::Float, 32),
            data_type::FLOAT16 => (Kind::Half, 16),
            _ => continue,
        };
        let count: i64 = tensor.dims.iter().product();
        if tensor.raw_data.len() as i64 != count * bits / 8 {
            return Err(format!("{} is not {count} {bits}-bit floats", tensor.name).into());
        }
        let values = Tensor::from_data_size(&tensor.raw_data, &tensor.dims, kind).to_kind(Kind::Float);
        weights.insert(tensor.name.trim_end_matches(HALF).to_owned(), values);
    }
    let metadata = model.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect();
    Ok(Contents { weights, metadata })
}
