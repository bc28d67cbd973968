//! What the overlay says of itself: lines in the corner, and a flash on the card that they are about.

use shared::geometry::{InFrame, Quad, Rect};

use super::colour::{self, Colour};
use super::label::{self, Label};
use super::{InOverlay, Measure, OverlayScene, View};

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// Nothing to do, or something to know.
    Neutral,
    /// It did not work.
    Bad,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// A message with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its box.
    pub area: Rect<InOverlay>,
    /// Its text, relative to the box.
    pub label: Label,
    /// The colour of its edge.
    pub accent: Colour,
}

/// A card that lights up.
#[derive(Clone, Debug, PartialEq)]
pub struct Flash {
    /// The card.
    pub quad: Quad<InOverlay>,
    /// What covers it.
    pub colour: Colour,
}

/// Size of the text in a window of 720 pixels, and its distance from the window's corner.
const TEXT: f32 = 12.5;
const MARGIN: f32 = 10.0;

impl Tone {
    fn colour(self) -> Colour {
        Colour::hex(match self {
            Self::Good => 0x7d_ffa8,
            Self::Neutral => 0x8f_d8ff,
            Self::Bad => 0xff_7a70,
        })
    }
}

/// Adds messages to a scene, the last one at the very bottom, and lights cards up.
pub fn add(
    scene: &mut OverlayScene,
    lines: &[Line],
    flashes: &[(Quad<InFrame>, Tone)],
    view: View,
    measure: &mut dyn Measure,
) {
    let map = view.overlay_from_frame();
    let lit = |(quad, tone): &(Quad<InFrame>, Tone)| Flash {
        quad: map.quad(*quad),
        colour: tone.colour().with_alpha(0.38),
    };
    scene.flashes = flashes.iter().map(lit).collect();
    let zoom = view.zoom();
    let mut bottom = view.window[1] as f32 - MARGIN * zoom;
    scene.notices.clear();
    for Line { text, tone } in lines.iter().rev() {
        let label = label::set(&[vec![(text.clone(), TEXT, colour::TEXT)]], zoom, measure);
        let [width, height] = label.size;
        let area = Rect::ltwh((MARGIN * zoom).round(), (bottom - height).round(), width, height);
        bottom = area.top - 3.0 * zoom;
        scene.notices.push(Notice { area, label, accent: tone.colour() });
    }
}
