//! The window on a data set of the size that a long winter of playing makes, without a screen.
//!
//! `cargo bench -p labeller`. `BALATRO_LENS_CAPTURES` is another number of captures than 20,000.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use divan::Bencher;
use egui::{Event, Modifiers, MouseWheelUnit, Pos2, TouchPhase, Vec2};
use egui_kittest::Harness;
use image::{Rgba, RgbaImage, imageops};
use labeller::app::App;
use labeller::repository::Folders;
use labeller::window::Labeller;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

/// Captures of different looks, written once for all benchmarks.
static CAPTURES: LazyLock<TempDir> = LazyLock::new(|| {
    let count = std::env::var("BALATRO_LENS_CAPTURES").map_or(Ok(20_000), |it| it.parse());
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    fill(&folders(folder.path()).captures, count.expect("BALATRO_LENS_CAPTURES is a number"));
    folder
});

fn main() {
    divan::main();
}

/// From the files to the first frame with its images.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn opening(bencher: Bencher<'_, '_>) {
    LazyLock::force(&CAPTURES);
    bencher.bench_local(|| {
        let mut harness = window();
        settle(&mut harness);
        harness
    });
}

/// One frame of the queue being scrolled through.
#[divan::bench(sample_count = 600, sample_size = 1)]
fn scrolling(bencher: Bencher<'_, '_>) {
    let mut harness = window();
    settle(&mut harness);
    harness.event(Event::PointerMoved(Pos2::new(120.0, 400.0)));
    bencher.bench_local(|| {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: Vec2::new(0.0, -300.0),
            modifiers: Modifiers::NONE,
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
        });
        harness.step();
    });
}

fn folders(folder: &Path) -> Folders {
    Folders { captures: folder.join("screenshots"), labels: folder.join("dataset_default") }
}

fn window() -> Harness<'static, App> {
    let catalogue = synth::practice::catalogue();
    let app = App::open(folders(CAPTURES.path()), move |repository, session| {
        Labeller::new(repository, session, Arc::clone(&catalogue), None)
    });
    Harness::builder()
        .with_size(Vec2::new(1280.0, 800.0))
        .build_ui_state(|ui, app: &mut App| app.ui(ui), app.expect("the captures were just written"))
}

/// Draws until nothing is on its way from another thread.
fn settle(harness: &mut Harness<'_, App>) {
    harness.run_steps(2);
    while !harness.state().labeller().is_none_or(Labeller::is_idle) {
        harness.step();
    }
}

fn fill(folder: &Path, count: u64) {
    let mut captures = Captures::open(folder).expect("the folder is new");
    for number in 0..count {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let small =
            RgbaImage::from_fn(9, 12, |_, _| Rgba([random.random(), random.random(), random.random(), 255]));
        let picture = imageops::resize(&small, 106, 142, imageops::FilterType::Triangle);
        let hashes = captures.hashes(&picture);
        let context = CaptureContext { window: [1280, 720], ..CaptureContext::default() };
        let verdict = captures.judge(&hashes, &context);
        captures.save(&picture, hashes, context, verdict).expect("there is room on the disk");
    }
}
