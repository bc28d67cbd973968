//! Changing, undoing, two windows, damage.

use super::*;

fn label(name: &str) -> Option<Box<Label>> {
    Some(Box::new(Label { name: name.into(), ..Label::default() }))
}

fn named(file: &str, name: &str) -> Change {
    Change::Label { file: file.into(), label: label(name) }
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
        Change::Bin { file: "b.png".into(), binned: true },
        Change::Draft { group: 4, label: label("Mi") },
        named("a.png", "Mime again"),
    ];
    let before = store.state();
    let undo = store.apply(&changes).unwrap();
    let after = store.state();
    assert_eq!(names(store.labels()), [("a.png".into(), "Mime again".into())], "the other one is in the bin");
    assert_eq!(after.len(), 5, "two labels, a place, the bin, a draft: {after:?}");
    let redo = store.apply(&undo).unwrap();
    assert_eq!(store.state(), before);
    store.apply(&redo).unwrap();
    assert_eq!(store.state(), after);
    drop(store);
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(store.state(), after, "also after a restart");
    store.apply(&[Change::Bin { file: "b.png".into(), binned: false }]).unwrap();
    assert_eq!(names(store.labels())[1], ("b.png".into(), "Joker".into()), "the label comes back");
}

#[test]
fn what_was_applied_survives_without_a_checkpoint_and_half_a_line_does_not() {
    let at = folders();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    store.apply(&[named("a.png", "DNA")]).unwrap();
    store.apply(&[named("b.png", "Mime")]).unwrap();
    let journal = fs::read(at.data.join(JOURNAL)).unwrap();
    // A crash runs no destructor.
    store.pending = 0;
    drop(store);
    assert!(!at.data.join(crate::labels::FILE_NAME).exists());
    assert_eq!(names(&look(&at.data).unwrap().labels).len(), 2, "who only looks sees them too");
    fs::write(at.data.join(JOURNAL), &journal[..journal.len() - 3]).unwrap();
    let mut store = Store::open(&at.data, &at.raw).unwrap();
    assert_eq!(names(store.labels()), [("a.png".into(), "DNA".into())]);
    store.apply(&[named("c.png", "Joker")]).unwrap();
    store.pending = 0;
    drop(store);
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
