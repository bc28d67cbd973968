//! Lua of mods as data: parsed, and its constant parts worked out. Nothing is run.
//!
//! `source` turns text into a syntax tree and refuses what could hurt the parser; `evaluate` walks
//! a tree and knows what literals, names, joined texts and loops over literal lists amount to.
//! Whatever it cannot know is [`Value::Unknown`].

use std::cell::RefCell;
use std::rc::Rc;

pub(crate) mod evaluate;
pub(crate) mod functions;
pub(crate) mod source;

/// What an expression is known to be.
#[derive(Debug, Clone, Default)]
pub(crate) enum Value {
    #[default]
    Nil,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    Table(Rc<RefCell<Table>>),
    /// The loader's own table.
    Smods,
    /// The loader's table of the mod that is read.
    ThisMod,
    /// A kind of thing that can be declared.
    Class(Rc<Class>),
    /// A kind that is not known by name: `SMODS[x]`.
    SomeClass,
    /// What loops go over: keys as well, or values by number.
    Each(Rc<RefCell<Table>>, Counted),
    Unknown,
}

/// How a loop goes over a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    ByNumber,
    ByKey,
}

/// A table: what stands at 1, 2, 3 and what has a name.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) list: Vec<Value>,
    fields: Vec<(Rc<str>, Value)>,
    /// It was handed to a class, so that it is not looked at again.
    pub(crate) declared: bool,
}

/// A kind of thing: one of the loader's, or one that a mod makes of it.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    /// The loader's name for it.
    pub(crate) base: Rc<str>,
    /// What a mod's own kind says beyond.
    pub(crate) defaults: Vec<(Rc<str>, Value)>,
}

impl Table {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    pub(crate) fn set(&mut self, name: Rc<str>, value: Value) {
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    /// Fields by name, as they were written.
    pub(crate) fn fields(&self) -> &[(Rc<str>, Value)] {
        &self.fields
    }

    /// The text in a field.
    pub(crate) fn text(&self, name: &str) -> Option<Rc<str>> {
        self.get(name).and_then(Value::text)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let fields = std::mem::take(&mut self.fields).into_iter().map(|(_, value)| value);
        dismantle(std::mem::take(&mut self.list).into_iter().chain(fields).collect());
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut self.defaults).into_iter().map(|(_, value)| value).collect());
    }
}

/// Lets go of values that may hold one another a million deep, without as many calls.
fn dismantle(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value {
            Value::Table(table) | Value::Each(table, _) => {
                if let Some(table) = Rc::into_inner(table) {
                    let mut table = table.into_inner();
                    values.append(&mut table.list);
                    values.extend(std::mem::take(&mut table.fields).into_iter().map(|(_, value)| value));
                }
            }
            Value::Class(class) => {
                if let Some(mut class) = Rc::into_inner(class) {
                    values.extend(std::mem::take(&mut class.defaults).into_iter().map(|(_, value)| value));
                }
            }
            _ => {}
        }
    }
}

impl Value {
    pub(crate) fn text(&self) -> Option<Rc<str>> {
        match self {
            Self::Text(text) => Some(Rc::clone(text)),
            _ => None,
        }
    }

    /// A number, also one that is written as text.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn table(&self) -> Option<&Rc<RefCell<Table>>> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What a condition makes of it; nothing where that is not known.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Nil => Some(false),
            Self::Bool(value) => Some(*value),
            _ => Some(true),
        }
    }
}

#[cfg(test)]
mod tests;
