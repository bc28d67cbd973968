//! The marked practice table, compared with the image in `golden/`; `BLESS=1` writes it anew.

use marks::render::Backdrop;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use tracking::track::Track;

#[path = "../../marks/tests/support/golden.rs"]
mod golden;
#[path = "../../marks/tests/support/track.rs"]
mod track;

use golden::{check, device};
use track::{known, track};

/// The practice table as it is marked when everything is recognised.
#[test]
fn table() {
    let Some(mut device) = device() else { return };
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let state = Table::new(3, [768, 432], painter.catalogue()).at(3.0);
    let picture = painter.paint(&state).clone();
    let tracks: Vec<Track> = (0..)
        .zip(state.readable())
        .map(|(number, card)| Track {
            modifiers: card.modifiers.clone(),
            ..track(number, known(&card.id, 0.97), card.quad)
        })
        .collect();
    let view = View { window: state.size, frame: state.size };
    let catalogue = synth::practice::catalogue();
    let scene = scene::build(
        &tracks,
        &catalogue,
        &Style::default(),
        view,
        &OverlayScene::default(),
        &mut FontMeasure::default(),
    );
    check("table", &device.draw(&scene, Backdrop::Picture((&picture).into())).unwrap());
}
