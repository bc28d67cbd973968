//! The numbers that a data set uses already, so that new captures get others.
//!
//! Captures can go while their labels stay. A new capture of the same name would then have a label
//! that says something else, and one of the same group would lie among cards that it is unlike.

use std::fs;
use std::path::Path;

use super::{Place, read};
use crate::file_name;

/// The lowest numbers that nothing in a data set has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeIds {
    /// For a cluster.
    pub cluster: u64,
    /// For a group; those that people split off do not count.
    pub group: u64,
    /// For an image.
    pub id: u64,
}

impl FreeIds {
    /// Above all that the folder's files name. Damaged files count as far as they can be read.
    pub fn above(folder: &Path) -> Self {
        let mut free = Self::default();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            free.skip_name(&name);
            if name.starts_with("labels.") || name.starts_with("arrangement.") {
                // Every name stands between quotation marks.
                let text = fs::read(entry.path()).unwrap_or_default();
                let parts =
                    text.split(|&byte| byte == b'"').filter_map(|part| std::str::from_utf8(part).ok());
                parts.for_each(|part| free.skip_name(part));
            }
        }
        let Ok(data) = read(folder) else { return free };
        for (_, label) in data.labels.iter() {
            free.skip(label.cluster.unwrap_or_default(), label.card_group);
        }
        let arrangement = &data.arrangement;
        for place in arrangement.places.values().chain(arrangement.merged.values()) {
            free.skip(place.cluster, Some(place.group));
        }
        for group in arrangement.merged.keys().chain(arrangement.drafts.keys()) {
            free.skip(0, Some(*group));
        }
        free
    }

    fn skip_name(&mut self, name: &str) {
        if let Some([cluster, group, id]) = file_name::parse(name) {
            self.skip(cluster, Some(group));
            self.id = self.id.max(id.saturating_add(1));
        }
    }

    fn skip(&mut self, cluster: u64, group: Option<u64>) {
        if let Some(group) = group {
            self.cluster = self.cluster.max(cluster.saturating_add(1));
            if group < Place::SPLIT_FROM {
                self.group = self.group.max(group + 1);
            }
        }
    }
}
