//! Tests and benchmarks ask their dependencies for no feature that the programs do without: cargo
//! would compile such a dependency, and all that is above it, a second time.
//!
//! Asks `cargo tree`, which needs no network.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Every dependency with its version and features.
fn dependencies(edges: &[&str]) -> BTreeSet<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above");
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args(["tree", "--offline", "--workspace", "--prefix", "none", "--format", "{p} {f}"])
        .args(edges)
        .output()
        .expect("cargo has built this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // A line that was printed before ends with a star.
    text.lines().map(|line| line.trim_end_matches("(*)").trim().to_owned()).collect()
}

#[test]
fn tests_change_no_feature_of_a_dependency() {
    let programs = dependencies(&["--edges", "no-dev"]);
    let everything = dependencies(&[]);
    let twice: Vec<&str> = programs.difference(&everything).map(String::as_str).collect();
    assert!(
        twice.is_empty(),
        "compiled twice, since a test asks for more features; add them in the workspace's table:\n{}",
        twice.join("\n")
    );
    assert!(programs.len() > 100, "the tree was read: {} lines", programs.len());
}
