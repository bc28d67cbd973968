//! The page of mods: what was read of them, and which of them the overlay knows.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;
use lens_core::catalogue::Catalogue;
use mods::{Library, Mod, State};

use super::Labeller;
use crate::intent::{FromMod, Page, Tone};
use crate::modded::{Read, Reader, Sprites};

/// How often the folder is looked at while its page is shown.
const LOOK_INTERVAL: Duration = Duration::from_secs(4);

/// What the page shows.
pub(crate) struct ModsPage {
    /// The overlay's settings, and who reads what they speak of; nothing where mods are not wanted.
    source: Option<(PathBuf, Reader)>,
    pub(crate) read: Read,
    /// Whether it has been read once.
    pub(crate) is_read: bool,
    pub(crate) sprites: Option<Sprites>,
    /// Id of the mod whose cards alone are shown.
    pub(crate) chosen: Option<String>,
    looked_at: Instant,
    /// The game's cards alone.
    game: Arc<Catalogue>,
}

impl ModsPage {
    /// Without mods.
    pub(super) fn new(game: Arc<Catalogue>) -> Self {
        Self {
            source: None,
            read: Read::default(),
            is_read: true,
            sprites: None,
            chosen: None,
            looked_at: Instant::now(),
            game,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.source.as_ref().is_none_or(|(_, reader)| reader.is_idle())
            && self.sprites.as_ref().is_none_or(Sprites::is_idle)
    }

    /// The mods with something to show.
    pub(crate) fn mods(&self) -> &[Mod] {
        self.read.library.as_ref().map(|library| library.mods.as_slice()).unwrap_or_default()
    }

    /// Whether the overlay knows the cards of a mod.
    pub(crate) fn is_on(&self, of_mod: &Mod) -> bool {
        of_mod.state == State::On && !self.read.choice.off.contains(&of_mod.id)
    }
}

impl Labeller {
    /// The same with the mods that a settings file of the overlay speaks of; what is read of them
    /// is kept in a folder of our own.
    #[must_use]
    pub fn with_mods(mut self, settings: PathBuf, cache: PathBuf) -> Self {
        let mut reader = Reader::new(settings.clone(), cache, Arc::clone(&self.modded.game));
        reader.ask();
        self.modded.source = Some((settings, reader));
        self.modded.is_read = false;
        self
    }

    /// The mods that were read; nothing while they are, and where there is no folder.
    pub fn library(&self) -> Option<&Arc<Library>> {
        self.modded.read.library.as_ref()
    }

    /// Takes in what was read, and has it read again now and then.
    pub(super) fn follow_mods(&mut self, context: &Context, now: Instant) {
        if let Some(sprites) = &mut self.modded.sprites {
            sprites.begin(context);
        }
        let Some((_, reader)) = &mut self.modded.source else { return };
        let answer = reader.answer();
        let is_idle = reader.is_idle();
        if let Some(read) = answer {
            self.take_mods(read);
        }
        if !is_idle {
            context.request_repaint_after(Duration::from_millis(50));
        } else if self.page == Page::Mods && now >= self.modded.looked_at + LOOK_INTERVAL {
            self.look_at_mods(now);
        }
    }

    pub(super) fn look_at_mods(&mut self, now: Instant) {
        self.modded.looked_at = now;
        if let Some((_, reader)) = &mut self.modded.source {
            reader.ask();
        }
    }

    fn take_mods(&mut self, read: Read) {
        let is_new = read.library != self.modded.read.library;
        self.modded.read = read;
        self.modded.is_read = true;
        if !is_new {
            return;
        }
        let library = self.modded.read.library.clone();
        let mut catalogue = Catalogue::clone(&self.modded.game);
        if let Some(library) = &library {
            catalogue.add_cards(mods::known::cards(library, &self.modded.game));
        }
        self.catalogue = Arc::new(catalogue);
        self.modded.sprites = library.map(Sprites::new);
        let is_there = |id: &String| self.modded.mods().iter().any(|it| it.id == *id);
        if !self.modded.chosen.as_ref().is_some_and(is_there) {
            self.modded.chosen = None;
        }
        self.stale = true;
    }

    /// Chooses another mod, from the one that is shown on; before the first all are.
    pub(super) fn step_mod(&mut self, by: isize) {
        let mods = self.modded.mods();
        let at = self.modded.chosen.as_ref().and_then(|id| mods.iter().position(|it| it.id == *id));
        // The line of all mods is the first.
        let line = at.map_or(0, |at| at + 1).saturating_add_signed(by).min(mods.len());
        self.modded.chosen = line.checked_sub(1).map(|at| mods[at].id.clone());
    }

    /// Switches a mod on or off for the overlay; the chosen one when none is named.
    pub(super) fn toggle_mod(&mut self, id: Option<String>) {
        let Some(id) = id.or_else(|| self.modded.chosen.clone()) else {
            self.say("Choose a mod first", Tone::Told);
            return;
        };
        let Some(of_mod) = self.modded.mods().iter().find(|it| it.id == id) else { return };
        let name = of_mod.name.clone();
        match &of_mod.state {
            State::On => {}
            State::Off(why) => {
                let text = format!("The game does not load {name}: {why}");
                return self.say(text, Tone::Told);
            }
            State::Broken(why) => {
                let text = format!("{name} cannot be read: {why}");
                return self.say(text, Tone::Told);
            }
        }
        let is_on = !self.modded.is_on(of_mod);
        let Some((settings, _)) = &self.modded.source else { return };
        match mods::choice::switch(settings, &id, is_on) {
            Ok(choice) => {
                self.modded.read.choice = choice;
                let words = if is_on {
                    "is on: the overlay names its cards"
                } else {
                    "is off: its cards are unknown"
                };
                self.say(format!("{name} {words}"), Tone::Done);
            }
            Err(error) => self.say(error.to_string(), Tone::Warned),
        }
    }

    /// Whether a filter lets a card through, by its id.
    pub(crate) fn is_from(&self, wanted: &FromMod, id: &str) -> bool {
        wanted.accepts(self.catalogue.card(id))
    }
}
