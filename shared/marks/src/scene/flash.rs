//! A card lights up for a moment: something was done with it.

use lens_core::geometry::{InFrame, Quad};

use super::colour::Colour;
use super::{InOverlay, OverlayScene, View};

/// What a flash means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The card was saved.
    Saved,
    /// It was there already.
    Known,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Flash {
    pub quad: Quad<InOverlay>,
    pub colour: Colour,
}

impl Tone {
    fn colour(self) -> Colour {
        Colour::hex(match self {
            Self::Saved => 0x7d_ffa8,
            Self::Known => 0x8f_d8ff,
        })
    }
}

impl OverlayScene {
    pub fn flash(&mut self, cards: impl IntoIterator<Item = (Quad<InFrame>, Tone)>, view: View) {
        let map = view.overlay_from_frame();
        let lit = |(quad, tone): (Quad<InFrame>, Tone)| Flash {
            quad: map.quad(quad),
            colour: tone.colour().with_alpha(0.38),
        };
        self.flashes.extend(cards.into_iter().map(lit));
    }
}
