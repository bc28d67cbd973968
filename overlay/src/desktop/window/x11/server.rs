//! The X server that the game is on, where that is another than the one of `DISPLAY`, on which the
//! overlay's own window is: gamescope gives games a server of their own.

use x11rb::errors::ConnectError;
use x11rb::rust_connection::RustConnection;

/// Names the game's X server.
pub const GAME_DISPLAY: &str = "BALATRO_LENS_GAME_DISPLAY";

/// The game's X server; `None` where it is that of the overlay's window.
pub fn of_game() -> Option<String> {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    named(GAME_DISPLAY).filter(|name| named("DISPLAY").as_ref() != Some(name))
}

/// Connects to the X server that the game is on; with it comes the number of the screen.
///
/// # Errors
/// When it does not answer.
pub fn connect_to_game() -> Result<(RustConnection, usize), ConnectError> {
    x11rb::connect(of_game().as_deref())
}
