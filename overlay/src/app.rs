//! The main thread: one window, one event loop, the state of what is shown.
//!
//! Events come in through the loop's proxy; what they carry is fetched from mailboxes when it is
//! needed. What a player asks for is done in `commands`, what changes from outside in `updates`;
//! `drawing` builds the scene, which is drawn only when it has changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lens_core::geometry::Point;
use tracking::pipeline::Snapshot;
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::WindowId as WinitId;

use crate::api::broadcast::Broadcast;
use crate::capture::source::CaptureError;
use crate::collect::controls::CaptureControls;
use crate::desktop::notify::Notifier;
use crate::desktop::priority;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::Mailbox;
use crate::messages::window::{Compositor, Focus, Placement};
use crate::messages::worker::Worker;
use crate::recognition::hardware::chooser::{Chooser, Found};
use crate::recognition::modded::watch::{Libraries, ModsWatcher};
use crate::recognition::models::Loader;
use crate::recognition::swap::RunningModel;
use crate::recognition::threads::Threads;
use crate::settings::watch::{FileWatcher, SettingsMailbox};
use crate::tooltips::Localisation;
use choices::Choices;
use controls::Controls;
use naming::Naming;
use notices::Notices;
use output::Output;
use overlay_window::OverlayWindow;
use statistics::Statistics;
use target::{Stage, Target};

mod cadence;
mod captures;
pub mod choices;
mod commands;
mod controls;
mod drawing;
mod frame_place;
mod hardware;
mod naming;
mod notices;
mod output;
pub mod overlay_window;
mod report;
mod shell;
mod statistics;
pub mod target;
mod updates;

/// The threads and stores that the main thread works with.
pub struct Services {
    /// Capture and recognition.
    pub threads: Threads,
    /// Where the threads put what they found.
    pub mailboxes: Mailboxes,
    /// Saves cards for labelling.
    pub captures: CaptureControls,
    /// Where other programs read what is on the screen.
    pub broadcast: Broadcast,
    /// Looks at the files of the settings and the model; `None` where neither is a file.
    pub watcher: Option<FileWatcher>,
    /// Reads the player's mods; `None` where the model stays as it is.
    pub mods: Option<ModsWatcher>,
    /// Finds out what the model runs on best; `None` where the model stays as it is.
    pub hardware: Option<Chooser>,
    /// Shows what cannot be read over the game; `None` where nothing does.
    pub notifier: Option<Notifier>,
    /// Where hotkeys and the tray send what they are asked.
    pub sink: EventSink,
}

/// What waits until the main thread fetches it.
#[derive(Default)]
pub struct Mailboxes {
    /// Tracks, from the recognition thread.
    pub snapshots: Mailbox<Snapshot>,
    /// The model that the recognition thread has gone over to.
    pub models: Mailbox<RunningModel>,
    /// The settings, after their file has changed.
    pub settings: SettingsMailbox,
    /// The mods that were read.
    pub libraries: Libraries,
    /// What the model runs on best.
    pub hardware: Mailbox<Found>,
}

/// The model that runs, and the way to another.
pub struct ModelState {
    running: RunningModel,
    /// The model that was asked for last, while it does not run.
    asked: Option<String>,
    loader: Option<Loader>,
}

impl ModelState {
    /// `running` is exchanged by `loader`; without one it stays.
    pub fn new(running: RunningModel, loader: Option<Loader>) -> Self {
        Self { running, asked: None, loader }
    }
}

/// What the card under the pointer does, while the player wants to know.
#[derive(Default)]
struct Tooltip {
    is_shown: bool,
    /// Read when it is shown for the first time.
    texts: Option<Localisation>,
}

/// When something has to be looked at again though nothing happens.
#[derive(Default)]
struct Timers {
    /// The end of the program.
    deadline: Option<Instant>,
    /// Something glides, fades or is due.
    wake: Option<Instant>,
}

impl Timers {
    fn next(&self) -> Option<Instant> {
        self.deadline.into_iter().chain(self.wake).min()
    }
}

/// The state of the main thread.
pub struct App {
    target: Target,
    services: Services,
    model: ModelState,
    choices: Choices,
    controls: Controls,
    output: Output,
    snapshot: Snapshot,
    tooltip: Tooltip,
    notices: Notices,
    timers: Timers,
    statistics: Statistics,
    /// Whether cards have been seen, so that hardware can be measured beside the game.
    has_seen_cards: bool,
    /// The card whose name is being typed.
    naming: Option<Naming>,
    /// The thread that packs a report.
    reporting: Option<Worker>,
    failure: Option<String>,
}

impl App {
    /// Puts the parts together; the window opens when the event loop runs. `compositor` is as far
    /// as is known at the start.
    pub fn new(
        target: Target,
        services: Services,
        model: ModelState,
        choices: Choices,
        compositor: Compositor,
    ) -> Self {
        Self {
            target,
            services,
            model,
            choices,
            controls: Controls::default(),
            output: Output::new(compositor),
            snapshot: Snapshot::default(),
            tooltip: Tooltip::default(),
            notices: Notices::default(),
            timers: Timers::default(),
            statistics: Statistics::default(),
            has_seen_cards: false,
            naming: None,
            reporting: None,
            failure: None,
        }
    }

    /// Ends by itself after this time.
    pub fn end_after(&mut self, seconds: f32) {
        self.timers.deadline = Some(Instant::now() + Duration::from_secs_f32(seconds));
    }

    /// Tells the time from the start of the program to the first names.
    pub fn count_from(&mut self, started_at: Instant) {
        self.statistics.started_at = Some(started_at);
    }

    /// What was seen and how fast, for people; the error that ended the loop, when one did.
    pub fn finish(mut self) -> (String, Option<String>) {
        // Threads take their time to end; marks that nobody keeps up must not stay over the game.
        self.output.window = None;
        (self.statistics.summary(self.services.threads.dropped()), self.failure)
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, reason: String) {
        self.failure = Some(reason);
        event_loop.exit();
    }

    /// Captures from the target as it is now.
    fn capture_target(&mut self, event_loop: &ActiveEventLoop) {
        match self.target.input() {
            Ok(input) => self.services.threads.capture_from(input),
            // The follower will say that it is gone.
            Err(CaptureError::Gone) => {}
            Err(error) => self.fail(event_loop, error.to_string()),
        }
    }

    /// The followed window moved, was resized, hidden, closed, or found.
    fn follow(&mut self, event_loop: &ActiveEventLoop, placement: Placement) {
        let chosen = self.target.chosen;
        let before = self.target.moved(placement);
        if self.target.chosen != chosen {
            self.show_tray();
        }
        // A window that comes back may have another image behind it: it is opened anew.
        if before.shown() != placement.shown() && !self.target.is_paused {
            self.capture_target(event_loop);
        }
        if self.target.has_ended(before) {
            event_loop.exit();
        } else if placement == Placement::Absent {
            log::info!("waiting for the window");
        }
        self.place();
    }

    /// Puts the window where its target is.
    fn place(&mut self) {
        let Some(window) = &mut self.output.window else { return };
        match self.target.placement {
            _ if self.target.is_viewer() => {}
            Placement::Shown { area, .. } if self.target.admits_marks(self.choices.settings.inactive) => {
                window.cover(area);
            }
            Placement::Shown { .. } | Placement::Hidden { .. } | Placement::Absent => window.hide(),
        }
        self.controls.aim(self.target.aim(window.id()));
    }

    /// The player came to the followed window, or left it.
    fn focus(&mut self, focus: Focus) {
        self.target.focus = focus;
        self.place();
    }

    /// Opens hotkeys and the tray; where there are no hotkeys, the overlay goes on and says so
    /// once.
    fn open_controls(&mut self) {
        let sink = Arc::clone(&self.services.sink);
        if let Err(error) = self.controls.open_hotkeys(&sink) {
            self.say(error.to_string());
        }
        self.register_hotkeys();
        self.place();
        self.controls.open_tray(&sink);
        self.show_tray();
    }
}

impl ApplicationHandler<AppEvent> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.output.window.is_some() {
            return;
        }
        let opened = match &self.target.stage {
            Stage::Viewer => OverlayWindow::viewer(event_loop),
            Stage::OverWindow(_) | Stage::OverScreen(_) => OverlayWindow::overlay(event_loop),
        };
        match opened {
            Ok(window) => {
                if let Stage::OverWindow(follower) = &self.target.stage {
                    window.keep_above(follower);
                }
                if window.draws_by_software() {
                    priority::threads_give_way(priority::SOFTWARE_DRAWING);
                }
                self.output.open(window, &self.target.stage);
                self.publish();
                self.capture_target(event_loop);
                self.place();
                self.open_controls();
                self.read_mods();
                self.ask_hardware();
            }
            Err(error) => self.fail(event_loop, error.to_string()),
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: AppEvent) {
        log::trace!("{event:?}");
        match event {
            AppEvent::TracksReady => self.fetch(),
            AppEvent::Placement(placement) => self.follow(event_loop, placement),
            AppEvent::Focus(focus) => self.focus(focus),
            AppEvent::Stacking(stacking) => {
                self.target.stacking = stacking;
                self.place();
            }
            AppEvent::Compositor(compositor) => self.output.set_compositor(compositor, &self.target.stage),
            AppEvent::Command(command) => self.command(event_loop, command),
            AppEvent::SettingsChanged => self.take_settings(),
            AppEvent::ModelFilesChanged => self.reload_model(),
            AppEvent::ModsRead => self.take_mods(),
            AppEvent::ModelSwapped => self.take_model(),
            AppEvent::HardwareMeasured => self.take_hardware(),
            AppEvent::HardwareFailed { provider, reason } => self.leave_hardware(provider, reason),
            AppEvent::ModelRefused(reason) => self.model_refused(&reason),
            AppEvent::Windows(windows) => {
                self.controls.windows = windows;
                self.show_tray();
            }
            AppEvent::Named { naming, answer } => self.take_name(naming, answer),
            AppEvent::Saved(outcome) => self.saved(&outcome),
            AppEvent::Notice(text) => self.say(text),
            AppEvent::Failed(reason) => self.fail(event_loop, reason),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _window: WinitId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => event_loop.exit(),
            // The overlay over a window never gets it; its follower says who has.
            WindowEvent::Focused(has_focus) if self.target.is_viewer() => {
                self.focus(if has_focus { Focus::Here } else { Focus::Elsewhere });
            }
            WindowEvent::Resized(size) => {
                if let Some(window) = &mut self.output.window {
                    window.resized(size.width, size.height);
                }
                self.rebuild();
            }
            // Where nothing else is asked for, winit keeps the size that it has for people: the
            // overlay has to be as large as the game, in pixels.
            WindowEvent::ScaleFactorChanged { mut inner_size_writer, .. } => {
                if let Some(size) = self.output.window.as_ref().and_then(OverlayWindow::wanted_size) {
                    // The event is over where it cannot be asked for any more.
                    let _ = inner_size_writer.request_inner_size(size);
                }
            }
            WindowEvent::CursorMoved { position, .. } if self.target.is_viewer() => {
                self.target.pointer_in_viewer = Some(Point::new(position.x as f32, position.y as f32));
            }
            WindowEvent::CursorLeft { .. } => self.target.pointer_in_viewer = None,
            WindowEvent::RedrawRequested => {
                if let Err(error) = self.draw() {
                    self.fail(event_loop, error.to_string());
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        if self.timers.deadline.is_some_and(|deadline| now >= deadline) {
            event_loop.exit();
            return;
        }
        if self.timers.wake.is_some_and(|wake| now >= wake) {
            self.capture_by_itself();
            self.rebuild();
        }
        let next = self.timers.next();
        event_loop.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}
