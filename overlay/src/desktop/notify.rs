//! Notifications of the desktop: for what the overlay has to say while it cannot be read over the
//! game.
//!
//! On Linux by the [notification service] of the session, on macOS by the system's own script. On
//! Windows there are none: a program needs an entry in the start menu for them, which a folder that
//! was unpacked has not; the tray says it there.
//!
//! [notification service]: https://specifications.freedesktop.org/notification-spec/latest/

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::messages::worker::{self, Worker};

/// Notifications that may wait: more at once is noise.
const MAX_WAITING: usize = 4;
/// How soon the same text is shown again.
const REPEAT_INTERVAL: Duration = Duration::from_secs(60);

/// How long the desktop may take to answer: the program's end waits for it.
#[cfg(target_os = "linux")]
const PATIENCE: Duration = Duration::from_secs(5);

/// Shows notifications on a thread of its own; dropping it ends that.
pub struct Notifier {
    texts: Option<SyncSender<String>>,
    worker: Option<Worker>,
    last: Option<(String, Instant)>,
}

impl Notifier {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start() -> std::io::Result<Self> {
        let (texts, receiver) = sync_channel(MAX_WAITING);
        let worker = worker::spawn("notify", move || run(&receiver))?;
        Ok(Self { texts: Some(texts), worker: Some(worker), last: None })
    }

    /// Shows a text, unless it was shown just now.
    pub fn tell(&mut self, text: &str, now: Instant) {
        let is_repeated =
            self.last.as_ref().is_some_and(|(last, at)| last == text && now - *at < REPEAT_INTERVAL);
        if let (Some(texts), false) = (&self.texts, is_repeated) {
            self.last = Some((text.to_owned(), now));
            // It is in the log and in the tray's menu as well.
            let _ = texts.try_send(text.to_owned());
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.texts = None;
        self.worker.take();
    }
}

fn run(texts: &Receiver<String>) {
    for text in texts {
        if let Err(error) = show(&text) {
            log::debug!("no notification: {error}");
        }
    }
}

#[cfg(target_os = "linux")]
fn show(text: &str) -> zbus::Result<()> {
    use std::collections::HashMap;
    use zbus::blocking::{Proxy, connection};
    use zbus::zvariant::Value;
    const SERVICE: &str = "org.freedesktop.Notifications";
    /// The service chooses how long it is shown.
    const USUAL_TIME: i32 = -1;
    let connection = connection::Builder::session()?.method_timeout(PATIENCE).build()?;
    let service = Proxy::new(&connection, SERVICE, "/org/freedesktop/Notifications", SERVICE)?;
    // Some services read markup.
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (actions, hints) = (Vec::<&str>::new(), HashMap::<&str, Value<'_>>::new());
    let what = ("Balatro Lens", 0_u32, "", "Balatro Lens", text.as_str(), actions, hints, USUAL_TIME);
    service.call_method("Notify", &what).map(drop)
}

#[cfg(target_os = "macos")]
fn show(text: &str) -> std::io::Result<()> {
    const SCRIPT: &str =
        "on run argv\ndisplay notification (item 1 of argv) with title \"Balatro Lens\"\nend run";
    std::process::Command::new("osascript").args(["-e", SCRIPT, text]).status().map(drop)
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the other systems can refuse")]
fn show(text: &str) -> std::io::Result<()> {
    log::debug!("only the tray says: {text}");
    Ok(())
}
