//! ONNX files whose weights lie in a second file, made into one.
//!
//! The messages are rewritten as bytes, so that whatever else a file holds stays as it is: a
//! `TensorProto` with `data_location = EXTERNAL` gets its numbers as `raw_data`. Where the second
//! file lies is what the first one says, and nothing outside its folder is read.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::read::ReadError;

/// The most bytes of a file in all; a message of protobuf has at most two gigabytes.
const MAX_BYTES: u64 = 1 << 30;

/// Fields of the messages, by `onnx.proto3`.
mod field {
    pub(super) const MODEL_GRAPH: u64 = 7;
    pub(super) const GRAPH_NODE: u64 = 1;
    pub(super) const GRAPH_INITIALIZER: u64 = 5;
    pub(super) const NODE_ATTRIBUTE: u64 = 5;
    pub(super) const ATTRIBUTE_TENSOR: u64 = 5;
    pub(super) const ATTRIBUTE_GRAPH: u64 = 6;
    pub(super) const ATTRIBUTE_TENSORS: u64 = 10;
    pub(super) const ATTRIBUTE_GRAPHS: u64 = 11;
    pub(super) const TENSOR_RAW: u64 = 9;
    pub(super) const TENSOR_EXTERNAL: u64 = 13;
    pub(super) const TENSOR_LOCATION: u64 = 14;
}

/// Graphs inside of graphs that are looked into.
const MAX_DEPTH: usize = 16;

/// Opens the files that weights lie in, each once.
struct Files<'a> {
    folder: &'a Path,
    read: BTreeMap<PathBuf, Vec<u8>>,
    bytes: u64,
}

/// A message, field by field.
struct Fields<'a>(&'a [u8]);

/// A field: its number, its bytes with the key, and its content where that has a length.
type Field<'a> = (u64, &'a [u8], Option<&'a [u8]>);

/// The file as one, when it has weights in other files of `folder`; nothing when it has none.
///
/// # Errors
/// When such a file is missing, too short, or outside of the folder.
pub fn inlined(bytes: &[u8], folder: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    let mut files = Files { folder, read: BTreeMap::new(), bytes: bytes.len() as u64 };
    let written = graph_in(bytes, field::MODEL_GRAPH, &mut files, 0)?;
    Ok((!files.read.is_empty()).then_some(written))
}

/// A message with the graph in this field rewritten.
fn graph_in(bytes: &[u8], number: u64, files: &mut Files<'_>, depth: usize) -> Result<Vec<u8>, ReadError> {
    rewrite(
        bytes,
        |field, content| {
            if field == number { graph(content, files, depth).map(Some) } else { Ok(None) }
        },
    )
}

fn graph(bytes: &[u8], files: &mut Files<'_>, depth: usize) -> Result<Vec<u8>, ReadError> {
    if depth > MAX_DEPTH {
        return Err("its graphs lie too deep in one another".into());
    }
    rewrite(bytes, |number, content| match number {
        field::GRAPH_INITIALIZER => tensor(content, files).map(Some),
        field::GRAPH_NODE => rewrite(content, |number, content| match number {
            field::NODE_ATTRIBUTE => rewrite(content, |number, content| match number {
                field::ATTRIBUTE_TENSOR | field::ATTRIBUTE_TENSORS => tensor(content, files).map(Some),
                field::ATTRIBUTE_GRAPH | field::ATTRIBUTE_GRAPHS => {
                    graph(content, files, depth + 1).map(Some)
                }
                _ => Ok(None),
            })
            .map(Some),
            _ => Ok(None),
        })
        .map(Some),
        _ => Ok(None),
    })
}

/// A tensor with its numbers inside.
fn tensor(bytes: &[u8], files: &mut Files<'_>) -> Result<Vec<u8>, ReadError> {
    let mut external = BTreeMap::new();
    let mut is_external = false;
    for field in Fields(bytes) {
        match field? {
            (field::TENSOR_EXTERNAL, _, Some(entry)) => {
                let (key, value) = entry_of(entry)?;
                external.insert(key, value);
            }
            (field::TENSOR_LOCATION, whole, _) => is_external = whole.last() == Some(&1),
            _ => {}
        }
    }
    if !is_external {
        return Ok(bytes.to_vec());
    }
    let number = |key: &str| match external.get(key) {
        None => Ok(None),
        Some(text) => match text.parse::<u64>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ReadError::from(format!("the {key} of its weights is {text:?}"))),
        },
    };
    let place = external.get("location").ok_or("it does not say where its weights are")?;
    let data = files.part(place, number("offset")?.unwrap_or(0), number("length")?)?;
    let mut written = Vec::with_capacity(bytes.len() + data.len() + 16);
    for field in Fields(bytes) {
        let (number, whole, _) = field?;
        if ![field::TENSOR_EXTERNAL, field::TENSOR_LOCATION, field::TENSOR_RAW].contains(&number) {
            written.extend_from_slice(whole);
        }
    }
    push(&mut written, field::TENSOR_RAW, data);
    Ok(written)
}

impl Files<'_> {
    fn part(&mut self, place: &str, offset: u64, length: Option<u64>) -> Result<&[u8], ReadError> {
        let path = Path::new(place);
        if place.is_empty()
            || !path.components().all(|it| matches!(it, Component::Normal(_) | Component::CurDir))
        {
            return Err(format!("its weights are said to be in {place:?}, outside of its folder").into());
        }
        if !self.read.contains_key(path) {
            let beside = self.folder.join(path);
            let size = std::fs::metadata(&beside)
                .map_err(|error| {
                    format!("its weights are in a second file, {place}, which cannot be read: {error}")
                })?
                .len();
            self.bytes = self.bytes.saturating_add(size);
            if self.bytes > MAX_BYTES {
                return Err(
                    format!("with its weights it has {} bytes; {MAX_BYTES} can be used", self.bytes).into()
                );
            }
            let bytes = std::fs::read(&beside).map_err(|error| format!("{place} cannot be read: {error}"))?;
            self.read.insert(path.to_path_buf(), bytes);
        }
        let bytes = &self.read[path];
        let end = length.map_or(Some(bytes.len() as u64), |length| offset.checked_add(length));
        let range = end.and_then(|end| bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?));
        range.ok_or_else(|| {
            format!("{place} is shorter than the network says: it was cut off, or is another's").into()
        })
    }
}

/// A message in which `change` gives other content to some fields that have a length.
fn rewrite(
    bytes: &[u8],
    mut change: impl FnMut(u64, &[u8]) -> Result<Option<Vec<u8>>, ReadError>,
) -> Result<Vec<u8>, ReadError> {
    let mut written = Vec::with_capacity(bytes.len());
    for field in Fields(bytes) {
        let (number, whole, content) = field?;
        match content.map(|content| change(number, content)).transpose()?.flatten() {
            Some(content) => push(&mut written, number, &content),
            None => written.extend_from_slice(whole),
        }
    }
    Ok(written)
}

fn push(written: &mut Vec<u8>, number: u64, content: &[u8]) {
    for mut value in [number << 3 | 2, content.len() as u64] {
        while value > 0x7f {
            written.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        written.push(value as u8);
    }
    written.extend_from_slice(content);
}

fn entry_of(bytes: &[u8]) -> Result<(String, String), ReadError> {
    let (mut key, mut value) = (String::new(), String::new());
    for field in Fields(bytes) {
        match field? {
            (1, _, Some(text)) => key = String::from_utf8_lossy(text).into_owned(),
            (2, _, Some(text)) => value = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
    }
    Ok((key, value))
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * place as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = (|| {
            let bytes = self.0;
            let (key, head) = varint(bytes)?;
            let (content, end) = match key & 7 {
                0 => (None, head + varint(&bytes[head..])?.1),
                1 => (None, head + 8),
                5 => (None, head + 4),
                2 => {
                    let (length, size) = varint(&bytes[head..])?;
                    let start = head + size;
                    let end = start.checked_add(usize::try_from(length).ok()?)?;
                    (Some(bytes.get(start..end)?), end)
                }
                _ => return None,
            };
            let whole = bytes.get(..end)?;
            self.0 = &bytes[end..];
            Some((key >> 3, whole, content))
        })();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(|| "it is no ONNX file, or cut off".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(fields: &[(u64, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        fields.iter().for_each(|(number, content)| push(&mut bytes, *number, content));
        bytes
    }

    fn entry(key: &str, value: &str) -> (u64, Vec<u8>) {
        (field::TENSOR_EXTERNAL, message(&[(1, key.into()), (2, value.into())]))
    }

    /// A model with one tensor, named `w`, that is where the entries say.
    fn model(entries: &[(u64, Vec<u8>)]) -> Vec<u8> {
        let mut tensor = message(&[(8, b"w".to_vec())]);
        tensor.extend(message(entries));
        tensor.extend([(field::TENSOR_LOCATION << 3) as u8, 1]);
        let unknown = (77, b"kept".to_vec());
        let graph = message(&[(field::GRAPH_INITIALIZER, tensor), unknown.clone()]);
        message(&[(field::MODEL_GRAPH, graph), unknown])
    }

    #[test]
    fn weights_of_a_second_file_come_in_and_all_else_stays() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("w.data"), b"0123456789").unwrap();
        let whole = |entries: Vec<(u64, Vec<u8>)>| inlined(&model(&entries), place.path());
        let got = whole(vec![entry("location", "w.data"), entry("offset", "2"), entry("length", "3")]);
        let tensor = message(&[(8, b"w".to_vec()), (field::TENSOR_RAW, b"234".to_vec())]);
        let graph = message(&[(field::GRAPH_INITIALIZER, tensor.clone()), (77, b"kept".to_vec())]);
        let want = message(&[(field::MODEL_GRAPH, graph), (77, b"kept".to_vec())]);
        assert_eq!(got.unwrap(), Some(want.clone()));
        assert_eq!(inlined(&want, place.path()).unwrap(), None);
        let refused = |entries, part: &str| {
            let error = whole(entries).unwrap_err().to_string();
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        };
        refused(vec![entry("location", "gone.data")], "gone.data, which cannot be read");
        refused(vec![entry("location", "../w.data")], "outside of its folder");
        refused(vec![entry("location", "/etc/hostname")], "outside of its folder");
        refused(vec![entry("location", "w.data"), entry("offset", "8"), entry("length", "3")], "shorter");
        refused(
            vec![entry("location", "w.data"), entry("offset", "18446744073709551615"), entry("length", "9")],
            "shorter",
        );
        refused(vec![entry("location", "w.data"), entry("offset", "x")], "offset");
        refused(Vec::new(), "does not say where");
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let bytes = model(&[entry("location", "w.data")]);
        let place = tempfile::tempdir().unwrap();
        for end in 1..bytes.len() {
            let _ = inlined(&bytes[..end], place.path());
        }
        assert!(inlined(&bytes[..bytes.len() - 1], place.path()).is_err());
    }
}
