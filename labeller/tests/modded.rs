//! The page Mods and the filter by mod, by keys and clicks, on a Mods folder with small mods of our
//! own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use egui::{Key, Modifiers as Held};
use egui_kittest::kittest::Queryable as _;
use image::{Rgba, RgbaImage};
use labeller::app::App;
use labeller::repository::Folders;
use labeller::window::Labeller;
use mods::choice::Choice;

#[path = "support/bench.rs"]
mod bench;
#[path = "modded/garden.rs"]
mod garden;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/opened.rs"]
mod opened;
#[path = "support/settled.rs"]
mod settled;
#[path = "support/windows.rs"]
mod windows;

use bench::Bench;
use garden::plant;
use opened::Window;

const SETTINGS: &str = "# mine\n[show]\nopacity = 0.5 # not so loud\n\n[mods]\ninterpreter = false\n";

impl Bench {
    fn new(plant: impl FnOnce(&Path)) -> Self {
        Self::of_size(plant, windows::WINDOWS[0])
    }

    fn of_size(plant: impl FnOnce(&Path), window: Window) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mods = mods_folder(root.path());
        std::fs::create_dir_all(&mods).unwrap();
        plant(&mods);
        let settings = format!("{SETTINGS}folder = {:?}\n", mods.display().to_string());
        std::fs::write(root.path().join("overlay.toml"), settings).unwrap();
        let at = folders(root.path());
        let (settings, cache) = (root.path().join("overlay.toml"), root.path().join("cache"));
        let app = App::open(at, move |repository, session| {
            Labeller::new(repository, session, synth::practice::catalogue(), None)
                .with_mods(settings.clone(), cache.clone())
        });
        Self::open(root, app.unwrap(), window)
    }

    fn settings(&self) -> PathBuf {
        self.root.path().join("overlay.toml")
    }

    fn search(&mut self, text: &str) {
        self.harness.key_press_modifiers(Held::COMMAND, Key::F);
        self.settle();
        self.harness.event(egui::Event::Text(text.into()));
        self.settle();
    }

    fn is_seen(&self, label: &str) -> bool {
        self.harness.query_by_label(label).is_some()
    }
}

/// As deep as the game has it: the page shows the last parts.
fn mods_folder(root: &Path) -> PathBuf {
    root.join("Balatro/Mods")
}

fn folders(root: &Path) -> Folders {
    Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") }
}

fn two_mods(mods: &Path) {
    plant(mods, "Garden", &["Rose", "Tulip", "Daisy", "Poppy", "Lily"]);
    plant(mods, "Weeds", &["Nettle", "Thistle"]);
    std::fs::create_dir(mods.join("Broken")).unwrap();
    std::fs::write(mods.join("Broken/Broken.json"), r#"{"id": "Broken", "name": "Broken", "main_file": "x.lua", "prefix": "br", "author": ["us"], "description": ""}"#)
        .unwrap();
}

#[test]
fn a_mod_is_switched_off_where_the_overlay_reads_it_and_on_again() {
    let mut bench = Bench::new(two_mods);
    bench.press(Key::F7);
    assert_eq!(bench.labeller().library().unwrap().cards().count(), 7);
    assert!(bench.is_seen("Rose") && bench.is_seen("Thistle"));
    let before = std::fs::read_to_string(bench.settings()).unwrap();
    bench.click("Weeds on");
    bench.looks_like("mods");
    let written = std::fs::read_to_string(bench.settings()).unwrap();
    assert_eq!(written, format!("{before}off = [\"Weeds\"]\n"), "all else stays as it was");
    assert_eq!(Choice::read(&bench.settings()).unwrap().off, ["Weeds"]);
    assert!(bench.is_seen("Thistle"), "its cards are shown, dimmed");
    assert!(bench.labeller().message().unwrap().contains("Weeds is off"));
    // By keys: down to it, and on again. The broken one comes first by its name.
    for _ in 0..3 {
        bench.press(Key::ArrowDown);
    }
    assert!(bench.is_seen("Thistle") && !bench.is_seen("Rose"), "the chosen one's cards alone");
    bench.press(Key::Space);
    assert!(Choice::read(&bench.settings()).unwrap().off.is_empty());
    // One that the game cannot load stays as it is, and says why.
    for _ in 0..2 {
        bench.press(Key::ArrowUp);
    }
    bench.press(Key::Space);
    let message = bench.labeller().message().unwrap();
    assert!(message.contains("Broken") && message.contains("cannot be read"), "{message}");
    // Settings that are broken are left alone.
    std::fs::write(bench.settings(), "[mods\n").unwrap();
    bench.press(Key::ArrowDown);
    bench.press(Key::Space);
    assert!(bench.labeller().message().unwrap().contains("help"));
    assert_eq!(std::fs::read_to_string(bench.settings()).unwrap(), "[mods\n");
}

#[test]
fn cards_are_searched_and_what_was_left_out_says_why() {
    let mut bench = Bench::new(two_mods);
    bench.press(Key::F7);
    let library = bench.labeller().library().unwrap();
    let left_out: Vec<String> =
        library.mods.iter().flat_map(|it| &it.left_out).map(|it| it.what.clone()).collect();
    assert_eq!(left_out, ["j_ga_lost", "j_we_lost"]);
    bench.search("tul");
    assert!(bench.is_seen("Tulip") && !bench.is_seen("Rose") && !bench.is_seen("Thistle"));
    for _ in 0..3 {
        bench.press(Key::Backspace);
    }
    bench.search("weeds");
    assert!(bench.is_seen("Thistle") && !bench.is_seen("Rose"), "all cards of a mod of that name");
}

#[test]
fn mods_that_come_later_appear_by_themselves_and_none_is_said() {
    let mut bench = Bench::new(|_| {});
    bench.press(Key::F7);
    assert!(bench.is_seen("There is no mod in the folder."));
    plant(&mods_folder(bench.root.path()), "Garden", &["Rose"]);
    let start = Instant::now();
    while !bench.is_seen("Rose") {
        bench.settle();
        assert!(start.elapsed() < Duration::from_secs(60), "nothing appears");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::write(bench.settings(), "[mods]\nfolder = \"none\"\n").unwrap();
    while !bench.is_seen("No mods") {
        bench.settle();
        assert!(start.elapsed() < Duration::from_secs(90), "it is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn lists_are_filtered_by_mod() {
    let mut bench = Bench::new(|mods| {
        two_mods(mods);
        let mut captures = Captures::open(&folders(mods.ancestors().nth(2).unwrap()).captures).unwrap();
        for (number, guess) in ["j_ga_rose", "j_we_nettle", "H_A"].into_iter().enumerate() {
            // Images that look like nothing else.
            let crop = RgbaImage::from_fn(72, 96, |x, y| {
                let cell = (x / 9 * 7 + y / 9 * 13 + number as u32 * 97).wrapping_mul(2_654_435_761) >> 24;
                Rgba([cell as u8, (cell * 3) as u8, (cell * 5) as u8, 255])
            });
            let hashes = captures.hashes(&crop);
            let context = CaptureContext {
                guesses: vec![(guess.to_owned(), 0.97)],
                card: Some(guess.to_owned()),
                ..CaptureContext::default()
            };
            captures.add(&crop, hashes, context).unwrap();
        }
    });
    let groups = |bench: &Bench| bench.labeller().session().queue().len();
    let choose = |bench: &mut Bench, shown: &str, wanted: &str| {
        bench.click(&format!("Mod: {shown}"));
        bench.click(wanted);
    };
    assert_eq!(groups(&bench), 3);
    choose(&mut bench, "All mods", "Garden");
    assert_eq!(groups(&bench), 1);
    assert!(bench.is_seen("Rose"), "a card of a mod is called by its name");
    choose(&mut bench, "Garden", "No mod");
    assert_eq!((groups(&bench), bench.is_seen("Ace of Hearts")), (1, true));
    choose(&mut bench, "No mod", "All mods");
    // What is named stays a card of its mod: on the page Verify, and in the collection.
    for _ in 0..3 {
        bench.press(Key::Num1);
        bench.press(Key::Enter);
    }
    assert_eq!(groups(&bench), 0);
    let labels = dataset::labels::store::read(&folders(bench.root.path()).labels).unwrap().labels;
    let mut ids: Vec<String> = labels.iter().map(|(_, label)| label.class().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["H_A", "j_ga_rose", "j_we_nettle"], "ids are the game's keys");
    bench.press(Key::F2);
    choose(&mut bench, "All mods", "Weeds");
    assert!(bench.is_seen("Nettle") && !bench.is_seen("Rose"));
    bench.press(Key::F3);
    choose(&mut bench, "All mods", "Garden");
    assert!(bench.is_seen("Rose: 1") && bench.is_seen("Tulip: 0") && !bench.is_seen("Nettle: 1"));
    bench.looks_like("collection_of_a_mod");
}

#[test]
fn the_page_fits_every_window() {
    for window in windows::WINDOWS {
        let names: Vec<String> = (0..60).map(|at| format!("Flower of the {at}th garden")).collect();
        let mut bench = Bench::of_size(
            |mods| {
                two_mods(mods);
                plant(mods, "Orchard", &names);
            },
            window,
        );
        bench.press(Key::F7);
        let all = bench.harness.ctx.content_rect();
        for wanted in ["All mods", "Weeds on", "Rose", "Keys"] {
            let seen = bench.harness.get_by_label(wanted).rect();
            assert!(all.contains_rect(seen), "{wanted} lies at {seen:?} of {all:?} in {window:?}");
        }
        windows::picture(&mut bench.harness, window, "mods");
    }
}
