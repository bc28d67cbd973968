//! Progress of what is no training: a bar with the time that is left on a terminal, a plain line
//! now and then elsewhere.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::progress::{Listening, listen};

/// Time between plain lines; what takes less says nothing.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Progress of one thing, shared by those who do it.
#[derive(Debug)]
pub struct Bar {
    shown: Arc<Shown>,
    listening: Option<Listening>,
}

#[derive(Debug)]
struct Shown {
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
            let template = match total {
                0 => "{msg} {pos} in {elapsed}",
                _ => "{msg} {wide_bar} {pos}/{len} {eta} left",
            };
            let style = ProgressStyle::with_template(template).expect("the template is valid");
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        let now = Instant::now();
        let what = what.to_owned();
        let shown = Arc::new(Shown { what, bar, total, done: Mutex::new((0, now)), begin: now });
        Self { shown, listening: None }
    }

    /// The same for work that says by itself how far it is.
    pub fn listening(what: &str, total: usize) -> Self {
        let mut bar = Self::new(what, total);
        let shown = Arc::clone(&bar.shown);
        bar.listening = Some(listen(move |count| shown.advance(count)));
        bar
    }

    /// Writes something without the bar in its way.
    pub fn aside(&self, write: impl FnOnce()) {
        match &self.shown.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// One more is done.
    pub fn step(&self) {
        self.shown.advance(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.listening = None;
        if let Some(bar) = &self.shown.bar {
            bar.finish_and_clear();
        }
    }
}

impl Shown {
    fn advance(&self, count: usize) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0 += count as u64;
        if let Some(bar) = &self.bar {
            // What takes longer than was thought is not done before it is.
            bar.set_position(if self.total > 0 { done.0.min(self.total) } else { done.0 });
        } else if done.1.elapsed() >= LINE_INTERVAL {
            done.1 = Instant::now();
            eprintln!("{}", line(&self.what, done.0, self.total, self.begin.elapsed()));
        }
    }
}

/// What a plain line says after so many of all.
fn line(what: &str, done: u64, total: u64, taken: Duration) -> String {
    if total == 0 || done == 0 {
        return format!("{what}: {done}");
    }
    let left = taken.as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
    format!("{what}: {} of {total}, {} left", done.min(total), super::progress::duration(left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::progress::advance;

    #[test]
    fn a_line_says_how_long_it_will_take() {
        assert_eq!(line("scenes", 50, 200, Duration::from_secs(10)), "scenes: 50 of 200, 30 s left");
        assert_eq!(line("scenes", 3, 0, Duration::from_secs(20)), "scenes: 3");
        assert_eq!(line("scenes", 9, 8, Duration::from_secs(20)), "scenes: 8 of 8, 0 s left");
    }

    #[test]
    fn work_is_heard_as_long_as_somebody_listens() {
        let done = |bar: &Bar| bar.shown.done.lock().unwrap().0;
        let (own, bar) = (Bar::new("own", 3), Bar::listening("all", 10));
        std::thread::scope(|scope| {
            (0..4).for_each(|_| _ = scope.spawn(|| advance(2)));
        });
        own.step();
        assert_eq!((done(&own), done(&bar)), (1, 8));
        let shown = Arc::clone(&bar.shown);
        drop(bar);
        advance(1);
        assert_eq!(shown.done.lock().unwrap().0, 8);
    }
}
