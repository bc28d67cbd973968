//! Screens that have more or fewer bits for a colour than eight.

use std::process::Command;

use overlay::capture::source::FrameSource as _;
use overlay::capture::xshm::WindowSource;
use overlay::messages::window::WindowId;

use crate::child::Task;
use crate::desktop::{Desktop, Environment, Program, run, set_env, wait_for};
use crate::harness::Outcome;
use crate::other_program::OtherProgram;
use crate::stage::{OVERLAY, SEED, STILL, TITLE};

const ORANGE: [u8; 3] = [200, 100, 40];

/// A window on such a screen is captured in its colours. Whether marks are seen on it is the
/// driver's matter: the doctor knows it, and where they are not the player is told.
pub(crate) fn screens_of_other_depths(desktop: &mut Desktop) -> Outcome {
    let _before = Environment::keep(&["DISPLAY"]);
    for depth in [24, 30, 16] {
        let screen = format!("1280x800x{depth}");
        let server = Desktop::bare_server(&desktop.folder, &["-screen", "0", &screen]);
        set_env("DISPLAY", &server.name);
        colours_are_captured(depth);
        let mut openbox = Command::new("openbox");
        openbox.arg("--sm-disable");
        let _manager = Program::start(openbox, &desktop.folder.join("openbox-of-depth.log"));
        wait_for("the window manager", || run("xdotool", &["get_desktop"]).then_some(()));
        let output = Command::new(OVERLAY).args(["doctor", "--frames", "1"]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let are_seen = told.contains("good marks");
        assert!(are_seen || depth != 24 && told.contains("BAD  marks"), "on {depth} bits: {told}");
        println!("    on a screen of {depth} bits marks are {}", if are_seen { "seen" } else { "not seen" });
        // A game of ours draws by a driver, which may not draw there at all.
        let captured = desktop.folder.join("captured.png");
        let _ = std::fs::remove_file(&captured);
        let game = OtherProgram::open(TITLE, "game");
        let overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
        let overlay = Program::start(overlay, &desktop.folder.join("overlay-of-depth.log"));
        let told = || overlay.log().contains(&format!("this one has {depth}")).then_some(());
        if depth != 24 {
            wait_for("the player is told", told);
        }
        wait_for(&format!("what is recognised on a screen of {depth} bits"), || {
            game.paint(ORANGE);
            let seen = image::open(&captured).ok()?.into_rgb8();
            nearest(seen.get_pixel(20, 20).0, ORANGE).then_some(())
        });
        assert_eq!(told().is_some(), depth != 24, "{}", overlay.log());
        assert_eq!(overlay.interrupt(), Some(0));
    }
    Outcome::Passed
}

/// Of 16 bits five are a colour's.
fn nearest(seen: [u8; 3], wanted: [u8; 3]) -> bool {
    seen.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 8)
}

fn colours_are_captured(depth: u8) {
    for wanted in [ORANGE, [0, 255, 0], [255, 255, 255]] {
        let window = OtherProgram::open_in_frame("Colours", wanted);
        let mut source = WindowSource::open(WindowId(window.number().into())).unwrap();
        wait_for(&format!("{wanted:?} on a screen of {depth} bits"), || {
            let frame = source.grab().unwrap()?;
            nearest(frame.pixels().rgb(10, 10), wanted).then_some(())
        });
    }
}
