//! Another name for a card reaches all that was taught, in every model; no network has to run for
//! that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataset::labels::Label;
use dataset::labels::store::{Change, Store};
use labeller::inference::Inference;
use labeller::intent::Intent;
use labeller::repository::{Folders, Repository};
use labeller::session::{Action, Worn};
use labeller::window::Labeller;
use vision::gallery::{self, Prototype};

/// More than one action teaches.
const CAPTURES: [&str; 5] = ["a.png", "b.png", "c.png", "d.png", "e.png"];

fn label(name: &str) -> Label {
    Label { name: name.into(), ..Label::default() }
}

fn taught(folder: &Path) -> BTreeMap<String, (String, String)> {
    let cards = gallery::prototypes(folder).unwrap().into_iter();
    cards.map(|it| (it.capture.unwrap_or_default(), (it.id.into(), it.name))).collect()
}

struct Bench {
    root: tempfile::TempDir,
}

impl Bench {
    /// Captures with this label, and two models that were taught by them and by one that has no
    /// label.
    fn new(label: &Label) -> Self {
        let bench = Self { root: tempfile::tempdir().unwrap() };
        let id = label.class();
        let mut store = Store::open(&bench.folders().labels, &bench.folders().captures).unwrap();
        let named = |file: &str| Change::Label { file: file.into(), label: Some(Box::new(label.clone())) };
        store.apply(&CAPTURES.map(named)).unwrap();
        for model in bench.models() {
            std::fs::create_dir_all(&model).unwrap();
            let cards = CAPTURES.iter().chain(&["unlabelled.png"]).map(|file| Prototype {
                id: id.into(),
                name: id.into(),
                embedding: vec![1.0],
                capture: Some((*file).into()),
                taught_at_millis: None,
            });
            gallery::enrol(&model, cards.collect()).unwrap();
        }
        bench
    }

    fn folders(&self) -> Folders {
        Folders { captures: self.root.path().join("raw"), labels: self.root.path().join("data") }
    }

    fn models(&self) -> [PathBuf; 2] {
        ["one", "other"].map(|name| self.root.path().join("models").join(name))
    }

    /// Does this in a window, and closes it: the networks finish first.
    fn obey(&self, intents: Vec<Intent>) {
        let folders = self.folders();
        let inference = Inference::start(self.models()[0].clone(), vec![folders.captures.clone()], || {});
        let (repository, session) = Repository::open(folders).unwrap();
        let mut labeller = Labeller::new(repository, session, synth::practice::catalogue(), Some(inference));
        let context = egui::Context::default();
        intents.into_iter().for_each(|intent| labeller.obey(&context, intent));
    }

    fn relabel(files: &[&str], label: &Label) -> Intent {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        Intent::Act(Box::new(Action::Relabel(files, label.clone(), Worn::new())))
    }

    /// What each capture is called now, the same in both models.
    #[track_caller]
    fn check(&self, want: &[(&str, &str)]) {
        let want: BTreeMap<String, (String, String)> =
            want.iter().map(|(file, name)| ((*file).into(), ((*name).into(), (*name).into()))).collect();
        for model in self.models() {
            assert_eq!(taught(&model), want, "{}", model.display());
        }
    }
}

fn all(name: &'static str, unlabelled: &'static str) -> Vec<(&'static str, &'static str)> {
    CAPTURES.iter().map(|file| (*file, name)).chain([("unlabelled.png", unlabelled)]).collect()
}

#[test]
fn a_card_that_is_renamed_is_so_wherever_it_was_taught_and_back() {
    let bench = Bench::new(&label("Foo"));
    let rename = Bench::relabel(&CAPTURES, &label("Bar"));
    bench.obey(vec![rename]);
    bench.check(&all("Bar", "Bar"));
    bench.obey(vec![Bench::relabel(&CAPTURES, &label("Baz")), Intent::Undo]);
    bench.check(&all("Bar", "Bar"));
}

#[test]
fn some_captures_that_were_misnamed_leave_the_others_their_name() {
    let bench = Bench::new(&label("Foo"));
    bench.obey(vec![Bench::relabel(&CAPTURES[..1], &label("Bar"))]);
    let mut want = all("Foo", "Foo");
    want[0].1 = "Bar";
    bench.check(&want);
}

#[test]
fn a_listed_card_is_there_though_no_picture_of_it_is_left() {
    let bench = Bench::new(&Label { id: Some("H_A".into()), ..label("H_A") });
    bench.obey(vec![Bench::relabel(&CAPTURES, &label("Bar"))]);
    bench.check(&all("Bar", "H_A"));
}
