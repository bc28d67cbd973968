//! Opening a frame: its file is read, decoded and made ready for the window on a thread; the page
//! says meanwhile what it waits for.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use dataset::file_name;
use egui::{ColorImage, Context, TextureOptions};
use image::RgbaImage;
use lens_core::catalogue::hex;
use lens_core::image_file;
use sha2::{Digest as _, Sha256};

use super::{Labeller, Subject};
use crate::frame::{FrameCard, OpenFrame};
use crate::inference::Job;
use crate::intent::Tone;
use crate::reading::Reading;
use crate::thumbnails;

/// The most bytes that are read of a file: an image of use has fewer.
const MAX_BYTES: u64 = 640_000_000;
/// How soon it is looked whether the thread is done.
const POLL_INTERVAL: Duration = Duration::from_millis(8);

/// A frame that is being opened.
pub(crate) struct Opening {
    path: PathBuf,
    /// Name below the captures' folder, when it is a frame of the overlay's.
    name: Option<String>,
    /// What was open before, and stays so where this cannot be.
    pub(super) before: Option<OpenFrame>,
    /// The path as it was typed: it is there again where it cannot be opened.
    pub(super) typed: String,
    /// Decodes what was wished for first: of wishes since then the last one counts.
    thread: JoinHandle<Result<Decoded, String>>,
    is_outdated: bool,
}

struct Decoded {
    picture: Arc<RgbaImage>,
    shown: ColorImage,
    /// SHA-256 of the file, where it is no frame of the overlay's.
    original: Option<String>,
}

impl Labeller {
    /// The file of the frame that is being opened.
    pub(crate) fn opening(&self) -> Option<&Path> {
        self.screenshot.opening.as_ref().map(|it| it.path.as_path())
    }

    /// Name below the captures of the frame that is open, or will be.
    pub(crate) fn frame_name(&self) -> Option<&String> {
        match &self.screenshot.opening {
            Some(opening) => opening.name.as_ref(),
            None => self.frame.as_ref()?.name.as_ref(),
        }
    }

    /// Begins to open a frame; see [`Labeller::take_opened`].
    pub(super) fn begin_opening(&mut self, path: PathBuf, name: Option<String>) {
        if let Some(opening) = &mut self.screenshot.opening {
            (opening.path, opening.name, opening.typed) = (path, name, String::new());
            opening.is_outdated = true;
            return;
        }
        match decoder(path.clone(), name.is_none()) {
            Ok(thread) => {
                let before = self.frame.take();
                let typed = String::new();
                let opening = Opening { path, name, before, typed, thread, is_outdated: false };
                self.screenshot.opening = Some(opening);
                self.loaded.0 = Subject::None;
            }
            Err(error) => self.cannot_open(&path, &error.to_string()),
        }
    }

    /// Shows the frame that was asked for once it has been decoded.
    pub(super) fn take_opened(&mut self, context: &Context) {
        let Some(mut opening) = self.screenshot.opening.take() else { return };
        if !opening.thread.is_finished() {
            self.screenshot.opening = Some(opening);
            context.request_repaint_after(POLL_INTERVAL);
            return;
        }
        let mut decoded = opening.thread.join().unwrap_or_else(|_| Err("the file is damaged".into()));
        if opening.is_outdated {
            match decoder(opening.path.clone(), opening.name.is_none()) {
                Ok(thread) => {
                    opening = Opening { thread, is_outdated: false, ..opening };
                    self.screenshot.opening = Some(opening);
                    context.request_repaint_after(POLL_INTERVAL);
                    return;
                }
                Err(error) => decoded = Err(error.to_string()),
            }
        }
        match decoded {
            Ok(decoded) => {
                let texture = context.load_texture("the frame", decoded.shown, TextureOptions::NEAREST);
                self.screenshot.shown = Some(texture);
                self.install(opening.path, opening.name, decoded.picture, decoded.original);
            }
            Err(reason) => {
                self.frame = opening.before;
                self.cannot_open(&opening.path, &reason);
                if self.screenshot.typed.is_empty() {
                    self.screenshot.typed = opening.typed;
                }
            }
        }
        // What is being typed on another page stays.
        if matches!(self.loaded.0, Subject::Card(..)) {
            self.loaded.0 = Subject::None;
        }
        context.request_repaint();
    }

    fn cannot_open(&mut self, path: &Path, reason: &str) {
        self.say(format!("{} cannot be opened: {reason}", path.display()), Tone::Warned);
    }

    /// Makes a decoded image the open frame, with the cards that were saved of it.
    fn install(
        &mut self,
        path: PathBuf,
        name: Option<String>,
        picture: Arc<RgbaImage>,
        original: Option<String>,
    ) {
        let name = name.or_else(|| self.frame_of(original.as_deref()?));
        let path = name.as_ref().map_or(path, |name| self.repository.folders().captures.join(name));
        let saved = self.session.pictures().iter().filter(|it| name.is_some() && it.context.frame == name);
        let saved = saved.filter(|it| !it.binned).filter_map(|picture| {
            Some(FrameCard {
                quad: picture.context.quad?,
                reading: Reading::of_capture(&picture.context),
                label: picture.label.clone(),
                file: Some(picture.file.clone()),
                ..FrameCard::default()
            })
        });
        let saved = saved.collect();
        let mut frame = OpenFrame::new(path, name, saved);
        frame.size = picture.dimensions().into();
        frame.original = original;
        let asked = self.inference.as_ref().is_some_and(|it| it.ask(Job::Propose(Arc::clone(&picture))));
        match &self.inference {
            Some(_) if asked => {}
            Some(_) => frame.unproposed(),
            None => frame.propose(&[]),
        }
        frame.picture = picture;
        self.frame = Some(frame);
    }

    /// The frame that was saved of a file with this content, while it is there.
    fn frame_of(&self, original: &str) -> Option<String> {
        let captures = &self.repository.folders().captures;
        let of_it = self.session.pictures().iter().map(|it| &it.context);
        let of_it = of_it.filter(|it| it.original.as_deref() == Some(original));
        let names = of_it.filter_map(|it| it.frame.clone());
        names.rev().find(|name| file_name::is_inside(name) && captures.join(name).is_file())
    }
}

/// Starts the thread.
fn decoder(path: PathBuf, is_outside: bool) -> io::Result<JoinHandle<Result<Decoded, String>>> {
    let builder = std::thread::Builder::new().name("frame".into());
    builder.spawn(move || decode(&path, is_outside).map_err(|error| error.to_string()))
}

fn decode(path: &Path, is_outside: bool) -> image::ImageResult<Decoded> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file").into());
    }
    // All at once: what is shown is what the hash is of, whoever writes there meanwhile.
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let picture = image_file::decode(&bytes)?.0.into_rgba8();
    let original = is_outside.then(|| hex(&Sha256::digest(&bytes)));
    Ok(Decoded { shown: thumbnails::whole(&picture), picture: Arc::new(picture), original })
}
