//! The player's mods, read on a thread: which there are, and the sprites of their cards.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use egui::{Context, TextureHandle, TextureOptions};
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use mods::choice::{self, Choice};
use mods::{Library, Sheets};

use crate::pictures::{self, Make, Pictures};
use crate::thumbnails::texture_of;

/// Sprites that are kept: some 65 MB at most.
const MAX_KEPT: usize = 600;
/// Sprites are shown no higher.
const MAX_HEIGHT: u32 = 190;
/// Packages whose sheets stay unpacked: a sheet can have 40 MB.
const MAX_PACKAGES: usize = 3;

/// What the settings and the Mods folder say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub choice: Choice,
    /// All mods, those that the settings leave out too; nothing where there is no folder.
    pub library: Option<Arc<Library>>,
    /// Why it could not be read, for people.
    pub fault: Option<String>,
}

/// The thread that reads.
pub struct Reader {
    requests: Option<SyncSender<()>>,
    answers: Receiver<Read>,
    /// Requests that were not answered.
    open: usize,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// For the mods that a settings file speaks of.
    pub fn new(settings: PathBuf, cache: PathBuf, catalogue: Arc<Catalogue>) -> Self {
        let (requests, inbox) = sync_channel(1);
        let (outbox, answers) = sync_channel(1);
        let builder = std::thread::Builder::new().name("mods".into());
        let work = move || {
            while inbox.recv().is_ok() {
                if outbox.send(read(&settings, &cache, &catalogue)).is_err() {
                    return;
                }
            }
        };
        Self { requests: Some(requests), answers, open: 0, thread: builder.spawn(work).ok() }
    }

    /// Has everything read anew, unless that is under way.
    pub fn ask(&mut self) {
        if self.open == 0 && self.requests.as_ref().is_some_and(|it| it.try_send(()).is_ok()) {
            self.open += 1;
        }
    }

    /// What was read since.
    pub fn answer(&mut self) -> Option<Read> {
        let read = self.answers.try_recv().ok()?;
        self.open -= 1;
        Some(read)
    }

    pub fn is_idle(&self) -> bool {
        self.open == 0
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                let _ = self.answers.recv_timeout(std::time::Duration::from_millis(5));
            }
            drop(thread.join());
        }
    }
}

fn read(settings: &Path, cache: &Path, catalogue: &Catalogue) -> Read {
    let choice = match Choice::read(settings) {
        Ok(choice) => choice,
        Err(error) => return Read { fault: Some(error.to_string()), ..Read::default() },
    };
    match choice.library(catalogue, &choice::language(settings), cache) {
        Ok(library) => Read { choice, library: library.map(Arc::new), fault: None },
        Err(error) => Read { choice, library: None, fault: Some(error.to_string()) },
    }
}

/// A card, by its mod's and its own place in the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(usize, usize);

impl pictures::Key for Key {
    fn name(&self) -> String {
        format!("mod {} card {}", self.0, self.1)
    }

    fn options(&self) -> TextureOptions {
        TextureOptions::LINEAR
    }

    fn kept(&self) -> (u8, usize) {
        (0, MAX_KEPT)
    }
}

/// The sprites of a library.
pub struct Sprites {
    pictures: Pictures<Key>,
    /// Places by the game's key; of several cards the first.
    places: HashMap<String, Key>,
}

impl Sprites {
    /// Cut on a thread of its own.
    pub fn new(library: Arc<Library>) -> Self {
        let mut places = HashMap::new();
        for (number, of_mod) in library.mods.iter().enumerate() {
            for (at, card) in of_mod.cards.iter().enumerate() {
                places.entry(card.key.clone()).or_insert(Key(number, at));
            }
        }
        let mut unpacked: Vec<(String, Sheets)> = Vec::new();
        let make: Make<Key> = Box::new(move |Key(number, at)| {
            let card = library.mods.get(*number)?.cards.get(*at)?;
            let package = &card.sprite.package;
            let place = unpacked.iter().position(|(name, _)| name == package);
            let mut sheets = match place {
                Some(place) => unpacked.remove(place),
                None => (package.clone(), mods::sheets(&library, package).ok()?),
            };
            let sprite = sheets.1.sprite(card);
            // The one that was used last goes last.
            unpacked.push(sheets);
            if unpacked.len() > MAX_PACKAGES {
                unpacked.remove(0);
            }
            Some(texture_of(&shrunk(sprite.ok()?.whole())))
        });
        Self { pictures: Pictures::new("sprites", vec![make]), places }
    }

    /// Takes in what has been cut; to be called once a frame.
    pub fn begin(&mut self, context: &Context) {
        self.pictures.begin(context);
    }

    /// The sprite of the card at this place of the library.
    pub fn at(&mut self, context: &Context, number: usize, card: usize) -> Option<TextureHandle> {
        self.pictures.get(context, &Key(number, card))
    }

    /// The sprite of a card of a mod, by the game's key.
    pub fn get(&mut self, context: &Context, id: &str) -> Option<TextureHandle> {
        let key = *self.places.get(id)?;
        self.pictures.get(context, &key)
    }

    pub fn is_idle(&self) -> bool {
        self.pictures.is_idle()
    }
}

fn shrunk(picture: RgbaImage) -> RgbaImage {
    if picture.height() <= MAX_HEIGHT {
        return picture;
    }
    let width = (picture.width() * MAX_HEIGHT / picture.height()).max(1);
    image::imageops::thumbnail(&picture, width, MAX_HEIGHT)
}
