//! Which pictures are recognised: those on which something happened, and of the others as many as the budget has room for.

use std::time::Duration;

use super::cpu_budget::{Budget, Urgency};
use super::signature::Glance;

/// Lets pictures through to recognition. Pure: time is an argument.
#[derive(Clone, Debug)]
pub struct Admission {
    budget: Budget,
    recognised: Glance,
    eager: bool,
}

impl Admission {
    /// Allows looking, recognising and drawing this share of one core.
    pub fn new(share: f32) -> Self {
        Self { budget: Budget::new(share), recognised: Glance::default(), eager: false }
    }

    /// Allows another share from now on.
    pub fn allow(&mut self, share: f32) {
        self.budget.allow(share);
    }

    /// Takes out of the budget what something cost.
    pub fn spend(&mut self, cost: Duration) {
        self.budget.spend(cost);
    }

    /// Whether every next picture is wanted: a card waits for it to be shown.
    pub fn be_eager(&mut self, eager: bool) {
        self.eager = eager;
    }

    /// Whether a picture is to be recognised at `now`; one that is not can be asked for again later.
    pub fn admits(&mut self, picture: &Glance, now: Duration) -> bool {
        let happened = self.eager || picture.tells_from(&self.recognised);
        let urgency = if happened { Urgency::Urgent } else { Urgency::Calm };
        let granted = self.budget.grants(now, urgency);
        if granted {
            self.recognised.clone_from(picture);
        }
        granted
    }
}
