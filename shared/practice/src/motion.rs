//! Cards in space: poses, movements between them, and the quad that a pose shows.

use lens_core::geometry::{InFrame, Quad};

/// Where a card is and how it is turned. Lengths are in units of a table 720 high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pose {
    /// Centre.
    pub(super) x: f32,
    pub(super) y: f32,
    /// Beside a card on the table.
    pub(super) size: f32,
    /// Clockwise, in radians.
    pub(super) roll: f32,
    /// About the upright axis, in radians; half a turn shows the back.
    pub(super) yaw: f32,
    /// About the level axis, in radians.
    pub(super) pitch: f32,
}

/// Height of a card on the table.
pub(super) const CARD: f32 = 142.0;
/// How far the eye is from the table, in heights of a card.
const EYE: f32 = 6.0;

impl Pose {
    /// Lying flat, face up.
    pub(super) const fn flat(x: f32, y: f32) -> Self {
        Self { x, y, size: 1.0, roll: 0.0, yaw: 0.0, pitch: 0.0 }
    }

    pub(super) const fn sized(self, size: f32) -> Self {
        Self { size, ..self }
    }

    pub(super) const fn rolled(self, roll: f32) -> Self {
        Self { roll, ..self }
    }

    pub(super) const fn face_down(self) -> Self {
        Self { yaw: std::f32::consts::PI, ..self }
    }

    pub(super) fn shifted(self, x: f32, y: f32) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }
    }

    fn towards(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            x: mix(self.x, other.x),
            y: mix(self.y, other.y),
            size: mix(self.size, other.size),
            roll: mix(self.roll, other.roll),
            yaw: mix(self.yaw, other.yaw),
            pitch: mix(self.pitch, other.pitch),
        }
    }

    /// Whether the face can be seen.
    pub(super) fn face_up(self) -> bool {
        self.yaw.cos() > 0.0
    }

    /// How far the card is turned away, from 0.0 (seen from the front) to 1.0 (from its edge).
    pub(super) fn turned(self) -> f32 {
        1.0 - (self.yaw.cos() * self.pitch.cos()).abs()
    }

    /// The corners of the visible side, in a frame `zoom` times as large as the table.
    ///
    /// `aspect` is the card's width beside its height.
    pub(super) fn quad(self, aspect: f32, zoom: f32) -> Quad<InFrame> {
        let half = [CARD * self.size * aspect / 2.0, CARD * self.size / 2.0];
        let eye = EYE * CARD * self.size;
        let yaw = if self.face_up() { self.yaw } else { self.yaw + std::f32::consts::PI };
        let ((yaw_sin, yaw_cos), (pitch_sin, pitch_cos)) = (yaw.sin_cos(), self.pitch.sin_cos());
        let (sin, cos) = self.roll.sin_cos();
        let corner = |u: f32, v: f32| {
            let (x, y) = (u * half[0], v * half[1]);
            let (x, z) = (x * yaw_cos, x * yaw_sin);
            let (y, z) = (y * pitch_cos - z * pitch_sin, y * pitch_sin + z * pitch_cos);
            let near = eye / (eye + z);
            let (x, y) = (x * near, y * near);
            [(self.x + x * cos - y * sin) * zoom, (self.y + x * sin + y * cos) * zoom]
        };
        Quad::from_xy([corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])
    }
}

/// A way through poses: at each time stamp a pose is reached.
#[derive(Clone, Debug)]
pub(super) struct Path {
    stops: Vec<(f32, Pose)>,
    end: f32,
}

impl Path {
    /// Appears at `time`.
    pub(super) fn from(time: f32, pose: Pose) -> Self {
        Self { stops: vec![(time, pose)], end: f32::INFINITY }
    }

    /// Where the path leads so far.
    pub(super) fn last(&self) -> Pose {
        self.stops[self.stops.len() - 1].1
    }

    /// Leaves the last pose at `time` and reaches `pose` after `duration`.
    pub(super) fn go(mut self, time: f32, duration: f32, pose: Pose) -> Self {
        let from = self.last();
        self.stops.push((time, from));
        self.stops.push((time + duration, pose));
        self
    }

    /// Disappears at `time`.
    pub(super) fn until(mut self, time: f32) -> Self {
        self.end = time;
        self
    }

    /// The pose at `time`; `None` before it appears and after it disappeared.
    pub(super) fn at(&self, time: f32) -> Option<Pose> {
        let (first, last) = (self.stops[0], self.stops[self.stops.len() - 1]);
        if time < first.0 || time >= self.end {
            return None;
        }
        let next = self.stops.iter().position(|stop| stop.0 > time);
        Some(match next {
            None => last.1,
            Some(next) => {
                let (from, to) = (self.stops[next - 1], self.stops[next]);
                let share = (time - from.0) / (to.0 - from.0).max(1e-3);
                from.1.towards(to.1, eased(share))
            }
        })
    }
}

/// Starts and ends softly.
fn eased(share: f32) -> f32 {
    share * share * (3.0 - 2.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_card_is_an_upright_quad_and_its_back_is_not_mirrored() {
        let pose = Pose::flat(100.0, 200.0);
        let quad = pose.quad(0.75, 2.0);
        assert!((quad.height() - 2.0 * CARD).abs() < 0.01 && (quad.width() - 1.5 * CARD).abs() < 0.01);
        assert!(quad.largest_corner_shift(pose.face_down().quad(0.75, 2.0)) < 0.1);
        assert!(!pose.face_down().face_up());
    }

    #[test]
    fn a_path_waits_moves_and_ends() {
        let path = Path::from(1.0, Pose::flat(0.0, 0.0)).go(2.0, 1.0, Pose::flat(10.0, 0.0)).until(5.0);
        let x = |time: f32| path.at(time).map(|pose| pose.x);
        assert_eq!([x(0.5), x(1.5), x(2.5), x(4.0), x(5.0)], [None, Some(0.0), Some(5.0), Some(10.0), None]);
    }
}
