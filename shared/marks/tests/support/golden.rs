//! Compares what is drawn with the images in a crate's `tests/golden`; `BLESS=1` writes them
//! anew: look at what changed. Tests of other crates take this file by its path.

use std::path::PathBuf;

use image::{Rgba, RgbaImage};
use marks::render::offscreen::Offscreen;

/// Opens a graphics device, or says loudly that there is none.
pub(crate) fn device() -> Option<Offscreen> {
    match Offscreen::open() {
        Ok(offscreen) => Some(offscreen),
        Err(error) => {
            println!("SKIPPED: {error}");
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

/// Compares with the kept image. Drivers differ in the last bit of an edge, not in what is drawn.
#[track_caller]
pub(crate) fn check(name: &str, drawn: &RgbaImage) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("png");
    if std::env::var_os("BLESS").is_some() {
        drawn.save(&path).unwrap();
        return;
    }
    let kept = image::open(&path).expect("run once with BLESS=1").into_rgba8();
    assert_eq!(kept.dimensions(), drawn.dimensions(), "{name}: another size than the kept image");
    let far = |(a, b): &(&Rgba<u8>, &Rgba<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 24);
    let differing = kept.pixels().zip(drawn.pixels()).filter(far).count();
    if differing * 1000 > kept.pixels().len() {
        let beside = std::env::temp_dir().join(format!("{name}.png"));
        drawn.save(&beside).unwrap();
        panic!("{name}: {differing} pixels differ; what was drawn is in {}", beside.display());
    }
}
