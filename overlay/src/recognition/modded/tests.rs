//! A small mod of our own, read and listed as the catalogue would.

use std::sync::mpsc::sync_channel;

use super::watch::{Libraries, ModsWatcher, Task};
use super::*;
use crate::messages::event::{AppEvent, EventSink};
use crate::settings::mods::ModsPlace;
use lens_core::catalogue::CardType;
use mods::State;

/// The game whose model and catalogue are taken.
const GAME: &str = "balatro";

/// A Mods folder with one mod: two cards, and the game's first joker drawn anew.
fn garden() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join("Mods/Garden").join(path);
    std::fs::create_dir_all(at("assets/2x")).unwrap();
    let sheet =
        image::RgbaImage::from_fn(142 * 3, 190, |x, _| image::Rgba([(x / 142) as u8 * 80, 90, 40, 255]));
    sheet.save(at("assets/2x/roses.png")).unwrap();
    let metadata = r#"{"id": "Garden", "name": "The Garden", "prefix": "gd", "main_file": "main.lua",
        "version": "1.0", "author": ["us"], "description": "flowers"}"#;
    std::fs::write(at("Garden.json"), metadata).unwrap();
    let main = "SMODS.Atlas { key = 'roses', path = 'roses.png', px = 71, py = 95 }
        SMODS.Joker { key = 'rose', atlas = 'roses', pos = { x = 0, y = 0 },
            loc_txt = { name = 'Red Rose', text = { 'Gives {C:mult}+4{} Mult' } } }
        SMODS.Consumable { key = 'seed', set = 'Flower', atlas = 'roses', pos = { x = 1, y = 0 },
            loc_txt = { name = 'Seed' } }
        SMODS.Joker:take_ownership('joker', { atlas = 'roses', pos = { x = 2, y = 0 } })";
    std::fs::write(at("main.lua"), main).unwrap();
    folder
}

fn wanted(folder: &Path, off: &[&str]) -> Wanted {
    let place = ModsPlace::Folder(folder.join("Mods"));
    let off = off.iter().map(ToString::to_string).collect();
    let mods = Mods { place, interpreter: false, off };
    Wanted { mods, language: "en-us".to_owned(), cache: folder.join("cache") }
}

fn catalogue() -> Catalogue {
    Catalogue::read(&lens_core::paths::catalogue(GAME)).unwrap()
}

#[test]
fn cards_of_a_mod_are_listed_with_their_mod_and_those_of_the_game_stay_the_games() {
    let folder = garden();
    let mut catalogue = catalogue();
    let library = wanted(folder.path(), &[]).read(&catalogue).unwrap().unwrap();
    let added: Vec<_> = mods::known::cards(&library, &catalogue);
    catalogue.add_cards(added);
    let told = |id: &str| {
        let card = catalogue.card(id).unwrap();
        let from_mod = card.from_mod.as_ref().map(|it| (it.id.as_str(), it.kind.as_str(), it.text.join(" ")));
        (card.name.clone(), card.card_type, from_mod)
    };
    let text = "Gives +4 Mult".to_owned();
    assert_eq!(told("j_gd_rose"), ("Red Rose".into(), CardType::Joker, Some(("Garden", "Joker", text))));
    let seed = ("Seed".into(), CardType::Tarot, Some(("Garden", "Flower", String::new())));
    assert_eq!(told("c_gd_seed"), seed);
    assert_eq!(told("j_joker"), ("Joker".into(), CardType::Joker, None));
    let of_mod = &library.mods[0];
    let sprites: Vec<Sprite> = sprites_of(&library, of_mod, &catalogue).collect();
    let drawn: Vec<_> = sprites.iter().map(|it| (&*it.card.id, it.plain.get_pixel(70, 90)[0])).collect();
    assert_eq!(drawn, [("j_gd_rose", 0), ("c_gd_seed", 80), ("j_joker", 160)]);
    assert!(sprites[0].negative != sprites[0].plain);
}

#[test]
fn a_mod_that_is_switched_off_has_no_cards_and_none_is_read_where_none_is_wanted() {
    let folder = garden();
    let library = wanted(folder.path(), &["Garden"]).read(&catalogue()).unwrap().unwrap();
    assert!(matches!(&library.mods[0].state, State::Off(why) if why.contains("settings")));
    assert_eq!(library.cards().count(), 0);
    let nowhere = Wanted {
        mods: Mods { place: ModsPlace::Nowhere, interpreter: false, off: Vec::new() },
        ..wanted(folder.path(), &[])
    };
    assert_eq!(nowhere.read(&catalogue()).unwrap(), None);
    let gone = wanted(&folder.path().join("gone"), &[]);
    assert!(gone.read(&catalogue()).unwrap_err().to_string().contains("help: "));
}

#[test]
fn entries_are_made_anew_when_the_mod_or_the_network_changes() {
    let folder = garden();
    let wanted = wanted(folder.path(), &[]);
    let manifest = Manifest::read(&lens_core::paths::model(GAME)).unwrap();
    let key_now = |manifest: &Manifest| {
        let library = wanted.read(&catalogue()).unwrap().unwrap();
        assert_eq!(missing(&library, manifest, &wanted).len(), 1);
        key(&library.mods[0], manifest)
    };
    let before = key_now(&manifest);
    assert_eq!(key_now(&manifest), before, "nothing has changed");
    let mut other = manifest.clone();
    let file = other.identifier.files.float32.clone();
    other.sha256.insert(file, "another".to_owned());
    assert_ne!(key_now(&other), before);
    let sheet = folder.path().join("Mods/Garden/assets/2x/roses.png");
    image::RgbaImage::from_pixel(142 * 3, 190, image::Rgba([1, 2, 3, 255])).save(sheet).unwrap();
    assert_ne!(key_now(&manifest), before);
}

/// The end of the program waited until all cards were learnt.
#[test]
fn learning_can_be_stopped_and_begun_again() {
    let model = lens_core::paths::model(GAME);
    let mut recogniser = match crate::recognition::model::open(&model, &vision::network::Options::default()) {
        Ok(recogniser) => recogniser,
        Err(reason) => return eprintln!("SKIPPED: {reason:#}"),
    };
    let folder = garden();
    let wanted = wanted(folder.path(), &[]);
    let library = wanted.read(&catalogue()).unwrap().unwrap();
    let mut told = Vec::new();
    let stopped = make_missing(&mut recogniser, &library, &wanted, |done, of| {
        told.push((done, of));
        ControlFlow::Break(())
    });
    assert_eq!((stopped.unwrap(), told), (1, vec![(1, 3)]));
    let missing_now = || missing(&library, &Manifest::read(&model).unwrap(), &wanted).len();
    assert_eq!(missing_now(), 1, "half a mod is none");
    let go_on = |_, _| ControlFlow::Continue(());
    assert_eq!(make_missing(&mut recogniser, &library, &wanted, go_on).unwrap(), 3);
    assert_eq!(missing_now(), 0);
    // A file that was cut short is as good as none, and one that is read is in use.
    let entries = wanted.entries().join(key(&library.mods[0], recogniser.manifest()));
    let whole = std::fs::read(&entries).unwrap();
    std::fs::write(&entries, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(missing_now(), 1);
    std::fs::write(&entries, &whole).unwrap();
    let file = std::fs::File::options().append(true).open(&entries).unwrap();
    file.set_modified(SystemTime::now() - UNUSED * 2).unwrap();
    teach_kept(&mut recogniser, &library, &wanted);
    remove_unused(&wanted.entries(), &BTreeSet::new(), SystemTime::now());
    assert!(entries.is_file(), "it was used just now");
}

#[test]
fn entries_that_nobody_uses_any_more_are_removed_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["used.bin", "old.bin"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    let used = BTreeSet::from(["used.bin".to_owned()]);
    let there = || std::fs::read_dir(folder.path()).unwrap().count();
    remove_unused(folder.path(), &used, SystemTime::now());
    assert_eq!(there(), 2);
    remove_unused(folder.path(), &used, SystemTime::now() + UNUSED * 2);
    assert!(there() == 1 && folder.path().join("used.bin").is_file());
}

#[test]
fn mods_that_come_and_go_are_told_while_the_overlay_runs() {
    let folder = garden();
    let wanted = wanted(folder.path(), &[]);
    let model = lens_core::paths::model(GAME);
    let catalogue = Arc::new(catalogue());
    // As if they had been learnt before: no network is needed here.
    let library = wanted.read(&catalogue).unwrap().unwrap();
    let manifest = Manifest::read(&model).unwrap();
    std::fs::create_dir_all(wanted.entries()).unwrap();
    let entries = SpriteEntries::new(manifest.identifier.embedding as usize);
    file::write(&wanted.entries().join(key(&library.mods[0], &manifest)), &entries).unwrap();
    let (sender, events) = sync_channel(8);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let libraries = Libraries::default();
    let watcher = ModsWatcher::start(libraries.clone(), sink).unwrap();
    let told = || {
        let event = events.recv_timeout(Duration::from_secs(60)).expect("news of the mods");
        assert_eq!(event, AppEvent::ModsRead);
        libraries.try_take().expect("it waits").map_or(0, |library| library.cards().count())
    };
    watcher.keep_ready(Task { model, catalogue, wanted });
    assert_eq!(told(), 3);
    std::fs::remove_dir_all(folder.path().join("Mods/Garden")).unwrap();
    assert_eq!(told(), 0);
}
