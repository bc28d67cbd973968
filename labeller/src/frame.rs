//! A whole frame whose cards are put right by hand: quads as the model proposes them, corners that
//! are moved, quads that are drawn. Pure.

use std::path::PathBuf;
use std::sync::Arc;

use dataset::labels::Label;
use image::RgbaImage;
use lens_core::geometry::{InFrame, Point, Quad, Rect};

use crate::reading::Reading;

/// A card of a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameCard {
    pub quad: Quad<InFrame>,
    /// What the model says of it; nothing while it has not looked, or where it sees no card.
    pub reading: Option<Reading>,
    /// What a person says of it.
    pub label: Option<Label>,
    /// The capture that it was saved as.
    pub file: Option<String>,
    /// Whether the capture has yet to be given the label: it could not be written.
    pub is_unwritten: bool,
    /// Captures of it before it was moved: where it is saved, it takes their place.
    pub former: Vec<String>,
}

/// How far the model is with a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looked {
    #[default]
    NotYet,
    /// It has proposed cards, or there is none that could.
    Done,
    /// It could not.
    Failed,
}

/// A frame that is worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenFrame {
    pub path: PathBuf,
    /// Name below the captures' folder, when it is a frame of the overlay's.
    pub name: Option<String>,
    /// SHA-256 of the file that it was opened from, when that is none of the overlay's.
    pub original: Option<String>,
    /// What is shown, read and cut, whatever lies at the path by now; nothing until it was read.
    pub picture: Arc<RgbaImage>,
    /// Width and height in pixels; zeros until it has been read.
    pub size: [u32; 2],
    pub cards: Vec<FrameCard>,
    pub selected: Option<usize>,
    /// The corner that keys move; the whole card when there is none.
    pub corner: Option<usize>,
    pub looked: Looked,
    /// Quads that were drawn or moved, and that the model is yet to look at.
    unread: Vec<Quad<InFrame>>,
    undo: Vec<Vec<FrameCard>>,
    /// The card and the corner that the last step moved with keys.
    nudged: Option<(usize, Option<usize>)>,
}

/// The shortest side of a quad that is drawn, in pixels: less is a click.
const MIN_DRAWN: f32 = 8.0;
/// Overlap from which a proposal is a card that is there already.
const SAME: f32 = 0.5;

impl OpenFrame {
    /// With the cards that were saved of it before.
    pub fn new(path: PathBuf, name: Option<String>, saved: Vec<FrameCard>) -> Self {
        Self {
            path,
            name,
            original: None,
            picture: Arc::default(),
            size: [0, 0],
            cards: saved,
            selected: None,
            corner: None,
            looked: Looked::NotYet,
            unread: Vec::new(),
            undo: Vec::new(),
            nudged: None,
        }
    }

    /// Takes in what the model found: cards that are there already, and new ones. Taking back what
    /// was done before takes none of them away.
    pub fn propose(&mut self, proposals: &[(Quad<InFrame>, Option<Reading>)]) {
        self.looked = Looked::Done;
        self.undo.iter_mut().for_each(|cards| take_in(cards, proposals));
        take_in(&mut self.cards, proposals);
        if self.selected.is_none() && !self.cards.is_empty() {
            self.selected = Some(0);
        }
    }

    /// The model could not look at it.
    pub fn unproposed(&mut self) {
        self.propose(&[]);
        self.looked = Looked::Failed;
    }

    /// Takes in what the model says of a quad. The card may be gone, or elsewhere, by now.
    pub fn read(&mut self, quad: Quad<InFrame>, reading: Option<&Reading>) {
        let all = self.undo.iter_mut().flatten().chain(&mut self.cards);
        for card in all.filter(|card| card.quad == quad) {
            card.reading = reading.cloned();
        }
    }

    /// Quads that the model is to look at, each once.
    pub fn take_unread(&mut self) -> Vec<Quad<InFrame>> {
        let unread = std::mem::take(&mut self.unread);
        unread.into_iter().filter(|quad| self.cards.iter().any(|card| card.quad == *quad)).collect()
    }

    /// These are to be looked at later.
    pub fn put_off(&mut self, quads: Vec<Quad<InFrame>>) {
        self.unread.extend(quads);
    }

    /// The card that keys act on.
    pub fn card(&self) -> Option<&FrameCard> {
        self.cards.get(self.selected?)
    }

    /// Chooses the next card, or the one before; around the end.
    pub fn step(&mut self, by: isize) {
        let count = self.cards.len();
        if count > 0 {
            let at = self.selected.map_or(0, |at| at as isize + by);
            self.select(Some(at.rem_euclid(count as isize) as usize));
        }
    }

    pub fn select(&mut self, card: Option<usize>) {
        self.selected = card;
        self.corner = None;
    }

    /// Chooses the next corner of the card; after the last one the whole card.
    pub fn step_corner(&mut self) {
        self.corner = match self.corner {
            None => Some(0),
            Some(3) => None,
            Some(corner) => Some(corner + 1),
        };
    }

    /// Moves the chosen corner, or the whole card, by so many pixels. While the key is held it is
    /// one step.
    pub fn nudge(&mut self, across: f32, down: f32, begins: Begins) {
        let Some(at) = self.selected.filter(|at| *at < self.cards.len()) else { return };
        let moved = Some((at, self.corner));
        if begins == Begins::Now || self.nudged != moved {
            self.keep();
        }
        let mut quad = self.cards[at].quad;
        match self.corner {
            Some(corner) => {
                let at = quad.corners[corner];
                quad.corners[corner] = Point::new(at.x + across, at.y + down);
            }
            None => quad = quad.shifted(across, down),
        }
        self.put(quad);
        self.nudged = moved;
    }

    /// A corner is being dragged; what it was before is kept once.
    pub fn drag(&mut self, corner: usize, to: Point<InFrame>, begins: Begins) {
        let Some(card) = self.card() else { return };
        let mut quad = card.quad;
        quad.corners[corner] = to;
        if begins == Begins::Now {
            self.keep();
        }
        self.corner = Some(corner);
        self.put(quad);
    }

    /// Adds a card that was drawn from corner to corner. Returns where it lies; nothing when it is
    /// too small to be one, or lies beside the frame.
    pub fn draw(&mut self, from: Point<InFrame>, to: Point<InFrame>) -> Option<Quad<InFrame>> {
        let (width, height) = ((to.x - from.x).abs(), (to.y - from.y).abs());
        let is_beside = |from: f32, to: f32, side: u32| from.max(to) <= 0.0 || from.min(to) >= side as f32;
        let is_outside = is_beside(from.x, to.x, self.size[0]) || is_beside(from.y, to.y, self.size[1]);
        if width.min(height) < MIN_DRAWN || (self.size != [0, 0] && is_outside) {
            return None;
        }
        self.keep();
        let quad = Quad::from_rect(Rect::ltwh(from.x.min(to.x), from.y.min(to.y), width, height));
        self.cards.push(FrameCard { quad, ..FrameCard::default() });
        self.unread.push(quad);
        self.select(Some(self.cards.len() - 1));
        Some(quad)
    }

    /// Takes the chosen card away; one that was saved stays a capture.
    pub fn remove(&mut self) {
        if let Some(at) = self.selected.filter(|at| *at < self.cards.len()) {
            self.keep();
            self.cards.remove(at);
            self.select(if self.cards.is_empty() { None } else { Some(at.min(self.cards.len() - 1)) });
        }
    }

    /// Says what the chosen card is, and goes on to the next one that has no name.
    pub fn name(&mut self, label: Label) {
        let Some(at) = self.selected.filter(|at| *at < self.cards.len()) else { return };
        // The name of a capture is taken back with what was done to captures: before that nothing
        // of the frame may be.
        if self.cards[at].file.is_none() {
            self.keep();
        } else {
            self.forget_steps();
        }
        (self.cards[at].label, self.cards[at].is_unwritten) = (Some(label), false);
        let count = self.cards.len();
        let next = (1..count).map(|by| (at + by) % count).find(|it| self.cards[*it].label.is_none());
        self.select(Some(next.unwrap_or(at)));
    }

    /// Takes the last change back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(cards) = self.undo.pop() else { return false };
        (self.cards, self.nudged) = (cards, None);
        self.selected = self.selected.filter(|at| *at < self.cards.len());
        true
    }

    /// These cards are captures of this frame now, whose names are to be written: taking back is no
    /// matter of the frame any more.
    pub fn saved(&mut self, name: String, captures: &[(usize, String)]) {
        self.name = Some(name);
        for (at, file) in captures {
            (self.cards[*at].file, self.cards[*at].is_unwritten) = (Some(file.clone()), true);
        }
        self.forget_steps();
    }

    /// The captures of all cards have their names now.
    pub fn written(&mut self) {
        self.cards.iter_mut().for_each(|card| card.is_unwritten = false);
        self.forget_steps();
    }

    /// Cards whose captures have yet to be given their names: card, capture, name.
    pub fn unwritten(&self) -> impl Iterator<Item = (&FrameCard, &String, &Label)> {
        let cards = self.cards.iter().filter(|card| card.is_unwritten);
        cards.filter_map(|card| Some((card, card.file.as_ref()?, card.label.as_ref()?)))
    }

    /// How many cards have a name that is not saved.
    pub fn waiting(&self) -> usize {
        self.unsaved().count() + self.unwritten().count()
    }

    /// What has a name and is no capture yet.
    pub fn unsaved(&self) -> impl Iterator<Item = (usize, &FrameCard, &Label)> {
        let all = self.cards.iter().enumerate();
        all.filter(|(_, card)| card.file.is_none())
            .filter_map(|(at, card)| Some((at, card, card.label.as_ref()?)))
    }

    fn keep(&mut self) {
        self.undo.push(self.cards.clone());
        self.nudged = None;
    }

    fn forget_steps(&mut self) {
        self.undo.clear();
        self.nudged = None;
    }

    /// A quad that was changed is no capture of before, and has to be read anew.
    fn put(&mut self, quad: Quad<InFrame>) {
        let Some(card) = self.selected.and_then(|at| self.cards.get_mut(at)) else { return };
        self.unread.retain(|it| *it != card.quad);
        self.unread.push(quad);
        card.former.extend(card.file.take());
        (card.quad, card.is_unwritten) = (quad, false);
    }
}

/// Of a card that is there already a proposal is another reading.
fn take_in(cards: &mut Vec<FrameCard>, proposals: &[(Quad<InFrame>, Option<Reading>)]) {
    for (quad, reading) in proposals {
        let overlap = |card: &FrameCard| card.quad.iou(*quad);
        let best = cards.iter_mut().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        match best.filter(|card| overlap(card) >= SAME) {
            Some(card) => card.reading.clone_from(reading),
            None => {
                cards.push(FrameCard { quad: *quad, reading: reading.clone(), ..FrameCard::default() });
            }
        }
    }
}

/// Whether a drag, or a key that is held, has just begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    Now,
    Before,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(left: f32) -> Quad<InFrame> {
        Quad::from_rect(Rect::ltwh(left, 10.0, 71.0, 95.0))
    }

    fn frame() -> OpenFrame {
        let mut frame = OpenFrame::new("f.png".into(), None, Vec::new());
        frame.propose(&[(quad(0.0), None), (quad(200.0), Some(Reading::default()))]);
        frame
    }

    #[test]
    fn proposals_are_put_right_and_every_step_can_be_taken_back() {
        let mut frame = frame();
        assert_eq!((frame.cards.len(), frame.selected), (2, Some(0)));
        let before = frame.cards.clone();
        frame.step_corner();
        frame.nudge(1.0, -2.0, Begins::Now);
        assert_eq!(frame.cards[0].quad.corners[0], Point::new(1.0, 8.0));
        frame.drag(2, Point::new(80.0, 120.0), Begins::Now);
        frame.drag(2, Point::new(90.0, 130.0), Begins::Before);
        assert_eq!(frame.cards[0].quad.corners[2], Point::new(90.0, 130.0));
        frame.remove();
        assert_eq!((frame.cards.len(), frame.selected), (1, Some(0)));
        let drawn = frame.draw(Point::new(400.0, 100.0), Point::new(330.0, 20.0)).unwrap();
        assert_eq!(drawn.corners[0], Point::new(330.0, 20.0), "from any corner to any other");
        assert!(frame.draw(Point::new(0.0, 0.0), Point::new(4.0, 90.0)).is_none(), "that was a click");
        frame.size = [640, 360];
        for (from, to) in [([100.0, 370.0], [160.0, 450.0]), ([-90.0, 10.0], [-5.0, 90.0])] {
            let [from, to] = [from, to].map(|[x, y]: [f32; 2]| Point::new(x, y));
            assert!(frame.draw(from, to).is_none(), "there is nothing beside the frame");
        }
        for _ in 0..4 {
            assert!(frame.undo());
        }
        assert_eq!(frame.cards, before);
        assert!(!frame.undo());
    }

    #[test]
    fn a_name_goes_on_to_the_next_card_and_a_moved_card_is_saved_anew() {
        let mut frame = frame();
        let label = Label { name: "Owl".into(), ..Label::default() };
        frame.name(label.clone());
        assert_eq!(frame.selected, Some(1));
        frame.name(label);
        assert_eq!((frame.selected, frame.unsaved().count()), (Some(1), 2), "all have a name");
        frame.cards[0].file = Some("a.png".into());
        assert_eq!(frame.unsaved().count(), 1);
        frame.select(Some(0));
        frame.nudge(1.0, 0.0, Begins::Now);
        assert_eq!((frame.unsaved().count(), &frame.cards[0].former), (2, &vec!["a.png".to_owned()]));
        // Nothing is there twice.
        frame.propose(&[(quad(2.0), Some(Reading::default()))]);
        assert!(frame.cards.len() == 2 && frame.cards[0].reading.is_some());
        frame.step(-1);
        assert_eq!(frame.selected, Some(1));
        frame.saved("frames/frame3.png".into(), &[(0, "a.png".into()), (1, "b.png".into())]);
        assert!(frame.unsaved().count() == 0 && !frame.undo(), "what is on the disk stays");
    }

    /// A box that was taken back came again with the answer, and so did one where it had been.
    #[test]
    fn an_answer_is_only_about_the_quad_that_was_asked_about() {
        let mut frame = frame();
        let reading = Reading::default();
        let drawn = frame.draw(Point::new(400.0, 20.0), Point::new(470.0, 120.0)).unwrap();
        assert_eq!(frame.take_unread(), [drawn]);
        frame.nudge(150.0, 0.0, Begins::Now);
        frame.read(drawn, Some(&reading));
        assert!(frame.cards.len() == 3 && frame.cards[2].reading.is_none(), "it is elsewhere");
        frame.undo();
        assert!(frame.cards[2].reading.is_some(), "there it is what was read");
        frame.undo();
        frame.read(drawn, Some(&reading));
        assert_eq!(frame.cards.len(), 2, "it was taken back");
    }

    #[test]
    fn taking_back_what_came_before_the_proposals_takes_none_of_them_away() {
        let mut frame = OpenFrame::new("f.png".into(), None, Vec::new());
        frame.draw(Point::new(400.0, 20.0), Point::new(470.0, 120.0)).unwrap();
        frame.propose(&[(quad(0.0), None)]);
        assert!(frame.cards.len() == 2 && frame.undo());
        assert_eq!(frame.cards.iter().map(|it| it.quad).collect::<Vec<_>>(), [quad(0.0)]);
    }

    /// Each of some thirty repetitions a second kept a copy of all cards, and had one read.
    #[test]
    fn a_key_that_is_held_is_one_step_and_is_read_once() {
        let mut frame = frame();
        for begins in [Begins::Now, Begins::Before, Begins::Before] {
            frame.nudge(1.0, 0.0, begins);
        }
        assert_eq!(frame.take_unread(), [quad(3.0)]);
        // Whatever came between, each card has steps of its own.
        frame.step(1);
        frame.nudge(0.0, 1.0, Begins::Before);
        assert_eq!(frame.undo.len(), 2);
        for quads in [[quad(3.0), quad(200.0)], [quad(0.0), quad(200.0)]] {
            assert!(frame.undo());
            assert_eq!(frame.cards.iter().map(|it| it.quad).collect::<Vec<_>>(), quads);
        }
        assert!(!frame.undo() && frame.take_unread().is_empty());
    }
}
