//! The running overlay: opens the model, starts the threads, runs the window.

use std::path::PathBuf;
use std::process::{Child, Command as Process};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
#[cfg(target_os = "linux")]
use lens_client::api::PortFile;
use lens_core::geometry::Rect;
use winit::event_loop::EventLoop;

use crate::api::{ApiConfig, broadcast::Broadcast, server::Server};
use crate::app::choices::{Choices, Fixed};
use crate::app::target::{OpenSource, Stage, Target, WhenClosed};
use crate::app::{App, Mailboxes, ModelState, Services};
use crate::capture::{self, images::ImageSource, xcap::MonitorSource};
use crate::collect::controls::CaptureControls;
use crate::collect::enrol::Teacher;
use crate::collect::writer::{Folders, Writer};
use crate::desktop::notify::Notifier;
use crate::desktop::target::Query;
use crate::desktop::window::{self, DesktopError};
use crate::messages::command::Command;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::Compositor;
use crate::recognition::hardware::Store;
use crate::recognition::hardware::chooser::{Chooser, ThisMachine};
use crate::recognition::modded::watch::ModsWatcher;
use crate::recognition::models::{self, Loader};
use crate::recognition::swap::ModelSwap;
use crate::recognition::threads::{CaptureInput, Threads};
use crate::run::source::Source;
use crate::settings::watch::FileWatcher;
use crate::settings::{self, Settings};
use tracking::pipeline::Pipeline;

/// How the overlay is to run.
pub struct Live {
    /// What to look at.
    pub source: Source,
    /// Starts the practice table and looks at it.
    pub practice: bool,
    /// What stands above the settings.
    pub fixed: Fixed,
    /// The settings file; it is written when there is none. `None` takes the defaults and watches
    /// nothing.
    pub settings: Option<PathBuf>,
    /// Ends after this many seconds.
    pub seconds: Option<f32>,
    /// How other programs are told.
    pub api: ApiConfig,
    /// When the program was started.
    pub started_at: Instant,
}

impl Live {
    fn choices(&self) -> Result<Choices, settings::file::SettingsError> {
        let settings =
            self.settings.as_deref().map_or_else(|| Ok(Settings::default()), settings::file::open)?;
        let usual_model = if self.practice { "practice" } else { "balatro" };
        Ok(Choices {
            settings,
            file: self.settings.clone(),
            fixed: self.fixed.clone(),
            picked: None,
            usual_model,
            without_mods: false,
            library: None,
            measured: None,
            failed: Vec::new(),
        })
    }
}

/// Runs with the model that the command line or the settings name.
///
/// # Errors
/// When the settings are wrong, the model cannot be used, there is no display, or something breaks
/// on the way.
pub fn run_with_model(live: Live) -> anyhow::Result<()> {
    let choices = live.choices()?;
    // The slowest to begin with, and a process of its own.
    let table = live.practice.then(PracticeTable::start).transpose()?;
    let first = models::begin_first(choices.request())?;
    let event_loop = event_loop()?;
    start(live, event_loop, choices, table, Box::new(first), Some(Box::new(models::open)))
}

/// Gives the first model, as soon as it is open.
type First = Box<dyn FnOnce() -> anyhow::Result<ModelSwap>>;

/// Runs with any recogniser, which stays: the way that tests take.
///
/// # Errors
/// As [`run_with_model`].
pub fn run(live: Live, event_loop: EventLoop<AppEvent>, first: ModelSwap) -> anyhow::Result<()> {
    let choices = live.choices()?;
    let table = live.practice.then(PracticeTable::start).transpose()?;
    start(live, event_loop, choices, table, Box::new(|| Ok(first)), None)
}

fn start(
    live: Live,
    event_loop: EventLoop<AppEvent>,
    choices: Choices,
    table: Option<PracticeTable>,
    first: First,
    open_model: Option<models::OpenModel>,
) -> anyhow::Result<()> {
    let proxy = event_loop.create_proxy();
    let sink: EventSink = Arc::new(move |event| proxy.send_event(event).is_ok());
    let (quit, say) = (Arc::clone(&sink), Arc::clone(&sink));
    ctrlc::set_handler(move || {
        // A loop that has ended needs no telling.
        let _ = quit(AppEvent::Command(Command::Quit));
    })
    .context("cannot listen for Ctrl+C")?;
    let source =
        if live.practice { Source::Window(Query::Title(practice::TITLE.into())) } else { live.source };
    let mailboxes = Mailboxes::default();
    let (stage, open) = stage(source, &sink)?;
    let compositor = compositor()?;
    let notifier = Notifier::start().inspect_err(|error| log::warn!("no notifications: {error}")).ok();
    // All that needs no model has begun.
    let ModelSwap { recogniser, model, fallback } = first()?;
    let (pipeline, pace) = (Pipeline::new(recogniser), choices.pace());
    let threads = Threads::start(pipeline, fallback, pace, &mailboxes.snapshots, &mailboxes.models, &sink)?;
    let writer = Writer::start(Folders::installed(), Box::new(Teacher::default()), Arc::clone(&sink))?;
    let loader = match open_model {
        Some(open) => Some(Loader::start(open, threads.swaps(), Arc::clone(&sink))?),
        None => None,
    };
    let mods = match &loader {
        Some(_) => Some(ModsWatcher::start(mailboxes.libraries.clone(), Arc::clone(&sink))?),
        None => None,
    };
    let hardware = match &loader {
        Some(_) => {
            let found = mailboxes.hardware.clone();
            Some(Chooser::start(Box::new(ThisMachine), Store::installed(), found, Arc::clone(&sink))?)
        }
        None => None,
    };
    let watcher = match &choices.file {
        Some(file) => Some(FileWatcher::start(file.clone(), mailboxes.settings.clone(), Arc::clone(&sink))?),
        None => None,
    };
    if let (Some(watcher), Some(_)) = (&watcher, &loader) {
        watcher.watch_model(choices.request().folder, model.files.clone());
    }
    let when_closed = if live.practice { WhenClosed::End } else { WhenClosed::Wait };
    let target = Target::new(stage, open, when_closed);
    let broadcast = Broadcast::default();
    broadcast.explain(&lens_core::paths::data().join("art"), &choices.settings.language);
    let api = ApiConfig {
        enabled: live.api.enabled && choices.settings.api.enabled,
        port: if live.api.port == 0 { 0 } else { choices.settings.api.port },
        origins: choices.settings.api.origins.clone(),
        ..live.api
    };
    #[cfg(target_os = "linux")]
    if api.enabled {
        window::x11::lost::remove_at_end(&PortFile::path(&api.data));
    }
    let server = api.enabled.then(|| Server::start(&api, &broadcast, Arc::clone(&sink)));
    // Cards are marked all the same.
    let server = server.and_then(|started| started.inspect_err(|error| log::warn!("{error}")).ok());
    let captures = CaptureControls::new(writer);
    let services =
        Services { threads, mailboxes, captures, broadcast, watcher, mods, hardware, notifier, sink };
    if let Some(text) = unusual_screen()? {
        // Nobody listens where the loop does not start.
        let _ = say(AppEvent::Notice(text));
    }
    let mut app = App::new(target, services, ModelState::new(model, loader), choices, compositor);
    app.count_from(live.started_at);
    if let Some(seconds) = live.seconds {
        app.end_after(seconds);
    }
    event_loop.run_app(&mut app).context("the window's event loop broke")?;
    drop(server);
    drop(table);
    let (summary, failure) = app.finish();
    println!("{summary}");
    failure.map_or(Ok(()), |reason| Err(anyhow::anyhow!(reason)))
}

/// An event loop on the display that the overlay needs: X11 on Linux, XWayland included.
///
/// # Errors
/// When there is no display.
pub fn event_loop() -> Result<EventLoop<AppEvent>, DesktopError> {
    let mut builder = EventLoop::<AppEvent>::with_user_event();
    #[cfg(target_os = "linux")]
    {
        use winit::platform::x11::EventLoopBuilderExtX11 as _;
        // Wayland lets no program lay its window over another's, XWayland does.
        window::x11::Desktop::connect()?;
        builder.with_x11();
    }
    let event_loop = builder.build().map_err(|error| DesktopError::NoDisplay(error.to_string()))?;
    #[cfg(target_os = "linux")]
    window::x11::lost::end_in_good_order();
    Ok(event_loop)
}

fn stage(source: Source, sink: &EventSink) -> anyhow::Result<(Stage, OpenSource)> {
    Ok(match source {
        Source::Window(query) => {
            println!("looking for {query}; press Ctrl+C to end");
            let follower = window::follow(query, Arc::clone(sink))?;
            let open: OpenSource = Box::new(|window| capture::open_window(window).map(CaptureInput::Source));
            (Stage::OverWindow(follower), open)
        }
        Source::Monitor(number) => {
            let [left, top, width, height] = MonitorSource::open(number)?.area()?;
            if cfg!(target_os = "linux") {
                log::warn!("a captured monitor shows the marks as well: window:TITLE works better");
            }
            let area = Rect::ltwh(left as f32, top as f32, width as f32, height as f32);
            let open: OpenSource =
                Box::new(move |_| Ok(CaptureInput::Source(Box::new(MonitorSource::open(number)?))));
            (Stage::OverScreen(area), open)
        }
        Source::Images(path) => {
            ImageSource::open(&path)?;
            let open: OpenSource =
                Box::new(move |_| Ok(CaptureInput::Source(Box::new(ImageSource::open(&path)?))));
            (Stage::Viewer, open)
        }
    })
}

#[cfg(target_os = "linux")]
fn compositor() -> Result<Compositor, DesktopError> {
    window::x11::Desktop::connect()?.compositor()
}

/// What there is to say of a screen on which marks may not be seen.
#[cfg(target_os = "linux")]
fn unusual_screen() -> Result<Option<String>, DesktopError> {
    const USUAL: u8 = 24;
    let depth = window::x11::Desktop::connect()?.depth();
    Ok((depth != USUAL).then(|| {
        format!(
            "Marks may not be seen here: graphics drivers show see-through windows on screens of {USUAL} bits of \
             colour, and this one has {depth}\nhelp: `overlay doctor` looks whether they can be seen"
        )
    }))
}

#[cfg(not(target_os = "linux"))]
fn unusual_screen() -> Result<Option<String>, DesktopError> {
    Ok(None)
}

#[cfg(not(target_os = "linux"))]
fn compositor() -> Result<Compositor, DesktopError> {
    Ok(Compositor::Running)
}

/// The practice table in a process of its own, as the game would be; ends with the overlay.
struct PracticeTable(Child);

impl PracticeTable {
    fn start() -> anyhow::Result<Self> {
        let program: PathBuf = std::env::current_exe().context("cannot find this program's own file")?;
        let child = Process::new(program)
            .arg("practice")
            // On Wayland it would be a native window, which cannot be followed.
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .stdout(std::process::Stdio::null())
            .spawn()
            .context("cannot start the practice table")?;
        Ok(Self(child))
    }
}

impl Drop for PracticeTable {
    fn drop(&mut self) {
        // It may have been closed by hand before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
