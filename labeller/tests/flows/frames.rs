//! Frames and screenshots: which image is shown and cut, and what becomes of a name that is typed.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dataset::captures::store::FRAMES;
use egui::{Key, Modifiers as Held, Pos2, Vec2, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use labeller::app::App;
use labeller::inference::Inference;
use labeller::window::Labeller;
use vision::runtime::Runtime;

use super::bench::{Bench, folders, framed, named, window};
use super::opened;
use super::settled::settle;

/// Width and height of the overlay's frames here.
pub(super) const FRAME: [f32; 2] = [640.0, 360.0];
const RED: [u8; 3] = [250, 0, 0];
const BLUE: [u8; 3] = [0, 0, 250];

impl Bench {
    /// Where a place of the frame lies in the window: the whole frame is in the middle of the area,
    /// which gives way to what is said beside it.
    fn at(&mut self, [x, y]: [f32; 2], [width, height]: [f32; 2]) -> Pos2 {
        let area = self.harness().get_by_label("The frame").rect();
        let scale = (area.width() / width).min(area.height() / height);
        area.center() + (Vec2::new(x, y) - Vec2::new(width, height) / 2.0) * scale
    }

    /// Draws a box on a frame of this size, without waiting for the model.
    pub(super) fn drag(&mut self, [from, to]: [[f32; 2]; 2], size: [f32; 2]) {
        let (from, to) = (self.at(from, size), self.at(to, size));
        let button = egui::PointerButton::Primary;
        let press = |pos, pressed| egui::Event::PointerButton { pos, button, pressed, modifiers: Held::NONE };
        for event in [
            egui::Event::PointerMoved(from),
            press(from, true),
            egui::Event::PointerMoved(from + (to - from) * 0.5),
            egui::Event::PointerMoved(to),
            press(to, false),
        ] {
            self.harness().event(event);
            self.harness().step();
        }
    }

    /// Draws a box of a card's size on a frame of the overlay's.
    pub(super) fn draw(&mut self, left: f32) {
        self.drag([[left, 60.0], [left + 90.0, 190.0]], FRAME);
        settle(self.harness());
    }

    /// Chooses a screenshot in the dialog, and goes on until something is so.
    fn choose(&mut self, path: &Path, is_done: impl Fn(&mut Self) -> bool) {
        self.press_with(Held::COMMAND, Key::O);
        let path = path.to_owned();
        self.ask(move || Some(path)).expect("Ctrl+O asks for a dialog");
        let begin = Instant::now();
        while !is_done(self) {
            assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", self.state().message());
            std::thread::sleep(Duration::from_millis(5));
            self.ask(|| None);
            settle(self.harness());
        }
    }

    /// Whether so many of the frame's cards have a name.
    pub(super) fn has_named(&mut self, named: usize, all: usize) -> bool {
        self.harness().query_by_label(&format!("{named} OF {all} NAMED")).is_some()
    }

    /// The colour in the middle of the frame, as it is seen.
    fn seen(&mut self, size: [f32; 2]) -> [u8; 3] {
        let at = self.at([size[0] / 2.0, size[1] / 2.0], size);
        let window = self.harness().render().unwrap();
        let [red, green, blue, _] = window.get_pixel(at.x as u32, at.y as u32).0;
        [red, green, blue]
    }

    /// Frames that the overlay or the labeller saved.
    pub(super) fn frames(&self) -> usize {
        std::fs::read_dir(folders(self.root.path()).captures.join(FRAMES)).unwrap().count()
    }

    /// Takes the labels' folder away, so that no name can be written; says where it is then.
    #[cfg(unix)]
    fn hide_labels(&self) -> [PathBuf; 2] {
        let labels = folders(self.root.path()).labels;
        let away = labels.with_extension("away");
        std::fs::rename(&labels, &away).unwrap();
        [away, labels]
    }

    /// Closes the window by its button. Returns whether it closes.
    fn close(&mut self) -> bool {
        let root = self.harness().input_mut().viewports.entry(ViewportId::ROOT).or_default();
        root.events.push(ViewportEvent::Close);
        self.harness().step();
        let closes = !self.commands().contains(&ViewportCommand::CancelClose);
        settle(self.harness());
        closes
    }

    /// Presses a key and draws one frame, whatever is on its way.
    pub(super) fn tap(&mut self, key: Key) {
        for pressed in [true, false] {
            let (physical_key, repeat, modifiers) = (None, false, Held::NONE);
            let event = egui::Event::Key { key, physical_key, pressed, repeat, modifiers };
            self.harness().input_mut().events.push(event);
        }
        self.harness().step();
    }

    /// What the last frame asked of the window.
    fn commands(&mut self) -> Vec<ViewportCommand> {
        self.harness().output().viewport_output[&ViewportId::ROOT].commands.clone()
    }

    /// Names the chosen card the King of Spades.
    pub(super) fn name_king(&mut self) {
        self.write("k");
        self.write("ing of sp");
        self.press(&[Key::Enter]);
    }

    /// The last capture: its image.
    fn last(&self) -> RgbImage {
        let file = &self.state().session().pictures().last().unwrap().file;
        image::open(folders(self.root.path()).captures.join(file)).unwrap().into_rgb8()
    }
}

/// The overlay's frame of this name.
pub(super) fn path_of(bench: &Bench, frame: &str) -> PathBuf {
    folders(bench.root.path()).captures.join(frame)
}

/// Whether two colours are alike, as far as a JPEG keeps them.
fn is_like(seen: [u8; 3], wanted: [u8; 3]) -> bool {
    seen.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 40)
}

/// A JPEG of 320 x 240 pixels, red on its left half, that is to be turned right by a quarter.
fn photo() -> Vec<u8> {
    let image = RgbImage::from_fn(320, 240, |x, _| Rgb(if x < 160 { RED } else { BLUE }));
    let mut jpeg = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    // One entry, tag 0x0112, a short, in big-endian TIFF.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (exif.len() + 2) as u16;
    [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), exif, &jpeg[2..]].concat()
}

/// What was shown was upright; what was cut was not, and a wrong ending was no image.
#[test]
fn a_photo_is_cut_as_it_is_shown_whatever_its_name_says() {
    for name in ["photo.jpg", "photo.png"] {
        let mut bench = Bench::new();
        let path = bench.root.path().join(name);
        std::fs::write(&path, photo()).unwrap();
        bench.choose(&path, |it| it.is_open(&path));
        let upright = [240.0, 320.0];
        // Its upper half is red, and the lower one blue.
        bench.drag([[60.0, 180.0], [180.0, 300.0]], upright);
        settle(bench.harness());
        bench.press(&[Key::Num0]);
        bench.press_with(Held::COMMAND, Key::S);
        let capture = bench.state().session().pictures().last().unwrap();
        assert_eq!(capture.context.window, [240, 320], "{name}");
        let cut = bench.last();
        let middle = cut.get_pixel(cut.width() / 2, cut.height() / 2).0;
        assert!(is_like(middle, BLUE), "{name}: {middle:?}");
    }
}

/// A tool that always writes one file: the next image was dropped without a word, and the names of
/// the former were saved with what lay at the path by then.
#[test]
fn another_image_of_the_same_name_is_opened_when_the_former_is_saved() {
    let mut bench = Bench::new();
    let path = bench.root.path().join("shot.png");
    let size = [320.0, 240.0];
    let shoot = |colour| RgbImage::from_pixel(320, 240, Rgb(colour)).save(&path).unwrap();
    shoot(RED);
    bench.choose(&path, |it| it.is_open(&path));
    bench.drag([[60.0, 60.0], [150.0, 190.0]], size);
    settle(bench.harness());
    bench.press(&[Key::Num0, Key::Enter]);
    shoot(BLUE);
    let is_said = |it: &mut Bench| it.state().message().unwrap_or_default().contains("Not saved yet: 1");
    bench.choose(&path, is_said);
    assert!(is_like(bench.seen(size), RED), "what is named stays in sight");
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels(), named(&[("Not a card", "")]));
    let cut = bench.last();
    assert_eq!(cut.get_pixel(cut.width() / 2, cut.height() / 2).0, RED, "what was named is cut");
    // Now the other one has its turn.
    bench.choose(&path, |it| it.has_named(0, 0));
    assert!(is_like(bench.seen(size), BLUE), "{:?}", bench.seen(size));
    // One that is damaged is told, and the message stays.
    std::fs::write(&path, "no image").unwrap();
    let is_told = |it: &mut Bench| it.state().message().unwrap_or_default().contains("cannot be opened");
    bench.choose(&path, is_told);
    assert!(is_like(bench.seen(size), BLUE));
}

/// Only `Enter` counted: what stood in the form was gone on the next card, frame or page.
#[test]
fn a_name_without_enter_is_kept_when_somebody_goes_on() {
    let mut bench = Bench::new();
    let older = framed(bench.root.path());
    let newer = framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0]);
    bench.draw(200.0);
    assert!(bench.has_named(1, 2), "another box is drawn");
    bench.press(&[Key::Num0, Key::ArrowUp]);
    assert!(bench.has_named(2, 2), "another card is chosen");
    bench.draw(360.0);
    bench.press(&[Key::Num0, Key::F1, Key::F4]);
    assert!(bench.has_named(3, 3), "another page is shown");
    bench.draw(520.0);
    bench.press(&[Key::Num0, Key::PageDown]);
    bench.until_said("Not saved yet: 4 named cards");
    assert!(bench.is_open(&path_of(&bench, &newer)), "another frame waits");
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels().len(), 4);
    // A name that nobody knows is asked for; whoever does not mean it takes it back.
    bench.draw(440.0);
    bench.write("z");
    bench.write("zz");
    bench.press(&[Key::Escape, Key::PageDown]);
    bench.until_said("zzz is a new card");
    for leave in [Key::ArrowUp, Key::F1, Key::PageDown] {
        bench.press(&[leave]);
        assert!(bench.is_open(&path_of(&bench, &newer)) && bench.state().form().name == "zzz");
    }
    bench.press(&[Key::Escape]);
    assert_eq!(bench.state().form().name, "");
    bench.press(&[Key::PageDown]);
    assert!(bench.is_open(&path_of(&bench, &older)), "{:?}", bench.state().message());
    // So does undo, before it takes back what was drawn.
    bench.draw(40.0);
    bench.press(&[Key::Num0]);
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.has_named(0, 1) && bench.state().form().name.is_empty());
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.has_named(0, 0));
    // A name that is begun becomes what the button says.
    bench.draw(40.0);
    bench.write("k");
    bench.write("ing of sp");
    bench.draw(200.0);
    assert!(bench.has_named(1, 2));
    bench.press_with(Held::COMMAND, Key::S);
    assert!(bench.labels().iter().any(|(name, _)| name == "King of Spades"), "{:?}", bench.labels());
}

/// The model's answer to a box put its own guess over what was being typed.
#[test]
fn what_is_being_typed_stays_when_the_model_answers() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    framed(root.path());
    let model = root.path().join("practice");
    std::fs::create_dir(&model).unwrap();
    for entry in std::fs::read_dir(lens_core::paths::model("practice")).unwrap().flatten() {
        std::fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let mut bench = with_model(root, model, || {});
    bench.press(&[Key::F4]);
    bench.drag([[40.0, 60.0], [130.0, 190.0]], FRAME);
    bench.harness().event(egui::Event::Text("x".into()));
    bench.harness().step();
    settle(bench.harness());
    assert_eq!(bench.state().form().name, "x");
}

/// A window with a model in this folder.
pub(super) fn with_model(
    root: tempfile::TempDir,
    model: PathBuf,
    wake: impl Fn() + Clone + Send + 'static,
) -> Bench {
    let app = App::open(folders(root.path()), move |repository, session| {
        let inference = Inference::start(model.clone(), Vec::new(), wake.clone());
        Labeller::new(repository, session, synth::practice::catalogue(), Some(inference))
    });
    let mut bench = Bench { root, harness: Some(opened::open(app.unwrap(), ([1100.0, 720.0], 1.0))) };
    settle(bench.harness());
    bench
}

/// The newest frame was opened, and the model asked about it, before the one that was chosen.
#[test]
fn a_screenshot_is_the_only_image_that_is_read() {
    let root = tempfile::tempdir().unwrap();
    framed(root.path());
    let answers = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&answers);
    let wake = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let model = root.path().join("no model");
    let mut bench = with_model(root, model, wake);
    let path = bench.root.path().join("shot.png");
    RgbImage::from_pixel(320, 240, Rgb(RED)).save(&path).unwrap();
    bench.choose(&path, |it| it.is_open(&path));
    bench.until_said("no model");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(answers.load(Ordering::SeqCst), 1);
    bench.harness().get_by_label("The model could not look for cards: draw boxes around them");
}

/// Ctrl+Z after Ctrl+S made cards of saved ones that were not, and no other frame could be opened.
#[test]
fn undo_after_saving_takes_the_names_back_from_the_captures() {
    let mut bench = Bench::new();
    let older = framed(bench.root.path());
    let newer = framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0, Key::Enter]);
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels(), named(&[("Not a card", "")]));
    let captures = bench.state().session().pictures().len();
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.labels().is_empty(), "{:?}", bench.state().message());
    assert!(bench.has_named(0, 1), "the frame shows it");
    bench.press_with(Held::COMMAND, Key::Y);
    assert!(bench.has_named(1, 1) && bench.labels().len() == 1);
    bench.press_with(Held::COMMAND, Key::Z);
    bench.press(&[Key::PageDown]);
    assert!(bench.is_open(&path_of(&bench, &older)), "{:?}", bench.state().message());
    // It is a capture all the same: its next name is one of that, at once.
    bench.press(&[Key::PageUp]);
    assert!(bench.is_open(&path_of(&bench, &newer)) && bench.has_named(0, 1));
    for (letters, name) in [(["k", "ing of sp"], "King of Spades"), (["o", "wl"], "Owl")] {
        letters.iter().for_each(|it| bench.write(it));
        bench.press(&[Key::Enter]);
        assert_eq!(bench.labels(), named(&[(name, "Base")]));
    }
    bench.press_with(Held::COMMAND, Key::Z);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
    assert_eq!(bench.state().session().pictures().len(), captures, "nothing is there twice");
}

/// What cannot be saved kept every other frame from being opened.
#[test]
fn where_nothing_can_be_saved_nothing_waits_for_it() {
    let mut bench = Bench::new();
    let older = framed(bench.root.path());
    framed(bench.root.path());
    let first = bench.harness.take();
    bench.harness = Some(window(folders(bench.root.path())));
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0, Key::Enter, Key::PageDown]);
    assert!(bench.is_open(&path_of(&bench, &older)), "{:?}", bench.state().message());
    drop(first);
}

/// Chosen in the dialog it was a stranger: its cards did not appear, and it was saved once more.
#[test]
fn a_frame_of_the_overlay_is_known_by_any_path() {
    let mut bench = Bench::new();
    let older = framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0]);
    bench.press_with(Held::COMMAND, Key::S);
    framed(bench.root.path());
    let wanted = path_of(&bench, &older);
    let mut ways = vec![wanted.clone(), wanted.parent().unwrap().join("..").join(&older)];
    #[cfg(unix)]
    {
        let link = bench.root.path().join("link");
        std::os::unix::fs::symlink(wanted.parent().unwrap(), &link).unwrap();
        ways.push(link.join(wanted.file_name().unwrap()));
    }
    for (place, way) in ways.iter().enumerate() {
        bench.press(&[Key::F4, Key::PageUp]);
        assert!(!bench.is_open(&wanted));
        bench.choose(way, |it| it.is_open(&wanted));
        assert!(bench.has_named(place + 1, place + 1), "{}", way.display());
        bench.draw(200.0 + 110.0 * place as f32);
        bench.press(&[Key::Num0]);
        bench.press_with(Held::COMMAND, Key::S);
    }
    assert_eq!((bench.frames(), bench.labels().len()), (2, ways.len() + 1));
}

/// A file that was chosen put another page below a question that was open.
#[test]
fn a_chosen_file_waits_until_a_question_is_answered() {
    let mut bench = Bench::new();
    let path = bench.root.path().join("shot.png");
    RgbImage::from_pixel(320, 240, Rgb(RED)).save(&path).unwrap();
    bench.press_with(Held::COMMAND, Key::O);
    let (go, waits) = std::sync::mpsc::sync_channel(1);
    assert!(bench.ask(move || waits.recv().ok()).is_some());
    bench.press(&[Key::Delete, Key::F5]);
    bench.press_with(Held::SHIFT, Key::Delete);
    go.send(path.clone()).unwrap();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(300) {
        bench.ask(|| None);
        settle(bench.harness());
        assert!(!bench.is_open(&path), "the question is open");
    }
    bench.harness().get_by_label("No");
    bench.press(&[Key::Escape]);
    bench.ask(|| None);
    settle(bench.harness());
    assert!(bench.is_open(&path), "{:?}", bench.state().message());
}

/// It took away the box that was drawn before, and the wrong name stayed on the disk.
#[test]
fn undo_after_another_name_of_a_capture_takes_that_name_back() {
    let mut bench = Bench::new();
    framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0, Key::Enter]);
    bench.press_with(Held::COMMAND, Key::S);
    bench.draw(200.0);
    bench.press(&[Key::ArrowUp]);
    bench.name_king();
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
    bench.press_with(Held::COMMAND, Key::Z);
    assert_eq!(bench.labels(), named(&[("Not a card", "")]));
    assert!(bench.has_named(1, 2), "the box is still there");
}

/// The next card was shown, the typed name was gone, and so was the message that said why.
#[test]
#[cfg(unix)]
fn a_name_that_cannot_be_written_stays_in_the_form() {
    let mut bench = Bench::new();
    framed(bench.root.path());
    let newer = framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.name_king();
    bench.press_with(Held::COMMAND, Key::S);
    bench.draw(200.0);
    bench.press(&[Key::ArrowUp]);
    let [away, labels] = bench.hide_labels();
    bench.press(&[Key::Num0]);
    for (held, leave) in [
        (Held::NONE, Key::ArrowDown),
        (Held::NONE, Key::F1),
        (Held::NONE, Key::PageDown),
        (Held::COMMAND, Key::S),
    ] {
        bench.press_with(held, leave);
        let said = bench.state().message().unwrap_or_default();
        assert!(said.contains("cannot save labels"), "{leave:?}: {said:?}");
        assert_eq!(bench.state().form().name, "Not a card", "{leave:?}");
        assert!(bench.is_open(&path_of(&bench, &newer)) && bench.has_named(1, 2), "{leave:?}");
    }
    std::fs::rename(away, labels).unwrap();
    bench.press(&[Key::ArrowDown]);
    assert_eq!(bench.labels(), named(&[("Not a card", "")]));
    assert_eq!(bench.state().form().name, "");
}

/// The captures were there, and every name had to be typed again.
#[test]
#[cfg(unix)]
fn names_that_cannot_be_written_with_their_captures_wait_for_another_save() {
    let mut bench = Bench::new();
    let older = framed(bench.root.path());
    framed(bench.root.path());
    let before = bench.state().session().pictures().len();
    bench.press(&[Key::F4]);
    for left in [40.0, 200.0] {
        bench.draw(left);
        bench.press(&[Key::Num0, Key::Enter]);
    }
    let [away, labels] = bench.hide_labels();
    bench.press_with(Held::COMMAND, Key::S);
    let said = bench.state().message().unwrap_or_default().to_owned();
    assert!(said.contains("2 captures") && said.contains("cannot save labels"), "{said}");
    assert!(bench.has_named(2, 2), "the names are still there");
    // Also when another page has been looked at.
    bench.press(&[Key::F1, Key::F4]);
    assert!(bench.has_named(2, 2));
    bench.press(&[Key::PageDown]);
    bench.until_said("Not saved yet: 2 named cards");
    std::fs::rename(away, labels).unwrap();
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels(), named(&[("Not a card", ""); 2]), "{:?}", bench.state().message());
    assert_eq!(bench.state().session().pictures().len(), before + 2, "no capture is there twice");
    bench.press(&[Key::PageDown]);
    assert!(bench.is_open(&path_of(&bench, &older)), "{:?}", bench.state().message());
}

/// It was a stranger each time, and became another frame.
#[test]
fn a_screenshot_that_was_saved_is_known_when_it_is_opened_again() {
    let mut bench = Bench::new();
    let [path, copy, other] = ["shot.png", "copy.png", "other.png"].map(|it| bench.root.path().join(it));
    RgbImage::from_pixel(320, 240, Rgb(RED)).save(&path).unwrap();
    RgbImage::from_pixel(320, 240, Rgb(BLUE)).save(&other).unwrap();
    std::fs::copy(&path, &copy).unwrap();
    for (saved, path) in [&path, &path, &copy].into_iter().enumerate() {
        bench.choose(&other, |it| it.is_open(&other));
        assert!(bench.has_named(0, 0));
        bench.choose(path, |it| !it.is_open(&other));
        assert!(bench.has_named(saved, saved), "{}", path.display());
        let left = 20.0 + 100.0 * saved as f32;
        bench.drag([[left, 60.0], [left + 80.0, 190.0]], [320.0, 240.0]);
        settle(bench.harness());
        bench.press(&[Key::Num0]);
        bench.press_with(Held::COMMAND, Key::S);
        assert_eq!((bench.frames(), bench.labels().len()), (1, saved + 1));
    }
}

/// The window stood still while a large frame was decoded.
#[test]
fn a_frame_is_decoded_while_the_window_goes_on() {
    let mut bench = Bench::new();
    let oldest = framed(bench.root.path());
    let middle = framed(bench.root.path());
    let newest = framed(bench.root.path());
    std::fs::write(path_of(&bench, &middle), "no image").unwrap();
    bench.press(&[Key::F4]);
    assert!(bench.is_open(&path_of(&bench, &newest)));
    bench.draw(40.0);
    bench.press(&[Key::Num0]);
    bench.press_with(Held::COMMAND, Key::S);
    // One that cannot be opened leaves what there was.
    bench.press(&[Key::PageDown]);
    bench.until_said("cannot be opened");
    assert!(bench.is_open(&path_of(&bench, &newest)) && bench.has_named(1, 1));
    std::fs::copy(path_of(&bench, &oldest), path_of(&bench, &middle)).unwrap();
    // Whoever goes on meanwhile does not wait for what lies between.
    for _ in 0..2 {
        bench.tap(Key::PageDown);
        assert_eq!(bench.state().open_frame_path(), None, "it waits for the thread");
        assert!(!bench.state().is_idle());
    }
    settle(bench.harness());
    assert!(bench.is_open(&path_of(&bench, &oldest)), "{:?}", bench.state().message());
    assert!(is_like(bench.seen(FRAME), [53, 101, 77]) && bench.has_named(0, 0));
}

/// Names of a frame that were not saved went with the window, without a word.
#[test]
fn the_window_asks_before_it_closes_with_names_that_are_not_saved() {
    let mut bench = Bench::new();
    framed(bench.root.path());
    bench.press(&[Key::F4]);
    assert!(bench.close(), "nothing would be lost");
    bench.draw(40.0);
    // Also without Enter.
    bench.press(&[Key::Num0]);
    assert!(!bench.close());
    bench.harness().get_by_label("Close without saving 1 named card?");
    bench.press(&[Key::Escape]);
    assert!(bench.has_named(1, 1));
    bench.press(&[Key::F1]);
    assert!(!bench.close(), "on any page");
    bench.tap(Key::Enter);
    assert!(bench.commands().contains(&ViewportCommand::Close));
    assert!(bench.close(), "it was said twice");
    let mut bench = Bench::new();
    framed(bench.root.path());
    bench.press(&[Key::F4]);
    bench.draw(40.0);
    bench.press(&[Key::Num0]);
    bench.press_with(Held::COMMAND, Key::S);
    assert!(bench.close());
}
