//! How far long work is: whoever does it says so here, and whoever shows it listens. Without a
//! listener nothing happens, so that work needs not know who started it.

use std::sync::{Arc, Mutex, PoisonError};

type Listener = Arc<dyn Fn(Said) + Send + Sync>;

static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// What is said of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// So many more things are to be done.
    Expected(usize),
    /// So many more things are done.
    Done(usize),
}

/// Says that so many more things are to be done: before the first of them.
pub fn expect(count: usize) {
    say(Said::Expected(count));
}

/// Says that so many more things are done.
pub fn advance(count: usize) {
    say(Said::Done(count));
}

fn say(said: Said) {
    // What the listener does is no business of the others who want to say something.
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(listener) = listener {
        listener(said);
    }
}

/// Listening ends with it.
#[derive(Debug)]
pub struct Listening;

/// Listens, in the place of whoever listened before.
pub fn listen(listener: impl Fn(Said) + Send + Sync + 'static) -> Listening {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    Listening
}

impl Drop for Listening {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
