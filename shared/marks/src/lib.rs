//! What is drawn over the game.
//!
//! ```text
//! Vec<Track> ─scene::build─▶ OverlayScene ─render::Renderer─▶ a window, or a picture
//! ```
//!
//! * [`scene`]: what is shown, as plain data.
//! * [`render`]: draws it with wgpu.
//!
//! Nothing here captures, recognises or knows the desktop.

#![allow(missing_docs, reason = "what a name says is not said again")]

pub mod render;
pub mod scene;
