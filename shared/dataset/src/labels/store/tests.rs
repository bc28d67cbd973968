//! Changing, undoing, two windows, damage.

use super::*;
use crate::labels::Label;

fn label(name: &str) -> Option<Box<Label>> {
    Some(Box::new(Label { name: name.into(), ..Label::default() }))
}

fn named(file: &str, name: &str) -> Change {
    Change::Label { file: file.into(), label: label(name) }
}

fn bin(file: &str, binned: bool) -> Change {
    Change::Bin { file: file.into(), binned, label: None }
}

/// As a kill: no destructor of ours runs.
fn kill(mut store: Store) {
    store.pending = 0;
}

fn files_like(folder: &Path, part: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    all.filter(|path| path.to_string_lossy().contains(part)).collect()
}

fn names(labels: &Labels) -> Vec<(String, String)> {
    labels.iter().map(|(file, label)| (file.to_owned(), label.name)).collect()
}

struct Folders {
    _root: tempfile::TempDir,
    data: PathBuf,
    raw: PathBuf,
}

fn folders() -> Folders {
    let root = tempfile::tempdir().unwrap();
    let (data, raw) = (root.path().join("data"), root.path().join("raw"));
    fs::create_dir_all(&raw).unwrap();
    Folders { _root: root, data, raw }
}

#[test]
fn changes_and_their_undo_make_the_round_trip() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    let place = Place { cluster: 1, group: 4 };
    let changes = [
        named("a.png", "Mime"),
        named("b.png", "Joker"),
        Change::Place { file: "a.png".into(), place: Some(place) },
        bin("b.png", true),
        Change::Merge { group: 7, into: Some(place) },
        Change::Draft { group: 4, label: label("Mi") },
        named("a.png", "Mime again"),
    ];
    let before = store.state();
    let undo = store.apply(&changes).unwrap();
    let after = store.state();
    assert_eq!(names(store.labels()), [("a.png".into(), "Mime again".into())], "the other one is in the bin");
    assert_eq!(after.len(), 6, "two labels, a place, a merger, the bin, a draft: {after:?}");
    let redo = store.apply(&undo).unwrap();
    assert_eq!(store.state(), before);
    store.apply(&redo).unwrap();
    assert_eq!(store.state(), after);
    drop(store);
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(store.state(), after, "also after a restart");
    store.apply(&[bin("b.png", false)]).unwrap();
    assert_eq!(names(store.labels())[1], ("b.png".into(), "Joker".into()), "the label comes back");
}

#[test]
fn what_was_applied_survives_without_a_checkpoint_and_half_a_line_does_not() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    store.apply(&[named("b.png", "Mime")]).unwrap();
    let journal = fs::read(at.data.join(JOURNAL)).unwrap();
    kill(store);
    assert!(!at.data.join(crate::labels::FILE_NAME).exists());
    assert_eq!(names(&read(&at.data).unwrap().labels).len(), 2, "who only looks sees them too");
    fs::write(at.data.join(JOURNAL), &journal[..journal.len() - 3]).unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(names(store.labels()), [("a.png".into(), "DNA".into())]);
    store.apply(&[named("c.png", "Joker")]).unwrap();
    kill(store);
    assert_eq!(names(Store::open(&at.data, &at.raw).unwrap().labels()).len(), 2);
}

#[test]
fn labelled_originals_are_copied_and_stay() {
    let at = folders();
    fs::write(at.raw.join("a.png"), b"picture").unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA"), named("elsewhere.png", "Mime")]).unwrap();
    assert_eq!(fs::read(at.data.join("a.png")).unwrap(), b"picture");
    assert_eq!(fs::read(at.raw.join("a.png")).unwrap(), b"picture");
    assert!(!at.data.join("elsewhere.png").exists());
}

#[test]
fn the_second_window_is_refused_and_its_corrections_wait_in_the_inbox() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert!(matches!(Store::open(&at.data, &at.raw), Err(StoreError::InUse(_))));
    leave(&at.data, &[named("a.png", "DNA")]).unwrap();
    leave(&at.data, &[named("b.png", "Mime")]).unwrap();
    assert!(names(store.labels()).is_empty());
    let undo = store.take_inbox().unwrap();
    assert_eq!((undo.len(), names(store.labels()).len()), (2, 2));
    assert!(store.take_inbox().unwrap().is_empty());
    drop(store);
    leave(&at.data, &[named("c.png", "Joker")]).unwrap();
    assert_eq!(names(Store::open(&at.data, &at.raw).unwrap().labels()).len(), 3, "nobody was there");
}

#[test]
fn a_file_broken_by_hand_is_kept_and_its_last_good_state_offered() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    drop(store);
    let path = at.data.join(crate::labels::FILE_NAME);
    let broken = "{\"a.png\": {\"name\": \"DN";
    fs::write(&path, broken).unwrap();
    let error = Store::open(&at.data, &at.raw).err().unwrap();
    assert!(matches!(&error, StoreError::Damaged { good: 1, .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), broken, "nothing is overwritten");
    let aside = Store::restore(&at.data).unwrap();
    assert_eq!(fs::read_to_string(aside).unwrap(), broken);
    assert_eq!(names(Store::open(&at.data, &at.raw).unwrap().labels()), [("a.png".into(), "DNA".into())]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_changes_nothing() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    let journal =
        std::mem::replace(&mut store.journal, OpenOptions::new().write(true).open("/dev/full").unwrap());
    let error = store.apply(&[named("a.png", "Mime")]).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert_eq!(names(store.labels())[0].1, "DNA");
    store.journal = journal;
}

/// The journal still takes lines where labels.json cannot be written anew.
#[test]
fn what_is_in_the_journal_counts_though_no_checkpoint_can_be_made() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    fs::create_dir(at.data.join(crate::labels::FILE_NAME)).unwrap();
    for number in 0..=CHECKPOINT_AFTER {
        let undo = store.apply(&[named(&format!("{number}.png"), "DNA")]).unwrap();
        assert_eq!(undo.len(), 1);
    }
    assert!(store.checkpoint().is_err() && store.is_pending());
    assert_eq!(names(store.labels()).len(), CHECKPOINT_AFTER + 1);
    kill(store);
    fs::remove_dir(at.data.join(crate::labels::FILE_NAME)).unwrap();
    let store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(names(store.labels()).len(), CHECKPOINT_AFTER + 1);
}

#[test]
fn a_kill_between_the_files_of_a_checkpoint_leaves_the_bin_its_labels() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA"), named("b.png", "Mime")]).unwrap();
    store.checkpoint().unwrap();
    store.apply(&[bin("a.png", true)]).unwrap();
    let journal = fs::read(at.data.join(JOURNAL)).unwrap();
    let arrangement = fs::read(at.data.join(arrangement::FILE_NAME)).unwrap();
    store.checkpoint().unwrap();
    drop(store);
    // labels.json is new, arrangement.json is not, the journal is still there.
    fs::write(at.data.join(JOURNAL), journal).unwrap();
    fs::write(at.data.join(arrangement::FILE_NAME), arrangement).unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(names(store.labels()), [("b.png".into(), "Mime".into())]);
    store.apply(&[bin("a.png", false)]).unwrap();
    assert_eq!(names(store.labels())[1], ("a.png".into(), "DNA".into()));
}

#[test]
fn journals_that_do_not_say_what_was_binned_are_still_read() {
    let at = folders();
    fs::create_dir_all(&at.data).unwrap();
    let old = r#"[{"label":{"file":"a.png","label":{"name":"DNA"}}}]
[{"bin":{"file":"a.png","binned":true}}]
"#;
    fs::write(at.data.join(JOURNAL), old).unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert!(store.labels().is_empty());
    store.apply(&[bin("a.png", false)]).unwrap();
    assert_eq!(names(store.labels()), [("a.png".into(), "DNA".into())]);
}

#[test]
fn what_was_said_of_a_picture_in_the_bin_is_newer_than_what_it_went_there_with() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    store.apply(&[bin("a.png", true)]).unwrap();
    store.apply(&[named("a.png", "Mime")]).unwrap();
    store.apply(&[bin("a.png", false)]).unwrap();
    assert_eq!(names(store.labels()), [("a.png".into(), "Mime".into())]);
}

#[test]
fn a_broken_arrangement_is_kept_and_said() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA"), bin("a.png", true)]).unwrap();
    drop(store);
    let path = at.data.join(arrangement::FILE_NAME);
    let broken = fs::read_to_string(&path).unwrap().replace("DNA\"", "DNA");
    fs::write(&path, &broken).unwrap();
    assert!(
        read(&at.data).is_ok() && fs::read_to_string(&path).unwrap() == broken,
        "who looks touches nothing"
    );
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    let notes = store.take_notes();
    assert!(notes.len() == 1 && notes[0].contains("arrangement.damaged-1.json"), "{notes:?}");
    store.apply(&[named("b.png", "Mime")]).unwrap();
    drop(store);
    assert_eq!(fs::read_to_string(at.data.join("arrangement.damaged-1.json")).unwrap(), broken);
}

#[test]
fn what_somebody_else_wrote_into_open_labels_is_kept_and_said() {
    let at = folders();
    let path = at.data.join(crate::labels::FILE_NAME);
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    store.checkpoint().unwrap();
    // The same text once more is no change.
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text).unwrap();
    store.apply(&[named("b.png", "Mime")]).unwrap();
    store.checkpoint().unwrap();
    assert!(store.take_notes().is_empty() && files_like(&at.data, "changed").is_empty());
    let by_hand = r#"{"a.png": {"name": "By hand"}, "z.png": {"name": "Another"}}"#;
    fs::write(&path, by_hand).unwrap();
    store.apply(&[named("c.png", "Joker")]).unwrap();
    store.checkpoint().unwrap();
    let notes = store.take_notes();
    assert!(notes.len() == 1 && notes[0].contains("labels.changed-1.json"), "{notes:?}");
    assert_eq!(fs::read_to_string(at.data.join("labels.changed-1.json")).unwrap(), by_hand);
    assert_eq!(Labels::read(&path).unwrap().len(), 3);
    store.apply(&[named("d.png", "Joker")]).unwrap();
    drop(store);
    assert_eq!(files_like(&at.data, "changed").len(), 1, "it is kept once");
}

#[test]
fn who_looks_sees_what_waits_in_the_inbox() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    leave(&at.data, &[named("b.png", "Mime")]).unwrap();
    assert_eq!(names(&read(&at.data).unwrap().labels).len(), 2);
    kill(store);
}

#[test]
fn corrections_of_the_overlay_keep_what_they_do_not_speak_of() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    let mut before = Label { name: "DNA".into(), card_group: Some(4), ..Label::default() };
    before.other.insert("colour".into(), "red".into());
    store.apply(&[Change::Label { file: "a.png".into(), label: Some(Box::new(before.clone())) }]).unwrap();
    leave(&at.data, &[named("a.png", "Mime")]).unwrap();
    let seen = read(&at.data).unwrap().labels;
    store.take_inbox().unwrap();
    let want = Label { name: "Mime".into(), ..before };
    for labels in [&seen, store.labels()] {
        assert_eq!(labels.get("a.png").unwrap().unwrap(), want);
    }
}

/// A data set that somebody else made may name any file.
#[test]
fn no_name_leads_out_of_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let (raw, set) = (place.path().join("a/raw"), place.path().join("set"));
    fs::create_dir_all(&raw).unwrap();
    fs::write(place.path().join("a/secret.png"), "mine").unwrap();
    let mut store = Store::open(&set, &raw).unwrap();
    let label = Some(Box::new(Label { name: "x".into(), ..Label::default() }));
    store.apply(&[Change::Label { file: "../secret.png".into(), label }]).unwrap();
    assert!(!place.path().join("secret.png").exists());
}

#[test]
fn what_is_erased_is_gone_from_every_file_and_its_number_is_not_given_again() {
    let at = folders();
    let file = file_name::format(0, 0, 7);
    fs::write(at.raw.join(&file), "an image").unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named(&file, "Secret"), named("b.png", "DNA"), bin(&file, true)]).unwrap();
    store.checkpoint().unwrap();
    assert!(at.data.join(&file).exists());
    store.apply(&[Change::Erase { file: file.clone(), done: false }]).unwrap();
    // A kill before anything was removed: nothing that is said of it counts any more.
    kill(store);
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(store.erased(), std::slice::from_ref(&file));
    store.apply(&[named(&file, "Again"), bin(&file, false)]).unwrap();
    assert_eq!(names(store.labels()), [("b.png".into(), "DNA".into())]);
    store.erase_pictures().unwrap();
    assert!(!at.data.join(&file).exists());
    store.apply(&[Change::Erase { file: file.clone(), done: true }]).unwrap();
    drop(store);
    for path in files_like(&at.data, "") {
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains("Secret") && !text.contains("Again"), "{}: {text}", path.display());
    }
    let store = Store::open(&at.data, &at.raw).unwrap();
    assert!(store.erased().is_empty());
    assert_eq!(ids::FreeIds::above(&at.data).id, 8, "no new capture gets its name");
}
