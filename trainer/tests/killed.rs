//! A trainer that is killed, or runs out of space, while it installs a model, goes back to the
//! former one, exports a data set or imports labels: what is there is whole, and the same command
//! again does what it would have done.

#[cfg(target_os = "linux")]
#[path = "killed/forked.rs"]
mod forked;
#[cfg(target_os = "linux")]
mod forks;
#[expect(dead_code, reason = "children are begun in a way of their own")]
#[path = "../../shared/lens-core/tests/killed/kills.rs"]
mod kills;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use dataset::captures::store::{Captures, read as read_captures};
use dataset::labels::store::read as read_labels;
use dataset::labels::{Label, Labels};
use image::{Rgba, RgbaImage};
use lens_core::geometry::{Quad, Rect};
use lens_core::image_file::save;
use lens_core::replace::restore;
use serde_json::{Map, Value, json};
use trainer::data::export::{Export, FILE_NAME, PARTS};
use trainer::data::formats::{Card, Format, Picture};
use trainer::data::import::plan::{Counts, Meaning, plan};
use trainer::data::import::write::write;
use trainer::data::import::{Card as Found, Named, Picture as Shot, Place, Source};
use trainer::model::export::install::install;
use trainer::model::export::previous::{previous, put_back};
use vision::gallery::{FILE_NAME as GALLERY, REPLACED};

/// How children are begun: libtorch takes long to load, so where the system forks it is loaded
/// once.
fn children() -> impl kills::Begin {
    #[cfg(target_os = "linux")]
    let children = forked::Forks::start("works_until_it_is_killed");
    #[cfg(not(target_os = "linux"))]
    let children = kills::Programs;
    children
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    #[cfg(target_os = "linux")]
    forks::serve(|request| {
        forked::wait_for_strace(request);
        work(&kills::job().expect("it was forked for one"));
        0
    });
    kills::job().iter().for_each(work);
}

fn work(job: &kills::Job) {
    let place = &job.folder;
    for number in job.start.. {
        match job.work.as_str() {
            "install" => install_model(place, number),
            "go back" => put_back(&model(place)).unwrap(),
            "models" if number % 3 == 0 => put_back(&model(place)).unwrap(),
            "models" => install_model(place, number),
            "data sets" => {
                remove(place);
                export(place, number);
            }
            "export" => export(place, number),
            PANIC => panic!("{PANIC}"),
            _ => _ = import(place, number),
        }
        kills::done(number);
        if job.count.is_some() {
            return;
        }
    }
}

/// A work that goes wrong by itself.
const PANIC: &str = "what a child says of its end";

/// The child of the test after it, alone it does nothing.
#[test]
fn waits_for_a_child_that_panics() {
    if std::env::var_os(PANIC).is_some() {
        kills::kill_by(&children(), PANIC, Path::new("."), 1, std::time::Duration::ZERO);
    }
}

#[test]
fn a_panic_of_a_child_is_seen() {
    let mut test = std::process::Command::new(std::env::current_exe().unwrap());
    test.args(["waits_for_a_child_that_panics", "--exact", "--nocapture"]).env(PANIC, "1");
    let output = test.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(PANIC), "{said}");
}

// --- models

const NETWORKS: [&str; 3] = ["detector.onnx", "identifier.onnx", "model.json"];

fn model(place: &Path) -> PathBuf {
    place.join("models/balatro")
}

fn install_model(place: &Path, number: u64) {
    let file = |name: &&str| ((*name).to_owned(), format!("{}\n{number}", "x".repeat(30_000)).into_bytes());
    install(&model(place), &NETWORKS.iter().map(file).collect::<Vec<_>>()).unwrap();
}

/// The number that all files of a model say, and whether the player's cards are with it.
fn says(folder: &Path) -> Option<(u64, bool)> {
    restore(folder);
    let number = |file: &&str| -> Option<u64> {
        fs::read_to_string(folder.join(file)).ok()?.lines().last()?.parse().ok()
    };
    let numbers: BTreeSet<Option<u64>> = NETWORKS.iter().map(number).collect();
    let cards = [GALLERY, REPLACED]
        .iter()
        .any(|it| fs::read_to_string(folder.join(it)).is_ok_and(|text| text == "my cards"));
    (numbers.len() == 1).then(|| numbers.first().copied().flatten()).flatten().map(|number| (number, cards))
}

fn two_models(place: &Path) {
    install_model(place, 101);
    fs::write(model(place).join(GALLERY), "my cards").unwrap();
    install_model(place, 102);
}

fn left_over(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap().flatten();
    let names = entries.map(|it| it.file_name().to_string_lossy().into_owned());
    names.filter(|it| !["balatro", ".previous"].contains(&it.as_str())).collect()
}

#[test]
fn kills_leave_a_whole_model_and_the_former_one() {
    let (_alone, children) = (kills::alone(), children());
    let rounds = kills::rounds(40);
    let place = tempfile::tempdir().unwrap();
    two_models(place.path());
    let mut start = 1;
    for round in 0..rounds {
        let last = kills::kill_by(&children, "models", place.path(), start, kills::patience(round, 9_000));
        for folder in [model(place.path()), previous(&model(place.path()))] {
            let found = says(&folder);
            assert!(found.is_some_and(|(_, cards)| cards), "round {round}: {}: {found:?}", folder.display());
        }
        start = last + 1;
    }
    let models = place.path().join("models");
    assert!(left_over(&models).is_empty(), "{:?}", left_over(&models));
    println!("{rounds} kills while models are installed and taken back");
}

#[test]
fn every_step_leaves_a_whole_model_and_the_former_one() {
    let (_alone, children) = (kills::alone(), children());
    let check = |place: &Path, what: &str, allowed: &[[u64; 2]]| {
        let folder = model(place);
        let found = [says(&folder), says(&previous(&folder))];
        let want = |numbers: &[u64; 2]| numbers.map(|number| Some((number, true))) == found;
        assert!(allowed.iter().any(want), "{what}: {found:?}");
        assert!(left_over(&place.join("models")).is_empty(), "{what}");
        install_model(place, 7);
        assert_eq!(says(&folder), Some((7, true)), "{what}: installing goes as always");
    };
    // As it was; the installed one is kept already; done.
    let installed = |place: &Path, what: &str| check(place, what, &[[102, 101], [102, 102], [1, 102]]);
    kills::at_every_step_by(&children, "install", &two_models, &installed);
    let back = |place: &Path, what: &str| check(place, what, &[[102, 101], [101, 102]]);
    kills::at_every_step_by(&children, "go back", &two_models, &back);
    let first = |place: &Path, what: &str| {
        let folder = model(place);
        assert!(!folder.exists() || says(&folder).is_some(), "{what}");
        install_model(place, 7);
        assert_eq!(says(&folder).map(|it| it.0), Some(7), "{what}");
        assert!(left_over(&place.join("models")).is_empty(), "{what}");
    };
    kills::at_every_step_by(&children, "install", &|_| (), &first);
}

// --- data sets

fn out(place: &Path) -> PathBuf {
    place.join("exports/set")
}

/// What somebody does who exports again under the same name.
fn remove(place: &Path) {
    let aside = place.join("exports/aside");
    let _ = fs::remove_dir_all(&aside);
    if fs::rename(out(place), &aside).is_ok() {
        fs::remove_dir_all(&aside).unwrap();
    }
}

fn export(place: &Path, number: u64) {
    let mut export = Export::begin(&out(place), Format::Yolo).unwrap();
    let mut parts = [Vec::new(), Vec::new()];
    for (part, pictures) in parts.iter_mut().enumerate() {
        for picture in 0..2 {
            let from = place.join(format!("shot-{picture}.png"));
            let folder = export.images(part, "").unwrap();
            let (file, size) = export.copy(&from, &format!("{number}-{picture}.png"), &folder).unwrap();
            let quad = Quad::from_rect(Rect::ltwh(4.0, 4.0, 20.0, 30.0));
            let cards = vec![Card { class: 0, quad, covered: [false; 4] }];
            pictures.push(Picture { file, size, cards, fields: Map::new() });
        }
    }
    export.finish(&["fox".to_owned()], &parts, &json!({ "number": number })).unwrap();
}

/// The number of a data set that is whole; none where there is none.
fn exported(place: &Path, what: &str) -> Option<u64> {
    let out = out(place);
    restore(&out);
    let entries = fs::read_dir(place.join("exports")).into_iter().flatten().flatten();
    let names: Vec<String> = entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|it| ["set", "aside"].contains(&it.as_str())), "{what}: {names:?}");
    if !out.exists() {
        return None;
    }
    let text = fs::read_to_string(out.join(FILE_NAME)).unwrap_or_else(|error| panic!("{what}: {error}"));
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
    for part in PARTS {
        let count = |folder: &str, ending: &str| {
            let files = fs::read_dir(out.join(folder).join(part)).into_iter().flatten().flatten();
            files.filter(|it| it.path().extension().is_some_and(|it| it == ending)).count()
        };
        let wanted = told["parts"][part]["images"].as_u64().unwrap() as usize;
        assert_eq!([count("images", "png"), count("labels", "txt")], [wanted; 2], "{what}");
        for entry in fs::read_dir(out.join("images").join(part)).unwrap().flatten() {
            assert!(image::open(entry.path()).is_ok(), "{what}: {}", entry.path().display());
        }
    }
    assert!(out.join("data.yaml").is_file(), "{what}");
    told["from"]["number"].as_u64()
}

fn shots(place: &Path) {
    (0..2).for_each(|number| shot(&place.join(format!("shot-{number}.png")), number));
    fs::create_dir_all(place.join("exports")).unwrap();
}

#[test]
fn kills_leave_a_whole_data_set_or_none() {
    let (_alone, children) = (kills::alone(), children());
    let rounds = kills::rounds(40);
    let place = tempfile::tempdir().unwrap();
    shots(place.path());
    let mut start = 1;
    for round in 0..rounds {
        let last =
            kills::kill_by(&children, "data sets", place.path(), start, kills::patience(round, 12_000));
        let found = exported(place.path(), &format!("round {round}"));
        assert!(found.is_none_or(|it| [last, last + 1].contains(&it)), "round {round}: {found:?}, {last}");
        start = last + 1;
    }
    remove(place.path());
    export(place.path(), start);
    assert_eq!(exported(place.path(), "after all kills"), Some(start));
    println!("{rounds} kills while data sets are exported");
}

#[test]
fn every_step_leaves_a_whole_data_set_or_none() {
    let (_alone, children) = (kills::alone(), children());
    let check = |place: &Path, what: &str| {
        let found = exported(place, what);
        assert!(found.is_none_or(|it| it == 1), "{what}");
        remove(place);
        export(place, 2);
        assert_eq!(exported(place, what), Some(2), "{what}: exporting goes as always");
    };
    kills::at_every_step_by(&children, "export", &shots, &check);
}

// --- labels

const CARDS: usize = 2;
const SIZE: [u32; 2] = [60, 84];

/// An image that is like none of another number.
fn shot(path: &Path, number: u64) {
    let cell = |x: u32, y: u32, channel: u64| {
        let place = u64::from(x / 10) | u64::from(y / 12) << 8 | channel << 16 | number << 20;
        let mixed = (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ mixed >> 32).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8
    };
    let [width, height] = [SIZE[0] * CARDS as u32, SIZE[1]];
    let [red, green, blue] = [0, 1, 2];
    let pixel = |x, y| Rgba([cell(x, y, red), cell(x, y, green), cell(x, y, blue), 255]);
    save(&RgbaImage::from_fn(width, height, pixel), path).unwrap();
}

/// Imports the image of a number, which shows two cards.
fn import(place: &Path, number: u64) -> Counts {
    let path = place.join(format!("labelled-{number}.png"));
    if !path.exists() {
        let temporary = place.join("temporary.png");
        shot(&temporary, 1000 + number);
        fs::rename(temporary, &path).unwrap();
    }
    let card = |card: usize| {
        let [width, height] = SIZE.map(|it| it as f32);
        let quad = Quad::from_rect(Rect::ltwh(width * card as f32, 0.0, width, height));
        Found { name: Named::Class(name(number, card)), place: Some(Place::Pixels(quad)) }
    };
    let cards: Vec<Found> = (0..CARDS).map(card).collect();
    let source = Source { pictures: vec![Shot { path, cards }], left_out: Vec::new() };
    let label = |name: String| (name.clone(), Meaning::Label(Box::new(Label { name, ..Label::default() })));
    let meanings: BTreeMap<String, Meaning> = (0..CARDS).map(|card| label(name(number, card))).collect();
    let (shots, set) = (place.join("screenshots"), place.join("set"));
    let labels = read_labels(&set).unwrap().labels;
    let mut captures = Captures::open_with(&shots, &set).unwrap();
    let plan = plan(&source, &meanings, captures.records(), &labels, &|| ());
    write(&plan, &source, &mut captures, &set, &|| ()).unwrap();
    plan.counts()
}

fn name(number: u64, card: usize) -> String {
    format!("card {number} {card}")
}

/// The names that captures have, and how many captures there are.
fn named(place: &Path, what: &str) -> (Vec<String>, usize) {
    let records = read_captures(&place.join("screenshots")).unwrap();
    for record in &records {
        for file in std::iter::once(&record.filename).chain(&record.context.frame) {
            let image = image::open(place.join("screenshots").join(file));
            assert!(image.is_ok(), "{what}: {file} is not whole");
        }
    }
    let labels: Labels = read_labels(&place.join("set")).unwrap().labels;
    let known: BTreeSet<&str> = records.iter().map(|it| it.filename.as_str()).collect();
    let mut names = Vec::new();
    for file in labels.files() {
        assert!(known.contains(file), "{what}: {file} has a label and is no capture");
        names.push(labels.get(file).unwrap().unwrap().name);
    }
    (names, records.len())
}

/// The import once more makes whole what was cut short.
fn again(place: &Path, number: u64, what: &str) {
    import(place, number);
    let (names, _) = named(place, what);
    for card in 0..CARDS {
        let count = names.iter().filter(|it| **it == name(number, card)).count();
        assert_eq!(count, 1, "{what}: {} among {} names", name(number, card), names.len());
    }
    let counts = import(place, number);
    assert_eq!((counts.known, counts.new + counts.named + counts.conflicts), (CARDS, 0), "{what}: {counts}");
}

#[test]
fn kills_lose_no_label_that_was_imported() {
    let (_alone, children) = (kills::alone(), children());
    let rounds = kills::rounds(40);
    let mut place = tempfile::tempdir().unwrap();
    let mut start = 0;
    for round in 0..rounds {
        if round % 50 == 0 {
            // Looking at all captures each time would be what takes long.
            (place, start) = (tempfile::tempdir().unwrap(), 0);
        }
        let what = format!("round {round}");
        let last = kills::kill_by(&children, "labels", place.path(), start, kills::patience(round, 20_000));
        let (names, captures) = named(place.path(), &what);
        assert!(captures >= (last as usize + 1) * CARDS, "{what}: {captures} captures after {last}");
        for number in start..=last {
            assert!((0..CARDS).all(|card| names.contains(&name(number, card))), "{what}: {number} is lost");
        }
        again(place.path(), last + 1, &what);
        start = last + 2;
    }
    println!("{rounds} kills while labels are imported");
}

#[test]
fn every_step_leaves_labels_that_can_be_imported_again() {
    let (_alone, children) = (kills::alone(), children());
    let prepare = |place: &Path| _ = import(place, 0);
    let check = |place: &Path, what: &str| {
        let (names, captures) = named(place, what);
        assert!((0..CARDS).all(|card| names.contains(&name(0, card))), "{what}: {names:?}");
        assert!((CARDS..=2 * CARDS).contains(&captures), "{what}: {captures} captures");
        again(place, 1, what);
    };
    kills::at_every_step_by(&children, "labels", &prepare, &check);
}
