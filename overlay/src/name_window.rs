//! A small window over the game in which the name of a card is typed: for a card of which no guess
//! is right.
//!
//! A process of its own (`overlay name`), because the overlay's window never has the keyboard. It
//! prints the id of the card that was chosen, or nothing.

pub mod search;
mod view;

pub use view::NameWindow;

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context as _, anyhow};
use lens_core::catalogue::Catalogue;
use lens_core::causes::without_line;

use crate::desktop::window::need_display;

/// Width and height of the window.
const SIZE: [f32; 2] = [340.0, 300.0];

/// Asks for a card; `None` when the player gave up. `guesses` are offered first, `at` is where the
/// card lies on the screen.
///
/// # Errors
/// When no window can be opened.
pub fn ask(
    catalogue: Catalogue,
    guesses: Vec<String>,
    at: Option<[f32; 2]>,
) -> anyhow::Result<Option<String>> {
    let chosen = Rc::new(RefCell::new(None));
    let window = NameWindow::new(catalogue, guesses, Rc::clone(&chosen));
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Balatro Lens: which card is it?")
        .with_app_id("balatro-lens-name")
        .with_inner_size(SIZE)
        .with_resizable(false)
        .with_always_on_top();
    if let Some(at) = at {
        viewport = viewport.with_position(at);
    }
    need_display()?;
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    eframe::run_native("balatro-lens-name", options, Box::new(move |_| Ok(Box::new(window))))
        .map_err(|error| anyhow!("{}\nhelp: name the card in the labeller", without_line(&error.to_string())))
        .context("the window cannot be opened")?;
    Ok(chosen.take())
}
