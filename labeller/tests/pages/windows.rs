//! Windows of every size, and pictures of pages in them.

use std::path::PathBuf;

use egui_kittest::Harness;
use labeller::app::App;

/// Width and height of the window in pixels, and the screen's scale.
pub(crate) const WINDOWS: [([f32; 2], f32); 5] = [
    ([1280.0, 800.0], 1.0),
    ([1920.0, 1080.0], 1.0),
    ([2560.0, 1440.0], 1.0),
    ([1920.0, 1200.0], 1.5),
    ([2560.0, 1600.0], 2.0),
];

/// Writes what is seen into the folder that `LABELLER_PAGES` names, to be looked at.
pub(crate) fn picture(harness: &mut Harness<'static, App>, size: [f32; 2], scale: f32, page: &str) {
    if let Some(folder) = std::env::var_os("LABELLER_PAGES").map(PathBuf::from) {
        let name = format!("{}x{}@{scale}-{page}.png", size[0], size[1]);
        harness.render().unwrap().save(folder.join(name)).unwrap();
    }
}
