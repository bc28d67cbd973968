//! How cards move: their speed, and where they are by the time that they are drawn.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};

/// Pixels of the frame a second, to the right and down.
pub type Velocity = [f32; 2];

/// How long a movement is believed to go on: nothing in the game keeps its pace for longer.
const MAX_EXTRAPOLATION: Duration = Duration::from_millis(120);
/// Heights of the card a second; slower is swaying, not gliding.
const MIN_GLIDE_SPEED: f32 = 0.25;
/// How far ahead of a frame its cards are drawn: half of the time until the next one is known.
const LEAD: Duration = Duration::from_millis(25);

/// The quad, `since` after it was seen.
pub(super) fn moved(quad: Quad<InFrame>, velocity: Velocity, since: Duration) -> Quad<InFrame> {
    let seconds = since.min(MAX_EXTRAPOLATION).as_secs_f32();
    quad.shifted(velocity[0] * seconds, velocity[1] * seconds)
}

/// The velocity in the middle of a card's way from `before` to `after`; zero when that took too
/// long to tell.
pub(super) fn pace(before: Quad<InFrame>, after: Quad<InFrame>, elapsed: Duration) -> Velocity {
    if elapsed.is_zero() || elapsed > 3 * MAX_EXTRAPOLATION {
        return [0.0; 2];
    }
    let (from, to) = (before.centre(), after.centre());
    let seconds = elapsed.as_secs_f32();
    [(to.x - from.x) / seconds, (to.y - from.y) / seconds]
}

/// The velocity that a card has on the way that lies ahead, when its pace was `before` and is `now`
/// over the last `elapsed`: it goes on to change as it did.
pub(super) fn ahead(before: Velocity, now: Velocity, elapsed: Duration) -> Velocity {
    if elapsed.is_zero() {
        return now;
    }
    let intervals = 0.5 + LEAD.as_secs_f32() / elapsed.as_secs_f32();
    let change = [0, 1].map(|axis| intervals * (now[axis] - before[axis]));
    // Out of rest it is twice as fast as on the mean of its way; later it changes less.
    let most = if before == [0.0; 2] { 1.0 } else { 0.5 };
    let kept = (most * now[0].hypot(now[1]) / change[0].hypot(change[1]).max(1.0)).min(1.0);
    [0, 1].map(|axis| now[axis] + kept * change[axis])
}

/// Whether a card of this height moves so fast that it has to be drawn anew between two frames.
pub(super) fn is_gliding([x, y]: Velocity, height: f32) -> bool {
    x.hypot(y) > MIN_GLIDE_SPEED * height
}
