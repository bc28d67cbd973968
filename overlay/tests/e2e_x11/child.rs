//! The overlay's process: the real one in everything but the recogniser, which knows the table's
//! truth.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::pixels::Pixels;
use overlay::api::ApiConfig;
use overlay::app::choices::Fixed;
use overlay::desktop::target::Query;
use overlay::recognition::swap::{ModelSwap, RunningModel};
use overlay::run::live::{self, Live};
use overlay::run::source::Source;
use overlay::settings::watch::ModelFiles;
use practice::table::{Table, TableCard};
use vision::network::RunError;
use vision::reading::{Detection, Identity, Reading, Recognise};

/// What the process is to do, handed over in the environment.
pub(crate) struct Task {
    title: String,
    seed: u64,
    still: f32,
    folder: PathBuf,
}

/// Has the main thread do nothing any more once it has a display; it says so by this word.
pub(crate) const HANGS: &str = "OVERLAY_E2E_HANGS";

const KEY: &str = "OVERLAY_E2E_CHILD";

impl Task {
    /// Tells a new process of this program to be the overlay of a table that stands still.
    pub(crate) fn command(title: &str, seed: u64, still: f32, folder: &std::path::Path) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this program has a file"));
        command.env(KEY, format!("{seed}|{still}|{}|{title}", folder.display()));
        command
    }

    pub(crate) fn from_env() -> Option<Self> {
        let text = std::env::var(KEY).ok()?;
        let mut parts = text.splitn(4, '|').map(str::to_owned);
        let mut next = || parts.next().expect("the parent wrote four parts");
        let (seed, still, folder, title) = (next(), next(), next(), next());
        Some(Self {
            title,
            seed: seed.parse().expect("a seed"),
            still: still.parse().expect("a time"),
            folder: folder.into(),
        })
    }
}

pub(crate) fn run(task: Task) -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("overlay=info")).init();
    let catalogue: Arc<Catalogue> = synth::practice::catalogue();
    let table = Table::new(task.seed, [1280, 720], &catalogue);
    let settings = task.folder.join("overlay.toml");
    let recogniser = Truth { table, still: task.still, folder: task.folder.clone(), calls: 0 };
    let live = Live {
        source: Source::Window(Query::Title(task.title)),
        practice: false,
        fixed: Fixed::default(),
        settings: Some(settings),
        seconds: None,
        api: ApiConfig { port: 0, data: task.folder.clone(), ..ApiConfig::default() },
        started_at: std::time::Instant::now(),
    };
    let model = RunningModel { name: "truth".into(), catalogue, folder: None, files: ModelFiles::default() };
    let first = ModelSwap { recogniser: Box::new(recogniser), model, fallback: None };
    let result = live::event_loop().map_err(anyhow::Error::from).and_then(|event_loop| {
        if std::env::var_os(HANGS).is_some() {
            println!("{HANGS}");
            hang();
        }
        live::run(live, event_loop, first)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn hang() -> ! {
    loop {
        std::thread::park();
    }
}

/// Says what is true of the table at its moment, and keeps what it was shown.
struct Truth {
    table: Table,
    still: f32,
    folder: PathBuf,
    calls: usize,
}

impl Recognise for Truth {
    fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        self.calls += 1;
        let shown = RgbaImage::from_fn(frame.width, frame.height, |x, y| {
            let [red, green, blue] = frame.rgb(x, y);
            image::Rgba([red, green, blue, 255])
        });
        let partial = self.folder.join("partial.png");
        shown.save(&partial).expect("the test's folder can be written");
        std::fs::rename(partial, self.folder.join("captured.png")).expect("it was just written");
        std::fs::write(self.folder.join("calls"), self.calls.to_string()).expect("as above");
        Ok(self.cards(frame).into_iter().map(|card| Detection { quad: card.quad, score: 0.95 }).collect())
    }

    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        let cards = self.cards(frame);
        let read = |detection: &Detection| {
            let card = cards.iter().find(|card| card.quad == detection.quad)?;
            let identity = Identity::Known { id: card.id.clone(), confidence: 0.97 };
            Some(Reading { identity, modifiers: card.modifiers.clone(), ..Reading::default() })
        };
        Ok(detections.iter().map(read).collect())
    }
}

impl Truth {
    fn cards(&self, frame: &Pixels<'_>) -> Vec<TableCard> {
        let state = self.table.resized([frame.width, frame.height]).at(self.still);
        state.readable().cloned().collect()
    }
}
