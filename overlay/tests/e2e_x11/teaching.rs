//! The whole way from an unknown card to a known one, as a player goes it: hotkey, labelling
//! window, name.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use dataset::captures::store;
use dataset::labels::Label;
use lens_client::Client;
use lens_client::api::CardView;
use lens_core::geometry::{InFrame, Quad};

use crate::desktop::{Desktop, Program, run, wait_for};
use crate::harness::Outcome;
use crate::screen::Screen;
use crate::stage::{OVERLAY, TITLE, start_game};

const LABELLER_TITLE: &str = "Balatro Lens labeller";
/// A name that no catalogue lists.
const NAME: &str = "Xyzzy";

/// The practice deck is unknown to the model of the game.
pub(crate) fn an_unknown_card_is_taught(desktop: &mut Desktop) -> Outcome {
    if !lens_core::paths::model("balatro").join("model.json").is_file() {
        return Outcome::Skipped("the model \"balatro\" is not here".into());
    }
    if !Path::new(OVERLAY).with_file_name("labeller").is_file() {
        return Outcome::Skipped("the labeller is not built: `cargo build --workspace --bins`".into());
    }
    let data = copy_of_data(&desktop.folder, "balatro");
    let _game = start_game(&desktop.folder);
    let overlay = start_overlay("balatro", &data, &desktop.folder);
    let cards = || Some(Client::find_in(&data).ok()?.cards().ok()?.cards);
    let unknown = wait_for("unknown cards on the table", || {
        Some(cards()?.iter().filter(|card| card.id.is_none()).count()).filter(|count| *count > 0)
    });

    assert!(run("xdotool", &["key", "ctrl+shift+s"]));
    let captures = data.join("screenshots");
    let records = || Some(store::read(&captures).ok()?.len()).filter(|count| *count > 0);
    let saved = wait_for("records of captures", records);
    println!("    {unknown} cards are unknown, {saved} were saved");
    wait_for("their images and one of the whole frame", || {
        (pictures(&captures) >= saved && pictures(&captures.join("frames")) == 1).then_some(())
    });

    assert!(run("xdotool", &["key", "ctrl+shift+l"]));
    let screen = Screen::connect();
    let window = wait_for("the labelling window", || {
        screen.find(LABELLER_TITLE).filter(|(_, shown)| *shown).map(|(window, _)| window.to_string())
    });
    let labels = data.join("dataset_default/labels.json");
    let is_named = || std::fs::read_to_string(&labels).is_ok_and(|text| text.contains(NAME));
    // A window that has just opened may not have the keyboard yet: what it misses is typed again,
    // over the next card.
    wait_for("the label in labels.json", || {
        run("xdotool", &["windowactivate", "--sync", &window]);
        run("xdotool", &["type", "--delay", "60", NAME]);
        // A name that nobody knows is asked for again.
        run("xdotool", &["key", "Return"]);
        std::thread::sleep(Duration::from_millis(500));
        run("xdotool", &["key", "Return"]);
        let typed = Instant::now();
        while typed.elapsed() < Duration::from_secs(5) && !is_named() {
            std::thread::sleep(Duration::from_millis(50));
        }
        is_named().then_some(())
    });
    let gallery = data.join("models/balatro/gallery.json");
    wait_for("the card in the gallery", || {
        std::fs::read_to_string(&gallery).is_ok_and(|text| text.contains(NAME)).then_some(())
    });
    let is_known = || {
        Some(cards()?.iter().any(|card| card.id.as_deref().is_some_and(|id| id.contains(NAME))))
            .filter(|known| *known)
    };
    wait_for("the name over the card", is_known);
    run("xdotool", &["windowclose", &window]);
    wait_for("the labeller ends", || screen.find(LABELLER_TITLE).is_none().then_some(()));

    // What was taught outlives the overlay.
    assert_eq!(overlay.interrupt(), Some(0));
    let overlay = start_overlay("balatro", &data, &desktop.folder);
    wait_for("the name after a restart", is_known);
    assert_eq!(overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// By the pointer and a key: another name for one card, "not a card" for another.
pub(crate) fn a_card_is_corrected_where_it_lies(desktop: &mut Desktop) -> Outcome {
    if !lens_core::paths::model("practice").join("model.json").is_file() {
        return Outcome::Skipped("the model \"practice\" is not here".into());
    }
    let data = copy_of_data(&desktop.folder, "practice");
    let _game = start_game(&desktop.folder);
    let overlay = start_overlay("practice", &data, &desktop.folder);
    let [one, other] = wait_for("two cards that lie alone and may be others", || {
        let cards = Client::find_in(&data).ok()?.cards().ok()?.cards;
        let place = |card: &CardView| Quad::<InFrame>::from_xy(card.quad);
        let alone = |card: &&CardView| {
            let bounds = place(card).bounds();
            cards.iter().filter(|it| place(it).bounds().intersection(bounds).area() > 0.0).count() == 1
        };
        let named = |card: &&CardView| card.id.is_some() && card.guesses.len() > 1;
        let mut found = cards.iter().filter(named).filter(alone).cloned();
        Some([found.next()?, found.next()?])
    });
    let screen = Screen::connect();
    let game = wait_for("the game", || screen.area(screen.find(TITLE)?.0));
    let point_at = |card: &CardView| {
        let centre = Quad::<InFrame>::from_xy(card.quad).centre();
        let at = [centre.x as i32 + game[0], centre.y as i32 + game[1]].map(|it| it.to_string());
        assert!(run("xdotool", &["mousemove", &at[0], &at[1]]));
    };

    point_at(&one);
    assert!(run("xdotool", &["key", "ctrl+shift+d"]));
    let captures = data.join("screenshots");
    let records = || Some(store::read(&captures).ok()?.len()).filter(|count| *count > 0);
    assert_eq!(wait_for("a record of the card under the pointer", records), 1);

    let labels = data.join("dataset_default");
    let label = |wanted: &dyn Fn(&Label) -> bool| {
        let seen = dataset::labels::store::read(&labels).ok()?;
        seen.labels.iter().map(|(_, label)| label).find(wanted)
    };
    assert!(run("xdotool", &["key", "ctrl+shift+2"]));
    let second = &one.guesses[1].id;
    let corrected =
        wait_for("the second guess as a label", || label(&|label| label.id.as_ref() == Some(second)));
    assert_eq!(corrected.source.as_deref(), Some("overlay"));
    let gallery = data.join("models/practice/gallery.json");
    wait_for("the card in the gallery", || {
        std::fs::read_to_string(&gallery).is_ok_and(|text| text.contains(second.as_str())).then_some(())
    });

    point_at(&other);
    assert!(run("xdotool", &["key", "ctrl+shift+0"]));
    wait_for("a label that says what is no card", || label(&Label::is_not_a_card));
    // The card under the pointer was there already, and both corrections are of one image.
    assert_eq!((records(), pictures(&captures.join("frames"))), (Some(2), 1));

    // All cards, of an image that stays as it is: once.
    assert!(run("xdotool", &["key", "ctrl+shift+a"]));
    wait_for("records of other cards", || records().filter(|count| *count > 4));
    std::thread::sleep(Duration::from_millis(1500));
    let all = records();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((records(), pictures(&captures.join("frames"))), (all, 1));
    assert_eq!(overlay.interrupt(), Some(0));
    Outcome::Passed
}

fn start_overlay(model: &str, data: &Path, folder: &Path) -> Program {
    let mut overlay = Command::new(OVERLAY);
    overlay
        .args(["--model", model, "--source", &format!("window:{TITLE}"), "--settings"])
        .arg(data.join("overlay.toml"))
        .env("BALATRO_LENS_DATA", data);
    Program::start(overlay, &folder.join("overlay.log"))
}

/// A data folder of its own, so that nothing of the installation's is touched.
pub(crate) fn copy_of_data(folder: &Path, model: &str) -> PathBuf {
    let data = folder.join(format!("data-{model}"));
    for part in ["catalogues".to_owned(), format!("models/{model}")] {
        let to = data.join(&part);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(lens_core::paths::data().join(&part)).unwrap().flatten() {
            let name = entry.file_name();
            if !name.to_string_lossy().contains("gallery") {
                std::fs::copy(entry.path(), to.join(name)).unwrap();
            }
        }
    }
    data
}

fn pictures(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "png")).count()
}
