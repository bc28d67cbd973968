//! What the model answers about a frame, whatever a person has done meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers as Held};
use egui_kittest::kittest::Queryable as _;
use image::{ImageFormat, RgbImage};
use vision::runtime::Runtime;

use super::bench::{Bench, CARDS, captured, framed};
use super::frames::{FRAME, path_of, with_model};
use super::settled::settle;

/// What a page says where the model failed.
const FAILED: &str = "The model could not look for cards: draw boxes around them";

/// A window without a usable model, on one frame; and how often that has answered.
fn without_model() -> (Bench, Arc<AtomicUsize>) {
    let root = tempfile::tempdir().unwrap();
    framed(root.path());
    let answers = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&answers);
    let model = root.path().join("no model");
    let mut bench = with_model(root, model, move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    bench.press(&[Key::F4]);
    (bench, answers)
}

/// Goes on until the model has answered so often.
fn until_answered(bench: &mut Bench, answers: &AtomicUsize, wanted: usize) {
    let begin = Instant::now();
    while answers.load(Ordering::SeqCst) < wanted {
        assert!(begin.elapsed() < Duration::from_secs(20), "{wanted} answers");
        std::thread::sleep(Duration::from_millis(5));
        settle(bench.harness());
    }
    std::thread::sleep(Duration::from_millis(50));
    settle(bench.harness());
    assert_eq!(answers.load(Ordering::SeqCst), wanted, "it answers no more often");
}

fn until_a_frame_is_there(bench: &mut Bench) {
    let begin = Instant::now();
    while bench.state().open_frame_path().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(20), "no frame");
        bench.harness().step();
    }
}

/// A box that was taken back before the model had looked at it came again.
#[test]
fn an_answer_brings_nothing_back_that_was_taken_away() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    framed(root.path());
    let mut bench = with_model(root, lens_core::paths::model("practice"), || {});
    bench.press(&[Key::F4]);
    assert!(bench.has_named(0, 2), "both cards are proposed");
    bench.drag([[520.0, 200.0], [610.0, 330.0]], FRAME);
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.has_named(0, 2), "the box is gone");
    bench.draw(520.0);
    assert!(bench.has_named(0, 3));
}

/// The page went on saying that the model looks for cards.
#[test]
fn an_answer_about_a_frame_that_comes_back_is_heard() {
    let root = tempfile::tempdir().unwrap();
    // One card that waits: the model says of it what it can, and then waits for us.
    captured(root.path(), &CARDS[3..]);
    let older = framed(root.path());
    framed(root.path());
    let (go, waits) = sync_channel::<()>(0);
    let waits: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(waits));
    let model = root.path().join("no model");
    let mut bench = with_model(root, model, move || {
        // Until nobody can say to go on.
        let _ = waits.lock().unwrap().recv();
    });
    bench.tap(Key::F4);
    until_a_frame_is_there(&mut bench);
    // What takes long to be decoded, and then cannot be.
    let path = path_of(&bench, &older);
    RgbImage::new(4000, 3000).save_with_format(&path, ImageFormat::Png).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() * 3 / 4]).unwrap();
    bench.tap(Key::PageDown);
    assert_eq!(bench.state().open_frame_path(), None, "another frame is being opened");
    drop(go);
    std::thread::sleep(Duration::from_millis(20));
    until_a_frame_is_there(&mut bench);
    settle(bench.harness());
    bench.harness().get_by_label(FAILED);
}

/// Every repetition of a key that was held had the card read, and was a step of its own.
#[test]
fn a_card_is_read_when_the_key_that_moves_it_is_let_go() {
    let (mut bench, answers) = without_model();
    until_answered(&mut bench, &answers, 1);
    bench.harness().get_by_label(FAILED);
    bench.draw(40.0);
    until_answered(&mut bench, &answers, 2);
    let mut arrow = |pressed| {
        let (key, physical_key, repeat, modifiers) = (Key::ArrowRight, None, false, Held::SHIFT);
        bench.harness().input_mut().events.push(Event::Key { key, physical_key, pressed, repeat, modifiers });
        bench.harness().step();
    };
    [true, true, true, true].into_iter().for_each(&mut arrow);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(answers.load(Ordering::SeqCst), 2, "the key is held");
    arrow(false);
    until_answered(&mut bench, &answers, 3);
    // Once for all of it, and once for the box.
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.has_named(0, 1));
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.has_named(0, 0));
}

/// Names that are saved together taught as few cards as those of one group.
#[test]
fn cards_that_are_saved_together_teach_each_for_itself() {
    let (mut bench, answers) = without_model();
    for left in [40.0, 150.0, 260.0, 370.0] {
        bench.draw(left);
        bench.press(&[Key::Num0]);
    }
    bench.draw(480.0);
    bench.name_king();
    let before = 6;
    until_answered(&mut bench, &answers, before);
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels().len(), 5);
    // Three of one card are enough.
    until_answered(&mut bench, &answers, before + 4);
}
