//! What differs between two timelines of the same recording, in figures and in words.
//!
//! Every moment of either is looked at in both. Cards are matched by where they lie, the best
//! overlap first.

use std::collections::HashMap;
use std::fmt;

use lens_core::counted::counted;

use super::timeline::{Card, Moment, Timeline};

/// Overlap from which two quads are the same card.
const MIN_OVERLAP: f32 = 0.5;
/// Differences that are listed in words.
const MAX_EXAMPLES: usize = 20;

/// The differences, each counted once for a card at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences {
    /// Cards at moments of the timeline that is wanted.
    pub wanted: usize,
    /// Cards that are missing.
    pub missing: usize,
    /// Cards that are there and should not be.
    pub extra: usize,
    /// Cards with another name.
    pub renamed: usize,
    /// Cards with the right name and other modifiers.
    pub modified: usize,
    /// How often a card went on with another track.
    pub switched: usize,
    /// The largest distance between corners of a card that is in both, as a share of its height.
    pub shift: f32,
    /// The first of them, in words.
    pub examples: Vec<String>,
}

impl Differences {
    /// Share of the wanted cards that are missing, extra or named otherwise.
    pub fn share(&self) -> f32 {
        let wrong = self.missing + self.extra + self.renamed + self.modified;
        wrong as f32 / self.wanted.max(1) as f32
    }

    /// Whether at most this share differs. Nothing at all may where it is 0: then a card that went
    /// on with another track is too much, too.
    pub fn is_within(&self, share: f32) -> bool {
        self.share() <= share && (share > 0.0 || self.switched == 0)
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, missing, extra, renamed, modified, switched, shift, examples } = self;
        for example in examples {
            writeln!(formatter, "{example}")?;
        }
        write!(
            formatter,
            "{:.2} % of {} at moments differ: {missing} missing, {extra} extra, {renamed} with another \
             name, {modified} with other modifiers; {} switched; corners at most {:.1} % of a card's \
             height apart",
            100.0 * self.share(),
            counted(wanted, "card"),
            counted(switched, "track"),
            100.0 * shift,
        )
    }
}

/// Compares what came out with what is wanted.
pub fn compare(wanted: &Timeline, found: &Timeline) -> Differences {
    let mut differences = Differences::default();
    let mut moments: Vec<u64> =
        wanted.moments.iter().chain(&found.moments).map(|moment| moment.millis).collect();
    moments.sort_unstable();
    moments.dedup();
    let nothing = Moment::default();
    let mut tracks: HashMap<u64, u64> = HashMap::new();
    for millis in moments {
        let want = wanted.at(millis).unwrap_or(&nothing);
        let have = found.at(millis).unwrap_or(&nothing);
        moment(millis, want, have, &mut tracks, &mut differences);
    }
    differences
}

fn moment(
    millis: u64,
    want: &Moment,
    have: &Moment,
    tracks: &mut HashMap<u64, u64>,
    differences: &mut Differences,
) {
    differences.wanted += want.cards.len();
    let mut said: Vec<String> = Vec::new();
    let mut taken = vec![false; have.cards.len()];
    for (card, partner) in want.cards.iter().zip(partners(&want.cards, &have.cards)) {
        let Some(partner) = partner else {
            differences.missing += 1;
            said.push(format!("{} is missing", shown(card)));
            continue;
        };
        taken[partner] = true;
        let other = &have.cards[partner];
        if card.id != other.id {
            differences.renamed += 1;
            said.push(format!("{} is {}", shown(card), shown(other)));
        } else if card.with != other.with {
            differences.modified += 1;
            said.push(format!("{} is {}", shown(card), shown(other)));
        }
        if tracks.insert(card.track, other.track).is_some_and(|before| before != other.track) {
            differences.switched += 1;
            said.push(format!("{} goes on as another track", shown(card)));
        }
        let shift = card.quad.largest_corner_shift(other.quad) / card.quad.height().max(1.0);
        differences.shift = differences.shift.max(shift);
    }
    for (card, _) in have.cards.iter().zip(taken).filter(|(_, taken)| !taken) {
        differences.extra += 1;
        said.push(format!("{} is extra", shown(card)));
    }
    let left = MAX_EXAMPLES.saturating_sub(differences.examples.len());
    differences.examples.extend(said.into_iter().take(left).map(|what| format!("{millis:>7} ms: {what}")));
}

/// For each wanted card the index of the one that lies where it lies.
fn partners(want: &[Card], have: &[Card]) -> Vec<Option<usize>> {
    let mut pairs = Vec::new();
    for (at, card) in want.iter().enumerate() {
        for (index, other) in have.iter().enumerate() {
            let overlap = card.quad.iou(other.quad);
            if overlap >= MIN_OVERLAP {
                // Of two cards that lie equally well, the one with the right name.
                pairs.push((overlap + if card.id == other.id { 0.01 } else { 0.0 }, at, index));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut partners = vec![None; want.len()];
    let mut taken = vec![false; have.len()];
    for (_, at, index) in pairs {
        if partners[at].is_none() && !taken[index] {
            (partners[at], taken[index]) = (Some(index), true);
        }
    }
    partners
}

fn shown(card: &Card) -> String {
    let name = card.id.as_deref().unwrap_or("an unknown card");
    let centre = card.quad.centre();
    let with = if card.with.is_empty() { String::new() } else { format!(" ({})", card.with) };
    format!("{name}{with} at {:.0},{:.0}", centre.x, centre.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::{Quad, Rect};

    /// Cards from a time on: track, id, left edge.
    type Script<'a> = (u64, &'a [(u64, &'a str, f32)]);

    fn timeline(moments: &[Script<'_>]) -> Timeline {
        let card = |&(track, id, left): &(u64, &str, f32)| Card {
            track,
            id: (id != "?").then(|| id.to_owned()),
            with: String::new(),
            quad: Quad::from_rect(Rect::ltwh(left, 0.0, 50.0, 70.0)),
        };
        let moment = |(millis, cards): &Script<'_>| Moment {
            millis: *millis,
            frame: [640, 360],
            cards: cards.iter().map(card).collect(),
        };
        Timeline { moments: moments.iter().map(moment).collect(), ..Timeline::new("m") }
    }

    #[test]
    fn every_kind_of_difference_is_counted() {
        let want = timeline(&[(0, &[(1, "a", 0.0), (2, "b", 100.0)]), (40, &[(1, "a", 10.0)])]);
        let differ = |moments: &[Script<'_>]| {
            let it = compare(&want, &timeline(moments));
            [it.missing, it.extra, it.renamed, it.switched]
        };
        assert!(compare(&want, &want).is_within(0.0));
        let other_tracks = [(0, &[(7, "a", 0.0), (8, "b", 101.0)][..]), (40, &[(7, "a", 10.0)][..])];
        assert_eq!(differ(&other_tracks), [0; 4], "numbers of tracks mean nothing");
        assert_eq!(differ(&[(0, &[(1, "a", 0.0)]), (40, &[(1, "a", 10.0)])]), [1, 0, 0, 0]);
        assert_eq!(differ(&[(0, &[(1, "a", 0.0), (2, "?", 100.0)]), (40, &[(1, "a", 10.0)])]), [0, 0, 1, 0]);
        let switched = [(0, &[(1, "a", 0.0), (2, "b", 100.0)][..]), (40, &[(3, "a", 10.0)][..])];
        assert_eq!(differ(&switched), [0, 0, 0, 1]);
        let switched = compare(&want, &timeline(&switched));
        assert!(!switched.is_within(0.0) && switched.is_within(0.001), "it is no card that differs");
        assert_eq!(differ(&[(0, &[(1, "a", 0.0), (2, "b", 100.0)])]), [0, 1, 0, 0], "it should have gone");
    }

    #[test]
    fn differences_are_told_with_time_and_place() {
        let want = timeline(&[(0, &[(1, "a", 0.0)]), (40, &[(1, "a", 300.0)])]);
        let text = compare(&want, &timeline(&[(0, &[(1, "b", 0.0)])])).to_string();
        assert!(text.contains("0 ms: a at 25,35 is b at 25,35"), "{text}");
        assert!(text.contains("40 ms: a at 325,35 is missing"), "{text}");
        assert!(text.contains("150.00 % of 2"), "one renamed, one missing, one extra: {text}");
    }
}
