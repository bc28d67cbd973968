//! A card on the screen as tests need it: it lies still, is plain, and nothing else was guessed.
//! Tests of other crates take this file by its path.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use tracking::track::{Track, Velocity};
use vision::reading::Identity;

/// The card of this id, named with this confidence.
pub(crate) fn known(id: &str, confidence: f32) -> Identity {
    Identity::Known { id: id.into(), confidence }
}

/// A track of this number.
pub(crate) fn track(id: u64, identity: Identity, quad: Quad<InFrame>) -> Track {
    Track {
        id,
        quad,
        velocity: Velocity::default(),
        lasts: Duration::ZERO,
        identity,
        modifiers: Modifiers::default(),
        guesses: Vec::new(),
        opacity: 1.0,
        is_found: true,
    }
}
