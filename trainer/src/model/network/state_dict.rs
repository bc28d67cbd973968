//! Weights as `torch.save(model.state_dict(), path)` writes them: a zip archive since PyTorch 1.6,
//! one pickle after the other before. Nothing in the file is run.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use tch::{Kind, Tensor};

use super::pickle::{self, Pickle, PickleError, Placed, Value};

/// The most bytes of a file, and of what is unpacked of it.
const MAX_BYTES: u64 = 1 << 30;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is no archive and no pickle.
    #[error("it is no file that `torch.save` writes")]
    Unknown,
    /// The archive is damaged.
    #[error("its archive is damaged: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// It cannot be unpacked.
    #[error("it cannot be unpacked: {0}")]
    Unpack(#[from] std::io::Error),
    /// The pickle in it cannot be read.
    #[error("{0}")]
    Pickle(String),
    /// There are no tensors with names in it.
    #[error("it holds no weights with names: save `model.state_dict()`, not the model")]
    NoWeights,
    /// A tensor reaches beyond its numbers.
    #[error("{0} reaches beyond the file: it is damaged or cut off")]
    Beyond(String),
    /// It is larger than any network that can be used here.
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLarge,
}

impl From<PickleError> for StateError {
    fn from(error: PickleError) -> Self {
        Self::Pickle(error.to_string())
    }
}

/// The weights of a file by name, as 32-bit floats; whole numbers are left out.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn read(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, StateError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return from_archive(bytes);
    }
    from_pickles(bytes)
}

fn from_archive(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, StateError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let main = names.iter().find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"));
    let main = main.ok_or(StateError::Unknown)?;
    let folder = main.trim_end_matches("data.pkl").to_owned();
    let mut left = MAX_BYTES;
    let mut unpack = |name: &str| -> Result<Vec<u8>, StateError> {
        let mut unpacked = Vec::new();
        archive.by_name(name)?.take(left + 1).read_to_end(&mut unpacked)?;
        left = left.checked_sub(unpacked.len() as u64).ok_or(StateError::TooLarge)?;
        Ok(unpacked)
    };
    let pickle = pickle::read(&unpack(main)?)?;
    let mut storages: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let placed = tensors(&pickle)?;
    for (_, tensor) in &placed {
        let key = &tensor.storage.key;
        if !storages.contains_key(key) && width(tensor).is_some() {
            storages.insert(key.clone(), unpack(&format!("{folder}data/{key}"))?);
        }
    }
    collect(placed, &storages)
}

/// A magic number, a version, facts of the machine, the dictionary, the keys of its storages, then
/// the numbers of each: how many there are, and they.
fn from_pickles(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, StateError> {
    let mut at = 0;
    let mut next = || -> Result<Pickle, StateError> {
        let pickle = pickle::read(&bytes[at..])?;
        at += pickle.length;
        Ok(pickle)
    };
    let magic = next().map_err(|_| StateError::Unknown)?.value;
    // It has ten bytes, more than numbers have here.
    if magic != Value::Other {
        return Err(StateError::Unknown);
    }
    next()?;
    next()?;
    let main = next()?;
    let keys = next()?;
    let keys: Vec<String> = keys.texts(&keys.value).into_iter().map(str::to_owned).collect();
    let placed = tensors(&main)?;
    let widths: BTreeMap<&str, usize> = placed
        .iter()
        .filter_map(|(_, tensor)| Some((tensor.storage.key.as_str(), element(&tensor.storage.class)?.1)))
        .collect();
    let mut storages = BTreeMap::new();
    for key in &keys {
        let head = bytes.get(at..at + 8).ok_or_else(|| StateError::Beyond(key.clone()))?;
        let count = u64::from_le_bytes(head.try_into().expect("eight bytes were taken"));
        let width = widths.get(key.as_str()).copied().unwrap_or(8) as u64;
        let end = count.checked_mul(width).and_then(|it| usize::try_from(it).ok()?.checked_add(at + 8));
        let numbers = end.and_then(|end| bytes.get(at + 8..end));
        let numbers = numbers.ok_or_else(|| StateError::Beyond(key.clone()))?;
        at += 8 + numbers.len();
        storages.insert(key.clone(), numbers.to_vec());
    }
    collect(placed, &storages)
}

/// The tensors with their names: of the dictionary itself, or of the one in it that a training
/// saved beside other things.
fn tensors(pickle: &Pickle) -> Result<Vec<(String, Placed)>, StateError> {
    let of = |value: &Value| -> Vec<(String, Placed)> {
        let plain = |name: &str| name.strip_prefix("module.").unwrap_or(name).to_owned();
        let entries = pickle.entries(value).into_iter();
        let named = entries.filter_map(|(name, value)| match value {
            Value::Tensor(tensor) => Some((plain(name), Placed::clone(tensor))),
            _ => None,
        });
        named.collect()
    };
    let mut found = of(&pickle.value);
    if found.is_empty() {
        found = pickle
            .entries(&pickle.value)
            .into_iter()
            .map(|(_, value)| of(value))
            .max_by_key(Vec::len)
            .unwrap_or_default();
    }
    if found.is_empty() { Err(StateError::NoWeights) } else { Ok(found) }
}

/// Kind and bytes of a number.
fn element(class: &str) -> Option<(Kind, usize)> {
    match class {
        "FloatStorage" => Some((Kind::Float, 4)),
        "DoubleStorage" => Some((Kind::Double, 8)),
        "HalfStorage" => Some((Kind::Half, 2)),
        "BFloat16Storage" => Some((Kind::BFloat16, 2)),
        "LongStorage" => Some((Kind::Int64, 8)),
        "IntStorage" => Some((Kind::Int, 4)),
        "ShortStorage" => Some((Kind::Int16, 2)),
        "CharStorage" | "ByteStorage" | "BoolStorage" => Some((Kind::Uint8, 1)),
        _ => None,
    }
}

/// Bytes of a number, where they are floats.
fn width(tensor: &Placed) -> Option<usize> {
    element(&tensor.storage.class).filter(|(kind, _)| is_float(*kind)).map(|(_, width)| width)
}

fn is_float(kind: Kind) -> bool {
    matches!(kind, Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16)
}

fn collect(
    placed: Vec<(String, Placed)>,
    storages: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<(String, Tensor)>, StateError> {
    let mut weights = Vec::new();
    for (name, tensor) in placed {
        let Some((kind, width)) = element(&tensor.storage.class).filter(|(kind, _)| is_float(*kind)) else {
            continue;
        };
        let beyond = || StateError::Beyond(name.clone());
        let numbers = storages.get(&tensor.storage.key).ok_or_else(beyond)?;
        let bytes = gathered(&tensor, numbers, width).ok_or_else(beyond)?;
        let size: Vec<i64> = tensor.size.iter().map(|&extent| extent as i64).collect();
        let read = Tensor::from_data_size(&bytes, &size, kind).to_kind(Kind::Float);
        weights.push((name, read));
    }
    Ok(weights)
}

/// The numbers of a tensor one after the other.
fn gathered(tensor: &Placed, numbers: &[u8], width: usize) -> Option<Vec<u8>> {
    let count = tensor.size.iter().try_fold(1_usize, |product, &it| product.checked_mul(it))?;
    if count.checked_mul(width)? > numbers.len() {
        return None;
    }
    let mut contiguous = 1_usize;
    let mut is_contiguous = true;
    for (&extent, &stride) in tensor.size.iter().zip(&tensor.stride).rev() {
        is_contiguous &= extent == 1 || stride == contiguous;
        contiguous = contiguous.checked_mul(extent.max(1))?;
    }
    let start = tensor.offset.checked_mul(width)?;
    if is_contiguous {
        return Some(numbers.get(start..start.checked_add(count * width)?)?.to_vec());
    }
    let mut gathered = Vec::with_capacity(count * width);
    let mut place = vec![0_usize; tensor.size.len()];
    for _ in 0..count {
        let steps = place.iter().zip(&tensor.stride);
        let index = steps.map(|(&at, &stride)| at.checked_mul(stride)).sum::<Option<usize>>()?;
        let from = tensor.offset.checked_add(index)?.checked_mul(width)?;
        gathered.extend_from_slice(numbers.get(from..from.checked_add(width)?)?);
        for (at, &extent) in place.iter_mut().zip(&tensor.size).rev() {
            *at += 1;
            if *at < extent {
                break;
            }
            *at = 0;
        }
    }
    Some(gathered)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// `OrderedDict([('a.weight', tensor)])`, as `torch.save` of 2.x pickles it, of a tensor with
    /// this size and stride.
    fn pickled(offset: u8, size: [u8; 2], stride: [u8; 2]) -> Vec<u8> {
        let mut bytes =
            b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x08\x00\x00\x00a.weightq\x02".to_vec();
        bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storageq\x04");
        bytes.extend(
            b"ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x06tq\x08Q",
        );
        bytes.extend([
            b'K', offset, b'K', size[0], b'K', size[1], 0x86, b'q', 9, b'K', stride[0], b'K', stride[1], 0x86,
        ]);
        bytes.extend(b"q\x0a\x89h\x00)Rq\x0btq\x0cRq\x0ds}q\x0eb.");
        bytes
    }

    fn archive(pickle: &[u8]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let plain =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        let numbers: Vec<u8> =
            [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0].iter().flat_map(|it| it.to_le_bytes()).collect();
        for (name, content) in [("archive/data.pkl", pickle), ("archive/data/0", &numbers)] {
            zip.start_file(name, plain).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_state_dict_is_read_as_it_was_saved() {
        let check = |offset, size, stride, want: &[f32]| {
            let weights = read(&archive(&pickled(offset, size, stride))).unwrap();
            assert_eq!((weights.len(), weights[0].0.as_str()), (1, "a.weight"));
            assert_eq!(weights[0].1.size(), size.map(i64::from));
            assert_eq!(Vec::<f32>::try_from(weights[0].1.flatten(0, -1)).unwrap(), want);
        };
        check(0, [2, 3], [3, 1], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        check(2, [2, 2], [2, 1], &[2.0, 3.0, 4.0, 5.0]);
        check(0, [3, 2], [1, 3], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        check(5, [1, 1], [9, 9], &[5.0]);
    }

    #[test]
    fn what_is_damaged_is_refused_and_harms_nothing() {
        for (offset, size, stride) in
            [(3, [2, 3], [3, 1]), (0, [255, 255], [255, 1]), (0, [2, 3], [200, 200])]
        {
            let error = read(&archive(&pickled(offset, size, stride))).unwrap_err();
            assert!(matches!(error, StateError::Beyond(_)), "{error}");
        }
        let whole = archive(&pickled(0, [2, 3], [3, 1]));
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
        }
        let pickle = pickled(0, [2, 3], [3, 1]);
        for at in 0..pickle.len() {
            for value in [0, 1, b'(', b'R', b'.', 0x85, 0xff] {
                let mut bytes = pickle.clone();
                bytes[at] = value;
                let _ = read(&archive(&bytes));
                let _ = read(&bytes);
            }
        }
        assert!(matches!(read(b"no weights").unwrap_err(), StateError::Unknown));
        assert!(matches!(read(b"").unwrap_err(), StateError::Unknown));
    }
}
