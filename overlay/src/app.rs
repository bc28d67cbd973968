//! The main thread: one window, one event loop, the state of what is shown.
//!
//! Events come in through the loop's proxy; what they carry is fetched from mailboxes when it is needed. Drawing
//! happens only when the scene has changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use lens_client::api::State;
use lens_core::geometry::{InFrame, OnScreen, Point, Rect};
use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::{Window, WindowId as WinitId};

use crate::api::board::Board;
use crate::command::Command;
use crate::event::AppEvent;
use crate::hotkeys::Hotkeys;
use crate::information::Book;
use crate::latest::Latest;
use crate::models::Loader;
use crate::settings::Settings;
use crate::target::{Placement, WindowId, WindowInfo};
use crate::threads::{Running, Threads, Watch};
use crate::tray::{self, Tray};
use crate::watch::Watcher;
use crate::window::Follower;
use cadence::Cadence;
use canvas::Canvas;
use captures::Captures;
pub use choices::{Choices, Fixed};
use marks::render::Backdrop;
use marks::render::surface::Transparency;
use marks::render::text::FontMeasure;
use marks::render::window::{Drawn, SurfaceWindow};
use marks::scene::panel::{Place, Words};
use marks::scene::style::Corner;
use marks::scene::{self, OverlayScene, View, colour};
use notices::Notices;
use statistics::Statistics;
use tracking::pipeline::Snapshot;
use tracking::track::{self, Track};

mod asked;
mod cadence;
pub mod canvas;
pub mod captures;
mod choices;
mod notices;
mod shell;
mod statistics;

/// How long after a picture gliding cards still glide.
const GLIDES_FOR: Duration = Duration::from_millis(150);
/// How often the card under the pointer is looked up while it is explained.
const EXPLAIN: Duration = Duration::from_millis(100);

/// What the window is for.
pub enum Stage {
    /// It lies over another window, see-through, and follows it.
    OverWindow(Follower),
    /// It lies over a part of the screen that does not move.
    OverScreen(Rect<OnScreen>),
    /// It is a window of its own that shows the pictures under the marks.
    Viewer,
}

/// Opens a capture of a window.
pub type OpenSource = Box<dyn Fn(WindowId) -> Result<Watch, crate::capture::CaptureError>>;

/// Sends events to the main thread; answers whether it still listens.
pub type SendEvent = Arc<dyn Fn(AppEvent) -> bool + Send + Sync>;

/// Everything that the main thread owns.
pub struct App {
    stage: Stage,
    threads: Threads,
    captures: Captures,
    open: OpenSource,
    snapshots: Latest<Snapshot>,
    board: Board,
    new_model: Latest<Running>,
    running: Running,
    choices: Choices,
    /// The model that was asked for last, while it does not run.
    asked_model: Option<String>,
    loader: Option<Loader>,
    watcher: Option<Watcher>,
    send: Option<SendEvent>,
    hotkeys: Option<Hotkeys>,
    tray: Option<Tray>,
    windows: Vec<WindowInfo>,
    chosen_window: Option<WindowId>,
    ends_with_target: bool,
    deadline: Option<Instant>,

    canvas: Option<Canvas>,
    cadence: Cadence,
    measure: FontMeasure,
    snapshot: Snapshot,
    scene: OverlayScene,
    placement: Placement,
    composited: bool,
    shown: bool,
    paused: bool,
    /// Whether the card under the pointer is explained.
    explains: bool,
    book: Option<Book>,
    notices: Notices,
    /// When something has to be looked at again though nothing happens.
    wake: Option<Instant>,
    statistics: Statistics,
    failure: Option<String>,
}

/// What the app is made of.
pub struct Parts {
    /// What the window is for.
    pub stage: Stage,
    /// Capture and vision.
    pub threads: Threads,
    /// Where cards are saved for labelling.
    pub captures: Captures,
    /// Opens the window that is followed.
    pub open: OpenSource,
    /// Where the vision thread puts its snapshots.
    pub snapshots: Latest<Snapshot>,
    /// Where other programs read what is on the screen.
    pub board: Board,
    /// Where it says which model it has gone over to.
    pub new_model: Latest<Running>,
    /// The model that runs.
    pub running: Running,
    /// What the player chose.
    pub choices: Choices,
    /// Opens other models; `None` where there is only one.
    pub loader: Option<Loader>,
    /// Watches the settings and the model; `None` where neither is a file.
    pub watcher: Option<Watcher>,
    /// Where hotkeys and the tray send what they are asked; `None` runs without them.
    pub send: Option<SendEvent>,
    /// Whether a compositor runs, as far as is known at the start.
    pub composited: bool,
    /// Whether the program ends when the followed window is closed.
    pub ends_with_target: bool,
    /// When to end by itself.
    pub seconds: Option<f32>,
}

impl App {
    /// Puts the parts together; the window opens when the event loop runs.
    pub fn new(parts: Parts) -> Self {
        let placement = match &parts.stage {
            Stage::OverScreen(area) => Placement::Shown { window: WindowId(0), area: *area },
            Stage::OverWindow(_) | Stage::Viewer => Placement::Absent,
        };
        Self {
            stage: parts.stage,
            threads: parts.threads,
            captures: parts.captures,
            open: parts.open,
            snapshots: parts.snapshots,
            board: parts.board,
            new_model: parts.new_model,
            running: parts.running,
            choices: parts.choices,
            asked_model: None,
            loader: parts.loader,
            watcher: parts.watcher,
            send: parts.send,
            hotkeys: None,
            tray: None,
            windows: Vec::new(),
            chosen_window: None,
            ends_with_target: parts.ends_with_target,
            deadline: parts.seconds.map(|seconds| Instant::now() + Duration::from_secs_f32(seconds)),
            canvas: None,
            cadence: Cadence::default(),
            measure: FontMeasure::default(),
            snapshot: Snapshot::default(),
            scene: OverlayScene::default(),
            placement,
            composited: parts.composited,
            shown: true,
            paused: false,
            explains: false,
            book: None,
            notices: Notices::default(),
            wake: None,
            statistics: Statistics::default(),
            failure: None,
        }
    }

    /// What was seen and how fast, for people; the error that ended the loop, when one did.
    pub fn finish(self) -> (String, Option<String>) {
        (self.statistics.summary(self.threads.dropped()), self.failure)
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, reason: String) {
        self.failure = Some(reason);
        event_loop.exit();
    }

    fn source(&self) -> Result<Watch, crate::capture::CaptureError> {
        match self.stage {
            Stage::OverWindow(_) => self.placement.window().map_or(Ok(Watch::Nothing), &self.open),
            Stage::OverScreen(_) | Stage::Viewer => (self.open)(WindowId(0)),
        }
    }

    fn watch(&mut self, event_loop: &ActiveEventLoop, watch: Result<Watch, crate::capture::CaptureError>) {
        match watch {
            Ok(watch) => self.threads.watch(watch),
            // The follower will say that it is gone.
            Err(crate::capture::CaptureError::Gone) => {}
            Err(error) => self.fail(event_loop, error.to_string()),
        }
    }

    /// The followed window moved, was resized, hidden, closed, or found.
    fn follow(&mut self, event_loop: &ActiveEventLoop, placement: Placement) {
        let before = std::mem::replace(&mut self.placement, placement);
        if before.window() != placement.window() && !self.paused {
            let watch = self.source();
            self.watch(event_loop, watch);
        }
        match placement {
            Placement::Absent if self.ends_with_target && before != Placement::Absent => event_loop.exit(),
            Placement::Absent => log::info!("waiting for the window"),
            Placement::Shown { .. } | Placement::Hidden { .. } => {}
        }
        self.place();
    }

    /// Puts the window where its target is.
    fn place(&mut self) {
        let Some(canvas) = &mut self.canvas else { return };
        match (self.placement, &self.stage) {
            (_, Stage::Viewer) => {}
            (Placement::Shown { area, .. }, _) => canvas.cover(area),
            (Placement::Hidden { .. } | Placement::Absent, _) => canvas.hide(),
        }
    }

    fn fetch(&mut self) {
        let Some(snapshot) = self.snapshots.try_take() else { return };
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let number = |snapshot: &Snapshot| snapshot.picture.as_ref().map(|frame| frame.id);
        let is_new = number(&before) != number(&self.snapshot);
        self.statistics.saw(&self.snapshot, is_new, &self.running.catalogue);
        if let (Stage::Viewer, true, Some(picture), Some(canvas)) =
            (&self.stage, is_new, &self.snapshot.picture, &self.canvas)
        {
            canvas.fit(picture.width, picture.height);
            canvas.redraw();
        }
        if is_new {
            self.expect_capture();
        }
        self.capture_by_itself();
        self.publish();
        self.rebuild();
    }

    /// Tells other programs what is on the screen.
    fn publish(&self) {
        let state = match (self.paused, &self.snapshot.picture) {
            (true, _) => State::Paused,
            (false, Some(_)) => State::Watching,
            (false, None) => State::Waiting,
        };
        self.board.publish(state, self.snapshot.frame_size(), &self.snapshot.tracks, &self.running.catalogue);
    }

    /// Builds the scene anew and asks for a redraw when it is another one.
    fn rebuild(&mut self) {
        let now = Instant::now();
        let Some(canvas) = &mut self.canvas else { return };
        let view = View { window: canvas.size(), frame: self.snapshot.frame_size() };
        let age = self.snapshot.picture.as_ref().map_or(Duration::ZERO, |frame| frame.captured_at.elapsed());
        let tracks = if self.shown { track::glide(&self.snapshot.tracks, age) } else { Vec::new() };
        let style = &self.choices.settings.style;
        let catalogue = &self.running.catalogue;
        let mut scene = scene::build(&tracks, catalogue, style, view, &self.scene, &mut self.measure);
        if let (true, Some(book)) = (self.explains, &self.book)
            && let Some(track) = under_pointer(&tracks, self.placement, view)
        {
            let words = book.words(track, catalogue, &style.palette);
            let card = view.overlay_from_frame().quad(track.quad).bounds();
            scene.say(&words, Place::Beside(card), style, &mut self.measure);
        }
        if self.shown {
            scene.flash(self.captures.lit(&self.snapshot.tracks, now), view);
        }
        for text in self.notices.now(now) {
            let words = Words::notice(text, colour::UNKNOWN);
            scene.say(&words, Place::Corner(Corner::BottomLeft), style, &mut self.measure);
        }
        let glides = age < GLIDES_FOR && tracks.iter().any(Track::glides);
        let times = [
            glides.then(|| now + self.cadence.pause()),
            self.explains.then(|| now + EXPLAIN),
            self.notices.next_change(),
            self.captures.next_change(now),
        ];
        self.wake = times.into_iter().flatten().min();
        if scene != self.scene {
            self.scene = scene;
            canvas.redraw();
            if !self.composited && !matches!(self.stage, Stage::Viewer) {
                canvas.outline(Some(&self.scene));
            }
        }
    }

    /// Opens hotkeys and the tray; where there are none, the overlay goes on and says so once.
    fn open_controls(&mut self) {
        let Some(send) = self.send.clone() else { return };
        let sender = || {
            let send = Arc::clone(&send);
            Box::new(move |command| send(AppEvent::Command(command))) as crate::hotkeys::Send
        };
        match Hotkeys::open(sender()) {
            Ok(hotkeys) => self.hotkeys = Some(hotkeys),
            Err(reason) => self.say(reason),
        }
        self.register_hotkeys();
        match Tray::open(sender()) {
            Ok(tray) => {
                self.tray = Some(tray);
                if let Some(watcher) = &self.watcher {
                    watcher.windows();
                }
                self.show_tray();
            }
            // Many desktops have none: worth a line in the log, not one on the game.
            Err(reason) => log::warn!("{reason}"),
        }
    }

    fn draw(&mut self) -> Result<(), String> {
        let Some(canvas) = &mut self.canvas else { return Ok(()) };
        let (start, used) = (Instant::now(), ProcessTime::now());
        let picture = self.snapshot.picture.as_ref();
        let backdrop = match (&self.stage, picture) {
            (Stage::Viewer, Some(frame)) => Backdrop::Picture(frame.pixels()),
            _ => Backdrop::Transparent,
        };
        if canvas.draw(&self.scene, backdrop)? {
            self.statistics.drew(start.elapsed(), picture);
            if canvas.draws_by_software() {
                // Where something is recognised meanwhile it counts twice: better than not at all.
                let cost = used.elapsed();
                self.cadence.drew_by_software(cost);
                self.threads.spend(cost);
            }
        }
        Ok(())
    }
}

impl ApplicationHandler<AppEvent> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.canvas.is_some() {
            return;
        }
        let opened = match &self.stage {
            Stage::Viewer => Canvas::viewer(event_loop),
            Stage::OverWindow(_) | Stage::OverScreen(_) => Canvas::overlay(event_loop),
        };
        match opened {
            Ok(canvas) => {
                if let Stage::OverWindow(follower) = &self.stage {
                    canvas.keep_above(follower);
                }
                self.canvas = Some(canvas);
                self.publish();
                let watch = self.source();
                self.watch(event_loop, watch);
                self.place();
                self.open_controls();
            }
            Err(error) => self.fail(event_loop, error),
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: AppEvent) {
        log::trace!("{event:?}");
        match event {
            AppEvent::TracksReady => self.fetch(),
            AppEvent::Target(placement) => self.follow(event_loop, placement),
            AppEvent::Compositor(composited) => {
                self.composited = composited;
                if !composited {
                    log::warn!("no compositor runs: marks are drawn without smooth edges");
                }
                if let Some(canvas) = &mut self.canvas {
                    canvas.outline((!composited).then_some(&self.scene));
                }
            }
            AppEvent::Command(command) => self.command(event_loop, command),
            AppEvent::Settings(news) => self.settings(*news),
            AppEvent::ModelFiles => self.model_files(),
            AppEvent::ModelRuns => self.model_runs(),
            AppEvent::ModelRefused(reason) => self.model_refused(&reason),
            AppEvent::Windows(windows) => {
                self.windows = windows;
                self.show_tray();
            }
            AppEvent::Captured(outcome) => self.captured(&outcome),
            AppEvent::Notice(text) => self.say(text),
            AppEvent::Failed(reason) => self.fail(event_loop, reason),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _window: WinitId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::Resized(size) => {
                if let Some(canvas) = &mut self.canvas {
                    canvas.resized(size.width, size.height);
                }
                self.rebuild();
            }
            WindowEvent::RedrawRequested => {
                if let Err(error) = self.draw() {
                    self.fail(event_loop, error);
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            event_loop.exit();
            return;
        }
        if self.wake.is_some_and(|wake| now >= wake) {
            self.capture_by_itself();
            self.rebuild();
        }
        let next = [self.deadline, self.wake].into_iter().flatten().min();
        event_loop.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}

/// The topmost card that the mouse pointer is on.
fn under_pointer(tracks: &[Track], placement: Placement, view: View) -> Option<&Track> {
    let Placement::Shown { area, .. } = placement else { return None };
    let pointer = crate::window::pointer::pointer()?;
    let scale = view.overlay_from_frame().scale;
    let point = Point::<InFrame>::new((pointer.x - area.left) / scale, (pointer.y - area.top) / scale);
    // Of a fan, the card further right lies on top.
    let on = tracks.iter().filter(|track| track.quad.contains(point));
    on.max_by(|a, b| a.quad.centre().x.total_cmp(&b.quad.centre().x))
}
