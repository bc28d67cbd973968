//! A labeller that is killed at any moment loses nothing that it had acknowledged, and breaks
//! nothing.
//!
//! The child labels, moves, bins and drafts as fast as it can, and acknowledges each number once
//! [`Store::apply`] has returned.

#[path = "../../lens-core/tests/killed/kills.rs"]
mod kills;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dataset::labels::Label;
use dataset::labels::store::{Change, Place, Store};

/// Images that things are done to over and over.
const FILES: u64 = 24;
/// Kinds of changes.
const KINDS: u64 = 8;

fn file(number: u64) -> String {
    format!("cluster0_card{}_id{}.png", number % FILES, number % FILES)
}

/// Images that go for good, and come again when they have gone.
fn gone(number: u64) -> String {
    format!("cluster1_card{}_id{}.png", number % 3, 100 + number % 3)
}

fn named(number: u64) -> Option<Box<Label>> {
    Some(Box::new(Label { name: format!("name {number}"), ..Label::default() }))
}

/// The change of this number. An image is labelled, and a third of all images later binned;
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
            Change::Erase { file, done } => {
                self.labels.remove(file);
                self.bin.remove(file);
                self.places.remove(file);
                match done {
                    true => self.erased.remove(file),
                    false => self.erased.insert(file.clone()),
                };
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

fn open(place: &Path) -> Store {
    Store::open(&place.join("data"), &place.join("raw")).unwrap()
}

/// The child's part; alone it does nothing.
#[test]
fn works_until_it_is_killed() {
    let Some(job) = kills::job() else { return };
    assert_eq!(job.work, "labels");
    let mut store = open(&job.folder);
    if let Some(count) = job.count {
        (job.start..job.start + count * KINDS)
            .for_each(|number| store.apply(&[change(number)]).map(|_| ()).unwrap());
        store.checkpoint().unwrap();
        return;
    }
    for number in job.start.. {
        store.apply(&[change(number)]).unwrap();
        kills::done(number);
        if number % 7 == 0 {
            // So that kills hit checkpoints as often as lines.
            store.checkpoint().unwrap();
        }
    }
}

fn raw_pictures(place: &Path) {
    std::fs::create_dir_all(place.join("raw")).unwrap();
    for number in 0..FILES {
        std::fs::write(place.join("raw").join(file(number)), [number as u8; 300]).unwrap();
    }
}

#[test]
fn kills_lose_no_label() {
    let _alone = kills::alone();
    let rounds = kills::rounds(200);
    let root = tempfile::tempdir().unwrap();
    raw_pictures(root.path());
    let (mut start, mut want) = (0, State::default());
    for number in 0..rounds {
        // Every phase of a write, which takes about a millisecond.
        let last = kills::kill("labels", root.path(), start, kills::patience(number, 12_000));
        let store = open(root.path());
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
    println!("{rounds} kills while cards are labelled, {start} changes");
}

#[test]
fn every_step_leaves_labels_that_were_there() {
    let _alone = kills::alone();
    let prepare = |place: &Path| {
        raw_pictures(place);
        let mut store = open(place);
        (0..40).for_each(|number| store.apply(&[change(number)]).map(|_| ()).unwrap());
        store.checkpoint().unwrap();
    };
    // What may be there: all changes up to any of those that the child makes.
    let mut states = vec![State::default()];
    for number in 0..40 {
        states[0].apply(&change(number));
    }
    for number in 1..1 + KINDS {
        let mut next = states[states.len() - 1].clone();
        next.apply(&change(number));
        states.push(next);
    }
    let check = |place: &Path, what: &str| {
        let there = State::of(&open(place));
        assert!(states.contains(&there), "{what}: {there:#?}");
    };
    kills::at_every_step("labels", &prepare, &check);
}
