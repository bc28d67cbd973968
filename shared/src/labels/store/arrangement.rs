//! `arrangement.json`: groups that people changed, drafts, and the bin. Losing it loses no label.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::labels::Label;

pub(super) const FILE_NAME: &str = "arrangement.json";

/// Where a picture is among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Pictures that look alike.
    pub cluster: u64,
    /// Pictures of the same card.
    pub group: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arrangement {
    pub(super) places: BTreeMap<String, Place>,
    /// Pictures in the bin, with the labels that they had.
    pub(super) bin: BTreeMap<String, Option<Label>>,
    pub(super) drafts: BTreeMap<u64, Label>,
}

impl Arrangement {
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        match std::fs::read(&path) {
            // Whoever broke it by hand gets the groups as they were captured; labels are not in here.
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).expect("the keys are strings and numbers");
        text.push('\n');
        text
    }
}
