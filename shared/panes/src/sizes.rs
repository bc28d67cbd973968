//! How large everything in a window is, and how large the window may be.

use egui::{Context, Id, Vec2, ViewportCommand};

/// How much of a larger window goes into larger text and images; the rest shows more of them.
const GROWTH: f32 = 0.75;
const MAX_GROWTH: f32 = 2.5;
/// Room that a window's own title and the desktop's bars take of a screen.
const AROUND: Vec2 = Vec2::new(8.0, 72.0);

/// How much larger or smaller everything is in a window of this size than in a `usual` one. In a
/// window below `least`, whose parts would lie over each other, everything shrinks with it.
pub fn growth(window: Vec2, usual: Vec2, least: Vec2) -> f32 {
    let room = |of: Vec2| (window.x / of.x).min(window.y / of.y);
    let grown = room(usual).max(1.0).powf(GROWTH).min(MAX_GROWTH);
    grown * room(least).clamp(0.4, 1.0)
}

/// Has everything be so much larger than usual, by whole steps; the next frame has it so.
pub fn set_zoom(context: &Context, wanted: f32) {
    let wanted = (wanted * 20.0).round() / 20.0;
    if (wanted - context.zoom_factor()).abs() > 0.01 {
        context.set_zoom_factor(wanted);
        context.request_repaint();
    }
}

/// Fills the screen where a window that was just opened, with its title and beside the desktop's
/// bars, would not fit on it. Called on every frame.
pub fn fit_to_screen(context: &Context) {
    let id = Id::unique("fit_to_screen");
    if context.data(|data| data.get_temp::<bool>(id).unwrap_or_default()) {
        return;
    }
    let sizes = context.input(|input| {
        let viewport = input.viewport();
        Some((viewport.inner_rect?.size(), viewport.monitor_size?))
    });
    // Before the window is on a screen, nobody knows how large that is.
    let Some((window, screen)) = sizes else { return };
    context.data_mut(|data| data.insert_temp(id, true));
    if is_too_large(window, screen) {
        context.send_viewport_cmd(ViewportCommand::Maximized(true));
    }
}

fn is_too_large(window: Vec2, screen: Vec2) -> bool {
    let room = screen - AROUND;
    window.x > room.x || window.y > room.y
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Vec2 = Vec2::new(1280.0, 800.0);
    const LEAST: Vec2 = Vec2::new(900.0, 600.0);

    #[test]
    fn a_larger_window_has_larger_text_and_more_of_it() {
        let growth = |x: f32, y: f32| growth(Vec2::new(x, y), USUAL, LEAST);
        assert_eq!(growth(1280.0, 800.0), 1.0);
        assert_eq!(growth(900.0, 600.0), 1.0, "a small one shows less");
        let full_hd = growth(1920.0, 1080.0);
        assert!((1.2..1.35).contains(&full_hd), "{full_hd}");
        assert!(growth(2560.0, 1440.0) > full_hd);
        let tiny = growth(640.0, 400.0);
        assert!((0.6..0.7).contains(&tiny), "nothing lies over anything else: {tiny}");
    }

    #[test]
    fn a_window_that_its_screen_has_no_room_for_fills_it() {
        let too_large = |x: f32, y: f32| is_too_large(USUAL, Vec2::new(x, y));
        assert!(!too_large(1920.0, 1080.0) && !too_large(1440.0, 900.0));
        for (x, y) in [(1280.0, 800.0), (1366.0, 768.0), (1024.0, 600.0), (800.0, 1280.0)] {
            assert!(too_large(x, y), "{x} {y}");
        }
    }
}
