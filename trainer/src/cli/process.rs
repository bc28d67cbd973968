//! What commands that train share of the process: threads, and stopping on Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// Starts the threads of libtorch and rayon.
pub(crate) fn start_threads(threads: usize) -> Result<()> {
    tch::set_num_threads(threads as i32);
    // A training's first bank is drawn by rayon, before there is anything to train on.
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start threads")
}

/// A flag that Ctrl-C and SIGTERM set.
pub(crate) fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Asked twice: the last checkpoint has to do.
            std::process::exit(130);
        }
        eprintln!("stopping after this step; again to stop at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
