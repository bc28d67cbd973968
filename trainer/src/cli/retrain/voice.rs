//! How a retraining tells what happens: in words for people, in lines of JSON for programs.

use std::time::{Duration, Instant};

use lens_core::retraining::{Event, Figure, Outcome, Phase, Row};

use crate::cli::Ending;
use crate::evaluate::metrics::{Share, interval};
use crate::train::epoch::StepReport;
use crate::train::retrain::verdict::{self, Weight, table};

/// Time between two steps that programs are told.
const STEP_INTERVAL: Duration = Duration::from_millis(200);

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// Somebody at a terminal.
    Words,
    /// A program.
    Json,
}

impl Voice {
    /// Something happened. Of steps people are told by the bar, and a phase needs no words.
    pub(super) fn tell(self, event: &Event) {
        match (self, event) {
            (Self::Json, _) => {
                say!("{}", serde_json::to_string(event).expect("events have only string keys"));
            }
            (Self::Words, Event::Message { text }) => say!("{text}"),
            (Self::Words, _) => {}
        }
    }

    pub(super) fn begin(self, phase: Phase) {
        self.tell(&Event::Phase { phase });
    }

    /// Both models were measured.
    pub(super) fn compared(self, rows: &[verdict::Row]) {
        match self {
            Self::Words => say!("{}", table(rows)),
            Self::Json => self.tell(&Event::Compared { rows: rows.iter().map(row).collect() }),
        }
    }

    /// It is over; `text` says so to people.
    pub(super) fn end(self, outcome: Outcome, text: &str) {
        match self {
            Self::Words => say!("{text}"),
            Self::Json => self.tell(&Event::Ended(outcome)),
        }
    }

    pub(super) fn stopped(self) -> Ending {
        self.end(Outcome::Stopped, "stopped; the installed model is untouched");
        Ending::Stopped
    }
}

fn row(row: &verdict::Row) -> Row {
    let figure = |share: Share| Figure { part: share.part, whole: share.whole, interval: interval(share) };
    Row {
        what: row.what.clone(),
        old: figure(row.old),
        new: figure(row.new),
        decides: row.weight != Weight::Shown,
    }
}

/// Steps of the training, some of which are told.
pub(super) struct Steps {
    /// How many were done.
    pub(super) done: u64,
    voice: Voice,
    told: Option<Instant>,
    /// Progress at the first report, and when that came: before it cards are drawn.
    first: Option<(f64, Instant)>,
}

impl Steps {
    pub(super) fn new(voice: Voice) -> Self {
        Self { done: 0, voice, told: None, first: None }
    }

    pub(super) fn tell(&mut self, report: &StepReport) {
        self.done = report.step;
        let now = Instant::now();
        let first = *self.first.get_or_insert((report.progress, now));
        if report.progress < 1.0 && self.told.is_some_and(|told| now - told < STEP_INTERVAL) {
            return;
        }
        self.told = Some(now);
        let seconds_left = left(first, (report.progress, now));
        let (step, progress, loss) = (report.step, report.progress, report.loss);
        self.voice.tell(&Event::Step { step, progress, loss, seconds_left });
    }
}

/// Seconds until progress is 1.0, as fast as it went from the first time to the second.
fn left((first, begin): (f64, Instant), (progress, now): (f64, Instant)) -> Option<f64> {
    let done = progress - first;
    let seconds = (now - begin).as_secs_f64();
    (done > 1e-6).then(|| seconds * (1.0 - progress) / done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It said two hours where two minutes were left: the time in which cards are drawn was in it.
    #[test]
    fn the_time_that_is_left_is_told_by_the_steps_alone() {
        let begin = Instant::now();
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        assert_eq!(left((0.02, begin), (0.02, begin)), None, "nobody knows after one step");
        let seconds = left((0.02, begin), (0.12, after(10))).unwrap();
        assert!((seconds - 88.0).abs() < 1e-6, "{seconds}");
        assert_eq!(left((0.5, begin), (1.0, after(5))), Some(0.0));
    }

    #[test]
    fn a_row_says_which_figures_decide() {
        let of = |weight| verdict::Row {
            what: "  edition".into(),
            old: Share { part: 8, whole: 10 },
            new: Share { part: 9, whole: 10 },
            weight,
        };
        let told = row(&of(Weight::Guard));
        assert_eq!((told.old.part, told.old.whole, told.decides), (8, 10, true));
        let [low, high] = told.old.interval.unwrap();
        assert!(low < 0.8 && 0.8 < high);
        assert!(row(&of(Weight::Gain)).decides && !row(&of(Weight::Shown)).decides);
    }
}
