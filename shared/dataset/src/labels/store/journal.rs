//! Lines of a journal or an inbox: one action each, in JSON. A last line without an end was never
//! acknowledged, and is left out.

use std::fs;
use std::io;
use std::path::Path;

use super::StoreError;
use super::change::Change;

/// The actions of whole lines, and their length in bytes.
pub(super) fn read(path: &Path) -> Result<(Vec<Vec<Change>>, u64), StoreError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(source) => return Err(StoreError::File { path: path.into(), source }),
    };
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let lines = text[..whole].split(|&byte| byte == b'\n').enumerate();
    let actions = lines.filter(|(_, line)| !line.is_empty()).map(|(number, line)| {
        serde_json::from_slice(line).map_err(|error| StoreError::Journal {
            path: path.into(),
            line: number + 1,
            reason: lens_core::files::reason(&error),
        })
    });
    Ok((actions.collect::<Result<_, _>>()?, whole as u64))
}
