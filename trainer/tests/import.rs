//! Networks made elsewhere, written by hand, from the command line to named cards.

mod elsewhere;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use elsewhere::{BOXES, CARDS, DETECTION, ENLARGED, classifier, picture, seen_where_bright, yolo};
use image::{Rgba, RgbaImage};
use lens_core::manifest::Manifest;
use lens_core::modifiers::Modifiers;
use tempfile::TempDir;
use trainer::cli::{self, Arguments};
use trainer::model::onnx::writer::Batch;
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

/// Whether the tests can run; says loudly when not.
fn have_runtime() -> bool {
    let runtime = Runtime::load();
    if let Err(error) = &runtime {
        eprintln!("SKIPPED: {error}");
    }
    runtime.is_ok()
}

/// The same three cards and the button after suppression: edges, or for `turned` boxes centre,
/// width and height with an angle, each with its probability and class.
fn suppressed(turned: bool, entries: &[(&str, &str)]) -> Vec<u8> {
    let numbers = if turned { 7 } else { 6 };
    let mut places = vec![0.0_f32; numbers * BOXES];
    let mut sure = vec![0.0_f32; numbers * BOXES];
    let cards = CARDS.map(|left| (left, 0.0, 0.9)).into_iter().chain([(260.0, 1.0, 0.95)]);
    for (index, (left, class, score)) in cards.enumerate() {
        let edges = [left, 30.0, left + 40.0, 86.0];
        let place = if turned { [left + 20.0, 58.0, 56.0, 40.0] } else { edges };
        places[index * numbers..][..4].copy_from_slice(&place);
        places[index * numbers + 5] = class;
        if turned {
            // The longer side is called the width.
            places[index * numbers + 6] = std::f32::consts::FRAC_PI_2;
        }
        sure[index * numbers + 4] = score;
    }
    seen_where_bright([BOXES, numbers], &places, &sure, entries)
}

/// A folder with files of networks, labels and an image, and one for models.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        picture().save(folder.path().join("screen.png")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Imports on top of the practice model. Of `words`, those with an extension are files of this
    /// folder.
    fn import(&self, words: &[&str]) -> Result<PathBuf, String> {
        let out = self.path("models").join("new");
        let file = |word: &&str| match Path::new(word).extension() {
            Some(_) => self.path(word).into_os_string(),
            None => word.into(),
        };
        let fixed = ["trainer", "import-model", "--base", "practice", "--name", "new", "--out"];
        let line = fixed.iter().map(Into::into).chain([out.clone().into_os_string()]);
        let line = line.chain(["--sample".into(), self.path("screen.png").into_os_string()]);
        let arguments = Arguments::try_parse_from(line.chain(words.iter().map(file)))
            .map_err(|error| error.to_string())?;
        cli::run(arguments).map(|_| out).map_err(|error| format!("{error:#}"))
    }

    /// What is in the folder of models.
    fn models(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("models")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn open(folder: &Path) -> Recogniser {
    Recogniser::open(folder, &Options { threads: 1, ..Options::default() }).unwrap()
}

/// Left edge of each card that is found, and the id that it is given, from left to right.
fn seen(recogniser: &mut Recogniser, picture: &RgbaImage) -> Vec<(i32, Option<String>)> {
    let cards = recogniser.recognise(&picture.into()).unwrap();
    let mut seen: Vec<_> = cards
        .iter()
        .map(|card| {
            let left = card.detection.quad.bounds().left / ENLARGED as f32;
            (left.round() as i32, card.reading.id().map(ToString::to_string))
        })
        .collect();
    seen.sort();
    seen
}

fn named(ids: [&str; 3]) -> Vec<(i32, Option<String>)> {
    CARDS.into_iter().zip(ids).map(|(left, id)| (left as i32, Some(id.to_owned()))).collect()
}

#[test]
fn two_networks_made_elsewhere_find_and_name_cards() {
    if !have_runtime() {
        return;
    }
    let fox = synth::practice::catalogue().card("x_fox").unwrap().name.to_uppercase();
    let place = Place::new(&[
        ("best.onnx", &yolo(2, &DETECTION)),
        ("names.onnx", &classifier(Batch::Dynamic, false, &[])),
        ("labels.txt", format!("{fox}\nX_owl\nGhost\n").as_bytes()),
    ]);
    let words = ["--detector", "best.onnx", "--cards", "joker", "--identifier", "names.onnx", "--labels"];
    let folder = place.import(&[&words[..], &["labels.txt", "--added", "Tarot"]].concat()).unwrap();
    assert_eq!(place.models(), ["new"], "nothing else is left");

    let manifest = Manifest::read(&folder).unwrap();
    assert_eq!((&*manifest.name, &*manifest.catalogue), ("new", "practice"));
    assert_eq!(manifest.identifier.added["Ghost"].card_type.name(), "Tarot");
    assert_eq!(manifest.recipe["imported"]["detector"]["file"], "best.onnx");
    for file in ["best.onnx", "names.onnx"] {
        let installed = if file == "best.onnx" { "detector.onnx" } else { "identifier.onnx" };
        let (given, installed) = (fs::read(place.path(file)), fs::read(folder.join(installed)));
        assert_eq!(given.unwrap(), installed.unwrap(), "{file} stays as it was made");
    }

    let mut recogniser = open(&folder);
    assert_eq!(seen(&mut recogniser, &picture()), named(["x_fox", "x_owl", "Ghost"]));
    let picture = picture();
    let cards = recogniser.recognise(&(&picture).into()).unwrap();
    for card in cards {
        assert!((card.detection.score - 0.9).abs() < 1e-5 && card.reading.probability > 0.99, "{card:?}");
        assert_eq!(card.reading.modifiers, Modifiers::default());
        assert!(card.reading.embedding.is_empty());
    }
    let black = RgbaImage::from_pixel(640, 384, Rgba([0, 0, 0, 255]));
    assert!(seen(&mut recogniser, &black).is_empty(), "the input has no bars");
    let tall = RgbaImage::from_pixel(384, 640, Rgba([0, 0, 0, 255]));
    let found = recogniser.detect(&(&tall).into()).unwrap();
    let score = found.first().map(|it| it.score).unwrap();
    assert!((score - 0.9 * 114.0 / 255.0).abs() < 1e-5, "the bars are grey: {score}");
}

#[test]
fn boxes_after_suppression_are_found_upright_and_turned() {
    if !have_runtime() {
        return;
    }
    let mut turned = DETECTION;
    turned[0].1 = "obb";
    let place = Place::new(&[
        ("end.onnx", &suppressed(false, &[&DETECTION[..], &[("end2end", "True")]].concat())),
        ("obb.onnx", &suppressed(true, &turned)),
        ("names.onnx", &classifier(Batch::Dynamic, false, &[("names", "['x_fox', 'x_owl', 'x_cat']")])),
    ]);
    for network in ["end.onnx", "obb.onnx"] {
        let words = ["--detector", network, "--cards", "joker", "--identifier", "names.onnx"];
        let folder = place.import(&words).unwrap();
        assert_eq!(seen(&mut open(&folder), &picture()), named(["x_fox", "x_owl", "x_cat"]), "{network}");
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_fixed_batch_of_probabilities_of_imagenet_pictures() {
    if !have_runtime() {
        return;
    }
    let names = ("names", "{0: 'x_cat', 1: 'x_owl', 2: 'x_fox'}");
    let place = Place::new(&[
        ("best.onnx", &yolo(2, &DETECTION)),
        ("names.onnx", &classifier(Batch::Fixed(2), true, &[names, ("task", "classify")])),
    ]);
    let words = ["--detector", "best.onnx", "--cards", "joker", "--identifier", "names.onnx", "--strict"];
    let folder = place.import(&[&words[..], &["--normalise", "imagenet"]].concat()).unwrap();
    assert_eq!(seen(&mut open(&folder), &picture()), named(["x_cat", "x_owl", "x_fox"]));
}

#[test]
fn the_other_half_comes_from_the_base() {
    if !have_runtime() {
        return;
    }
    let place = Place::new(&[("best.onnx", &yolo(2, &DETECTION))]);
    let folder = place.import(&["--detector", "best.onnx"]).unwrap();
    let manifest = Manifest::read(&folder).unwrap();
    assert!(manifest.identifier.kind.is_own() && manifest.identifier.embedding > 0);
    // With no word about cards, the button is one too.
    let mut recogniser = open(&folder);
    assert_eq!(recogniser.detect(&(&picture()).into()).unwrap().len(), 4);
    let quads = [recogniser.detect(&(&picture()).into()).unwrap()[0].quad];
    assert_eq!(recogniser.read(&(&picture()).into(), &quads).unwrap().len(), 1);

    let names = ("names", "['x_cat', 'x_owl', 'x_fox']");
    let place = Place::new(&[("names.onnx", &classifier(Batch::Dynamic, false, &[names]))]);
    let folder = place.import(&["--identifier", "names.onnx"]).unwrap();
    assert!(Manifest::read(&folder).unwrap().detector.kind.is_own());
    open(&folder);
}

#[test]
fn a_model_that_is_there_is_never_overwritten() {
    if !have_runtime() {
        return;
    }
    let place = Place::new(&[("best.onnx", &yolo(2, &DETECTION))]);
    let folder = place.path("models").join("new");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mine"), "mine").unwrap();
    let message = place.import(&["--detector", "best.onnx"]).unwrap_err();
    assert!(message.contains("is there already") && message.contains("choose another --name"), "{message}");
    assert_eq!(fs::read_to_string(folder.join("mine")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

/// Imports `bytes` as `net.onnx`, and looks for `parts` in the error; nothing may be left.
#[track_caller]
fn check_error(bytes: &[u8], words: &[&str], parts: &[&str]) {
    let place = Place::new(&[("net.onnx", bytes), ("labels.txt", b"x_fox\nx_owl\n"), ("bad.json", b"{0: }")]);
    let message = place.import(words).unwrap_err();
    for part in parts.iter().chain(&["help:"]) {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert!(place.models().is_empty(), "{:?} is left", place.models());
}

#[test]
fn what_cannot_be_imported_is_explained() {
    if !have_runtime() {
        return;
    }
    let detector = ["--detector", "net.onnx"];
    check_error(b"not a network", &detector, &["net.onnx cannot be imported", "no ONNX file"]);
    check_error(&classifier(Batch::Fixed(1), false, &[]), &detector, &["has 2 dimensions", "yolo export"]);
    let mut segmentation = DETECTION;
    segmentation[0].1 = "segment";
    check_error(&yolo(2, &segmentation), &detector, &["for the task \"segment\""]);
    check_error(&yolo(2, &DETECTION[..1]), &detector, &["no class names"]);
    check_error(&yolo(80, &DETECTION), &detector, &["names 2 classes", "room for 80"]);
    check_error(&yolo(3, &DETECTION), &detector, &["objectness"]);
    check_error(
        &yolo(2, &DETECTION),
        &["--detector", "net.onnx", "--cards", "tarot"],
        &["no class \"tarot\"", "joker, button"],
    );
    check_error(&yolo(2, &DETECTION), &["--detector", "gone.onnx"], &["cannot read", "gone.onnx"]);

    let named = ["--identifier", "net.onnx"];
    let labelled = ["--identifier", "net.onnx", "--labels", "labels.txt"];
    let plain = classifier(Batch::Dynamic, false, &[]);
    check_error(&plain, &named, &["does not say what its classes are", "--labels"]);
    check_error(&plain, &labelled, &["3 classes, but there are 2 labels"]);
    check_error(&plain, &["--identifier", "net.onnx", "--labels", "bad.json"], &["bad.json has no labels"]);
    check_error(&yolo(2, &DETECTION), &named, &["for the task \"detect\""]);
    check_error(&yolo(2, &[]), &labelled, &["[1, 6, 8] for a batch of 1"]);
    let stranger = classifier(Batch::Dynamic, false, &[("names", "['x_fox', 'x_owl', 'Ghost']")]);
    check_error(&stranger, &["--identifier", "net.onnx", "--strict"], &["no cards of", "Ghost"]);
}
