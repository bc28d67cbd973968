//! The catalogue's art of a card, when it is there: beside a crop it settles most doubts.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use lens_core::catalogue::Catalogue;
use lens_core::modifiers::Modifiers;
use synth::art::Sprites;
use synth::{practice, single};

use crate::thumbnails::texture_of;

/// A card with its edition.
type Key = (String, String);

/// Pictures of the catalogue's cards.
pub struct CardArt {
    requests: Option<SyncSender<Key>>,
    drawn: Receiver<(Key, Option<ColorImage>)>,
    textures: HashMap<Key, Option<TextureHandle>>,
    /// Pictures that were asked for and are not there.
    open: usize,
    thread: Option<JoinHandle<()>>,
}

impl CardArt {
    /// Draws on a thread of its own; the art is read when the first card is asked for.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let (requests, inbox) = sync_channel::<Key>(16);
        let (outbox, drawn) = sync_channel(16);
        let builder = std::thread::Builder::new().name("card art".into());
        let thread = builder.spawn(move || {
            let mut sprites: Option<Option<Sprites>> = None;
            while let Ok(key) = inbox.recv() {
                let sprites = sprites.get_or_insert_with(|| art(&catalogue));
                let modifiers = Modifiers { edition: key.1.clone(), ..Modifiers::default() };
                let picture =
                    sprites.as_ref().and_then(|sprites| single::picture(sprites, &key.0, &modifiers, 2, 1));
                if outbox.send((key, picture.map(|it| texture_of(&it)))).is_err() {
                    return;
                }
            }
        });
        Self { requests: Some(requests), drawn, textures: HashMap::new(), open: 0, thread: thread.ok() }
    }

    /// The card's picture, when it is there already and there is art.
    pub fn get(&mut self, context: &Context, id: &str, edition: &str) -> Option<TextureHandle> {
        for (key, picture) in self.drawn.try_iter() {
            self.open -= 1;
            let texture = picture.map(|it| context.load_texture(&key.0, it, TextureOptions::NEAREST));
            self.textures.insert(key, texture);
        }
        let key = (id.to_owned(), edition.to_owned());
        match self.textures.get(&key) {
            Some(texture) => texture.clone(),
            None => {
                let asked =
                    self.requests.as_ref().is_some_and(|requests| requests.try_send(key.clone()).is_ok());
                if asked {
                    // Known as asked for: nothing is drawn until it is there.
                    self.textures.insert(key, None);
                    self.open += 1;
                }
                context.request_repaint_after(std::time::Duration::from_millis(50));
                None
            }
        }
    }
}

impl CardArt {
    /// Whether every picture that was asked for is there.
    pub fn is_idle(&self) -> bool {
        self.open == 0
    }
}

impl Drop for CardArt {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                let _ = self.drawn.recv_timeout(std::time::Duration::from_millis(5));
            }
            drop(thread.join());
        }
    }
}

/// The art of a game: the practice deck draws itself, other games are imported by the player.
fn art(catalogue: &Arc<Catalogue>) -> Option<Sprites> {
    if catalogue.game == practice::catalogue().game {
        return Some(practice::sprites());
    }
    Sprites::from_folder(Arc::clone(catalogue), &lens_core::paths::art(&catalogue.game).join("textures")).ok()
}
