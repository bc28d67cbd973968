//! All parts put together: live over a window, offscreen, and replayed from a recording.

pub mod live;
pub mod offscreen;
pub mod replay;
pub mod source;
