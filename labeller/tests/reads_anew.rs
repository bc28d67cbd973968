//! What a former model read when a card was captured names nothing: Enter waits until the present
//! one has read it.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use egui::Key;
use labeller::app::App;
use labeller::inference::{Inference, Job};
use labeller::repository::Folders;
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
