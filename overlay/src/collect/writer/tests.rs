//! The writer, from requests to files.

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use dataset::captures::store;
use dataset::labels::store::read;
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::pixels::{ChannelOrder, Pixels};

use super::*;
use crate::test_track::track;
use vision::reading::{Guess, GuessSource};

/// Notes what it is taught.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<Vec<NamedCard>>>);

impl Teach for Notebook {
    fn teach(&mut self, _: &Path, _: &Pixels<'_>, _: Quad<InFrame>, card: NamedCard) -> anyhow::Result<()> {
        self.0.lock().unwrap().push(card);
        Ok(())
    }
}

struct Bench {
    _root: tempfile::TempDir,
    folders: Folders,
    notebook: Notebook,
    outcomes: Receiver<SaveOutcome>,
    writer: Option<Writer>,
}

fn bench() -> Bench {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders { captures: root.path().join("shots"), labels: root.path().join("labels") };
    let notebook = Notebook::default();
    let (sender, outcomes) = sync_channel(100);
    let sink: EventSink = Arc::new(move |event| match event {
        AppEvent::Saved(outcome) => sender.send(outcome).is_ok(),
        _ => true,
    });
    let writer = Writer::start(folders.clone(), Box::new(notebook.clone()), sink).unwrap();
    Bench { _root: root, folders, notebook, outcomes, writer: Some(writer) }
}

/// Three cards, each with stripes of its own.
fn frame() -> Frame {
    let picture = image::RgbaImage::from_fn(600, 300, |x, y| {
        let step = 5 + x / 200 * 9;
        let light = if (x + y * (x / 200)) / step % 2 == 0 { 200 } else { 40 };
        image::Rgba([light, light / 2 + (x / 200) as u8 * 40, 90, 255])
    });
    let bytes = Arc::new(picture.into_raw());
    Frame::new(0, Instant::now(), 600, 300, ChannelOrder::Rgbx, bytes).unwrap()
}

fn card(id: u64) -> Track {
    let quad = Quad::from_rect(Rect::ltwh(50.0 + 200.0 * id as f32, 80.0, 100.0, 134.0));
    let guesses = vec![Guess { id: "j_one".into(), probability: 0.3, source: GuessSource::Model }];
    Track { guesses, ..track(id, Identity::Unknown { nearest: None }, quad) }
}

fn request(cards: Vec<Track>, label: Option<&str>) -> SaveRequest {
    let label = label.map(|name| Box::new(Label { name: name.into(), ..Label::default() }));
    let model = Some(ModelInUse { name: "toy".into(), folder: "toy".into() });
    SaveRequest { frame: frame(), cards, label, model }
}

#[test]
fn cards_are_saved_once_with_their_frame_and_what_was_known() {
    let bench = bench();
    let writer = bench.writer.as_ref().unwrap();
    assert!(writer.save(request(vec![card(0), card(1), card(2)], None)));
    let outcome = bench.outcomes.recv().unwrap();
    assert_eq!((outcome.saved.as_slice(), outcome.error), (&[0, 1, 2][..], None));
    assert!(writer.save(request(vec![card(1)], None)));
    assert_eq!(bench.outcomes.recv().unwrap().duplicates, [1]);
    let records = store::read(&bench.folders.captures).unwrap();
    assert_eq!(records.len(), 3);
    for record in &records {
        assert_eq!((record.context.window, record.context.model.as_deref()), ([600, 300], Some("toy")));
        let picture = image::open(bench.folders.captures.join(&record.filename)).unwrap();
        assert_eq!((picture.width(), picture.height()), (106, 142));
    }
    let whole = image::open(bench.folders.captures.join(records[0].context.frame.as_ref().unwrap())).unwrap();
    assert_eq!(whole.into_rgba8().into_raw(), frame().pixels().data, "without loss");
    assert_eq!(std::fs::read_dir(bench.folders.captures.join("frames")).unwrap().count(), 1);
}

#[test]
fn a_correction_is_labelled_and_taught() {
    let bench = bench();
    let writer = bench.writer.as_ref().unwrap();
    writer.save(request(vec![card(2)], Some("DNA")));
    assert_eq!(bench.outcomes.recv().unwrap().corrected.as_deref(), Some("DNA"));
    let seen = read(&bench.folders.labels).unwrap();
    let (file, label) = seen.labels.iter().next().unwrap();
    assert_eq!(label.name, "DNA");
    assert!(bench.folders.labels.join(file).is_file(), "the labelled original is in the data set");
    let taught = bench.notebook.0.lock().unwrap().clone();
    let taught_at_millis = taught.first().map_or(0, |it| it.taught_at_millis);
    assert!(taught_at_millis > 1_600_000_000_000, "when it was taught: {taught_at_millis}");
    let card = NamedCard { id: "DNA".into(), name: "DNA".into(), capture: file.into(), taught_at_millis };
    assert_eq!(taught, [card]);
}

#[test]
fn a_folder_that_is_no_folder_is_said_and_the_writer_goes_on() {
    let bench = bench();
    let writer = bench.writer.as_ref().unwrap();
    std::fs::write(&bench.folders.captures, b"a file in the way").unwrap();
    writer.save(request(vec![card(0)], None));
    assert!(bench.outcomes.recv().unwrap().error.is_some());
    std::fs::remove_file(&bench.folders.captures).unwrap();
    writer.save(request(vec![card(0)], None));
    assert_eq!(bench.outcomes.recv().unwrap().saved, [0]);
}

#[test]
fn a_card_that_is_kept_without_its_name_is_told() {
    let bench = bench();
    let writer = bench.writer.as_ref().unwrap();
    std::fs::write(&bench.folders.labels, b"a file in the way").unwrap();
    writer.save(request(vec![card(0)], Some("DNA")));
    let outcome = bench.outcomes.recv().unwrap();
    assert_eq!((outcome.saved, outcome.corrected, outcome.unnamed), (vec![0], None, Some("DNA".into())));
    assert!(outcome.error.is_some());
}

/// The labeller could save no card of a frame until the overlay ended.
#[test]
fn the_folder_is_free_for_others_between_captures() {
    let bench = bench();
    let writer = bench.writer.as_ref().unwrap();
    let begin = Instant::now();
    for id in 0..2 {
        assert!(writer.save(request(vec![card(id)], None)));
        let outcome = bench.outcomes.recv().unwrap();
        assert_eq!((outcome.saved, outcome.error), (vec![id], None));
        let other = loop {
            match Captures::open(&bench.folders.captures) {
                Ok(other) => break other,
                Err(error) => assert!(begin.elapsed() < Duration::from_secs(30), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // What comes meanwhile waits until the other is done.
        assert!(writer.save(request(vec![card(2)], None)));
        assert!(bench.outcomes.recv_timeout(Duration::from_millis(200)).is_err());
        drop(other);
        let outcome = bench.outcomes.recv().unwrap();
        assert_eq!((outcome.saved.len() + outcome.duplicates.len(), outcome.error), (1, None));
    }
    assert_eq!(store::read(&bench.folders.captures).unwrap().len(), 3);
}

#[test]
fn what_was_accepted_is_written_before_the_end() {
    let mut bench = bench();
    let writer = bench.writer.take().unwrap();
    let accepted = (0..3).filter(|&id| writer.save(request(vec![card(id)], None))).count();
    drop(writer);
    assert_eq!((accepted, store::read(&bench.folders.captures).unwrap().len()), (3, 3));
}
