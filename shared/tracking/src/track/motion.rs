//! How cards move: their speed, and where they are by the time that they are drawn.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};

/// Pixels of the frame a second, to the right and down.
pub type Velocity = [f32; 2];

/// How long a movement is believed to go on: nothing in the game keeps its pace for longer.
const MAX_EXTRAPOLATION: Duration = Duration::from_millis(120);
/// Heights of the card a second; slower is swaying, not gliding.
const MIN_GLIDE_SPEED: f32 = 0.25;
/// How far ahead of a frame its cards are drawn, at most of them: until the next one is known.
const LEAD: Duration = Duration::from_millis(25);
/// How long a way may take to tell how the pace changes.
const MAX_BETWEEN: Duration = Duration::from_millis(80);
/// How much the pace changes on the way ahead, in shares of it, and out of rest.
const MAX_CHANGE: f32 = 0.5;
const MAX_CHANGE_FROM_REST: f32 = 1.0;

/// How a card moves, by its last places.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    /// Over the last way; `None` while there is but one place.
    pub(super) pace: Option<Velocity>,
    /// How long that way took.
    over: Duration,
    /// How the pace changes, in pixels a second in a second.
    push: Velocity,
    /// Whether it stood before.
    from_rest: bool,
    /// Whether the pace is too rough to tell how it changes.
    is_rough: bool,
}

impl Course {
    /// It stood for so long.
    pub(super) fn stood(over: Duration) -> Self {
        Self { pace: Some([0.0; 2]), over, ..Self::default() }
    }

    /// It went on from `before` to `after`.
    #[must_use]
    pub(super) fn gone_on(self, before: Quad<InFrame>, after: Quad<InFrame>, elapsed: Duration) -> Self {
        let now = pace(before, after, elapsed);
        let from_rest = self.pace == Some([0.0; 2]);
        // It did not stand for all of the time until it went.
        let over = if from_rest { self.over.min(elapsed) } else { self.over };
        let between = 0.5 * (over + elapsed).as_secs_f32();
        let is_rough = elapsed > MAX_BETWEEN;
        let push = |was: Velocity| [0, 1].map(|axis| (now[axis] - was[axis]) / between.max(1e-3));
        let push = self.pace.filter(|_| !self.is_rough && !is_rough).map_or([0.0; 2], push);
        Self { pace: Some(now), over: elapsed, push, from_rest, is_rough }
    }

    /// The same, with a pace that says nothing about the next one.
    #[must_use]
    pub(super) fn rough(self) -> Self {
        Self { is_rough: true, ..self }
    }

    /// The mean velocity on the way of the next `ahead`: it goes on to change as it did.
    pub(super) fn ahead(&self, ahead: Duration) -> Velocity {
        let Some(pace) = self.pace else { return [0.0; 2] };
        let later = 0.5 * (self.over + ahead).as_secs_f32();
        let change = self.push.map(|push| push * later);
        let most = if self.from_rest { MAX_CHANGE_FROM_REST } else { MAX_CHANGE };
        let kept = (most * pace[0].hypot(pace[1]) / change[0].hypot(change[1]).max(1.0)).min(1.0);
        [0, 1].map(|axis| pace[axis] + kept * change[axis])
    }

    /// By which it is drawn until the next frame is known.
    pub(super) fn velocity(&self) -> Velocity {
        self.ahead(LEAD)
    }
}

/// The quad, `since` after it was seen.
pub(super) fn moved(quad: Quad<InFrame>, velocity: Velocity, since: Duration) -> Quad<InFrame> {
    let seconds = since.min(MAX_EXTRAPOLATION).as_secs_f32();
    quad.shifted(velocity[0] * seconds, velocity[1] * seconds)
}

/// The velocity in the middle of a card's way from `before` to `after`; zero when that took too
/// long to tell.
fn pace(before: Quad<InFrame>, after: Quad<InFrame>, elapsed: Duration) -> Velocity {
    if elapsed.is_zero() || elapsed > 3 * MAX_EXTRAPOLATION {
        return [0.0; 2];
    }
    let (from, to) = (before.centre(), after.centre());
    let seconds = elapsed.as_secs_f32();
    [(to.x - from.x) / seconds, (to.y - from.y) / seconds]
}

/// Whether a card of this height moves so fast that it has to be drawn anew between two frames.
pub(super) fn is_gliding([x, y]: Velocity, height: f32) -> bool {
    x.hypot(y) > MIN_GLIDE_SPEED * height
}
