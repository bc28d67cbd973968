//! A labeller that is killed at any moment loses nothing that it had acknowledged, and breaks
//! nothing.
//!
//! The child is this test program itself: it labels, moves, bins and drafts as fast as it can and
//! writes each number to its standard output once [`Store::apply`] has returned. The parent kills
//! it, and reads what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use dataset::labels::Label;
use dataset::labels::store::{Change, Place, Store};

const FOLDER: &str = "KILLED_TEST_FOLDER";
const START: &str = "KILLED_TEST_START";
const ROUNDS: u64 = 200;
/// Pictures that things are done to over and over.
const FILES: u64 = 24;
/// Kinds of changes.
const KINDS: u64 = 8;

fn file(number: u64) -> String {
    format!("cluster0_card{}_id{}.png", number % FILES, number % FILES)
}

/// Pictures that go for good, and come again when they have gone.
fn gone(number: u64) -> String {
    format!("cluster1_card{}_id{}.png", number % 3, 100 + number % 3)
}

fn named(number: u64) -> Option<Box<Label>> {
    Some(Box::new(Label { name: format!("name {number}"), ..Label::default() }))
}

/// The change of this number. A picture is labelled, and a third of all pictures later binned;
/// after as many again it comes back, and it is labelled anew.
fn change(number: u64) -> Change {
    let at = number / KINDS;
    let place = Place { cluster: 1, group: number };
    match number % KINDS {
        0 => Change::Label { file: file(at), label: named(number) },
        1 => Change::Place { file: file(at), place: Some(place) },
        2 => Change::Bin { file: file(at + FILES * 2 / 3), binned: true, label: None },
        3 => Change::Bin { file: file(at + FILES / 3), binned: false, label: None },
        4 => Change::Draft { group: number % 7, label: named(number).filter(|_| !at.is_multiple_of(5)) },
        5 => Change::Label { file: gone(at), label: named(number) },
        6 => Change::Erase { file: gone(at), done: at.is_multiple_of(2) },
        _ => Change::Merge { group: number % 11, into: (!at.is_multiple_of(5)).then_some(place) },
    }
}

/// All that there is to know.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    labels: BTreeMap<String, String>,
    places: BTreeMap<String, Place>,
    merged: BTreeMap<u64, Place>,
    bin: BTreeMap<String, Option<String>>,
    drafts: BTreeMap<u64, String>,
    erased: BTreeSet<String>,
}

impl State {
    fn of(store: &Store) -> Self {
        let mut state = Self::default();
        store.state().iter().for_each(|change| state.apply(change));
        assert_eq!(state.labels.len(), store.labels().len(), "every entry makes sense");
        state
    }

    fn apply(&mut self, change: &Change) {
        fn set<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) {
            match value {
                Some(value) => map.insert(key.clone(), value),
                None => map.remove(key),
            };
        }
        let name = |label: &Option<Box<Label>>| label.as_ref().map(|it| it.name.clone());
        match change {
            Change::Erase { file, done: true } => drop(self.erased.remove(file)),
            Change::Erase { file, done: false } => {
                self.labels.remove(file);
                self.bin.remove(file);
                self.places.remove(file);
                self.erased.insert(file.clone());
            }
            _ if change.picture().is_some_and(|file| self.erased.contains(file)) => {}
            Change::Label { file, label } => set(&mut self.labels, file, name(label)),
            Change::Place { file, place } => set(&mut self.places, file, *place),
            Change::Merge { group, into } => set(&mut self.merged, group, *into),
            Change::Draft { group, label } => set(&mut self.drafts, group, name(label)),
            Change::Bin { file, binned: true, .. } => {
                let kept = self.labels.remove(file);
                let before = self.bin.remove(file).flatten();
                self.bin.insert(file.clone(), kept.or(before));
            }
            Change::Bin { file, binned: false, .. } => {
                if let Some(Some(label)) = self.bin.remove(file) {
                    self.labels.entry(file.clone()).or_insert(label);
                }
            }
        }
    }
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let start: u64 = env::var(START).unwrap().parse().unwrap();
    let mut store = Store::open(&folder.join("data"), &folder.join("raw")).unwrap();
    let mut out = std::io::stdout();
    for number in start.. {
        store.apply(&[change(number)]).unwrap();
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
        .args(["works_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(START, start.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The clock runs from the first change, so that a slow start of the program is not what is
    // tested.
    let done = |line: &str| line.rsplit_once("done ").and_then(|(_, number)| number.parse().ok());
    let mut last: Option<u64> = lines.find_map(|line| done(&line));
    std::thread::sleep(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    // What was in the pipe was acknowledged; a line cut short has fewer digits, which is an earlier
    // number at worst.
    for number in lines.filter_map(|line| done(&line)) {
        last = last.max(Some(number));
    }
    last
}

#[test]
fn two_hundred_kills_lose_nothing() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("raw")).unwrap();
    for number in 0..FILES {
        std::fs::write(root.path().join("raw").join(file(number)), [number as u8; 300]).unwrap();
    }
    let (mut start, mut want) = (0, State::default());
    for number in 0..ROUNDS {
        // Every phase of a write, which takes about a millisecond.
        let patience = Duration::from_micros(number * 7919 % 12_000);
        let last = round(root.path(), start, patience).expect("the child works before it is killed");
        let store = Store::open(&root.path().join("data"), &root.path().join("raw")).unwrap();
        let there = State::of(&store);
        (start..=last).for_each(|it| want.apply(&change(it)));
        // The one under way may be there or not; every one before it must be.
        let mut with_next = want.clone();
        with_next.apply(&change(last + 1));
        assert!(
            there == want || there == with_next,
            "round {number}, {last} the last that was acknowledged: {there:#?} where {want:#?} was"
        );
        for at in 0..FILES {
            let picture = root.path().join("data").join(file(at));
            if there.labels.contains_key(&file(at)) {
                assert_eq!(std::fs::read(picture).unwrap(), [at as u8; 300]);
            }
        }
        start = last + 1;
    }
    let aside = std::fs::read_dir(root.path().join("data")).unwrap().flatten();
    let aside = aside.filter(|it| it.file_name().to_string_lossy().contains("-1.json"));
    assert_eq!(aside.count(), 0, "nothing was taken for damaged, or for somebody else's");
    eprintln!("{ROUNDS} kills, {start} changes");
}
