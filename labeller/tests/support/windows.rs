//! Windows of every size, and images of pages in them.

use std::path::PathBuf;

use egui_kittest::Harness;
use labeller::app::App;

use super::opened::Window;

pub(crate) const WINDOWS: [Window; 5] = [
    ([1280.0, 800.0], 1.0),
    ([1920.0, 1080.0], 1.0),
    ([2560.0, 1440.0], 1.0),
    ([1920.0, 1200.0], 1.5),
    ([2560.0, 1600.0], 2.0),
];

/// Writes what is seen into the folder that `BALATRO_LENS_PAGES` names, to be looked at.
pub(crate) fn picture(harness: &mut Harness<'static, App>, (size, scale): Window, page: &str) {
    if let Some(folder) = std::env::var_os("BALATRO_LENS_PAGES").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!("{page}-{}x{}@{scale}.png", size[0], size[1]);
        harness.render().unwrap().save(folder.join(name)).unwrap();
    }
}
