//! The marked practice table, compared with the picture in `golden/`; `BLESS=1` writes it anew.

use std::path::PathBuf;

use image::RgbaImage;
use lens_core::geometry::Quad;
use lens_core::modifiers::Modifiers;
use marks::render::Backdrop;
use marks::render::offscreen::Offscreen;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
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

/// The practice table as it is marked when everything is recognised.
#[test]
fn table() {
    let Some(mut device) = device() else { return };
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let state = Table::new(3, [768, 432], painter.catalogue()).at(3.0);
    let picture = painter.paint(&state).clone();
    let tracks: Vec<Track> = (0..)
        .zip(state.readable())
        .map(|(id, card)| track(id, Some(&card.id), card.quad, card.modifiers.clone()))
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
