//! `arrangement.json`: groups that people changed, drafts, and the bin with the labels of what lies
//! in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::file_name;
use crate::labels::Label;

pub(super) const FILE_NAME: &str = "arrangement.json";

/// Where an image is among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Images that look alike.
    pub cluster: u64,
    /// Images of the same card.
    pub group: u64,
}

impl Place {
    /// Groups from this number on were made by people. The overlay numbers those that it captures
    /// from 0 up, so that it never gives a new card the number of a group that was split off.
    pub const SPLIT_FROM: u64 = 1 << 32;
    /// Groups from this number on are captured ones of which the model surely read several cards:
    /// one for each card, see [`Place::read_as`].
    pub const READ_FROM: u64 = 1 << 52;

    /// Where captures of this group that were read as a certain card belong; the number follows
    /// from group and card, so that it is the same at every start.
    #[must_use]
    pub fn read_as(self, card: &str) -> Self {
        // FNV-1a, folded to 24 bits.
        let hash = card.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let card = (hash ^ (hash >> 24) ^ (hash >> 48)) & 0xff_ffff;
        Self { group: Self::READ_FROM + ((self.group & 0xfff_ffff) << 24 | card), ..self }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arrangement {
    pub(super) places: BTreeMap<String, Place>,
    /// Groups that others took in, and where those are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) merged: BTreeMap<u64, Place>,
    /// Images in the bin, with the labels that they had.
    pub(super) bin: BTreeMap<String, Option<Label>>,
    pub(super) drafts: BTreeMap<u64, Label>,
    /// Images that go for good and whose files may still be there.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) erased: BTreeSet<String>,
    /// The newest image that has gone: no new capture gets its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_erased: Option<String>,
}

impl Arrangement {
    /// An image goes for good, or has gone.
    pub(super) fn erase(&mut self, file: &str, done: bool) {
        self.bin.remove(file);
        self.places.remove(file);
        if !done {
            self.erased.insert(file.to_owned());
            return;
        }
        let id = |file: &str| file_name::parse(file).map(|[_, _, id]| id);
        if self.erased.remove(file) && self.last_erased.as_deref().is_none_or(|last| id(last) < id(file)) {
            self.last_erased = Some(file.to_owned());
        }
    }

    /// The inner error says that the file is damaged.
    pub(super) fn read(folder: &Path) -> Result<Result<Self, serde_json::Error>, StoreError> {
        let path = folder.join(FILE_NAME);
        match std::fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(lens_core::files::without_mark(&text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Ok(Self::default())),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).expect("the keys are strings and numbers");
        text.push('\n');
        text
    }
}
