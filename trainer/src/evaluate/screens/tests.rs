//! What is counted of a screenshot, by hand.

use super::*;
use crate::evaluate::model_under_test::Scored;
use lens_core::geometry::Rect;
use lens_core::manifest::external::IdentifierKind;
use lens_core::manifest::{Activation, Head, IDENTIFICATION, NetworkFiles, Thresholds};
use vision::reading::{Guess, GuessSource, Identity};

/// Finds and reads what it was told.
struct Told(Vec<(Rect<InFrame>, Option<Reading>)>);

impl ModelUnderTest for Told {
    fn detect(&mut self, _: &RgbaImage, _: f32) -> Result<Vec<Scored>> {
        Ok(self.0.iter().map(|(rect, _)| (Quad::from_rect(*rect), 1.0)).collect())
    }

    fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>> {
        assert_eq!(crops.len(), self.0.len());
        Ok(self.0.iter().map(|(_, reading)| reading.clone()).collect())
    }
}

fn reading(known: bool, top: &[(&str, f32)]) -> Option<Reading> {
    let guess =
        |&(id, probability): &(&str, f32)| Guess { id: id.into(), probability, source: GuessSource::Model };
    let guesses: Vec<Guess> = top.iter().map(guess).collect();
    let identity = match known {
        true => Identity::Known { id: guesses[0].id.clone(), confidence: guesses[0].probability },
        false => Identity::Unknown { nearest: None },
    };
    Some(Reading { identity, guesses, ..Reading::default() })
}

fn identifier() -> Identifier {
    let classes = ["j_joker", "j_egg", "j_juggler", "_not_a_card", "_unknown"].map(str::to_owned).to_vec();
    Identifier {
        kind: IdentifierKind::Own,
        files: NetworkFiles { float32: "identifier.onnx".into(), int8: None },
        input_size: [8, 12],
        widen: 1.0,
        embedding: 2,
        heads: vec![Head { name: IDENTIFICATION.into(), activation: Activation::Softmax, classes }],
        thresholds: Thresholds {
            not_a_card: 0.5,
            unknown: 0.5,
            probability: 0.0,
            similarity: -1.0,
            gallery: 1.0,
        },
        added: BTreeMap::new(),
    }
}

/// A screenshot of half its true width. A right card under the name of its twin, a misread one, one
/// that is silent, one face down, one that is dropped, a stranger that is named, and something
/// beside them.
#[test]
fn a_screenshot_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    RgbaImage::new(100, 20).save(folder.path().join("one.png")).unwrap();
    let at = |place: usize| [40 * place, 0, 40 * place + 20, 30];
    let card = |place: usize, label: &str| serde_json::json!({ "box": at(place), "label": label });
    let mut face_down = card(3, "j_egg");
    face_down["facedown"] = true.into();
    let cards = [card(0, "j_joker"), card(1, "j_egg"), card(2, "j_juggler"), face_down, card(4, "j_egg")];
    let truth = serde_json::json!({ "one": { "path": "one.png", "width": 200, "height": 40, "cards": cards,
        "unknown": [{ "box": [20, 0, 40, 30] }] } });
    let path = folder.path().join("truth.json");
    std::fs::write(&path, truth.to_string()).unwrap();
    let found = |left: f32, reading| (Rect::ltwh(left, 0.0, 10.0, 15.0), reading);
    let mut told = Told(vec![
        found(0.0, reading(true, &[("j_wee", 0.9), ("j_egg", 0.05)])),
        found(20.0, reading(true, &[("j_juggler", 0.75), ("j_joker", 0.1), ("j_egg", 0.1)])),
        found(40.0, reading(false, &[("j_juggler", 0.45)])),
        found(60.0, reading(true, &[("j_joker", 0.5)])),
        found(80.0, None),
        found(10.0, reading(true, &[("j_joker", 0.65)])),
        found(90.0, reading(false, &[("j_joker", 0.1)])),
    ]);
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
    let catalogue = Catalogue::read(&catalogue).unwrap();
    let [report, stress] = measure(&mut told, &catalogue, &identifier(), [8, 12], 0.5, &path).unwrap();
    let share = |part, whole| Share { part, whole };
    assert_eq!((report.screens, stress.screens), (1, 0));
    assert_eq!([report.recall, report.precision], [share(4, 5), share(4, 5)]);
    assert_eq!([report.top1, report.silent, report.unknown_flagged], [share(1, 3), share(1, 3), share(0, 1)]);
    let names = &report.names;
    assert_eq!((names.known, names.unknown), (3, 1));
    // A silent card's first guess counts here, and not above.
    assert_eq!([names.top1, names.top3, names.rejected], [share(2, 3), share(3, 3), share(1, 3)]);
    assert_eq!(names.unknown_flagged, share(0, 1));
    assert!(names.top1_interval.is_some() && stress.names.top1_interval.is_none());
    // 0.9, 0.75 and 0.45 against 0.65.
    assert_eq!(names.unknown_auroc, Some(2.0 / 3.0));
    let ece = (0.1 + 0.75 + 0.55) / 3.0;
    assert!((names.calibration.ece.unwrap() - ece).abs() < 1e-6);
    let misread: Vec<Misread> = report.misread().collect();
    let said: Vec<_> = misread.iter().map(|it| (&*it.name, &*it.is, &*it.taken_for)).collect();
    assert_eq!(said, [("screen-one-000", UNKNOWN, "j_joker"), ("screen-one-002", "j_egg", "j_juggler")]);
    assert_eq!(misread[0].picture.dimensions(), (8, 12));
    let json = serde_json::to_value(&report).unwrap();
    for key in
        ["recall", "precision", "top1", "silent", "modifiers", "unknown_flagged", "names", "detection_millis"]
    {
        assert!(json.get(key).is_some(), "{key}");
    }
}
