//! What was seen and how fast, for the words at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use tracking::frame::Frame;
use tracking::pipeline::Snapshot;

/// Counts while the overlay runs.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    recognitions: Vec<Duration>,
    draws: Vec<Duration>,
    ages: Vec<Duration>,
    names: BTreeMap<String, u64>,
    last_drawn: Option<u64>,
    /// When the program was started.
    pub(super) started_at: Option<Instant>,
    /// How long it took from there to names on the screen.
    first_names: Option<Duration>,
}

/// What a card without a name counts as.
const UNKNOWN: &str = "unknown";
/// Times that are kept of each kind: an hour at thirty a second.
const MAX_TIMES: usize = 108_000;

impl Statistics {
    /// Tracks came in; `is_new` when they are of another frame. One whose cards were only followed
    /// does not count.
    pub(super) fn saw(&mut self, snapshot: &Snapshot, is_new: bool, catalogue: &Catalogue) {
        let (true, Some(recognition)) = (is_new, snapshot.recognition) else { return };
        keep(&mut self.recognitions, recognition);
        for track in &snapshot.tracks {
            let name = track
                .identity
                .id()
                .map_or(UNKNOWN, |id| catalogue.card(id).map_or(id.as_str(), |card| &card.name));
            *self.names.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// A scene was drawn that shows what was on `picture`. Returns whether it has the first names.
    pub(super) fn drew(&mut self, time: Duration, picture: Option<&Frame>) -> bool {
        keep(&mut self.draws, time);
        let is_awaited = self.started_at.filter(|_| self.first_names.is_none());
        let since = is_awaited.filter(|_| self.names.keys().any(|name| name != UNKNOWN));
        if let Some(since) = since {
            self.first_names = Some(since.elapsed());
            log::info!("first names after {:.0?}", since.elapsed());
        }
        if let Some(frame) = picture
            && self.last_drawn.replace(frame.id) != Some(frame.id)
        {
            keep(&mut self.ages, frame.captured_at.elapsed());
        }
        since.is_some()
    }

    pub(super) fn summary(&self, dropped: u64) -> String {
        let mut names: Vec<(&String, &u64)> = self.names.iter().collect();
        names.sort_by(|a, b| b.1.cmp(a.1));
        let names: Vec<&str> = names.into_iter().take(12).map(|(name, _)| name.as_str()).collect();
        let seen = if names.is_empty() { "no cards".to_owned() } else { names.join(", ") };
        let first = self
            .first_names
            .map_or_else(String::new, |it| format!("; first names after {:.2} s", it.as_secs_f64()));
        format!(
            "saw {seen}{first}\n{} recognised ({} dropped), median {}; {} drawn, median {}; capture to screen {}",
            counted(self.recognitions.len(), "frame"),
            dropped,
            median(&self.recognitions),
            self.draws.len(),
            median(&self.draws),
            median(&self.ages),
        )
    }
}

fn keep(times: &mut Vec<Duration>, time: Duration) {
    if times.len() < MAX_TIMES {
        times.push(time);
    }
}

fn median(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or("-".into(), |time| format!("{:.1} ms", time.as_secs_f64() * 1e3))
}
