//! What is said where ONNX Runtime is missing or wrong. Nothing here may load it: a process loads
//! it only once.

use std::fs;

use vision::runtime::{Runtime, Search};

#[track_caller]
fn check(search: &Search, parts: &[&str]) {
    let message = Runtime::load_from(search).unwrap_err().to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn a_named_library_that_is_missing_is_said_to_be() {
    let search = Search { explicit: Some("/no/such/libonnxruntime.so".into()), ..Search::default() };
    check(
        &search,
        &["ORT_DYLIB_PATH", "/no/such/libonnxruntime.so", "there is no such file", "cargo xtask setup"],
    );
}

#[test]
fn every_place_is_named_when_none_has_it() {
    let cache = tempfile::tempdir().unwrap();
    let broken = cache.path().join("onnxruntime-1.31.1-cpu");
    fs::create_dir(&broken).unwrap();
    let library = if cfg!(windows) { "onnxruntime.dll" } else { "libonnxruntime.so.1.31.1" };
    fs::write(broken.join(library), "half a download").unwrap();
    // As cargo's folder looks.
    let beside = tempfile::tempdir().unwrap();
    fs::create_dir(beside.path().join("deps")).unwrap();
    let search = Search {
        explicit: None,
        beside: Some(beside.path().into()),
        cache: Some(cache.path().into()),
        system: vec!["libno-such-onnxruntime.so".into()],
    };
    let [broken, beside] = [broken.display().to_string(), beside.path().display().to_string()];
    check(&search, &[&broken, "cannot be loaded", &beside, "libno-such-onnxruntime.so", "cargo xtask setup"]);
}

/// As in an unpacked zip file: what to do next names no tool of developers.
#[test]
fn a_package_says_what_its_player_can_do() {
    let package = tempfile::tempdir().unwrap();
    let search = Search { beside: Some(package.path().into()), ..Search::default() };
    let place = package.path().display().to_string();
    check(&search, &[&place, "no ONNX Runtime in it", "help: unpack the whole zip file"]);
    let name = if cfg!(windows) { "onnxruntime.dll" } else { "libonnxruntime.so.1.31.1" };
    let library = package.path().join(name);
    fs::write(&library, "half a download").unwrap();
    let library = library.display().to_string();
    let help = if cfg!(windows) { "Visual C++ Redistributable" } else { "help: unpack the zip file anew" };
    check(&search, &[&library, "cannot be loaded", help]);
    let search = Search { explicit: Some("/no/such/library".into()), ..search };
    check(&search, &["/no/such/library", "help: correct or unset it; without it"]);
}
