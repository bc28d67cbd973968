//! What one model was taught is known to the next, from the captures alone.

use std::path::{Path, PathBuf};

use dataset::captures::crop;
use image::{Rgba, RgbaImage, imageops};
use lens_core::modifiers::Modifiers;
use lens_core::pixels::Pixels;
use vision::enrol;
use vision::gallery::{self, Prototype};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

/// A copy of the practice model in a folder of this name.
fn model(root: &Path, name: &str) -> PathBuf {
    let (from, to) = (lens_core::paths::model("practice"), root.join(name));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().contains("gallery") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    to
}

/// A capture of a practice card as it is cut out; upside down it is a card that nobody has seen.
fn capture(id: &str, upside_down: bool) -> RgbaImage {
    let sprites = synth::practice::sprites();
    let card = synth::single::picture(&sprites, id, &Modifiers::default(), 2, 1).unwrap();
    let card = if upside_down { imageops::rotate180(&card) } else { card };
    let margin = crop::quad_in_crop(1000, 1000).bounds().left / 1000.0;
    let around = |side: u32| (side as f32 * margin).round() as u32;
    let (left, top) = (around(card.width()), around(card.height()));
    let mut crop =
        RgbaImage::from_pixel(card.width() + 2 * left, card.height() + 2 * top, Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut crop, &card, left.into(), top.into());
    crop
}

#[test]
fn the_next_model_learns_the_captures_and_passes_over_what_it_knows() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let (one, next) = (model(root.path(), "one"), model(root.path(), "next"));
    let options = Options { threads: 1, ..Options::default() };
    let picture = |file: &str| match file {
        "strange.png" => Some(capture("x_owl", true)),
        "known.png" => Some(capture("x_owl", false)),
        _ => None,
    };
    let taught = |id: &str, file: &str| Prototype {
        id: id.into(),
        name: id.into(),
        embedding: vec![1.0; 128],
        capture: Some(file.into()),
        taught_at_millis: None,
    };
    let cards =
        vec![taught("mod_owl", "strange.png"), taught("x_owl", "known.png"), taught("gone", "gone.png")];
    gallery::enrol(&one, cards).unwrap();

    let mut recogniser = Recogniser::open(&next, &options).unwrap();
    let says = |recogniser: &mut Recogniser| {
        let crop = capture("x_owl", true);
        let quad = crop::quad_in_crop(crop.width(), crop.height());
        enrol::name_of(recogniser, &Pixels::from(&crop), quad).unwrap()
    };
    assert_ne!(says(&mut recogniser).as_deref(), Some("mod_owl"));
    assert_eq!(enrol::carry_over(&mut recogniser, &next, &picture).unwrap(), 1);
    assert_eq!(says(&mut recogniser).as_deref(), Some("mod_owl"));
    let ids: Vec<String> =
        gallery::prototypes(&next).unwrap().into_iter().map(|card| card.id.into()).collect();
    assert_eq!(ids, ["mod_owl"], "the model names the other right by itself, and one capture is not there");
    assert_eq!(enrol::carry_over(&mut recogniser, &next, &picture).unwrap(), 0, "nothing is learnt twice");
    assert_eq!(says(&mut Recogniser::open(&next, &options).unwrap()).as_deref(), Some("mod_owl"));

    // What is forgotten does not come back from the other model; networks that were replaced leave
    // their captures.
    gallery::forget(&next, "strange.png").unwrap();
    assert_eq!(enrol::carry_over(&mut recogniser, &next, &picture).unwrap(), 0);
    let other = tempfile::tempdir().unwrap();
    let alone = model(other.path(), "alone");
    gallery::enrol(&alone, vec![taught("mod_owl", "strange.png")]).unwrap();
    std::fs::rename(alone.join(gallery::FILE_NAME), alone.join(gallery::REPLACED)).unwrap();
    let mut recogniser = Recogniser::open(&alone, &options).unwrap();
    assert_eq!(enrol::carry_over(&mut recogniser, &alone, &picture).unwrap(), 1);
    assert_eq!(says(&mut recogniser).as_deref(), Some("mod_owl"));
    gallery::forget(&alone, "strange.png").unwrap();
    assert_eq!(
        enrol::carry_over(&mut recogniser, &alone, &picture).unwrap(),
        0,
        "not from the old file either"
    );
}
