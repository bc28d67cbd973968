//! What the writer of captures tells the main thread.

/// What became of a request to save cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaveOutcome {
    /// Tracks that were saved.
    pub saved: Vec<u64>,
    /// Tracks that were there already.
    pub duplicates: Vec<u64>,
    /// The name that was stored, when a person corrected a card.
    pub corrected: Option<String>,
    /// The name that a person gave to a card that is there, and that could not be stored.
    pub unnamed: Option<String>,
    /// Requests that still wait.
    pub waiting: usize,
    /// What went wrong, in one line.
    pub error: Option<String>,
}
