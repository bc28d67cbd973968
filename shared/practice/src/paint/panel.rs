//! What lies on the table beside cards: the side panel and its numbers, the rows, the shop's board.
//!
//! It is there so that recognition sees what is no card.

use lens_core::geometry::{InFrame, Rect};
use synth::canvas::Canvas;
use synth::canvas::writer::Writer;

use crate::table::TableState;

const PANEL: [u8; 3] = [34, 41, 48];
const BOX: [u8; 3] = [22, 27, 33];
const RED: [u8; 3] = [226, 78, 66];
const BLUE: [u8; 3] = [38, 139, 214];
const GOLD: [u8; 3] = [240, 178, 62];
const WHITE: [u8; 3] = [240, 244, 248];
const GREY: [u8; 3] = [150, 162, 174];

/// Draws everything that lies below the cards.
pub(super) fn paint(canvas: &mut Canvas, writer: &mut Writer, state: &TableState) {
    let zoom = state.size[1] as f32 / 720.0;
    let width = (state.size[0] as f32 / zoom).max(1000.0);
    let mut board = Board { canvas, writer, zoom };
    board.side(state);
    board.row(325.0, 30.0, width - 310.0, 194.0, "5/5");
    board.row(width - 288.0, 30.0, width - 24.0, 194.0, "2/2");
    if state.shop > 0.0 {
        let top = 275.0 + 445.0 * (1.0 - state.shop);
        let centre = f32::midpoint(300.0, width);
        board.panel([centre - 300.0, top, centre + 270.0, top + 500.0], 14.0, PANEL, 0.96);
        for (row, label) in [(0.0, "REROLL"), (56.0, "NEXT")] {
            let area = [centre - 285.0, top + 22.0 + row, centre - 150.0, top + 68.0 + row];
            board.panel(area, 8.0, if row == 0.0 { [66, 160, 90] } else { RED }, 1.0);
            board.write(label, [centre - 217.0, top + 52.0 + row], 20.0, WHITE);
        }
    }
}

struct Board<'a> {
    canvas: &'a mut Canvas,
    writer: &'a mut Writer,
    zoom: f32,
}

impl Board<'_> {
    fn side(&mut self, state: &TableState) {
        self.panel([24.0, -20.0, 300.0, 740.0], 10.0, PANEL, 0.97);
        self.panel([36.0, 16.0, 288.0, 66.0], 8.0, [60, 110, 150], 1.0);
        self.write("Practice Blind", [162.0, 49.0], 24.0, WHITE);
        self.panel([36.0, 76.0, 288.0, 196.0], 8.0, BOX, 1.0);
        self.panel([56.0, 92.0, 144.0, 180.0], 44.0, GOLD, 1.0);
        self.write("PB", [100.0, 147.0], 30.0, BOX);
        self.write("Score at least", [214.0, 112.0], 13.0, GREY);
        self.write(&(300 + 150 * state.round).to_string(), [214.0, 146.0], 28.0, RED);
        self.write("Reward $$$$", [214.0, 176.0], 14.0, GOLD);
        self.panel([36.0, 208.0, 288.0, 266.0], 8.0, BOX, 1.0);
        self.write("Round score", [98.0, 242.0], 14.0, GREY);
        self.write(&state.score.to_string(), [210.0, 248.0], 28.0, WHITE);
        self.panel([36.0, 290.0, 148.0, 350.0], 10.0, BLUE, 1.0);
        self.panel([176.0, 290.0, 288.0, 350.0], 10.0, RED, 1.0);
        self.write(&(10 + state.score % 97).to_string(), [92.0, 331.0], 32.0, WHITE);
        self.write("x", [162.0, 331.0], 26.0, RED);
        self.write(&(1 + state.score % 13).to_string(), [232.0, 331.0], 32.0, WHITE);
        let round = state.round;
        let boxes = [
            ("Hands", 4, BLUE),
            ("Discards", 3, RED),
            ("Money", 4 + (round % 30) as u32, GOLD),
            ("Round", (round + 1) as u32, GOLD),
        ];
        for (index, (label, value, colour)) in boxes.into_iter().enumerate() {
            let (left, top) = (36.0 + 129.0 * (index % 2) as f32, 372.0 + 92.0 * (index / 2) as f32);
            self.panel([left, top, left + 123.0, top + 84.0], 8.0, BOX, 1.0);
            self.write(label, [left + 61.0, top + 24.0], 14.0, GREY);
            self.write(&value.to_string(), [left + 61.0, top + 64.0], 30.0, colour);
        }
        self.panel([36.0, 568.0, 288.0, 620.0], 8.0, RED, 1.0);
        self.write("Run info", [162.0, 602.0], 22.0, WHITE);
        self.panel([36.0, 630.0, 288.0, 682.0], 8.0, GOLD, 1.0);
        self.write("Options", [162.0, 664.0], 22.0, WHITE);
    }

    /// A place for cards, with how many it holds.
    fn row(&mut self, left: f32, top: f32, right: f32, bottom: f32, label: &str) {
        self.panel([left, top, right, bottom], 12.0, [0, 0, 0], 0.22);
        self.write(label, [left + 22.0, bottom + 18.0], 13.0, WHITE);
    }

    fn panel(&mut self, area: [f32; 4], radius: f32, colour: [u8; 3], opacity: f32) {
        let [left, top, right, bottom] = area.map(|side| side * self.zoom);
        let area: Rect<InFrame> = Rect::ltrb(left, top, right, bottom);
        self.canvas.smooth_rounded(area, radius * self.zoom, colour, opacity);
    }

    fn write(&mut self, text: &str, at: [f32; 2], size: f32, colour: [u8; 3]) {
        let at = at.map(|side| side * self.zoom);
        let size = (size * self.zoom).round().max(4.0);
        self.writer.centred(self.canvas, text, at, size, colour);
    }
}
