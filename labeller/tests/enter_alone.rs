//! A player who only presses Enter, on what the overlay saves of the practice table by itself:
//! hardly any label may be wrong, and the page Verify must show each that is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataset::captures::crop;
use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use dataset::labels::Label;
use dataset::labels::store::{Change, Store};
use egui::{Key, Vec2};
use egui_kittest::Harness;
use labeller::app::App;
use labeller::inference::Inference;
use labeller::repository::Folders;
use labeller::verify::Oddity;
use labeller::window::Labeller;
use lens_core::catalogue::Catalogue;
use lens_core::manifest::NOT_A_CARD;
use lens_core::pixels::Pixels;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::{Table, TableCard};
use vision::network::Options;
use vision::reading::GuessSource;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

#[path = "support/settled.rs"]
mod settled;

use settled::settle;

const SIZE: [u32; 2] = [1280, 720];
/// Captures that the player has.
const CAPTURES: usize = 300;
/// Share of the labels that may be wrong.
const MAX_WRONG: f64 = 0.01;
/// Labels that are made wrong.
const SLIPS: usize = 8;
/// Probability of the first guess from which a capture is taken for that.
const SURE_GUESS: f32 = 0.95;
/// Share of the captures that Enter alone must name: a form that names nothing is never wrong.
const MIN_NAMED: f64 = 0.6;

fn folders(root: &Path) -> Folders {
    Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") }
}

/// A copy of the practice model, for naming teaches it.
fn model(root: &Path) -> PathBuf {
    let (from, to) = (lens_core::paths::model("practice"), root.join("practice"));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().contains("gallery") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    to
}

/// Saves cards of the table as the overlay does by itself, once a second. Returns what each shows:
/// nothing where the table does not say it.
fn capture(folders: &Folders, model: &Path) -> HashMap<String, Option<String>> {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(11, SIZE, painter.catalogue());
    let options = Options { threads: 1, ..Options::default() };
    let mut recogniser = Recogniser::open(model, &options).unwrap();
    let mut captures = Captures::open(&folders.captures).unwrap();
    let mut truth = HashMap::new();
    let mut second = 0.0;
    while truth.len() < CAPTURES {
        second += 1.0;
        let state = table.at(second);
        let picture = painter.paint(&state).clone();
        let pixels = Pixels::from(&picture);
        let cards = recogniser.recognise(&pixels).unwrap().to_vec();
        let frame = captures.add_frame(&pixels).unwrap();
        for card in cards.iter().take(CAPTURES - truth.len()) {
            let crop = crop::crop(&pixels, card.detection.quad);
            let hashes = captures.hashes(&crop);
            let guesses = &card.reading.guesses;
            let enrolled = guesses.iter().filter(|it| it.source == GuessSource::Enrolled);
            let context = CaptureContext {
                quad: Some(card.detection.quad),
                frame: Some(frame.clone()),
                original: None,
                window: SIZE,
                taken_at_millis: (second * 1000.0) as u64,
                model: Some("practice".into()),
                card: card.reading.id().map(ToString::to_string),
                guesses: guesses.iter().map(|it| (it.id.to_string(), it.probability)).collect(),
                enrolled: enrolled.map(|it| it.id.to_string()).collect(),
                modifiers: Some(card.reading.modifiers.clone()),
            };
            let before = captures.records().len();
            let added = captures.add(&crop, hashes, context).unwrap();
            if captures.records().len() > before {
                let file = captures.records()[added.position].filename.clone();
                truth.insert(file, at(&state.cards, card.detection.quad));
            }
        }
    }
    truth
}

/// The card of the table that a quad encloses best.
fn at(cards: &[TableCard], quad: lens_core::geometry::Quad<lens_core::geometry::InFrame>) -> Option<String> {
    let overlap = |card: &&TableCard| card.quad.iou(quad);
    let best = cards.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)))?;
    (overlap(&best) >= 0.5).then(|| best.id.to_string())
}

#[test]
fn enter_alone_names_hardly_anything_wrong_and_verify_shows_it() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let (folders, model) = (folders(root.path()), model(root.path()));
    let truth = capture(&folders, &model);
    let catalogue = synth::practice::catalogue();
    let open = || window(folders.clone(), &model);
    let mut harness = open();

    let named = |harness: &Harness<'static, App>| -> BTreeMap<String, String> {
        let pictures = harness.state().labeller().unwrap().session().pictures().to_vec();
        let labelled = pictures.into_iter().filter_map(|it| Some((it.file, it.label?.class().to_owned())));
        labelled.collect()
    };
    let mut keys = 0;
    loop {
        let session = harness.state().labeller().unwrap().session();
        let (at, waiting, before) = (session.at(), session.queue().len(), named(&harness).len());
        if waiting == 0 {
            break;
        }
        harness.key_press(Key::Enter);
        settle(&mut harness);
        keys += 1;
        if named(&harness).len() == before {
            if at + 1 >= waiting {
                break;
            }
            harness.key_press(Key::ArrowRight);
            settle(&mut harness);
        }
    }
    let labels = named(&harness);
    let is_wrong = |(file, class): &(&String, &String)| match truth.get(*file) {
        Some(Some(card)) => !catalogue.is_same_card(card, class),
        Some(None) => *class != NOT_A_CARD,
        None => panic!("{file} was not captured"),
    };
    let wrong: Vec<(&String, &String)> = labels.iter().filter(is_wrong).collect();

    verify(&mut harness);
    let labeller = harness.state().labeller().unwrap();
    let shown: BTreeSet<&str> = labeller.odd().into_iter().map(|(file, _)| file).collect();
    eprintln!(
        "{} captures, {} named by {keys} presses of Enter, {} wrong, {} shown as odd",
        truth.len(),
        labels.len(),
        wrong.len(),
        shown.len()
    );
    for (file, class) in &wrong {
        let sight = labeller.session().picture(file).map(|it| it.context.guesses.clone());
        eprintln!("{file} is {:?}, named {class}: {sight:?}", truth[*file]);
    }
    assert!(labels.len() as f64 >= MIN_NAMED * truth.len() as f64, "only {} were named", labels.len());
    assert!(wrong.len() as f64 <= MAX_WRONG * labels.len() as f64, "{wrong:?}");
    let hidden: Vec<_> = wrong.iter().filter(|(file, _)| !shown.contains(file.as_str())).collect();
    assert!(hidden.is_empty(), "Verify does not show {hidden:?}");
    drop(harness);

    // Enter alone slips too seldom to say so: slips are made.
    let slips = slip(&folders, &catalogue);
    let mut harness = open();
    verify(&mut harness);
    let labeller = harness.state().labeller().unwrap();
    let shown: BTreeMap<&str, &Oddity> = labeller.odd().into_iter().collect();
    let label = |file: &str| labeller.session().picture(file).and_then(|it| it.label.clone());
    for (file, card) in &slips {
        assert_eq!(label(file).unwrap().class(), card, "the wrong label is there");
        assert!(shown.contains_key(file.as_str()), "Verify does not show {file}, which is no {card}");
    }
    let reads = |file: &str| matches!(shown.get(file), Some(Oddity::ReadAs(_)));
    eprintln!(
        "{} slips, all shown; of {} the model says what it reads; {} shown in all",
        slips.len(),
        slips.keys().filter(|file| reads(file)).count(),
        shown.len()
    );
}

/// A window on the captures, with the model.
fn window(folders: Folders, model: &Path) -> Harness<'static, App> {
    let (model, catalogue) = (model.to_path_buf(), synth::practice::catalogue());
    let pictures = vec![folders.captures.clone(), folders.labels.clone()];
    let app = App::open(folders, move |repository, session| {
        let inference = Inference::start(model.clone(), pictures.clone(), || {});
        Labeller::new(repository, session, Arc::clone(&catalogue), Some(inference))
    });
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1280.0, 800.0))
        .build_ui_state(|ui, root: &mut App| root.ui(ui), app.unwrap());
    settle(&mut harness);
    harness
}

/// Shows the page Verify until the model has gone through all labels, a few a frame.
fn verify(harness: &mut Harness<'static, App>) {
    harness.key_press(Key::F2);
    settle(harness);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        settle(harness);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Gives captures whose first guess is sure the label of another card, straight in the store: what
/// each is called then.
fn slip(folders: &Folders, catalogue: &Catalogue) -> BTreeMap<String, String> {
    let records = dataset::captures::store::read(&folders.captures).unwrap();
    let mut store = Store::open(&folders.labels, &folders.captures).unwrap();
    let is_labelled = |file: &str| store.labels().get(file).is_some();
    let mut slips = BTreeMap::new();
    let mut changes = Vec::new();
    for record in records.iter().filter(|it| is_labelled(&it.filename)) {
        let Some((guess, _)) = record.context.guesses.first().filter(|it| it.1 >= SURE_GUESS) else {
            continue;
        };
        if slips.len() == SLIPS {
            break;
        }
        // Any card that it is not; each slip another one.
        let mut others = catalogue.cards.iter().filter(|card| !catalogue.is_same_card(guess, &card.id));
        let other = others.nth(slips.len() * 7).expect("the deck has that many cards");
        let label = Label::new(other, &record.context.modifiers.clone().unwrap_or_default());
        changes.push(Change::Label { file: record.filename.clone(), label: Some(Box::new(label)) });
        slips.insert(record.filename.clone(), other.id.to_string());
    }
    assert_eq!(slips.len(), SLIPS, "so many captures have a sure guess");
    store.apply(&changes).unwrap();
    slips
}
