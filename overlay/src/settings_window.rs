//! The settings in a window: every key of `overlay.toml` with its text, a preview of the marks,
//! chords that are recorded by pressing them.
//!
//! A process of its own (`overlay settings`): it writes the same file that a player can edit by
//! hand, keeps its comments, and the running overlay takes a change over as it does any other. What
//! is wrong is said beside its key and never written.

mod api_page;
pub mod chord;
pub mod draft;
pub mod entries;
mod mods_page;
pub mod preview;
mod view;
mod window;

pub use window::SettingsWindow;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use lens_core::causes::without_line;

use crate::desktop::window::need_display;

/// Shows the window until it is closed.
///
/// # Errors
/// When the file cannot be read, or no window can be opened.
pub fn run(file: PathBuf) -> anyhow::Result<()> {
    // What is wrong with the file matters more than that there is no display, and that more than
    // to write a file.
    if file.exists() {
        crate::settings::file::read(&file)?;
    }
    need_display()?;
    let window = SettingsWindow::open(file)?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Balatro Lens settings")
            .with_app_id("balatro-lens-settings")
            .with_inner_size([1120.0, 760.0])
            .with_min_inner_size([560.0, 360.0]),
        ..Default::default()
    };
    eframe::run_native("balatro-lens-settings", options, Box::new(move |_| Ok(Box::new(window))))
        .map_err(|error| {
            anyhow!(
                "{}\nhelp: edit overlay.toml instead: it holds the same",
                without_line(&error.to_string())
            )
        })
        .context("the window cannot be opened")
}
