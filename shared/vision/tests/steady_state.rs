//! Once sizes have settled, a frame allocates nothing outside ONNX Runtime and its binding.
#![expect(unsafe_code, reason = "a global allocator cannot be counted without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use lens_core::card_id::CardId;
use lens_core::pixels::{ChannelOrder, Pixels};
use serde_json::{Value, json};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;
use vision::stages::Stage;

mod toy;

use toy::onnx::{Element, Graph};

struct Counting;

thread_local! {
    static COUNTED: Cell<Option<usize>> = const { Cell::new(None) };
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends may allocate after its counter is gone; nobody counts there.
        let _ = COUNTED.try_with(|counted| counted.set(counted.get().map(|count| count + 1)));
        // SAFETY: as asked.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as asked.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Stops counting while ONNX Runtime works.
#[derive(Default)]
struct Pauses(std::sync::atomic::AtomicUsize);

impl Subscriber for Pauses {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        matches!(Stage::from_metadata(metadata), Some(Stage::Detector | Stage::Identifier))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn enter(&self, _: &Id) {
        self.0.fetch_add(COUNTED.take().unwrap_or(0), std::sync::atomic::Ordering::Relaxed);
    }

    fn exit(&self, _: &Id) {
        COUNTED.set(Some(0));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}
}

/// Allocations of one frame, but for the two stages in which ONNX Runtime works.
fn count(recogniser: &mut Recogniser, frame: &Pixels<'_>) -> usize {
    let pauses = std::sync::Arc::<Pauses>::default();
    let _guard = tracing::subscriber::set_default(std::sync::Arc::clone(&pauses));
    COUNTED.set(Some(0));
    recogniser.recognise(frame).unwrap();
    COUNTED.take().unwrap_or(0) + pauses.0.load(std::sync::atomic::Ordering::Relaxed)
}

/// The toy model with external networks: planes of floats in, boxes and probabilities out.
fn external() -> (Value, BTreeMap<&'static str, Vec<u8>>) {
    let mut manifest = toy::manifest();
    manifest["detector"]["kind"] =
        json!({"yolo": {"input": "image", "output": "boxes", "boxes": 3, "classes": ["card"]}});
    manifest["identifier"]["kind"] =
        json!({"classifier": {"input": "image", "output": "names", "scores": "probabilities"}});
    manifest["identifier"]["heads"].as_array_mut().unwrap().truncate(1);
    manifest["identifier"]["embedding"] = 0.into();
    manifest["identifier"]["thresholds"]["similarity"] = (-1.0).into();
    let [width, height] = toy::INPUT;
    let mut detector = Graph::new([Some(1), Some(3), Some(height), Some(width)], Element::F32);
    let rows = [[14.0, 46.0, 47.0], [16.0; 3], [12.0; 3], [16.0; 3], [0.9, 0.8, 0.7]];
    detector.constant_output("boxes", &[5, 3], rows.as_flattened());
    let mut identifier = Graph::new([None, Some(3), Some(12), Some(8)], Element::F32);
    identifier.constant_output("names", &[3], &[0.9, 0.1, 0.0]);
    let files = [("detector.onnx", detector.to_bytes(None)), ("identifier.onnx", identifier.to_bytes(None))];
    (manifest, BTreeMap::from(files))
}

#[track_caller]
fn check(manifest: &Value, files: &BTreeMap<&'static str, Vec<u8>>) {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    toy::write(folder.path(), manifest, files);
    let mut recogniser =
        Recogniser::open_with(folder.path(), toy::catalogue(), &Options { threads: 1, ..Options::default() })
            .unwrap();
    let pixels = vec![90; 1280 * 640 * 4];
    let frame = Pixels::new(&pixels, 1280, 640, ChannelOrder::Bgrx).unwrap();
    assert!(count(&mut recogniser, &frame) > 0, "the first frame must allocate, or nothing is counted");
    assert_eq!(count(&mut recogniser, &frame), 0, "a settled frame allocates nothing");
    let cards = recogniser.recognise(&frame).unwrap();
    let ids: Vec<_> = cards.iter().map(|card| card.reading.id().map(CardId::as_str)).collect();
    assert_eq!(ids, [Some("j_one"); 2], "both cards are named");
}

#[test]
fn a_frame_like_the_last_allocates_nothing() {
    let manifest = toy::manifest();
    check(&manifest, &toy::networks(&manifest));
}

#[test]
fn nor_does_it_where_cards_are_looked_at_again() {
    let mut manifest = toy::manifest();
    // The network has two names of equal weight.
    manifest["identifier"]["thresholds"]["probability"] = 0.3.into();
    let mut files = toy::networks(&manifest);
    let mut identifier = Graph::new([None, Some(6), Some(4), Some(12)], Element::U8);
    identifier.constant_output("identification", &[3], &[1.1, 1.0, 0.0]);
    identifier.constant_output("edition", &[2], &[1.0, 0.0]);
    identifier.constant_output("embedding", &[2], &[0.6, 0.8]);
    identifier.constant_output("similarity", &[3], &[0.9, 0.1, 0.0]);
    files.insert("identifier.onnx", identifier.to_bytes(Some(&manifest.to_string())));
    check(&manifest, &files);
}

#[test]
fn nor_does_it_with_external_networks() {
    let (manifest, files) = external();
    check(&manifest, &files);
}
