//! What the overlay costs a game that never rests, for seconds in the gate and for as long as one
//! likes by hand.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::desktop::{Desktop, Program, wait_for};
use crate::harness::Outcome;
use crate::stage::{OVERLAY, TITLE};

/// How long the table is shown, each time; another number of seconds by this variable.
const SECONDS: f32 = 8.0;
const SECONDS_VARIABLE: &str = "BALATRO_LENS_SECONDS";
/// Seconds from which it is a measurement, on an idle machine, and what must hold there: the part
/// of its images that the game loses, and the part of a core that the overlay takes.
const MEASURED_FROM: f32 = 40.0;
const MEASURED_BELOW: [f64; 2] = [0.03, 0.33];
const RATE_VARIABLE: &str = "BALATRO_LENS_RATE";
/// How often a long run says how it goes.
const TOLD: Duration = Duration::from_secs(60);
/// Threads whose names begin so draw by software, which a graphics card does elsewhere. The main
/// thread draws as well; those of ONNX Runtime have its name, but belong to recognition.
const DRAWING: &str = "llvmpipe";

/// Cards are dealt, played and bought all the time.
pub(crate) fn the_game_keeps_its_time(desktop: &mut Desktop) -> Outcome {
    measure(desktop, "a table that never rests", &[])
}

/// The player thinks: only the background moves.
pub(crate) fn the_game_keeps_its_time_over_a_swirl(desktop: &mut Desktop) -> Outcome {
    measure(desktop, "a swirling table", &["--still", "3", "--swirl"])
}

/// How fast a table is shown alone, and beneath the overlay as a player runs it; what the overlay
/// takes of the processor, and whether its memory stays as it is.
fn measure(desktop: &Desktop, on: &str, options: &[&str]) -> Outcome {
    if !lens_core::paths::model("practice").join("model.json").is_file() {
        return Outcome::Skipped("the model \"practice\" is not here".into());
    }
    let seconds = std::env::var(SECONDS_VARIABLE).ok().and_then(|it| it.parse().ok()).unwrap_or(SECONDS);
    let game = |seconds: f32| {
        let mut game = Command::new(OVERLAY);
        game.args([
            "practice",
            "--title",
            TITLE,
            "--size",
            "1100x660",
            "--fps",
            &rate_of_game(),
            "--seconds",
        ])
        .arg(seconds.to_string())
        .args(options);
        Program::start(game, &desktop.folder.join("game.log"))
    };
    let alone = || {
        // Alone it need not run for an hour.
        let mut alone = game(seconds.min(60.0));
        wait_for_end(&mut alone, Duration::MAX, || {});
        rate(&alone)
    };
    let before = alone();
    let mut overlay = Command::new(OVERLAY);
    overlay
        .args(["--model", "practice", "--source", &format!("window:{TITLE}"), "--no-api", "--settings"])
        .arg(desktop.folder.join("load.toml"));
    let overlay = Program::start(overlay, &desktop.folder.join("overlay.log"));
    wait_for("the overlay looks for the game", || overlay.log().contains("looking for").then_some(()));
    let mut beneath = game(seconds);
    std::thread::sleep(Duration::from_secs_f32(seconds.min(180.0) / 3.0));
    let (times, early, begin) = (overlay.processor_times(), overlay.memory(), Instant::now());
    let mut most = early;
    wait_for_end(&mut beneath, TOLD, || {
        most = most.max(overlay.memory());
        println!("    after {:.0} min: {} MB", begin.elapsed().as_secs_f32() / 60.0, overlay.memory());
    });
    let beneath = rate(&beneath);
    let span = begin.elapsed().as_secs_f64();
    let (mut recognition, mut drawing) = (0.0, 0.0);
    for (thread, name, time) in overlay.processor_times() {
        let earlier = times.iter().find(|(other, ..)| *other == thread).map_or(Duration::ZERO, |it| it.2);
        let share = (time - earlier).as_secs_f64() / span;
        let draws = name.starts_with(DRAWING) || thread == overlay.number();
        *(if draws { &mut drawing } else { &mut recognition }) += share;
    }
    let memory = overlay.memory();
    assert_eq!(overlay.interrupt(), Some(0));
    // The machine itself is faster now and slower then: its mean around the measurement counts.
    let alone = if seconds >= MEASURED_FROM { f32::midpoint(before, alone()) } else { before };
    println!(
        "    {on} alone {alone:.2} frames a second, beneath the overlay {beneath:.2} ({:+.1} %); of a core, recognition \
         took {:.0} %, drawing by software {:.0} %; {early} MB, at the end {memory} MB",
        100.0 * (beneath / alone - 1.0),
        100.0 * recognition,
        100.0 * drawing
    );
    // The budget is 30 % for both together; short runs and busy machines blur it.
    let together = recognition + drawing;
    assert!(together < 0.45, "the overlay took {:.0} % of a core", 100.0 * together);
    if seconds >= MEASURED_FROM {
        let lost = 1.0 - f64::from(beneath / alone);
        assert!(lost < MEASURED_BELOW[0] && together < MEASURED_BELOW[1], "the game lost {lost:.3}");
    }
    assert!(most.max(memory) < 400, "{} MB", most.max(memory));
    assert!(memory < early + 40, "memory grew from {early} MB to {memory} MB");
    Outcome::Passed
}

/// Images a second that the game draws, as far as it can.
fn rate_of_game() -> String {
    std::env::var(RATE_VARIABLE).unwrap_or_else(|_| "20".into())
}

fn wait_for_end(game: &mut Program, every: Duration, mut tell: impl FnMut()) {
    let mut told = Instant::now();
    while game.ended().is_none() {
        std::thread::sleep(Duration::from_millis(50));
        if told.elapsed() >= every {
            tell();
            told = Instant::now();
        }
    }
}

fn rate(game: &Program) -> f32 {
    let log = game.log();
    let rate = log.lines().find_map(|line| line.strip_suffix(" frames a second")?.parse::<f32>().ok());
    rate.unwrap_or_else(|| panic!("the game says nothing of its rate: {log}"))
}
