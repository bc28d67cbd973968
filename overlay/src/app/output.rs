//! What is on the screen: the overlay's window, the scene on it, and how often it is drawn.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use marks::render::Backdrop;
use marks::render::text::FontMeasure;
use marks::scene::OverlayScene;

use super::cadence::Cadence;
use super::frame_place::FramePlace;
use super::overlay_window::{OverlayWindow, OverlayWindowError};
use super::target::Stage;
use crate::messages::window::Compositor;

/// The window and its scene.
pub(super) struct Output {
    /// `None` until the event loop runs.
    pub(super) window: Option<OverlayWindow>,
    pub(super) measure: FontMeasure,
    pub(super) scene: OverlayScene,
    cadence: Cadence,
    compositor: Compositor,
    /// Whether marks are drawn.
    pub(super) is_shown: bool,
}

/// How far the window reaches beyond what is drawn. A compositor blurs and shades what is window,
/// see-through or not, so it is no larger than it must be; without one nothing around the strokes
/// may belong to it, for it would be black.
fn margin(compositor: Compositor) -> f32 {
    match compositor {
        Compositor::Running => SMOOTH_EDGE,
        Compositor::Absent => 0.0,
    }
}

/// What smooth edges need around a stroke.
const SMOOTH_EDGE: f32 = 2.0;

/// What drawing a scene took.
pub(super) struct Drawn {
    /// From the call to the end.
    pub(super) time: Duration,
    /// Of all processors, where no graphics card draws.
    pub(super) software: Option<Duration>,
}

impl Output {
    pub(super) fn new(compositor: Compositor) -> Self {
        Self {
            window: None,
            measure: FontMeasure::default(),
            scene: OverlayScene::default(),
            cadence: Cadence::default(),
            compositor,
            is_shown: true,
        }
    }

    /// Where frames of this size lie in the window; `None` while there is no window.
    pub(super) fn frame_place(&self, frame: [u32; 2]) -> Option<FramePlace> {
        let window = self.window.as_ref()?;
        Some(match window.output() {
            Some(_) => FramePlace::fitted(window.size(), frame),
            None => FramePlace::filled(window.size(), frame),
        })
    }

    /// Width and height of the window, in pixels; none while there is no window.
    pub(super) fn size(&self) -> [u32; 2] {
        self.window.as_ref().map_or([0; 2], OverlayWindow::size)
    }

    /// Whether a compositor runs.
    pub(super) fn compositor(&self) -> Compositor {
        self.compositor
    }

    /// From one drawing of gliding cards to the next.
    pub(super) fn draw_interval(&self) -> Duration {
        self.cadence.draw_interval()
    }

    /// Takes another scene, when it is another one, and asks for a redraw.
    pub(super) fn show(&mut self, scene: OverlayScene, stage: &Stage) {
        let Some(window) = &mut self.window else { return };
        if scene == self.scene {
            return;
        }
        self.scene = scene;
        // A hidden window is drawn when it is shown again.
        if window.is_shown() || matches!(stage, Stage::Viewer) {
            window.redraw();
        }
        if !matches!(stage, Stage::Viewer) {
            window.outline(&self.scene, margin(self.compositor));
        }
    }

    /// Takes the window that is drawn on.
    pub(super) fn open(&mut self, window: OverlayWindow, stage: &Stage) {
        self.window = Some(window);
        self.set_compositor(self.compositor, stage);
    }

    /// A compositor came or went.
    pub(super) fn set_compositor(&mut self, compositor: Compositor, stage: &Stage) {
        self.compositor = compositor;
        if compositor == Compositor::Absent {
            log::warn!("no compositor runs: marks are drawn without smooth edges");
        }
        if let (Some(window), false) = (&mut self.window, matches!(stage, Stage::Viewer)) {
            window.outline(&self.scene, margin(compositor));
        }
    }

    /// Draws the scene; `None` when nothing could be shown now.
    ///
    /// # Errors
    /// When the graphics device is lost for good.
    pub(super) fn draw(&mut self, backdrop: Backdrop<'_>) -> Result<Option<Drawn>, OverlayWindowError> {
        let Some(window) = &mut self.window else { return Ok(None) };
        let (start, used) = (Instant::now(), ProcessTime::now());
        if !window.draw(&self.scene, backdrop)? {
            return Ok(None);
        }
        let time = start.elapsed();
        // Where something is recognised meanwhile it counts twice: better than not at all.
        let software = window.draws_by_software().then(|| used.elapsed());
        if let Some(cost) = software {
            self.cadence.drew_by_software(cost);
        }
        Ok(Some(Drawn { time, software }))
    }
}
