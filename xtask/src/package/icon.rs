//! The program's icon, drawn here: a lens over a fan of cards. Nothing of a game's art is in it.

use std::fmt::Write as _;

/// Side of the image.
const SIDE: i32 = 256;
/// The cards' angles about the foot of the fan, in degrees, and their colours.
const FAN: [(i32, &str); 3] = [(-24, "#4fc3d9"), (0, "#f5f2e8"), (24, "#f5b041")];

/// As SVG.
pub(super) fn svg() -> String {
    let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\">\n");
    let _ = writeln!(svg, "<rect width=\"{SIDE}\" height=\"{SIDE}\" rx=\"48\" fill=\"#1f2a2e\"/>");
    for (angle, colour) in FAN {
        let _ = writeln!(
            svg,
            "<rect x=\"84\" y=\"58\" width=\"88\" height=\"124\" rx=\"10\" fill=\"{colour}\" stroke=\"#1f2a2e\" \
             stroke-width=\"5\" transform=\"rotate({angle} 128 212)\"/>"
        );
    }
    let _ = writeln!(
        svg,
        "<circle cx=\"140\" cy=\"122\" r=\"52\" fill=\"#ffffff\" fill-opacity=\".25\" stroke=\"#e2574c\" \
         stroke-width=\"14\"/>"
    );
    let _ = writeln!(
        svg,
        "<path d=\"M178 160 L222 206\" stroke=\"#e2574c\" stroke-width=\"20\" stroke-linecap=\"round\"/>"
    );
    svg + "</svg>\n"
}
