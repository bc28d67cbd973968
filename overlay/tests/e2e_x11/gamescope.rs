//! gamescope, which the Steam Deck shows games with: it gives games an X server of their own, and
//! takes overlays from its first one. It needs a graphics card, so two usual servers stand in for
//! its own, and one of them says that it is gamescope's first.

use overlay::desktop::window::x11::server::GAME_DISPLAY;

use crate::child::Task;
use crate::desktop::{Desktop, wait_for};
use crate::harness::Outcome;
use crate::screen::{Area, Screen};
use crate::stage::{OVERLAY_TITLE, SEED, STILL, Stage, TITLE, strokes_on};

/// The output, and where the game's 1100x660 pixels lie on it: twice as large, and in the middle.
const OUTPUT: [i32; 2] = [2200, 1400];
const GAME_ON_OUTPUT: Area = [0, 40, 2200, 1320];

pub(crate) fn marks_go_to_the_output_of_gamescope(desktop: &mut Desktop) -> Outcome {
    let folder = desktop.folder.join("output");
    std::fs::create_dir_all(&folder).unwrap();
    let [width, height] = OUTPUT;
    let size = format!("{width}x{height}x24");
    let server = Desktop::bare_server(&folder, &["-screen", "0", &size]);
    let output = Screen::of(Some(&server.name));
    output.set_root_number("GAMESCOPE_XWAYLAND_SERVER_ID", 0);
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env("DISPLAY", &server.name).env(GAME_DISPLAY, &desktop.display);
    let mut stage = Stage::set_with(desktop, command);
    assert_eq!(stage.game_area()[2..], [1100, 660]);
    let shown = || {
        let (window, shown) = output.find(OVERLAY_TITLE)?;
        shown.then_some(window)
    };
    let window = wait_for("the overlay on the output", shown);
    assert_eq!(output.area(window), Some([0, 0, width, height]));
    assert_eq!(output.number(window, "GAMESCOPE_EXTERNAL_OVERLAY"), Some(1));
    assert_eq!(stage.overlay_area(), None, "the game's server has no window of ours");
    let marked = || (strokes_on(&output, &stage, GAME_ON_OUTPUT) > 0.8).then_some(());
    wait_for("marks where the output shows the cards", marked);
    stage.game.end();
    wait_for("the marks go with the game", || shown().is_none().then_some(()));
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}
