//! The practice table in a window: a stand-in for the game, in a process of its own.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use image::RgbaImage;
use lens_core::causes::without_line;
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::error::EventLoopError;
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::{Window, WindowId};

use crate::paint::Painter;
use crate::table::Table;
use marks::render::Backdrop;
use marks::render::surface::Transparency;
use marks::render::window::{Drawn, SurfaceWindow};
use marks::scene::OverlayScene;

#[derive(Debug)]
pub enum Show {
    Table {
        table: Table,
        painter: Box<Painter>,
        /// Its moments, in seconds; none for a table in motion.
        still: Vec<f32>,
        /// How long each of them is shown.
        each: Duration,
        /// Whether the background goes on while cards stand still.
        swirls: bool,
    },
    /// An image, stretched to the window.
    Picture(RgbaImage),
}

/// Runs the window until it is closed, or for so many seconds.
///
/// Clicks are written to the standard output, and at the end how many images a second were shown.
///
/// # Errors
/// When there is no display or nothing to draw with.
pub fn run(
    show: Show,
    title: &str,
    size: [u32; 2],
    per_second: f32,
    seconds: Option<f32>,
) -> anyhow::Result<()> {
    let event_loop = event_loop()
        .map_err(|error| anyhow!("the window cannot be opened: {}", without_line(&error.to_string())))?;
    let interval = Duration::from_secs_f32(1.0 / per_second.clamp(1.0, 240.0));
    let mut app = TableApp {
        show,
        title: title.to_owned(),
        size,
        interval,
        start: Instant::now(),
        next: Instant::now(),
        until: seconds
            .and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f32(seconds).ok()?)),
        shown: 0,
        pointer: [0.0, 0.0],
        window: None,
        failure: None,
    };
    event_loop.run_app(&mut app)?;
    println!("{:.2} frames a second", app.shown as f32 / app.start.elapsed().as_secs_f32());
    app.failure.map_or(Ok(()), Err)
}

/// On X11 wherever there is an X server, on Wayland desktops too: the overlay cannot follow a
/// window that is native to Wayland.
fn event_loop() -> Result<EventLoop<()>, EventLoopError> {
    let mut builder = EventLoop::builder();
    #[cfg(target_os = "linux")]
    if std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty()) {
        winit::platform::x11::EventLoopBuilderExtX11::with_x11(&mut builder);
    }
    builder.build()
}

struct TableApp {
    show: Show,
    title: String,
    size: [u32; 2],
    interval: Duration,
    start: Instant,
    next: Instant,
    until: Option<Instant>,
    /// Images so far.
    shown: u32,
    pointer: [f64; 2],
    window: Option<SurfaceWindow<Window>>,
    failure: Option<anyhow::Error>,
}

fn open(
    event_loop: &ActiveEventLoop,
    title: &str,
    [width, height]: [u32; 2],
) -> anyhow::Result<SurfaceWindow<Window>> {
    let attributes =
        Window::default_attributes().with_title(title).with_inner_size(PhysicalSize::new(width, height));
    let window = event_loop.create_window(attributes)?;
    let size = window.inner_size().into();
    Ok(SurfaceWindow::open(window, size, Transparency::Opaque)?)
}

impl TableApp {
    fn draw(&mut self) -> anyhow::Result<()> {
        let Some(window) = &mut self.window else { return Ok(()) };
        let size = window.size();
        let picture = match &mut self.show {
            Show::Picture(picture) => &*picture,
            Show::Table { table, painter, still, each, swirls } => {
                if table.size() != size {
                    *table = table.resized(size);
                }
                let elapsed = self.start.elapsed();
                let turn = (elapsed.as_secs_f32() / each.as_secs_f32()) as usize;
                let time = match still.len() {
                    0 => elapsed.as_secs_f32(),
                    count => still[turn % count],
                };
                let mut state = table.at(time);
                if *swirls {
                    state.time = elapsed.as_secs_f32();
                }
                painter.paint(&state)
            }
        };
        let nothing = OverlayScene::default();
        match window.draw(&nothing, Backdrop::Picture(picture.into()), Window::pre_present_notify)? {
            Drawn::Shown => self.shown += 1,
            Drawn::Hidden => {}
            Drawn::Again => window.window().request_redraw(),
        }
        Ok(())
    }

    /// Time between two images; `None` when there is only one.
    fn interval(&self) -> Option<Duration> {
        match &self.show {
            Show::Picture(_) => None,
            Show::Table { still, swirls, .. } if still.is_empty() || *swirls => Some(self.interval),
            Show::Table { still, each, .. } => (still.len() > 1).then_some(*each),
        }
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, error: anyhow::Error) {
        self.failure = Some(error);
        event_loop.exit();
    }
}

impl ApplicationHandler for TableApp {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.window.is_none() {
            match open(event_loop, &self.title, self.size) {
                Ok(window) => self.window = Some(window),
                Err(error) => self.fail(event_loop, error),
            }
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _window: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::Resized(size) => {
                if let Some(window) = &mut self.window {
                    window.resize(size.into());
                    window.window().request_redraw();
                }
            }
            WindowEvent::CursorMoved { position, .. } => self.pointer = [position.x, position.y],
            WindowEvent::MouseInput { state: ElementState::Pressed, .. } => {
                let [x, y] = self.pointer;
                println!("click at {x:.0},{y:.0}");
            }
            WindowEvent::RedrawRequested => {
                if let Err(error) = self.draw() {
                    self.fail(event_loop, error);
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        if self.until.is_some_and(|until| now >= until) {
            event_loop.exit();
            return;
        }
        let Some(interval) = self.interval() else {
            event_loop.set_control_flow(self.until.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
            return;
        };
        if now >= self.next {
            // An image that took too long is not made up for.
            self.next = now + interval;
            if let Some(window) = &self.window {
                window.window().request_redraw();
            }
        }
        let next = self.until.map_or(self.next, |until| until.min(self.next));
        event_loop.set_control_flow(ControlFlow::WaitUntil(next));
    }
}
