//! What a retraining tells, a line of JSON for each event: `trainer retrain --json` writes it, the
//! labeller reads it. Data alone.
//!
//! ```text
//! {"event":"phase","phase":"training"}
//! {"event":"step","step":120,"progress":0.25,"loss":0.81,"seconds_left":410.0}
//! {"event":"compared","rows":[{"what":"your captures: right name","old":{"part":24,...},...}]}
//! {"event":"ended","outcome":"refused","reason":"...","help":"..."}
//! ```

use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// For people.
    Message {
        /// One line.
        text: String,
    },
    /// Something else is done from now on.
    Phase {
        /// What.
        phase: Phase,
    },
    /// A step of training.
    Step {
        /// Steps done, this one included.
        step: u64,
        /// Part of the training that is over.
        progress: f64,
        /// The loss of this step.
        loss: f64,
        /// Of training; nothing while nobody knows.
        seconds_left: Option<f64>,
    },
    /// Both models were measured on the same images.
    Compared {
        /// A figure each.
        rows: Vec<Row>,
    },
    /// It is over.
    Ended(Outcome),
}

/// What a retraining does, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reads captures, labels and art.
    Gathering,
    /// Trains.
    Training,
    /// Measures centroids and thresholds.
    Calibrating,
    /// Measures both models.
    Comparing,
    /// Writes the new model.
    Installing,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::Gathering, Self::Training, Self::Calibrating, Self::Comparing, Self::Installing];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gathering => "Reading captures",
            Self::Training => "Training",
            Self::Calibrating => "Calibrating",
            Self::Comparing => "Comparing old and new",
            Self::Installing => "Installing",
        }
    }
}

/// A figure of both models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What is measured; begins with spaces where it is a part of the row above.
    pub what: String,
    /// Of the installed model.
    pub old: Figure,
    /// Of the new one.
    pub new: Figure,
    /// Whether a fall of it forbids the new model.
    pub decides: bool,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
    /// Between which shares the truth lies, with a confidence of 95 %.
    pub interval: Option<[f64; 2]>,
}

impl Figure {
    /// In `0.0..=1.0`; nothing of nothing.
    pub fn share(&self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The new model is in its place, the former is kept.
    Installed,
    /// The former model stays.
    Refused {
        /// Why.
        reason: String,
        /// What would help.
        help: String,
    },
    /// The new model is better, but was not to be installed.
    OnlyTried,
    /// It was asked to stop; the former model stays.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_the_page_says_and_come_back() {
        let figure = Figure { part: 24, whole: 26, interval: Some([0.75, 0.98]) };
        let row = Row { what: "right name".into(), old: figure, new: Figure::default(), decides: true };
        let refused = Outcome::Refused { reason: "worse".into(), help: "capture more".into() };
        let events = [
            (Event::Phase { phase: Phase::Training }, r#"{"event":"phase","phase":"training"}"#),
            (
                Event::Step { step: 3, progress: 0.5, loss: 0.25, seconds_left: None },
                r#"{"event":"step","step":3,"progress":0.5,"loss":0.25,"seconds_left":null}"#,
            ),
            (
                Event::Compared { rows: vec![row] },
                concat!(
                    r#"{"event":"compared","rows":[{"what":"right name","#,
                    r#""old":{"part":24,"whole":26,"interval":[0.75,0.98]},"#,
                    r#""new":{"part":0,"whole":0,"interval":null},"decides":true}]}"#
                ),
            ),
            (
                Event::Ended(refused),
                r#"{"event":"ended","outcome":"refused","reason":"worse","help":"capture more"}"#,
            ),
            (Event::Ended(Outcome::Installed), r#"{"event":"ended","outcome":"installed"}"#),
        ];
        for (event, line) in events {
            assert_eq!(serde_json::to_string(&event).unwrap(), line);
            assert_eq!(serde_json::from_str::<Event>(line).unwrap(), event);
        }
        assert_eq!(figure.share(), Some(24.0 / 26.0));
        assert_eq!(Figure::default().share(), None);
    }
}
