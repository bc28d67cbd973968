//! Where the game's frame lies in the overlay's window. Pure.
//!
//! It fills that window, but for gamescope's output: there it lies in the middle, as large as fits.

use lens_core::geometry::{InFrame, Quad};
use marks::scene::View;
use tracking::track::Track;

/// Takes what is in a frame to its place in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FramePlace {
    /// Of a frame that fills the window.
    pub(super) view: View,
    /// Where the frame lies in that one, in its own pixels.
    offset: [f32; 2],
}

impl FramePlace {
    /// The frame fills the window.
    pub(super) fn filled(window: [u32; 2], frame: [u32; 2]) -> Self {
        Self { view: View { window, frame }, offset: [0.0; 2] }
    }

    /// The frame lies in the middle of the window, as large as fits.
    pub(super) fn fitted(window: [u32; 2], frame: [u32; 2]) -> Self {
        let scale = |axis: usize| window[axis] as f32 / frame[axis].max(1) as f32;
        let scale = scale(0).min(scale(1));
        let whole = window.map(|side| side as f32 / scale);
        let offset = [0, 1].map(|axis| (whole[axis] - frame[axis] as f32) / 2.0);
        Self { view: View { window, frame: whole.map(|side| side.round() as u32) }, offset }
    }

    /// Where something of the frame lies in the one that fills the window.
    pub(super) fn quad(self, quad: Quad<InFrame>) -> Quad<InFrame> {
        quad.shifted(self.offset[0], self.offset[1])
    }

    /// As [`Self::quad`], for tracks.
    pub(super) fn tracks(self, mut tracks: Vec<Track>) -> Vec<Track> {
        for track in &mut tracks {
            track.quad = self.quad(track.quad);
        }
        tracks
    }
}

#[cfg(test)]
mod tests {
    use lens_core::geometry::{Point, Rect};

    use super::*;

    fn drawn(place: FramePlace, x: f32, y: f32) -> [f32; 2] {
        let quad = place.quad(Quad::from_rect(Rect::ltwh(x, y, 10.0, 20.0)));
        let Point { x, y, .. } = place.view.overlay_from_frame().point(quad.corners[0]);
        [x, y]
    }

    #[track_caller]
    fn check(place: FramePlace, frame: [f32; 2], wanted: [f32; 2]) {
        let [x, y] = drawn(place, frame[0], frame[1]);
        assert!((x - wanted[0]).abs() < 0.6 && (y - wanted[1]).abs() < 0.6, "{x}, {y} for {wanted:?}");
    }

    #[test]
    fn a_frame_lies_in_the_middle_of_the_output_and_fills_a_window() {
        // As large as the output, smaller in its shape, wider, and higher.
        for (frame, first, last) in [
            ([1280, 800], [0.0, 0.0], [1280.0, 800.0]),
            ([640, 400], [0.0, 0.0], [1280.0, 800.0]),
            ([1280, 720], [0.0, 40.0], [1280.0, 760.0]),
            ([800, 800], [240.0, 0.0], [1040.0, 800.0]),
            ([2560, 1440], [0.0, 40.0], [1280.0, 760.0]),
        ] {
            let place = FramePlace::fitted([1280, 800], frame);
            check(place, [0.0, 0.0], first);
            check(place, frame.map(|side| side as f32), last);
        }
        check(FramePlace::filled([640, 360], [1280, 720]), [1280.0, 720.0], [640.0, 360.0]);
    }
}
