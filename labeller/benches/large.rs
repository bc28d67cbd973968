//! Measures the window on a data set of the size that a long winter of playing makes.
//!
//! `cargo run -p labeller --example large -- [COUNT] [FOLDER]`: writes COUNT captures (20,000) into FOLDER (a temporary
//! one) unless they are there, opens the window on them without a screen, and scrolls through the queue.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use dataset::captures::record::Sight;
use dataset::captures::store::{self, Captures};
use egui::{Event, Modifiers, MouseWheelUnit, Pos2, TouchPhase, Vec2};
use egui_kittest::Harness;
use image::{Rgba, RgbaImage, imageops};
use labeller::repository::Folders;
use labeller::app::Root;
use labeller::window::Labeller;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Frames that are scrolled through.
const FRAMES: usize = 600;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count: usize =
        arguments.next().map_or(Ok(20_000), |it| it.parse()).context("the first argument is a number")?;
    let folder = arguments.next().map(PathBuf::from);
    let temporary = folder.is_none().then(tempfile::tempdir).transpose()?;
    let folder = folder.or_else(|| temporary.as_ref().map(|it| it.path().into())).context("no folder")?;
    let folders = Folders { captures: folder.join("screenshots"), labels: folder.join("dataset_default") };
    fill(&folders.captures, count)?;

    let started = Instant::now();
    let catalogue = synth::practice::catalogue();
    let root =
        Root::open(folders, move |desk, session| Labeller::new(desk, session, Arc::clone(&catalogue), None))?;
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1280.0, 800.0))
        .build_ui_state(|ui, root: &mut Root| root.ui(ui), root);
    harness.run_steps(2);
    while !harness.state().labeller().is_none_or(Labeller::is_idle) {
        harness.step();
    }
    let groups = harness.state().labeller().map_or(0, |it| it.session().queue().len());
    println!("{count} captures in {groups} groups: pictures are there after {:.0?}", started.elapsed());

    harness.event(Event::PointerMoved(Pos2::new(120.0, 400.0)));
    let mut times = Vec::with_capacity(FRAMES);
    for _ in 0..FRAMES {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: Vec2::new(0.0, -300.0),
            modifiers: Modifiers::NONE,
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
        });
        let started = Instant::now();
        harness.step();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("a frame while scrolling: median {:.1?}, 99 % within {:.1?}", at(0.5), at(0.99));
    let late = times.iter().filter(|time| **time > Duration::from_micros(16_667)).count();
    println!("{late} of {FRAMES} frames took longer than a sixtieth of a second");
    if let Some(memory) = memory() {
        println!("memory at most: {memory} MB");
    }
    Ok(())
}

/// Captures of different looks, as many as are missing.
fn fill(folder: &Path, count: usize) -> Result<()> {
    let there = store::read(folder).map_or(0, |records| records.len());
    let mut captures = Captures::open(folder)?;
    for number in there..count {
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let small =
            RgbaImage::from_fn(9, 12, |_, _| Rgba([random.random(), random.random(), random.random(), 255]));
        let picture = imageops::resize(&small, 106, 142, imageops::FilterType::Triangle);
        let hashes = captures.hashes(&picture);
        let sight = Sight { window: [1280, 720], ..Sight::default() };
        let verdict = captures.judge(&hashes, &sight);
        captures.save(&picture, hashes, sight, verdict)?;
        if number % 1000 == 999 {
            eprintln!("{} captures written", number + 1);
        }
    }
    Ok(())
}

/// The most that this process has used, where the system says so.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
