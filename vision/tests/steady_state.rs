//! Once sizes have settled, a frame allocates nothing outside ONNX Runtime and its binding.
#![expect(unsafe_code, reason = "a global allocator cannot be counted without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use shared::pixels::{ChannelOrder, Pixels};
use vision::recogniser::{Recogniser, Stage};
use vision::runtime::Runtime;
use vision::session::Options;

mod toy;

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

/// Allocations of one frame, but for the two stages in which ONNX Runtime works.
fn count(recogniser: &mut Recogniser, frame: &Pixels<'_>) -> usize {
    let mut total = 0;
    COUNTED.set(Some(0));
    recogniser
        .recognise(frame, &mut |ended| match ended {
            Stage::Letterbox | Stage::Rectify => total += COUNTED.take().unwrap_or(0),
            Stage::Detector | Stage::Identifier => COUNTED.set(Some(0)),
            Stage::Decode | Stage::Decide => {}
        })
        .unwrap();
    total + COUNTED.take().unwrap_or(0)
}

#[test]
fn a_frame_like_the_last_allocates_nothing() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = toy::manifest();
    toy::write(folder.path(), &manifest, &toy::networks(&manifest));
    let mut recogniser =
        Recogniser::open_with(folder.path(), toy::catalogue(), &Options { threads: 1, ..Options::default() })
            .unwrap();
    let pixels = vec![90; 1280 * 640 * 4];
    let frame = Pixels::new(&pixels, 1280, 640, ChannelOrder::Bgrx).unwrap();
    assert!(count(&mut recogniser, &frame) > 0, "the first frame must allocate, or nothing is counted");
    assert_eq!(count(&mut recogniser, &frame), 0);
}
