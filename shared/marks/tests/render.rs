//! Pictures of scenes, compared with those in `golden/`; `BLESS=1` writes them anew.

use std::path::{Path, PathBuf};

use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use marks::render::Backdrop;
use marks::render::offscreen::Offscreen;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use tracking::track::Track;
use vision::reading::Identity;

/// Opens a graphics device, or says loudly that there is none.
fn device() -> Option<Offscreen> {
    match Offscreen::open() {
        Ok(offscreen) => Some(offscreen),
        Err(error) => {
            println!("SKIPPED: {error}");
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

/// Compares with the kept picture. Drivers differ in the last bit of an edge, not in what is drawn.
#[track_caller]
fn check(name: &str, drawn: &RgbaImage) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("png");
    if std::env::var_os("BLESS").is_some() {
        drawn.save(&path).unwrap();
        return;
    }
    let kept = image::open(&path).expect("run once with BLESS=1").into_rgba8();
    assert_eq!(kept.dimensions(), drawn.dimensions(), "{name}");
    let far =
        |(a, b): &(&image::Rgba<u8>, &image::Rgba<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24);
    let differing = kept.pixels().zip(drawn.pixels()).filter(far).count();
    if differing * 1000 > kept.pixels().len() {
        let beside = std::env::temp_dir().join(format!("{name}.png"));
        drawn.save(&beside).unwrap();
        panic!("{name}: {differing} pixels differ; what was drawn is in {}", beside.display());
    }
}

fn track(
    id: u64,
    card: Option<&str>,
    quad: Quad<lens_core::geometry::InFrame>,
    modifiers: Modifiers,
) -> Track {
    let identity = match card {
        Some(card) => Identity::Known { id: card.into(), confidence: 0.97 },
        None => Identity::Unknown { nearest: None },
    };
    Track { id, quad, identity, modifiers, guesses: Vec::new(), opacity: 1.0, velocity: [0.0; 2] }
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
    let tracks = [
        track(0, Some("H_A"), at(0, 0), Modifiers::default()),
        track(1, Some("S_10"), at(1, 0), edition("foil")),
        track(2, Some("C_7"), at(2, 0), edition("holographic")),
        track(3, Some("D_K"), at(3, 0), edition("polychrome")),
        track(4, Some("D_Q"), at(4, 0), edition("negative")),
        track(5, None, at(0, 1), Modifiers::default()),
        track(6, Some("S_2"), tilted, busy),
        Track { opacity: 0.4, ..track(7, Some("S_3"), at(3, 1), Modifiers::default()) },
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
