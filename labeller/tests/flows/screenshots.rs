//! A screenshot is opened: by a dialog, by its path, by dropping it.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers as Held};
use egui_kittest::kittest::Queryable as _;
use image::{Rgba, RgbaImage, imageops};
use panes::file_dialog::{FileDialog, Wanted};

use super::bench::{Bench, card};
use super::settled::settle;

/// A screenshot that lies anywhere, with one card on it.
fn screenshot(bench: &Bench, name: &str) -> PathBuf {
    let mut picture = RgbaImage::from_pixel(320, 240, Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut picture, &card("H_A", "base"), 40, 60);
    let path = bench.root.path().join(name);
    picture.save(&path).unwrap();
    path
}

impl Bench {
    /// What the program's window does after each frame; the dialog is whatever `choose` says.
    pub(crate) fn ask(
        &mut self,
        choose: impl FnOnce() -> Option<PathBuf> + Send + 'static,
    ) -> Option<Wanted> {
        let mut asked = None;
        let open = |wanted: &Wanted| -> io::Result<FileDialog> {
            asked = Some(wanted.clone());
            FileDialog::with(choose, || {})
        };
        self.harness().state_mut().ask(open);
        asked
    }

    /// Goes on until the window says something like this.
    pub(crate) fn until_said(&mut self, wanted: &str) {
        let begin = Instant::now();
        while !self.state().message().unwrap_or_default().contains(wanted) {
            assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", self.state().message());
            std::thread::sleep(Duration::from_millis(5));
            assert_eq!(self.ask(|| None), None, "one dialog at a time");
            settle(self.harness());
        }
    }

    pub(crate) fn is_open(&self, path: &std::path::Path) -> bool {
        self.state().open_frame_path().is_some_and(|it| it == path)
    }
}

#[test]
fn a_dialog_opens_a_screenshot_from_any_page() {
    let mut bench = Bench::new();
    let path = screenshot(&bench, "a shot.png");
    assert_eq!(bench.ask(|| None), None, "nobody asked for one");
    bench.press_with(Held::COMMAND, Key::O);
    let (go, waits) = std::sync::mpsc::sync_channel(1);
    let wanted = bench.ask(move || waits.recv().ok()).unwrap();
    assert_eq!((wanted.title.as_str(), wanted.from), ("Open screenshot", None));
    // The window goes on while the dialog is open, and a second one does not come.
    bench.press_with(Held::COMMAND, Key::O);
    bench.press(&[Key::F2, Key::F1]);
    assert_eq!(bench.ask(|| None), None);
    go.send(path.clone()).unwrap();
    let begin = Instant::now();
    while !bench.is_open(&path) {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", bench.state().message());
        bench.ask(|| None);
        settle(bench.harness());
    }
    bench.harness().get_by_label("The frame");
    bench.looks_like("screenshot");
    // The next one begins where this one lies.
    bench.click("Open screenshot\u{2026}");
    let wanted = bench.ask(|| Some("gone.png".into())).unwrap();
    assert_eq!(wanted.from.as_deref(), path.parent());
    bench.until_said("gone.png cannot be opened");
    assert!(bench.is_open(&path), "what was open stays");
}

#[test]
fn where_no_dialog_answers_the_path_is_typed() {
    let mut bench = Bench::new();
    let path = screenshot(&bench, "typed.png");
    bench.press_with(Held::COMMAND, Key::O);
    assert!(bench.ask(|| None).is_some());
    bench.until_said("no dialog for files");
    // The keyboard is where the path goes.
    bench.write(&format!("\"{}\"", path.display()));
    bench.press(&[Key::Enter]);
    assert!(bench.is_open(&path), "{:?}", bench.state().message());
    // An address of another computer is no path.
    bench.press_with(Held::COMMAND, Key::O);
    assert!(bench.ask(|| None).is_some());
    bench.until_said("no dialog for files");
    bench.write("file://server/share/shot.png");
    bench.press(&[Key::Enter]);
    if cfg!(unix) {
        bench.until_said("on the computer server");
    }
}

/// A portal that is started first and has no dialog takes as long as somebody who closes one.
#[test]
fn a_dialog_that_nobody_saw_has_the_path_typed() {
    let close = || {
        std::thread::sleep(Duration::from_millis(600));
        None
    };
    let mut bench = Bench::new();
    let path = screenshot(&bench, "typed.png");
    let is_on_frames =
        |bench: &mut Bench| bench.harness().query_by_label("Open screenshot\u{2026}").is_some();
    // One that was seen and closed changes nothing.
    bench.press_with(Held::COMMAND, Key::O);
    assert!(bench.ask(close).is_some());
    bench.harness().input_mut().focused = false;
    settle(bench.harness());
    bench.harness().input_mut().focused = true;
    bench.until_said("No screenshot was chosen");
    assert!(!is_on_frames(&mut bench));
    if !cfg!(target_os = "linux") {
        return;
    }
    bench.press_with(Held::COMMAND, Key::O);
    assert!(bench.ask(close).is_some());
    bench.until_said("type or paste its path");
    bench.write(&path.display().to_string());
    bench.press(&[Key::Enter]);
    assert!(bench.is_open(&path), "{:?}", bench.state().message());
}
