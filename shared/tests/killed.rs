//! A labeller that is killed at any moment loses no label that it had acknowledged, and breaks none.
//!
//! The child is this test program itself: it labels as fast as it can and writes each name to its standard output once
//! [`Store::apply`] has returned. The parent kills it, and reads what is there.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use shared::labels::Label;
use shared::labels::store::{Change, Store};

const FOLDER: &str = "KILLED_TEST_FOLDER";
const START: &str = "KILLED_TEST_START";
const ROUNDS: u64 = 200;
/// Pictures that are labelled over and over.
const FILES: u64 = 40;

fn file(number: u64) -> String {
    format!("cluster0_card{}_id{}.png", number % FILES, number % FILES)
}

/// The child's part; alone it does nothing.
#[test]
fn labels_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let start: u64 = env::var(START).unwrap().parse().unwrap();
    let mut store = Store::open(&folder.join("data"), &folder.join("raw")).unwrap();
    let mut out = std::io::stdout();
    for number in start.. {
        let label = Label { name: format!("name {number}"), ..Label::default() };
        store.apply(&[Change::Label { file: file(number), label: Some(Box::new(label)) }]).unwrap();
        writeln!(out, "done {number}").unwrap();
        out.flush().unwrap();
        if number % 7 == 0 {
            // So that kills hit checkpoints as often as lines.
            store.checkpoint().unwrap();
        }
    }
}

/// Starts the child, kills it after a while, and answers the last number that it acknowledged.
fn round(folder: &Path, start: u64, patience: Duration) -> Option<u64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["labels_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(START, start.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The clock runs from the first label, so that a slow start of the program is not what is tested.
    let done = |line: &str| line.rsplit_once("done ").and_then(|(_, number)| number.parse().ok());
    let mut last: Option<u64> = lines.find_map(|line| done(&line));
    std::thread::sleep(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    // What was in the pipe was acknowledged; a line cut short has fewer digits, which is an earlier number at worst.
    for number in lines.filter_map(|line| done(&line)) {
        last = last.max(Some(number));
    }
    last
}

#[test]
fn two_hundred_kills_lose_no_label() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("raw")).unwrap();
    for number in 0..FILES {
        std::fs::write(root.path().join("raw").join(file(number)), [number as u8; 300]).unwrap();
    }
    let mut start = 0;
    for number in 0..ROUNDS {
        // Every phase of a write, which takes about a millisecond.
        let patience = Duration::from_micros(number * 7919 % 12_000);
        let last = round(root.path(), start, patience).expect("the child labels before it is killed");
        let store = Store::open(&root.path().join("data"), &root.path().join("raw")).unwrap();
        let there: BTreeMap<String, String> =
            store.labels().iter().map(|(file, label)| (file.to_owned(), label.name)).collect();
        assert_eq!(there.len(), store.labels().len(), "every entry makes sense");
        // The one under way may be there or not; every one before it must be.
        for acknowledged in last.saturating_sub(FILES - 1)..=last {
            let name = &there[&file(acknowledged)];
            let newer = format!("name {}", last + 1);
            let is_right = *name == format!("name {acknowledged}")
                || (*name == newer && file(last + 1) == file(acknowledged));
            assert!(
                is_right,
                "round {number}: {name} where name {acknowledged} was acknowledged, {last} the last"
            );
            let picture = std::fs::read(root.path().join("data").join(file(acknowledged))).unwrap();
            assert_eq!(picture, [(acknowledged % FILES) as u8; 300]);
        }
        start = last + 1;
    }
    eprintln!("{ROUNDS} kills, {start} labels");
}
