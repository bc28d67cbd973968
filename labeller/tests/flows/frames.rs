//! Frames and screenshots: which image is shown and cut, and what becomes of a name that is typed.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dataset::captures::store::FRAMES;
use egui::{Key, Modifiers as Held, Pos2, Vec2};
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
const FRAME: [f32; 2] = [640.0, 360.0];
const RED: [u8; 3] = [250, 0, 0];
const BLUE: [u8; 3] = [0, 0, 250];

impl Bench {
    /// Where a place of the frame lies in the window.
    fn at(&mut self, [x, y]: [f32; 2], [width, height]: [f32; 2]) -> Pos2 {
        let area = self.harness().get_by_label("The frame").rect();
        let scale = (area.width() / width).min(area.height() / height);
        area.center() + (Vec2::new(x, y) - Vec2::new(width, height) / 2.0) * scale
    }

    /// Draws a box on a frame of this size, without waiting for the model.
    fn drag(&mut self, [from, to]: [[f32; 2]; 2], size: [f32; 2]) {
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
    fn draw(&mut self, left: f32) {
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
    fn has_named(&mut self, named: usize, all: usize) -> bool {
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
    fn frames(&self) -> usize {
        std::fs::read_dir(folders(self.root.path()).captures.join(FRAMES)).unwrap().count()
    }

    /// The last capture: its image.
    fn last(&self) -> RgbImage {
        let file = &self.state().session().pictures().last().unwrap().file;
        image::open(folders(self.root.path()).captures.join(file)).unwrap().into_rgb8()
    }
}

/// The overlay's frame of this name.
fn path_of(bench: &Bench, frame: &str) -> PathBuf {
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
fn with_model(root: tempfile::TempDir, model: PathBuf, wake: impl Fn() + Clone + Send + 'static) -> Bench {
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
