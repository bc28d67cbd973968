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
    begin: Instant,
    told: Option<Instant>,
    /// Progress at the first report.
    first: Option<f64>,
}

impl Steps {
    pub(super) fn new(voice: Voice) -> Self {
        Self { done: 0, voice, begin: Instant::now(), told: None, first: None }
    }

    pub(super) fn tell(&mut self, report: &StepReport) {
        self.done = report.step;
        let first = *self.first.get_or_insert(report.progress);
        let now = Instant::now();
        if report.progress < 1.0 && self.told.is_some_and(|told| now - told < STEP_INTERVAL) {
            return;
        }
        self.told = Some(now);
        let done = report.progress - first;
        let seconds = (now - self.begin).as_secs_f64();
        let seconds_left = (done > 1e-6).then(|| seconds * (1.0 - report.progress) / done);
        let (step, progress, loss) = (report.step, report.progress, report.loss);
        self.voice.tell(&Event::Step { step, progress, loss, seconds_left });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
