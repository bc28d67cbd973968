//! What one model was taught is known to the next, from the captures alone.

use dataset::captures::crop;
use lens_core::pixels::Pixels;
use vision::enrol;
use vision::gallery::{self, Prototype};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

#[path = "support/cut.rs"]
mod cut;

use cut::{capture, model};

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
    gallery::forget(&next, &["strange.png".to_owned()]).unwrap();
    assert_eq!(enrol::carry_over(&mut recogniser, &next, &picture).unwrap(), 0);
    let other = tempfile::tempdir().unwrap();
    let alone = model(other.path(), "alone");
    gallery::enrol(&alone, vec![taught("mod_owl", "strange.png")]).unwrap();
    std::fs::rename(alone.join(gallery::FILE_NAME), alone.join(gallery::REPLACED)).unwrap();
    let mut recogniser = Recogniser::open(&alone, &options).unwrap();
    assert_eq!(enrol::carry_over(&mut recogniser, &alone, &picture).unwrap(), 1);
    assert_eq!(says(&mut recogniser).as_deref(), Some("mod_owl"));
    gallery::forget(&alone, &["strange.png".to_owned()]).unwrap();
    assert_eq!(
        enrol::carry_over(&mut recogniser, &alone, &picture).unwrap(),
        0,
        "not from the old file either"
    );
}
