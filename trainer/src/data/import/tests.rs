//! Sources as other tools write them, and what an import makes of them.

use std::collections::BTreeMap;
use std::fs;

use dataset::captures::store::{Captures, read as read_captures};
use dataset::labels::Labels;
use dataset::labels::store::read as read_labels;
use image::{Rgba, RgbaImage};

use super::plan::{Counts, Meaning, plan};
use super::write::write;
use super::*;

/// A table with cards of two kinds, of 40 x 60 pixels, at these places.
fn table(cards: &[(u32, u32, u8)]) -> RgbaImage {
    RgbaImage::from_fn(300, 200, |x, y| {
        let on = cards
            .iter()
            .find(|(left, top, _)| (*left..left + 40).contains(&x) && (*top..top + 60).contains(&y));
        match on {
            Some((left, top, kind)) => {
                let (u, v) = ((x - left) / 8, (y - top) / 8);
                let cell =
                    (u * 7 + v * 13 + u * v * (1 + u32::from(*kind)) * 5).wrapping_mul(2_654_435_761) >> 24;
                Rgba([cell as u8, (cell as u8).wrapping_add(60 * kind), 200 - 90 * kind, 255])
            }
            None => Rgba([30, 90, 60, 255]),
        }
    })
}

/// Two images with three cards in all, in a folder for each format.
fn images(folder: &Path) {
    fs::create_dir_all(folder.join("images/train")).unwrap();
    fs::create_dir_all(folder.join("labels/train")).unwrap();
    table(&[(20, 30, 0), (120, 40, 1)]).save(folder.join("images/train/a.png")).unwrap();
    table(&[(200, 100, 0)]).save(folder.join("images/train/b.png")).unwrap();
}

/// Places of the cards, as the boxes that tools write.
fn places(source: &Source) -> Vec<Vec<[f32; 4]>> {
    let of = |picture: &Picture| {
        let bounds = picture.cards.iter().map(|card| card.place.unwrap().on([300, 200]).bounds());
        bounds.map(|it| [it.left, it.top, it.right, it.bottom].map(f32::round)).collect()
    };
    source.pictures.iter().map(of).collect()
}

fn names(source: &Source) -> Vec<String> {
    let cards = source.pictures.iter().flat_map(|it| &it.cards);
    cards
        .map(|card| match &card.name {
            Named::Class(name) => name.clone(),
            Named::Label(label) => label.name.clone(),
        })
        .collect()
}

fn want() -> Vec<Vec<[f32; 4]>> {
    vec![vec![[20.0, 30.0, 60.0, 90.0], [120.0, 40.0, 160.0, 100.0]], vec![[200.0, 100.0, 240.0, 160.0]]]
}

#[track_caller]
fn check(source: &Source, left_out: usize) {
    assert_eq!((places(source), names(source)), (want(), ["fox", "owl", "fox"].map(str::to_owned).to_vec()));
    assert_eq!(source.left_out.len(), left_out, "{:?}", source.left_out);
}

fn yolo_folder(folder: &Path, yaml: &str, a: &str, b: &str) {
    images(folder);
    fs::write(folder.join("data.yaml"), yaml).unwrap();
    fs::write(folder.join("labels/train/a.txt"), a).unwrap();
    fs::write(folder.join("labels/train/b.txt"), b).unwrap();
}

const YAML: &str = "path: /somewhere/else # not here\ntrain: images/train\nval: images/train\nnames:\n  0: fox\n  1: 'owl'\n";

#[test]
fn yolo_is_read_with_boxes_corners_and_outlines() {
    let place = tempfile::tempdir().unwrap();
    let a = "0 0.133333 0.3 0.133333 0.3\n1 0.466667 0.35 0.133333 0.3\n";
    yolo_folder(place.path(), YAML, a, "0 0.733333 0.65 0.133333 0.3\n");
    check(&yolo::read(place.path()).unwrap(), 0);
    // Corners in any order and direction.
    let turned =
        "0 0.2 0.45 0.2 0.15 0.066667 0.15 0.066667 0.45\n1 0.4 0.2 0.533333 0.2 0.533333 0.5 0.4 0.5\n";
    yolo_folder(place.path(), YAML, turned, "0 0.666667 0.5 0.8 0.5 0.8 0.65 0.8 0.8 0.666667 0.8\n");
    check(&yolo::read(&place.path().join("data.yaml")).unwrap(), 0);
    let pose = "train: [images/train]\nkpt_shape: [4, 3]\nnames: [fox, owl]\n";
    let a = "0 0.1 0.1 0.1 0.1 0.066667 0.15 2 0.2 0.15 1 0.2 0.45 2 0.066667 0.45 2\n\
             1 0.466667 0.35 0.133333 0.3 0.4 0.2 2 0 0 0 0 0 0 0.4 0.5 2\n";
    let b = "0 0.733333 0.65 0.133333 0.3 0.666667 0.5 2 0.8 0.5 2 0.8 0.8 2 0.666667 0.8 2\n";
    yolo_folder(place.path(), pose, a, b);
    check(&yolo::read(place.path()).unwrap(), 0);
}

#[test]
fn lines_that_make_no_sense_are_listed() {
    let place = tempfile::tempdir().unwrap();
    let a = "0 0.133333 0.3 0.133333 0.3\n1 0.466667 0.35 0.133333 0.3\n7 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1\nfox 1 1 1 1\n\
             0 0.5 0.5 0 0\n0 nan 0.5 0.1 0.1\n";
    yolo_folder(place.path(), YAML, a, "0 0.733333 0.65 0.133333 0.3");
    check(&yolo::read(place.path()).unwrap(), 5);
    let refused = |yaml: &str, part: &str| {
        fs::write(place.path().join("data.yaml"), yaml).unwrap();
        let error = yolo::read(place.path()).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("help:"), "{part:?} is not in {error:?}");
    };
    refused("train: images/train\n", "no `names`");
    refused("names: [a]\n", "no card");
    refused("train: images/none\nnames: [a]\n", "there is no images/none");
    refused("names: &x [a]\n", "anchors");
    refused("names:\n\tnonsense\n", "line 2");
    refused("kpt_shape: [17, 3]\nnames: [a]\n", "four corners");
    refused("names: [\"a]\n", "no end");
}

#[test]
fn coco_and_label_studio_are_read() {
    let place = tempfile::tempdir().unwrap();
    images(place.path());
    fs::create_dir(place.path().join("annotations")).unwrap();
    let coco = place.path().join("annotations/train.json");
    let text = r#"{"images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"}, {"id": 8, "file_name": "gone.png"}],
        "categories": [{"id": 1, "name": "fox"}, {"id": 2, "name": "owl"}], "annotations": [
        {"image_id": 7, "category_id": 1, "bbox": [20, 30, 40, 60]},
        {"image_id": 7, "category_id": 2, "bbox": [0, 0, 1, 1], "segmentation": [[120, 100, 120, 40, 160, 40, 160, 100]]},
        {"image_id": 9, "category_id": 1, "segmentation": {"counts": [1], "size": [1, 1]}, "bbox": [200, 100, 40, 60]},
        {"image_id": 9, "category_id": 1, "iscrowd": 1, "bbox": [0, 0, 9, 9]}, {"image_id": 9, "category_id": 5}]}"#;
    fs::write(&coco, ["\u{feff}", text].concat()).unwrap();
    check(&coco::read(&coco, None).unwrap(), 3);
    check(&coco::read(&coco, Some(&place.path().join("images/train"))).unwrap(), 3);

    let tasks = place.path().join("images/train/tasks.json");
    let text = r#"[{"id": 1, "data": {"image": "/data/local-files/?d=images/train/a.png"}, "annotations": [
        {"was_cancelled": true, "result": []},
        {"result": [{"type": "rectanglelabels", "original_width": 300, "original_height": 200,
            "value": {"x": 6.6667, "y": 15, "width": 13.3333, "height": 30, "rotation": 0, "rectanglelabels": ["fox"]}},
          {"type": "rectanglelabels", "original_width": 300, "original_height": 200,
            "value": {"x": 53.3333, "y": 20, "width": 20, "height": 20, "rotation": 90, "rectanglelabels": ["owl"]}},
          {"type": "brushlabels", "value": {}}]}]},
        {"id": 2, "data": {"image": "/data/upload/1/0a1b2c3d-b.png"}, "annotations": [{"result": [
          {"type": "polygonlabels", "value": {"points": [[66.6667, 50], [80, 50], [80, 80], [66.6667, 80]],
            "polygonlabels": ["fox"]}}]}]}, {"data": {"image": "c.png"}}]"#;
    fs::write(&tasks, text).unwrap();
    check(&label_studio::read(&tasks, None).unwrap(), 2);
    for text in ["{}", "[{\"image\": \"a.png\"}]", "[", "[]"] {
        fs::write(&tasks, text).unwrap();
        assert!(label_studio::read(&tasks, None).unwrap_err().to_string().contains("help:"), "{text}");
    }
}

fn meanings() -> BTreeMap<String, Meaning> {
    let label = |name: &str| Meaning::Label(Box::new(Label { name: name.into(), ..Label::default() }));
    BTreeMap::from([
        ("fox".into(), label("Fox")),
        ("owl".into(), label("Owl")),
        ("card".into(), Meaning::Unlabelled),
    ])
}

#[test]
fn an_import_makes_captures_with_names_and_a_second_one_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (from, shots, set) =
        (place.path().join("from"), place.path().join("screenshots"), place.path().join("set"));
    let a = "0 0.133333 0.3 0.133333 0.3\n1 0.466667 0.35 0.133333 0.3\n0 0.05 0.05 0.01 0.01\n";
    yolo_folder(&from, YAML, a, "0 0.733333 0.65 0.133333 0.3\n");
    let import = |meanings: &BTreeMap<String, Meaning>| {
        let source = yolo::read(&from).unwrap();
        let mut captures = Captures::open_with(&shots, &set).unwrap();
        let labels = read_labels(&set).unwrap().labels;
        let plan = plan(&source, meanings, captures.records(), &labels, &|| ());
        write(&plan, &source, &mut captures, &set, &|| ()).unwrap();
        (plan.counts(), plan.conflicts(&source))
    };
    // The fox is on both images.
    let want = Counts { new: 2, again: 1, ..Counts::default() };
    assert_eq!(import(&meanings()), (want, Vec::new()));
    let records = read_captures(&shots).unwrap();
    assert_eq!(records.len(), 2);
    let context = &records[0].context;
    assert!(context.quad.is_some() && shots.join(context.frame.as_ref().unwrap()).is_file());
    let labels = Labels::read(&set.join("labels.json")).unwrap();
    let called: Vec<_> =
        labels.iter().map(|(_, label)| (label.name.clone(), label.source.unwrap())).collect();
    assert_eq!(called, [("Fox".to_owned(), "import".to_owned()), ("Owl".to_owned(), "import".to_owned())]);
    assert!(set.join(&records[0].filename).is_file(), "the labelled capture is in the data set");
    assert_eq!(import(&meanings()).0, Counts { known: 3, ..Counts::default() });
    // Somebody calls the owl a fox.
    let mut other = meanings();
    other.insert("owl".into(), other["fox"].clone());
    let (counts, conflicts) = import(&other);
    assert_eq!(counts, Counts { known: 2, conflicts: 1, ..Counts::default() });
    assert!(conflicts[0].contains("\"Fox\"") && conflicts[0].contains("\"Owl\""), "{conflicts:?}");
    assert_eq!(Labels::read(&set.join("labels.json")).unwrap(), labels, "nothing is overwritten");
}

#[test]
fn captures_without_a_name_get_one() {
    let place = tempfile::tempdir().unwrap();
    let (from, shots, set) =
        (place.path().join("from"), place.path().join("screenshots"), place.path().join("set"));
    yolo_folder(&from, YAML, "", "0 0.733333 0.65 0.133333 0.3\n");
    let mut captures = Captures::open_with(&shots, &set).unwrap();
    let source = yolo::read(&from).unwrap();
    for (name, want) in [
        (Meaning::Unlabelled, Counts { new: 1, ..Counts::default() }),
        (meanings()["fox"].clone(), Counts { named: 1, ..Counts::default() }),
        (meanings()["fox"].clone(), Counts { known: 1, ..Counts::default() }),
    ] {
        let labels = read_labels(&set).unwrap().labels;
        let meanings = BTreeMap::from([("fox".to_owned(), name)]);
        let plan = plan(&source, &meanings, captures.records(), &labels, &|| ());
        assert_eq!(plan.counts(), want);
        write(&plan, &source, &mut captures, &set, &|| ()).unwrap();
    }
    assert_eq!(Labels::read(&set.join("labels.json")).unwrap().len(), 1);
}

#[test]
fn folders_of_single_cards_are_read() {
    let place = tempfile::tempdir().unwrap();
    for (file, kind) in [("train/fox/1.png", 0), ("val/owl/1.png", 1), ("owl/2.png", 1)] {
        let path = place.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        table(&[(20, 30, kind)]).save(path).unwrap();
    }
    assert_eq!(names(&folders::read(place.path()).unwrap()), ["owl", "fox", "owl"]);
    fs::write(
        place.path().join("labels.json"),
        r#"{"train/fox/1.png": {"name": "Fox", "card_group": 3}, "../x.png": {"name": "x"}, "y.png": {"name": "y"}, "z.png": 5}"#,
    )
    .unwrap();
    let source = folders::read(place.path()).unwrap();
    assert_eq!((names(&source), source.left_out.len()), (vec!["Fox".to_owned()], 3));
    let Named::Label(label) = &source.pictures[0].cards[0].name else { panic!("it has a label") };
    assert_eq!(label.card_group, None, "its groups are another data set's");
    assert!(folders::read(&place.path().join("train/fox")).is_err());
}
