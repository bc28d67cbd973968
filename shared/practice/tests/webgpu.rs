//! Networks on the WebGPU provider say what they say on the processor.
//!
//! The graphics card is `SwiftShader`, which computes Vulkan on the processor: slow, but everywhere
//! the same. Both come with `cargo xtask test`; where one is missing, this says that it is skipped.
//! The library and the card are chosen before a process loads them, so the test runs itself again.
#![cfg(target_os = "linux")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::RgbaImage;
use lens_core::geometry::{InFrame, Quad};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use vision::network::{Options, Precision};
use vision::providers::Provider;
use vision::recogniser::Recogniser;

/// Says to the second process that it is one.
const IS_CHILD: &str = "BALATRO_LENS_WEBGPU_CHILD";
const TEST: &str = "networks_say_the_same_on_webgpu";
/// Where browsers put `SwiftShader`.
const SWIFTSHADER: [&str; 3] = [
    "/usr/lib/chromium/vk_swiftshader_icd.json",
    "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
    "/opt/google/chrome/vk_swiftshader_icd.json",
];
/// How far an output may be from the processor's.
const MAX_DIFFERENCE: f32 = 1e-3;

#[test]
fn networks_say_the_same_on_webgpu() {
    if env::var_os(IS_CHILD).is_some() {
        return compare();
    }
    let Some(card) = SWIFTSHADER.iter().map(Path::new).find(|path| path.is_file()) else {
        return eprintln!("SKIPPED: there is no SwiftShader; it comes with the package chromium-common");
    };
    let Some(library) = library(&lens_core::paths::cache().join("webgpu-test")) else {
        return eprintln!("SKIPPED: there is no ONNX Runtime with WebGPU; `cargo xtask test` gets one");
    };
    let runtime = tempfile::tempdir().unwrap();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(IS_CHILD, "1")
        .env("ORT_DYLIB_PATH", library)
        .env("VK_DRIVER_FILES", card)
        .env("XDG_RUNTIME_DIR", runtime.path())
        .output()
        .unwrap();
    let said =
        [child.stdout, child.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(child.status.success(), "{said}");
    println!("{said}");
}

fn library(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.max_by_key(|path| {
        path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("libonnxruntime.so"))
    })
}

fn compare() {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(4, [1280, 720], painter.catalogue());
    let state = table.at(6.0);
    let quads: Vec<Quad<InFrame>> = state.readable().map(|card| card.quad).collect();
    assert!(quads.len() >= 8, "too few cards: {}", quads.len());
    let picture = painter.paint(&state).clone();
    let on_processor = said(&[Provider::Cpu], &picture, &quads);
    let on_card = said(&[Provider::WebGpu, Provider::Cpu], &picture, &quads);
    assert_eq!(on_card.names, on_processor.names, "the same cards have the same names");
    assert!(on_card.names.iter().flatten().count() >= quads.len() / 2, "{:?}", on_card.names);
    let largest =
        on_card.numbers.iter().zip(&on_processor.numbers).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{} cards; outputs differ by {largest:e} at most", on_card.names.len());
    assert_eq!(on_card.numbers.len(), on_processor.numbers.len(), "the same cards are found");
    assert!(largest < MAX_DIFFERENCE, "{largest}");
}

/// What networks say of an image.
struct Said {
    /// Of the cards that are found, best first.
    names: Vec<Option<String>>,
    /// Detection scores, and embeddings of given quads.
    numbers: Vec<f32>,
}

fn said(providers: &[Provider], picture: &RgbaImage, quads: &[Quad<InFrame>]) -> Said {
    let record = tempfile::tempdir().unwrap();
    let options = Options {
        providers: providers.to_vec(),
        precision: Precision::Float32,
        profile: Some(record.path().to_owned()),
        ..Options::default()
    };
    let mut recogniser = Recogniser::open(&lens_core::paths::model("practice"), &options).unwrap();
    for (file, report) in recogniser.reports() {
        assert_eq!(report.accepted[0], providers[0], "{file}: {report:?}");
    }
    let frame = picture.into();
    let cards = recogniser.recognise(&frame).unwrap();
    let names = cards.iter().map(|card| card.reading.id().map(ToString::to_string)).collect();
    let mut numbers: Vec<f32> = cards.iter().map(|card| card.detection.score).collect();
    numbers.extend(recogniser.embed(&frame, quads).unwrap().into_iter().flatten());
    for (network, nodes) in ["detector", "identifier"].into_iter().zip(recogniser.assigned().unwrap()) {
        println!("{network} on {:?}: {nodes:?}", providers[0]);
        let on_card: usize =
            nodes.iter().filter(|(name, _)| name.contains("WebGpu")).map(|(_, count)| count).sum();
        assert_eq!(on_card > 0, providers[0] == Provider::WebGpu, "{network}: {nodes:?}");
    }
    Said { names, numbers }
}
