//! A card as it was detected on a frame.

use lens_core::pixels::Pixels;
use vision::reading::Detection;

use super::appearance::Appearance;
use super::face::Face;
use super::registration::Patch;

/// A detection and what it looks like.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) detection: Detection,
    pub(super) appearance: Appearance,
    pub(super) patch: Patch,
    pub(super) face: Face,
}

impl Seen {
    /// A detection with its appearance on the frame.
    pub(crate) fn new(frame: &Pixels<'_>, detection: Detection) -> Self {
        let quad = detection.quad;
        let (appearance, face) = (Appearance::new(frame, quad), Face::new(frame, quad));
        Self { detection, appearance, face, patch: Patch::new(frame, quad) }
    }
}
