//! Where the game's window may be: full screen, on another monitor, on a desktop with a scale of
//! its own.

use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask, Window};
use x11rb::rust_connection::RustConnection;

use crate::child::Task;
use crate::desktop::{Desktop, run, wait_for};
use crate::harness::Outcome;
use crate::screen::Area;
use crate::stage::{SEED, STILL, Stage, TITLE};

/// Two monitors, side by side on the virtual screen.
const MONITORS: [Area; 2] = [[0, 0, 768, 720], [768, 0, 1280, 720]];

pub(crate) fn it_follows_to_full_screen_and_to_another_monitor(desktop: &mut Desktop) -> Outcome {
    let stage = Stage::set(desktop);
    let before = stage.wait_for_marks();
    let server = Server::connect();
    let game = stage.screen.find(TITLE).expect("it is marked").0;
    server.full_screen(game, true);
    wait_for("the game fills the screen", || (stage.game_area() == [0, 0, 2048, 1200]).then_some(()));
    stage.wait_for_marks();
    server.full_screen(game, false);
    wait_for("the game is a window again", || (stage.game_area()[2..] == before[2..]).then_some(()));
    stage.wait_for_marks();

    server.set_monitors();
    let [left, top, ..] = MONITORS[1];
    let (x, y) = ((left - 120).to_string(), (top + 60).to_string());
    assert!(run("xdotool", &["windowmove", &game.to_string(), &x, &y]));
    wait_for("the game lies on both", || {
        let [left, _, width, _] = stage.game_area();
        let border = MONITORS[1][0];
        (left < border && left + width > border).then_some(())
    });
    stage.wait_for_marks();
    server.full_screen(game, true);
    let monitor = wait_for("the game fills one monitor", || {
        let area = stage.game_area();
        MONITORS.contains(&area).then_some(area)
    });
    println!("    full screen on the monitor at {},{}", monitor[0], monitor[1]);
    stage.wait_for_marks();
    server.full_screen(game, false);
    server.forget_monitors();
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// On a desktop that shows everything twice as large, frames and marks are counted in the same
/// pixels.
pub(crate) fn a_scaled_desktop_changes_nothing(desktop: &mut Desktop) -> Outcome {
    for scale in ["2", "1.25"] {
        let mut overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
        overlay.env("WINIT_X11_SCALE_FACTOR", scale);
        let stage = Stage::set_with(desktop, overlay);
        stage.wait_for_marks();
        assert_eq!(stage.overlay.interrupt(), Some(0), "at scale {scale}");
    }
    Outcome::Passed
}

/// A connection that asks for what a desktop's own programs ask for.
struct Server {
    connection: RustConnection,
    root: Window,
}

impl Server {
    fn connect() -> Self {
        let (connection, number) = x11rb::connect(None).expect("the display is there");
        let root = connection.setup().roots[number].root;
        Self { connection, root }
    }

    fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    /// As the Extended Window Manager Hints say.
    fn full_screen(&self, window: Window, full: bool) {
        let state = self.atom("_NET_WM_STATE_FULLSCREEN");
        let data = [u32::from(full), state, 0, 1, 0];
        let message = ClientMessageEvent::new(32, window, self.atom("_NET_WM_STATE"), data);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, mask, message).unwrap().check().unwrap();
    }

    fn set_monitors(&self) {
        for (number, [x, y, width, height]) in MONITORS.into_iter().enumerate() {
            let name = self.atom(&format!("part{number}"));
            let monitor = MonitorInfo {
                name,
                primary: number == 0,
                automatic: false,
                x: x as i16,
                y: y as i16,
                width: width as u16,
                height: height as u16,
                width_in_millimeters: width as u32 / 4,
                height_in_millimeters: height as u32 / 4,
                outputs: Vec::new(),
            };
            self.connection.randr_set_monitor(self.root, monitor).unwrap().check().unwrap();
        }
    }

    fn forget_monitors(&self) {
        for number in 0..MONITORS.len() {
            let name = self.atom(&format!("part{number}"));
            self.connection.randr_delete_monitor(self.root, name).unwrap().check().unwrap();
        }
    }
}
