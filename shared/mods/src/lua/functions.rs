//! What the names and functions of Lua and of the loader amount to, as far as constants need them.
//!
//! Pure, and few: what mods use to put keys and paths together. Everything else is not known.

use std::rc::Rc;

use super::{Class, Counted, Table, Value};

/// The loader's kinds that are of interest here, and what a mod's own kinds are made of.
pub(crate) const CLASSES: [&str; 14] = [
    "Atlas",
    "Joker",
    "Consumable",
    "Tarot",
    "Planet",
    "Spectral",
    "Voucher",
    "Back",
    "Deck",
    "Booster",
    "Enhancement",
    "Edition",
    "Center",
    "Sprite",
];

/// What a global name is before a mod assigns it.
pub(super) fn global(name: &str) -> Value {
    if name == "SMODS" { Value::Smods } else { Value::Unknown }
}

/// What lies under a key.
pub(super) fn index(value: &Value, key: Option<&Value>) -> Value {
    match (value, key) {
        (Value::Smods, Some(Value::Text(name))) => match &**name {
            "current_mod" => Value::ThisMod,
            // Kinds are called in the singular, the tables of what was declared in the plural.
            name if name.starts_with(|it: char| it.is_ascii_uppercase()) && !name.ends_with('s') => {
                Value::Class(Rc::new(Class { base: name.into(), defaults: Vec::new() }))
            }
            _ => Value::Unknown,
        },
        (Value::Smods, _) => Value::SomeClass,
        (Value::ThisMod, Some(Value::Text(name))) if &**name == "path" => Value::Text("".into()),
        (Value::Table(table), Some(Value::Text(name))) => {
            // A field that nothing set may be set where it was not seen.
            table.borrow().get(name).cloned().unwrap_or(Value::Unknown)
        }
        (Value::Table(table), Some(Value::Number(number))) => {
            let at = (*number as usize).checked_sub(1);
            at.and_then(|at| table.borrow().list.get(at).cloned()).unwrap_or(Value::Unknown)
        }
        _ => Value::Unknown,
    }
}

/// What a call amounts to, by the name under which the function was called.
pub(super) fn called(value: &Value, name: Option<&str>, method: Option<&str>, arguments: &[Value]) -> Value {
    if let Some(method) = method {
        let all: Vec<Value> = std::iter::once(value).chain(arguments).cloned().collect();
        return if matches!(value, Value::Text(_)) { of_text(method, &all) } else { Value::Unknown };
    }
    match (name, arguments) {
        (Some("ipairs"), [Value::Table(table), ..]) => Value::Each(Rc::clone(table), Counted::ByNumber),
        (Some("pairs"), [Value::Table(table), ..]) => Value::Each(Rc::clone(table), Counted::ByKey),
        (Some("tostring"), [value, ..]) => {
            joinable(value).map_or(Value::Unknown, |it| Value::Text(it.into()))
        }
        (Some("tonumber"), [value, ..]) => value.number().map_or(Value::Unknown, Value::Number),
        (Some("math.floor"), [value, ..]) => {
            value.number().map_or(Value::Unknown, |it| Value::Number(it.floor()))
        }
        (Some("math.ceil"), [value, ..]) => {
            value.number().map_or(Value::Unknown, |it| Value::Number(it.ceil()))
        }
        (Some("table.insert"), [Value::Table(table), value]) => {
            table.borrow_mut().list.push(value.clone());
            Value::Nil
        }
        (Some("copy_table"), [Value::Table(table)]) => {
            let table = table.borrow();
            let copy = Table { list: table.list.clone(), fields: table.fields.clone(), declared: false };
            Value::Table(Rc::new(copy.into()))
        }
        (Some(name), arguments) => match name.strip_prefix("string.") {
            Some(method) => of_text(method, arguments),
            None => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}

fn of_text(method: &str, arguments: &[Value]) -> Value {
    let Some(Value::Text(text)) = arguments.first() else { return Value::Unknown };
    let made = match (method, &arguments[1..]) {
        ("lower", _) => Some(text.to_lowercase()),
        ("upper", _) => Some(text.to_uppercase()),
        ("sub", [from, rest @ ..]) => part(text, from, rest.first()),
        ("format", given) => formatted(text, given),
        ("rep", [Value::Number(times)]) if *times * text.len() as f64 <= 4096.0 => {
            Some(text.repeat(*times as usize))
        }
        _ => None,
    };
    made.map_or(Value::Unknown, |it| Value::Text(it.into()))
}

fn part(text: &str, from: &Value, to: Option<&Value>) -> Option<String> {
    let length = text.len() as f64;
    let place = |at: f64| if at < 0.0 { length + at + 1.0 } else { at };
    let from = place(from.number()?).max(1.0) as usize;
    let to = place(to.map_or(Some(-1.0), Value::number)?).clamp(0.0, length) as usize;
    text.get(from - 1..to.max(from - 1)).map(str::to_owned)
}

/// `string.format` with texts and whole numbers.
fn formatted(form: &str, arguments: &[Value]) -> Option<String> {
    let mut made = String::new();
    let mut given = arguments.iter();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        let width: String = after.chars().take_while(char::is_ascii_digit).collect();
        let mut letters = after[width.len()..].chars();
        match letters.next()? {
            '%' => made.push('%'),
            's' if width.is_empty() => made.push_str(&joinable(given.next()?)?),
            'd' | 'i' => {
                let number = given.next()?.number()? as i64;
                let size = width.parse::<usize>().unwrap_or(0).min(64);
                let padded = if width.starts_with('0') {
                    format!("{number:0size$}")
                } else {
                    format!("{number:size$}")
                };
                made.push_str(&padded);
            }
            _ => return None,
        }
        rest = letters.as_str();
    }
    Some(made + rest)
}

/// A value as `..` joins it.
pub(super) fn joinable(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(format!("{number:.0}")),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether two values are the same, where that is known.
pub(super) fn equal(first: &Value, second: &Value) -> Option<bool> {
    match (first, second) {
        (Value::Unknown, _) | (_, Value::Unknown) => None,
        (Value::Nil, Value::Nil) => Some(true),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::Text(a), Value::Text(b)) => Some(a == b),
        (Value::Table(a), Value::Table(b)) => Some(Rc::ptr_eq(a, b)),
        _ => Some(false),
    }
}

/// A quoted text without its escapes.
pub(super) fn unescaped(literal: &str) -> String {
    let mut bytes = Vec::with_capacity(literal.len());
    let mut rest = literal.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(digit @ b'0'..=b'9') => {
                let mut code = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = rest.next_if(u8::is_ascii_digit) else { break };
                    code = code * 10 + u32::from(next - b'0');
                }
                bytes.push(u8::try_from(code).unwrap_or(b'?'));
            }
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|it| u8::from_str_radix(it, 16).ok());
                bytes.push(code.unwrap_or(b'?'));
            }
            Some(b'z') => while rest.next_if(u8::is_ascii_whitespace).is_some() {},
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
