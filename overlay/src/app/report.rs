//! Packs a report of this moment, on a thread of its own: the image is compressed for a while.

use crate::api::dto;
use crate::desktop::window::DesktopError;
use crate::diagnostics::panic_hook;
use crate::diagnostics::redact::Redactor;
use crate::diagnostics::report::{self, Moment};
use crate::messages::event::AppEvent;
use crate::messages::worker;

use super::App;

impl App {
    pub(super) fn report(&mut self) {
        let moment = self.moment();
        let sink = std::sync::Arc::clone(&self.services.sink);
        let started = worker::spawn_reporting("report", sink, move |sink| {
            let folder = panic_hook::folder(&lens_core::paths::data());
            let text = match report::write(&moment, &folder, &Redactor::for_this_user()) {
                Ok(path) => format!(
                    "Saved a report: {}\nIt holds an image of the game: look at it before you send it",
                    path.display()
                ),
                Err(error) => format!("No report could be saved: {error}"),
            };
            // Nobody listens once the program ends.
            let _ = sink(AppEvent::Notice(text));
        });
        match started {
            // The one before, should it still run, is waited for.
            Ok(worker) => self.reporting = Some(worker),
            Err(error) => self.say(DesktopError::System(error).to_string()),
        }
    }

    fn moment(&self) -> Moment {
        let (snapshot, running, target) = (&self.snapshot, &self.model.running, &self.target);
        let cards = dto::cards(self.state(), snapshot.frame_size(), &snapshot.tracks, &running.catalogue);
        let age = snapshot.picture.as_ref().map(|frame| frame.captured_at.elapsed());
        let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        let state = vec![
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("system", system),
            ("model", running.name.clone()),
            ("window", format!("{:?}", target.placement)),
            ("keyboard", format!("{:?}", target.focus)),
            ("stacking", format!("{:?}", target.stacking)),
            ("compositor", format!("{:?}", self.output.compositor())),
            ("age of the frame", format!("{age:?}")),
            ("recognition", format!("{:?}", snapshot.recognition)),
            ("said last", self.notices.last().unwrap_or_default().to_owned()),
        ];
        Moment { frame: snapshot.picture.clone(), cards, state, settings: self.choices.file.clone() }
    }
}
