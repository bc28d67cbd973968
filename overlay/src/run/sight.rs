//! Whether marks can be seen on this screen: the overlay's own window is opened in a corner for a
//! moment, filled with one colour, and the screen is looked at.

use std::time::{Duration, Instant};

use lens_core::geometry::{Quad, Rect};
use marks::render::Backdrop;
use marks::scene::OverlayScene;
use marks::scene::colour::Colour;
use marks::scene::flash::Flash;
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::WindowId;

use crate::app::overlay_window::OverlayWindow;
use crate::capture::xshm::screen;
use crate::messages::event::AppEvent;

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The colour is on the screen.
    Seen,
    /// The window is open, and another colour is there: red, green, blue.
    Unseen([u8; 3]),
    /// The window cannot be opened, or the screen cannot be read.
    Untold(String),
}

/// Width and height of the window.
const SIZE: [f32; 2] = [48.0, 32.0];
/// From the corner of the screen: panels are often there, below it.
const PLACE: [f32; 2] = [16.0, 16.0];
const COLOUR: Colour = Colour::hex(0x2f_dcc4);
/// Screens of 16 bits have no finer colours.
const TOLERANCE: u8 = 10;
/// How long software on a busy machine may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(50);

/// Opens the window, draws and looks. To be called once in a process, on its main thread.
pub fn look() -> Sight {
    let event_loop = match super::live::event_loop() {
        Ok(event_loop) => event_loop,
        Err(error) => return Sight::Untold(error.to_string()),
    };
    let mut trial =
        Trial { window: None, begin: Instant::now(), sight: Sight::Untold("nothing was drawn".into()) };
    match event_loop.run_app(&mut trial) {
        Ok(()) => trial.sight,
        Err(error) => Sight::Untold(error.to_string()),
    }
}

struct Trial {
    window: Option<OverlayWindow>,
    begin: Instant,
    sight: Sight,
}

impl Trial {
    fn end(&mut self, event_loop: &ActiveEventLoop, sight: Sight) {
        self.sight = sight;
        self.window = None;
        event_loop.exit();
    }
}

impl ApplicationHandler<AppEvent> for Trial {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        match OverlayWindow::overlay(event_loop) {
            Ok(mut window) => {
                window.cover(Rect::ltwh(PLACE[0], PLACE[1], SIZE[0], SIZE[1]));
                self.window = Some(window);
            }
            Err(error) => self.end(event_loop, Sight::Untold(error.to_string())),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(window) = &mut self.window else { return };
        match event {
            WindowEvent::Resized(size) => window.resized(size.width, size.height),
            WindowEvent::RedrawRequested => {
                let quad = Quad::from_rect(Rect::ltwh(0.0, 0.0, SIZE[0], SIZE[1]));
                let scene = OverlayScene {
                    size: window.size(),
                    flashes: vec![Flash { quad, colour: COLOUR }],
                    ..OverlayScene::default()
                };
                if let Err(error) = window.draw(&scene, Backdrop::Transparent) {
                    self.end(event_loop, Sight::Untold(error.to_string()));
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let Some(window) = &self.window else { return };
        let [x, y] = [PLACE[0] + SIZE[0] / 2.0, PLACE[1] + SIZE[1] / 2.0];
        match screen::pixel(x as i16, y as i16) {
            Ok(seen) if is_like(seen, COLOUR) => self.end(event_loop, Sight::Seen),
            Ok(seen) if self.begin.elapsed() > TIMEOUT => self.end(event_loop, Sight::Unseen(seen)),
            Ok(_) => {
                window.redraw();
                event_loop.set_control_flow(ControlFlow::WaitUntil(Instant::now() + INTERVAL));
            }
            Err(error) => self.end(event_loop, Sight::Untold(error.to_string())),
        }
    }
}

fn is_like(seen: [u8; 3], colour: Colour) -> bool {
    let wanted = [colour.red, colour.green, colour.blue].map(|share| (share * 255.0).round() as u8);
    seen.iter().zip(wanted).all(|(&seen, wanted)| seen.abs_diff(wanted) <= TOLERANCE)
}
