//! The modules of one crate and which of them speaks of which, from the text of their files.
//!
//! A name that one module imports or hands on (`use`, `pub use`) is followed to the file that
//! defines it. A module and the modules inside it count as one room: between them there is nothing
//! to tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::rust::{Statement, statements};

/// So many lines are shown of each arrow.
const SHOWN_LINES: usize = 3;

/// Names from the crate's root down; the root itself has none.
type Place = Vec<String>;

/// One module.
#[derive(Debug, Default)]
struct Module {
    /// The file that it is written in, below the workspace.
    file: String,
    /// Whether it is written inside another module's file.
    is_inline: bool,
    children: BTreeSet<String>,
    /// What each imported name stands for.
    imports: BTreeMap<String, Vec<String>>,
    spoken: Vec<(Vec<String>, usize)>,
}

/// All modules of a crate.
#[derive(Debug)]
pub(crate) struct Modules {
    root: String,
    modules: BTreeMap<Place, Module>,
}

/// That the code of one place speaks of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: Place,
    pub(crate) to: Place,
    /// Where it does.
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// Places that lead to each other, and the arrows among them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) names: Vec<String>,
    pub(crate) arrows: Vec<String>,
}

impl Modules {
    /// Reads a crate from its root file on; `read` gives a file's text.
    pub(crate) fn read(root: &str, read: impl Fn(&str) -> Option<String>) -> Self {
        let mut crate_ = Self { root: root.to_owned(), modules: BTreeMap::new() };
        let mut open = vec![(Place::new(), root.to_owned())];
        while let Some((place, file)) = open.pop() {
            let text =
                read(&file).unwrap_or_else(|| panic!("the file of `{}` is gone: {file}", place.join("::")));
            crate_.add(&place, &file, &text, |file| read(file).is_some(), &mut open);
        }
        crate_
    }

    fn add(
        &mut self,
        place: &Place,
        file: &str,
        text: &str,
        exists: impl Fn(&str) -> bool,
        open: &mut Vec<(Place, String)>,
    ) {
        let mut at = place.clone();
        self.modules.insert(at.clone(), Module { file: file.to_owned(), ..Module::default() });
        for statement in statements(text) {
            let module = self.modules.get_mut(&at).expect("it was entered");
            match statement {
                Statement::Child { name, file: path } => {
                    module.children.insert(name.to_owned());
                    let folder = folder_of(file);
                    let mut candidates = match path {
                        Some(path) => {
                            vec![normal(&format!("{}/{path}", file.rsplit_once('/').map_or("", |it| it.0)))]
                        }
                        None => {
                            let inside: String =
                                at[place.len()..].iter().map(|it| format!("{it}/")).collect();
                            ["", "/mod"].map(|end| format!("{folder}{inside}{name}{end}.rs")).to_vec()
                        }
                    };
                    candidates.retain(|file| exists(file));
                    // One that is written for another system, or made by a build script, may be
                    // nowhere.
                    if let Some(file) = candidates.pop() {
                        open.push((child(&at, name), file));
                    }
                }
                Statement::Opens(name) => {
                    module.children.insert(name.to_owned());
                    at.push(name.to_owned());
                    let inner = Module { file: file.to_owned(), is_inline: true, ..Module::default() };
                    self.modules.insert(at.clone(), inner);
                }
                Statement::Closes => _ = at.pop(),
                Statement::Import { path, as_name, line } => {
                    let path = owned(&path);
                    if as_name != "*" && as_name != "_" {
                        module.imports.insert(as_name.to_owned(), path.clone());
                    }
                    module.spoken.push((path, line));
                }
                Statement::Path { path, line } => module.spoken.push((owned(&path), line)),
            }
        }
    }

    /// Names of the modules right below the root.
    pub(crate) fn top(&self) -> impl Iterator<Item = &str> {
        self.modules[&Place::new()].children.iter().map(String::as_str)
    }

    /// The first names of all paths that are no module of this crate: other crates among them.
    pub(crate) fn foreign(&self) -> BTreeMap<&str, String> {
        let mut found = BTreeMap::new();
        for (place, module) in &self.modules {
            for (path, line) in &module.spoken {
                if self.resolve(place, path, 0).is_none() {
                    found.entry(path[0].as_str()).or_insert_with(|| format!("{}:{line}", module.file));
                }
            }
        }
        found
    }

    /// All arrows between files that are not above each other.
    pub(crate) fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for (place, module) in &self.modules {
            for (path, line) in &module.spoken {
                let Some(to) = self.resolve(place, path, 0) else { continue };
                let (from, to) = (self.with_file(place), self.with_file(&to));
                if !from.starts_with(&to) && !to.starts_with(&from) {
                    arrows.insert(Arrow { from, to, file: module.file.clone(), line: *line });
                }
            }
        }
        arrows
    }

    /// Files that lead to each other.
    pub(crate) fn circles_of_files(&self) -> Vec<Circle> {
        circles(&self.arrows().into_iter().collect::<Vec<_>>(), |place| self.modules[place].file.clone())
    }

    /// Modules beside each other that lead to each other, each taken with all that is inside it.
    pub(crate) fn circles_of_modules(&self) -> Vec<Circle> {
        let mut floors: BTreeMap<Place, Vec<Arrow>> = BTreeMap::new();
        for Arrow { from, to, file, line } in self.arrows() {
            let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
            let arrow = Arrow { from: from[..=common].to_vec(), to: to[..=common].to_vec(), file, line };
            floors.entry(from[..common].to_vec()).or_default().push(arrow);
        }
        let root = self.root.trim_end_matches(".rs");
        floors
            .into_values()
            .flat_map(|arrows| circles(&arrows, |place| format!("{root}::{}", place.join("::"))))
            .collect()
    }

    /// The module that a path leads to; `None` when it leads out of the crate.
    fn resolve(&self, from: &Place, path: &[String], depth: usize) -> Option<Place> {
        // Two modules that import the same name from each other.
        if depth > 8 {
            return None;
        }
        let mut rest = path;
        let mut at = from.clone();
        let mut is_anchored = false;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" => at = Place::new(),
                "self" => {}
                "super" => _ = at.pop(),
                _ => break,
            }
            is_anchored = true;
            rest = after;
        }
        for (number, name) in rest.iter().enumerate() {
            let module = self.modules.get(&at)?;
            let is_first = number == 0 && !is_anchored;
            if module.children.contains(name) {
                at = child(&at, name);
                // Its file was not found: there is nothing in it to be resolved.
                if !self.modules.contains_key(&at) {
                    return None;
                }
            } else if let Some(import) = module.imports.get(name).filter(|import| *import != path) {
                let mut whole = import.clone();
                whole.extend_from_slice(&rest[number + 1..]);
                let found = self.resolve(&at, &whole, depth + 1);
                return if is_first { found } else { found.or(Some(at)) };
            } else if is_first {
                return None;
            } else {
                break;
            }
        }
        Some(at)
    }

    /// The nearest module above that has a file of its own.
    fn with_file(&self, place: &Place) -> Place {
        let mut place = place.clone();
        while self.modules[&place].is_inline {
            place.pop();
        }
        place
    }
}

/// Groups of places that lead to each other.
fn circles(arrows: &[Arrow], name: impl Fn(&Place) -> String) -> Vec<Circle> {
    let mut next: BTreeMap<&Place, BTreeSet<&Place>> = BTreeMap::new();
    for arrow in arrows {
        next.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reached: BTreeMap<&Place, BTreeSet<&Place>> =
        next.keys().map(|from| (*from, reached(&next, from))).collect();
    let leads = |from: &Place, to: &Place| reached.get(from).is_some_and(|places| places.contains(to));
    let mut circles = Vec::new();
    let mut told: BTreeSet<&Place> = BTreeSet::new();
    for place in next.keys().filter(|place| leads(place, place)) {
        if told.contains(place) {
            continue;
        }
        let members: BTreeSet<&Place> =
            next.keys().copied().filter(|other| leads(place, other) && leads(other, place)).collect();
        told.extend(&members);
        let mut lines: BTreeMap<(&Place, &Place), BTreeSet<(&str, usize)>> = BTreeMap::new();
        for arrow in arrows.iter().filter(|it| members.contains(&it.from) && members.contains(&it.to)) {
            lines.entry((&arrow.from, &arrow.to)).or_default().insert((&arrow.file, arrow.line));
        }
        let arrows = lines.into_iter().map(|((from, to), lines)| {
            let mut shown: Vec<String> = lines.iter().map(|(file, line)| format!("{file}:{line}")).collect();
            if shown.len() > SHOWN_LINES {
                shown.splice(SHOWN_LINES.., ["…".to_owned()]);
            }
            format!("{} -> {}: {}", name(from), name(to), shown.join(", "))
        });
        circles.push(Circle {
            names: members.iter().map(|place| name(place)).collect(),
            arrows: arrows.collect(),
        });
    }
    circles
}

/// Everything that can be reached from a place by at least one arrow.
fn reached<'a>(next: &BTreeMap<&'a Place, BTreeSet<&'a Place>>, from: &Place) -> BTreeSet<&'a Place> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Place> = next.get(from).into_iter().flatten().copied().collect();
    while let Some(place) = open.pop() {
        if found.insert(place) {
            open.extend(next.get(place).into_iter().flatten());
        }
    }
    found
}

/// Where the modules of a file's own lie: `a/` for `a.rs`, beside it for `lib.rs`, `main.rs`,
/// `mod.rs`.
fn folder_of(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.trim_end_matches(".rs");
    let is_root = ["lib", "main", "mod"].contains(&stem)
        || ["tests", "examples", "benches"].iter().any(|it| folder.ends_with(it));
    if is_root { format!("{folder}/") } else { format!("{folder}/{stem}/") }
}

/// A path without its `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn child(place: &Place, name: &str) -> Place {
    place.iter().cloned().chain([name.to_owned()]).collect()
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&it| it.to_owned()).collect()
}
