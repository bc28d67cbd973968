//! How a card is marked: its type decides the stroke, its edition what the stroke runs into.

use lens_core::catalogue::Catalogue;
use lens_core::modifiers::edition;

use super::colour::Colour;
use super::style::Palette;
use tracking::track::Track;
use vision::reading::Identity;

/// How a card's stroke runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// From one colour to the other and back.
    Solid,
    /// In dashes: the card is unknown.
    Dashed,
    /// Through all colours: polychrome.
    Rainbow,
}

/// Colours and line of a card's mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkStyle {
    /// Colour of the card's type.
    pub accent: Colour,
    /// What the stroke runs into: the edition's colour, or the accent again.
    pub second: Colour,
    pub line: Line,
}

impl MarkStyle {
    /// A card that the catalogue does not list is solid, and coloured as unknown ones are.
    pub fn new(track: &Track, catalogue: &Catalogue, palette: &Palette) -> Self {
        let unknown = palette.unknown;
        let card = match &track.identity {
            Identity::Known { id, .. } => catalogue.card(id),
            Identity::Unknown { .. } => {
                return Self { accent: unknown, second: unknown, line: Line::Dashed };
            }
        };
        let accent = card.map_or(unknown, |card| palette.of_type(card.card_type));
        let line = if track.modifiers.edition == edition::POLYCHROME { Line::Rainbow } else { Line::Solid };
        Self { accent, second: palette.of_edition(&track.modifiers.edition).unwrap_or(accent), line }
    }
}
