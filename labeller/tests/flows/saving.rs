//! The cards of a frame are saved: while somebody else has the captures, half way, once more.

use std::path::PathBuf;
use std::time::Duration;

use dataset::captures::store::Captures;
use egui::{Key, Modifiers as Held};

use super::bench::{Bench, folders, framed, named};
use super::settled::settle;

/// A window on a frame, with boxes that are no cards.
fn with_boxes(lefts: &[f32]) -> Bench {
    let mut bench = Bench::new();
    framed(bench.root.path());
    bench.press(&[Key::F4]);
    for left in lefts {
        bench.draw(*left);
        bench.press(&[Key::Num0, Key::Enter]);
    }
    bench
}

impl Bench {
    /// The captures as an overlay holds them that saves cards.
    fn held(&self) -> Captures {
        Captures::open(&folders(self.root.path()).captures).unwrap()
    }

    /// Asks for the cards to be saved, and draws some frames, whatever is on its way.
    fn begin_saving(&mut self) {
        self.harness().key_press_modifiers(Held::COMMAND, Key::S);
        self.harness().run_steps(4);
        assert!(!self.state().is_idle(), "{:?}", self.state().message());
    }

    fn said(&self) -> String {
        self.state().message().unwrap_or_default().to_owned()
    }

    /// Captures that lie in the bin, and those that do not.
    fn binned(&self) -> (usize, usize) {
        let binned = self.state().session().pictures().iter().filter(|it| it.binned).count();
        (binned, self.state().session().pictures().len() - binned)
    }
}

fn let_go_soon(held: Captures) {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(held);
    });
}

/// It was refused until the overlay ended, and the window stood still while cards were written.
#[test]
fn cards_are_saved_when_the_overlay_is_done_and_the_window_goes_on() {
    let mut bench = with_boxes(&[40.0, 200.0]);
    let held = bench.held();
    bench.begin_saving();
    assert!(bench.said().contains("Saving 2 captures"), "{}", bench.said());
    // Other pages, other cards.
    for key in [Key::ArrowUp, Key::F1, Key::F4] {
        bench.tap(key);
    }
    assert!(bench.labels().is_empty() && !bench.state().is_idle());
    let_go_soon(held);
    settle(bench.harness());
    assert_eq!(bench.labels(), named(&[("Not a card", ""); 2]), "{}", bench.said());
    // One step takes all of them back.
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.labels().is_empty() && bench.has_named(0, 2), "{}", bench.said());
}

#[test]
fn what_changes_the_frame_waits_until_its_cards_are_saved() {
    let mut bench = with_boxes(&[40.0]);
    let held = bench.held();
    bench.begin_saving();
    let_go_soon(held);
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.labels().is_empty() && bench.has_named(0, 1), "{}", bench.said());
    bench.press_with(Held::COMMAND, Key::Y);
    assert_eq!(bench.labels().len(), 1);
    bench.draw(200.0);
    bench.press(&[Key::Num0, Key::Enter]);
    let held = bench.held();
    bench.begin_saving();
    let_go_soon(held);
    bench.press(&[Key::Delete]);
    assert!(bench.has_named(1, 1) && bench.labels().len() == 2, "{}", bench.said());
}

#[test]
fn an_overlay_that_saves_on_and_on_is_named_and_nothing_is_lost() {
    let mut bench = with_boxes(&[40.0]);
    let held = bench.held();
    bench.press_with(Held::COMMAND, Key::S);
    assert!(bench.said().contains("An overlay saves cards just now"), "{}", bench.said());
    drop(held);
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels(), named(&[("Not a card", "")]), "{}", bench.said());
}

/// Files in the way of whatever this process writes under a name.
fn in_the_way(bench: &Bench, name: &str) -> Vec<PathBuf> {
    let folder = folders(bench.root.path()).captures;
    let process = std::process::id();
    let paths = (0..3000).map(|number| folder.join(format!(".{name}.{process}-{number}.tmp")));
    let paths: Vec<PathBuf> = paths.collect();
    paths.iter().for_each(|path| std::fs::write(path, "").unwrap());
    paths
}

/// The next save made captures of all cards once more, in another frame.
#[test]
fn what_was_saved_before_something_went_wrong_is_not_saved_again() {
    let mut bench = Bench::new();
    let path = bench.root.path().join("shot.png");
    image::RgbImage::new(640, 360).save(&path).unwrap();
    bench.press_with(Held::COMMAND, Key::O);
    let chosen = path.clone();
    assert!(bench.ask(move || Some(chosen)).is_some());
    while !bench.is_open(&path) {
        bench.ask(|| None);
        settle(bench.harness());
    }
    for left in [40.0, 200.0, 360.0] {
        bench.draw(left);
        bench.press(&[Key::Num0, Key::Enter]);
    }
    let before = bench.state().session().pictures().len();
    // They look alike, so all of them are of one group, whose second capture cannot be written.
    let probe = {
        let mut store = bench.held();
        let crop = image::RgbaImage::from_pixel(96, 138, image::Rgba([0, 0, 0, 255]));
        let hashes = store.hashes(&crop);
        let added = store.add(&crop, hashes, dataset::captures::record::CaptureContext::default()).unwrap();
        store.records()[added.position].filename.clone()
    };
    let [cluster, card, id] = dataset::file_name::parse(&probe).unwrap();
    let blocked = in_the_way(&bench, &dataset::file_name::format(cluster, card, id + 2));
    bench.press_with(Held::COMMAND, Key::S);
    assert!(bench.said().contains("1 of 3 saved, Ctrl+S tries the others: "), "{}", bench.said());
    assert_eq!((bench.labels().len(), bench.frames()), (1, 1));
    assert!(bench.has_named(3, 3), "the others have their names");
    for path in blocked {
        // What failed has removed one of them.
        let _ = std::fs::remove_file(path);
    }
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!((bench.labels().len(), bench.frames()), (3, 1), "{}", bench.said());
    assert_eq!(bench.state().session().pictures().len(), before + 1 + 3, "none is there twice");
}

/// The former cut stayed, with the name, and was learnt from.
#[test]
fn a_card_that_was_moved_takes_the_place_of_its_former_capture() {
    let mut bench = with_boxes(&[40.0, 200.0]);
    bench.press_with(Held::COMMAND, Key::S);
    let (_, all) = bench.binned();
    bench.press_with(Held::SHIFT, Key::ArrowRight);
    bench.press_with(Held::COMMAND, Key::S);
    assert!(bench.said().contains("the one before it was moved is in the bin"), "{}", bench.said());
    assert_eq!((bench.binned(), bench.labels().len()), ((1, all), 2));
    // Both are one step.
    bench.press_with(Held::COMMAND, Key::Z);
    assert_eq!((bench.binned(), bench.labels().len()), ((0, all + 1), 2), "the former is back");
    // The new one gets another name: then that is what counts.
    bench.name_king();
    assert_eq!(bench.binned(), (1, all));
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base"), ("Not a card", "")]));
    // It is one card when the frame is opened again.
    framed(bench.root.path());
    bench.press(&[Key::F4, Key::PageUp, Key::PageDown]);
    assert!(bench.has_named(2, 2), "{}", bench.said());
}
