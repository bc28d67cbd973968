//! What reviewers would otherwise have to look for: size and headers of files, forbidden
//! dependencies, machine paths, images where none belong.
//!
//! Looks at every file of the workspace that git does not ignore, committed or not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use workspace::{files, read, report, root};

#[path = "inputs/workspace.rs"]
mod workspace;

/// Longest source file.
const MAX_LINES: usize = 600;
/// Folders that may hold images, all of our own drawing: none may show the art of a game.
const PICTURE_FOLDERS: [&str; 2] = ["docs/", "tests/golden/"];
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "ico"];
/// What a crate must not depend on, neither itself nor by way of another.
const FORBIDDEN: [(&str, &[&str]); 13] = [
    (
        "lens-core",
        &["tch", "torch-sys", "ort", "ort-sys", "wgpu", "winit", "xcap", "image_hasher", "synth", "vision"],
    ),
    ("dataset", &["tch", "torch-sys", "ort", "ort-sys", "wgpu", "winit", "xcap", "synth", "vision"]),
    ("lens-client", &["lens-core", "image", "image_hasher", "ort", "wgpu", "winit", "dataset", "vision"]),
    ("mods", &["tch", "torch-sys", "ort", "ort-sys", "wgpu", "winit", "xcap", "dataset", "vision", "synth"]),
    ("synth", &["tch", "torch-sys", "ort", "ort-sys", "wgpu", "winit", "xcap", "vision", "dataset"]),
    ("vision", &["tch", "torch-sys", "wgpu", "winit", "xcap", "tracking", "synth"]),
    ("tracking", &["tch", "torch-sys", "wgpu", "winit", "xcap", "marks", "practice"]),
    (
        "marks",
        &[
            "tch",
            "torch-sys",
            "winit",
            "x11rb",
            "zbus",
            "tungstenite",
            "xcap",
            "synth",
            "practice",
            "overlay",
        ],
    ),
    ("panes", &["tch", "torch-sys", "ort", "wgpu", "winit", "xcap", "dataset", "vision", "synth"]),
    ("practice", &["tch", "torch-sys", "zbus", "tungstenite", "xcap", "overlay"]),
    ("overlay", &["tch", "torch-sys", "trainer", "labeller"]),
    ("labeller", &["tch", "torch-sys", "trainer", "overlay"]),
    ("xtask", &["lens-core", "image", "wgpu", "ort", "tch"]),
];
/// Where unsafe code may be: where the system is spoken to, and in tests that count allocations or
/// set variables.
const UNSAFE_PLACES: [&str; 10] = [
    "labeller/src/main.rs",
    "overlay/src/capture/",
    "overlay/src/desktop/memory.rs",
    "overlay/src/desktop/priority.rs",
    "overlay/src/desktop/window/",
    "overlay/src/main.rs",
    "shared/mods/src/sandbox/",
    "shared/vision/src/runtime/telemetry.rs",
    "trainer/src/main.rs",
    "/tests/",
];

#[test]
fn source_files_are_short_and_say_what_they_are_for() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{path}: {lines} lines, at most {MAX_LINES}: split it by concept"));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{path}: begin with `//!`: what the file is for, and what is absent"));
        }
    }
    report(&faults);
}

#[test]
fn no_merge_is_left_half_done() {
    let mut faults = Vec::new();
    for path in files() {
        let Some(text) = read(&path) else { continue };
        let marked = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
        if let Some(at) = text.lines().position(marked) {
            faults.push(format!("{path}:{}: a conflict of a merge was committed", at + 1));
        }
    }
    report(&faults);
}

#[test]
fn crates_keep_to_their_layer() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the workspace has a lock file");
    let graph = dependencies(&lock);
    let mut faults = Vec::new();
    for (package, forbidden) in FORBIDDEN {
        assert!(graph.contains_key(package), "Cargo.lock does not know {package}");
        for (name, way) in reachable(&graph, package) {
            if forbidden.contains(&name) {
                faults.push(format!("{package} must not depend on {name}: {}", way.join(" -> ")));
            }
        }
    }
    report(&faults);
}

#[test]
fn a_forbidden_dependency_is_found_through_another() {
    let lock = r#"
        [[package]]
        name = "shared"
        dependencies = ["middle 1.0.0", "other"]
        [[package]]
        name = "middle"
        dependencies = ["wgpu"]
        [[package]]
        name = "other"
        [[package]]
        name = "wgpu"
    "#;
    let graph = dependencies(lock);
    let way = reachable(&graph, "shared").remove("wgpu").expect("it is reachable");
    assert_eq!(way, ["shared", "middle", "wgpu"]);
}

#[test]
fn every_crate_follows_the_lint_table() {
    let manifests = files().into_iter().filter(|path| path.ends_with("/Cargo.toml"));
    let mut faults = Vec::new();
    for path in manifests {
        let manifest: toml::Table =
            read(&path).unwrap_or_default().parse().expect("cargo has read it already");
        let inherits =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if inherits != Some(true) {
            faults.push(format!("{path}: add `[lints] workspace = true`"));
        }
    }
    report(&faults);
}

#[test]
fn unsafe_code_and_threads_stay_where_they_belong() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lifts_the_ban = text.contains(concat!("(unsafe", "_code"));
        if lifts_the_ban && !UNSAFE_PLACES.iter().any(|place| path.contains(place)) {
            faults.push(format!("{path}: unsafe code belongs into {}", UNSAFE_PLACES.join(", ")));
        }
        let starts_threads =
            ["thread::spawn(", "thread::Builder::new("].iter().any(|call| text.contains(call));
        if starts_threads && path.starts_with("overlay/src/") && path != "overlay/src/messages/worker.rs" {
            faults.push(format!("{path}: threads are started in overlay/src/messages/worker.rs only"));
        }
    }
    report(&faults);
}

#[test]
fn no_machine_paths_and_no_registry_hosts() {
    let words = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/wo", "rk/"),
        concat!("C:\\Us", "ers"),
        concat!("pypi", ".org"),
        concat!("python", "hosted"),
        concat!("crates", ".io/api"),
        concat!("static.rust", "-lang"),
        concat!("npm", "js."),
        concat!("download.py", "torch"),
    ];
    let mut faults = Vec::new();
    for path in files().iter().filter(|path| *path != "Cargo.lock") {
        // What is not text has no words.
        let Some(text) = read(path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn pictures_are_in_their_folders() {
    let is_picture = |path: &str| {
        let extension =
            Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        PICTURES.contains(&extension.to_lowercase().as_str())
    };
    let faults: Vec<_> = files()
        .into_iter()
        .filter(|path| is_picture(path) && !PICTURE_FOLDERS.iter().any(|place| path.contains(place)))
        .map(|path| format!("{path}: images belong into {}", PICTURE_FOLDERS.join(" or ")))
        .collect();
    report(&faults);
}

fn sources() -> impl Iterator<Item = (String, String)> {
    let rust = files().into_iter().filter(|path| path.ends_with(".rs"));
    rust.filter_map(|path| read(&path).map(|text| (path, text)))
}

type Graph = BTreeMap<String, Vec<String>>;

/// Names of the direct dependencies of each package; versions of one package count as one.
fn dependencies(lock: &str) -> Graph {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let lock: Lock = toml::from_str(lock).expect("cargo wrote it");
    let mut graph = Graph::new();
    for package in lock.package {
        let names = package.dependencies.iter().filter_map(|it| it.split(' ').next()).map(str::to_owned);
        graph.entry(package.name).or_default().extend(names);
    }
    graph
}

/// All that a package depends on, each with the way to it.
fn reachable<'a>(graph: &'a Graph, package: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut ways = BTreeMap::from([(package, vec![package])]);
    let mut open = vec![package];
    while let Some(name) = open.pop() {
        for next in graph.get(name).into_iter().flatten() {
            if !ways.contains_key(next.as_str()) {
                let way = ways[name].iter().copied().chain([next.as_str()]).collect();
                ways.insert(next, way);
                open.push(next);
            }
        }
    }
    ways
}
