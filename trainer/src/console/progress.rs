//! How far long work is: whoever does it says so here, and whoever shows it listens. Without a
//! listener nothing happens, so that work needs not know who started it.

use std::sync::{Arc, Mutex, PoisonError};

type Listener = Arc<dyn Fn(usize) + Send + Sync>;

static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// Says that so many more things are done.
pub fn advance(count: usize) {
    // What the listener does is no business of the others who want to say something.
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(listener) = listener {
        listener(count);
    }
}

/// Listening ends with it.
#[derive(Debug)]
pub struct Listening;

/// Listens, in the place of whoever listened before.
pub fn listen(listener: impl Fn(usize) + Send + Sync + 'static) -> Listening {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    Listening
}

impl Drop for Listening {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
