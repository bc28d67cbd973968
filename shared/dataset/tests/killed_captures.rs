//! An overlay that is killed while it saves captures has all that it acknowledged, each with its
//! picture and its frame, and nothing half-written.
//!
//! The child is this test program itself. `KILLS=10000 cargo test -p dataset --test
//! killed_captures` kills it that often.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use dataset::captures::Verdict;
use dataset::captures::record::CaptureContext;
use dataset::captures::store::{Captures, read};
use image::{Rgba, RgbaImage};
use lens_core::geometry::{Quad, Rect};

const FOLDER: &str = "KILLED_CAPTURES_FOLDER";

/// A card that is like no other of another number.
fn card(number: u64) -> RgbaImage {
    let cell = |x: u32, y: u32| {
        let mixed = u64::from(x / 9 * 7 + y / 9 * 13) + number * 97;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
    };
    RgbaImage::from_fn(36, 48, |x, y| Rgba([cell(x, y), cell(y, x), cell(x + 3, y), 255]))
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let mut captures = Captures::open(&folder).unwrap();
    let mut out = std::io::stdout();
    for number in captures.records().len() as u64.. {
        let card = card(number);
        let frame = captures.add_frame(&(&card).into()).unwrap();
        let quad = Quad::from_rect(Rect::ltwh(0.0, 0.0, 36.0, 48.0));
        let context = CaptureContext { frame: Some(frame), quad: Some(quad), ..CaptureContext::default() };
        let hashes = captures.hashes(&card);
        captures.save(&card, hashes, context, Verdict::New).unwrap();
        writeln!(out, "done {}", captures.records().len()).unwrap();
        out.flush().unwrap();
    }
}

fn round(folder: &Path, patience: Duration) -> usize {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["works_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let done = |line: &str| line.rsplit_once("done ").and_then(|(_, number)| number.parse::<usize>().ok());
    let mut last = lines.find_map(|line| done(&line)).expect("the child works before it is killed");
    std::thread::sleep(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    for number in lines.filter_map(|line| done(&line)) {
        last = last.max(number);
    }
    last
}

#[test]
fn kills_lose_no_capture() {
    let rounds: u64 = env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(200);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("screenshots");
    let mut count = 0;
    for number in 0..rounds {
        let last = round(&folder, Duration::from_micros(number * 7919 % 9_000));
        let records = read(&folder).unwrap();
        assert!(
            records.len() >= last,
            "round {number}: {} of {last} acknowledged captures are there",
            records.len()
        );
        for record in &records[count..] {
            let frame = record.context.frame.as_ref().unwrap();
            for file in [&record.filename, frame] {
                let image = image::open(folder.join(file));
                assert!(image.is_ok(), "round {number}: {file} is not whole");
            }
        }
        count = records.len();
    }
    drop(Captures::open(&folder).unwrap());
    let left = std::fs::read_dir(&folder).unwrap().flatten();
    let left: Vec<_> =
        left.map(|it| it.file_name()).filter(|it| it.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "nothing half-written is left: {left:?}");
    eprintln!("{rounds} kills, {count} captures");
}
