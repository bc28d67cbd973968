//! Where the mouse pointer is, over whatever window.

use lens_core::geometry::{OnScreen, Point};

/// Where the pointer is on the screen; `None` where that cannot be known.
#[cfg(target_os = "linux")]
pub fn pointer() -> Option<Point<OnScreen>> {
    use x11rb::protocol::xproto::ConnectionExt as _;
    let desktop = super::x11::Desktop::connect().ok()?;
    let answer = desktop.connection.query_pointer(desktop.root).ok()?.reply().ok()?;
    answer.same_screen.then(|| Point::new(f32::from(answer.root_x), f32::from(answer.root_y)))
}

/// Where the pointer is on the screen; `None` where that cannot be known.
#[cfg(not(target_os = "linux"))]
pub fn pointer() -> Option<Point<OnScreen>> {
    super::system::pointer()
}
