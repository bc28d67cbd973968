//! Thousands of cards with their images scroll well: what a frame takes of the processor.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cpu_time::ThreadTime;
use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, Shape, TouchPhase, Vec2};
use egui_kittest::Harness;
use labeller::app::App;
use labeller::repository::Folders;
use labeller::window::Labeller;

#[path = "modded/garden.rs"]
mod garden;

/// Cards of all mods together.
const CARDS: usize = 3000;
/// A sheet of four columns must not be too high.
const MODS: usize = 10;
/// Frames that are measured.
const FRAMES: usize = 240;
/// What a frame may take: at sixty of them a second 16 ms, and half as much again, for egui is
/// hardly optimised in a test, and some processors are slow. What grows with the cards takes far
/// longer.
const MOST: Duration = Duration::from_millis(24);
/// How often a page may be tried: what else the computer does can only make frames longer.
const TRIES: usize = 3;

/// Names as they are: of one to three words.
fn names(of_mod: usize) -> Vec<String> {
    const FIRST: [&str; 7] = ["Red", "Wandering", "Old", "Glass", "Lucky", "Silent", "Golden"];
    const LAST: [&str; 9] =
        ["Jester", "Gardener", "Moth", "Accountant", "Comet", "Harlequin", "Toad", "Rose", "Key"];
    let name = |at: usize| format!("{} {} {of_mod} {at}", FIRST[at % FIRST.len()], LAST[at % LAST.len()]);
    (0..CARDS / MODS).map(name).collect()
}

fn window(root: &Path, size: [f32; 2]) -> Harness<'static, App> {
    let folders = Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") };
    let (settings, cache) = (root.join("overlay.toml"), root.join("cache"));
    let app = App::open(folders, move |repository, session| {
        Labeller::new(repository, session, synth::practice::catalogue(), None)
            .with_mods(settings.clone(), cache.clone())
    });
    let mut harness = Harness::builder()
        .with_size(Vec2::from(size))
        .build_ui_state(|ui, root: &mut App| root.ui(ui), app.unwrap());
    settle(&mut harness);
    harness
}

fn settle(harness: &mut Harness<'static, App>) {
    harness.run_steps(3);
    while !harness.state().labeller().is_none_or(Labeller::is_idle) {
        std::thread::sleep(Duration::from_millis(2));
        harness.step();
    }
    harness.run_steps(2);
}

/// One frame: layout, and its shapes as triangles.
fn frame(harness: &mut Harness<'static, App>) -> Duration {
    let begin = ThreadTime::now();
    harness.step();
    let output = harness.output();
    let triangles = harness.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
    assert!(!triangles.is_empty(), "something is drawn");
    begin.elapsed()
}

fn wheel(harness: &mut Harness<'static, App>, points: f32) {
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, -points),
        modifiers: Modifiers::NONE,
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
}

/// The last mod's cards whose names are drawn.
fn shown(harness: &Harness<'static, App>) -> BTreeSet<String> {
    fn texts<'a>(shape: &'a Shape, into: &mut Vec<&'a str>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts(shape, into)),
            Shape::Text(text) => into.push(text.galley.text()),
            _ => {}
        }
    }
    let mut drawn = Vec::new();
    harness.output().shapes.iter().for_each(|it| texts(&it.shape, &mut drawn));
    names(MODS - 1).into_iter().filter(|name| drawn.iter().any(|text| text.contains(name))).collect()
}

/// Opens a page in a new window, so that no image is there yet, and scrolls through it: what 95 of
/// 100 frames take at most.
fn scroll(root: &Path, page: &str, key: Key) -> Duration {
    let mut harness = window(root, [1920.0, 1080.0]);
    let cards = harness.state().labeller().unwrap().library().unwrap().cards().count();
    assert_eq!(cards, CARDS, "cards of all mods");
    harness.key_press(key);
    settle(&mut harness);
    harness.event(Event::PointerMoved(Pos2::new(700.0, 600.0)));
    let first = shown(&harness);
    let mut times: Vec<Duration> = Vec::with_capacity(FRAMES);
    for _ in 0..FRAMES {
        wheel(&mut harness, 400.0);
        times.push(frame(&mut harness));
    }
    times.sort();
    let (median, late, longest) = (times[FRAMES / 2], times[FRAMES * 95 / 100], times[FRAMES - 1]);
    eprintln!(
        "{page}: half of the frames take {median:?}, 95 of 100 at most {late:?}, the longest {longest:?}"
    );
    settle(&mut harness);
    let last = shown(&harness);
    assert!(!last.is_empty() && first.is_disjoint(&last), "{page} shows {first:?}, then {last:?}");
    late
}

#[test]
fn a_frame_of_thousands_of_cards_is_there_in_time() {
    let root = tempfile::tempdir().unwrap();
    let mods = root.path().join("Mods");
    for of_mod in 0..MODS {
        garden::plant(&mods, &format!("M{of_mod}od"), &names(of_mod));
    }
    let settings = format!("[mods]\ninterpreter = false\nfolder = {:?}\n", mods.display().to_string());
    std::fs::write(root.path().join("overlay.toml"), settings).unwrap();
    for (page, key) in [("Collection", Key::F3), ("Mods", Key::F7)] {
        let is_in_time = (0..TRIES).any(|_| scroll(root.path(), page, key) < MOST);
        assert!(is_in_time, "95 of 100 frames of {page} took more than {MOST:?} each time");
    }
}
