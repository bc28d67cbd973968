//! What the overlay looks at: where it is now, and how it is captured.

use lens_core::geometry::{InFrame, OnScreen, Point, Rect};
use tracking::track::Track;

use crate::capture::source::CaptureError;
use crate::desktop::hotkeys::aim::Aim;
use crate::desktop::pointer;
use crate::desktop::window::Follower;
use crate::messages::window::{Focus, Placement, Stacking, WindowId};
use crate::recognition::threads::CaptureInput;
use crate::settings::inactive::Inactive;

/// What the overlay's window is for.
pub enum Stage {
    /// It lies over another window, see-through, and follows it.
    OverWindow(Follower),
    /// It lies over a part of the screen that does not move.
    OverScreen(Rect<OnScreen>),
    /// It is a window of its own that shows the images under the marks.
    Viewer,
}

/// Opens a capture of a window.
pub type OpenSource = Box<dyn Fn(WindowId) -> Result<CaptureInput, CaptureError>>;

/// What happens when the followed window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenClosed {
    /// The overlay waits for another.
    Wait,
    /// The overlay ends.
    End,
}

/// The target of the overlay.
pub struct Target {
    pub(super) stage: Stage,
    open: OpenSource,
    when_closed: WhenClosed,
    pub(super) placement: Placement,
    /// Whether the player is there.
    pub(super) focus: Focus,
    /// How the overlay lies among other windows.
    pub(super) stacking: Stacking,
    /// The window that the player chose; `None` is the one that was asked for at the start.
    pub(super) chosen: Option<WindowId>,
    /// Nothing is captured meanwhile.
    pub(super) is_paused: bool,
}

impl Target {
    /// Looks at what `open` captures, from the window that `stage` says.
    pub fn new(stage: Stage, open: OpenSource, when_closed: WhenClosed) -> Self {
        let placement = match &stage {
            Stage::OverScreen(area) => Placement::Shown { window: WindowId(0), area: *area },
            Stage::OverWindow(_) | Stage::Viewer => Placement::Absent,
        };
        let (focus, stacking) = (Focus::Elsewhere, Stacking::Holds);
        Self { stage, open, when_closed, placement, focus, stacking, chosen: None, is_paused: false }
    }

    /// What is to be captured now.
    pub(super) fn input(&self) -> Result<CaptureInput, CaptureError> {
        match self.stage {
            _ if self.is_paused => Ok(CaptureInput::Nothing),
            Stage::OverWindow(_) => self.placement.shown().map_or(Ok(CaptureInput::Nothing), &self.open),
            Stage::OverScreen(_) | Stage::Viewer => (self.open)(WindowId(0)),
        }
    }

    pub(super) fn is_viewer(&self) -> bool {
        matches!(self.stage, Stage::Viewer)
    }

    /// Whether marks may be on the screen now, while the target is.
    pub(super) fn admits_marks(&self, inactive: Inactive) -> bool {
        match (&self.stage, inactive, self.stacking) {
            (Stage::OverScreen(_) | Stage::Viewer, ..) => true,
            (_, Inactive::Shown, _) | (_, Inactive::Auto, Stacking::Holds) => true,
            (_, Inactive::Hidden, _) | (_, Inactive::Auto, Stacking::AlwaysOnTop) => {
                self.focus == Focus::Here
            }
        }
    }

    /// Where hotkeys are taken from; `own` is the overlay's window.
    pub(super) fn aim(&self, own: WindowId) -> Aim {
        let focus = self.focus;
        match self.stage {
            Stage::OverWindow(_) => {
                self.placement.window().map_or(Aim::Nowhere, |id| Aim::Window { id, focus })
            }
            Stage::OverScreen(_) => Aim::Everywhere,
            Stage::Viewer => Aim::Window { id: own, focus },
        }
    }

    /// Whether the program ends, now that the target was at `before`.
    pub(super) fn has_ended(&self, before: Placement) -> bool {
        let is_closed = self.placement == Placement::Absent && before != Placement::Absent;
        is_closed && self.when_closed == WhenClosed::End
    }

    /// The topmost of these cards that the mouse pointer is on, on frames of this size.
    pub(super) fn card_under_pointer<'a>(&self, tracks: &'a [Track], frame: [u32; 2]) -> Option<&'a Track> {
        let Placement::Shown { area, .. } = self.placement else { return None };
        let pointer = pointer::pointer()?;
        let scale = area.width() / frame[0].max(1) as f32;
        let point = Point::<InFrame>::new((pointer.x - area.left) / scale, (pointer.y - area.top) / scale);
        // Of a fan, the card further right lies on top.
        let on = tracks.iter().filter(|track| track.quad.contains(point));
        on.max_by(|a, b| a.quad.centre().x.total_cmp(&b.quad.centre().x))
    }
}
