//! Closing the window: names of a frame that are not saved would go with it.

use egui::{Context, ViewportCommand};

use super::Labeller;
use crate::frame::OpenFrame;
use crate::intent::Question;

impl Labeller {
    /// How many cards of the open frame have a name that would be lost with the window.
    fn unsaved_names(&mut self) -> usize {
        // Where nothing can be saved, nothing waits for it.
        if self.repository.read_only().is_some() {
            return 0;
        }
        let is_held = !self.keep_typed();
        self.finish_saving();
        self.frame.as_ref().map_or(0, OpenFrame::waiting) + usize::from(is_held)
    }

    /// Asks before the window closes while names would be lost. It may be minimised.
    pub(crate) fn before_closing(&mut self, context: &Context) {
        if self.is_closing || !context.input(|input| input.viewport().close_requested()) {
            return;
        }
        let waiting = self.unsaved_names();
        if waiting == 0 {
            return;
        }
        self.question = Some(Question::Close(waiting));
        for command in
            [ViewportCommand::CancelClose, ViewportCommand::Minimized(false), ViewportCommand::Focus]
        {
            context.send_viewport_cmd(command);
        }
        context.request_repaint();
    }

    pub(super) fn close(&mut self, context: &Context) {
        self.is_closing = true;
        context.send_viewport_cmd(ViewportCommand::Close);
    }
}
