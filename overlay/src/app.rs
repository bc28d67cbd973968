//! The main thread: one window, one event loop, the state of what is shown.
//!
//! Events come in through the loop's proxy; what they carry is fetched from mailboxes when it is needed. Drawing
//! happens only when the scene has changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::catalogue::Catalogue;
use shared::geometry::{OnScreen, Rect};
use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::{Window, WindowId as WinitId};

use crate::command::Command;
use crate::event::AppEvent;
use crate::latest::Latest;
use crate::pipeline::{Snapshot, Threads, Watch};
use crate::render::gpu::{Next, Transparency, WindowSurface};
use crate::render::text::FontMeasure;
use crate::render::{Backdrop, Renderer};
use crate::scene::{self, OverlayScene, View};
use crate::target::{Placement, WindowId};
use crate::window::Follower;
use canvas::Canvas;
use captures::Captures;
use statistics::Statistics;

mod canvas;
pub mod captures;
mod statistics;

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

/// Everything that the main thread owns.
pub struct App {
    stage: Stage,
    threads: Threads,
    captures: Captures,
    open: OpenSource,
    snapshots: Latest<Snapshot>,
    catalogue: Arc<Catalogue>,
    ends_with_target: bool,
    deadline: Option<Instant>,

    canvas: Option<Canvas>,
    measure: FontMeasure,
    snapshot: Snapshot,
    scene: OverlayScene,
    placement: Placement,
    composited: bool,
    shown: bool,
    paused: bool,
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
    /// Where cards are named from.
    pub catalogue: Arc<Catalogue>,
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
        let Parts {
            stage,
            threads,
            captures,
            open,
            snapshots,
            catalogue,
            composited,
            ends_with_target,
            seconds,
        } = parts;
        let placement = match &stage {
            Stage::OverScreen(area) => Placement::Shown { window: WindowId(0), area: *area },
            Stage::OverWindow(_) | Stage::Viewer => Placement::Absent,
        };
        Self {
            stage,
            threads,
            captures,
            open,
            snapshots,
            catalogue,
            ends_with_target,
            deadline: seconds.map(|seconds| Instant::now() + Duration::from_secs_f32(seconds)),
            canvas: None,
            measure: FontMeasure::default(),
            snapshot: Snapshot::default(),
            scene: OverlayScene::default(),
            placement,
            composited,
            shown: true,
            paused: false,
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

    fn command(&mut self, event_loop: &ActiveEventLoop, command: Command) {
        match command {
            Command::Toggle => {
                self.shown = !self.shown;
                self.rebuild();
            }
            Command::Pause => {
                self.paused = !self.paused;
                let watch = if self.paused { Ok(Watch::Nothing) } else { self.source() };
                self.watch(event_loop, watch);
            }
            Command::Snapshot => self.capture(captures::Which::Doubtful),
            Command::SnapshotPointer => self.capture(captures::Which::UnderPointer),
            Command::ToggleAutomatic => self.toggle_automatic(),
            Command::Correct(number) => self.correct(number),
            Command::Quit => event_loop.exit(),
        }
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
        self.statistics.saw(&self.snapshot, is_new, &self.catalogue);
        if let (Stage::Viewer, true, Some(picture), Some(canvas)) =
            (&self.stage, is_new, &self.snapshot.picture, &self.canvas)
        {
            canvas.fit(picture.width, picture.height);
            canvas.redraw();
        }
        if is_new {
            self.capture_by_itself();
        }
        self.rebuild();
    }

    /// Builds the scene anew and asks for a redraw when it is another one.
    fn rebuild(&mut self) {
        let Some(canvas) = &mut self.canvas else { return };
        let view = View { window: canvas.size(), frame: self.snapshot.frame_size() };
        let tracks = if self.shown { self.snapshot.tracks.as_slice() } else { &[] };
        let mut scene = scene::build(tracks, &self.catalogue, view, &self.scene, &mut self.measure);
        if self.shown {
            let (lines, flashes) = self.captures.said(tracks, Instant::now());
            scene::notice::add(&mut scene, &lines, &flashes, view, &mut self.measure);
        }
        if scene != self.scene {
            self.scene = scene;
            canvas.redraw();
            if !self.composited && !matches!(self.stage, Stage::Viewer) {
                canvas.outline(Some(&self.scene));
            }
        }
    }

    fn draw(&mut self) -> Result<(), String> {
        let Some(canvas) = &mut self.canvas else { return Ok(()) };
        let start = Instant::now();
        let picture = self.snapshot.picture.as_ref();
        let backdrop = match (&self.stage, picture) {
            (Stage::Viewer, Some(frame)) => Backdrop::Picture(frame.pixels()),
            _ => Backdrop::Transparent,
        };
        if canvas.draw(&self.scene, backdrop)? {
            self.statistics.drew(start.elapsed(), picture);
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
                let watch = self.source();
                self.watch(event_loop, watch);
                self.place();
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
            AppEvent::Captured(outcome) => {
                self.captures.heard(outcome, Instant::now());
                self.rebuild();
            }
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
        }
        if self.captures.forget(now) {
            self.rebuild();
        }
        let wake = self.deadline.into_iter().chain(self.captures.next_change()).min();
        event_loop.set_control_flow(wake.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}
