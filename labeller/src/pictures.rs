//! Images for the window that threads of their own make: asked for when they are drawn, kept
//! while they are looked at.
//!
//! The newest request comes first, so that after a jump through a long list what is on screen now
//! is made now. What has not been drawn for longest goes when too many are kept, and no frame takes
//! in more than it has time for.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};

/// Requests that are kept; older ones are forgotten, as they have scrolled away.
const MAX_REQUESTS: usize = 400;
/// Images that may wait for the window.
const MAX_WAITING: usize = 64;
/// Images that a frame takes in: a screen full of small ones is there after a few.
const MAX_TAKEN: usize = 16;

/// Which image.
pub trait Key: Clone + Eq + Hash + Send + 'static {
    /// What the graphics card calls it.
    fn name(&self) -> String;
    /// How it is enlarged.
    fn options(&self) -> TextureOptions;
    /// Of images of this kind so many are kept.
    fn kept(&self) -> (u8, usize);
}

/// Makes an image; nothing where there is none.
pub type Make<K> = Box<dyn FnMut(&K) -> Option<ColorImage> + Send>;

/// Images of one source.
pub struct Pictures<K: Key> {
    requests: Arc<Requests<K>>,
    made: Receiver<(K, Option<ColorImage>)>,
    textures: HashMap<K, Kept>,
    /// How many there are of each kind.
    counts: HashMap<u8, usize>,
    clock: u64,
    threads: Vec<JoinHandle<()>>,
}

struct Kept {
    /// Nothing when there is none.
    texture: Option<TextureHandle>,
    used: u64,
}

struct Requests<K> {
    list: Mutex<List<K>>,
    changed: Condvar,
}

struct List<K> {
    open: Vec<K>,
    /// Open, being made, or on its way.
    known: HashSet<K>,
    closed: bool,
}

impl<K: Key> Pictures<K> {
    /// A thread for each of these.
    pub fn new(name: &str, makers: Vec<Make<K>>) -> Self {
        let list = List { open: Vec::new(), known: HashSet::new(), closed: false };
        let requests = Arc::new(Requests { list: Mutex::new(list), changed: Condvar::new() });
        let (outbox, made) = sync_channel(MAX_WAITING);
        let threads = makers.into_iter().filter_map(|make| {
            let (requests, outbox) = (Arc::clone(&requests), outbox.clone());
            let builder = std::thread::Builder::new().name(name.to_owned());
            builder.spawn(move || work(&requests, &outbox, make)).ok()
        });
        let threads = threads.collect();
        Self { requests, made, textures: HashMap::new(), counts: HashMap::new(), clock: 0, threads }
    }

    /// Takes in what has been made; to be called once a frame.
    pub fn begin(&mut self, context: &Context) {
        self.clock += 1;
        for taken in 0.. {
            if taken == MAX_TAKEN {
                context.request_repaint();
                break;
            }
            let Ok((key, picture)) = self.made.try_recv() else { break };
            self.lock().known.remove(&key);
            let texture = picture.map(|it| context.load_texture(key.name(), it, key.options()));
            let (kind, most) = key.kept();
            if self.textures.insert(key, Kept { texture, used: self.clock }).is_none() {
                *self.counts.entry(kind).or_default() += 1;
            }
            self.drop_oldest(kind, most);
        }
    }

    /// Drops a tenth more than is too much, so that it is not sorted for every image.
    fn drop_oldest(&mut self, kind: u8, most: usize) {
        let count = self.counts.get(&kind).copied().unwrap_or_default();
        if count <= most {
            return;
        }
        let of_kind = self.textures.iter().filter(|(key, _)| key.kept().0 == kind);
        let mut oldest: Vec<(u64, K)> = of_kind.map(|(key, it)| (it.used, key.clone())).collect();
        oldest.sort_by_key(|(used, _)| *used);
        let surplus = count - most + most / 10;
        oldest.into_iter().take(surplus).for_each(|(_, key)| drop(self.textures.remove(&key)));
        self.counts.insert(kind, count - surplus);
    }

    /// The image, when it is there already; otherwise it will be soon.
    pub fn get(&mut self, context: &Context, key: &K) -> Option<TextureHandle> {
        if let Some(kept) = self.textures.get_mut(key) {
            kept.used = self.clock;
            return kept.texture.clone();
        }
        let mut list = self.lock();
        if list.known.insert(key.clone()) {
            list.open.push(key.clone());
            if list.open.len() > MAX_REQUESTS {
                let forgotten = list.open.remove(0);
                list.known.remove(&forgotten);
            }
            self.requests.changed.notify_one();
        }
        drop(list);
        context.request_repaint_after(Duration::from_millis(16));
        None
    }

    /// Whether it is known that there is no such image.
    pub fn is_none(&self, key: &K) -> bool {
        self.textures.get(key).is_some_and(|kept| kept.texture.is_none())
    }

    /// Whether every request has been answered.
    pub fn is_idle(&self) -> bool {
        self.lock().known.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, List<K>> {
        self.requests.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key> Drop for Pictures<K> {
    fn drop(&mut self) {
        self.lock().closed = true;
        self.requests.changed.notify_all();
        // A thread may wait for room in the channel.
        while self.threads.iter().any(|it| !it.is_finished()) {
            let _ = self.made.recv_timeout(Duration::from_millis(5));
        }
        self.threads.drain(..).for_each(|it| drop(it.join()));
    }
}

fn work<K: Key>(requests: &Requests<K>, answers: &SyncSender<(K, Option<ColorImage>)>, mut make: Make<K>) {
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
        let picture = make(&key);
        if answers.send((key, picture)).is_err() {
            return;
        }
    }
}
