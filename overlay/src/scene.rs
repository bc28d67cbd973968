//! Tracks in, marks out: what the overlay shows, before anything is drawn.
//!
//! Pure: text is measured through [`Measure`], so layout is tested without a font or a GPU.

pub mod colour;
pub mod label;
pub mod layout;
pub mod notice;
pub mod outline;

use shared::catalogue::Catalogue;
use shared::geometry::{InFrame, Point, Quad, Rect, Space, Transform};

use crate::track::Track;
use colour::Look;
use label::Label;

/// Pixels of the overlay's window, origin at its top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InOverlay;
impl Space for InOverlay {}

/// Everything the overlay shows at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OverlayScene {
    /// Width and height of the window, in pixels.
    pub size: [u32; 2],
    /// One mark for each card; later ones lie over earlier ones.
    pub marks: Vec<Mark>,
    /// Cards that light up.
    pub flashes: Vec<notice::Flash>,
    /// What the overlay says of itself; over everything else.
    pub notices: Vec<notice::Notice>,
}

/// What is drawn for one card.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The track it stands for.
    pub track: u64,
    /// Where the card is.
    pub quad: Quad<InOverlay>,
    /// Colours and line.
    pub look: Look,
    /// Width of the stroke, in pixels.
    pub stroke: f32,
    /// From 0.0 to 1.0.
    pub opacity: f32,
    /// Name and modifiers.
    pub chip: Chip,
}

/// A label and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// The place that was chosen, so that the next scene can prefer it.
    pub slot: layout::Slot,
    /// The chip's box.
    pub area: Rect<InOverlay>,
    /// Its text, relative to the box.
    pub label: Label,
    /// From the chip to its card, when it does not touch it.
    pub leader: Option<[Point<InOverlay>; 2]>,
}

/// The window that a scene is made for, and the frame that its tracks were seen on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Width and height of the overlay's window.
    pub window: [u32; 2],
    /// Width and height of the frame; another one while a resize is under way.
    pub frame: [u32; 2],
}

/// Knows how wide text is drawn.
pub trait Measure {
    /// Width of `text` in pixels, set at `size` pixels.
    fn width(&mut self, text: &str, size: f32) -> f32;
}

impl View {
    /// Where a point of the frame is drawn.
    pub fn overlay_from_frame(self) -> Transform<InFrame, InOverlay> {
        let scale = |axis: usize| self.window[axis] as f32 / self.frame[axis].max(1) as f32;
        Transform::new(scale(0).min(scale(1)), Point::new(0.0, 0.0))
    }

    /// What sizes in pixels are multiplied with: 1.0 for a window 720 pixels high.
    pub fn zoom(self) -> f32 {
        (self.window[1] as f32 / 720.0).clamp(0.75, 3.0)
    }
}

/// Lays the marks of all tracks out; chips that stood somewhere in `previous` prefer to stay there.
pub fn build(
    tracks: &[Track],
    catalogue: &Catalogue,
    view: View,
    previous: &OverlayScene,
    measure: &mut dyn Measure,
) -> OverlayScene {
    let map = view.overlay_from_frame();
    let quads: Vec<Quad<InOverlay>> = tracks.iter().map(|track| map.quad(track.quad)).collect();
    let bounds: Vec<Rect<InOverlay>> = quads.iter().map(|quad| quad.bounds()).collect();
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    order.sort_by(|&a, &b| bounds[a].left.total_cmp(&bounds[b].left).then(tracks[a].id.cmp(&tracks[b].id)));

    let mut placed: Vec<Rect<InOverlay>> = Vec::new();
    let mut marks = Vec::with_capacity(tracks.len());
    for at in order {
        let (track, quad) = (&tracks[at], quads[at]);
        let look = colour::look(track, catalogue);
        let strip = layout::visible_strip(at, &bounds);
        let label = label::compose(track, catalogue, strip.width(), view.zoom(), measure);
        let before = previous.marks.iter().find(|mark| mark.track == track.id).map(|mark| mark.chip.slot);
        let room = layout::Room { window: view.window, cards: &bounds, own: at, strip, chips: &placed };
        let (slot, area) = layout::place(label.size, &room, before, view.zoom());
        placed.push(area);
        let leader = layout::leader(area, bounds[at], strip);
        let chip = Chip { slot, area, label, leader };
        let stroke = 2.5 * view.zoom();
        marks.push(Mark { track: track.id, quad, look, stroke, opacity: track.opacity, chip });
    }
    OverlayScene { size: view.window, marks, ..OverlayScene::default() }
}

#[cfg(test)]
mod tests;
