//! Correcting a card by typing its name: a small window of its own asks for it, and the card is
//! kept meanwhile as it was.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use lens_core::catalogue::{Card, Catalogue};
use lens_core::geometry::{OnScreen, Point};
use tracking::frame::Frame;
use tracking::track::Track;

use super::shell::{self, ShellError};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::worker::{self, Worker};

/// A card whose name is being typed; the window goes when this is dropped.
pub(super) struct Naming {
    /// Which one it is: the answer says so too.
    pub(super) number: u32,
    pub(super) frame: Frame,
    pub(super) card: Track,
    window: Arc<Mutex<Child>>,
    _worker: Worker,
}

impl Drop for Naming {
    fn drop(&mut self) {
        // It may be closed already; the worker, which waits for its word, ends with it.
        let _ = held(&self.window).kill();
    }
}

fn held(window: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Naming {
    /// Asks for the card's name at this place; what is typed comes to `sink`.
    pub(super) fn open(
        frame: Frame,
        card: Track,
        catalogue: &Catalogue,
        at: Option<Point<OnScreen>>,
        sink: EventSink,
    ) -> Result<Self, ShellError> {
        let own = std::env::current_exe().map_err(ShellError::OwnFolder)?;
        let mut process = Process::new(own);
        process.args(arguments(&lens_core::paths::catalogue(&catalogue.game), &card, at));
        Self::start(process, frame, card, catalogue, sink)
    }

    fn start(
        mut process: Process,
        frame: Frame,
        card: Track,
        catalogue: &Catalogue,
        sink: EventSink,
    ) -> Result<Self, ShellError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let program = process.get_program().to_string_lossy().into_owned();
        let failed = |source| ShellError::Start { program: program.clone(), source };
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let more: Vec<&Card> = catalogue.cards.iter().filter(|card| card.from_mod.is_some()).collect();
        let more = serde_json::to_vec(&more).map_err(|error| failed(error.into()))?;
        let window = Arc::new(Mutex::new(process.spawn().map_err(failed)?));
        let theirs = Arc::clone(&window);
        let worker = worker::spawn("name", move || {
            let answer = answer(&theirs, &more);
            // Nobody listens once the program ends.
            let _ = sink(AppEvent::Named { naming: number, answer });
        });
        match worker {
            Ok(worker) => Ok(Self { number, frame, card, window, _worker: worker }),
            Err(error) => {
                // The worker's own error matters.
                let _ = held(&window).kill();
                Err(failed(error))
            }
        }
    }
}

/// How the window is asked for.
fn arguments(catalogue: &Path, card: &Track, at: Option<Point<OnScreen>>) -> Vec<std::ffi::OsString> {
    let guesses: Vec<&str> = card.guesses.iter().map(|guess| guess.id.as_str()).collect();
    let mut words: Vec<std::ffi::OsString> = vec!["name".into(), "--catalogue".into(), catalogue.into()];
    words.extend(["--more", "-", "--guesses", &guesses.join(",")].map(Into::into));
    if let Some(at) = at {
        words.extend(["--at".into(), at.x.to_string().into(), at.y.to_string().into()]);
    }
    words
}

/// Hands `more` cards to the window and waits for its end: what was chosen, nothing where it was
/// closed, or why it could not ask.
fn answer(window: &Mutex<Child>, more: &[u8]) -> Result<Option<String>, String> {
    let (input, said, errors) = {
        let mut window = held(window);
        (window.stdin.take(), window.stdout.take(), window.stderr.take())
    };
    let (mut chosen, mut fault) = (String::new(), String::new());
    thread::scope(|scope| {
        // Both pipes at once: one that is full stops the window.
        scope.spawn(|| errors.map(|mut errors| errors.read_to_string(&mut fault)));
        if let Some(mut input) = input {
            // A window that has ended says why itself.
            let _ = input.write_all(more);
        }
        // One that is killed says nothing.
        let _ = said.map(|mut said| said.read_to_string(&mut chosen));
    });
    // Its pipes are closed, so it has ended.
    let ended = held(window).wait();
    let chosen = chosen.trim();
    match ended {
        Ok(status) if status.code().is_some_and(|code| code != 0) => {
            Err(shell::reason(&fault).unwrap_or_else(|| status.to_string()))
        }
        _ if chosen.is_empty() => Ok(None),
        _ => Ok(Some(chosen.to_owned())),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::{Duration, Instant};

    use lens_core::catalogue::FromMod;
    use lens_core::geometry::{Quad, Rect};
    use lens_core::pixels::ChannelOrder;
    use vision::reading::Identity;

    use super::*;
    use crate::test_track::track;

    /// What comes of a window that is this shell script.
    fn answer_of(script: &str) -> Result<Option<String>, String> {
        let (sender, events) = sync_channel(1);
        let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
        let mut catalogue = (*synth::practice::catalogue()).clone();
        let mut rose = catalogue.cards[0].clone();
        (rose.id, rose.name) = ("j_gd_rose".into(), "Red Rose".to_owned());
        rose.from_mod = Some(FromMod::default());
        catalogue.add_cards([rose]);
        let mut process = Process::new("sh");
        process.args(["-c", script]);
        let bytes = Arc::new(vec![0; 4 * 4 * 4]);
        let frame = Frame::new(0, Instant::now(), 4, 4, ChannelOrder::Rgbx, bytes).unwrap();
        let card = track(0, Identity::default(), Quad::from_rect(Rect::ltwh(0.0, 0.0, 2.0, 3.0)));
        let naming = Naming::start(process, frame, card, &catalogue, sink).unwrap();
        match events.recv_timeout(Duration::from_secs(20)) {
            Ok(AppEvent::Named { naming: number, answer }) if number == naming.number => answer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_chosen_comes_back_and_why_nothing_could_be() {
        assert_eq!(answer_of("cat > /dev/null; echo S_Q"), Ok(Some("S_Q".to_owned())));
        assert_eq!(answer_of("true"), Ok(None));
        let fault = answer_of("echo 'error: there is no display' >&2; echo 'help: start one' >&2; exit 1");
        assert_eq!(fault, Err("there is no display".to_owned()));
        assert_eq!(answer_of("exit 3"), Err("exit status: 3".to_owned()));
        assert_eq!(answer_of("grep -o j_gd_rose"), Ok(Some("j_gd_rose".to_owned())), "cards of mods");
        // More than a pipe holds.
        assert_eq!(answer_of("seq 60000 >&2; echo S_K"), Ok(Some("S_K".to_owned())));
    }
}
