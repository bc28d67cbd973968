//! Hotkeys on a desktop where other programs have some, and those that act while they are held.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, ModMask};
use x11rb::rust_connection::RustConnection;

use lens_core::geometry::Rect;
use marks::scene::colour;

use crate::child::Task;
use crate::desktop::{Desktop, run, wait_for};
use crate::harness::Outcome;
use crate::screen::{Area, Shot};
use crate::stage::{SEED, STILL, Stage, TITLE, strokes};
use crate::teaching::copy_of_data;

/// Keysym of the letter, as the server's table has it.
const LETTER_H: u32 = 'h' as u32;

/// Another program has Ctrl+Shift+H: that is said with the line of the file, and all other chords
/// work.
pub(crate) fn a_taken_chord_is_named(desktop: &mut Desktop) -> Outcome {
    let file = desktop.folder.join("overlay.toml");
    std::fs::write(&file, "[hotkeys]\n# ours\ntoggle = \"Ctrl+Shift+H\"\n").unwrap();
    let other = take(ModMask::CONTROL | ModMask::SHIFT, LETTER_H);
    let stage = Stage::set(desktop);
    let area = stage.wait_for_marks();
    let said = wait_for("it is said that the chord is taken", || {
        let log = stage.overlay.log();
        log.lines().find(|line| line.contains("is taken by another program")).map(str::to_owned)
    });
    for part in ["Ctrl+Shift+H", "toggle", "overlay.toml, line 3"] {
        assert!(said.contains(part), "{part:?} is missing: {said}");
    }
    // The other program's chord does nothing here; our own others do.
    assert!(run("xdotool", &["key", "ctrl+shift+h"]));
    assert!(run("xdotool", &["key", "ctrl+shift+p"]));
    wait_for("it is paused", || (strokes(&stage, area) < 0.3).then_some(()));
    assert!(run("xdotool", &["key", "ctrl+shift+p"]));
    stage.wait_for_marks();
    // Once the other program has ended, saved settings ask for the chord again.
    drop(other);
    std::fs::write(&file, "[hotkeys]\ntoggle = \"Ctrl+Shift+H\"\n").unwrap();
    wait_for("the chord is ours", || {
        assert!(run("xdotool", &["key", "ctrl+shift+h"]));
        (strokes(&stage, area) < 0.3).then_some(())
    });
    assert_eq!(stage.overlay.interrupt(), Some(0));
    std::fs::remove_file(&file).unwrap();
    Outcome::Passed
}

/// Grabs a chord as other programs do; it is free again when the connection is dropped.
fn take(modifiers: ModMask, keysym: u32) -> RustConnection {
    let (connection, number) = x11rb::connect(None).expect("the display is there");
    let setup = connection.setup();
    let root = setup.roots[number].root;
    let (least, most) = (setup.min_keycode, setup.max_keycode);
    let keys = connection.get_keyboard_mapping(least, most - least + 1).unwrap().reply().unwrap();
    let each = usize::from(keys.keysyms_per_keycode);
    let at =
        keys.keysyms.chunks(each).position(|symbols| symbols.contains(&keysym)).expect("the key is there");
    let code = least + at as u8;
    connection
        .grab_key(false, root, modifiers, code, GrabMode::ASYNC, GrabMode::ASYNC)
        .unwrap()
        .check()
        .expect("nobody has the chord yet");
    connection
}

/// While Ctrl+Shift+I is held the card under the pointer is explained, with the texts of the
/// player's own game.
pub(crate) fn a_card_is_explained_while_the_chord_is_held(desktop: &mut Desktop) -> Outcome {
    let data = copy_of_data(&desktop.folder, "practice");
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env("BALATRO_LENS_DATA", &data);
    let stage = Stage::set_with(desktop, command);
    let area = stage.wait_for_marks();
    let (card, quad) = stage.card_alone();
    let texts = data.join("art/practice").join("localization");
    std::fs::create_dir_all(&texts).unwrap();
    let lines = "\"{C:attention}Does{} something\", ".repeat(6);
    let entry = format!("[\"{card}\"] = {{ name = \"A card\", text = {{ {lines} }} }}");
    let text = format!("return {{ descriptions = {{ Enhanced = {{ {entry} }} }} }}");
    std::fs::write(texts.join("en-us.lua"), text).unwrap();
    let centre = quad.centre();
    let [x, y] = [area[0] + centre.x as i32, area[1] + centre.y as i32].map(|at| at.to_string());
    assert!(run("xdotool", &["mousemove", &x, &y]));
    let panel = |shot: &Shot| share_of_panel(shot, area, quad.bounds());
    assert!(panel(&stage.screen.shot()) < 0.1, "nothing is explained yet");
    assert!(run("xdotool", &["keydown", "ctrl", "keydown", "shift", "keydown", "i"]));
    wait_for("the card is explained", || (panel(&stage.screen.shot()) > 0.5).then_some(()));
    // A held key repeats; that must not let go of it.
    std::thread::sleep(std::time::Duration::from_millis(900));
    assert!(panel(&stage.screen.shot()) > 0.5, "it is explained as long as the chord is held");
    assert!(run("xdotool", &["keyup", "i", "keyup", "shift", "keyup", "ctrl"]));
    wait_for("the words go when the chord is let go", || (panel(&stage.screen.shot()) < 0.1).then_some(()));
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// How much of a strip beside the card has the colour of a panel.
fn share_of_panel(shot: &Shot, [left, top, ..]: Area, card: Rect<marks::scene::InOverlay>) -> f32 {
    let panel = [colour::PANEL.red, colour::PANEL.green, colour::PANEL.blue].map(|share| share * 255.0);
    let middle = f32::midpoint(card.top, card.bottom);
    let points = (0..200).map(|step| {
        let (right, down) = (step % 20, step / 20);
        (card.right + 14.0 + 4.0 * right as f32, middle - 25.0 + 5.0 * down as f32)
    });
    let is_panel = |(x, y): (f32, f32)| {
        let rgb = shot.rgb(left + x as i32, top + y as i32);
        rgb.iter().zip(panel).all(|(&got, want)| (f32::from(got) - want).abs() < 24.0)
    };
    points.filter(|&at| is_panel(at)).count() as f32 / 200.0
}
