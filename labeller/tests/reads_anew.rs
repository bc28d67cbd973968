//! What the present model reads is what counts: Enter waits for it where a former one read a card
//! when that was captured, and what was taught does not hide it.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use labeller::app::App;
use labeller::inference::{Inference, Job};
use labeller::repository::Folders;
use labeller::verify::Oddity;
use labeller::window::Labeller;
use vision::runtime::Runtime;

#[path = "support/cut.rs"]
mod cut;
#[path = "support/opened.rs"]
mod opened;
#[path = "support/settled.rs"]
mod settled;

use settled::settle;

#[test]
fn enter_acts_on_what_the_present_model_reads() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let model = cut::model(root.path(), "practice");
    let folders =
        Folders { captures: root.path().join("screenshots"), labels: root.path().join("dataset_default") };
    let mut captures = Captures::open(&folders.captures).unwrap();
    let crop = cut::capture("x_owl", false);
    let hashes = captures.hashes(&crop);
    // Sure enough to stand in the form, not to speak against another model.
    let context = CaptureContext {
        window: [1280, 720],
        model: Some("former".into()),
        card: Some("S_K".into()),
        guesses: vec![("S_K".into(), 0.85)],
        ..CaptureContext::default()
    };
    captures.add(&crop, hashes, context).unwrap();

    let catalogue = synth::practice::catalogue();
    let names = ["S_K", "x_owl"].map(|id| catalogue.card(id).unwrap().name.clone());
    let pictures = vec![folders.captures.clone(), folders.labels.clone()];
    // The model answers once, and nothing more until the test has seen what is there before.
    let (open, gate) = sync_channel::<()>(1);
    let mut gate = Some(gate);
    let app = App::open(folders, move |repository, session| {
        let gate = gate.take().expect("the data set is opened once");
        let inference = Inference::start(model.clone(), pictures.clone(), move || {
            let _ = gate.recv();
        });
        assert!(inference.ask(Job::Know));
        Labeller::new(repository, session, Arc::clone(&catalogue), Some(inference))
    });
    let mut harness = opened::open(app.unwrap(), ([1280.0, 800.0], 1.0));
    let label = |harness: &egui_kittest::Harness<'static, App>| {
        let session = harness.state().labeller().unwrap().session();
        session.pictures()[0].label.as_ref().map(|label| label.name.clone())
    };
    harness.run_steps(2);
    assert_eq!(harness.state().labeller().unwrap().form().name, names[0]);
    harness.key_press(Key::Enter);
    harness.run_steps(1);
    assert_eq!(label(&harness), None, "nothing is named before it is read");
    drop(open);
    settle(&mut harness);
    assert_eq!(label(&harness), None, "nor something that was not shown");
    let said = harness.state().labeller().unwrap().message().unwrap_or_default().to_owned();
    assert!(said.contains(&names[0]), "{said}");
    assert_eq!(harness.state().labeller().unwrap().form().name, names[1]);
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert_eq!(label(&harness).as_ref(), Some(&names[1]));
}

/// A slip of one key: the card was called no card, which taught the model so, and then neither
/// Verify nor its other captures said what the model reads by itself.
#[test]
fn a_card_that_was_taught_to_be_none_is_still_read() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let model = cut::model(root.path(), "practice");
    let folders =
        Folders { captures: root.path().join("screenshots"), labels: root.path().join("dataset_default") };
    let mut captures = Captures::open(&folders.captures).unwrap();
    let crop = cut::capture("x_owl", false);
    // The second one is a little darker, and in a group of its own.
    let mut darker = crop.clone();
    darker.pixels_mut().for_each(|pixel| pixel.0[..3].iter_mut().for_each(|it| *it = *it / 8 * 7));
    for (at, (crop, card)) in [(&crop, "x_owl"), (&darker, "x_cat")].into_iter().enumerate() {
        let context = CaptureContext {
            window: [1280, 720],
            taken_at_millis: at as u64,
            guesses: vec![(card.into(), 0.99)],
            card: Some(card.into()),
            ..CaptureContext::default()
        };
        let hashes = captures.hashes(crop);
        captures.add(crop, hashes, context).unwrap();
    }
    drop(captures);

    let catalogue = synth::practice::catalogue();
    let pictures = vec![folders.captures.clone(), folders.labels.clone()];
    let app = App::open(folders, move |repository, session| {
        let inference = Inference::start(model.clone(), pictures.clone(), || {});
        Labeller::new(repository, session, Arc::clone(&catalogue), Some(inference))
    });
    let mut harness = opened::open(app.unwrap(), ([1280.0, 800.0], 1.0));
    settle(&mut harness);
    assert_eq!(harness.state().labeller().unwrap().session().queue().len(), 2);
    harness.key_press(Key::Num0);
    harness.key_press(Key::Enter);
    settle(&mut harness);
    let labeller = harness.state().labeller().unwrap();
    assert_eq!(labeller.session().queue().len(), 1, "one is labelled, and taught");
    // The other one is read as before, and nobody takes the slip over by Enter.
    assert!(harness.query_by_label_contains("1  Owl  model").is_some());
    assert!(harness.query_by_label_contains("Not a card  taught").is_some());
    assert_eq!(harness.state().labeller().unwrap().form().name, "");
    harness.key_press(Key::F2);
    let start = Instant::now();
    while harness.state().labeller().unwrap().odd().is_empty() {
        settle(&mut harness);
        assert!(start.elapsed() < Duration::from_secs(30), "Verify does not show the slip");
    }
    let odd = harness.state().labeller().unwrap().odd();
    assert!(odd.len() == 1 && *odd[0].1 == Oddity::ReadAs("Owl".into()), "{odd:?}");
}
