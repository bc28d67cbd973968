//! Where the pointer is: the overlay lets clicks through, so no event ever tells it.

use shared::geometry::{OnScreen, Point};

/// Where the pointer is on the screen; nothing where the system does not say.
#[cfg(target_os = "linux")]
pub fn pointer() -> Option<Point<OnScreen>> {
    use x11rb::protocol::xproto::ConnectionExt as _;
    let desktop = super::x11::Desktop::connect().ok()?;
    let reply = desktop.connection.query_pointer(desktop.root).ok()?.reply().ok()?;
    reply.same_screen.then(|| Point::new(f32::from(reply.root_x), f32::from(reply.root_y)))
}

/// Where the pointer is on the screen; nothing where the system does not say.
#[cfg(windows)]
#[expect(unsafe_code, reason = "one call of the system")]
pub fn pointer() -> Option<Point<OnScreen>> {
    #[repr(C)]
    struct Place {
        x: i32,
        y: i32,
    }
    #[link(name = "user32")]
    unsafe extern "system" {
        fn GetCursorPos(place: *mut Place) -> i32;
    }
    let mut place = Place { x: 0, y: 0 };
    // SAFETY: the call writes two 32-bit numbers to the place, which is as the system lays it out, and nothing else.
    let told = unsafe { GetCursorPos(&raw mut place) };
    (told != 0).then(|| Point::new(place.x as f32, place.y as f32))
}

/// Where the pointer is on the screen; nothing where the system does not say.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn pointer() -> Option<Point<OnScreen>> {
    None
}
