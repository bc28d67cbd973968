//! The desktop: display server, compositor, capture, hotkeys, tray, graphics.

use std::sync::Arc;

use super::finding::Finding;
use crate::capture;
use crate::desktop::hotkeys::Hotkeys;
use crate::desktop::target::{Query, choose};
use crate::desktop::tray::host::{Host, host};
use crate::desktop::window;
#[cfg(target_os = "linux")]
use crate::messages::window::Compositor;
use crate::messages::window::WindowInfo;
use crate::settings::chords::Chord;
use lens_core::counted::counted;
use marks::render::offscreen::Offscreen;

/// Images that are taken to see how long capturing takes.
const CAPTURES: usize = 20;

pub(super) fn examine() -> Vec<Finding> {
    let mut findings = vec![graphics()];
    match window::list() {
        Ok(windows) => {
            findings.push(display(windows.len()));
            findings.push(compositor());
            findings.push(capturing(&windows));
            findings.push(hotkeys());
        }
        Err(error) => findings.push(Finding::bad("display", error)),
    }
    findings.push(tray());
    findings
}

fn graphics() -> Finding {
    match Offscreen::open() {
        Ok(offscreen) => Finding::good("graphics", offscreen.device_name()),
        Err(error) => Finding::bad("graphics", error),
    }
}

fn display(windows: usize) -> Finding {
    if !cfg!(target_os = "linux") {
        return Finding::good("display", counted(windows, "window"));
    }
    let value = |key: &str| std::env::var(key).unwrap_or_default();
    let (session, desktop) = (value("XDG_SESSION_TYPE"), value("XDG_CURRENT_DESKTOP"));
    let text = format!("X11 with {} (session {session:?}, desktop {desktop:?})", counted(windows, "window"));
    if value("WAYLAND_DISPLAY").is_empty() {
        return Finding::good("display", text);
    }
    Finding::less("display", text)
        .line("Wayland: only games that run in XWayland, as under Proton, can be marked")
}

#[cfg(target_os = "linux")]
fn compositor() -> Finding {
    let name = "compositor";
    match window::x11::Desktop::connect().and_then(|desktop| desktop.compositor()) {
        Ok(Compositor::Running) => Finding::good(name, "runs"),
        Ok(Compositor::Absent) => {
            Finding::less(name, "none: marks are drawn without smooth edges and without chips' shades")
                .line("help: start one, for example picom, or turn on compositing in the desktop's settings")
        }
        Err(error) => Finding::bad(name, error),
    }
}

#[cfg(not(target_os = "linux"))]
fn compositor() -> Finding {
    Finding::good("compositor", "part of the system")
}

/// Takes images of the game, or where it does not run, of the topmost window that shows
/// something.
fn capturing(windows: &[WindowInfo]) -> Finding {
    let name = "capture";
    let game = choose(windows, &Query::Game);
    let others = windows.iter().rev().filter(|_| game.is_none());
    let mut result = Finding::less(name, "not measured: no window is open");
    for window in game.into_iter().chain(others) {
        let measured = capture::open_window(window.id).and_then(|mut source| {
            let timings = capture::timing::measure(&mut *source, CAPTURES)?;
            Ok((source.way(), timings))
        });
        result = match measured {
            Ok((way, timings)) => {
                let whose = if game.is_some() { "" } else { " of another window, for the game does not run" };
                return Finding::good(name, format!("{way}, {timings}{whose}"));
            }
            Err(error) => Finding::bad(name, error),
        };
    }
    result
}

/// Takes a chord that nobody uses, and gives it back.
fn hotkeys() -> Finding {
    let name = "hotkeys";
    let mut hotkeys = match Hotkeys::open(Arc::new(|_| true)) {
        Ok(hotkeys) => hotkeys,
        Err(error) => return Finding::less(name, error),
    };
    let trial = Chord { keys: "Ctrl+Alt+Shift+F12".into(), line: None };
    match hotkeys.register(&[trial], None).as_slice() {
        [] => Finding::good(name, "can be taken while the game has the keyboard"),
        [fault, ..] => Finding::less(name, format!("a trial chord was refused: {fault}")),
    }
}

fn tray() -> Finding {
    let name = "tray";
    match host() {
        Host::Shows => Finding::good(name, Host::Shows),
        nobody => Finding::less(name, nobody),
    }
}
