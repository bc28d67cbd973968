//! Pictures for the window: decoded by threads of their own, kept while they are looked at.
//!
//! The newest request comes first, so that after a jump through a long list what is on screen now
//! is decoded now. What has not been drawn for longest goes when too many are kept.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use image::RgbaImage;
use lens_core::image_file;

/// How large a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// At most 96 pixels high: for lists.
    Small,
    /// As it is, at most 720 pixels high.
    Large,
    /// As it is, at most 2160 pixels high: one frame to work on.
    Whole,
}

/// A picture, by its file below one of the folders.
type Key = (String, Size);

/// Requests that are kept; older ones are forgotten, as they have scrolled away.
const MAX_REQUESTS: usize = 400;
/// Pictures that are kept of each size: some 35, 90 and 60 MB.
const MAX_KEPT: [(Size, usize); 3] = [(Size::Small, 1200), (Size::Large, 24), (Size::Whole, 2)];
/// Threads that decode.
const DECODERS: usize = 2;

/// The pictures of some folders.
pub struct Thumbnails {
    requests: Arc<Requests>,
    decoded: Receiver<(Key, Option<ColorImage>)>,
    textures: HashMap<Key, Kept>,
    clock: u64,
    decoders: Vec<JoinHandle<()>>,
}

struct Kept {
    /// Nothing when it cannot be read.
    texture: Option<TextureHandle>,
    used: u64,
}

#[derive(Default)]
struct Requests {
    list: Mutex<List>,
    changed: Condvar,
}

#[derive(Default)]
struct List {
    open: Vec<Key>,
    /// Asked for, and not decoded yet.
    known: HashSet<Key>,
    closed: bool,
}

impl Thumbnails {
    /// Pictures are looked for in the first folder, then in the next.
    pub fn new(folders: &[PathBuf]) -> Self {
        let requests = Arc::new(Requests::default());
        let (answers, decoded) = sync_channel(64);
        let start = |_| {
            let (requests, answers, folders) = (Arc::clone(&requests), answers.clone(), folders.to_vec());
            let name = std::thread::Builder::new().name("thumbnails".into());
            name.spawn(move || decode(&requests, &answers, &folders)).expect("the system has threads to give")
        };
        let decoders = (0..DECODERS).map(start).collect();
        Self { requests, decoded, textures: HashMap::new(), clock: 0, decoders }
    }

    /// Takes in what has been decoded; to be called once a frame.
    pub fn begin(&mut self, context: &Context) {
        self.clock += 1;
        while let Ok((key, picture)) = self.decoded.try_recv() {
            self.lock().known.remove(&key);
            let options = if key.1 == Size::Small { TextureOptions::LINEAR } else { TextureOptions::NEAREST };
            let texture = picture.map(|picture| context.load_texture(&key.0, picture, options));
            self.textures.insert(key, Kept { texture, used: self.clock });
        }
        for (size, most) in MAX_KEPT {
            let of_size = || self.textures.iter().filter(|(key, _)| key.1 == size);
            let surplus = of_size().count().saturating_sub(most);
            if surplus > 0 {
                let mut oldest: Vec<(u64, Key)> = of_size().map(|(key, it)| (it.used, key.clone())).collect();
                oldest.sort_by_key(|(used, _)| *used);
                oldest.into_iter().take(surplus).for_each(|(_, key)| drop(self.textures.remove(&key)));
            }
        }
    }

    /// The picture, when it is there already; otherwise it will be soon.
    pub fn get(&mut self, context: &Context, file: &str, size: Size) -> Option<TextureHandle> {
        let key = (file.to_owned(), size);
        if let Some(kept) = self.textures.get_mut(&key) {
            kept.used = self.clock;
            return kept.texture.clone();
        }
        let mut list = self.lock();
        if list.known.insert(key.clone()) {
            list.open.push(key);
            if list.open.len() > MAX_REQUESTS {
                let forgotten = list.open.remove(0);
                list.known.remove(&forgotten);
            }
            self.requests.changed.notify_one();
        }
        drop(list);
        context.request_repaint_after(std::time::Duration::from_millis(16));
        None
    }

    /// Whether every request has been answered.
    pub fn is_idle(&self) -> bool {
        self.lock().known.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, List> {
        self.requests.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.lock().closed = true;
        self.requests.changed.notify_all();
        // A decoder may wait for room in the channel.
        while self.decoders.iter().any(|it| !it.is_finished()) {
            let _ = self.decoded.recv_timeout(std::time::Duration::from_millis(5));
        }
        self.decoders.drain(..).for_each(|it| drop(it.join()));
    }
}

fn decode(requests: &Requests, answers: &SyncSender<(Key, Option<ColorImage>)>, folders: &[PathBuf]) {
    loop {
        let key = {
            let mut list = requests.list.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if list.closed {
                    return;
                }
                if let Some(key) = list.open.pop() {
                    break key;
                }
                list = requests.changed.wait(list).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let picture = folders.iter().find_map(|folder| image_file::open(&folder.join(&key.0)).ok());
        let picture = picture.map(|it| texture_of(&shrunk(it, key.1)));
        if answers.send((key, picture)).is_err() {
            return;
        }
    }
}

fn shrunk(picture: RgbaImage, size: Size) -> RgbaImage {
    let most = match size {
        Size::Small => 96,
        Size::Large => 720,
        Size::Whole => 2160,
    };
    if picture.height() <= most {
        return picture;
    }
    let width = (picture.width() * most / picture.height()).max(1);
    image::imageops::thumbnail(&picture, width, most)
}

/// As the window takes it.
pub fn texture_of(picture: &RgbaImage) -> ColorImage {
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::from_rgba_unmultiplied(size, picture.as_raw())
}
