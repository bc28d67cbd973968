//! Where the mouse pointer is, over whatever window.

use lens_core::geometry::{OnScreen, Point};

/// Asks the system where the pointer is.
#[derive(Default)]
pub struct Pointer {
    /// Kept, since the pointer is asked for again and again.
    #[cfg(target_os = "linux")]
    desktop: std::cell::OnceCell<super::window::x11::Desktop>,
}

impl Pointer {
    /// Where the pointer is on the screen; `None` where that cannot be known.
    #[cfg(target_os = "linux")]
    pub fn at(&self) -> Option<Point<OnScreen>> {
        if self.desktop.get().is_none() {
            // Somebody else cannot have set it meanwhile.
            let _ = self.desktop.set(super::window::x11::Desktop::connect_to_game().ok()?);
        }
        self.desktop.get()?.pointer()
    }

    /// Where the pointer is on the screen; `None` where that cannot be known.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "only X11 has something to keep")]
    pub fn at(&self) -> Option<Point<OnScreen>> {
        super::window::system::pointer()
    }
}
