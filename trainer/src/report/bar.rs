//! Progress of what is no training: a bar with the time that is left on a terminal, a plain line
//! now and then elsewhere.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::words::duration;
use crate::console::progress::{Listening, Said, listen};

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
    /// Whether those who do it say how much there is to do.
    is_told: bool,
    state: Mutex<State>,
    begin: Instant,
}

#[derive(Debug)]
struct State {
    done: u64,
    /// Zero where nobody knows.
    total: u64,
    printed: Instant,
}

impl Bar {
    /// Begins; `total` of zero when nobody knows how much there is to do.
    pub fn new(what: &str, total: usize) -> Self {
        let total = total as u64;
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total).with_style(style(total)).with_message(what.to_owned());
            // Somebody should see it also where the first of it takes long.
            bar.tick();
            bar
        });
        let now = Instant::now();
        let state = Mutex::new(State { done: 0, total, printed: now });
        let shown = Shown { what: what.to_owned(), bar, is_told: total == 0, state, begin: now };
        Self { shown: Arc::new(shown), listening: None }
    }

    /// The same for work that says by itself how far it is, and with a `total` of zero how much
    /// there is to do, where it knows.
    pub fn listening(what: &str, total: usize) -> Self {
        let mut bar = Self::new(what, total);
        let shown = Arc::clone(&bar.shown);
        bar.listening = Some(listen(move |said| match said {
            Said::Expected(count) => shown.expect(count),
            Said::Done(count) => shown.advance(count),
        }));
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
    fn expect(&self, count: usize) {
        if !self.is_told {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.total += count as u64;
        if let Some(bar) = &self.bar {
            bar.set_length(state.total);
            bar.set_style(style(state.total));
        }
    }

    fn advance(&self, count: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += count as u64;
        let State { done, total, printed } = *state;
        if let Some(bar) = &self.bar {
            // What takes longer than was thought is not done before it is.
            bar.set_position(if total > 0 { done.min(total) } else { done });
        } else if printed.elapsed() >= LINE_INTERVAL {
            state.printed = Instant::now();
            eprintln!("{}", line(&self.what, done, total, self.begin.elapsed()));
        }
    }
}

fn style(total: u64) -> ProgressStyle {
    let template = match total {
        0 => "{msg} {pos} in {elapsed}",
        _ => "{msg} {wide_bar} {pos}/{len} {eta} left",
    };
    ProgressStyle::with_template(template).expect("the template is valid")
}

/// What a plain line says after so many of all.
fn line(what: &str, done: u64, total: u64, taken: Duration) -> String {
    if total == 0 || done == 0 {
        return format!("{what}: {done}");
    }
    let left = taken.as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
    format!("{what}: {} of {total}, {} left", done.min(total), duration(left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::progress::{advance, expect};

    #[test]
    fn a_line_says_how_long_it_will_take() {
        assert_eq!(line("scenes", 50, 200, Duration::from_secs(10)), "scenes: 50 of 200, 30 s left");
        assert_eq!(line("scenes", 3, 0, Duration::from_secs(20)), "scenes: 3");
        assert_eq!(line("scenes", 9, 8, Duration::from_secs(20)), "scenes: 8 of 8, 0 s left");
    }

    #[test]
    fn work_is_heard_as_long_as_somebody_listens() {
        let done = |bar: &Bar| bar.shown.state.lock().unwrap().done;
        let total = |bar: &Bar| bar.shown.state.lock().unwrap().total;
        let (own, bar) = (Bar::new("own", 3), Bar::listening("all", 10));
        expect(5);
        assert_eq!(total(&bar), 10, "who began it knew how much there is");
        std::thread::scope(|scope| {
            (0..4).for_each(|_| _ = scope.spawn(|| advance(2)));
        });
        own.step();
        assert_eq!((done(&own), done(&bar)), (1, 8));
        let shown = Arc::clone(&bar.shown);
        drop(bar);
        advance(1);
        assert_eq!(shown.state.lock().unwrap().done, 8);
        let told = Bar::listening("told", 0);
        expect(5);
        expect(2);
        advance(3);
        assert_eq!((done(&told), total(&told)), (3, 7));
    }
}
