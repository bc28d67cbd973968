//! The commands that open windows, and their twin that needs none: arguments in, the library's parts put together.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use overlay::api::ApiConfig;
use overlay::app::Fixed;
use overlay::capture::{self, CaptureError, FrameSource};
use overlay::instance::{self, Claim};
use overlay::live::Live;
use overlay::recognition;
use overlay::source::Source;
use overlay::target::{Query, choose};
use overlay::{live, offscreen, priority, settings, window};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use practice::window::Show;
use vision::network::Options;

/// Shortest time that one of several moments is shown.
const SHORTEST: Duration = Duration::from_millis(20);

/// What the live overlay takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct LiveArgs {
    /// Start the practice table and lay the overlay over it
    #[arg(long, conflicts_with = "source")]
    practice: bool,
    /// As --practice, but only when the game is not running
    #[arg(long, conflicts_with_all = ["source", "practice"])]
    or_practice: bool,
    /// Name of a model, or its folder [default: as the settings say, else balatro, with --practice practice]
    #[arg(long)]
    model: Option<String>,
    /// What to look at: window:TITLE, monitor:NUMBER or images:PATH [default: the game's window]
    #[arg(long)]
    source: Option<Source>,
    /// End after this many seconds
    #[arg(long)]
    seconds: Option<f32>,
    /// Threads for recognition
    #[arg(long)]
    threads: Option<usize>,
    /// Looks a second, at most
    #[arg(long)]
    fps: Option<f32>,
    /// Settings file; it is written when there is none [default: overlay.toml beside the data folder]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Tell other programs nothing
    #[arg(long)]
    no_api: bool,
}

impl LiveArgs {
    /// The options that say how to run.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--practice", self.practice),
            ("--model", self.model.is_some()),
            ("--source", self.source.is_some()),
            ("--seconds", self.seconds.is_some()),
            ("--threads", self.threads.is_some()),
            ("--fps", self.fps.is_some()),
            ("--settings", self.settings.is_some()),
            ("--no-api", self.no_api),
        ];
        all.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
    }
}

/// Show the practice table: a game-like animated table with a deck of our own
#[derive(Args, Clone, Debug)]
pub(crate) struct PracticeArgs {
    /// Another seed deals other cards
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width and height of the window
    #[arg(long, default_value = "1280x720", value_parser = parse_size)]
    size: [u32; 2],
    /// Stand still at this moment, in seconds; several take turns
    #[arg(long, value_name = "SECONDS")]
    still: Vec<f32>,
    /// How long each of several moments is shown, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    each: f32,
    /// Let the background go on while the cards stand still, as the game's does
    #[arg(long, requires = "still")]
    swirl: bool,
    /// Show this picture instead of the table
    #[arg(long, value_name = "FILE", conflicts_with = "still")]
    image: Option<PathBuf>,
    /// Title of the window
    #[arg(long, default_value = practice::TITLE)]
    title: String,
    /// Pictures a second, at most
    #[arg(long, default_value_t = 30.0)]
    fps: f32,
    /// End after this many seconds
    #[arg(long)]
    seconds: Option<f32>,
}

/// Recognise the practice table without any display and write an annotated picture
#[derive(Args, Clone, Debug)]
pub(crate) struct OffscreenArgs {
    /// Name of a model, or its folder
    #[arg(long, default_value = "practice")]
    model: String,
    /// Another seed deals other cards
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width and height of the picture
    #[arg(long, default_value = "1280x720", value_parser = parse_size)]
    size: [u32; 2],
    /// How long to run
    #[arg(long, default_value_t = 4.0)]
    seconds: f32,
    /// Threads for recognition
    #[arg(long)]
    threads: Option<usize>,
    /// Where to write the picture [default: runs/practice-annotated.png among the data]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Measure how long capturing a window takes
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchCaptureArgs {
    /// Part of the window's title [default: the game's window]
    #[arg(long)]
    title: Option<String>,
    /// How many pictures to take
    #[arg(long, default_value_t = 100)]
    count: usize,
}

/// Runs the overlay until it is told to end.
///
/// # Errors
/// When there is no display, no usable model, or something breaks on the way.
pub(crate) fn live(args: LiveArgs) -> Result<()> {
    let data = lens_core::paths::data();
    let _instance = match instance::claim(&data) {
        Ok(Claim::First(instance)) => Some(instance),
        Ok(Claim::Taken(other)) => {
            // What is asked for is to see the overlay.
            instance::hand_over(&data, "show").with_context(|| format!("{other}; end it first"))?;
            println!("{other}: it was told to show itself");
            let ignored = args.given();
            if !ignored.is_empty() {
                let ignored = ignored.join(", ");
                println!(
                    "It goes on as it was started, without {ignored}: end it first, or choose in its tray"
                );
            }
            return Ok(());
        }
        Err(error) => {
            let folder = data.display();
            log::warn!("cannot write into {folder}, so nothing keeps a second overlay away: {error}");
            None
        }
    };
    let practice = args.practice || args.or_practice && choose(&window::list()?, &Query::Game).is_none();
    // Before any thread is started, because they take it over.
    priority::give_way();
    live::run_with_model(Live {
        source: args.source.unwrap_or(Source::Window(Query::Game)),
        practice,
        fixed: Fixed { model: args.model, threads: args.threads, per_second: args.fps },
        settings: Some(args.settings.unwrap_or_else(settings::file::path)),
        seconds: args.seconds,
        api: ApiConfig { enabled: !args.no_api, ..ApiConfig::default() },
    })
}

/// Shows the table, or a picture.
///
/// # Errors
/// When there is no display or nothing to draw with, or the picture cannot be read.
pub(crate) fn practice(args: PracticeArgs) -> Result<()> {
    let (show, size) = match args.image {
        Some(path) => {
            let picture =
                image::open(&path).with_context(|| format!("cannot read {}", path.display()))?.into_rgba8();
            let size = picture.dimensions();
            (Show::Picture(picture), [size.0, size.1])
        }
        None => {
            let painter = Box::new(Painter::new(CardArt::new(synth::practice::sprites())));
            let table = Table::new(args.seed, args.size, painter.catalogue());
            let each = Duration::try_from_secs_f32(args.each).ok().filter(|each| *each >= SHORTEST);
            let each = each.with_context(|| format!("--each {} is too short to be seen", args.each))?;
            (Show::Table { table, painter, still: args.still, each, swirls: args.swirl }, args.size)
        }
    };
    practice::window::run(show, &args.title, size, args.fps, args.seconds)
}

/// Runs the whole way without a display.
///
/// # Errors
/// When there is no usable model or nothing to draw with, or the picture cannot be written.
pub(crate) fn offscreen(args: OffscreenArgs) -> Result<()> {
    let model = recognition::open(&recognition::folder(&args.model), &options(args.threads))?;
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(args.seed, args.size, painter.catalogue());
    let catalogue = model.catalogue().clone();
    let out = args.out.unwrap_or_else(|| lens_core::paths::data().join("runs/practice-annotated.png"));
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let outcome = offscreen::run(&table, &mut painter, Box::new(model), &catalogue, args.seconds, &out)?;
    println!("{}\nwrote {}", outcome.summary(), out.display());
    Ok(())
}

/// Captures a window again and again, each way that works here.
///
/// # Errors
/// When there is no such window, or it shows nothing.
pub(crate) fn bench_capture(args: BenchCaptureArgs) -> Result<()> {
    let query = args.title.map_or(Query::Game, Query::Title);
    let windows = window::list()?;
    let found = choose(&windows, &query).with_context(|| format!("{query} was not found"))?;
    let way = |name: &str, source: Result<Box<dyn FrameSource>, CaptureError>| match source
        .and_then(|mut source| capture::measure(&mut *source, args.count))
    {
        Ok(timings) => println!("{name:<14} {timings}"),
        Err(error) => println!("{name:<14} {error}"),
    };
    way("overlay", capture::open_window(found.id));
    way("xcap", capture::xcap::WindowSource::open(found.id).map(|it| Box::new(it) as Box<dyn FrameSource>));
    Ok(())
}

fn options(threads: Option<usize>) -> Options {
    let defaults = Options::default();
    Options { threads: threads.unwrap_or(defaults.threads).max(1), ..defaults }
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let read = |side: &str| side.parse().ok().filter(|side| (64..=7680).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some([read(width)?, read(height)?]));
    sides.ok_or_else(|| "write WIDTHxHEIGHT, for example 1280x720".to_owned())
}
