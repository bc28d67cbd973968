//! Models that come, are broken, and go, while another runs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::*;
use crate::capture::source::{CaptureError, FrameSource};
use crate::recognition::pace::Pace;
use crate::recognition::threads::{CaptureInput, Threads};
use crate::settings::watch::ModelFiles;
use tracking::frame::Frame;
use tracking::pipeline::{Pipeline, Snapshot};
use vision::network::RunError;
use vision::reading::{Identity, Reading, Recognise};

/// Names every card after itself; breaks when it is called so.
struct Named(String);

impl Recognise for Named {
    fn detect(&mut self, _: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        if self.0 == "fails when it runs" {
            return Err(RunError::new("model", "it fails when it runs"));
        }
        Ok(vec![Detection { quad: Quad::from_rect(Rect::ltwh(2.0, 2.0, 20.0, 28.0)), score: 1.0 }])
    }

    fn identify(
        &mut self,
        _: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        let identity = Identity::Known { id: self.0.as_str().into(), confidence: 0.9 };
        let reading = Reading { identity, ..Reading::default() };
        Ok(vec![Some(reading); detections.len()])
    }
}

fn swap(name: &str) -> ModelSwap {
    let catalogue = synth::practice::catalogue();
    ModelSwap {
        fallback: None,
        recogniser: Box::new(Named(name.into())),
        model: RunningModel { name: name.into(), catalogue, folder: None, files: ModelFiles::default() },
    }
}

/// Always the same image: nothing but a swap wakes the vision thread.
struct Still;

impl FrameSource for Still {
    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        let bytes = Arc::new(vec![70_u8; 40 * 40 * 4]);
        Ok(Some(Frame::new(0, std::time::Instant::now(), 40, 40, ChannelOrder::Rgbx, bytes).unwrap()))
    }
}

struct Overlay {
    _threads: Threads,
    loader: Loader,
    events: Receiver<AppEvent>,
    snapshots: Mailbox<Snapshot>,
}

/// The threads of a running overlay, with models that `open` makes.
fn start(open: OpenModel) -> Overlay {
    let (sender, events) = sync_channel(1000);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let (snapshots, models) = (Mailbox::default(), Mailbox::default());
    let pipeline = Pipeline::new(Box::new(Named("first".into())));
    let threads = Threads::start(pipeline, None, Pace::default(), &snapshots, &models, &sink).unwrap();
    threads.capture_from(CaptureInput::Source(Box::new(Still)));
    let loader = Loader::start(open, threads.swaps(), sink).unwrap();
    Overlay { _threads: threads, loader, events, snapshots }
}

impl Overlay {
    fn load(&self, folder: &str) {
        self.loader.load(ModelRequest {
            folder: folder.into(),
            recognition: Recognition::default(),
            mods: None,
        });
    }

    /// Waits for a snapshot on which the card has this name.
    #[track_caller]
    fn wait_for_name(&self, name: &str) {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(20)).expect("a snapshot with this name");
            assert!(!matches!(event, AppEvent::Failed(_)), "{event:?}");
            let named = |snapshot: Snapshot| {
                snapshot.tracks.first().is_some_and(|track| track.identity.id().is_some_and(|id| *id == name))
            };
            if self.snapshots.try_take().is_some_and(named) {
                return;
            }
        }
    }

    #[track_caller]
    fn wait_for_refusal(&self) -> String {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(20)).expect("a refusal");
            if let AppEvent::ModelRefused(reason) = event {
                return reason;
            }
        }
    }
}

#[test]
fn a_model_is_swapped_on_a_still_picture_and_a_broken_one_refused() {
    let running = start(Box::new(|request| {
        let name = request.folder.to_string_lossy().into_owned();
        anyhow::ensure!(name != "broken", "it is broken");
        Ok(swap(&name))
    }));
    running.wait_for_name("first");
    running.load("second");
    running.wait_for_name("second");
    running.load("broken");
    assert_eq!(running.wait_for_refusal(), "it is broken");
    running.load("fails when it runs");
    assert!(running.wait_for_refusal().contains("it fails when it runs"));
    running.load("third");
    running.wait_for_name("third");
}

/// The shipped practice model in a folder of its own, spoilt in all the ways that files are spoilt
/// while they are copied.
#[test]
fn spoilt_files_of_a_model_are_refused_and_whole_ones_taken_again() {
    let shipped = lens_core::paths::model("practice");
    if let Err(reason) = model::open(&shipped, &Options::default()) {
        println!("SKIPPED: {reason:#}");
        eprintln!("SKIPPED: {reason:#}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let restore = || {
        for entry in std::fs::read_dir(&shipped).unwrap().flatten() {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    };
    restore();
    let running = start(Box::new(open));
    running.wait_for_name("first");
    let load = || running.load(&folder.path().to_string_lossy());
    let detector = folder.path().join("detector.int8.onnx");
    let whole = std::fs::read(&detector).unwrap();
    for (what, file, content, words) in [
        ("cut short", &detector, &whole[..whole.len() / 2], "is not the file"),
        ("garbage", &detector, b"garbage".as_slice(), "is not the file"),
        ("no JSON", &folder.path().join("model.json"), b"{\"format\": 1,".as_slice(), "model.json"),
        ("no gallery", &folder.path().join("gallery.json"), b"[]".as_slice(), "gallery.json"),
    ] {
        std::fs::write(file, content).unwrap();
        load();
        let reason = running.wait_for_refusal();
        assert!(reason.contains(words), "{what}: {reason}");
        let _ = std::fs::remove_file(folder.path().join("gallery.json"));
        restore();
    }
    std::fs::remove_file(&detector).unwrap();
    load();
    assert!(running.wait_for_refusal().contains("detector.int8.onnx"));
    restore();
    load();
    loop {
        let event = running.events.recv_timeout(Duration::from_secs(20)).expect("the whole model runs");
        match event {
            AppEvent::ModelSwapped => break,
            AppEvent::ModelRefused(reason) => panic!("{reason}"),
            _ => {}
        }
    }
}

#[test]
fn models_are_listed_and_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b", "a", "empty", ".a.7.trial", ".previous/a"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    for name in ["b", "a", ".a.7.trial", ".previous/a"] {
        std::fs::write(folder.path().join(name).join("model.json"), "{}").unwrap();
    }
    assert_eq!(folders(folder.path()), ["a", "b", "empty"].map(|name| folder.path().join(name)));
    let names = list(folder.path());
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        [next(&names, "a"), next(&names, "b"), next(&names, "elsewhere")],
        [Some("b"), Some("a"), Some("a")]
    );
    assert_eq!((next(&names[..1], "a"), next(&[], "a")), (None, None));
}
