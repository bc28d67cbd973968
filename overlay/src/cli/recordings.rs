//! The commands that write recordings and replay them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;
use lens_core::atomic::{self, keep_former};
use lens_core::counted::counted;
use tracking::pipeline::Pipeline;

use super::inputs::{
    know_mods, open_model, parse_per_cent, parse_recorded_rate, parse_recorded_seconds, parse_replayed_rate,
    parse_threads, with_threads,
};
use super::progress::Progress;
use crate::capture;
use crate::capture::recording::{Recorder, Recording, video};
use crate::capture::source::FrameSource;
use crate::capture::xcap::MonitorSource;
use crate::desktop::target::{Query, choose};
use crate::desktop::window;
use crate::run::record;
use crate::run::replay::{self, compare, timeline::Timeline};
use crate::run::source::Source;
use crate::settings::mods::ModsPlace;

/// Record what the game shows, to be replayed later or sent with a bug report
#[derive(Args, Clone, Debug)]
pub(crate) struct RecordArgs {
    /// A new folder
    folder: PathBuf,
    /// What to look at: window:TITLE or monitor:NUMBER [default: the game's window]
    #[arg(long)]
    source: Option<Source>,
    /// How long; Ctrl+C ends it earlier
    #[arg(long, default_value_t = 30.0, value_parser = parse_recorded_seconds)]
    seconds: f32,
    /// Frames a second, at most
    #[arg(long, default_value_t = 15.0, value_parser = parse_recorded_rate)]
    fps: f32,
    /// Megabytes, at most
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    megabytes: u64,
}

/// Run a recording, a folder of frames, or a video through the whole pipeline and write what was
/// seen when
#[derive(Args, Clone, Debug)]
pub(crate) struct ReplayArgs {
    /// A folder that `overlay record` wrote, one with frames in the order of their names, or a
    /// video (mp4, mkv, webm, mov, avi, m4v; needs ffmpeg)
    folder: PathBuf,
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// The Mods folder whose cards are known too; "none" for no mods [default: none]
    #[arg(long, value_name = "DIR|none")]
    mods: Option<ModsPlace>,
    /// Frames a second, for a video or a folder without times
    #[arg(long, default_value_t = 30.0, value_parser = parse_replayed_rate)]
    fps: f32,
    /// Where to write the timeline [default: print it]; one that is there is kept beside it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Compare with this timeline and fail when too much differs
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Per cent of the cards at moments that may differ; with 0 tracks may not be switched either
    #[arg(long, default_value_t = 0.0, requires = "compare", value_parser = parse_per_cent)]
    allow: f32,
    /// Threads for recognition
    #[arg(long, value_parser = parse_threads)]
    threads: Option<usize>,
}

/// Records until the time is over, the room is used up, or Ctrl+C.
///
/// # Errors
/// When there is nothing to record or it cannot be written.
pub(crate) fn record(args: &RecordArgs) -> Result<()> {
    let source = open(args.source.clone().unwrap_or(Source::Window(Query::Game)))?;
    let mut recorder = Recorder::create(&args.folder, args.megabytes << 20)?;
    let stop = Arc::new(AtomicBool::new(false));
    let pressed = Arc::clone(&stop);
    ctrlc::set_handler(move || pressed.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl+C")?;
    let start = Instant::now();
    let limits = record::Limits {
        interval: Duration::from_secs_f32(1.0 / args.fps),
        duration: Duration::from_secs_f32(args.seconds),
    };
    let mut progress = Progress::new("seconds recorded");
    let all = limits.duration.as_secs() as usize;
    let end = record::run(source, &mut recorder, limits, &stop, |for_long| {
        progress.tell(for_long.as_secs() as usize, all);
    })?;
    drop(progress);
    let folder = args.folder.display();
    println!(
        "{} in {:.1} s into {folder}: {end}",
        counted(recorder.pictures(), "frame"),
        start.elapsed().as_secs_f32()
    );
    Ok(())
}

fn open(source: Source) -> Result<Box<dyn FrameSource>> {
    match source {
        Source::Window(query) => {
            let windows = window::list()?;
            let found = choose(&windows, &query).with_context(|| format!("{query} was not found"))?;
            Ok(capture::open_window(found.id)?)
        }
        Source::Monitor(number) => {
            window::need_display()?;
            Ok(Box::new(MonitorSource::open(number)?))
        }
        Source::Images(_) => bail!("images need no recording\nhelp: `overlay replay` takes a folder of them"),
    }
}

/// Replays and writes, or compares.
///
/// # Errors
/// When something cannot be read, the model breaks, or too much differs.
pub(crate) fn replay(args: &ReplayArgs) -> Result<()> {
    let unpacked = video::is_video(&args.folder)
        .then(|| video::unpack(&args.folder, args.fps, Path::new("ffmpeg")))
        .transpose()?;
    let folder = unpacked.as_ref().map_or(args.folder.as_path(), |unpacked| unpacked.path());
    let wanted = args.compare.as_ref().map(|path| -> Result<Timeline> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let help = "help: write one with `overlay replay DIR --out FILE`";
            anyhow!("cannot read the timeline {}: {error}\n{help}", path.display())
        })?;
        Timeline::parse(&text).with_context(|| format!("{} cannot be compared with", path.display()))
    });
    let wanted = wanted.transpose()?;
    let recording = Recording::open(folder, args.fps)?;
    let mut model = open_model(&args.model, &with_threads(args.threads))?;
    know_mods(&mut model, args.mods.as_ref(), &ModsPlace::Nowhere)?;
    let name = model.manifest().name.clone();
    let mut times = Vec::new();
    let mut progress = Progress::new("moments");
    let all = recording.moments().len();
    let timeline = replay::run(
        &recording,
        Pipeline::new(Box::new(model)),
        &name,
        |time| times.push(time),
        |done| progress.tell(done, all),
    )?;
    drop(progress);
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3;
    eprintln!("{}, recognition {median:.1} ms in the middle", counted(times.len(), "frame"));
    let text = timeline.to_text();
    let write = |path: &PathBuf| {
        keep_former(path)
            .and_then(|()| atomic::write(path, text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    };
    let written = args.out.as_ref().map(write).transpose();
    // What took long is not lost for a file that cannot be written.
    if written.is_err() || (args.out.is_none() && wanted.is_none()) {
        print!("{text}");
    }
    written?;
    if let Some(wanted) = wanted {
        let differences = compare::compare(&wanted, &timeline);
        println!("{differences}");
        ensure!(differences.is_within(args.allow / 100.0), "more than {} % differ", args.allow);
    }
    Ok(())
}
