//! A picture of what is said in boxes, compared with those in `golden/`. `BLESS=1` writes them
//! anew: look at what changed.

use std::path::PathBuf;

use image::RgbaImage;
use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use marks::render::Backdrop;
use marks::render::offscreen::Offscreen;
use marks::render::text::FontMeasure;
use marks::scene::panel::{Place, Words};
use marks::scene::style::{Corner, Style};
use marks::scene::{self, OverlayScene, View, colour};
use overlay::tooltips::Localisation;
use tracking::track::Track;
use vision::reading::Identity;

#[path = "support/track.rs"]
mod track;

use track::{known, track};

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
    assert_eq!(kept.dimensions(), drawn.dimensions(), "another size than the kept picture");
    let far =
        |(a, b): &(&image::Rgba<u8>, &image::Rgba<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24);
    let differing = kept.pixels().zip(drawn.pixels()).filter(far).count();
    if differing * 1000 > kept.pixels().len() {
        let beside = std::env::temp_dir().join(format!("{name}.png"));
        drawn.save(&beside).unwrap();
        panic!("{name}: {differing} pixels differ; what was drawn is in {}", beside.display());
    }
}

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
