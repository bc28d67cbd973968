//! What is drawn over the game.
//!
//! ```text
//! Vec<Track> ─scene::build─▶ OverlayScene ─render::Renderer─▶ a window, or an image
//! ```
//!
//! * [`scene`]: what is shown, as plain data.
//! * [`render`]: draws it with wgpu.
//!
//! Nothing here captures, recognises or knows the desktop.

pub mod render;
pub mod scene;
