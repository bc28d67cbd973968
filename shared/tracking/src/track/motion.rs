//! How cards move: their speed, and where they are by the time that they are drawn.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};

/// Pixels of the frame a second, to the right and down.
pub type Velocity = [f32; 2];

/// How long a movement is believed to go on: nothing in the game keeps its pace for longer.
const MAX_EXTRAPOLATION: Duration = Duration::from_millis(120);
/// Heights of the card a second; slower is swaying, not gliding.
const MIN_GLIDE_SPEED: f32 = 0.25;
/// Weight of the last two frames' velocity in the exponential mean.
const SMOOTHING: f32 = 0.7;

/// The quad, `since` after it was seen.
pub(super) fn moved(quad: Quad<InFrame>, velocity: Velocity, since: Duration) -> Quad<InFrame> {
    let seconds = since.min(MAX_EXTRAPOLATION).as_secs_f32();
    quad.shifted(velocity[0] * seconds, velocity[1] * seconds)
}

/// The velocity after a card went from `before` to `after` in `elapsed`; zero when that was too
/// long ago to tell.
pub(super) fn velocity(
    before: Quad<InFrame>,
    after: Quad<InFrame>,
    elapsed: Duration,
    known: Velocity,
) -> Velocity {
    if elapsed.is_zero() || elapsed > 3 * MAX_EXTRAPOLATION {
        return [0.0; 2];
    }
    let (from, to) = (before.centre(), after.centre());
    let seconds = elapsed.as_secs_f32();
    let now = [(to.x - from.x) / seconds, (to.y - from.y) / seconds];
    if known == [0.0; 2] {
        return now;
    }
    [0, 1].map(|axis| known[axis] + SMOOTHING * (now[axis] - known[axis]))
}

/// Whether a card of this height moves so fast that it has to be drawn anew between two frames.
pub(super) fn is_gliding([x, y]: Velocity, height: f32) -> bool {
    x.hypot(y) > MIN_GLIDE_SPEED * height
}
