//! What the overlay looks at: where it is now, and how it is captured.

use lens_core::geometry::{InFrame, OnScreen, Point, Rect};
use tracking::track::Track;

use crate::capture::source::CaptureError;
use crate::desktop::hotkeys::aim::Aim;
use crate::desktop::pointer::Pointer;
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
    /// Where the pointer is in the viewer, in the window's pixels.
    pub(super) pointer_in_viewer: Option<Point<OnScreen>>,
    pointer: Pointer,
}

impl Target {
    /// Looks at what `open` captures, from the window that `stage` says.
    pub fn new(stage: Stage, open: OpenSource, when_closed: WhenClosed) -> Self {
        let placement = match &stage {
            Stage::OverScreen(area) => Placement::Shown { window: WindowId(0), area: *area },
            Stage::OverWindow(_) | Stage::Viewer => Placement::Absent,
        };
        let (focus, stacking) = (Focus::Elsewhere, Stacking::Holds);
        Self {
            stage,
            open,
            when_closed,
            placement,
            focus,
            stacking,
            chosen: None,
            is_paused: false,
            pointer_in_viewer: None,
            pointer: Pointer::default(),
        }
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

    /// The window is there now; returns where it was. One that was chosen and has been closed is
    /// chosen no more: the follower is back to what was asked for.
    pub(super) fn moved(&mut self, placement: Placement) -> Placement {
        let before = std::mem::replace(&mut self.placement, placement);
        let is_left = before.window() == self.chosen && placement.window() != self.chosen;
        self.chosen = self.chosen.filter(|_| !is_left);
        before
    }

    /// Whether the program ends, now that the target was at `before`.
    pub(super) fn has_ended(&self, before: Placement) -> bool {
        let is_closed = self.placement == Placement::Absent && before != Placement::Absent;
        is_closed && self.when_closed == WhenClosed::End
    }

    /// Where the mouse pointer is on the screen.
    pub(super) fn pointer(&self) -> Option<Point<OnScreen>> {
        self.pointer.at()
    }

    /// The topmost of these cards that the mouse pointer is on, on frames of this size that are
    /// shown in a window of this one.
    pub(super) fn card_under_pointer<'a>(
        &self,
        tracks: &'a [Track],
        frame: [u32; 2],
        window: [u32; 2],
    ) -> Option<&'a Track> {
        let (area, pointer) = match self.placement {
            _ if self.is_viewer() => {
                (Rect::ltwh(0.0, 0.0, window[0] as f32, window[1] as f32), self.pointer_in_viewer?)
            }
            Placement::Shown { area, .. } => (area, self.pointer()?),
            Placement::Hidden { .. } | Placement::Absent => return None,
        };
        let point = point_on(frame, area, pointer);
        // Of a fan, the card further right lies on top.
        let on = tracks.iter().filter(|track| track.quad.contains(point));
        on.max_by(|a, b| a.quad.centre().x.total_cmp(&b.quad.centre().x))
    }
}

/// Where on a frame, which fills this part of the screen, a point of the screen is.
fn point_on(frame: [u32; 2], area: Rect<OnScreen>, at: Point<OnScreen>) -> Point<InFrame> {
    let [width, height] = frame.map(|side| side as f32);
    Point::new(
        (at.x - area.left) * width / area.width().max(1.0),
        (at.y - area.top) * height / area.height().max(1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_window_that_was_closed_is_chosen_no_more() {
        let at = |id| Placement::Shown { window: WindowId(id), area: Rect::ltwh(0.0, 0.0, 9.0, 9.0) };
        let mut target = Target::new(
            Stage::OverScreen(Rect::ltwh(0.0, 0.0, 9.0, 9.0)),
            Box::new(|_| Ok(CaptureInput::Nothing)),
            WhenClosed::Wait,
        );
        target.moved(at(1));
        target.chosen = Some(WindowId(2));
        target.moved(at(1));
        assert_eq!(target.chosen, Some(WindowId(2)), "what moved is the one before");
        target.moved(at(2));
        target.moved(Placement::Hidden { window: WindowId(2) });
        assert_eq!(target.chosen, Some(WindowId(2)));
        assert_eq!(target.moved(at(1)).window(), Some(WindowId(2)));
        assert_eq!(target.chosen, None);
    }

    #[test]
    fn the_pointer_is_where_the_frame_is_shown() {
        // A frame of 1000x500 in a window that is half as wide and as high, at 100, 50.
        let area = Rect::ltwh(100.0, 50.0, 500.0, 500.0);
        let point = point_on([1000, 500], area, Point::new(350.0, 300.0));
        assert_eq!((point.x, point.y), (500.0, 250.0));
    }
}
