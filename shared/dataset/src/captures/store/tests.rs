//! Saving, crashing, and starting again.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use image::Rgba;

use super::*;
use lens_core::modifiers::Modifiers;

/// An image that is like no other of another number.
fn crop(number: u32) -> RgbaImage {
    let cell =
        |x: u32, y: u32| ((x / 9 * 7 + y / 9 * 13 + number * 97).wrapping_mul(2_654_435_761) >> 24) as u8;
    RgbaImage::from_fn(72, 96, |x, y| Rgba([cell(x, y), cell(y, x), cell(x + 3, y), 255]))
}

fn add(captures: &mut Captures, crop: &RgbaImage, context: CaptureContext) -> Added {
    let hashes = captures.hashes(crop);
    captures.add(crop, hashes, context).unwrap()
}

#[test]
fn captures_are_there_after_a_restart_and_later_ones_join_their_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    for number in 0..5 {
        assert_eq!(add(&mut captures, &crop(number), CaptureContext::default()).position, number as usize);
    }
    let names: Vec<_> = captures.records().iter().map(|record| record.filename.clone()).collect();
    drop(captures);
    let mut captures = Captures::open(folder.path()).unwrap();
    assert_eq!(
        captures.records().iter().map(|record| &record.filename).collect::<Vec<_>>(),
        names.iter().collect::<Vec<_>>()
    );
    let again = add(&mut captures, &crop(2), CaptureContext::default());
    assert_eq!(again, Added { verdict: Verdict::Duplicate(2), position: 2 });
    let foil = CaptureContext {
        modifiers: Some(Modifiers { edition: "foil".into(), ..Modifiers::default() }),
        ..CaptureContext::default()
    };
    let plain = CaptureContext { modifiers: Some(Modifiers::default()), ..CaptureContext::default() };
    add(&mut captures, &crop(9), plain);
    let other = add(&mut captures, &crop(9), foil);
    assert!(matches!(other.verdict, Verdict::SameCard(_)), "another edition is no duplicate");
    let [first, second] =
        [captures.records().len() - 2, captures.records().len() - 1].map(|at| &captures.records()[at]);
    assert_eq!(first.card_group, second.card_group);
    assert!(folder.path().join(&second.filename).is_file());
}

#[test]
fn a_line_cut_short_is_dropped_and_the_next_one_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    for number in 0..3 {
        add(&mut captures, &crop(number), CaptureContext::default());
    }
    drop(captures);
    let path = folder.path().join(JOURNAL);
    let text = fs::read(&path).unwrap();
    for cut in [1, 40, text.len() / 3 - 2] {
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        let mut captures = Captures::open(folder.path()).unwrap();
        assert_eq!(captures.records().len(), 2, "{cut} bytes were cut");
        add(&mut captures, &crop(7), CaptureContext::default());
        drop(captures);
        assert_eq!(read(folder.path()).unwrap().len(), 3);
    }
}

#[test]
fn folding_keeps_everything_also_when_a_crash_leaves_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    let (small, hashes) = (crop(1), captures.hashes(&crop(1)));
    for _ in 0..FOLD_AFTER + 20 {
        captures.save(&small, hashes, CaptureContext::default(), Verdict::New).unwrap();
    }
    let journal = fs::read(folder.path().join(JOURNAL)).unwrap();
    assert!(folder.path().join(FILE_NAME).is_file() || journal.len() > 1000);
    let count = captures.records().len();
    let text = serde_json::to_vec(&Storing { format: FORMAT, captures: captures.records() }).unwrap();
    drop(captures);
    // As after a crash between writing the file and clearing the journal.
    fs::write(folder.path().join(FILE_NAME), text).unwrap();
    assert_eq!(read(folder.path()).unwrap().len(), count);
}

/// A file as the version before wrote it: `dct` for `shapes`, one capture without its image, and
/// a line in the journal.
#[test]
fn files_of_the_version_before_are_upgraded_without_losing_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    for number in 0..5 {
        add(&mut captures, &crop(number), CaptureContext::default());
    }
    captures
        .save(&crop(2), captures.hashes(&crop(2)), CaptureContext::default(), Verdict::SameCard(2))
        .unwrap();
    let records = captures.records().to_vec();
    drop(captures);
    let old = |record: &Record| {
        let mut value = serde_json::to_value(record).unwrap();
        let hashes = value["hashes"].as_object_mut().unwrap();
        hashes.remove("shapes");
        hashes.insert("dct".into(), "0000000000000001".into());
        value
    };
    let file =
        serde_json::json!({ "format": 1, "captures": records[..5].iter().map(old).collect::<Vec<_>>() });
    fs::write(folder.path().join(FILE_NAME), file.to_string()).unwrap();
    fs::write(folder.path().join(JOURNAL), old(&records[5]).to_string() + "\n").unwrap();
    fs::remove_file(folder.path().join(&records[4].filename)).unwrap();

    assert!(read(folder.path()).unwrap().iter().all(|record| record.hashes.shapes.is_none()));
    let mut captures = Captures::open(folder.path()).unwrap();
    for (number, (now, before)) in captures.records().iter().zip(&records).enumerate() {
        assert_eq!(
            (&now.filename, now.cluster, now.card_group),
            (&before.filename, before.cluster, before.card_group)
        );
        let want = if number == 4 { None } else { before.hashes.shapes };
        assert_eq!(now.hashes, Hashes { shapes: want, ..before.hashes }, "capture {number}");
    }
    // Also the one without an image is found again.
    for number in [0, 4] {
        let again = add(&mut captures, &crop(number), CaptureContext::default());
        assert_eq!(again.verdict, Verdict::Duplicate(number as usize));
    }
    drop(captures);
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert!(text.contains("\"format\":2") && !text.contains("dct"), "{text}");
    assert_eq!(fs::read(folder.path().join(JOURNAL)).unwrap(), b"");
}

#[test]
fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Captures::open(folder.path()).unwrap();
    assert!(matches!(Captures::open(folder.path()), Err(CapturesError::InUse(_))));
    drop(first);
    assert!(Captures::open(folder.path()).is_ok());
}

#[test]
fn a_folder_that_goes_leaves_nothing_half_written_and_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("shots");
    let mut captures = Captures::open(&inner).unwrap();
    add(&mut captures, &crop(0), CaptureContext::default());
    match fs::remove_dir_all(&inner) {
        // Windows before 10, and Wine 8, keep a folder in which a file is open.
        Err(error) if cfg!(windows) => return println!("SKIPPED: the folder does not go: {error}"),
        gone => gone.unwrap(),
    }
    let hashes = captures.hashes(&crop(1));
    let error = captures.add(&crop(1), hashes, CaptureContext::default()).unwrap_err();
    assert_eq!(error.short(), "the folder is gone");
    assert!(error.to_string().contains("help: make the folder again"));
    assert_eq!(captures.records().len(), 1);
    assert!(!inner.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    // The device that is always full stands in for the journal's disk.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    captures.journal.file = full;
    let hashes = captures.hashes(&crop(1));
    let error = captures.add(&crop(1), hashes, CaptureContext::default()).unwrap_err();
    assert_eq!(error.short(), "the disk is full");
    let pictures = fs::read_dir(folder.path()).unwrap().flatten();
    assert_eq!(pictures.filter(|it| it.path().extension().is_some_and(|it| it == "png")).count(), 0);
}

#[test]
fn a_hundred_thousand_captures_open_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let hashes = Hashing::default().hash(&crop(1));
    let record = |id: u64| Record {
        filename: file_name::format(id / 9, id / 3, id),
        cluster: id / 9,
        card_group: id / 3,
        hashes: Hashes { shapes: Some(id.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..hashes },
        context: CaptureContext {
            quad: Some(lens_core::geometry::Quad::from_xy([
                [310.25, 99.5],
                [411.0, 98.75],
                [412.5, 232.0],
                [311.0, 233.25],
            ])),
            frame: Some(format!("frames/frame{}.png", id / 5)),
            original: id.is_multiple_of(2).then(|| format!("{id:064x}")),
            window: [1920, 1080],
            taken_at_millis: 1_700_000_000_000 + id,
            model: Some("balatro".into()),
            card: None,
            enrolled: vec!["j_two".into()],
            guesses: ["j_one", "j_two", "j_three", "j_four", "j_five"]
                .map(|id| (id.to_owned(), 0.125))
                .to_vec(),
            modifiers: Some(Modifiers::default()),
        },
    };
    let records: Vec<_> = (0..100_000).map(record).collect();
    let text = serde_json::to_vec(&Storing { format: FORMAT, captures: &records }).unwrap();
    fs::write(folder.path().join(FILE_NAME), &text).unwrap();
    let quickest = (0..3).map(|_| {
        // Of the processor: other tests run meanwhile.
        let start = ThreadTime::now();
        let captures = Captures::open(folder.path()).unwrap();
        assert_eq!(captures.records().len(), 100_000);
        start.elapsed()
    });
    let quickest = quickest.min().unwrap();
    eprintln!("opening {} captures, {} MB: {quickest:?}", records.len(), text.len() / 1_000_000);
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
    let mut captures = Captures::open(folder.path()).unwrap();
    let start = Instant::now();
    captures.save(&crop(3), hashes, CaptureContext::default(), Verdict::New).unwrap();
    eprintln!("saving one more: {:?}", start.elapsed());
}

#[test]
fn captures_that_are_gone_leave_their_numbers_to_their_labels() {
    use crate::labels::store::{Change, Place, Store};
    use crate::labels::{self, Label};

    let root = tempfile::tempdir().unwrap();
    let (raw, data) = (root.path().join("screenshots"), root.path().join(labels::FOLDER));
    let mut captures = Captures::open(&raw).unwrap();
    for number in 0..3 {
        add(&mut captures, &crop(number), CaptureContext::default());
    }
    let files: Vec<String> = captures.records().iter().map(|it| it.filename.clone()).collect();
    let mut store = Store::open(&data, &raw).unwrap();
    let label = |file: &str| Change::Label {
        file: file.into(),
        label: Some(Box::new(Label { name: "DNA".into(), ..Label::default() })),
    };
    let place = Place { cluster: 40, group: 50 };
    let split = Place { cluster: 0, group: Place::SPLIT_FROM };
    let changes = [
        label(&files[0]),
        label(&files[2]),
        Change::Bin { file: files[2].clone(), binned: true, label: None },
        Change::Place { file: files[0].clone(), place: Some(place) },
        Change::Place { file: files[1].clone(), place: Some(split) },
    ];
    store.apply(&changes).unwrap();
    drop((captures, store));
    let check = |what: &str| {
        fs::remove_dir_all(&raw).unwrap();
        let mut captures = Captures::open(&raw).unwrap();
        add(&mut captures, &crop(9), CaptureContext::default());
        let record = &captures.records()[0];
        let [_, _, id] = file_name::parse(&record.filename).unwrap();
        assert!(!files.contains(&record.filename) && id >= 3, "{what}: {}", record.filename);
        record.clone()
    };
    let record = check("all is well");
    assert_eq!((record.cluster, record.card_group), (41, 51), "split groups have numbers of their own");
    fs::write(data.join(labels::FILE_NAME), "{ broken").unwrap();
    check("the labels are broken");
}

#[test]
fn what_is_removed_is_gone_with_its_frame_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures = Captures::open(folder.path()).unwrap();
    let picture = crop(90);
    let frames: Vec<String> = (0..2).map(|_| captures.add_frame(&Pixels::from(&picture)).unwrap()).collect();
    // Two captures of the first frame, one of the second.
    for number in 0..3 {
        let frame = Some(frames[number as usize / 2].clone());
        add(&mut captures, &crop(number), CaptureContext { frame, ..CaptureContext::default() });
    }
    let names: Vec<String> = captures.records().iter().map(|it| it.filename.clone()).collect();
    let is_there = |name: &str| folder.path().join(name).exists();
    let gone = [names[0].clone(), names[2].clone(), "../outside.png".into(), "never.png".into()];
    captures.remove(&gone).unwrap();
    assert!(!is_there(&names[0]) && is_there(&names[1]) && !is_there(&names[2]));
    assert!(is_there(&frames[0]) && !is_there(&frames[1]), "a frame goes with the last card cut from it");
    assert!(matches!(add(&mut captures, &crop(0), CaptureContext::default()).verdict, Verdict::New));
    captures.remove(&gone).unwrap();
    drop(captures);
    let left: Vec<String> = read(folder.path()).unwrap().into_iter().map(|it| it.filename).collect();
    assert_eq!((left.len(), &left[0]), (2, &names[1]));
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert!(!text.contains(&names[0]) && !text.contains(&names[2]));
}
