//! What breaks while the overlay runs: windows, graphics devices, models.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use marks::render::Backdrop;
use marks::scene::OverlayScene;
use overlay::app::overlay_window::OverlayWindow;
use overlay::capture;
use overlay::capture::source::CaptureError;
use overlay::messages::window::WindowId;
use overlay::run::live;
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::ActiveEventLoop;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass};

use crate::desktop::{Desktop, Program, wait_for};
use crate::harness::Outcome;
use crate::stage::{OVERLAY, TITLE, start_game};
use crate::teaching::copy_of_data;

/// Windows that are destroyed under the capture.
const WINDOWS: u32 = 60;

/// The window goes while its image is taken: between any two requests, after another delay each
/// time.
pub(crate) fn a_window_closed_while_it_is_captured(_: &mut Desktop) -> Outcome {
    let (connection, number) = x11rb::connect(None).expect("the display is there");
    let screen = &connection.setup().roots[number];
    let (mut frames, mut nothing) = (0, 0);
    for round in 0..WINDOWS {
        let window = connection.generate_id().unwrap();
        let looks = CreateWindowAux::new().override_redirect(1).background_pixel(0x0040_8020 + round);
        connection
            .create_window(24, window, screen.root, 20, 20, 900, 700, 0, WindowClass::INPUT_OUTPUT, 0, &looks)
            .unwrap();
        connection.map_window(window).unwrap().check().unwrap();
        let mut source = capture::open_window(WindowId(window.into())).unwrap();
        let taken = std::thread::spawn(move || {
            let deadline = Instant::now() + Duration::from_secs(10);
            let mut taken = (0, 0);
            while Instant::now() < deadline {
                match source.grab() {
                    Ok(Some(_)) => taken.0 += 1,
                    Ok(None) => taken.1 += 1,
                    Err(CaptureError::Gone) => return Ok(taken),
                    Err(error) => return Err(error),
                }
            }
            panic!("the window is gone and nobody says so");
        });
        std::thread::sleep(Duration::from_micros(u64::from(round) * 150));
        connection.destroy_window(window).unwrap();
        connection.flush().unwrap();
        let counts = taken.join().expect("a window that goes is no reason to panic").unwrap();
        (frames, nothing) = (frames + counts.0, nothing + counts.1);
    }
    println!("    {WINDOWS} windows destroyed, after {frames} images and {nothing} looks without a new one");
    Outcome::Passed
}

/// The model's files are overwritten with garbage, cut short, and removed; the overlay says so and
/// goes on.
pub(crate) fn a_model_that_breaks_is_said_and_the_old_one_goes_on(desktop: &mut Desktop) -> Outcome {
    if !lens_core::paths::model("practice").join("model.json").is_file() {
        return Outcome::Skipped("the model \"practice\" is not here".into());
    }
    let data = copy_of_data(&desktop.folder, "practice");
    let _game = start_game(&desktop.folder);
    let mut overlay = Command::new(OVERLAY);
    overlay
        .args(["--model", "practice", "--source", &format!("window:{TITLE}"), "--settings"])
        .arg(data.join("overlay.toml"))
        .env("BALATRO_LENS_DATA", &data)
        .env("RUST_LOG", "overlay=info");
    let overlay = Program::start(overlay, &desktop.folder.join("overlay.log"));
    let cards = || lens_client::Client::find_in(&data).ok()?.cards().ok().map(|cards| cards.cards.len());
    let seen = |what: &str| wait_for(what, || cards().filter(|count| *count > 3));
    seen("cards");
    let model = data.join("models/practice");
    let network = model.join("identifier.int8.onnx");
    let whole = std::fs::read(&network).unwrap();
    let said = |count: usize| move |log: &str| log.matches("practice goes on").count() >= count;
    let wait_for_words = |what: &str, is_said: &dyn Fn(&str) -> bool| {
        wait_for(what, || is_said(&overlay.log()).then_some(()));
    };
    std::fs::write(&network, b"this is no network").unwrap();
    wait_for_words("the garbage is refused", &said(1));
    std::fs::write(&network, &whole[..whole.len() / 2]).unwrap();
    wait_for_words("half a network is refused", &said(2));
    seen("cards as before");
    let aside = data.join("models/aside");
    std::fs::rename(&model, &aside).unwrap();
    wait_for_words("it is said that the files are gone", &|log| log.contains("files are gone"));
    seen("cards all the same");
    std::fs::write(aside.join("identifier.int8.onnx"), &whole).unwrap();
    std::fs::rename(&aside, &model).unwrap();
    wait_for_words("the whole model runs again", &|log| {
        let after = log.rsplit("files are gone").next().unwrap_or_default();
        after.contains("recognising with the model")
    });
    seen("cards in the end");
    assert!(!overlay.log().contains("panicked"), "{}", overlay.log());
    assert_eq!(overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Tells a new process of this program to lose its graphics device.
const KEY: &str = "OVERLAY_E2E_LOST_DEVICE";

pub(crate) fn a_lost_device_is_opened_again(desktop: &mut Desktop) -> Outcome {
    let mut child = Command::new(std::env::current_exe().expect("this program has a file"));
    child.env(KEY, "1");
    let mut child = Program::start(child, &desktop.folder.join("device.log"));
    let code = wait_for("it has drawn before and after", || child.ended());
    assert_eq!(code, Some(0), "{}", child.log());
    assert!(child.log().contains("lost the graphics device, opening it again"), "{}", child.log());
    Outcome::Passed
}

/// The other process, when this is it.
pub(crate) fn lose_device() -> Option<ExitCode> {
    std::env::var_os(KEY)?;
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("overlay=info,marks=info"))
        .init();
    let event_loop = live::event_loop().expect("there is a display");
    let mut drawing = Drawing::default();
    event_loop.run_app(&mut drawing).expect("the event loop runs");
    Some(match drawing.drawn {
        [before, after] if before > 0 && after > 0 => ExitCode::SUCCESS,
        drawn => {
            eprintln!("images shown before and after: {drawn:?}");
            ExitCode::FAILURE
        }
    })
}

/// Draws, destroys the device as a driver that restarts does, and draws on.
#[derive(Default)]
struct Drawing {
    window: Option<OverlayWindow>,
    drawn: [u32; 2],
    tries: u32,
}

impl ApplicationHandler<overlay::messages::event::AppEvent> for Drawing {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        let window = OverlayWindow::viewer(event_loop).expect("a window can be drawn on");
        window.redraw();
        self.window = Some(window);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: winit::window::WindowId, event: WindowEvent) {
        let (WindowEvent::RedrawRequested, Some(window)) = (event, &mut self.window) else { return };
        self.tries += 1;
        match window.draw(&OverlayScene::default(), Backdrop::Transparent) {
            Ok(true) if self.drawn[0] == 0 => {
                self.drawn[0] += 1;
                window.device().destroy();
            }
            Ok(true) => self.drawn[1] += 1,
            Ok(false) => {}
            Err(error) => panic!("it cannot draw any more: {error}"),
        }
        if self.drawn[1] > 2 || self.tries > 200 {
            event_loop.exit();
        }
        window.redraw();
    }
}
