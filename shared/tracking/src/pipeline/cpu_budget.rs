//! A token bucket of CPU time.
//!
//! Every capture, recognition and software draw spends from it, and it refills at the allowed share
//! of a core. Frames that differ little from the last recognised one (idle) may use at most 35 % of
//! the refill rate and must leave a reserve of 150 ms; frames with a visible change may use
//! everything. A card that comes while the background moves is named at once, and a background that
//! moves all the time costs no more than that third. Pure: time is an argument.

use std::time::Duration;

/// CPU time that can be saved up for a burst.
const BURST: Duration = Duration::from_millis(250);
/// What of it is kept for frames with a visible change.
const RESERVE: Duration = Duration::from_millis(150);
/// However dear recognising is, a frame is recognised after this time.
const MAX_WAIT: Duration = Duration::from_millis(400);
/// What idle frames may take of the refill rate.
const IDLE_SHARE: f64 = 0.35;

/// How soon a frame wants to be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// It is much as the last one that was recognised.
    Idle,
    /// Something came, went, or turned over.
    Changed,
}

/// The bucket.
#[derive(Clone, Debug)]
pub(super) struct CpuBudget {
    share: f64,
    /// Seconds that are left; below zero they are owed.
    saved: f64,
    /// What of them idle frames may take: filled more slowly, emptied alike.
    idle: f64,
    filled_at: Duration,
    /// When a frame was last let through.
    granted_at: Option<Duration>,
}

impl CpuBudget {
    /// Allows this share of one core; more than 1.0 is more than one core.
    pub(super) fn new(share: f32) -> Self {
        Self {
            share: f64::from(share.max(0.01)),
            saved: BURST.as_secs_f64(),
            idle: 0.0,
            filled_at: Duration::ZERO,
            granted_at: None,
        }
    }

    /// Allows another share from now on.
    pub(super) fn set_share(&mut self, share: f32) {
        self.share = f64::from(share.max(0.01));
    }

    /// Takes out what something cost.
    pub(super) fn spend(&mut self, cost: Duration) {
        self.saved -= cost.as_secs_f64();
        self.idle -= cost.as_secs_f64();
    }

    /// Whether a frame may be recognised at `now`; one that may not is asked for again later.
    pub(super) fn grants(&mut self, now: Duration, priority: Priority) -> bool {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now.max(self.filled_at);
        // What a single dear frame has overdrawn is not held against it for ever.
        let owed = MAX_WAIT.as_secs_f64() * self.share;
        self.saved = (self.saved + passed * self.share).clamp(-owed, BURST.as_secs_f64());
        // After a burst, idle frames go on soon: cards are still fading in.
        let (least, most) = (-owed * IDLE_SHARE / 2.0, (BURST - RESERVE).as_secs_f64());
        self.idle = (self.idle + passed * self.share * IDLE_SHARE).clamp(least, most);
        let since = self.granted_at.map_or(MAX_WAIT, |before| now.saturating_sub(before));
        let granted = since >= MAX_WAIT
            || match priority {
                Priority::Changed => self.saved >= 0.0,
                Priority::Idle => self.saved >= RESERVE.as_secs_f64() && self.idle >= 0.0,
            };
        if granted {
            self.granted_at = Some(now);
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_INTERVAL: Duration = Duration::from_millis(33);

    /// Frames that cost `cost` each come 30 times a second, for a minute. Returns the share of a
    /// core that was taken, and the longest time between two that were recognised.
    fn minute(share: f32, cost: Duration, priority: Priority) -> (f64, Duration) {
        let mut budget = CpuBudget::new(share);
        let (mut now, mut spent) = (Duration::ZERO, Duration::ZERO);
        let (mut last, mut longest) = (Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(60) {
            if budget.grants(now, priority) {
                longest = longest.max(now - last);
                last = now;
                budget.spend(cost);
                spent += cost;
            }
            now += FRAME_INTERVAL;
        }
        (spent.as_secs_f64() / 60.0, longest)
    }

    #[test]
    fn dear_frames_become_rare_and_cheap_ones_are_not_held_back() {
        for (priority, wanted) in [(Priority::Idle, 0.105), (Priority::Changed, 0.3)] {
            let (taken, _) = minute(0.3, Duration::from_millis(25), priority);
            assert!((0.85 * wanted..1.03 * wanted).contains(&taken), "{priority:?}: {taken}");
            let (taken, longest) = minute(0.3, Duration::from_millis(2), priority);
            assert!((0.055..0.065).contains(&taken) && longest <= FRAME_INTERVAL, "{taken} {longest:?}");
        }
    }

    #[test]
    fn however_dear_a_frame_is_some_are_recognised() {
        let (_, longest) = minute(0.05, Duration::from_millis(900), Priority::Idle);
        assert!(longest <= MAX_WAIT + FRAME_INTERVAL, "{longest:?}");
    }

    #[test]
    fn a_change_finds_a_reserve_that_idle_frames_left() {
        let mut budget = CpuBudget::new(0.3);
        let mut now = Duration::ZERO;
        while now < Duration::from_secs(5) {
            if budget.grants(now, Priority::Idle) {
                budget.spend(Duration::from_millis(30));
            }
            now += FRAME_INTERVAL;
        }
        let at_once = (0..10).filter(|_| {
            let granted = budget.grants(now, Priority::Changed);
            if granted {
                budget.spend(Duration::from_millis(30));
            }
            granted
        });
        assert!((5..=9).contains(&at_once.count()), "150 ms are there whatever the background did");
    }
}
