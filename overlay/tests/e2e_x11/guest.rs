//! The overlay as a guest: what it leaves to other programs, and which window it takes for the
//! game.

use std::process::Command;
use std::time::{Duration, Instant};

use lens_client::Client;
use lens_client::api::State;
use overlay::capture::source::FrameSource as _;
use overlay::capture::xcap::MonitorSource;
use overlay::capture::xshm::WindowSource;
use overlay::desktop::window::x11::Desktop as Windows;
use overlay::diagnostics::doctor::bundle;
use overlay::diagnostics::report;
use overlay::messages::window::WindowId;

use crate::child::Task;
use crate::desktop::{Desktop, Program, run, wait_for};
use crate::harness::Outcome;
use crate::keyboard::{Key, Keyboard};
use crate::other_program::OtherProgram;
use crate::stage::{OVERLAY, OVERLAY_TITLE, SEED, STILL, Stage, TITLE, start_game, strokes};
use crate::teaching::copy_of_data;

/// A chord of ours reaches whichever program has the keyboard; the game alone does not get it.
pub(crate) fn other_programs_get_every_key(desktop: &mut Desktop) -> Outcome {
    let mut stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    let other = OtherProgram::open("Editor", "editor");
    other.take_keyboard();
    let keyboard = Keyboard::connect();
    let chords = [Key::H, Key::P, Key::S, Key::L, Key::Digit1];
    for key in chords {
        keyboard.press_chord(key);
        assert_eq!(other.next_key(), key.code(), "{key:?} must reach the program that has the keyboard");
    }
    assert!(strokes(&stage, area) > 0.8, "and nothing happens to the marks");
    // The game gets the keyboard again: the chord is ours.
    let game = stage.screen.find(TITLE).unwrap().0;
    other.give_keyboard(game);
    wait_for("the marks are hidden", || {
        keyboard.press_chord(Key::H);
        std::thread::sleep(Duration::from_millis(300));
        (strokes(&stage, area) < 0.3).then_some(())
    });
    stage.game.end();
    wait_for("the game's window is gone", || stage.screen.find(TITLE).is_none().then_some(()));
    other.take_keyboard();
    keyboard.press_chord(Key::H);
    assert_eq!(other.next_key(), Key::H.code(), "without a game no key is taken");
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// With two layouts the letter of the active one counts, after a change of layout that of the new
/// one, and without Latin letters its place; nothing stays taken.
pub(crate) fn chords_follow_the_layout(desktop: &mut Desktop) -> Outcome {
    let file = desktop.folder.join("overlay.toml");
    let layout = |names: &str| assert!(run("setxkbmap", &["-layout", names]), "setxkbmap {names}");
    std::fs::write(&file, "[hotkeys]\ntoggle = \"Ctrl+Shift+M\"\nmodel = \"\"\n").unwrap();
    layout("us,fr");
    let stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    let keyboard = Keyboard::connect();
    let game = stage.screen.find(TITLE).unwrap().0;
    // The one key toggles, the other does not.
    let check = |when: &str, ours: Key, not_ours: Key| {
        wait_for(&format!("the chord is taken, {when}"), || keyboard.is_taken(game, ours).then_some(()));
        assert!(!keyboard.is_taken(game, not_ours), "{when}: {not_ours:?} is swallowed");
        keyboard.press_chord(ours);
        wait_for(&format!("the marks are hidden, {when}"), || (strokes(&stage, area) < 0.3).then_some(()));
        keyboard.press_chord(ours);
        wait_for(&format!("they are back, {when}"), || (strokes(&stage, area) > 0.8).then_some(()));
    };
    assert!(!stage.overlay.log().contains("taken by another program"), "{}", stage.overlay.log());
    check("us of us,fr", Key::M, Key::Semicolon);
    keyboard.lock_group(1);
    check("fr of us,fr", Key::Semicolon, Key::M);
    keyboard.lock_group(0);
    layout("fr");
    check("fr", Key::Semicolon, Key::M);
    layout("ru");
    check("ru", Key::M, Key::Semicolon);
    layout("us");
    check("us", Key::M, Key::Semicolon);
    // Another chord, and another layout after it: the first is free.
    std::fs::write(&file, "[hotkeys]\ntoggle = \"Ctrl+Shift+H\"\nmodel = \"\"\n").unwrap();
    check("another chord", Key::H, Key::M);
    layout("fr");
    check("fr with another chord", Key::H, Key::Semicolon);
    layout("us");
    assert_eq!(stage.overlay.interrupt(), Some(0));
    std::fs::remove_file(&file).unwrap();
    Outcome::Passed
}

/// A window that fits less was there first: the one that fits is taken as soon as it comes.
pub(crate) fn a_better_window_is_taken_when_it_comes(desktop: &mut Desktop) -> Outcome {
    let decoy = OtherProgram::open(&format!("{TITLE}: how to play"), "browser");
    let overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
    let overlay = Program::start(overlay, &desktop.folder.join("early.log"));
    wait_for("the overlay takes what there is", || overlay.log().contains("how to play").then_some(()));
    let game = start_game(&desktop.folder);
    wait_for("it goes over to the game", || {
        let log = overlay.log();
        let last = log.lines().rfind(|line| line.contains("found the window"))?;
        last.contains(&format!("{TITLE:?}")).then_some(())
    });
    assert_eq!(overlay.interrupt(), Some(0));
    drop((game, decoy));
    Outcome::Passed
}

/// Some window managers keep no list of windows in their order, or none at all.
pub(crate) fn windows_are_found_without_lists(desktop: &mut Desktop) -> Outcome {
    let game = start_game(&desktop.folder);
    let windows = Windows::connect().unwrap();
    let find = || windows.windows().unwrap().into_iter().find(|it| it.title == TITLE).map(|it| it.id);
    let known = wait_for("the game in the list", find);
    let root = OtherProgram::open("Lists", "lists");
    for list in ["_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST"] {
        root.delete_root_property(list);
        assert_eq!(find(), Some(known), "without {list}");
    }
    drop((game, root));
    Outcome::Passed
}

/// A window manager that unmaps its frame alone, as i3 does for another workspace: the window is
/// hidden, and what it shows afterwards is seen.
pub(crate) fn a_window_whose_frame_was_hidden_is_seen_anew(_: &mut Desktop) -> Outcome {
    let window = OtherProgram::open_in_frame("Framed", [200, 40, 40]);
    let mut source = WindowSource::open(WindowId(window.number().into())).unwrap();
    let colour = |source: &mut WindowSource| {
        let changed = source.changed().unwrap();
        let frame = source.grab().unwrap()?;
        Some((changed, frame.pixels().rgb(10, 10)))
    };
    wait_for("the first image", || (colour(&mut source)?.1 == [200, 40, 40]).then_some(()));
    window.show_frame(false);
    wait_for("nothing is seen", || colour(&mut source).is_none().then_some(()));
    window.show_frame(true);
    window.paint([40, 200, 40]);
    wait_for("the new image", || (colour(&mut source)?.1 == [40, 200, 40]).then_some(()));
    Outcome::Passed
}

/// Nothing is looked at while nothing is drawn, and what is drawn is seen at once.
pub(crate) fn a_change_of_the_window_ends_the_wait(_: &mut Desktop) -> Outcome {
    const LONG: Duration = Duration::from_secs(2);
    let window = OtherProgram::open_in_frame("Waited for", [200, 40, 40]);
    let mut source = WindowSource::open(WindowId(window.number().into())).unwrap();
    wait_for("the first image", || source.grab().unwrap().map(drop));
    wait_for("the window is drawn", || {
        let _ = source.grab().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        (!source.changed().unwrap()).then_some(())
    });
    let start = Instant::now();
    source.wait(Duration::from_millis(300));
    assert!(start.elapsed() >= Duration::from_millis(290), "it stood still: {:?}", start.elapsed());
    let painter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        window.paint([40, 200, 40]);
        window
    });
    let start = Instant::now();
    source.wait(LONG);
    assert!(start.elapsed() < LONG / 2, "it was drawn on: {:?}", start.elapsed());
    let _window = painter.join().unwrap();
    assert!(source.changed().unwrap());
    // It has changed already.
    let start = Instant::now();
    source.wait(LONG);
    assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    Outcome::Passed
}

/// Where the overlay cannot lie below other windows it shows marks only while the player plays, and
/// tells programs nothing of a game on another workspace.
pub(crate) fn marks_keep_away_where_they_would_lie_on_others(desktop: &mut Desktop) -> Outcome {
    let other = OtherProgram::open("Editor", "editor");
    let before = other.root_property("_NET_SUPPORTING_WM_CHECK");
    other.set_name("GNOME Shell");
    other.set_root_property("_NET_SUPPORTING_WM_CHECK", other.number());
    let stage = Stage::set(desktop);
    let game = wait_for("the game's window", || stage.screen.find(TITLE)).0;
    other.give_keyboard(game);
    stage.wait_for_marks();
    other.take_keyboard();
    wait_for("the marks go", || stage.overlay_area().is_none().then_some(()));
    other.give_keyboard(game);
    stage.wait_for_marks();
    // Two screens: the player wants them to stay.
    let file = desktop.folder.join("overlay.toml");
    std::fs::write(&file, "[show]\ninactive = \"shown\"\n").unwrap();
    other.take_keyboard();
    wait_for("the marks stay", || stage.overlay_area().map(drop));
    std::fs::remove_file(&file).unwrap();
    // The game is on another workspace, and its window stays mapped.
    let state = || Some(Client::find_in(&desktop.folder).ok()?.cards().ok()?.state);
    wait_for("programs are told of cards", || (state()? == State::Watching).then_some(()));
    let shown = other.root_property("_NET_CURRENT_DESKTOP");
    other.set_root_property("_NET_CURRENT_DESKTOP", shown + 1);
    wait_for("programs are told to wait", || (state()? == State::Waiting).then_some(()));
    wait_for("the marks go with the game", || stage.overlay_area().is_none().then_some(()));
    other.set_root_property("_NET_CURRENT_DESKTOP", shown);
    other.set_root_property("_NET_SUPPORTING_WM_CHECK", before);
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Compositors blur and shade what is window: no more of the game than is drawn on.
pub(crate) fn the_window_is_no_larger_than_the_marks(desktop: &mut Desktop) -> Outcome {
    let stage = Stage::set(desktop);
    let [.., width, height] = stage.wait_for_marks();
    let share = || stage.screen.shaped_area(OVERLAY_TITLE) as f32 / (width * height) as f32;
    wait_for("the window is cut to the marks", || (0.001..0.35).contains(&share()).then_some(()));
    println!("    {:.0} % of the game's window is covered", 100.0 * share());
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// A desktop that enlarges text has no smaller monitors.
pub(crate) fn enlarged_text_leaves_monitors_as_they_are(_: &mut Desktop) -> Outcome {
    let program = OtherProgram::open("Resources", "resources");
    program.set_root_text("RESOURCE_MANAGER", "Xft.dpi:\t192\n");
    let area = MonitorSource::open(0).unwrap().area().unwrap();
    let picture = MonitorSource::open(0).unwrap().grab().unwrap().unwrap();
    program.delete_root_property("RESOURCE_MANAGER");
    assert_eq!(area, [0, 0, 2048, 1200]);
    assert_eq!((picture.width, picture.height), (2048, 1200));
    Outcome::Passed
}

/// A report holds the very frame and what was seen on it.
pub(crate) fn a_report_is_packed(desktop: &mut Desktop) -> Outcome {
    let data = copy_of_data(&desktop.folder, "practice");
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env("BALATRO_LENS_DATA", &data);
    let stage = Stage::set_with(desktop, command);
    let [.., width, height] = stage.wait_for_marks();
    Client::find_in(&desktop.folder).unwrap().command("report").unwrap();
    let path = wait_for("the report", || report::reports(&data.join("reports")).pop());
    let packed = std::fs::read(path).unwrap();
    let names: Vec<String> = bundle::contents(&packed).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["state.txt", "cards.json", "overlay.toml", "frame.png"]);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(packed)).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut zip.by_name("frame.png").unwrap(), &mut bytes).unwrap();
    let frame = image::load_from_memory(&bytes).unwrap();
    assert_eq!([frame.width() as i32, frame.height() as i32], [width, height]);
    let mut cards = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("cards.json").unwrap(), &mut cards).unwrap();
    let cards: lens_client::api::Cards = serde_json::from_str(&cards).unwrap();
    assert_eq!(cards.cards.len(), stage.state([0, 0, width, height]).readable().count());
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// On a Wayland desktop the practice table is a window that can be followed.
pub(crate) fn the_practice_table_is_an_x11_window(desktop: &mut Desktop) -> Outcome {
    let mut table = Command::new(OVERLAY);
    table.args(["practice", "--still", "3", "--title", TITLE]).env("WAYLAND_DISPLAY", "wayland-of-another");
    let mut table = Program::start(table, &desktop.folder.join("table.log"));
    let windows = Windows::connect().unwrap();
    wait_for("the table among the windows", || {
        assert_eq!(table.ended(), None, "{}", table.log());
        windows.windows().unwrap().iter().any(|it| it.title == TITLE).then_some(())
    });
    Outcome::Passed
}
