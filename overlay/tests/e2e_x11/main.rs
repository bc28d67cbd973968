//! The overlay on a desktop of its own: Xvfb, openbox and picom are started, windows are shown,
//! clicked, moved, covered, and the screen is looked at.
//!
//! Not libtest's own harness: winit wants the main thread of the process that shows the overlay, so
//! this program starts itself again as that process (see `child.rs`). The arguments are the usual
//! ones (see `harness.rs`). Without Xvfb it says loudly that it was skipped.

#![expect(clippy::missing_assert_message, reason = "each assertion is in a test that says what must hold")]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod depths;
#[cfg(target_os = "linux")]
mod desktop;
#[cfg(target_os = "linux")]
mod desktops;
#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod gamescope;
#[cfg(target_os = "linux")]
mod guest;
#[cfg(target_os = "linux")]
mod harness;
#[cfg(target_os = "linux")]
mod hotkeys;
#[cfg(target_os = "linux")]
mod keyboard;
#[cfg(target_os = "linux")]
mod latency;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod other_program;
#[cfg(target_os = "linux")]
mod placement;
#[cfg(target_os = "linux")]
mod recording;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod teaching;
#[cfg(target_os = "linux")]
mod tests;
#[cfg(target_os = "linux")]
mod tray;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("SKIPPED: the X11 tests run on Linux only");
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if let Some(task) = child::Task::from_env() {
        return child::run(task);
    }
    if let Some(code) = faults::lose_device() {
        return code;
    }
    desktops::try_all().unwrap_or_else(harness::run_all)
}
