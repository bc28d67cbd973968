//! Tracks in, marks out: what the overlay shows, before anything is drawn.
//!
//! Pure: text is measured through [`Measure`], so layout is tested without a font or a GPU.

pub mod colour;
pub mod flash;
pub mod label;
pub mod layout;
pub mod mark_style;
pub mod outline;
pub mod panel;
pub mod style;

use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Point, Quad, Rect, Space, Transform};

use label::Label;
use mark_style::MarkStyle;
use panel::Panel;
use style::Style;
use tracking::track::Track;

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
    pub flashes: Vec<flash::Flash>,
    /// What is said in boxes of its own, over the marks.
    pub panels: Vec<Panel>,
}

/// What is drawn for one card.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub track: u64,
    pub quad: Quad<InOverlay>,
    pub style: MarkStyle,
    /// Width of the stroke, in pixels; 0.0 for none.
    pub stroke: f32,
    /// What all other sizes in pixels are multiplied with.
    pub zoom: f32,
    /// From 0.0 to 1.0.
    pub opacity: f32,
    pub chip: Chip,
}

/// A label and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// The place that was chosen, so that the next scene can prefer it.
    pub slot: layout::Slot,
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
    style: &Style,
    view: View,
    previous: &OverlayScene,
    measure: &mut dyn Measure,
) -> OverlayScene {
    let tracks: Vec<&Track> = tracks.iter().filter(|track| style.shows(track, catalogue)).collect();
    let map = view.overlay_from_frame();
    let quads: Vec<Quad<InOverlay>> = tracks.iter().map(|track| map.quad(track.quad)).collect();
    let bounds: Vec<Rect<InOverlay>> = quads.iter().map(|quad| quad.bounds()).collect();
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    order.sort_by(|&a, &b| bounds[a].left.total_cmp(&bounds[b].left).then(tracks[a].id.cmp(&tracks[b].id)));

    let zoom = view.zoom();
    let mut placed: Vec<Rect<InOverlay>> = Vec::new();
    let mut marks = Vec::with_capacity(tracks.len());
    for at in order {
        let (track, quad) = (tracks[at], quads[at]);
        let mark_style = MarkStyle::new(track, catalogue, &style.palette);
        let strip = layout::visible_strip(at, &bounds);
        let label = label::compose(track, catalogue, style, strip.width(), zoom * style.text_size, measure);
        let before = previous.marks.iter().find(|mark| mark.track == track.id).map(|mark| mark.chip.slot);
        let room = layout::Room { window: view.window, cards: &bounds, own: at, strip, chips: &placed };
        let (slot, area) = layout::place(label.size, &room, before, zoom);
        placed.push(area);
        let leader = layout::leader(area, bounds[at], strip);
        let chip = Chip { slot, area, label, leader };
        let (stroke, opacity) = (2.5 * zoom * style.line_width, track.opacity * style.opacity);
        marks.push(Mark { track: track.id, quad, style: mark_style, stroke, zoom, opacity, chip });
    }
    let mut scene = OverlayScene { size: view.window, marks, ..OverlayScene::default() };
    if let Some(corner) = style.read_out {
        let words = panel::read_out(&tracks, catalogue, style);
        scene.say(&words, panel::Place::Corner(corner), style, measure);
    }
    scene
}

impl OverlayScene {
    /// Adds a panel, moved away from those that are there.
    pub fn say(
        &mut self,
        words: &panel::Words,
        place: panel::Place,
        style: &Style,
        measure: &mut dyn Measure,
    ) {
        let view = View { window: self.size, frame: self.size };
        if let Some(panel) = panel::lay(words, place, &self.panels, view, style, measure) {
            self.panels.push(panel);
        }
    }

    /// Whether a chip lies under a panel, and so is not to be read.
    pub fn is_covered(&self, chip: Rect<InOverlay>) -> bool {
        self.panels.iter().any(|panel| panel.area.intersection(chip).area() > 0.0)
    }
}

#[cfg(test)]
mod tests;
