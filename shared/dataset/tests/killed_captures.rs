//! An overlay that is killed while it saves captures has all that it acknowledged, each with its
//! image and its frame, and nothing half-written.

#[path = "../../lens-core/tests/killed/kills.rs"]
mod kills;

use std::path::Path;

use dataset::captures::Verdict;
use dataset::captures::record::{CaptureContext, Record};
use dataset::captures::store::{Captures, FILE_NAME, read};
use image::{Rgba, RgbaImage};
use lens_core::geometry::{Quad, Rect};

/// So many captures are in the journal before it is folded.
const FOLDED_AT: u64 = 256;

/// A card that is like no other of another number.
fn card(number: u64) -> RgbaImage {
    let cell = |x: u32, y: u32| {
        let mixed = u64::from(x / 9 * 7 + y / 9 * 13) + number * 97;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
    };
    RgbaImage::from_fn(36, 48, |x, y| Rgba([cell(x, y), cell(y, x), cell(x + 3, y), 255]))
}

/// Saves the capture of a number, with its frame.
fn save(captures: &mut Captures, number: u64) {
    let card = card(number);
    let frame = captures.add_frame(&(&card).into()).unwrap();
    let quad = Quad::from_rect(Rect::ltwh(0.0, 0.0, 36.0, 48.0));
    let context = CaptureContext { frame: Some(frame), quad: Some(quad), ..CaptureContext::default() };
    let hashes = captures.hashes(&card);
    captures.save(&card, hashes, context, Verdict::New).unwrap();
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(job) = kills::job() else { return };
    assert_eq!(job.work, "captures");
    let mut captures = Captures::open(&job.folder.join("screenshots")).unwrap();
    for number in job.start.max(captures.records().len() as u64).. {
        save(&mut captures, number);
        kills::done(captures.records().len() as u64);
        if job.count.is_some() {
            return;
        }
    }
}

/// Each capture has its image and its frame.
fn check(folder: &Path, records: &[Record], what: &str) {
    for record in records {
        let frame = record.context.frame.as_ref().unwrap();
        for file in [&record.filename, frame] {
            let image = image::open(folder.join(file));
            assert!(image.is_ok(), "{what}: {file} is not whole");
        }
    }
}

#[test]
fn kills_lose_no_capture() {
    let _alone = kills::alone();
    let rounds = kills::rounds(200);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("screenshots");
    let mut count = 0;
    for round in 0..rounds {
        let last = kills::kill("captures", place.path(), 0, kills::patience(round, 9_000)) as usize;
        let records = read(&folder).unwrap();
        let what = format!("round {round}");
        assert!(records.len() >= last, "{what}: {} of {last} acknowledged captures are there", records.len());
        check(&folder, &records[count..], &what);
        count = records.len();
    }
    drop(Captures::open(&folder).unwrap());
    let left = std::fs::read_dir(&folder).unwrap().flatten();
    let left: Vec<_> =
        left.map(|it| it.file_name()).filter(|it| it.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "nothing half-written is left: {left:?}");
    println!("{rounds} kills while captures are saved, {count} captures");
}

/// Also the step in which the journal is folded into the file.
#[test]
fn every_step_leaves_whole_captures() {
    let _alone = kills::alone();
    let before = tempfile::tempdir().unwrap();
    let folder = before.path().join("screenshots");
    let mut captures = Captures::open(&folder).unwrap();
    (0..FOLDED_AT).for_each(|number| save(&mut captures, number));
    drop(captures);
    assert!(!folder.join(FILE_NAME).exists(), "the next one folds the journal");
    let prepare = |place: &Path| {
        for below in ["screenshots", "screenshots/frames"] {
            std::fs::create_dir_all(place.join(below)).unwrap();
            for entry in std::fs::read_dir(before.path().join(below)).unwrap().flatten() {
                if entry.path().is_file() {
                    let to = place.join(below).join(entry.file_name());
                    // Images are never written into; the journal is.
                    if to.extension().is_some_and(|it| it == "png") {
                        std::fs::hard_link(entry.path(), to).unwrap();
                    } else {
                        std::fs::copy(entry.path(), to).unwrap();
                    }
                }
            }
        }
    };
    let after = |place: &Path, what: &str| {
        let folder = place.join("screenshots");
        let records = read(&folder).unwrap();
        let count = records.len() as u64;
        assert!([FOLDED_AT, FOLDED_AT + 1].contains(&count), "{what}: {count} captures");
        check(&folder, &records[records.len() - 2..], what);
        // And the next one is saved as if nothing had happened.
        let mut captures = Captures::open(&folder).unwrap();
        save(&mut captures, 1000);
        drop(captures);
        assert_eq!(read(&folder).unwrap().len() as u64, count + 1, "{what}");
    };
    kills::at_every_step("captures", &prepare, &after);
}
