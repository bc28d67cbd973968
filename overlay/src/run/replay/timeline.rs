//! What was on the screen at each moment of a replay, as JSON with a line for each moment that
//! differs from the last.

use std::time::Duration;

use lens_core::geometry::{InFrame, Quad};
use lens_core::modifiers::Modifiers;
use serde::{Deserialize, Serialize};

use tracking::track::Track;

/// Version of the format.
pub const FORMAT: u32 = 1;

/// A replay's outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Name of the model.
    pub model: String,
    /// Moments at which something differed from the one before.
    pub moments: Vec<Moment>,
}

/// The screen from this moment on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the first image.
    pub millis: u64,
    /// Width and height of the frame.
    pub frame: [u32; 2],
    /// The cards that were shown.
    pub cards: Vec<Card>,
}

/// A card that was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Its track.
    pub track: u64,
    /// Its id; none when it was unknown.
    pub id: Option<String>,
    /// What was on it, in words; empty for a plain card.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// Its corners, in whole pixels.
    pub quad: Quad<InFrame>,
}

/// A file that is no timeline.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no timeline of format {FORMAT}: {0}\nhelp: write one with `overlay replay DIR --out FILE`")]
pub struct NoTimeline(String);

impl Timeline {
    /// An empty one.
    pub fn new(model: &str) -> Self {
        Self { format: FORMAT, model: model.to_owned(), moments: Vec::new() }
    }

    /// Adds a moment, unless it looks like the last one.
    pub fn note(&mut self, at: Duration, frame: [u32; 2], tracks: &[Track]) {
        let cards = tracks.iter().map(card).collect();
        let moment = Moment { millis: u64::try_from(at.as_millis()).unwrap_or(u64::MAX), frame, cards };
        let same = |last: &Moment| (last.frame, &last.cards) == (moment.frame, &moment.cards);
        if !self.moments.last().is_some_and(same) {
            self.moments.push(moment);
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or its moments are not in order.
    pub fn parse(text: &str) -> Result<Self, NoTimeline> {
        let timeline: Self = serde_json::from_str(text).map_err(|error| NoTimeline(error.to_string()))?;
        if timeline.format != FORMAT {
            return Err(NoTimeline(format!("it has format {}", timeline.format)));
        }
        if !timeline.moments.is_sorted_by_key(|moment| moment.millis) {
            return Err(NoTimeline("its time runs backwards".into()));
        }
        Ok(timeline)
    }

    /// As it is written: a line for each moment, so that two can be compared by eye.
    pub fn to_text(&self) -> String {
        let Self { format, model, moments } = self;
        let lines: Vec<String> = moments.iter().map(json).collect();
        format!("{{\"format\":{format},\"model\":{},\"moments\":[\n{}\n]}}\n", json(model), lines.join(",\n"))
    }

    /// What was shown at a moment.
    pub fn at(&self, millis: u64) -> Option<&Moment> {
        let after = self.moments.partition_point(|moment| moment.millis <= millis);
        self.moments.get(after.checked_sub(1)?)
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain structs are JSON")
}

fn card(track: &Track) -> Card {
    let Modifiers { edition, enhancement, seal, stickers, debuffed } = &track.modifiers;
    let mut words: Vec<String> = Vec::new();
    words.extend([edition, enhancement].into_iter().filter(|it| *it != "base" && *it != "none").cloned());
    words.extend((seal != "none").then(|| format!("{seal} seal")));
    words.extend(stickers.iter().cloned());
    words.extend(debuffed.then(|| "debuffed".to_owned()));
    Card {
        track: track.id,
        id: track.identity.id().map(ToString::to_string),
        with: words.join(", "),
        quad: Quad::from_xy(track.quad.to_xy().map(|corner| corner.map(f32::round))),
    }
}
