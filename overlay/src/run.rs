//! The ways to run it: live over a window, without a display, on recordings, and on single
//! images; and for the doctor `sight`, whether marks can be seen on this screen.

pub mod annotate;
pub mod live;
pub mod offscreen;
pub mod record;
pub mod replay;
#[cfg(target_os = "linux")]
pub mod sight;
pub mod source;
pub mod words;
