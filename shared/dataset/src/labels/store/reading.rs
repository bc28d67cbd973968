//! Reads a data set's files while another program may be writing them.

use std::io;
use std::path::Path;

use super::arrangement::Arrangement;
use super::change::{Change, state};
use super::journal;
use super::{JOURNAL, LAST_GOOD, StoreError, inbox};
use crate::labels::{FILE_NAME, Labels, LabelsError};

/// How often [`read`] begins anew when the inbox changes under it.
const MAX_READS: usize = 20;

/// A data set as it is, for those who only look.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    /// What the images show.
    pub labels: Labels,
    pub(super) arrangement: Arrangement,
}

impl DataSet {
    /// All that was ever said, as changes to an empty data set.
    pub fn state(&self) -> Vec<Change> {
        state(&self.labels, &self.arrangement)
    }
}

/// Reads a data set that somebody else may be changing, with what waits in its inbox. A damaged
/// `arrangement.json` counts as none.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub fn read(folder: &Path) -> Result<DataSet, StoreError> {
    let mut waiting = inbox::read(folder)?;
    for _ in 0..MAX_READS {
        // The journal first: what a checkpoint writes in between is then read twice rather than not
        // at all.
        let (actions, _) = journal::read(&folder.join(JOURNAL))?;
        let (mut labels, arrangement) = read_files(folder)?;
        let mut arrangement = arrangement.unwrap_or_default();
        // The holder may have taken the inbox in, and gone on: an old word must not stand over a
        // newer one.
        let still_waiting = inbox::read(folder)?;
        if still_waiting != waiting {
            waiting = still_waiting;
            continue;
        }
        for change in actions.iter().flatten() {
            change.apply(&mut labels, &mut arrangement);
        }
        for change in waiting.into_iter().flatten() {
            inbox::kept(change, &labels).apply(&mut labels, &mut arrangement);
        }
        return Ok(DataSet { labels, arrangement });
    }
    let source = io::Error::other("it changes faster than it can be read");
    Err(StoreError::File { path: folder.into(), source })
}

/// The arrangement, or what is wrong with it.
pub(super) type Arranged = Result<Arrangement, serde_json::Error>;

pub(super) fn read_files(folder: &Path) -> Result<(Labels, Arranged), StoreError> {
    let labels = Labels::read(&folder.join(FILE_NAME)).map_err(|error| match error {
        LabelsError::File { path, source } => StoreError::File { path, source },
        LabelsError::Damaged { path, reason } => {
            let good = Labels::read(&folder.join(LAST_GOOD)).map_or(0, |labels| labels.len());
            StoreError::Damaged { path, reason, good }
        }
    })?;
    Ok((labels, Arrangement::read(folder)?))
}
