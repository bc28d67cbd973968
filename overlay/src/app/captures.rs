//! Saving and correcting cards at a player's word, and saying what came of it.

use shared::geometry::{InFrame, Point, Quad};
use shared::labels::Label;

use super::*;
use crate::scene::notice::{Line, Tone};
use crate::snapshot::{ModelInUse, Outcome, QUEUE, Request, Writer, is_doubtful};
use crate::track::Track;
use crate::window::pointer;

/// How long a line stays, and how long a card is lit.
const LINE_STAYS: Duration = Duration::from_millis(3200);
const FLASH_STAYS: Duration = Duration::from_millis(350);
/// Lines that stand below each other at most.
const MOST_LINES: usize = 3;
/// How often cards are saved by themselves, at most.
const AUTOMATIC_EVERY: Duration = Duration::from_secs(1);

/// Which cards to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that are unknown or doubtful.
    Doubtful,
    /// The one under the pointer.
    UnderPointer,
}

/// The writer of captures, and what was said of them.
pub struct Captures {
    writer: Writer,
    model: Option<ModelInUse>,
    automatic: bool,
    last_automatic: Option<Instant>,
    lines: Vec<(Line, Instant)>,
    flashes: Vec<(u64, Tone, Instant)>,
}

impl Captures {
    /// For cards that this model names.
    pub fn new(writer: Writer, model: Option<ModelInUse>) -> Self {
        let (lines, flashes) = (Vec::new(), Vec::new());
        Self { writer, model, automatic: false, last_automatic: None, lines, flashes }
    }

    /// Another model names cards from now on.
    pub fn set_model(&mut self, model: Option<ModelInUse>) {
        self.model = model;
    }

    fn say(&mut self, tone: Tone, text: impl Into<String>, now: Instant) {
        let line = Line { text: text.into(), tone };
        // The same once more only stays longer.
        self.lines.retain(|(it, _)| *it != line);
        self.lines.push((line, now + LINE_STAYS));
        let surplus = self.lines.len().saturating_sub(MOST_LINES);
        self.lines.drain(..surplus);
    }

    /// Hands cards over to the writer; answers whether that worked.
    fn save(&mut self, frame: &crate::frame::Frame, cards: Vec<Track>, label: Option<Box<Label>>) -> bool {
        let model = self.model.clone();
        self.writer.save(Request { frame: frame.clone(), cards, label, model })
    }

    /// Takes in what the writer says.
    pub(super) fn heard(&mut self, outcome: Outcome, now: Instant) {
        let Outcome { saved, duplicates, corrected, waiting, error } = outcome;
        let until = now + FLASH_STAYS;
        self.flashes.extend(saved.iter().map(|&track| (track, Tone::Good, until)));
        self.flashes.extend(duplicates.iter().map(|&track| (track, Tone::Neutral, until)));
        if let Some(error) = error {
            self.say(Tone::Bad, format!("Not saved: {error}"), now);
            return;
        }
        if let Some(name) = corrected {
            self.say(Tone::Good, format!("Corrected: {name}"), now);
            return;
        }
        let parts = [(saved.len(), "saved"), (duplicates.len(), "there already"), (waiting, "waiting")];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        // Cards that are there already are no news while cards are saved by themselves.
        if !saved.is_empty() || !self.automatic {
            let tone = if saved.is_empty() { Tone::Neutral } else { Tone::Good };
            self.say(tone, parts.join(", "), now);
        }
    }

    /// What to show now: lines, and quads of the cards that are lit.
    pub(super) fn said(&self, tracks: &[Track], now: Instant) -> (Vec<Line>, Vec<(Quad<InFrame>, Tone)>) {
        let lines = self.lines.iter().filter(|(_, until)| *until > now).map(|(line, _)| line.clone());
        let quad = |id: u64| tracks.iter().find(|track| track.id == id).map(|track| track.quad);
        let lit = self.flashes.iter().filter(|(_, _, until)| *until > now);
        (lines.collect(), lit.filter_map(|(track, tone, _)| Some((quad(*track)?, *tone))).collect())
    }

    /// When something that is shown ends.
    pub(super) fn next_change(&self) -> Option<Instant> {
        let lines = self.lines.iter().map(|(_, until)| *until);
        lines.chain(self.flashes.iter().map(|(_, _, until)| *until)).min()
    }

    /// Lets go of what has been shown long enough; answers whether anything went.
    pub(super) fn forget(&mut self, now: Instant) -> bool {
        let count = |it: &Self| it.lines.len() + it.flashes.len();
        let before = count(self);
        self.lines.retain(|(_, until)| *until > now);
        self.flashes.retain(|(_, _, until)| *until > now);
        count(self) < before
    }
}

impl App {
    pub(super) fn capture(&mut self, which: Which) {
        let now = Instant::now();
        let cards: Vec<Track> = match which {
            Which::Doubtful => self.snapshot.tracks.iter().filter(|it| is_doubtful(it)).cloned().collect(),
            Which::UnderPointer => self.under_pointer().into_iter().collect(),
        };
        match (&self.snapshot.picture, cards.is_empty()) {
            (Some(frame), false) => {
                let frame = frame.clone();
                if !self.captures.save(&frame, cards, None) {
                    self.captures.say(Tone::Bad, format!("Not saved: {QUEUE} pictures wait already"), now);
                }
            }
            _ => {
                let text = match which {
                    Which::Doubtful => "No unknown card on screen",
                    Which::UnderPointer => "No card under the pointer",
                };
                self.captures.say(Tone::Neutral, text, now);
            }
        }
        self.rebuild();
    }

    pub(super) fn toggle_automatic(&mut self) {
        self.captures.automatic = !self.captures.automatic;
        let text = if self.captures.automatic { "Saving cards by itself" } else { "Saving stopped" };
        self.captures.say(Tone::Neutral, text, Instant::now());
        self.rebuild();
    }

    /// Called for each new picture: a steady one saves nothing.
    pub(super) fn capture_by_itself(&mut self) {
        let now = Instant::now();
        let is_time = self.captures.last_automatic.is_none_or(|last| now - last >= AUTOMATIC_EVERY);
        // Cards that still appear, or lie covered at the edge of being seen, are not worth keeping.
        let cards: Vec<Track> =
            self.snapshot.tracks.iter().filter(|track| track.opacity == 1.0).cloned().collect();
        let Some(frame) = self.snapshot.picture.clone() else { return };
        if self.captures.automatic && is_time && !cards.is_empty() {
            self.captures.last_automatic = Some(now);
            // A full queue means that the disk is slow: the next picture comes in a second.
            self.captures.save(&frame, cards, None);
        }
    }

    pub(super) fn correct(&mut self, number: u8) {
        let now = Instant::now();
        match self.correction(number) {
            Ok((frame, card, label)) => {
                if !self.captures.save(&frame, vec![card], Some(Box::new(label))) {
                    self.captures.say(Tone::Bad, format!("Not saved: {QUEUE} pictures wait already"), now);
                }
            }
            Err(reason) => self.captures.say(Tone::Neutral, reason, now),
        }
        self.rebuild();
    }

    fn correction(&self, number: u8) -> Result<(crate::frame::Frame, Track, Label), String> {
        let card = self.under_pointer().ok_or("No card under the pointer")?;
        let frame = self.snapshot.picture.clone().ok_or("There is no picture")?;
        let mut label = match number.checked_sub(1) {
            None => Label::not_a_card(),
            Some(guess) => {
                let guess = card.guesses.get(usize::from(guess));
                let guess = guess.ok_or_else(|| format!("There is no guess number {number}"))?;
                let listed = self.catalogue.card(&guess.id);
                listed.map_or_else(
                    || Label { name: guess.id.clone(), id: Some(guess.id.clone()), ..Label::default() },
                    |listed| Label::new(listed, &card.modifiers),
                )
            }
        };
        label.source = Some("overlay".into());
        Ok((frame, card, label))
    }

    /// The topmost card under the pointer.
    fn under_pointer(&self) -> Option<Track> {
        let area = match self.placement {
            Placement::Shown { area, .. } => area,
            Placement::Hidden { .. } | Placement::Absent => return None,
        };
        let at = frame_from_screen(pointer::pointer()?, area, self.snapshot.frame_size())?;
        // Later cards lie over earlier ones.
        self.snapshot.tracks.iter().filter(|track| track.quad.contains(at)).max_by(by_left).cloned()
    }
}

/// Which of two cards lies over the other: the game lays cards from left to right.
fn by_left(one: &&Track, other: &&Track) -> std::cmp::Ordering {
    one.quad.bounds().left.total_cmp(&other.quad.bounds().left)
}

/// Where a point of the screen lies in a frame of the window that covers `area`.
fn frame_from_screen(at: Point<OnScreen>, area: Rect<OnScreen>, frame: [u32; 2]) -> Option<Point<InFrame>> {
    if !area.contains(at) || frame[0] == 0 {
        return None;
    }
    let share = [(at.x - area.left) / area.width(), (at.y - area.top) / area.height()];
    Some(Point::new(share[0] * frame[0] as f32, share[1] * frame[1] as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Report;
    use crate::snapshot::Folders;
    use crate::teaching::Teacher;

    #[test]
    fn lines_say_what_was_saved_and_go_after_a_while() {
        let folders = Folders { captures: "nowhere".into(), labels: "nowhere".into() };
        let deaf: Report = Box::new(|_| true);
        let writer = Writer::start(folders, Box::new(Teacher::default()), deaf).unwrap();
        let mut captures = Captures::new(writer, None);
        let now = Instant::now();
        let outcome = Outcome { saved: vec![1, 2], duplicates: vec![3], waiting: 1, ..Outcome::default() };
        captures.heard(outcome, now);
        captures.heard(Outcome { error: Some("the disk is full".into()), ..Outcome::default() }, now);
        let texts = |at| captures.said(&[], at).0.into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(now), ["2 saved, 1 there already, 1 waiting", "Not saved: the disk is full"]);
        assert_eq!(captures.next_change(), Some(now + FLASH_STAYS));
        assert!(texts(now + LINE_STAYS).is_empty());
        assert!(captures.forget(now + LINE_STAYS) && captures.next_change().is_none());
    }

    #[test]
    fn the_pointer_is_found_in_a_frame_of_another_size() {
        let area = Rect::ltwh(100.0, 50.0, 640.0, 360.0);
        let check = |x, y, want: Option<[f32; 2]>| {
            let found = frame_from_screen(Point::new(x, y), area, [1280, 720]);
            assert_eq!(found.map(|it| [it.x, it.y]), want);
        };
        check(100.0, 50.0, Some([0.0, 0.0]));
        check(420.0, 230.0, Some([640.0, 360.0]));
        check(99.0, 60.0, None);
    }
}
