//! Opens a window for a test, as large as the screen that shows it.

use egui::{UiBuilder, Vec2};
use egui_kittest::Harness;
use labeller::app::App;

/// Width and height of the window in pixels, and the screen's scale.
pub(crate) type Window = ([f32; 2], f32);

pub(crate) fn open(app: App, ([width, height], scale): Window) -> Harness<'static, App> {
    Harness::builder()
        .with_size(Vec2::new(width, height) / scale)
        .with_pixels_per_point(scale)
        .build_ui_state(
            |ui, root: &mut App| {
                root.before_closing(ui.ctx());
                // All of it: what draws a test leaves a margin.
                let whole = ui.ctx().content_rect();
                ui.set_clip_rect(whole);
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| root.ui(ui));
            },
            app,
        )
}
