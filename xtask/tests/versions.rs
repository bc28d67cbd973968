//! Versions of dependencies are in the workspace's table, and nowhere else; actions are pinned by
//! hash.

#[path = "inputs/packages.rs"]
mod packages;
#[path = "inputs/workspace.rs"]
mod workspace;

use packages::{packages, table};
use toml::Value;

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

#[test]
fn versions_are_in_the_workspace_table() {
    let mut faults = Vec::new();
    for package in packages() {
        for name in strays(&package.manifest) {
            let path = format!("{}/Cargo.toml", package.folder);
            faults.push(format!(
                "{path}: `{name}.workspace = true`, and its version in the table of the root's Cargo.toml"
            ));
        }
    }
    workspace::report(&faults);
}

/// A table that nobody reads would be one more place to look for a version.
#[test]
fn the_table_holds_what_is_used() {
    let packages = packages();
    let used: Vec<&String> =
        packages.iter().flat_map(|package| dependencies(&package.manifest)).map(|(name, _)| name).collect();
    let root = table("Cargo.toml");
    let versions = root["workspace"]["dependencies"].as_table().expect("it is a table");
    let unused = versions.keys().filter(|name| !used.contains(name));
    let faults: Vec<String> = unused.map(|name| format!("Cargo.toml: no crate uses `{name}`")).collect();
    workspace::report(&faults);
}

/// A tag can be moved to other code; what it was when it was looked at stands behind the hash.
#[test]
fn actions_are_pinned_by_hash() {
    let mut faults = Vec::new();
    let mut count = 0;
    for path in workspace::files().iter().filter(|path| path.starts_with(".github/workflows/")) {
        let text = workspace::read(path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            count += 1;
            if !is_pinned(action) {
                faults.push(format!("{path}:{}: {action}: not OWNER/NAME@HASH # VERSION", number + 1));
            }
        }
    }
    assert!(count > 4, "the workflows were not found");
    workspace::report(&faults);
}

#[test]
fn a_tag_is_no_hash() {
    let hash = "3d3c42e5aac5ba805825da76410c181273ba90b1";
    assert!(is_pinned(&format!("actions/checkout@{hash} # v7.0.1")));
    assert!(!is_pinned(&format!("actions/checkout@{hash}")));
    assert!(!is_pinned("actions/checkout@v7 # v7.0.1"));
    assert!(!is_pinned(&format!("actions/checkout@{} # v7", &hash[..12])));
}

#[test]
fn a_stray_version_is_found_in_every_kind_of_table() {
    let check = |manifest: &str, want: &[&str]| {
        let manifest: toml::Table = manifest.parse().unwrap();
        assert_eq!(strays(&manifest), want, "{manifest}");
    };
    check("[dependencies]\nlog.workspace = true\nimage = { workspace = true, features = [\"png\"] }", &[]);
    check("[dependencies]\nlog = \"0.4\"", &["log"]);
    check("[dev-dependencies]\nlog = { version = \"0.4\" }", &["log"]);
    check("[target.'cfg(unix)'.build-dependencies]\nlog = { path = \"../log\" }", &["log"]);
    check("[dependencies.log]\nworkspace = false", &["log"]);
}

/// Names of the dependencies that do not take their version from the workspace.
fn strays(manifest: &toml::Table) -> Vec<&str> {
    let inherits = |it: &Value| it.get("workspace").and_then(Value::as_bool) == Some(true);
    let strays = dependencies(manifest).into_iter().filter(|(_, it)| !inherits(it));
    strays.map(|(name, _)| name.as_str()).collect()
}

fn dependencies(manifest: &toml::Table) -> Vec<(&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|it| it.values()).filter_map(Value::as_table);
    let tables = tables.chain([manifest]);
    let kinds = tables.flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    kinds.flatten().collect()
}

fn is_pinned(action: &str) -> bool {
    let (action, version) = action.split_once(" # ").unwrap_or((action, ""));
    let hash = action.split_once('@').map_or("", |(_, hash)| hash);
    hash.len() == 40 && hash.chars().all(|it| it.is_ascii_hexdigit()) && version.starts_with('v')
}
