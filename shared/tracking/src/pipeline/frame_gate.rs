//! Which frames are recognised: those on which something happened, and of the others as many as the
//! CPU budget has room for.

use std::time::Duration;

use super::cpu_budget::{CpuBudget, Priority};
use super::signature::FrameSignature;

/// Lets frames through to recognition. Pure: time is an argument.
#[derive(Clone, Debug)]
pub struct FrameGate {
    budget: CpuBudget,
    recognised: FrameSignature,
    floor: Priority,
}

impl FrameGate {
    /// Allows capturing, recognising and drawing this share of one core.
    pub fn new(share: f32) -> Self {
        let (budget, recognised) = (CpuBudget::new(share), FrameSignature::default());
        Self { budget, recognised, floor: Priority::Idle }
    }

    /// Allows another share from now on.
    pub fn set_share(&mut self, share: f32) {
        self.budget.set_share(share);
    }

    /// Takes out of the budget what something cost.
    pub fn spend(&mut self, cost: Duration) {
        self.budget.spend(cost);
    }

    /// Gives the next frames at least this priority: a card may wait for one to be shown.
    pub fn set_floor(&mut self, floor: Priority) {
        self.floor = floor;
    }

    /// Whether a frame is to be recognised at `now`; one that is not can be asked for again later.
    pub fn admits(&mut self, frame: &FrameSignature, now: Duration) -> bool {
        let priority = match frame.differs_from(&self.recognised) {
            true => Priority::Changed,
            false => self.floor,
        };
        let granted = self.budget.grants(now, priority);
        if granted {
            self.recognised.clone_from(frame);
        }
        granted
    }
}
