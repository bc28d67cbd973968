//! How far long work is, on a terminal: one line with the time that is left, which changes and goes
//! at the end. Where nobody watches nothing is written.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

/// Time between two changes of the line.
const INTERVAL: Duration = Duration::from_millis(200);

/// Of one thing.
pub(crate) struct Progress {
    what: &'static str,
    begin: Instant,
    changed: Option<Instant>,
    /// Characters that are on the screen.
    width: usize,
    is_seen: bool,
}

impl Progress {
    /// Begins now; `what` is counted.
    pub(crate) fn new(what: &'static str) -> Self {
        let is_seen = io::stderr().is_terminal();
        Self { what, begin: Instant::now(), changed: None, width: 0, is_seen }
    }

    /// So many of all are done.
    pub(crate) fn tell(&mut self, done: usize, of: usize) {
        let is_due = self.changed.is_none_or(|changed| changed.elapsed() >= INTERVAL);
        if self.is_seen && is_due {
            let line = line(self.what, done, of, self.begin.elapsed());
            eprint!("\r{line:<width$}", width = self.width);
            self.width = line.chars().count();
            self.changed = Some(Instant::now());
        }
    }

    /// Takes the line away, so that something else can be written.
    pub(crate) fn clear(&mut self) {
        if self.width > 0 {
            eprint!("\r{:width$}\r", "", width = self.width);
            self.width = 0;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(what: &str, done: usize, of: usize, taken: Duration) -> String {
    let left = taken.as_secs_f64() * of.saturating_sub(done) as f64 / done.max(1) as f64;
    match left as u64 {
        _ if done == 0 => format!("{what}: {done} of {of}"),
        seconds @ 0..60 => format!("{what}: {done} of {of}, {seconds} s left"),
        seconds => format!("{what}: {done} of {of}, {} min {:02} s left", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_long_it_will_take() {
        let check = |done, seconds, wanted: &str| {
            assert_eq!(line("frames", done, 300, Duration::from_secs(seconds)), wanted);
        };
        check(0, 5, "frames: 0 of 300");
        check(100, 10, "frames: 100 of 300, 20 s left");
        check(100, 50, "frames: 100 of 300, 1 min 40 s left");
        check(300, 50, "frames: 300 of 300, 0 s left");
    }
}
