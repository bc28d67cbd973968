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
    let window = NameWindow::new(catalogue, guesses, Rc::clone(&chosen)).at(at);
    let viewport = egui::ViewportBuilder::default()
        .with_title("Balatro Lens: which card is it?")
        .with_app_id("balatro-lens-name")
        .with_inner_size(SIZE)
        .with_resizable(false)
        .with_always_on_top();
    need_display()?;
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    eframe::run_native("balatro-lens-name", options, Box::new(move |_| Ok(Box::new(window))))
        .map_err(|error| anyhow!("{}\nhelp: name the card in the labeller", without_line(&error.to_string())))
        .context("the window cannot be opened")?;
    Ok(chosen.take())
}

/// Where the window is to be, in points, for a card at this pixel of the screen: within the monitor
/// where the card is on it. `monitor` is the size of the one that the window opened on, in points.
fn place(at: [f32; 2], pixels_per_point: f32, monitor: Option<[f32; 2]>) -> [f32; 2] {
    let at = at.map(|it| it / pixels_per_point.max(0.1));
    let is_on_it = |monitor: &[f32; 2]| (0..2).all(|axis| (0.0..monitor[axis]).contains(&at[axis]));
    match monitor.filter(is_on_it) {
        Some(monitor) => [0, 1].map(|axis| at[axis].min(monitor[axis] - SIZE[axis]).max(0.0)),
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_beside_the_card_and_on_the_screen() {
        let full_hd = Some([1920.0, 1080.0]);
        assert_eq!(place([700.0, 300.0], 1.0, full_hd), [700.0, 300.0]);
        assert_eq!(place([1800.0, 1000.0], 1.0, full_hd), [1580.0, 780.0]);
        // 3840x2160 at 200 %, 2880x1620 at 150 %.
        assert_eq!(place([1800.0, 900.0], 2.0, full_hd), [900.0, 450.0]);
        assert_eq!(place([1800.0, 900.0], 1.5, full_hd), [1200.0, 600.0]);
        assert_eq!(place([2500.0, 300.0], 1.0, full_hd), [2500.0, 300.0], "it is on another monitor");
        assert_eq!(place([700.0, 300.0], 1.0, None), [700.0, 300.0]);
    }
}
