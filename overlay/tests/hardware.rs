//! What recognition runs on best, measured by the program itself on a card in software, kept, and
//! told by the doctor.
//!
//! The card is `SwiftShader`, which computes Vulkan on the processor: every part of the way is the
//! one that a graphics card takes, but it is slow, so the processor keeps the work.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use overlay::recognition::hardware::Record;
use serde_json::Value;
use vision::providers::Provider;

/// Where browsers put `SwiftShader`.
const SWIFTSHADER: [&str; 3] = [
    "/usr/lib/chromium/vk_swiftshader_icd.json",
    "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
    "/opt/google/chrome/vk_swiftshader_icd.json",
];

fn library(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.max_by_key(|path| {
        path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("libonnxruntime.so"))
    })
}

fn overlay(arguments: &[&str], library: &Path, place: &Path) -> Output {
    let card = SWIFTSHADER.iter().find(|path| Path::new(path).is_file()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_overlay"))
        .args(arguments)
        .env("ORT_DYLIB_PATH", library)
        .env("VK_DRIVER_FILES", card)
        .env("XDG_RUNTIME_DIR", place)
        .env("BALATRO_LENS_CACHE", place)
        .env("BALATRO_LENS_DATA", Path::new(env!("CARGO_MANIFEST_DIR")).join("../data"))
        .output()
        .unwrap()
}

#[test]
fn both_ways_are_measured_and_the_result_is_kept_and_told() {
    if !SWIFTSHADER.iter().any(|path| Path::new(path).is_file()) {
        return eprintln!("SKIPPED: there is no SwiftShader; it comes with the package chromium-common");
    }
    let Some(library) = library(&lens_core::paths::cache().join("webgpu-test")) else {
        return eprintln!("SKIPPED: there is no ONNX Runtime with WebGPU; `cargo xtask test` gets one");
    };
    let place = tempfile::tempdir().unwrap();
    let arguments = ["hardware", "--model", "practice", "--threads", "1", "--json"];
    let output = overlay(&arguments, &library, place.path());
    let fault = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{fault}");
    let record: Record = serde_json::from_slice(&output.stdout).unwrap();
    let ran: Vec<Provider> = record.timings.iter().map(|timing| timing.provider).collect();
    assert_eq!(ran, [Provider::Cpu, Provider::WebGpu], "{record:?} {fault}");
    let [processor, card] = &record.timings[..] else { unreachable!("there are two") };
    assert!(card.difference > 0.0 && card.difference < 1e-3, "it computes, and the same: {card:?}");
    assert!(card.millis > processor.millis, "{card:?} {processor:?}");
    assert!(processor.stages.len() == 6 && processor.stages.iter().all(|(_, millis)| *millis > 0.0));
    assert_eq!(record.chosen(), Provider::Cpu);
    assert!(record.key.driver.contains("SwiftShader"), "{}", record.key.driver);
    assert!(record.refused.iter().any(|it| it.provider == Provider::Cuda), "{:?}", record.refused);

    // It may find fault with a machine that has no display.
    let output = overlay(&["doctor", "--json", "--frames", "1"], &library, place.path());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kept: Vec<Record> = serde_json::from_value(told["hardware"].clone()).unwrap();
    assert_eq!(kept, [record]);
    let findings = told["findings"].as_array().unwrap();
    let finding = findings.iter().find(|it| it["name"] == "hardware").expect("it is told to people");
    let line = finding["lines"][0].as_str().unwrap();
    assert!(line.contains("runs best on CPU") && line.contains("WebGPU"), "{line}");
}
