//! Keeps an eye on which windows there are, for whoever shows the list: the tray.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::window;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::WindowInfo;
use crate::messages::worker::{self, Worker};

/// How often the windows are listed.
const LIST_INTERVAL: Duration = Duration::from_millis(3200);

/// The thread that lists windows; dropping it ends it.
pub struct WindowList {
    stop: Option<SyncSender<()>>,
    worker: Option<Worker>,
}

impl WindowList {
    /// Starts the thread; `sink` gets the list now and whenever it has changed.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(sink: EventSink) -> std::io::Result<Self> {
        let (stop, stopped) = sync_channel(1);
        let worker = worker::spawn_reporting("windows", sink, move |sink| list(&stopped, sink))?;
        Ok(Self { stop: Some(stop), worker: Some(worker) })
    }
}

impl Drop for WindowList {
    fn drop(&mut self) {
        self.stop = None;
        self.worker.take();
    }
}

fn list(stopped: &Receiver<()>, sink: &EventSink) {
    let mut last: Vec<WindowInfo> = Vec::new();
    loop {
        if let Ok(now) = window::list()
            && last != now
        {
            last.clone_from(&now);
            if !sink(AppEvent::Windows(now)) {
                return;
            }
        }
        if stopped.recv_timeout(LIST_INTERVAL) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}
