//! How much of a processor core looking and recognising may take, and how long to wait so that it stays below.
//!
//! A bucket of processor time: it fills at the allowed rate, each look takes out what it cost, and while it is empty
//! nobody looks. It holds a short burst, so that a card that appears on a quiet table is named at once. Pure: time is an
//! argument.

use std::time::Duration;

/// Processor time that can be saved up for a burst.
const BURST: Duration = Duration::from_millis(250);
/// However dear a look is, there is one after this time.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// A bucket of processor time.
#[derive(Clone, Debug)]
pub struct Budget {
    share: f64,
    saved: f64,
    filled_at: Duration,
}

impl Budget {
    /// Allows this share of one core; more than 1.0 is more than one core.
    pub fn new(share: f32) -> Self {
        Self { share: f64::from(share.max(0.01)), saved: BURST.as_secs_f64(), filled_at: Duration::ZERO }
    }

    /// Allows another share from now on.
    pub fn allow(&mut self, share: f32) {
        self.share = f64::from(share.max(0.01));
    }

    /// Takes out what something cost.
    pub fn spend(&mut self, cost: Duration) {
        self.saved -= cost.as_secs_f64();
    }

    /// How long to wait at `now` before the next look.
    pub fn wait(&mut self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now.max(self.filled_at);
        self.saved = (self.saved + passed * self.share).min(BURST.as_secs_f64());
        // What a single dear look has overdrawn is not held against it for ever.
        self.saved = self.saved.max(-LONGEST_WAIT.as_secs_f64() * self.share);
        Duration::from_secs_f64((-self.saved / self.share).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks that cost `cost` each and are wanted 30 times a second, for a minute; answers the share of a core they
    /// took, and the longest pause.
    fn minute(share: f32, cost: Duration) -> (f64, Duration) {
        let mut budget = Budget::new(share);
        let (mut now, mut spent, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(60) {
            let wait = budget.wait(now).max(Duration::from_millis(33));
            longest = longest.max(wait);
            now += wait;
            budget.spend(cost);
            spent += cost;
        }
        (spent.as_secs_f64() / 60.0, longest)
    }

    #[test]
    fn dear_looks_become_rare_and_cheap_ones_are_not_held_back() {
        let (taken, _) = minute(0.3, Duration::from_millis(25));
        assert!((0.28..0.31).contains(&taken), "{taken}");
        let (taken, longest) = minute(0.3, Duration::from_millis(2));
        assert!(
            (0.055..0.065).contains(&taken) && longest < Duration::from_millis(34),
            "{taken} {longest:?}"
        );
    }

    #[test]
    fn however_dear_a_look_is_there_are_looks() {
        let (_, longest) = minute(0.05, Duration::from_millis(900));
        assert!(longest <= LONGEST_WAIT, "{longest:?}");
    }

    #[test]
    fn a_quiet_time_saves_up_for_a_burst() {
        let mut budget = Budget::new(0.3);
        budget.spend(Duration::from_millis(250));
        assert!(budget.wait(Duration::ZERO).is_zero());
        budget.spend(Duration::from_millis(30));
        assert_eq!((budget.wait(Duration::ZERO).as_secs_f64() * 1e3).round(), 100.0);
        assert!(budget.wait(Duration::from_secs(10)).is_zero());
    }
}
