//! Progress of one long job: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how far a job of so many bytes is.
pub(super) enum Progress {
    /// A terminal is watching.
    Bar(ProgressBar),
    /// A log is written.
    Lines { what: String, total: u64, done: u64, started: Instant, spoke: Instant },
}

/// A log gets a line this often.
const LINE_EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// Starts with `done` of `total` bytes; a `total` of zero means that it is not known.
    pub(super) fn start(what: &str, done: u64, total: u64) -> Self {
        if std::io::stderr().is_terminal() {
            let style = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            let style = ProgressStyle::with_template(style).expect("the template is well formed");
            let bar = ProgressBar::new(total).with_style(style).with_message(what.to_owned());
            bar.set_position(done);
            return Self::Bar(bar);
        }
        eprintln!("{what}: {} MB", total / 1_000_000);
        let now = Instant::now();
        Self::Lines { what: what.to_owned(), total, done, started: now, spoke: now }
    }

    /// So many more bytes are done.
    pub(super) fn advance(&mut self, bytes: u64) {
        match self {
            Self::Bar(bar) => bar.inc(bytes),
            Self::Lines { what, total, done, spoke, .. } => {
                *done += bytes;
                if spoke.elapsed() >= LINE_EVERY {
                    *spoke = Instant::now();
                    eprintln!("{what}: {} of {} MB", *done / 1_000_000, *total / 1_000_000);
                }
            }
        }
    }

    /// The job is done.
    pub(super) fn finish(self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines { what, done, started, .. } => {
                eprintln!(
                    "{what}: done, {} MB in {:.0} s",
                    done / 1_000_000,
                    started.elapsed().as_secs_f32()
                );
            }
        }
    }
}
