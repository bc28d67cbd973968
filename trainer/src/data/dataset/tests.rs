//! A folder with everything that can be wrong.

use std::fs;

use image::{ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

/// A PNG of one pixel a byte with a palette, written by hand: no crate here writes one.
fn palette_png() -> Vec<u8> {
    let picture = ImageBuffer::<Luma<u8>, Vec<u8>>::from_pixel(16, 16, Luma([0]));
    let mut bytes = Vec::new();
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    // The header says grey; make it a palette and put one behind the header.
    bytes[25] = 3;
    let crc = |data: &[u8]| {
        !data.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
            )
        })
    };
    let header = crc(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&header);
    let mut palette = b"PLTE\xff\x00\x00".to_vec();
    let sum = crc(&palette);
    palette.extend(sum.to_be_bytes());
    bytes.splice(33..33, [0, 0, 0, 3].into_iter().chain(palette));
    bytes
}

/// A PNG whose header promises an image of 60000 x 60000 pixels.
fn bomb() -> Vec<u8> {
    let mut bytes = palette_png();
    bytes[25] = 2;
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let crc = !bytes[12..29].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    });
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn plain(path: &Path) {
    RgbaImage::from_fn(40, 50, |x, y| Rgba([x as u8, y as u8, 90, 255])).save(path).unwrap();
}

#[test]
fn every_broken_picture_and_label_is_listed_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["good.png", "other.png", "nonsense.png", "a.png"] {
        plain(&at(name));
    }
    fs::write(at("empty.png"), []).unwrap();
    fs::write(at("text.png"), "this is no image at all, only a text with that name").unwrap();
    let whole = fs::read(at("good.png")).unwrap();
    fs::write(at("cut.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(at("palette.png"), palette_png()).unwrap();
    fs::write(at("bomb.png"), bomb()).unwrap();
    RgbImage::from_pixel(2, 2, Rgb([9, 9, 9])).save(at("tiny.png")).unwrap();
    ImageBuffer::<Rgb<u16>, Vec<u16>>::from_pixel(20, 20, Rgb([900, 9, 40_000]))
        .save(at("deep.png"))
        .unwrap();
    let text = r#"{
        "good.png": {"name": "Fox", "cluster": 1, "card_group": 7}, "other.png": {"name": "Owl", "cluster": 1, "card_group": 7},
        "missing.png": {"name": "Fox"}, "empty.png": {"name": "Fox"}, "text.png": {"name": "Fox"},
        "cut.png": {"name": "Fox"}, "palette.png": {"name": "Fox"}, "bomb.png": {"name": "Fox"},
        "tiny.png": {"name": "Fox"}, "deep.png": {"name": "Fox"}, "nonsense.png": {"name": ""},
        "../good.png": {"name": "Fox"}, "a.png": {"name": "Owl", "modifier": "Shiny", "mine": 3}
    }"#;
    fs::write(at("labels.json"), text).unwrap();
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/practice.json");
    let catalogue = Catalogue::read(&catalogue).unwrap();
    let set = DataSet::read(folder.path(), None, Some(&catalogue)).unwrap();
    let check = |file: &str, words: &str, meanwhile: Meanwhile| {
        let problem =
            set.problems.iter().find(|it| it.file == file).unwrap_or_else(|| panic!("{file} is not listed"));
        assert!(problem.what.contains(words), "{problem}");
        assert_eq!(problem.meanwhile, meanwhile, "{problem}");
        assert_eq!(set.samples.iter().any(|it| it.file == file), meanwhile == Meanwhile::Used, "{problem}");
        assert!(!problem.help.is_empty());
    };
    for (file, words) in [
        ("missing.png", "no such image"),
        ("empty.png", "empty"),
        ("text.png", "no image"),
        ("cut.png", "cut off"),
        ("bomb.png", "60000 x 60000"),
        ("tiny.png", "2 x 2"),
        ("nonsense.png", "no name"),
        ("../good.png", "out of the folder"),
    ] {
        check(file, words, Meanwhile::LeftOut);
    }
    check("palette.png", "palette", Meanwhile::Used);
    check("deep.png", "16 bits", Meanwhile::Used);
    check("a.png", "\"shiny\"", Meanwhile::Used);
    // By their names: an id is for programs.
    check("other.png", "it shows \"Owl\", good.png of the same card group 7 shows \"Fox\"", Meanwhile::Used);
    assert_eq!(set.samples[0].class, "x_fox", "names find their card in the catalogue");
    set.check_trainable(folder.path()).unwrap();
    assert_eq!(fields::value(&set.samples[4], "mine"), Some(fields::FieldValue::One("3".into())));
}

#[test]
fn nothing_to_tell_apart_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        fs::write(folder.path().join("labels.json"), text).unwrap();
        let set = DataSet::read(folder.path(), None, None).unwrap();
        set.check_trainable(folder.path()).unwrap_err().to_string()
    };
    plain(&folder.path().join("a.png"));
    let error = refused(r#"{"a.png": {"name": "Fox"}}"#);
    assert!(error.contains("\"Fox\"") && error.contains("two classes"), "{error}");
    let error = refused(r#"{"b.png": {"name": "Fox"}}"#);
    assert!(error.contains("1 labelled image, of which none") && error.contains("no such image"), "{error}");
    let error = DataSet::read(&folder.path().join("nowhere"), None, None).unwrap_err().to_string();
    assert!(error.contains("no labels.json"), "{error}");
}

#[test]
fn augmented_pictures_need_a_parent_that_shows_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let augmented = folder.path().join("augmented");
    fs::create_dir(&augmented).unwrap();
    plain(&folder.path().join("a.png"));
    for name in ["a_aug0.png", "a_aug1.png", "b_aug0.png"] {
        plain(&augmented.join(name));
    }
    fs::write(folder.path().join("labels.json"), r#"{"a.png": {"name": "Fox"}}"#).unwrap();
    let text = r#"{"a_aug0.png": {"name": "Fox", "parent": "a.png", "augmentation": "rotate+15"},
        "a_aug1.png": {"name": "Owl", "parent": "a.png"}, "b_aug0.png": {"name": "Fox", "parent": "b.png"}}"#;
    fs::write(augmented.join(AUGMENTED), text).unwrap();
    let set = DataSet::read(folder.path(), Some(&augmented), None).unwrap();
    let files: Vec<&str> = set.samples.iter().map(|it| it.file.as_str()).collect();
    assert_eq!(files, ["a.png", "a_aug0.png"]);
    assert_eq!(set.problems.len(), 2, "{:?}", set.problems);
}

#[test]
fn groups_come_from_the_file_name_where_the_label_has_none() {
    let check = |file: &str, label: Label, wanted: [Option<u64>; 2]| {
        let label = with_group(file, label);
        assert_eq!([label.cluster, label.card_group], wanted, "{file}");
    };
    let moved = Label { cluster: Some(1), card_group: Some(2), ..Label::default() };
    check("cluster5_card17_id302.png", Label::default(), [Some(5), Some(17)]);
    check("cluster5_card17_id302.png", moved, [Some(1), Some(2)]);
    check("fox.png", Label::default(), [None, None]);
}

#[test]
fn it_is_said_why_there_is_nothing_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let check = |labels: &str, wanted: &str| {
        fs::write(folder.path().join(FILE_NAME), labels).unwrap();
        let set = DataSet::read(folder.path(), None, None).unwrap();
        let said = set.check_trainable(folder.path()).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    };
    check("{}", "names no image");
    check(r#"{"a.png": {"name": "Fox"}}"#, "1 labelled image, of which none");
}

#[test]
fn what_no_labeller_has_written_into_the_file_yet_is_read_too() {
    use dataset::labels::store::{Change, Store, leave};

    let root = tempfile::tempdir().unwrap();
    let (data, raw) = (root.path().join("data"), root.path().join(dataset::captures::FOLDER));
    fs::create_dir(&raw).unwrap();
    let named = |file: &str, name: &str| {
        plain(&raw.join(file));
        Change::Label {
            file: file.into(),
            label: Some(Box::new(Label { name: name.into(), ..Label::default() })),
        }
    };
    let mut store = Store::open(&data, &raw).unwrap();
    store.apply(&[named("a.png", "Fox")]).unwrap();
    leave(&data, &[named("b.png", "Owl")]).unwrap();
    let set = DataSet::read(&data, None, None).unwrap();
    let files: Vec<&str> = set.samples.iter().map(|it| it.file.as_str()).collect();
    assert_eq!(files, ["a.png", "b.png"], "{:?}", set.problems);
    assert!(!data.join("labels.json").exists(), "nothing was written");
}
