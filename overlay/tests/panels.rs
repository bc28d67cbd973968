//! An image of what is said in boxes, compared with those in `golden/`. `BLESS=1` writes them
//! anew: look at what changed.

use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use marks::render::Backdrop;
use marks::render::text::FontMeasure;
use marks::scene::panel::{Place, Words};
use marks::scene::style::{Corner, Style};
use marks::scene::{self, OverlayScene, View, colour};
use overlay::tooltips::Localisation;
use tracking::track::Track;
use vision::reading::Identity;

#[path = "../../shared/marks/tests/support/golden.rs"]
mod golden;
#[path = "../../shared/marks/tests/support/track.rs"]
mod track;

use golden::{check, device};
use track::{known, track};

/// What is said in boxes: the list of cards, what a card does, a notice.
#[test]
fn panels() {
    let Some(mut device) = device() else { return };
    let catalogue = synth::practice::catalogue();
    let at = |column: u16| Quad::from_rect(Rect::ltwh(24.0 + 90.0 * f32::from(column), 60.0, 62.0, 84.0));
    let foil = Modifiers { edition: "foil".into(), ..Modifiers::default() };
    let tracks = [
        Track { modifiers: foil, ..track(0, known("H_A", 0.97), at(0)) },
        track(1, known("S_10", 0.97), at(1)),
        track(2, Identity::Unknown { nearest: None }, at(2)),
    ];
    let view = View { window: [480, 270], frame: [480, 270] };
    let style = Style { read_out: Some(Corner::TopRight), ..Style::default() };
    let mut measure = FontMeasure::default();
    let mut scene = scene::build(&tracks, &catalogue, &style, view, &OverlayScene::default(), &mut measure);
    let words = Localisation::default().words(&tracks[0], &catalogue, &style.palette);
    scene.say(&words, Place::Beside(scene.marks[0].quad.bounds()), &style, &mut measure);
    let notice = Words::notice("Model practice goes on\nhelp: what to do about it", colour::UNKNOWN);
    scene.say(&notice, Place::Corner(Corner::BottomLeft), &style, &mut measure);
    assert_eq!(scene.panels.len(), 3, "the list, the card's words and the notice");
    check("panels", &device.draw(&scene, Backdrop::Transparent).unwrap());
}
