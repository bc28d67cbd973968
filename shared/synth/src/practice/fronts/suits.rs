//! The four suits in three sizes.

use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;
use super::Colours;

/// A suit in its colours.
pub(super) struct Suit {
    letter: char,
    /// Of pips and ranks.
    pub(super) colour: Colour,
    /// Of ornaments beside them.
    pub(super) accent: Colour,
}

impl Suit {
    /// The suit of a letter.
    pub(super) fn new(letter: char, colours: Colours) -> Self {
        let (colour, accent) = match (letter, colours) {
            ('H', Colours::Two) => (RED, GOLD),
            ('H', Colours::Four) => (ROSE, ORANGE),
            ('D', Colours::Two) => (WINE, ORANGE),
            ('D', Colours::Four) => (BLUE, SKY),
            ('C', Colours::Two) => (FOREST, LIME),
            ('C', Colours::Four) => (GREEN, LEMON),
            (_, Colours::Two) => (INK, SEA),
            (_, Colours::Four) => (PLUM, LILAC),
        };
        Self { letter, colour, accent }
    }

    /// Seven pixels wide, for the corner.
    pub(super) fn small(&self) -> &'static str {
        match self.letter {
            'H' => ".##.##./#######/#######/#######/.#####./..###../...#...",
            'C' => "..###../..###../###.###/#######/##.#.##/...#.../..###..",
            'D' => "...#.../..###../.#####./#######/.#####./..###../...#...",
            _ => "...#.../..###../.#####./#######/#######/.#.#.#./..###..",
        }
    }

    /// Eleven pixels wide, around its middle.
    pub(super) fn pip(&self, pen: &mut Pen, x: i32, y: i32) {
        let rows = match self.letter {
            'H' => {
                "..##...##../.####.####./###########/###########/###########/.#########./..#######../...#####.../\
                 ....###..../.....#....."
            }
            'C' => {
                "....###..../...#####.../...#####.../....###..../.###.#.###./###########/###########/.###.#.###./\
                 .....#...../....###...."
            }
            'D' => {
                ".....#...../....###..../...#####.../..#######../.#########./..#######../...#####.../....###..../\
                 .....#....."
            }
            _ => {
                ".....#...../....###..../...#####.../..#######../.#########./###########/###########/####.#.####/\
                 .##..#..##./....###...."
            }
        };
        let (left, top) = (x - 5, y - 5);
        pen.flat(self.colour, bitmap(rows, left, top));
        let highlight = match self.letter {
            'H' => (2, 2),
            'C' => (4, 1),
            'D' => (4, 3),
            _ => (3, 4),
        };
        pen.flat(lit(lit(self.colour)), bitmap("##/#.", left + highlight.0, top + highlight.1));
    }

    /// The ace's pip.
    pub(super) fn large(&self, pen: &mut Pen) {
        let shape = match self.letter {
            'H' => disc(28, 42, 8).mirrored().or(poly(&[(20, 45), (50, 45), (35, 63)])),
            'C' => disc(35, 38, 7).or(disc(27, 49, 7).mirrored()).or(poly(&[
                (34, 44),
                (36, 44),
                (40, 62),
                (30, 62),
            ])),
            'D' => poly(&[(35, 30), (48, 47), (35, 64), (22, 47)]),
            _ => disc(28, 51, 7).mirrored().or(poly(&[(35, 30), (50, 49), (20, 49)])).or(poly(&[
                (34, 50),
                (36, 50),
                (41, 63),
                (29, 63),
            ])),
        };
        pen.ink(shaded(shaded(self.colour)));
        pen.part(self.colour, shape);
        pen.ink(INK);
        pen.flat(self.accent, star(35, 48, 4, 6, 2));
    }
}
