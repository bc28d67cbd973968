//! Golden images of a window.

use egui_kittest::{Harness, OsThreshold, SnapshotOptions};
use labeller::app::App;

/// Where those of the tests lie.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// What is seen must be the golden image of this name.
pub(crate) fn is_pictured_in(harness: &mut Harness<'static, App>, folder: &str, name: &str) {
    // Drivers round edges of text and shapes differently.
    let tolerance = OsThreshold::new(400);
    let options = SnapshotOptions::new().threshold(1.5).max_failed_pixels(tolerance).output_path(folder);
    harness.snapshot_options(name, &options);
}
