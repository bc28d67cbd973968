//! Images of scenes, compared with those in `golden/`; `BLESS=1` writes them anew.

use std::path::Path;

use lens_core::catalogue::Catalogue;
use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::{ChannelOrder, Pixels};
use marks::render::Backdrop;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use tracking::track::Track;
use vision::reading::Identity;

#[path = "support/golden.rs"]
mod golden;
#[path = "support/track.rs"]
mod track;

use golden::{check, device};
use track::{known, track};

/// No card can hold such an image; it is shrunk.
#[test]
fn an_image_wider_than_any_texture_is_drawn() {
    let Some(mut device) = device() else { return };
    let data = [40, 200, 90, 255].repeat(40_000);
    let pixels = Pixels::new(&data, 40_000, 1, ChannelOrder::Rgbx).unwrap();
    let drawn = device.draw(&OverlayScene::default(), Backdrop::Picture(pixels)).unwrap();
    assert_eq!(drawn.get_pixel(drawn.width() / 2, drawn.height() / 2).0, [40, 200, 90, 255]);
}

/// One card of each look on a see-through window.
#[test]
fn looks() {
    let Some(mut device) = device() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/practice.json");
    let catalogue = Catalogue::read(&path).unwrap();
    let at = |column: u16, row: u16| {
        let (left, top) = (14.0 + 78.0 * f32::from(column), 34.0 + 130.0 * f32::from(row));
        Quad::from_rect(Rect::ltwh(left, top, 62.0, 84.0))
    };
    let edition = |edition: &str| Modifiers { edition: edition.into(), ..Modifiers::default() };
    let busy =
        Modifiers { enhancement: "steel".into(), seal: "red".into(), debuffed: true, ..Modifiers::default() };
    let tilted = Quad::from_xy([[100.0, 170.0], [160.0, 160.0], [172.0, 240.0], [108.0, 252.0]]);
    let named =
        |number: u64, id: &str, quad, modifiers| Track { modifiers, ..track(number, known(id, 0.97), quad) };
    let tracks = [
        named(0, "H_A", at(0, 0), Modifiers::default()),
        named(1, "S_10", at(1, 0), edition("foil")),
        named(2, "C_7", at(2, 0), edition("holographic")),
        named(3, "D_K", at(3, 0), edition("polychrome")),
        named(4, "D_Q", at(4, 0), edition("negative")),
        track(5, Identity::Unknown { nearest: None }, at(0, 1)),
        named(6, "S_2", tilted, busy),
        Track { opacity: 0.4, ..track(7, known("S_3", 0.97), at(3, 1)) },
    ];
    let view = View { window: [410, 270], frame: [410, 270] };
    let scene = scene::build(
        &tracks,
        &catalogue,
        &Style::default(),
        view,
        &OverlayScene::default(),
        &mut FontMeasure::default(),
    );
    let drawn = device.draw(&scene, Backdrop::Transparent).unwrap();
    let alpha = |x: u32, y: u32| drawn.get_pixel(x, y)[3];
    assert_eq!(alpha(405, 265), 0, "what is not drawn is see-through");
    assert!(alpha(45, 34) > 240, "the upper edge of the first card is drawn");
    assert!(alpha(45, 76) < 30, "the inside of a card stays visible");
    assert_eq!(drawn, device.draw(&scene, Backdrop::Transparent).unwrap(), "drawing twice is the same");
    check("looks", &drawn);
}
