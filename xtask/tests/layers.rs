//! Layers, from the code's own paths: no circle of files or modules in a crate, no crate that
//! speaks of one above it, and few modules at the top of the programs.
//!
//! Dependencies of packages are `tidy.rs`'s; this looks at what the code says.

#[path = "inputs/modules.rs"]
mod modules;
#[path = "inputs/packages.rs"]
mod packages;
#[path = "inputs/rust.rs"]
mod rust;
#[path = "inputs/workspace.rs"]
mod workspace;

use std::collections::{BTreeMap, BTreeSet};

use modules::{Circle, Modules};
use packages::{Package, packages};

/// How many modules the top of a program's `src` may have: what one look takes in.
const MAX_TOP_MODULES: [(&str, usize); 2] = [("overlay", 16), ("trainer", 10)];

#[test]
fn no_circle_of_files() {
    report_circles(Modules::circles_of_files);
}

#[test]
fn no_circle_of_modules() {
    report_circles(Modules::circles_of_modules);
}

/// Crates are told from the bottom in ARCHITECTURE.md; each may speak of those above it on the
/// page.
#[test]
fn crates_speak_of_lower_crates_alone() {
    let packages = packages();
    let page = workspace::read("ARCHITECTURE.md").expect("the workspace has an ARCHITECTURE.md");
    let order = crates_in_order(&page);
    let mut faults = Vec::new();
    for package in &packages {
        let folder = package.folder.as_str();
        let Some(own) = place_of(&order, package) else {
            faults.push(format!("ARCHITECTURE.md: the code map has no heading `{}`", name_of(package)));
            continue;
        };
        let spoken: BTreeMap<String, String> = roots(folder)
            .iter()
            .flat_map(|root| {
                let modules = read(root);
                modules.foreign().into_iter().map(|(name, at)| (name.to_owned(), at)).collect::<Vec<_>>()
            })
            .collect();
        for other in packages.iter().filter(|other| other.folder != folder) {
            if let Some(at) = spoken.get(&library_of(other))
                && place_of(&order, other).is_some_and(|other| other > own)
            {
                faults.push(format!("{at}: `{}` is a layer above `{}`", name_of(other), name_of(package)));
            }
        }
    }
    workspace::report(&faults);
}

#[test]
fn the_top_of_a_program_is_taken_in_at_one_look() {
    let mut faults = Vec::new();
    for (program, most) in MAX_TOP_MODULES {
        let sources = ["lib.rs", "main.rs"].map(|file| format!("{program}/src/{file}"));
        let mut names: BTreeSet<String> = BTreeSet::new();
        for root in sources.iter().filter(|root| workspace::read(root).is_some()) {
            names.extend(read(root).top().map(str::to_owned));
        }
        assert!(!names.is_empty(), "{program}/src has no module: was it moved?");
        if names.len() > most {
            let names_ = names.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
            faults
                .push(format!("{program}/src: {} modules at its top, at most {most}: {names_}", names.len()));
        }
    }
    workspace::report(&faults);
}

#[test]
fn a_circle_is_found_whichever_way_it_goes() {
    let check = |files: &[(&str, &str)], want: &[&[&str]]| {
        let modules = of_files(files);
        let found: Vec<Vec<String>> =
            modules.circles_of_files().into_iter().map(|Circle { names, .. }| names).collect();
        assert_eq!(found, want, "{files:?}");
    };
    let root = ("src/lib.rs", "mod a; mod b; mod c;");
    let (a, b, c) = ("src/a.rs", "src/b.rs", "src/c.rs");
    // Straight, by a path in the code, by braces, from below, by a name that a third hands on.
    check(&[root, (a, "use crate::b::B;"), (b, "use crate::a::A;"), (c, "")], &[&[a, b]]);
    check(&[root, (a, "fn f() { crate::b::g() }"), (b, "fn f(_: super::a::A) {}"), (c, "")], &[&[a, b]]);
    check(
        &[root, (a, "use crate::{b::{self, B}, c};"), (b, "use crate::c::C;"), (c, "use super::a;")],
        &[&[a, b, c]],
    );
    check(
        &[root, (a, "pub mod d;"), ("src/a/d.rs", "use crate::b;"), (b, "use crate::a::d::D;"), (c, "")],
        &[&["src/a/d.rs", b]],
    );
    check(&[root, (a, "use crate::c::B;"), (b, "use crate::a::A;"), (c, "pub use crate::b::B;")], &[&[a, b]]);
    check(&[root, (a, "use crate::b; fn f() { b::g() }"), (b, "use crate::a as z;"), (c, "")], &[&[a, b]]);
    // One way only; in words and in tests; between a module and what is inside it.
    check(&[root, (a, "use crate::b::B;"), (b, "use std::a::A;"), (c, "use crate::a;")], &[]);
    check(
        &[
            root,
            (a, "use crate::b::B;"),
            (b, "//! crate::a::A\n/* crate::a */ const X: &str = \"crate::a::A\";"),
            (c, ""),
        ],
        &[],
    );
    check(&[root, (a, "use crate::b::B;"), (b, "#[cfg(test)] mod tests { use crate::a::A; }"), (c, "")], &[]);
    check(
        &[
            root,
            (a, "use crate::b::B;"),
            (b, "#[cfg(all(test, unix))] use crate::a::{A, Z}; fn f() {}"),
            (c, ""),
        ],
        &[],
    );
    check(&[root, (a, "mod d; use d::D;"), ("src/a/d.rs", "use super::A;"), (b, ""), (c, "")], &[]);
    // What looks like the start of a literal, and is none.
    check(
        &[
            root,
            (a, "fn f<'a>(_: &'a str) -> char { '\"' } use crate::b;"),
            (b, "const Q: &str = r#\"\"\"#; use crate::a;"),
            (c, ""),
        ],
        &[&[a, b]],
    );
}

#[test]
fn modules_with_all_inside_them_are_in_a_circle_where_no_files_are() {
    let modules = of_files(&[
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "mod c; mod d;"),
        ("src/a/c.rs", "use crate::b::B;"),
        ("src/a/d.rs", "pub struct D;"),
        ("src/b.rs", "\n\nuse crate::a::d::D;"),
    ]);
    assert_eq!(modules.circles_of_files(), []);
    let [Circle { names, arrows }] = &modules.circles_of_modules()[..] else {
        panic!("one circle: {modules:?}")
    };
    assert_eq!(*names, ["src/lib::a", "src/lib::b"]);
    assert_eq!(*arrows, ["src/lib::a -> src/lib::b: src/a/c.rs:1", "src/lib::b -> src/lib::a: src/b.rs:3"]);
}

#[test]
fn the_order_of_crates_is_read_from_headings() {
    let page =
        "# A\n## Code map\n### `shared/lens-core`: words\n### `vision`\ntext `overlay`\n## Other\n### `no`\n";
    assert_eq!(crates_in_order(page), ["lens-core", "vision"]);
}

#[track_caller]
fn report_circles(find: fn(&Modules) -> Vec<Circle>) {
    let mut faults = Vec::new();
    for package in packages() {
        // Code that ships: a test crate may be written as it likes.
        for root in roots(&package.folder).iter().filter(|root| root.contains("/src/")) {
            for Circle { names, arrows } in find(&read(root)) {
                faults.push(format!("a circle of {}: {}", names.len(), names.join(", ")));
                faults.extend(arrows.iter().map(|arrow| format!("    {arrow}")));
            }
        }
    }
    workspace::report(&faults);
}

fn read(root: &str) -> Modules {
    Modules::read(root, workspace::read)
}

fn of_files(files: &[(&str, &str)]) -> Modules {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Modules::read("src/lib.rs", |file| files.get(file).map(|&text| text.to_owned()))
}

/// The root files of a package: libraries and programs, its tests, examples and benchmarks.
fn roots(folder: &str) -> Vec<String> {
    let is_root = |path: &str| {
        let Some(path) = path.strip_prefix(folder).and_then(|path| path.strip_prefix('/')) else {
            return false;
        };
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["src", "lib.rs" | "main.rs"] | ["build.rs"] | ["src", "bin", _] => true,
            ["tests" | "examples" | "benches", file] => file.ends_with(".rs"),
            ["tests" | "examples" | "benches", _, "main.rs"] => true,
            _ => false,
        }
    };
    workspace::files().into_iter().filter(|path| is_root(path)).collect()
}

/// Names in the headings of the code map, from the bottom.
fn crates_in_order(page: &str) -> Vec<&str> {
    let map = page.split("\n## ").find(|part| part.starts_with("Code map")).unwrap_or_default();
    let names = map.lines().filter_map(|line| line.strip_prefix("### `")?.split('`').next());
    names.filter_map(|name| name.rsplit('/').next()).collect()
}

fn name_of(package: &Package) -> &str {
    let name = package.manifest.get("package").and_then(|package| package.get("name"));
    name.and_then(toml::Value::as_str).expect("a package has a name")
}

/// The word by which code of other crates names it.
fn library_of(package: &Package) -> String {
    let own = package.manifest.get("lib").and_then(|lib| lib.get("name")).and_then(toml::Value::as_str);
    own.unwrap_or(name_of(package)).replace('-', "_")
}

fn place_of(order: &[&str], package: &Package) -> Option<usize> {
    order.iter().position(|name| *name == name_of(package))
}
