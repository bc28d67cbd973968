//! How much of a processor core looking, recognising and drawing by software may take, and whether the next picture may be
//! recognised now.
//!
//! A bucket of processor time: it fills at the allowed rate, and everything takes out what it cost. A picture that is much as
//! the one before has to leave a reserve in the bucket, and gets no more than a third of the rate; one on which something
//! happened may take all there is: a card that comes while the background moves is named at once, and a game whose background
//! moves all the time pays for that third. Pure: time is an argument.

use std::time::Duration;

/// Processor time that can be saved up for a burst.
const BURST: Duration = Duration::from_millis(250);
/// What of it is kept for pictures on which something happens.
const RESERVE: Duration = Duration::from_millis(150);
/// However dear recognising is, a picture is recognised after this time.
const LONGEST_WAIT: Duration = Duration::from_millis(400);
/// What pictures on which nothing happens may take of the allowed rate.
const CALM: f64 = 0.35;

/// How soon a picture wants to be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It is much as the last one that was.
    Calm,
    /// Something came, went, or turned over.
    Urgent,
}

/// A bucket of processor time.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    share: f64,
    /// Seconds of a processor that are left.
    saved: f64,
    /// What of them pictures may take on which nothing happens: filled more slowly, emptied alike.
    calm: f64,
    filled_at: Duration,
    /// When a picture was last let through.
    granted_at: Option<Duration>,
}

impl Budget {
    /// Allows this share of one core; more than 1.0 is more than one core.
    pub(super) fn new(share: f32) -> Self {
        Self {
            share: f64::from(share.max(0.01)),
            saved: BURST.as_secs_f64(),
            calm: 0.0,
            filled_at: Duration::ZERO,
            granted_at: None,
        }
    }

    /// Allows another share from now on.
    pub(super) fn allow(&mut self, share: f32) {
        self.share = f64::from(share.max(0.01));
    }

    /// Takes out what something cost.
    pub(super) fn spend(&mut self, cost: Duration) {
        self.saved -= cost.as_secs_f64();
        self.calm -= cost.as_secs_f64();
    }

    /// Whether a picture may be recognised at `now`; one that may not is asked for again later.
    pub(super) fn grants(&mut self, now: Duration, urgency: Urgency) -> bool {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now.max(self.filled_at);
        // What a single dear picture has overdrawn is not held against it for ever.
        let owed = LONGEST_WAIT.as_secs_f64() * self.share;
        self.saved = (self.saved + passed * self.share).clamp(-owed, BURST.as_secs_f64());
        // After a burst, calm pictures go on soon: cards are still fading in.
        let (least, most) = (-owed * CALM / 2.0, (BURST - RESERVE).as_secs_f64());
        self.calm = (self.calm + passed * self.share * CALM).clamp(least, most);
        let since = self.granted_at.map_or(LONGEST_WAIT, |before| now.saturating_sub(before));
        let granted = since >= LONGEST_WAIT
            || match urgency {
                Urgency::Urgent => self.saved >= 0.0,
                Urgency::Calm => self.saved >= RESERVE.as_secs_f64() && self.calm >= 0.0,
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

    const PICTURE: Duration = Duration::from_millis(33);

    /// Pictures that cost `cost` each come 30 times a second, for a minute; answers the share of a core that was taken, and
    /// the longest time between two that were recognised.
    fn minute(share: f32, cost: Duration, urgency: Urgency) -> (f64, Duration) {
        let mut budget = Budget::new(share);
        let (mut now, mut spent) = (Duration::ZERO, Duration::ZERO);
        let (mut last, mut longest) = (Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(60) {
            if budget.grants(now, urgency) {
                longest = longest.max(now - last);
                last = now;
                budget.spend(cost);
                spent += cost;
            }
            now += PICTURE;
        }
        (spent.as_secs_f64() / 60.0, longest)
    }

    #[test]
    fn dear_pictures_become_rare_and_cheap_ones_are_not_held_back() {
        for (urgency, wanted) in [(Urgency::Calm, 0.105), (Urgency::Urgent, 0.3)] {
            let (taken, _) = minute(0.3, Duration::from_millis(25), urgency);
            assert!((0.85 * wanted..1.03 * wanted).contains(&taken), "{urgency:?}: {taken}");
            let (taken, longest) = minute(0.3, Duration::from_millis(2), urgency);
            assert!((0.055..0.065).contains(&taken) && longest <= PICTURE, "{taken} {longest:?}");
        }
    }

    #[test]
    fn however_dear_a_picture_is_some_are_recognised() {
        let (_, longest) = minute(0.05, Duration::from_millis(900), Urgency::Calm);
        assert!(longest <= LONGEST_WAIT + PICTURE, "{longest:?}");
    }

    #[test]
    fn what_is_urgent_finds_a_reserve_that_calm_pictures_left() {
        let mut budget = Budget::new(0.3);
        let mut now = Duration::ZERO;
        while now < Duration::from_secs(5) {
            if budget.grants(now, Urgency::Calm) {
                budget.spend(Duration::from_millis(30));
            }
            now += PICTURE;
        }
        let at_once = (0..10).filter(|_| {
            let granted = budget.grants(now, Urgency::Urgent);
            if granted {
                budget.spend(Duration::from_millis(30));
            }
            granted
        });
        assert!((5..=9).contains(&at_once.count()), "150 ms are there whatever the background did");
    }
}
