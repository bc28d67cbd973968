//! The model before the installed one, kept beside it to go back to.

use std::fs;
use std::io;
use std::path::Path;

use lens_core::replace::{Staging, exchange, restore};

pub use lens_core::paths::previous_model as previous;

/// Copies the model in `folder`, which is about to be replaced; what was kept before goes.
///
/// # Errors
/// When it cannot be copied; what was kept before is there then.
pub fn keep(folder: &Path) -> io::Result<()> {
    let staging = Staging::new(&previous(folder))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), staging.path().join(entry.file_name()))?;
        }
    }
    staging.replace()
}

/// Exchanges the model in `folder` and the one before it, so that going back can be undone by going
/// back again.
///
/// # Errors
/// When none was kept, or the folders cannot be renamed.
pub fn put_back(folder: &Path) -> io::Result<()> {
    let kept = previous(folder);
    restore(folder);
    restore(&kept);
    if !kept.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no {}", kept.display())));
    }
    exchange(&kept, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_twice_is_where_it_was() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("balatro");
        let says = |text: &str| assert_eq!(fs::read_to_string(folder.join("model.json")).unwrap(), text);
        assert_eq!(put_back(&folder).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(&folder).unwrap();
        for text in ["one", "two", "three"] {
            fs::write(folder.join("model.json"), text).unwrap();
            if text != "three" {
                keep(&folder).unwrap();
            }
        }
        put_back(&folder).unwrap();
        says("two");
        put_back(&folder).unwrap();
        says("three");
    }
}
