//! What was seen and how fast, for the words at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use shared::catalogue::Catalogue;

use crate::pipeline::Snapshot;

/// Counts while the overlay runs.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    recognitions: Vec<Duration>,
    draws: Vec<Duration>,
    ages: Vec<Duration>,
    names: BTreeMap<String, u64>,
}

/// Times that are kept of each kind: an hour at thirty a second.
const KEPT: usize = 108_000;

impl Statistics {
    pub(super) fn saw(&mut self, snapshot: &Snapshot, catalogue: &Catalogue) {
        if !snapshot.recognition.is_zero() {
            keep(&mut self.recognitions, snapshot.recognition);
        }
        for track in &snapshot.tracks {
            let name =
                track.identity.id().map_or("unknown", |id| catalogue.card(id).map_or(id, |card| &card.name));
            *self.names.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// A scene was drawn; `captured_at` is set the first time that a frame's tracks are.
    pub(super) fn drew(&mut self, time: Duration, captured_at: Option<Instant>) {
        keep(&mut self.draws, time);
        if let Some(captured_at) = captured_at {
            keep(&mut self.ages, captured_at.elapsed());
        }
    }

    pub(super) fn summary(&self, dropped: u64) -> String {
        let mut names: Vec<(&String, &u64)> = self.names.iter().collect();
        names.sort_by(|a, b| b.1.cmp(a.1));
        let names: Vec<&str> = names.into_iter().take(12).map(|(name, _)| name.as_str()).collect();
        let seen = if names.is_empty() { "no cards".to_owned() } else { names.join(", ") };
        format!(
            "saw {seen}\n{} frames recognised ({} dropped), median {}; {} drawn, median {}; picture to screen {}",
            self.recognitions.len(),
            dropped,
            median(&self.recognitions),
            self.draws.len(),
            median(&self.draws),
            median(&self.ages),
        )
    }
}

fn keep(times: &mut Vec<Duration>, time: Duration) {
    if times.len() < KEPT {
        times.push(time);
    }
}

fn median(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or("-".into(), |time| format!("{:.1} ms", time.as_secs_f64() * 1e3))
}
