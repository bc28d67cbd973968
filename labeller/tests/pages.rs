//! Every page in windows of every size: nothing that a player acts on lies outside.
//!
//! With `BALATRO_LENS_PAGES` the pages are written into that folder, to be looked at. The pages
//! Train and Mods have tests of their own.

use std::path::Path;
use std::sync::Arc;

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use labeller::app::App;
use labeller::repository::Folders;
use labeller::window::Labeller;
use lens_core::geometry::Quad;
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::{Table, TableCard};

#[path = "support/opened.rs"]
mod opened;
#[path = "support/settled.rs"]
mod settled;
#[path = "support/windows.rs"]
mod windows;

use opened::Window;
use settled::settle;
use windows::{WINDOWS, picture};

const SIZE: [u32; 2] = [1280, 720];

fn folders(root: &Path) -> Folders {
    Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") }
}

/// What a model would say of a card of the table: mostly right, now and then in doubt.
fn guesses(card: &TableCard, number: usize) -> Vec<(String, f32)> {
    let other = if *card.id == *"S_K" { "S_Q" } else { "S_K" };
    let sure = [0.998, 0.42, 0.96, 0.87, 0.31][number % 5];
    vec![(card.id.to_string(), sure), (other.to_owned(), (1.0 - sure) * 0.4), ("x_owl".to_owned(), 0.02)]
}

/// Captures of a practice table with their frames.
fn capture(root: &Path) {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(5, SIZE, painter.catalogue());
    let mut captures = Captures::open(&folders(root).captures).unwrap();
    let mut number = 0;
    for second in [2.0, 5.0, 9.0, 14.0, 20.0, 27.0] {
        let state = table.at(second);
        let picture = painter.paint(&state).clone();
        let pixels = Pixels::from(&picture);
        let frame = captures.add_frame(&pixels).unwrap();
        for card in state.readable() {
            number += 1;
            let quad = card.quad;
            let crop = dataset::captures::crop::crop(&pixels, Quad::from_xy(quad.to_xy()));
            let hashes = captures.hashes(&crop);
            let guesses = guesses(card, number);
            let context = CaptureContext {
                quad: Some(quad),
                frame: Some(frame.clone()),
                window: SIZE,
                taken_at_millis: number as u64,
                model: Some("practice".into()),
                card: (guesses[0].1 > 0.5).then(|| guesses[0].0.clone()),
                guesses,
                modifiers: Some(Modifiers { ..card.modifiers.clone() }),
                ..CaptureContext::default()
            };
            captures.add(&crop, hashes, context).unwrap();
        }
    }
}

fn open(root: &Path, window: Window) -> Harness<'static, App> {
    let catalogue = synth::practice::catalogue();
    let app = App::open(folders(root), move |repository, session| {
        Labeller::new(repository, session, Arc::clone(&catalogue), None)
    });
    let mut harness = opened::open(app.unwrap(), window);
    settle(&mut harness);
    harness
}

#[test]
fn every_page_fits_every_window() {
    let root = tempfile::tempdir().unwrap();
    capture(root.path());
    let mut wide = Vec::new();
    for (number, window) in WINDOWS.into_iter().enumerate() {
        let mut harness = open(root.path(), window);
        let picture = |harness: &mut Harness<'static, App>, page: &str| picture(harness, window, page);
        picture(&mut harness, "label");
        for wanted in ["Not a card", "Undo", "The capture", "Keys"] {
            let seen = harness.get_by_label(wanted).rect();
            let all = harness.ctx.content_rect();
            assert!(all.contains_rect(seen), "{wanted} lies at {seen:?} of {all:?} in {window:?}");
        }
        // A larger window has larger letters, whatever makes it large.
        wide.push(harness.get_by_label("Not a card").rect().width() * harness.ctx.pixels_per_point());
        if number == 0 {
            // Something to verify and to count, and something in the bin.
            for _ in 0..12 {
                harness.key_press(Key::Num1);
                harness.key_press(Key::Enter);
                settle(&mut harness);
            }
            harness.key_press(Key::Delete);
            settle(&mut harness);
        }
        for (key, page) in
            [(Key::F2, "verify"), (Key::F3, "collection"), (Key::F4, "frames"), (Key::F5, "bin")]
        {
            harness.key_press(key);
            settle(&mut harness);
            picture(&mut harness, page);
        }
    }
    assert!(wide[1] > wide[0] * 1.1 && wide[2] > wide[1] * 1.1, "letters grow with the window: {wide:?}");
    assert!(wide[4] > wide[0] * 1.8, "and with the scale: {wide:?}");
}

/// It went over the keys, and stood there when what it was about was gone.
#[test]
fn a_long_message_leaves_room_and_goes_with_what_it_is_about() {
    let root = tempfile::tempdir().unwrap();
    capture(root.path());
    let mut harness = open(root.path(), WINDOWS[0]);
    let message = |harness: &Harness<'static, App>| {
        harness.state().labeller().unwrap().message().unwrap_or_default().to_owned()
    };
    let rest = "yzzyx the modded ".repeat(12);
    for letters in ["X", rest.as_str()] {
        harness.event(egui::Event::Text(letters.into()));
        settle(&mut harness);
    }
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(message(&harness).contains("is a new card"), "{}", message(&harness));
    let (seen, all) = (harness.get_by_label("all keys").rect(), harness.ctx.content_rect());
    let said = harness.get_by_label_contains("is a new card").rect();
    assert!(all.contains_rect(seen) && all.contains_rect(said), "{seen:?} and {said:?} of {all:?}");
    assert!(said.right() <= seen.left(), "{said:?} lies over {seen:?}");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert_eq!(message(&harness), "", "the name is no longer asked for");
}
