//! The words on a chip: short for playing cards, full for the rest, narrow where cards crowd.

use lens_core::catalogue::{CardType, Catalogue};
use lens_core::modifiers::{DEBUFFED, Modifiers, NONE};

use super::Measure;
use super::colour::{self, Colour};
use super::style::{Palette, Style};
use tracking::track::Track;
use vision::reading::Identity;

/// Text of a chip with the place of each piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Width and height of the chip.
    pub size: [f32; 2],
    pub texts: Vec<Text>,
}

/// A piece of text in one colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
    /// Left edge and top of the line, from the chip's top left.
    pub at: [f32; 2],
    /// Size of the font, in pixels.
    pub size: f32,
    pub colour: Colour,
}

/// Size of names in a window of 720 pixels.
pub const NAME: f32 = 12.5;
/// Size of what a card does, which is read in sentences.
pub const SENTENCE: f32 = 11.0;
/// Size of everything else.
pub const DETAIL: f32 = 9.5;
/// Height of a line beside the size of its font.
pub const LINE: f32 = 1.22;
/// Space around the text, and the coloured bar at the left.
const PADDING: [f32; 2] = [5.0, 2.5];
const BAR: f32 = 3.0;

/// Writes the label of a track whose visible part is `room` pixels wide.
pub fn compose(
    track: &Track,
    catalogue: &Catalogue,
    style: &Style,
    room: f32,
    zoom: f32,
    measure: &mut dyn Measure,
) -> Label {
    let mut head = match &track.identity {
        Identity::Known { id, .. } => name(id, catalogue),
        Identity::Unknown { .. } => vec![("unknown?".to_owned(), NAME, colour::TEXT)],
    };
    let name_pieces = head.len();
    if let (Identity::Known { confidence, .. }, true) = (&track.identity, style.confidence) {
        // Never 100: the model is never that sure.
        let percent = (confidence * 100.0).round().clamp(0.0, 99.0);
        head.push((format!(" {percent:.0}%"), DETAIL, colour::FAINT));
    }
    let words = if style.modifiers { words(&track.modifiers, &style.palette) } else { Vec::new() };
    let mut wide: Vec<Vec<Piece>> = vec![head.clone()];
    if !words.is_empty() {
        wide.push(words.iter().map(|(word, colour)| (word.clone(), DETAIL, *colour)).collect());
    }
    let label = set(&wide, zoom, measure);
    if label.size[0] <= room.max(44.0 * zoom) {
        return label;
    }
    // A fan leaves a strip of each card: no confidence, a line for each modifier.
    head.truncate(name_pieces);
    let narrow = std::iter::once(head)
        .chain(words.into_iter().map(|(word, colour)| vec![(word, DETAIL, colour)]))
        .collect::<Vec<_>>();
    let narrow = set(&narrow, zoom, measure);
    if narrow.size[0] < label.size[0] { narrow } else { label }
}

/// A piece of a line: text, size, colour.
pub type Piece = (String, f32, Colour);

/// `A♠` for the ace of spades, the name of other cards, the id of unlisted ones.
pub fn name(id: &str, catalogue: &Catalogue) -> Vec<Piece> {
    let whole = |name: &str| vec![(name.to_owned(), NAME, colour::TEXT)];
    let Some(card) = catalogue.card(id) else { return whole(id) };
    let parts = card.name.split_once(" of ").filter(|_| card.card_type == CardType::Playing);
    let Some((rank, suit)) = parts else { return whole(&card.name) };
    let (suit, colour) = match suit {
        "Spades" => ("♠", 0xb9_c7ff),
        "Hearts" => ("♥", 0xff_6b81),
        "Clubs" => ("♣", 0x7f_e0b0),
        "Diamonds" => ("♦", 0xff_b35c),
        _ => return whole(&card.name),
    };
    let rank = match rank {
        "Ace" | "King" | "Queen" | "Jack" => &rank[..1],
        _ => rank,
    };
    vec![(rank.to_owned(), NAME, colour::TEXT), (suit.to_owned(), NAME, Colour::hex(colour))]
}

/// What is true of the card beside its name, in words.
pub fn words(modifiers: &Modifiers, palette: &Palette) -> Vec<(String, Colour)> {
    let Modifiers { edition, enhancement, seal, stickers, debuffed } = modifiers;
    let mut words = Vec::new();
    if let Some(colour) = palette.of_edition(edition) {
        words.push((capital(edition), colour));
    }
    if enhancement != NONE {
        words.push((capital(enhancement), colour::of_word(enhancement)));
    }
    if seal != NONE {
        words.push((format!("{} seal", capital(seal)), colour::of_word(seal)));
    }
    words.extend(stickers.iter().map(|sticker| (capital(sticker), colour::of_word(sticker))));
    if *debuffed {
        words.push(("Debuffed".into(), colour::of_word(DEBUFFED)));
    }
    words
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Sets lines of (text, size, colour) below each other.
pub(super) fn set(lines: &[Vec<Piece>], zoom: f32, measure: &mut dyn Measure) -> Label {
    let left = (PADDING[0] + BAR) * zoom;
    let (mut top, mut widest) = (PADDING[1] * zoom, 0.0_f32);
    let mut texts = Vec::new();
    for line in lines {
        let tallest = line.iter().map(|piece| piece.1).fold(0.0, f32::max) * zoom;
        let mut x = left;
        for (index, (text, size, colour)) in line.iter().enumerate() {
            let size = size * zoom;
            // Words of the small line stand apart; rank and suit of a playing card do not.
            if index > 0 && line[index - 1].1 == line[index].1 && line[index].1 == DETAIL {
                x += 0.45 * DETAIL * zoom;
            }
            // Smaller pieces share the baseline, about 0.93 of the size below the line's top.
            let at = [x, top + (tallest - size) * 0.95];
            texts.push(Text { text: text.clone(), at, size, colour: *colour });
            x += measure.width(text, size);
        }
        widest = widest.max(x);
        top += tallest * LINE;
    }
    Label { size: [(widest + PADDING[0] * zoom).ceil(), (top + PADDING[1] * zoom).ceil()], texts }
}
