//! What a command writes over stays beside it.

use std::fs;
use std::time::Duration;

use crate::place::{Place, said};

#[test]
fn a_file_that_is_there_is_kept_beside_the_new_one() {
    let place = Place::new();
    if !place.can_recognise() {
        return;
    }
    for (line, file, former) in [
        ("replay frames --model practice --out mine.json", "mine.json", "mine.former.json"),
        ("doctor --frames 1 --report mine.zip", "mine.zip", "mine.former.zip"),
        ("offscreen --model practice --seconds 0.001 --out mine.png", "mine.png", "mine.former.png"),
    ] {
        fs::write(place.path(file), "mine").unwrap();
        // The second time another file is kept, and not in the place of the first.
        for _ in 0..2 {
            let text = said(&place.run(line, None, Duration::from_secs(120)).0);
            if text.contains("adapter") {
                eprintln!("SKIPPED: `overlay {line}`, for nothing can be drawn here");
                break;
            }
            assert!(fs::read(place.path(file)).unwrap() != b"mine", "overlay {line}: {text}");
            assert_eq!(fs::read(place.path(former)).unwrap_or_default(), b"mine", "overlay {line}: {text}");
        }
    }
}

#[test]
fn images_of_one_name_are_annotated_under_two() {
    let place = Place::new();
    if !place.can_recognise() {
        return;
    }
    for folder in ["other", "new"] {
        fs::create_dir(place.path(folder)).unwrap();
    }
    fs::copy(place.path("frames/1.png"), place.path("other/0.png")).unwrap();
    fs::write(place.path("new/0.png"), "mine").unwrap();
    let line = "identify --model practice --mods none --annotate new frames/0.png other/0.png";
    let text = [(), ()].map(|()| said(&place.run(line, None, Duration::from_secs(120)).0)).concat();
    let image = |name: &str| {
        image::open(place.path(name)).unwrap_or_else(|error| panic!("{name}: {error}: {text}")).into_rgb8()
    };
    assert!(image("new/0.png") != image("new/0-2.png"), "both are of one image: {text}");
    assert_eq!(fs::read(place.path("new/0.former.png")).unwrap_or_default(), b"mine", "{text}");
}

/// The copy of the first image was what was read of the second.
#[test]
fn an_image_that_is_yet_to_be_read_is_not_written_over() {
    let place = Place::new();
    if !place.can_recognise() {
        return;
    }
    fs::create_dir(place.path("shots")).unwrap();
    image::open(place.path("frames/0.png")).unwrap().into_rgb8().save(place.path("shots/a.jpg")).unwrap();
    fs::copy(place.path("frames/1.png"), place.path("shots/a.png")).unwrap();
    let line = "identify --model practice --mods none --annotate shots shots/a.jpg shots/a.png";
    let text = said(&place.run(line, None, Duration::from_secs(120)).0);
    let read = |name: &str| fs::read(place.path(name)).unwrap_or_default();
    assert_eq!(read("shots/a.png"), read("frames/1.png"), "{text}");
    assert!(place.path("shots/a-2.png").is_file() && !place.path("shots/a.former.png").exists(), "{text}");
    assert!(text.contains("would be overwritten"), "its own copy would lie there too: {text}");
}
