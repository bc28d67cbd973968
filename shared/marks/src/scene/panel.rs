//! Boxes of text of their own: the read-out, notices, what a card does.
//!
//! Lines of coloured pieces are broken to fit, then laid into a corner or beside a card.

use std::collections::BTreeMap;

use lens_core::catalogue::Catalogue;
use lens_core::geometry::Rect;

use super::colour::{self, Colour};
use super::label::{self, DETAIL, NAME, Piece, Text};
use super::style::{Corner, Style};
use super::{InOverlay, Measure, View};
use tracking::track::Track;

#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub area: Rect<InOverlay>,
    /// Colour of its rim.
    pub accent: Colour,
    /// The pieces of text, relative to the box.
    pub texts: Vec<Text>,
    /// From 0.0 to 1.0.
    pub opacity: f32,
    /// What sizes in pixels are multiplied with.
    pub zoom: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Lines of pieces; long ones are broken.
    pub lines: Vec<Vec<Piece>>,
    pub accent: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Corner(Corner),
    /// Beside this.
    Beside(Rect<InOverlay>),
}

/// Share of the window's width.
const MAX_WIDTH: f32 = 0.42;
/// Lines of a read-out; more cards are counted.
const MAX_READ_OUT: usize = 24;
/// Between panels, and between a panel and the window's edge.
const GAP: f32 = 8.0;

impl Words {
    /// A message in plain words, one line for each of the text's.
    pub fn notice(text: &str, accent: Colour) -> Self {
        let line = |(index, line): (usize, &str)| {
            vec![(line.to_owned(), NAME, if index == 0 { colour::TEXT } else { colour::FAINT })]
        };
        Self { lines: text.lines().enumerate().map(line).collect(), accent }
    }
}

/// All cards on screen, each name once.
pub(super) fn read_out(tracks: &[&Track], catalogue: &Catalogue, style: &Style) -> Words {
    let mut counted: BTreeMap<(usize, String), (usize, Vec<Piece>)> = BTreeMap::new();
    for track in tracks.iter().filter(|track| track.opacity > 0.5) {
        let (rank, mut line) = match track.identity.id() {
            None => (usize::MAX, vec![("unknown".to_owned(), NAME, style.palette.unknown)]),
            Some(id) => {
                let kind = catalogue.card(id).map_or(0, |card| card.card_type as usize);
                (kind, label::name(id, catalogue))
            }
        };
        if style.modifiers {
            let words = label::words(&track.modifiers, &style.palette);
            line.extend(words.into_iter().map(|(word, colour)| (format!(" {word}"), DETAIL, colour)));
        }
        let key = line.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(" ");
        counted.entry((rank, key)).or_insert((0, line)).0 += 1;
    }
    let rest = counted.len().saturating_sub(MAX_READ_OUT);
    let mut lines: Vec<Vec<Piece>> = counted
        .into_values()
        .take(MAX_READ_OUT)
        .map(|(count, line)| {
            let several = (count > 1).then(|| (format!("{count}× "), DETAIL, colour::FAINT));
            several.into_iter().chain(line).collect()
        })
        .collect();
    if rest > 0 {
        lines.push(vec![(format!("and {rest} more"), DETAIL, colour::FAINT)]);
    }
    Words { lines, accent: colour::FAINT.with_alpha(0.5) }
}

/// Sets the words and finds room for them; `None` when there is nothing to say.
pub(super) fn lay(
    words: &Words,
    place: Place,
    others: &[Panel],
    view: View,
    style: &Style,
    measure: &mut dyn Measure,
) -> Option<Panel> {
    let zoom = view.zoom();
    let scale = zoom * style.text_size;
    let [width, height] = view.window.map(|side| side as f32);
    let lines: Vec<Vec<Piece>> =
        words.lines.iter().flat_map(|line| broken(line, MAX_WIDTH * width / scale, measure)).collect();
    if lines.is_empty() {
        return None;
    }
    let label = label::set(&lines, scale, measure);
    let [own_width, own_height] = label.size;
    let gap = GAP * zoom;
    let mut area = match place {
        Place::Corner(corner) => {
            let left = match corner {
                Corner::TopLeft | Corner::BottomLeft => gap,
                Corner::TopRight | Corner::BottomRight => width - gap - own_width,
            };
            let top = match corner {
                Corner::TopLeft | Corner::TopRight => gap,
                Corner::BottomLeft | Corner::BottomRight => height - gap - own_height,
            };
            Rect::ltwh(left, top, own_width, own_height)
        }
        Place::Beside(card) => {
            let right = card.right + gap;
            let left = if right + own_width <= width { right } else { card.left - gap - own_width };
            let top = f32::midpoint(card.top, card.bottom) - own_height / 2.0;
            Rect::ltwh(left.max(0.0), top.clamp(0.0, (height - own_height).max(0.0)), own_width, own_height)
        }
    };
    let upwards = matches!(place, Place::Corner(Corner::BottomLeft | Corner::BottomRight));
    while let Some(other) = others.iter().find(|it| it.area.intersection(area).area() > 0.0) {
        let top = if upwards { other.area.top - gap - own_height } else { other.area.bottom + gap };
        if top < 0.0 || top + own_height > height {
            break;
        }
        area = Rect::ltwh(area.left, top, own_width, own_height);
    }
    let area = Rect::ltwh(area.left.round(), area.top.round(), own_width, own_height);
    Some(Panel { area, accent: words.accent, texts: label.texts, opacity: style.opacity.max(0.6), zoom })
}

/// A line cut where its script allows it (Unicode Standard Annex 14), so that no part is wider than
/// `room`: at spaces, and between the letters of Chinese and Japanese.
fn broken(line: &[Piece], room: f32, measure: &mut dyn Measure) -> Vec<Vec<Piece>> {
    let whole: String = line.iter().map(|(text, ..)| text.as_str()).collect();
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    let (mut used, mut from) = (0.0, 0);
    // The piece to which the last text of the line belongs.
    let mut written = None;
    for (to, _) in unicode_linebreak::linebreaks(&whole) {
        let parts = parts(line, from, to);
        let width: f32 = parts.iter().map(|(_, text, size)| measure.width(text, *size)).sum();
        let blank = parts.last().map_or(0.0, |(_, text, size)| {
            measure.width(text, *size) - measure.width(text.trim_end(), *size)
        });
        if used > 0.0 && used + width - blank > room {
            lines.push(Vec::new());
            (used, written) = (0.0, None);
        }
        used += width;
        let last = lines.last_mut().expect("there is a line");
        for (piece, text, size) in parts {
            match last.last_mut() {
                // What belongs to one piece stays one text: fewer to shape.
                Some((before, ..)) if written == Some(piece) => before.push_str(text),
                _ => last.push((text.to_owned(), size, line[piece].2)),
            }
            written = Some(piece);
        }
        from = to;
    }
    lines
}

/// What lies between two places of a line's whole text: the number of the piece, its text and size.
fn parts(line: &[Piece], from: usize, to: usize) -> Vec<(usize, &str, f32)> {
    let mut start = 0;
    let mut parts = Vec::new();
    for (number, (text, size, _)) in line.iter().enumerate() {
        let inside = |at: usize| at.clamp(start, start + text.len()) - start;
        let part = &text[inside(from)..inside(to)];
        if !part.is_empty() {
            parts.push((number, part, *size));
        }
        start += text.len();
    }
    parts
}
