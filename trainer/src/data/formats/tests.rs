//! Every format of one image by hand, with a card that leaves the image, one that is turned, and
//! one that is beside it.

use lens_core::geometry::Rect;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn quad(left: f32) -> Quad<InFrame> {
    Quad::from_rect(Rect::ltwh(left, 20.0, 40.0, 60.0))
}

fn picture() -> Picture {
    let card = |class, quad| Card { class, quad, covered: [false, true, false, false] };
    Picture {
        file: "a b.png".into(),
        size: [200, 100],
        cards: vec![card(1, quad(10.0)), card(0, quad(180.0)), card(0, quad(400.0))],
        fields: Map::new(),
    }
}

fn classes() -> Vec<String> {
    vec!["fox".to_owned(), "o\"wl, <1>".to_owned()]
}

#[test]
fn lines_of_ultralytics_by_hand() {
    let check = |format, want: [&str; 2]| {
        assert_eq!(yolo::labels(&picture(), format), want.map(|line| format!("{line}\n")).concat());
    };
    check(Format::Yolo, ["1 0.150000 0.500000 0.200000 0.600000", "0 0.950000 0.500000 0.100000 0.600000"]);
    check(
        Format::YoloObb,
        [
            "1 0.050000 0.200000 0.250000 0.200000 0.250000 0.800000 0.050000 0.800000",
            "0 0.900000 0.200000 1.000000 0.200000 1.000000 0.800000 0.900000 0.800000",
        ],
    );
    check(
        Format::YoloPose,
        [
            "1 0.150000 0.500000 0.200000 0.600000 0.050000 0.200000 2 0.250000 0.200000 1 0.250000 0.800000 2 \
             0.050000 0.800000 2",
            "0 0.950000 0.500000 0.100000 0.600000 0.900000 0.200000 2 0.000000 0.000000 0 0.000000 0.000000 0 \
             0.900000 0.800000 2",
        ],
    );
    assert!(yolo::yaml(&classes(), Format::Yolo, true).ends_with("  0: \"fox\"\n  1: \"o\\\"wl, <1>\"\n"));
    assert!(yolo::yaml(&classes(), Format::YoloPose, true).contains("kpt_shape: [4, 3]"));
    assert!(yolo::yaml(&classes(), Format::Yolo, false).contains("val: images/train"));
}

#[test]
fn coco_has_the_area_of_what_is_seen() {
    let coco = coco::annotations(&[picture()], &classes());
    let all = coco["annotations"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0]["bbox"], &all[0]["area"]), (&json!([10.0, 20.0, 40.0, 60.0]), &json!(2400.0)));
    assert_eq!((&all[0]["category_id"], &all[0]["num_keypoints"]), (&json!(2), &json!(4)));
    assert_eq!((&all[1]["bbox"], &all[1]["area"]), (&json!([180.0, 20.0, 20.0, 60.0]), &json!(1200.0)));
    assert_eq!(all[1]["keypoints"], json!([180.0, 20.0, 2, 0.0, 0.0, 0, 0.0, 0.0, 0, 180.0, 80.0, 2]));
}

#[test]
fn tasks_have_numbers_and_stay_within_the_image() {
    let tasks = label_studio::tasks(&[picture()], &classes(), "/data/", 7);
    assert_eq!((&tasks[0]["id"], &tasks[0]["data"]["image"]), (&json!(7), &json!("/data/a%20b.png")));
    let result = &tasks[0]["annotations"][0]["result"];
    assert_eq!(result[0]["value"]["points"][0], json!([5.0, 20.0]));
    assert_eq!(result[1]["value"]["points"][1], json!([100.0, 20.0]));
    assert_ne!(result[0]["id"], result[1]["id"]);
    assert!(label_studio::interface(&classes()).contains("o&quot;wl, &lt;1>"));
}

#[test]
fn tables_by_hand() {
    assert_eq!(
        tables::csv(&picture(), "val", &classes()),
        "images/val/a b.png,val,200,100,\"o\"\"wl, <1>\",10,20,50,20,50,80,10,80,,,,,,,,,\n\
         images/val/a b.png,val,200,100,fox,180,20,220,20,220,80,180,80,,,,,,,,,\n"
    );
    let columns = tables::csv_head().matches(',').count();
    let empty = Picture { cards: Vec::new(), ..picture() };
    assert_eq!(tables::csv(&empty, "train", &classes()).matches(',').count(), columns);
    let mut labelled = picture();
    labelled.fields.insert("stickers".into(), json!(["eternal", "rental"]));
    let line: Value = serde_json::from_str(&tables::metadata(&labelled, &classes())).unwrap();
    assert_eq!((&line["stickers"], &line["name"]), (&json!("eternal rental"), &json!("")));
    assert_eq!(line["objects"]["categories"], json!(["o\"wl, <1>", "fox"]));
}

proptest! {
    /// Cards of any turn, also half or wholly beyond the image.
    #[test]
    fn nothing_leaves_the_image(
        x in -150.0_f32..350.0, y in -150.0_f32..250.0, height in 20.0_f32..200.0, turn in -3.2_f32..3.2,
    ) {
        let (sin, cos) = turn.sin_cos();
        let (w, h) = (height * 0.37, height / 2.0);
        let corners = [[-w, -h], [w, -h], [w, h], [-w, h]].map(|[u, v]| [x + u * cos - v * sin, y + u * sin + v * cos]);
        let quad = Quad::from_xy(corners);
        let size = [200, 100];
        let whole = 4.0 * w * h;
        let on_it = |[x, y]: [f32; 2]| (0.0..=200.0).contains(&x) && (0.0..=100.0).contains(&y);
        if let Some(seen) = seen(quad, size) {
            prop_assert!(seen.outline.iter().all(|&it| on_it(it)), "{seen:?}");
            prop_assert!(seen.area <= whole * 1.001 && seen.area <= seen.bounds[2] * seen.bounds[3] * 1.001);
            prop_assert!(outline::turned_box(quad, &seen, size).into_iter().all(on_it));
            if corners.into_iter().all(on_it) {
                prop_assert!((seen.area - whole).abs() < whole * 0.001 && seen.outline.len() == 4);
                prop_assert_eq!(outline::turned_box(quad, &seen, size), corners);
            }
        }
        let card = Card { class: 0, quad, covered: [false; 4] };
        let picture = Picture { file: "a.png".into(), size, cards: vec![card], fields: Map::new() };
        for format in [Format::Yolo, Format::YoloObb, Format::YoloPose] {
            for number in yolo::labels(&picture, format).split_whitespace() {
                let number: f32 = number.parse().unwrap();
                prop_assert!((0.0..=1.0).contains(&number) || number == 2.0, "{number}");
            }
        }
    }
}
