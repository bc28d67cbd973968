//! The window with the settings, as a person uses it: clicks, keys, and what the file says then.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use egui::{Event, Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use overlay::name_window::NameWindow;
use overlay::recognition::hardware::{Key as State, Record, Store, Timing, model_name};
use overlay::settings::mods::ModsPlace;
use overlay::settings_window::SettingsWindow;
use panes::file_dialog::{FileDialog, Kind};
use vision::providers::Provider;

#[expect(dead_code, reason = "other tests look at a table with its cards")]
#[path = "support/garden.rs"]
mod garden;

fn open(folder: &Path, text: &str) -> Harness<'static, SettingsWindow> {
    let file = folder.join("overlay.toml");
    std::fs::write(&file, text).unwrap();
    let window = SettingsWindow::open(file).unwrap();
    let builder = Harness::builder().with_size(Vec2::new(1120.0, 760.0));
    let mut harness = builder.build_ui_state(|ui, window: &mut SettingsWindow| window.ui(ui), window);
    harness.run_steps(2);
    harness
}

const SECTIONS: [&str; 8] =
    ["Colours", "Recognition", "Capture", "Information", "Mods", "API", "Hotkeys", "Show"];

fn text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("overlay.toml")).unwrap()
}

#[test]
fn a_switch_is_turned_and_the_rest_of_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = open(folder.path(), "# mine\n[show]\nunknown = true # they matter\nopacity = 1.0\n");
    let unknown = harness.query_all_by_role(egui::accesskit::Role::CheckBox).count();
    assert!(unknown >= 10, "{unknown} switches of [show] are seen");
    harness.get_by_label("Joker").click();
    harness.run_steps(2);
    let written = text(folder.path());
    assert!(
        written.starts_with("# mine\n[show]\nunknown = true # they matter\nopacity = 1.0\n"),
        "{written}"
    );
    assert!(written.contains("types = [\"Playing Card\""), "{written}");
    // What it was before is one click away.
    harness.get_by_label_contains("Default").click();
    harness.run_steps(2);
    assert!(text(folder.path()).contains("types = [\"Joker\""), "{}", text(folder.path()));
}

#[test]
fn what_was_measured_about_the_hardware_stands_beside_its_choice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("overlay.toml");
    std::fs::write(&file, "[recognition]\nmodel = \"practice\"\n").unwrap();
    let store = Store::at(folder.path().join("hardware.json"));
    let manifest = lens_core::manifest::Manifest::read(&lens_core::paths::model("practice")).unwrap();
    let timing = |provider, millis| Timing {
        provider,
        millis,
        processor_millis: 2.0,
        opening_millis: 1.0,
        stages: Vec::new(),
        difference: 0.0,
    };
    let record = Record {
        key: State { runtime: "r".into(), driver: "d".into(), model: model_name(&manifest), threads: 1 },
        model_name: "practice".into(),
        measured_at: 1,
        timings: vec![timing(Provider::Cpu, 8.0), timing(Provider::WebGpu, 3.0)],
        refused: Vec::new(),
        failed: None,
    };
    store.put(record).unwrap();
    let window = SettingsWindow::open_with(file, store).unwrap();
    let builder = Harness::builder().with_size(Vec2::new(1120.0, 760.0));
    let mut harness = builder.build_ui_state(|ui, window: &mut SettingsWindow| window.ui(ui), window);
    harness.run_steps(2);
    harness.get_by_label("Recognition").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Measured here: WebGPU 3.0 ms, CPU 8.0 ms").is_some());
}

#[test]
fn a_chord_is_recorded_by_pressing_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = open(folder.path(), "[hotkeys]\npause = \"F9\"\n");
    harness.get_by_label("Hotkeys").click();
    harness.run_steps(2);
    let press = |harness: &mut Harness<'static, SettingsWindow>, key: Key, modifiers: Modifiers| {
        harness.event(Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
        harness.run_steps(2);
    };
    harness.get_by_label("F9").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Press the keys").is_some());
    press(&mut harness, Key::K, Modifiers::CTRL | Modifiers::ALT);
    assert_eq!(text(folder.path()), "[hotkeys]\npause = \"Ctrl+Alt+K\"\n");
    // Escape leaves it, Delete takes it away.
    harness.get_by_label("Ctrl+Alt+K").click();
    harness.run_steps(2);
    press(&mut harness, Key::Escape, Modifiers::NONE);
    assert_eq!(text(folder.path()), "[hotkeys]\npause = \"Ctrl+Alt+K\"\n");
    harness.get_by_label("Ctrl+Alt+K").click();
    harness.run_steps(2);
    press(&mut harness, Key::Delete, Modifiers::NONE);
    assert_eq!(text(folder.path()), "[hotkeys]\npause = \"\"\n");
}

#[test]
fn a_card_is_named_by_a_few_letters() {
    let chosen = Rc::new(RefCell::new(None));
    let catalogue = (*synth::practice::catalogue()).clone();
    let window = NameWindow::new(catalogue, vec!["S_Q".into()], Rc::clone(&chosen));
    let builder = Harness::builder().with_size(Vec2::new(340.0, 300.0));
    let mut harness = builder.build_ui_state(|ui, window: &mut NameWindow| window.ui(ui), window);
    harness.run_steps(2);
    assert!(harness.query_by_label("Queen of Spades").is_some(), "the guess is offered first");
    harness.event(Event::Text("4d".into()));
    harness.run_steps(2);
    harness.event(Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(2);
    assert_eq!(chosen.take().as_deref(), Some("D_4"));
}

/// All mods of the folder are listed, and one is switched off and on by a click.
#[test]
fn a_mod_is_switched_off_where_it_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let mods = folder.path().join("Mods");
    garden::write_mod(&mods).unwrap();
    let settings = format!("[mods]\nfolder = '{}'\ninterpreter = false\n", mods.display());
    let mut harness = open(folder.path(), &settings);
    harness.get_by_label("Mods").click();
    let begin = std::time::Instant::now();
    while harness.query_by_label("The Garden").is_none() {
        assert!(begin.elapsed().as_secs() < 60, "the mod is not listed");
        harness.run_steps(1);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    harness.get_by_label("The Garden").click();
    harness.run_steps(2);
    assert!(text(folder.path()).contains("off = [\"Garden\"]"), "{}", text(folder.path()));
    harness.get_by_label("The Garden").click();
    harness.run_steps(2);
    assert!(text(folder.path()).contains("off = []"), "{}", text(folder.path()));
}

/// What was chosen in the desktop's dialog is written like what was typed.
#[test]
fn the_folder_of_the_mods_is_chosen_in_a_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mods = folder.path().join("my Mods");
    garden::write_mod(&mods).unwrap();
    let mut harness = open(folder.path(), "[mods]\ninterpreter = false\n");
    harness.get_by_label("Mods").click();
    harness.run_steps(2);
    let choose = |harness: &mut Harness<'static, SettingsWindow>, chosen: Option<PathBuf>| {
        harness.get_by_label("Choose\u{2026}").click();
        harness.run_steps(2);
        let mut opened = 0;
        for _ in 0..2000 {
            harness.state_mut().ask(|wanted| {
                opened += 1;
                assert_eq!(wanted.kind, Kind::Folder);
                let chosen = chosen.clone();
                FileDialog::with(|| chosen, || {})
            });
            harness.run_steps(1);
            let is_done = match &chosen {
                Some(_) => text(folder.path()).contains("folder = "),
                None => harness.query_by_label_contains("no dialog for folders").is_some(),
            };
            if is_done {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        opened
    };
    assert_eq!(choose(&mut harness, None), 1);
    assert!(harness.query_by_label_contains("no dialog for folders").is_some());
    assert_eq!(text(folder.path()), "[mods]\ninterpreter = false\n");
    assert_eq!(choose(&mut harness, Some(mods.clone())), 1);
    let read = overlay::settings::file::read(&folder.path().join("overlay.toml")).unwrap();
    assert_eq!(read.mods.place, ModsPlace::Folder(mods), "{}", text(folder.path()));
}

/// Where programs find the API stands on its page.
#[test]
fn the_page_of_the_api_names_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = open(folder.path(), "");
    harness.get_by_label("API").click();
    harness.run_steps(2);
    let token = lens_client::api::token_path(&lens_client::data_folder()).display().to_string();
    assert!(harness.query_by_label(&token).is_some(), "{token}");
}

/// With `BALATRO_LENS_PAGES` they are written into that folder, to be looked at.
#[test]
fn every_section_can_be_shown_in_every_window() {
    let sizes = [([1280.0, 800.0], 1.0), ([1920.0, 1080.0], 1.0), ([2560.0, 1440.0], 1.0)];
    let scaled = [([1920.0, 1200.0], 1.5), ([2560.0, 1600.0], 2.0), ([760.0, 480.0], 1.0)];
    for ([width, height], scale) in sizes.into_iter().chain(scaled) {
        let folder = tempfile::tempdir().unwrap();
        garden::write_mod(&folder.path().join("Mods")).unwrap();
        let file = folder.path().join("overlay.toml");
        let settings =
            format!("[mods]\nfolder = '{}'\ninterpreter = false\n", folder.path().join("Mods").display());
        std::fs::write(&file, &settings).unwrap();
        let window = SettingsWindow::open(file).unwrap();
        let builder = Harness::builder().with_size(Vec2::new(width, height) / scale);
        let mut harness = builder
            .with_pixels_per_point(scale)
            .build_ui_state(|ui, window: &mut SettingsWindow| window.ui(ui), window);
        harness.run_steps(2);
        for section in SECTIONS {
            harness.get_by_label(section).click();
            harness.run_steps(2);
            if section == "Mods" {
                let begin = std::time::Instant::now();
                while harness.query_by_label("The Garden").is_none() {
                    assert!(begin.elapsed().as_secs() < 60, "the mod is not listed");
                    harness.run_steps(1);
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
            }
            let all = harness.ctx.content_rect();
            for wanted in SECTIONS.into_iter().chain(["Preview"]) {
                let seen = harness.get_all_by_label(wanted).next().unwrap().rect();
                assert!(all.contains_rect(seen), "{wanted} lies at {seen:?} of {all:?}, in {section}");
            }
            if let Some(pages) = std::env::var_os("BALATRO_LENS_PAGES") {
                let name = format!("settings_{}-{width}x{height}@{scale}.png", section.to_lowercase());
                std::fs::create_dir_all(&pages).unwrap();
                harness.render().unwrap().save(Path::new(&pages).join(name)).unwrap();
            }
        }
        assert_eq!(text(folder.path()), settings, "looking changes nothing");
    }
}
