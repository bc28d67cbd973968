//! Marks, settings, displays that come and go, and the product itself. Each test starts its own
//! windows on the same desktop.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use practice::art::CardArt;
use practice::paint::Painter;

use crate::child::{HANGS, Task};
use crate::desktop::{Desktop, Program, run, wait_for};
use crate::harness::Outcome;
use crate::screen::{Area, Screen};
use crate::stage::{OVERLAY, OVERLAY_TITLE, SEED, STILL, Stage, TITLE, start_game, strokes};

pub(crate) fn marks_lie_on_the_cards(desktop: &mut Desktop) -> Outcome {
    let stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    // What was captured is the table as it was painted, and nothing of the overlay.
    // The first capture may have been of the window before it was painted.
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let painted = painter.paint(&stage.state(area)).clone();
    wait_for("a capture that is as painted", || {
        let captured = image::open(stage.folder.join("captured.png")).ok()?.into_rgba8();
        let differing = captured.pixels().zip(painted.pixels()).filter(|(a, b)| a != b).count();
        (captured.dimensions() == painted.dimensions() && differing < 50).then_some(())
    });
    // A click on a card reaches the game.
    let card = stage.state(area).readable().next().unwrap().quad.centre();
    let (x, y) = ((area[0] + card.x as i32).to_string(), (area[1] + card.y as i32).to_string());
    assert!(run("xdotool", &["mousemove", &x, &y, "click", "1"]));
    let wanted = format!("click at {},{}", card.x as i32, card.y as i32);
    wait_for("the click in the game", || stage.game.log().contains(&wanted).then_some(()));
    // Ctrl+C ends it in good order.
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

pub(crate) fn it_follows_hides_and_returns(desktop: &mut Desktop) -> Outcome {
    let mut stage = Stage::set(desktop);
    let before = stage.wait_for_marks();
    let game = stage.screen.find(TITLE).unwrap().0.to_string();
    let tell = |arguments: &[&str]| {
        let [verb, rest @ ..] = arguments else { unreachable!("a verb is given") };
        assert!(run("xdotool", &[&[*verb, &game], rest].concat()), "xdotool {arguments:?}");
    };
    tell(&["windowmove", "300", "200"]);
    wait_for("the window moves", || (stage.game_area()[..2] != before[..2]).then_some(()));
    stage.wait_for_marks();
    tell(&["windowsize", "1240", "700"]);
    wait_for("the window grows", || (stage.game_area()[2..] == [1240, 700]).then_some(()));
    let area = stage.wait_for_marks();
    // A window over the game covers the marks as well.
    let cover = desktop.folder.join("cover.png");
    image::RgbaImage::from_pixel(700, 400, image::Rgba([200, 0, 200, 255])).save(&cover).unwrap();
    let mut other = Command::new(OVERLAY);
    other.args(["practice", "--title", "Cover", "--image"]).arg(&cover);
    let other = Program::start(other, &desktop.folder.join("cover.log"));
    let id = wait_for("the other window's id", || Some(stage.screen.find("Cover")?.0.to_string()));
    assert!(run("xdotool", &["windowmove", &id, "450", "350"]));
    let covered = wait_for("the other window", || {
        stage.screen.area(stage.screen.find("Cover")?.0).filter(|area| area[0] > 400)
    });
    let middle = [covered[0] + covered[2] / 2, covered[1] + covered[3] / 2];
    wait_for("the other window's image", || {
        (stage.screen.shot().rgb(middle[0], middle[1]) == [200, 0, 200]).then_some(())
    });
    std::thread::sleep(Duration::from_millis(500));
    let shot = stage.screen.shot();
    let inside = |step: i32| {
        [covered[0] + 2 + step * 7 % (covered[2] - 4), covered[1] + 2 + step * 13 % (covered[3] - 4)]
    };
    let own = (0..2000).filter(|&step| shot.rgb(inside(step)[0], inside(step)[1]) == [200, 0, 200]).count();
    assert!(own > 1990, "marks lie on a window that covers the game ({own} of 2000)");
    drop(other);
    stage.wait_for_marks();
    tell(&["windowminimize"]);
    wait_for("the overlay hides", || stage.overlay_area().is_none().then_some(()));
    tell(&["windowmap"]);
    // The window manager may put a window that returns elsewhere.
    tell(&["windowmove", "300", "200"]);
    assert_eq!(stage.wait_for_marks()[2..], area[2..]);
    stage.game.end();
    wait_for("the overlay goes with the game", || {
        let (window, shown) = stage.screen.find(OVERLAY_TITLE)?;
        stage.screen.area(window).filter(|_| !shown)
    });
    stage.game = start_game(&stage.folder);
    stage.wait_for_marks();
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

pub(crate) fn without_a_compositor(desktop: &mut Desktop) -> Outcome {
    desktop.stop_compositor();
    let stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let state = stage.state(area);
    let painted = painter.paint(&state).clone();
    let shot = stage.screen.shot();
    for card in state.readable().filter(|card| card.visible > 0.95) {
        let centre = card.quad.at(0.5, 0.6);
        let (x, y) = (centre.x as i32, centre.y as i32);
        let [red, green, blue, _] = painted.get_pixel(x as u32, y as u32).0;
        assert_eq!(shot.rgb(area[0] + x, area[1] + y), [red, green, blue], "the game is hidden at {x},{y}");
    }
    desktop.start_compositor();
    stage.wait_for_marks();
    Outcome::Passed
}

pub(crate) fn a_steady_picture_costs_nothing(desktop: &mut Desktop) -> Outcome {
    let stage = Stage::set(desktop);
    stage.wait_for_marks();
    std::thread::sleep(Duration::from_millis(800));
    let (calls, used) = (stage.calls(), stage.overlay.processor_time());
    let span = Duration::from_millis(3000);
    std::thread::sleep(span);
    let (calls, used) = (stage.calls().saturating_sub(calls), stage.overlay.processor_time() - used);
    assert_eq!(calls, 0, "recognised though nothing changed");
    let share = used.as_secs_f64() / span.as_secs_f64();
    println!("    a standing image takes {:.2} % of a core", 100.0 * share);
    assert!(share < 0.01, "{:.2} % of a core while nothing changes", 100.0 * share);
    Outcome::Passed
}

pub(crate) fn settings_and_hotkeys(desktop: &mut Desktop) -> Outcome {
    let file = desktop.folder.join("overlay.toml");
    let _ = std::fs::remove_file(&file);
    let stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), overlay::settings::file::template());
    let gone = || (strokes(&stage, area) < 0.3).then_some(());
    // A hotkey hides the marks and shows them again.
    assert!(run("xdotool", &["key", "ctrl+shift+h"]));
    wait_for("the marks are hidden", gone);
    assert!(run("xdotool", &["key", "ctrl+shift+h"]));
    stage.wait_for_marks();
    // Saved settings hold at once; a mistake changes nothing and is named; a wrong chord is, too.
    std::fs::write(&file, "[show]\ntypes = [\"Voucher\"]\n[hotkeys]\ntoggle = \"F9\"\npause = \"Strg+P\"\n")
        .unwrap();
    wait_for("only vouchers are marked", gone);
    let log = || stage.overlay.log();
    wait_for("what is wrong with the chords", || {
        let log = log();
        (log.contains("F9 never reaches the game") && log.contains("line 5") && log.contains("\"Strg\""))
            .then_some(())
    });
    std::fs::write(&file, "[show]\nunknwon = false\n").unwrap();
    wait_for("the mistake is named", || log().contains("line 2: there is no key \"unknwon\"").then_some(()));
    assert!(gone().is_some(), "a mistake must change nothing");
    std::fs::remove_file(&file).unwrap();
    wait_for("it is said that the settings are gone", || log().contains("it is gone").then_some(()));
    std::fs::write(&file, "").unwrap();
    wait_for("the defaults hold again", || (strokes(&stage, area) > 0.8).then_some(()));
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Images come without shared memory, too: some servers, and all remote ones, have none.
pub(crate) fn without_shared_memory(desktop: &mut Desktop) -> Outcome {
    let server = Desktop::bare_server(&desktop.folder, &["-extension", "MIT-SHM"]);
    let mut game = Command::new(OVERLAY);
    game.args(["practice", "--still", "3", "--title", TITLE, "--size", "640x360"])
        .env("DISPLAY", &server.name);
    let _game = Program::start(game, &desktop.folder.join("game.log"));
    let told = wait_for("a capture without shared memory", || {
        let mut bench = Command::new(OVERLAY);
        bench.args(["bench-capture", "--title", TITLE, "--count", "3"]).env("DISPLAY", &server.name);
        let told = String::from_utf8_lossy(&bench.output().ok()?.stdout).into_owned();
        told.contains("640x360").then_some(told)
    });
    let own = told.lines().find(|line| line.starts_with("overlay")).unwrap_or_default();
    assert!(own.contains("640x360: median"), "{told}");
    Outcome::Passed
}

pub(crate) fn a_display_that_goes(desktop: &mut Desktop) -> Outcome {
    let mut server = Desktop::bare_server(&desktop.folder, &[]);
    let mut overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
    overlay.env("DISPLAY", &server.name);
    let mut overlay = Program::start(overlay, &desktop.folder.join("orphan.log"));
    wait_for("the overlay listens", || desktop.folder.join("api.json").exists().then_some(()));
    server.program.end();
    let code = wait_for("the overlay ends", || overlay.ended());
    let log = overlay.log();
    assert_eq!(code, Some(overlay::desktop::window::x11::lost::EXIT_CODE), "{log}");
    assert!(log.contains("lost the display") && !log.contains("panicked"), "{log}");
    // Programs that ask later are not sent to a port where another overlay may listen by then.
    assert!(!desktop.folder.join("api.json").exists(), "it still says where it listened");
    Outcome::Passed
}

/// A graphics driver may stumble over the lost connection in its own code; any other fault stays
/// what it is.
pub(crate) fn a_driver_that_dies_with_the_display(desktop: &mut Desktop) -> Outcome {
    for goes in [true, false] {
        let mut server = Desktop::bare_server(&desktop.folder, &[]);
        let mut overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
        overlay.env("DISPLAY", &server.name);
        let mut overlay = Program::start(overlay, &desktop.folder.join("fault.log"));
        wait_for("the overlay looks for the game", || overlay.log().contains("looking for").then_some(()));
        let pid = overlay.number().to_string();
        assert!(run("kill", &["-STOP", &pid]));
        if goes {
            server.program.end();
        }
        assert!(run("kill", &["-ABRT", &pid]) && run("kill", &["-CONT", &pid]));
        let code = wait_for("the overlay ends", || overlay.ended());
        let expected = goes.then_some(overlay::desktop::window::x11::lost::EXIT_CODE);
        assert_eq!(code, expected, "{}", overlay.log());
        assert_eq!(overlay.log().contains("lost the display"), goes);
    }
    Outcome::Passed
}

/// A driver may also go on for ever with an image that nobody takes any more.
pub(crate) fn a_driver_that_hangs_without_the_display(desktop: &mut Desktop) -> Outcome {
    let mut server = Desktop::bare_server(&desktop.folder, &[]);
    let mut overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
    overlay.env("DISPLAY", &server.name).env(HANGS, "yes");
    let mut overlay = Program::start(overlay, &desktop.folder.join("hanging.log"));
    wait_for("the main thread hangs", || overlay.log().contains(HANGS).then_some(()));
    server.program.end();
    let code = wait_for("the overlay ends", || overlay.ended());
    assert_eq!(code, Some(overlay::desktop::window::x11::lost::EXIT_CODE), "{}", overlay.log());
    Outcome::Passed
}

pub(crate) fn without_a_display(_: &mut Desktop) -> Outcome {
    let output = Command::new(OVERLAY).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("there is no display") && told.contains("overlay offscreen"), "{told}");
    Outcome::Passed
}

/// The product itself, as a player runs it, on a window that shows a real image of the game.
pub(crate) fn a_real_screenshot(desktop: &mut Desktop) -> Outcome {
    let Some(art) = std::env::var_os("BALATRO_LENS_ART") else {
        return Outcome::Skipped("BALATRO_LENS_ART is not set".into());
    };
    if !lens_core::paths::model("balatro").join("model.json").is_file() {
        return Outcome::Skipped("the model \"balatro\" is not here".into());
    }
    let path = Path::new(&art).join("screens/raien_in_blind.png");
    let truth = std::fs::read_to_string(Path::new(&art).join("truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let entry = truth
        .as_object()
        .unwrap()
        .values()
        .find(|it| it["path"].as_str().is_some_and(|it| it.ends_with("raien_in_blind.png")));
    let cards = entry.expect("the image has its truth")["cards"].as_array().unwrap().clone();
    let mut game = Command::new(OVERLAY);
    game.args(["practice", "--title", "Balatro", "--image"]).arg(&path);
    let _game = Program::start(game, &desktop.folder.join("game.log"));
    let screen = Screen::connect();
    let picture = image::open(&path).unwrap().into_rgba8();
    let is_painted = |shot: &crate::screen::Shot, area: Area| {
        (1..10).all(|step| {
            let (x, y) = (picture.width() * step / 10, picture.height() * step / 10);
            let [red, green, blue, _] = picture.get_pixel(x, y).0;
            shot.rgb(area[0] + x as i32, area[1] + y as i32) == [red, green, blue]
        })
    };
    // The window manager moves a new window, so its place is asked for again with each look.
    let (area, before) = wait_for("the image in the game's window", || {
        let (area, shot) = (screen.area(screen.find("Balatro")?.0)?, screen.shot());
        is_painted(&shot, area).then_some((area, shot))
    });
    let mut overlay = Command::new(OVERLAY);
    overlay.args(["--seconds", "60", "--settings"]).arg(desktop.folder.join("real.toml"));
    let overlay = Program::start(overlay, &desktop.folder.join("overlay.log"));
    assert_eq!([area[2], area[3]], [picture.width() as i32, picture.height() as i32], "it does not fit");
    let changed_at = |card: &serde_json::Value| {
        let side = |index: usize| card["box"][index].as_f64().unwrap() as f32;
        let (x, y) = ((side(0) + side(2)) / 2.0, side(1));
        let shot = screen.shot();
        let reach = 12;
        (-reach..=reach).any(|dy| {
            let (x, y) = (area[0] + x as i32, (area[1] + y as i32 + dy).max(0));
            let (old, new) = (before.rgb(x, y), shot.rgb(x, y));
            old.iter().zip(new).any(|(a, b)| a.abs_diff(b) > 40)
        })
    };
    wait_for("marks on nearly all cards", || {
        let marked = cards.iter().filter(|card| changed_at(card)).count();
        (marked * 10 >= cards.len() * 9).then_some(())
    });
    assert_eq!(overlay.interrupt(), Some(0));
    Outcome::Passed
}
