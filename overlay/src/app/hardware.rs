//! What recognition runs on: asked for, taken over, and left when it fails.

use vision::providers::Provider;

use super::App;
use crate::recognition::hardware::chooser::{Otherwise, Task};
use crate::recognition::models;

impl App {
    /// Asks what the model that runs does so on best, unless somebody said what it is to run on.
    /// Nothing is measured before cards are on the screen.
    pub(super) fn ask_hardware(&self) {
        let (Some(hardware), Some(model)) = (&self.services.hardware, &self.model.running.folder) else {
            return;
        };
        if self.choices.named_providers().is_some() {
            return;
        }
        let threads = models::options(&self.choices.request().recognition).threads;
        let otherwise = if self.has_seen_cards { Otherwise::Measure } else { Otherwise::Wait };
        hardware.ask(Task::Find { model: model.clone(), threads, otherwise });
    }

    /// What is best is known: the model is opened there, if it runs elsewhere.
    pub(super) fn take_hardware(&mut self) {
        let Some(found) = self.services.mailboxes.hardware.try_take() else { return };
        log::info!("recognition runs best on {}", found.record);
        let before = self.choices.request();
        self.choices.measured = Some(found);
        if before != self.choices.request() {
            self.load();
        }
        self.show_tray();
    }

    /// A provider failed, and the processor went on.
    pub(super) fn leave_hardware(&mut self, provider: Provider, reason: String) {
        self.choices.leave(provider);
        let what = reason.lines().next().unwrap_or_default();
        self.say(format!("{provider} failed; recognition goes on on the processor: {what}"));
        if let Some(hardware) = &self.services.hardware {
            hardware.ask(Task::Failed { provider, reason });
        }
    }
}
