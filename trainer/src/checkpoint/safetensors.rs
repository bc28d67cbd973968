//! The safetensors format: eight bytes of length, a JSON header, then the numbers.
//!
//! Only 32-bit floats. Format: <https://huggingface.co/docs/safetensors>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::model::network::torch::Weights;

/// Key of the header that holds text instead of a tensor.
const METADATA: &str = "__metadata__";

#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<i64>,
    data_offsets: [usize; 2],
}

/// The bytes of a file with these texts and tensors.
pub fn encode(metadata: &BTreeMap<String, String>, tensors: &Weights) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    header.insert(METADATA.into(), serde_json::json!(metadata));
    let mut end = 0;
    for (name, tensor) in tensors {
        let begin = end;
        end += tensor.numel() * 4;
        let entry = Entry { dtype: "F32".into(), shape: tensor.size(), data_offsets: [begin, end] };
        header.insert(name.clone(), serde_json::json!(entry));
    }
    let mut head = serde_json::Value::Object(header).to_string().into_bytes();
    head.resize(head.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + head.len() + end);
    bytes.extend((head.len() as u64).to_le_bytes());
    bytes.extend(&head);
    let mut values = Vec::new();
    for tensor in tensors.values() {
        values.resize(tensor.numel(), 0.0_f32);
        tensor.to_kind(Kind::Float).contiguous().copy_data(&mut values, tensor.numel());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

/// What is wrong with a file of tensors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SafetensorsError(String);

impl From<String> for SafetensorsError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for SafetensorsError {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// The texts and tensors of a file.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn decode(bytes: &[u8]) -> Result<(BTreeMap<String, String>, Weights), SafetensorsError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or("it is shorter than its header")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|error| error.to_string())?;
    let (head, data) = rest.split_at_checked(length).ok_or("it ends inside its header")?;
    let mut header: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(head).map_err(|error| error.to_string())?;
    let metadata = match header.remove(METADATA) {
        Some(value) => serde_json::from_value(value).map_err(|error| error.to_string())?,
        None => BTreeMap::new(),
    };
    let mut tensors = Weights::new();
    for (name, entry) in header {
        let entry: Entry = serde_json::from_value(entry).map_err(|error| format!("{name}: {error}"))?;
        let [begin, end] = entry.data_offsets;
        let numbers = data.get(begin..end).ok_or_else(|| format!("it ends inside {name}"))?;
        // A damaged file may tell extents that are negative, or too large to be multiplied.
        let product = |count: i64, extent: &i64| count.checked_mul(*extent).filter(|_| *extent >= 0);
        let count = entry.shape.iter().try_fold(1, product).filter(|count| *count < i64::MAX / 4);
        let count = count.ok_or_else(|| format!("{name} has the impossible shape {:?}", entry.shape))?;
        if entry.dtype != "F32" || numbers.len() as i64 != count * 4 {
            return Err(format!("{name} is not {count} 32-bit floats").into());
        }
        let tensor = Tensor::from_data_size(numbers, &entry.shape, Kind::Float);
        tensors.insert(name, tensor);
    }
    Ok((metadata, tensors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_and_a_cut_one_is_refused() {
        let metadata = BTreeMap::from([("a".to_owned(), "text".to_owned())]);
        let kernel = Tensor::arange(24, (Kind::Float, tch::Device::Cpu)).view([2, 3, 4]);
        let tensors = Weights::from([
            ("kernel".to_owned(), kernel.permute([2, 0, 1])),
            ("bias".to_owned(), Tensor::from_slice(&[1.5_f32])),
        ]);
        let bytes = encode(&metadata, &tensors);
        let (texts, back) = decode(&bytes).unwrap();
        assert_eq!(texts, metadata);
        assert_eq!(back["kernel"], tensors["kernel"]);
        assert_eq!(back["bias"], tensors["bias"]);
        for length in [0, 7, 40, bytes.len() - 1] {
            assert!(decode(&bytes[..length]).is_err(), "{length} bytes were accepted");
        }
    }

    #[test]
    fn shapes_that_no_tensor_has_are_refused() {
        for shape in ["[-1, -2]", "[-2]", "[4611686018427387904, 4]"] {
            let header = format!(r#"{{"a": {{"dtype": "F32", "shape": {shape}, "data_offsets": [0, 8]}}}}"#);
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.bytes());
            bytes.extend([0; 8]);
            let error = decode(&bytes).unwrap_err().to_string();
            assert!(error.contains("impossible shape"), "{shape}: {error}");
        }
    }
}
