//! From new tracks to what is drawn: the scene is built anew, and drawn when it is another one.

use std::time::{Duration, Instant};

use lens_client::api::State;
use marks::render::Backdrop;
use marks::scene::panel::{Place, Words};
use marks::scene::style::Corner;
use marks::scene::{self, colour};
use tracking::pipeline::Snapshot;
use tracking::track::{self, Track};

use super::App;
use super::overlay_window::OverlayWindowError;
use crate::desktop::memory;

/// How long after an image gliding cards still glide.
const GLIDE_DURATION: Duration = Duration::from_millis(150);
/// How often the card under the pointer is looked up while its tooltip is shown.
const TOOLTIP_INTERVAL: Duration = Duration::from_millis(100);

impl App {
    /// Takes in new tracks.
    pub(super) fn fetch(&mut self) {
        let Some(snapshot) = self.services.mailboxes.snapshots.try_take() else { return };
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let number = |snapshot: &Snapshot| snapshot.picture.as_ref().map(|frame| frame.id);
        let is_new = number(&before) != number(&self.snapshot);
        self.statistics.saw(&self.snapshot, is_new, &self.model.running.catalogue);
        if is_new
            && self.target.is_viewer()
            && let (Some(picture), Some(window)) = (&self.snapshot.picture, &self.output.window)
        {
            // The player may have given the window another size.
            if before.frame_size() != self.snapshot.frame_size() {
                window.fit(picture.width, picture.height);
            }
            window.redraw();
        }
        if is_new && self.snapshot.recognition.is_some() {
            self.services.captures.expect();
        }
        if !self.has_seen_cards && !self.snapshot.tracks.is_empty() {
            self.has_seen_cards = true;
            self.ask_hardware();
        }
        self.services.captures.forget_guesses(&self.snapshot.tracks);
        self.capture_by_itself();
        self.publish();
        self.rebuild();
    }

    /// Tells other programs what is on the screen.
    pub(super) fn publish(&self) {
        self.services.broadcast.publish(
            self.state(),
            self.snapshot.frame_size(),
            &self.snapshot.tracks,
            &self.model.running.catalogue,
        );
    }

    /// Whether there is anything to say about cards.
    pub(super) fn state(&self) -> State {
        match (self.target.is_paused, &self.snapshot.picture) {
            (true, _) => State::Paused,
            (false, Some(_)) => State::Watching,
            (false, None) => State::Waiting,
        }
    }

    /// Builds the scene anew and asks for a redraw when it is another one.
    pub(super) fn rebuild(&mut self) {
        let now = Instant::now();
        let frame = self.snapshot.frame_size();
        let Some(place) = self.output.frame_place(frame) else { return };
        let view = place.view;
        let age = self.snapshot.picture.as_ref().map_or(Duration::ZERO, |frame| frame.captured_at.elapsed());
        let tracks = if self.output.is_shown { track::glide(&self.snapshot.tracks, age) } else { Vec::new() };
        let at_pointer = || self.target.card_under_pointer(&tracks, frame, self.output.size());
        let pointed = self.tooltip.is_shown.then(at_pointer).flatten().cloned();
        let tracks = place.tracks(tracks);
        let style = &self.choices.settings.style;
        let catalogue = &self.model.running.catalogue;
        let measure = &mut self.output.measure;
        let mut scene = scene::build(&tracks, catalogue, style, view, &self.output.scene, measure);
        if let (Some(track), Some(texts)) = (pointed, &self.tooltip.texts) {
            let track = &self.services.captures.with_lasting_guesses(track);
            let words = texts.words(track, catalogue, &style.palette);
            let card = view.overlay_from_frame().quad(place.quad(track.quad)).bounds();
            scene.say(&words, Place::Beside(card), style, measure);
        }
        // Asked for in any case: it forgets those that are over.
        let lit = self.services.captures.lit(&self.snapshot.tracks, now);
        if self.output.is_shown {
            scene.flash(lit.into_iter().map(|(quad, tone)| (place.quad(quad), tone)), view);
        }
        for text in self.notices.now(now) {
            let words = Words::notice(text, colour::UNKNOWN);
            scene.say(&words, Place::Corner(Corner::BottomLeft), style, measure);
        }
        let glides = age < GLIDE_DURATION && tracks.iter().any(Track::glides);
        let times = [
            glides.then(|| now + self.output.draw_interval()),
            self.tooltip.is_shown.then(|| now + TOOLTIP_INTERVAL),
            self.notices.next_change(),
            self.services.captures.next_change(now),
        ];
        self.timers.wake = times.into_iter().flatten().min();
        self.output.show(scene, &self.target.stage);
    }

    pub(super) fn draw(&mut self) -> Result<(), OverlayWindowError> {
        let picture = self.snapshot.picture.as_ref();
        let backdrop = match picture {
            Some(frame) if self.target.is_viewer() => Backdrop::Picture(frame.pixels()),
            _ => Backdrop::Transparent,
        };
        if let Some(drawn) = self.output.draw(backdrop)? {
            if self.statistics.drew(drawn.time, picture) {
                // All has been opened and has run once.
                memory::give_back();
            }
            if let Some(cost) = drawn.software {
                self.services.threads.spend(cost);
            }
        }
        Ok(())
    }
}
