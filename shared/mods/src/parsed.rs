//! What a mod declares, read from its Lua without running it.
//!
//! In: the mod's files. Out: sheets and cards, as far as they are written down, and how much is in
//! doubt (`Parsed`). Declarations are found where a class of the loader is called with a table;
//! beside these, tables that look like cards and that something else hands on count, too, if it can
//! be told what they are. Absent: images, and running.

use std::cell::RefCell;
use std::rc::Rc;

use full_moon::ast::Ast;
use rayon::prelude::*;

use crate::declared::{Centre, Declared, Sheet, Size};
use crate::localisation::{Texts, words};
use crate::lua::evaluate::{Globals, Listener, Walk};
use crate::lua::source::LuaError;
use crate::lua::{Class, Table, Value, functions, source};
use crate::prefixes::{self, Prefixes};

/// What was found, and what makes another look worth while.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) declared: Declared,
    /// Calls that declare what is not written down, and tables of which it was guessed what they
    /// are.
    pub(crate) doubts: usize,
}

/// The mod as far as reading needs to know.
pub(crate) struct Source<'a> {
    pub(crate) prefix: Option<&'a str>,
    pub(crate) language: &'a str,
    pub(crate) texts: &'a Texts,
    /// Path and text, the main file first.
    pub(crate) files: &'a [(String, String)],
}

/// Reads all files.
pub(crate) fn read(source: &Source<'_>) -> Parsed {
    let trees: Vec<(&str, Result<Ast, LuaError>)> =
        source.files.par_iter().map(|(path, text)| (path.as_str(), source::parse(text))).collect();
    let mut found = Found::default();
    let mut globals = Globals::default();
    for (path, tree) in &trees {
        match tree {
            Ok(tree) => {
                found.file = (*path).to_owned();
                let returned = Walk::new(&mut found, &mut globals).file(tree);
                found.returned(&returned, source);
            }
            Err(why) => found.problems.push(format!("{path}: {why}")),
        }
    }
    if globals.is_spent() {
        found.problems.push("its code is too much to be read to the end".to_owned());
    }
    found.finish(source)
}

/// Something declared: of which class, by which table.
struct Declaration {
    class: Class,
    table: Rc<RefCell<Table>>,
    taken: bool,
    old: bool,
    file: String,
}

#[derive(Default)]
struct Found {
    file: String,
    declarations: Vec<Declaration>,
    /// Tables that look like a card or a sheet.
    loose: Vec<(Rc<RefCell<Table>>, String)>,
    missed: usize,
    problems: Vec<String>,
}

impl Found {
    fn declare(&mut self, class: &Class, table: &Rc<RefCell<Table>>, how: How) {
        if std::mem::replace(&mut table.borrow_mut().declared, true) && how != How::Taken {
            return;
        }
        self.declarations.push(Declaration {
            class: class.clone(),
            table: Rc::clone(table),
            taken: how == How::Taken,
            old: how == How::Old,
            file: self.file.clone(),
        });
    }

    /// A file may return a card for another to declare, under the name of the file.
    fn returned(&mut self, value: &Value, source: &Source<'_>) {
        let Value::Table(table) = value else { return };
        let is_open = !table.borrow().declared && table.borrow().get("key").is_none();
        let stem = self.file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
        if !is_open || stem.is_empty() || class_by_texts(stem, source).is_none() {
            return;
        }
        let mut fields = table.borrow_mut();
        fields.set("key".into(), Value::Text(stem.into()));
        if fields.get("atlas").is_none() && fields.get("pos").is_none() {
            fields.set("atlas".into(), Value::Text(stem.into()));
        }
        drop(fields);
        self.loose.push((Rc::clone(table), self.file.clone()));
    }

    fn finish(self, source: &Source<'_>) -> Parsed {
        let mut declared = Declared { problems: self.problems, ..Declared::default() };
        let mut doubts = self.missed + declared.problems.len();
        for it in &self.declarations {
            declare(&mut declared, source, it);
        }
        for (table, file) in self.loose {
            if table.borrow().declared {
                continue;
            }
            let class = kind_of(&table.borrow(), &file, source);
            doubts += 1;
            if let Some(base) = class {
                let class = Class { base: base.into(), defaults: Vec::new() };
                declare(&mut declared, source, &Declaration { class, table, taken: false, old: false, file });
            }
        }
        Parsed { declared, doubts }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    New,
    Taken,
    Old,
}

impl Listener for Found {
    fn called(&mut self, class: &Class, method: Option<&str>, arguments: &[Value]) -> Value {
        match (method, arguments) {
            (None, [Value::Table(table), ..]) => {
                self.declare(class, table, How::New);
                Value::Table(Rc::clone(table))
            }
            (Some("extend"), [Value::Table(table), ..]) => {
                table.borrow_mut().declared = true;
                let own = table.borrow().fields().to_vec();
                let defaults = class.defaults.iter().cloned().chain(own).collect();
                Value::Class(Rc::new(Class { base: Rc::clone(&class.base), defaults }))
            }
            (Some("extend"), _) => Value::Class(Rc::new(class.clone())),
            (Some("take_ownership"), [Value::Text(key), Value::Table(table), ..]) => {
                table.borrow_mut().set("key".into(), Value::Text(Rc::clone(key)));
                self.declare(class, table, How::Taken);
                Value::Table(Rc::clone(table))
            }
            (Some("new"), arguments) => match by_position(&class.base, arguments) {
                Some(table) => {
                    let table = Rc::new(RefCell::new(table));
                    self.declare(class, &table, How::Old);
                    Value::Table(table)
                }
                None => Value::Unknown,
            },
            (None | Some("take_ownership"), _) => {
                self.missed += usize::from(functions::CLASSES.contains(&&*class.base));
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    fn missed(&mut self) {
        self.missed += 1;
    }

    fn written(&mut self, table: &Rc<RefCell<Table>>) {
        let is_like_one = {
            let table = table.borrow();
            let is_placed =
                table.get("pos").is_some_and(|it| it.table().is_some()) || table.text("atlas").is_some();
            let is_sheet = table.get("px").is_some() && table.get("path").is_some();
            table.text("key").is_some() && (is_placed || is_sheet)
        };
        if is_like_one {
            self.loose.push((Rc::clone(table), self.file.clone()));
        }
    }
}

/// Names for the arguments of the loaders of old.
fn by_position(base: &str, arguments: &[Value]) -> Option<Table> {
    let names: &[&str] = match base {
        "Joker" => {
            &["name", "key", "config", "pos", "loc_txt", "", "", "", "", "", "", "", "atlas", "soul_pos"]
        }
        "Tarot" => &["name", "key", "config", "pos", "loc_txt", "", "", "", "", "", "atlas"],
        "Planet" => &["name", "key", "config", "pos", "loc_txt", "", "", "", "", "", "", "atlas"],
        "Spectral" => &["name", "key", "config", "pos", "loc_txt", "", "", "", "atlas"],
        "Voucher" => &["name", "key", "config", "pos", "loc_txt", "", "", "", "", "", "atlas"],
        "Back" | "Deck" => &["name", "key", "config", "pos", "loc_txt"],
        "Sprite" => &["key", "", "path", "px", "py", "kind", "frames"],
        _ => return None,
    };
    let mut table = Table::default();
    for (name, value) in names.iter().zip(arguments).filter(|(name, _)| !name.is_empty()) {
        table.set((*name).into(), value.clone());
    }
    let atlas = table.get("config").and_then(Value::table).and_then(|it| it.borrow().get("atlas").cloned());
    if let (Some(atlas), None) = (atlas, table.get("atlas")) {
        table.set("atlas".into(), atlas);
    }
    Some(table)
}

/// What a table is that nobody was seen to declare: by its own word, by the mod's texts, by where
/// it is written.
fn kind_of(table: &Table, file: &str, source: &Source<'_>) -> Option<&'static str> {
    if table.get("px").is_some() && table.get("path").is_some() {
        return Some("Atlas");
    }
    let known = |name: &str| functions::CLASSES.iter().find(|it| **it == name).copied();
    if let Some(kind) = table.text("object_type") {
        return known(&kind);
    }
    if let Some(name) = class_by_texts(&table.text("key")?, source) {
        return Some(name);
    }
    match table.text("set").as_deref() {
        Some("Enhanced") => return Some("Enhancement"),
        Some(set) if known(set).is_some() => return known(set),
        Some(_) if table.get("use").is_some() || table.get("can_use").is_some() => return Some("Consumable"),
        Some(_) => return None,
        None => {}
    }
    let file = file.to_lowercase();
    let hints = [
        ("joker", "Joker"),
        ("voucher", "Voucher"),
        ("tarot", "Tarot"),
        ("planet", "Planet"),
        ("spectral", "Spectral"),
        ("booster", "Booster"),
        ("pack", "Booster"),
        ("enhancement", "Enhancement"),
        ("deck", "Back"),
        ("back", "Back"),
    ];
    hints.iter().find(|(word, _)| file.contains(word)).map(|(_, class)| *class)
}

/// The class under whose prefix the mod's texts know the key.
fn class_by_texts(key: &str, source: &Source<'_>) -> Option<&'static str> {
    let named = prefixes::CARD_CLASSES.iter().find(|(_, class)| {
        let prefixes = Prefixes { of_mod: source.prefix, of_class: Some(class.prefix) };
        !class.prefix.is_empty() && source.texts.has_key(&prefixes.key(key))
    });
    named.map(|(name, _)| *name)
}

fn declare(declared: &mut Declared, source: &Source<'_>, it: &Declaration) {
    let fields = Fields { table: &it.table.borrow(), class: &it.class };
    if matches!(&*it.class.base, "Atlas" | "Sprite") {
        declared.sheets.extend(sheet(&fields, source));
    } else if let Some(class) = prefixes::card_class(&it.class.base) {
        declared.centres.extend(centre(&fields, class, source, it));
    }
}

/// The fields of a table, behind it those of its class.
struct Fields<'a> {
    table: &'a Table,
    class: &'a Class,
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        let of_class =
            || self.class.defaults.iter().rev().find(|(known, _)| &**known == name).map(|(_, it)| it);
        self.table.get(name).or_else(of_class)
    }

    fn text(&self, name: &str) -> Option<Rc<str>> {
        self.get(name).and_then(Value::text)
    }

    fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|it| it.truth() != Some(false))
    }

    /// Whether a part of `prefix_config` says that nothing is put before a key.
    fn prefix_is_off(&self, part: &str, of: &str) -> bool {
        let off = |value: &Value| matches!(value, Value::Bool(false));
        let Some(config) = self.get("prefix_config") else { return false };
        if off(config) {
            return true;
        }
        let part = config.table().and_then(|it| it.borrow().get(part).cloned());
        let Some(part) = part else { return false };
        off(&part) || part.table().is_some_and(|it| it.borrow().get(of).is_some_and(off))
    }

    /// What is put before the key; a card that is taken over has its class before it alone.
    fn prefixes<'p>(&self, of_mod: Option<&'p str>, of_class: Option<&'p str>) -> Prefixes<'p> {
        let is_raw = self.is_set("raw_key");
        Prefixes {
            of_mod: of_mod.filter(|_| !is_raw && !self.prefix_is_off("key", "mod")),
            of_class: of_class.filter(|_| !is_raw && !self.prefix_is_off("key", "class")),
        }
    }
}

fn sheet(fields: &Fields<'_>, source: &Source<'_>) -> Option<Sheet> {
    let of_language = fields.text("language");
    if of_language.as_deref().is_some_and(|it| it != source.language) {
        return None;
    }
    let key = fields.text("key")?;
    let path = in_language(fields.get("path")?, source.language).text()?;
    let number = |name: &str| fields.get(name).and_then(Value::number);
    let is_animated = fields.text("atlas_table").is_some_and(|it| &*it != "ASSET_ATLAS")
        || fields.text("kind").is_some_and(|it| &*it == "animation_atli");
    Some(Sheet {
        key: fields.prefixes(source.prefix, None).key(&key),
        path: path.to_string(),
        px: number("px"),
        py: number("py"),
        frames: number("frames"),
        animated: is_animated,
        localised: of_language.is_some(),
    })
}

fn centre(
    fields: &Fields<'_>,
    class: &prefixes::CardClass,
    source: &Source<'_>,
    it: &Declaration,
) -> Option<Centre> {
    let key = fields.text("key")?;
    let of_mod = source.prefix.filter(|_| !it.taken);
    let own_class = fields.text("class_prefix");
    let of_class = own_class.as_deref().unwrap_or(class.prefix);
    let prefixes = fields.prefixes(of_mod, Some(of_class).filter(|it| !it.is_empty()));
    let of_sheet = |name: &str| {
        let own = it.table.borrow().text(name);
        let is_off = fields.prefix_is_off("atlas", name);
        own.map(|own| Prefixes { of_mod: source.prefix.filter(|_| !is_off), of_class: None }.key(&own))
    };
    let full = prefixes.key(&key);
    let mut atlas = of_sheet("atlas").or_else(|| fields.text("atlas").map(|it| it.to_string()));
    if atlas.is_none() && !it.taken {
        // Old cards have a sheet of their own name.
        atlas = Some(if it.old { full.clone() } else { class.sheet.to_owned() });
    }
    let given_pos = fields.get("pos").map(|it| point(it, "x", "y"));
    let pos = match given_pos {
        // It is there, and not known.
        Some(None) => return None,
        Some(pos) => pos,
        None => (!it.taken).then_some((0.0, 0.0)),
    };
    let soul_atlas = of_sheet("soul_atlas");
    let mut layers = fields.get("soul_pos").map(layers).unwrap_or_default();
    if layers.is_empty() && soul_atlas.is_some() {
        layers.push((0.0, 0.0));
    }
    let set = fields.text("set").map(|it| it.to_string()).or_else(|| class.set.map(str::to_owned));
    Some(Centre {
        key: full,
        original_key: Some(key.to_string()),
        set,
        name: fields.text("name").map(|it| it.to_string()),
        atlas,
        pos,
        layers,
        soul_atlas,
        pixel_size: fields.get("pixel_size").and_then(size),
        display_size: fields.get("display_size").and_then(size),
        words: fields.get("loc_txt").and_then(|it| words(&in_language(it, source.language))),
        taken: it.taken,
        by_code: ["draw", "set_sprites"].iter().any(|name| fields.get(name).is_some()),
        file: Some(it.file.clone()),
    })
}

/// A table of languages is the player's, else English, else what it is.
fn in_language(value: &Value, language: &str) -> Value {
    let Value::Table(table) = value else { return value.clone() };
    let table = table.borrow();
    let chosen = [language, "default", "en-us"].iter().find_map(|name| table.get(name).cloned());
    chosen.unwrap_or_else(|| value.clone())
}

fn point(value: &Value, x: &str, y: &str) -> Option<(f64, f64)> {
    let table = value.table()?.borrow();
    let at = |name: &str| table.get(name).map_or(Some(0.0), Value::number);
    Some((at(x)?, at(y)?))
}

fn layers(value: &Value) -> Vec<(f64, f64)> {
    let Some(table) = value.table() else { return Vec::new() };
    let table = table.borrow();
    let is_placed = table.get("x").is_some() || table.get("y").is_some();
    let first = point(value, "x", "y").filter(|_| is_placed);
    let more = table.get("extra").filter(|it| it.table().is_some()).and_then(|it| point(it, "x", "y"));
    first.into_iter().chain(more).collect()
}

fn size(value: &Value) -> Option<Size> {
    let table = value.table()?.borrow();
    let of = |name: &str| table.get(name).and_then(Value::number);
    Some(Size { w: of("w"), h: of("h") })
}
