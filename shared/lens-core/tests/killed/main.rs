//! A program that is killed while it replaces a folder, or goes back to the former one, leaves a
//! whole folder.
//!
//! The child is this test program itself. `KILLS=10000 cargo test -p lens-core --test killed` kills
//! it that often.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lens_core::replace::{Staging, exchange, restore};

const FOLDER: &str = "KILLED_REPLACE_FOLDER";
const FILES: [&str; 4] = ["model.json", "detector.onnx", "identifier.onnx", "gallery.json"];

/// The number that all files of a folder say; none when they disagree or one is missing.
fn says(folder: &Path) -> Option<u64> {
    let numbers: Vec<u64> = FILES
        .iter()
        .filter_map(|file| fs::read_to_string(folder.join(file)).ok()?.lines().last()?.parse().ok())
        .collect();
    (numbers.len() == FILES.len() && numbers.iter().all(|it| *it == numbers[0])).then(|| numbers[0])
}

fn kept(folder: &Path) -> PathBuf {
    folder.join(".previous/balatro")
}

/// What installing does: the former is copied, then the new one takes its place.
fn install(folder: &Path, number: u64) {
    let write = |staging: &Staging, number: u64| {
        for file in FILES {
            fs::write(staging.path().join(file), format!("{}\n{number}", "x".repeat(20_000))).unwrap();
        }
    };
    let target = folder.join("balatro");
    if let Some(before) = says(&target) {
        let staging = Staging::new(&kept(folder)).unwrap();
        write(&staging, before);
        staging.replace().unwrap();
    }
    let staging = Staging::new(&target).unwrap();
    write(&staging, number);
    staging.replace().unwrap();
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let start = says(&folder.join("balatro")).unwrap_or(0).max(says(&kept(&folder)).unwrap_or(0));
    let mut out = std::io::stdout();
    for number in start + 1.. {
        if number % 3 == 0 {
            exchange(&kept(&folder), &folder.join("balatro")).unwrap();
        } else {
            install(&folder, number);
        }
        writeln!(out, "done {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn kills_leave_a_whole_folder() {
    let rounds: u64 = env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(200);
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("balatro");
    install(place.path(), 1);
    install(place.path(), 2);
    for round in 0..rounds {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["works_until_it_is_killed", "--exact", "--nocapture"])
            .env(FOLDER, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The clock runs from the first time, so that a slow start is not what is tested.
        let first = lines.find(|line| line.contains("done "));
        assert!(first.is_some(), "the child works before it is killed");
        std::thread::sleep(Duration::from_micros(round * 7919 % 9_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for folder in [&target, &kept(place.path())] {
            restore(folder);
            assert!(says(folder).is_some(), "round {round}: {} is not whole", folder.display());
        }
    }
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().flatten().map(|it| it.file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left over: {left:?}");
    eprintln!("{rounds} kills");
}
