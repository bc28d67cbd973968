//! How good a model is, on composed pictures and on screenshots with known truth.
//!
//! * [`subject`]: what is measured: a run's networks in libtorch, or an exported model as the overlay runs it.
//! * [`detection`]: are the cards found? [`identification`]: are they named? [`screens`]: both, on screenshots.
//! * [`taught`]: are cards known that were taught from one view?
//! * [`namer`]: single pictures of cards named; [`captures`]: are labelled ones named rightly?
//! * [`naming`]: names beside the truth, counted the same everywhere; [`failures`]: what was misread, to look at.
//! * [`ranking`]: how well a score tells two groups apart.

pub mod captures;
pub mod detection;
pub mod failures;
pub mod identification;
pub mod namer;
pub mod naming;
pub mod ranking;
pub mod screens;
pub mod subject;
pub mod taught;

/// A count and what it is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
}

impl Share {
    /// Counts one more; whether it belongs to the part.
    pub fn count(&mut self, belongs: bool) {
        self.part += usize::from(belongs);
        self.whole += 1;
    }

    /// In `0.0..=1.0`; `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl serde::Serialize for Share {
    /// Rounded to four digits, or null.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().map(|value| (value * 1e4).round() / 1e4).serialize(serializer)
    }
}
