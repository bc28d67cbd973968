//! With which options ONNX Runtime opens a session, by what it says itself.

use std::sync::{Mutex, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

mod toy;

/// Keeps what ONNX Runtime says.
struct Kept(Mutex<Vec<String>>);

static KEPT: Kept = Kept(Mutex::new(Vec::new()));

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "onnxruntime"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Threads that spin as long as they like take half as much again of busy processors.
#[test]
fn threads_wait_awake_for_a_moment_only_and_stop_after_a_run() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Trace);
    if let Err(error) = Runtime::load() {
        return eprintln!("SKIPPED: {error}");
    }
    let manifest = toy::manifest();
    let folder = tempfile::tempdir().unwrap();
    toy::write(folder.path(), &manifest, &toy::networks(&manifest));
    let options = Options { threads: 2, ..Options::default() };
    Recogniser::open_with(folder.path(), toy::catalogue(), &options).unwrap();
    let said = KEPT.0.lock().unwrap_or_else(PoisonError::into_inner);
    let sessions: Vec<&String> = said.iter().filter(|line| line.contains("Session Options {")).collect();
    assert_eq!(sessions.len(), 2, "detector and identifier: {said:?}");
    for session in sessions {
        for part in [
            "intra_op_param:OrtThreadPoolParams { thread_pool_size: 2",
            "session.intra_op.spin_duration_us: 10",
            "session.force_spinning_stop: 1",
        ] {
            assert!(session.contains(part), "{part:?} is not in: {session}");
        }
    }
}
