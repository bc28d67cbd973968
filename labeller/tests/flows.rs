//! What a person does in the window, by keys as they would press them, on a data set of composed
//! practice cards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use dataset::labels::store::{Change, read};
use egui::{Key, Modifiers as Held, Vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, OsThreshold, SnapshotOptions};
use image::{Rgba, RgbaImage, imageops};
use labeller::app::App;
use labeller::repository::{Folders, Repository};
use labeller::window::Labeller;
use lens_core::modifiers::Modifiers;

struct Bench {
    root: tempfile::TempDir,
    harness: Option<Harness<'static, App>>,
}

/// A captured card: id, edition, and what the model made of it.
type Captured = (&'static str, &'static str, &'static [(&'static str, f32)]);

const CARDS: [Captured; 4] = [
    ("H_A", "base", &[("H_A", 0.41), ("D_A", 0.3)]),
    ("H_A", "foil", &[("H_A", 0.35), ("D_A", 0.3)]),
    ("S_K", "base", &[("S_Q", 0.2), ("S_K", 0.19), ("C_K", 0.1)]),
    ("x_owl", "base", &[("x_owl", 0.3), ("x_cat", 0.28)]),
];

fn folders(root: &Path) -> Folders {
    Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") }
}

fn card(id: &str, edition: &str) -> RgbaImage {
    let sprites = synth::practice::sprites();
    let modifiers = Modifiers { edition: edition.into(), ..Modifiers::default() };
    let card = synth::single::picture(&sprites, id, &modifiers, 2, 1).unwrap();
    let mut ground = RgbaImage::from_pixel(card.width(), card.height(), Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut ground, &card, 0, 0);
    ground
}

fn captured(root: &Path, cards: &[Captured]) {
    let mut captures = Captures::open(&folders(root).captures).unwrap();
    for (at, (id, edition, guesses)) in cards.iter().enumerate() {
        let crop = card(id, edition);
        let hashes = captures.hashes(&crop);
        let context = CaptureContext {
            window: [1280, 720],
            taken_at_millis: at as u64,
            model: Some("practice".into()),
            guesses: guesses.iter().map(|(id, probability)| ((*id).to_owned(), *probability)).collect(),
            modifiers: Some(Modifiers { edition: (*edition).into(), ..Modifiers::default() }),
            ..CaptureContext::default()
        };
        captures.add(&crop, hashes, context).unwrap();
    }
}

fn window(folders: Folders) -> Harness<'static, App> {
    let catalogue = synth::practice::catalogue();
    let root = App::open(folders, move |repository, session| {
        Labeller::new(repository, session, Arc::clone(&catalogue), None)
    });
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1100.0, 720.0))
        .build_ui_state(|ui, root: &mut App| root.ui(ui), root.unwrap());
    settle(&mut harness);
    harness
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        captured(root.path(), &CARDS);
        let harness = Some(window(folders(root.path())));
        Self { root, harness }
    }

    fn harness(&mut self) -> &mut Harness<'static, App> {
        self.harness.as_mut().unwrap()
    }

    fn state(&self) -> &Labeller {
        self.harness.as_ref().unwrap().state().labeller().unwrap()
    }

    fn press(&mut self, keys: &[Key]) {
        for key in keys {
            self.harness().key_press(*key);
            settle(self.harness());
        }
    }

    fn press_with(&mut self, held: Held, key: Key) {
        self.harness().key_press_modifiers(held, key);
        settle(self.harness());
    }

    fn write(&mut self, text: &str) {
        self.harness().event(egui::Event::Text(text.into()));
        settle(self.harness());
    }

    fn click(&mut self, label: &str) {
        self.harness().get_by_label(label).click();
        settle(self.harness());
    }

    /// What is seen must be the golden picture of this name.
    fn looks_like(&mut self, name: &str) {
        self.is_pictured_in(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"), name);
    }

    fn is_pictured_in(&mut self, folder: &str, name: &str) {
        // Drivers round edges of text and shapes differently.
        let tolerance = OsThreshold::new(400);
        let options = SnapshotOptions::new().threshold(1.5).max_failed_pixels(tolerance).output_path(folder);
        self.harness().snapshot_options(name, &options);
    }

    /// Name and edition of each labelled file, as another program reads them.
    fn labels(&self) -> Vec<(String, String)> {
        let data = read(&folders(self.root.path()).labels).unwrap();
        let mut names: Vec<_> = data
            .labels
            .iter()
            .map(|(_, label)| (label.name.clone(), label.modifier.unwrap_or_default()))
            .collect();
        names.sort();
        names
    }
}

/// Frames until nothing is on its way.
fn settle(harness: &mut Harness<'static, App>) {
    for _ in 0..400 {
        harness.run_steps(3);
        if harness.state().labeller().is_none_or(Labeller::is_idle) {
            harness.run_steps(2);
            return;
        }
        std::thread::yield_now();
    }
    panic!("pictures do not arrive");
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, edition)| ((*name).to_owned(), (*edition).to_owned())).collect()
}

/// Goes to the group of this card.
fn go_to(bench: &mut Bench, capture: usize) {
    let file = bench.state().session().pictures()[capture].file.clone();
    bench.press(&[Key::ArrowLeft; CARDS.len()]);
    for _ in 0..CARDS.len() {
        if bench.state().session().members().any(|it| it.file == file) {
            return;
        }
        bench.press(&[Key::ArrowRight]);
    }
    panic!("{file} is in no group that waits");
}

#[test]
fn a_digit_and_enter_name_a_card_and_the_next_one_comes() {
    let mut bench = Bench::new();
    let waiting = bench.state().session().queue().len();
    go_to(&mut bench, 2);
    bench.press(&[Key::Num2]);
    assert_eq!(bench.state().form().name, "King of Spades");
    bench.looks_like("suggestion_taken");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
    assert_eq!(bench.state().session().queue().len(), waiting - 1);
    let folders = folders(bench.root.path());
    let copied = std::fs::read_dir(&folders.labels).unwrap().flatten();
    assert_eq!(copied.filter(|it| it.path().extension().is_some_and(|it| it == "png")).count(), 1);
}

#[test]
fn letters_complete_a_name_and_a_new_one_stays_as_typed() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.write("o");
    bench.write("w");
    // The picture of the guide, so that the guide shows what there is.
    bench.is_pictured_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"), "labelling");
    bench.press(&[Key::Enter]);
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzzyx the modded");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Owl", "Base"), ("Xyzzyx the modded", "Base")]));
}

#[test]
fn editions_are_prefilled_and_set_by_key() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    assert_eq!(bench.state().form().modifiers.edition, "base");
    bench.press_with(Held::COMMAND, Key::Num2);
    let edition = bench.state().form().modifiers.edition.clone();
    assert_eq!(edition, synth::practice::catalogue().modifiers.editions[1]);
    bench.press(&[Key::Num1, Key::Enter]);
    assert_eq!(bench.labels()[0].0, "Queen of Spades");
    assert_ne!(bench.labels()[0].1, "Base");
}

#[test]
fn undo_takes_everything_back_and_redo_does_it_again() {
    let mut bench = Bench::new();
    let waiting = bench.state().session().queue().to_vec();
    for _ in 0..waiting.len() {
        bench.press(&[Key::Num1, Key::Enter]);
    }
    assert!(bench.state().session().queue().is_empty());
    let all = bench.labels();
    for _ in 0..waiting.len() {
        bench.press_with(Held::COMMAND, Key::Z);
    }
    assert!(bench.labels().is_empty());
    assert_eq!(bench.state().session().queue(), waiting);
    for _ in 0..waiting.len() {
        bench.press_with(Held::COMMAND, Key::Y);
    }
    assert_eq!(bench.labels(), all);
}

#[test]
fn members_are_left_out_by_space_and_groups_merged_and_split() {
    let mut bench = Bench::new();
    go_to(&mut bench, 0);
    let alone = bench.state().session().members().count();
    if alone == 1 {
        // The foil lies in the same cluster, in a group of its own.
        bench.press_with(Held::COMMAND, Key::M);
    }
    assert!(bench.state().session().members().count() >= 2);
    bench.press(&[Key::ArrowDown, Key::Space]);
    bench.looks_like("member_left_out");
    bench.press(&[Key::Space, Key::ArrowUp]);
    let before = bench.state().session().members().count();
    bench.press(&[Key::ArrowDown, Key::Space, Key::Num1, Key::Enter]);
    let labelled = bench.labels().len();
    assert_eq!(labelled, before - 1, "the one that was left out has no name");
    assert!(bench.state().session().pictures().iter().any(|it| it.label.is_none()));
}

#[test]
fn what_is_no_card_is_an_example_of_that() {
    let mut bench = Bench::new();
    bench.press(&[Key::Num0, Key::Enter]);
    let data = read(&folders(bench.root.path()).labels).unwrap();
    assert!(data.labels.iter().all(|(_, label)| label.is_not_a_card()) && !data.labels.is_empty());
}

#[test]
fn the_bin_gives_back_what_it_was_given() {
    let mut bench = Bench::new();
    bench.press(&[Key::Delete, Key::F4]);
    bench.looks_like("bin");
    assert_eq!(bench.state().session().pictures().iter().filter(|it| it.binned).count(), 1);
    bench.click("Restore");
    assert_eq!(bench.state().session().pictures().iter().filter(|it| it.binned).count(), 0);
}

#[test]
fn a_label_is_corrected_on_the_verify_page() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.press(&[Key::Num1, Key::Enter, Key::F2]);
    let file = bench.state().session().pictures()[2].file.clone();
    bench.click(&format!("Labelled {file}"));
    bench.looks_like("verify");
    bench.write("k");
    bench.write("ing of spa");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
}

#[test]
fn a_second_window_is_read_only_and_says_why() {
    let mut bench = Bench::new();
    let mut second = window(folders(bench.root.path()));
    second.key_press(Key::Num1);
    second.key_press(Key::Enter);
    settle(&mut second);
    let message = second.state().labeller().unwrap().message().unwrap().to_owned();
    assert!(message.contains("Read-only") && message.contains("another labeller"), "{message}");
    assert!(bench.labels().is_empty());
    bench.press(&[Key::Num1, Key::Enter]);
    assert!(!bench.labels().is_empty(), "the first window goes on");
}

#[test]
fn new_captures_and_corrections_of_the_overlay_appear_by_themselves() {
    let mut bench = Bench::new();
    let before = bench.state().session().pictures().len();
    captured(bench.root.path(), &[("C_2", "base", &[("C_2", 0.2)])]);
    let file = bench.state().session().pictures()[3].file.clone();
    let label = dataset::labels::Label { name: "From the overlay".into(), ..Default::default() };
    let change = Change::Label { file, label: Some(Box::new(label)) };
    dataset::labels::store::leave(&folders(bench.root.path()).labels, &[change]).unwrap();
    let start = std::time::Instant::now();
    while bench.state().session().pictures().len() == before || bench.labels().is_empty() {
        settle(bench.harness());
        assert!(start.elapsed().as_secs() < 30, "nothing appears");
    }
    assert_eq!(bench.labels()[0].0, "From the overlay");
}

#[test]
fn damaged_labels_are_kept_and_the_last_good_state_is_one_click_away() {
    let root = tempfile::tempdir().unwrap();
    captured(root.path(), &CARDS[..1]);
    let at = folders(root.path());
    let (mut repository, mut session) = Repository::open(at.clone()).unwrap();
    let label = dataset::labels::Label { name: "DNA".into(), ..Default::default() };
    repository
        .act(&mut session, &labeller::session::Action::Save(label, std::collections::BTreeMap::default()))
        .unwrap();
    drop(repository);
    let path: PathBuf = at.labels.join("labels.json");
    std::fs::write(&path, "{ broken").unwrap();
    let mut harness = window(at.clone());
    assert!(harness.state().labeller().is_none());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{ broken");
    harness.get_by_label("Take the last good state").click();
    settle(&mut harness);
    let names: Vec<_> = harness
        .state()
        .labeller()
        .unwrap()
        .session()
        .pictures()
        .iter()
        .filter_map(|it| it.label.clone())
        .collect();
    assert_eq!(names[0].name, "DNA");
    assert_eq!(std::fs::read_to_string(at.labels.join("labels.damaged-1.json")).unwrap(), "{ broken");
}

#[test]
fn the_coverage_says_what_is_missing_and_the_keys_are_one_press_away() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.press(&[Key::Num1, Key::Enter, Key::F3]);
    bench.looks_like("coverage");
    bench.press(&[Key::F1]);
    bench.write("?");
    bench.looks_like("keys");
}

#[test]
fn a_name_that_begins_with_a_digit_is_typed_after_a_slash() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("/");
    bench.write("10 of sp");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("10 of Spades", "Base")]));
}

/// A fast hand on a slow machine: letters and Enter arrive together, and the name lost its end.
#[test]
fn a_letter_that_comes_with_enter_is_a_part_of_the_name() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzz");
    // Queued events get a frame each; these two have to share one.
    bench.harness().input_mut().events.push(egui::Event::Text("y".into()));
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Xyzzy", "Base")]));
}

/// What a kill would leave of a name that is being typed.
#[test]
fn a_name_that_is_being_typed_is_on_the_disk() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzz");
    let start = std::time::Instant::now();
    loop {
        settle(bench.harness());
        let state = read(&folders(bench.root.path()).labels).unwrap().state();
        let draft = state.iter().find_map(|change| match change {
            Change::Draft { label, .. } => label.as_ref().map(|it| it.name.clone()),
            _ => None,
        });
        if draft.as_deref() == Some("Xyzz") {
            break;
        }
        assert!(start.elapsed().as_secs() < 30, "the draft is {draft:?}");
    }
    let undone = bench.state().session().last_undo().is_none();
    assert!(undone, "letters are not undone one by one");
    // Another window finds it, with the edition that nobody has said as it was seen.
    bench.harness = None;
    bench.harness = Some(window(folders(bench.root.path())));
    go_to(&mut bench, 2);
    assert_eq!(bench.state().form().name, "Xyzz");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Xyzz", "Base")]));
}

/// The plain and the foil ace in one group.
fn two_aces(bench: &mut Bench) {
    go_to(bench, 0);
    if bench.state().session().members().count() == 1 {
        bench.press_with(Held::COMMAND, Key::M);
    }
    assert_eq!(bench.state().session().members().count(), 2, "both aces are in one group");
}

#[test]
fn a_group_that_is_named_at_once_keeps_the_edition_of_each_picture() {
    let mut bench = Bench::new();
    two_aces(&mut bench);
    bench.press(&[Key::Num1, Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Ace of Hearts", "Base"), ("Ace of Hearts", "Foil")]));
}

#[test]
fn an_edition_that_was_chosen_holds_for_the_whole_group() {
    let mut bench = Bench::new();
    two_aces(&mut bench);
    let shown = bench.state().form().modifiers.edition.clone();
    let editions = &synth::practice::catalogue().modifiers.editions;
    let number = editions.iter().position(|it| *it == shown).unwrap();
    // Chosen though the form says it already.
    bench.press_with(Held::COMMAND, [Key::Num1, Key::Num2, Key::Num3, Key::Num4][number]);
    bench.press(&[Key::Num1]);
    // Also when the group is left and shown again.
    bench.press(&[Key::ArrowRight]);
    two_aces(&mut bench);
    bench.press(&[Key::Enter]);
    let labels = bench.labels();
    assert!(labels.len() == 2 && labels.iter().all(|(_, it)| it.eq_ignore_ascii_case(&shown)), "{labels:?}");
}

#[test]
fn labels_that_somebody_else_wrote_meanwhile_are_kept_and_said() {
    let mut bench = Bench::new();
    let path = folders(bench.root.path()).labels.join("labels.json");
    std::fs::write(&path, r#"{"mine.png": {"name": "By hand"}}"#).unwrap();
    bench.press(&[Key::Num1, Key::Enter]);
    let start = std::time::Instant::now();
    while bench.harness().query_by_label("I have read this").is_none() {
        settle(bench.harness());
        assert!(start.elapsed().as_secs() < 30, "nothing is said");
    }
    let kept = folders(bench.root.path()).labels.join("labels.changed-1.json");
    assert!(std::fs::read_to_string(kept).unwrap().contains("By hand"));
    bench.click("I have read this");
    assert!(bench.harness().query_by_label("I have read this").is_none());
}
