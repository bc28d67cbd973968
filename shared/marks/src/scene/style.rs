//! What a player wants drawn, and in which colours.

use lens_core::catalogue::CardType;
use lens_core::modifiers::edition;
use lens_core::palette;

use super::colour::{self, Colour};
use tracking::track::Track;
use vision::reading::Identity;

/// What is drawn and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Types of cards that are marked.
    pub types: Vec<CardType>,
    /// Whether cards are marked that the model cannot name.
    pub unknown: bool,
    /// Whether editions and the like are written out.
    pub modifiers: bool,
    /// Whether the confidence is written beside the name.
    pub confidence: bool,
    /// Where all cards are listed.
    pub read_out: Option<Corner>,
    /// 1.0 is the usual size.
    pub text_size: f32,
    /// 1.0 is the usual width, 0.0 no line.
    pub line_width: f32,
    /// Of everything, from 0.0 to 1.0.
    pub opacity: f32,
    pub palette: Palette,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            types: CardType::ALL.to_vec(),
            unknown: true,
            modifiers: true,
            confidence: true,
            read_out: None,
            text_size: 1.0,
            line_width: 1.0,
            opacity: 1.0,
            palette: Palette::default(),
        }
    }
}

impl Style {
    /// Whether a card is marked.
    pub fn shows(&self, track: &Track, catalogue: &lens_core::catalogue::Catalogue) -> bool {
        let card = match &track.identity {
            Identity::Known { id, .. } => catalogue.card(id),
            Identity::Unknown { .. } => return self.unknown,
        };
        // A card that was taught, and is in no catalogue, has no type that could be left out.
        card.is_none_or(|card| self.types.contains(&card.card_type))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Corner {
    pub const ALL: [Self; 4] = [Self::TopLeft, Self::TopRight, Self::BottomLeft, Self::BottomRight];

    /// As it is written in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::TopLeft => "top-left",
            Self::TopRight => "top-right",
            Self::BottomLeft => "bottom-left",
            Self::BottomRight => "bottom-right",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// In the order of [`CardType::ALL`].
    pub types: [Colour; 8],
    /// Cards that the model cannot name.
    pub unknown: Colour,
    /// Foil, holographic, polychrome, negative.
    pub editions: [Colour; 4],
}

/// The editions that have a colour, in the palette's order.
const EDITIONS: [&str; 4] = [edition::FOIL, edition::HOLOGRAPHIC, edition::POLYCHROME, edition::NEGATIVE];

impl Default for Palette {
    fn default() -> Self {
        Self {
            types: CardType::ALL.map(|card_type| Colour::hex(palette::of_type(card_type))),
            unknown: colour::UNKNOWN,
            editions: EDITIONS.map(|word| Colour::hex(palette::of_edition(word).unwrap_or(palette::TEXT))),
        }
    }
}

impl Palette {
    pub fn of_type(&self, card_type: CardType) -> Colour {
        let place = CardType::ALL.iter().position(|it| *it == card_type);
        self.types[place.expect("all types are listed")]
    }

    /// The colour of an edition; `None` for the plain one and for words that are not known.
    pub fn of_edition(&self, word: &str) -> Option<Colour> {
        let place = EDITIONS.iter().position(|it| *it == word)?;
        Some(self.editions[place])
    }
}
