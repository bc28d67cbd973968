//! A program that is killed while it replaces a folder, or goes back to the former one, leaves a
//! whole folder.

mod kills;

use std::fs;
use std::path::{Path, PathBuf};

use lens_core::replace::{Staging, exchange, restore};

const FILES: [&str; 4] = ["model.json", "detector.onnx", "identifier.onnx", "gallery.json"];

/// The number that all files of a folder say; none when they disagree or one is missing.
fn says(folder: &Path) -> Option<u64> {
    let numbers: Vec<u64> = FILES
        .iter()
        .filter_map(|file| fs::read_to_string(folder.join(file)).ok()?.lines().last()?.parse().ok())
        .collect();
    (numbers.len() == FILES.len() && numbers.iter().all(|it| *it == numbers[0])).then(|| numbers[0])
}

fn target(place: &Path) -> PathBuf {
    place.join("balatro")
}

fn kept(place: &Path) -> PathBuf {
    place.join(".previous/balatro")
}

fn write(folder: &Path, number: u64) -> std::io::Result<()> {
    FILES
        .iter()
        .try_for_each(|file| fs::write(folder.join(file), format!("{}\n{number}", "x".repeat(20_000))))
}

/// What installing does: the former is copied, then the new one takes its place.
fn install(place: &Path, number: u64) -> std::io::Result<()> {
    if let Some(before) = says(&target(place)) {
        let staging = Staging::new(&kept(place))?;
        write(staging.path(), before)?;
        staging.replace()?;
    }
    let staging = Staging::new(&target(place))?;
    write(staging.path(), number)?;
    staging.replace()
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(job) = kills::job() else { return };
    let place = &job.folder;
    let back = || exchange(&kept(place), &target(place));
    for number in job.start.. {
        let is_back = job.work == "go back" || (job.work == "both" && number % 3 == 0);
        if is_back { back() } else { install(place, number) }.unwrap();
        kills::done(number);
        if job.count.is_some() {
            return;
        }
    }
}

#[test]
fn kills_leave_a_whole_folder() {
    let _alone = kills::alone();
    let rounds = kills::rounds(200);
    let place = tempfile::tempdir().unwrap();
    install(place.path(), 1).unwrap();
    install(place.path(), 2).unwrap();
    let mut start = 3;
    for round in 0..rounds {
        start = 1 + kills::kill("both", place.path(), start, kills::patience(round, 9_000));
        for folder in [target(place.path()), kept(place.path())] {
            restore(&folder);
            assert!(says(&folder).is_some(), "round {round}: {} is not whole", folder.display());
        }
    }
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().flatten().map(|it| it.file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left over: {left:?}");
    println!("{rounds} kills while folders are replaced");
}

#[test]
fn every_step_leaves_a_whole_folder() {
    let _alone = kills::alone();
    let prepare = |place: &Path| {
        install(place, 101).unwrap();
        install(place, 102).unwrap();
    };
    let check = |place: &Path, what: &str, allowed: [[u64; 2]; 3]| {
        let [target, kept] = [target(place), kept(place)];
        [&target, &kept].into_iter().for_each(|it| restore(it));
        let found = [&target, &kept].map(|it| says(it));
        assert!(allowed.iter().any(|it| it.map(Some) == found), "{what}: {found:?}");
        assert_eq!(fs::read_dir(place).unwrap().count(), 2, "{what}: something is left over");
    };
    // The model, and the one before it: as it was, the former kept already, done.
    let install = |place: &Path, what: &str| check(place, what, [[102, 101], [102, 102], [1, 102]]);
    kills::at_every_step("install", &prepare, &install);
    let back = |place: &Path, what: &str| check(place, what, [[102, 101], [102, 101], [101, 102]]);
    kills::at_every_step("go back", &prepare, &back);
}
