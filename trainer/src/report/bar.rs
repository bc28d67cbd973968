//! Progress of what is no training: a bar with the time that is left on a terminal, a plain line
//! now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between plain lines; what takes less says nothing.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Progress of one thing, shared by those who do it.
#[derive(Debug)]
pub struct Bar {
    what: String,
    bar: Option<ProgressBar>,
    total: u64,
    done: Mutex<(u64, Instant)>,
    begin: Instant,
}

impl Bar {
    /// Begins; `total` of zero when nobody knows how much there is to do.
    pub fn new(what: &str, total: usize) -> Self {
        let total = total as u64;
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = "{msg} {wide_bar} {pos}/{len} {eta} left";
            let style = ProgressStyle::with_template(template).expect("the template is valid");
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        let now = Instant::now();
        Self { what: what.to_owned(), bar, total, done: Mutex::new((0, now)), begin: now }
    }

    /// One more is done.
    pub fn step(&self) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.0 += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(done.0);
        } else if done.1.elapsed() >= LINE_INTERVAL {
            done.1 = Instant::now();
            eprintln!("{}", line(&self.what, done.0, self.total, self.begin.elapsed()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What a plain line says after so many of all.
fn line(what: &str, done: u64, total: u64, taken: Duration) -> String {
    if total == 0 || done == 0 {
        return format!("{what}: {done}");
    }
    let left = taken.as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
    format!("{what}: {done} of {total}, {} left", super::progress::duration(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_long_it_will_take() {
        assert_eq!(line("scenes", 50, 200, Duration::from_secs(10)), "scenes: 50 of 200, 30 s left");
        assert_eq!(line("scenes", 3, 0, Duration::from_secs(20)), "scenes: 3");
    }
}
