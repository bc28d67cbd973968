//! Waits for a window's threads.

use std::time::{Duration, Instant};

use egui_kittest::Harness;
use labeller::app::App;
use labeller::window::Labeller;

/// Frames until nothing is on its way.
pub(crate) fn settle(harness: &mut Harness<'static, App>) {
    let is_idle = |harness: &Harness<'static, App>| harness.state().labeller().is_none_or(Labeller::is_idle);
    let start = Instant::now();
    loop {
        harness.run_steps(3);
        if is_idle(harness) {
            // What has arrived may ask for more once it is shown.
            harness.run_steps(2);
            if is_idle(harness) {
                return;
            }
        }
        assert!(start.elapsed() < Duration::from_secs(120), "the threads do not answer");
        std::thread::sleep(Duration::from_millis(3));
    }
}
