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
/// How much the pace changes on the way ahead, at most, in shares of it, and out of rest.
const MAX_CHANGE_AHEAD: f32 = 0.5;
const MAX_CHANGE_FROM_REST: f32 = 1.0;
/// How much the pace may have changed from frame to frame, more where they are rarer than usual: in
/// heights of the card a second, and in shares of it, which it would lose altogether in this time.
/// What changes more is another card that crosses it.
const MAX_PUSH: f32 = 3.0;
const MAX_CHANGE: f32 = 0.4;
const CHANGE_TIME: Duration = Duration::from_millis(55);
const USUAL: Duration = Duration::from_millis(34);

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
        let most = if self.from_rest { MAX_CHANGE_FROM_REST } else { MAX_CHANGE_AHEAD };
        let kept = (most * pace[0].hypot(pace[1]) / change[0].hypot(change[1]).max(1.0)).min(1.0);
        [0, 1].map(|axis| pace[axis] + kept * change[axis])
    }

    /// How much the pace of a card of this height can have changed until it is found, on so many
    /// frames since its last place; one that lies still may go anywhere.
    pub(super) fn largest_change(&self, height: f32, elapsed: Duration, frames: u32) -> Option<f32> {
        let [x, y] = self.gliding(height)?;
        let share = (elapsed.as_secs_f32() / CHANGE_TIME.as_secs_f32()).min(MAX_CHANGE);
        let rare = (elapsed / frames.max(1)).as_secs_f32() / USUAL.as_secs_f32();
        Some(rare.max(1.0) * (share * x.hypot(y)).max(MAX_PUSH * height))
    }

    /// Whether it can have gone this way: a card that moves does not turn back, stop or leap within
    /// a frame.
    pub(super) fn can_go(&self, way: [f32; 2], height: f32, elapsed: Duration, frames: u32) -> bool {
        let (Some(most), Some(pace)) = (self.largest_change(height, elapsed, frames), self.pace) else {
            return true;
        };
        let seconds = elapsed.as_secs_f32();
        (way[0] / seconds - pace[0]).hypot(way[1] / seconds - pace[1]) <= most
    }

    /// Whether one that was on its way and then out of sight can have gone this way: it gains and
    /// loses pace as evenly as cards that are seen do. One that lay still is where it was.
    pub(super) fn can_come(&self, way: [f32; 2], height: f32, elapsed: Duration) -> bool {
        let Some([x, y]) = self.gliding(height) else { return false };
        let seconds = elapsed.as_secs_f32();
        let change = (x.hypot(y) * seconds / CHANGE_TIME.as_secs_f32()).max(MAX_PUSH * height);
        (way[0] - x * seconds).hypot(way[1] - y * seconds) <= 0.5 * change * seconds
    }

    /// Its pace, if a card of this height glides with it.
    fn gliding(&self, height: f32) -> Option<Velocity> {
        self.pace.filter(|&pace| is_gliding(pace, height))
    }

    /// How long it can be drawn by [`Self::velocity`]: a card that slows down stops where it would
    /// lose all of its pace, and none goes on for long unseen.
    pub(super) fn lasts(&self) -> Duration {
        let [x, y] = self.velocity();
        let (speed, Some(pace)) = (x.hypot(y), self.pace) else { return Duration::ZERO };
        let along = |[a, b]: Velocity| (a * x + b * y) / speed.max(f32::MIN_POSITIVE);
        let slows = -along(self.push);
        if slows <= 0.0 {
            return MAX_EXTRAPOLATION;
        }
        let last = (along(pace) - slows * 0.5 * self.over.as_secs_f32()).max(0.0);
        let to_stop = last.powi(2) / (2.0 * slows);
        MAX_EXTRAPOLATION.min(Duration::from_secs_f32((to_stop / speed).min(1.0)))
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

#[cfg(test)]
mod tests {
    use lens_core::geometry::Rect;

    use super::*;

    /// The course of a card that was at these places, 20 ms apart.
    fn course(places: [f32; 3]) -> Course {
        let at = |x: f32| Quad::from_rect(Rect::ltwh(x, 50.0, 60.0, 80.0));
        let step = Duration::from_millis(20);
        let [first, second, third] = places.map(at);
        Course::default().gone_on(first, second, step).gone_on(second, third, step)
    }

    #[test]
    fn a_card_that_slows_down_is_not_drawn_beyond_where_it_stops() {
        // It loses 200 pixels a second in 20 ms, and has 300 left: it stops 4.5 pixels on.
        let slowing = course([0.0, 12.0, 20.0]);
        let [x, y] = slowing.velocity();
        let farthest = x * slowing.lasts().as_secs_f32();
        assert!((farthest - 4.5).abs() < 0.1 && y == 0.0, "{farthest} pixels");
    }

    #[test]
    fn a_card_that_keeps_its_pace_or_gains_some_is_drawn_on_for_a_moment() {
        for places in [[0.0, 8.0, 16.0], [0.0, 8.0, 20.0]] {
            assert_eq!(course(places).lasts(), MAX_EXTRAPOLATION, "{places:?}");
        }
    }

    #[test]
    fn a_card_of_which_no_way_is_known_stays() {
        assert_eq!(Course::default().velocity(), [0.0; 2]);
        assert_eq!(Course::default().lasts(), Duration::ZERO);
    }
}
