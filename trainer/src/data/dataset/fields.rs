//! What a label says to a head: any field of a label can be learned. Pure.

use std::collections::{BTreeMap, BTreeSet};

use lens_core::catalogue::{Catalogue, ModifierArt};
use lens_core::manifest::{Activation, Head, IDENTIFICATION};
use serde_json::Value;

use super::Sample;

/// What a label says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// One of several.
    One(String),
    /// Any number of several.
    Some(Vec<String>),
}

/// Names of the field that holds the edition: the labels', and the one of composed images.
const EDITION: [&str; 2] = ["modifier", "edition"];

/// What a label says of `task`; `None` where it says nothing, so that nothing is learned from it.
pub fn value(sample: &Sample, task: &str) -> Option<FieldValue> {
    if task == IDENTIFICATION {
        return Some(FieldValue::One(sample.class.clone()));
    }
    if EDITION.contains(&task) {
        return sample.label.modifier.as_ref().map(|word| FieldValue::One(word.to_lowercase()));
    }
    let fields = serde_json::to_value(&sample.label).expect("a label has only string keys");
    match fields.get(task)? {
        Value::Bool(yes) => Some(FieldValue::One(if *yes { "yes" } else { "no" }.into())),
        Value::Array(items) => Some(FieldValue::Some(items.iter().filter_map(word).collect())),
        other => word(other).map(FieldValue::One),
    }
}

/// Tasks that cannot be learned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// The same twice.
    #[error("the task {0:?} is named twice")]
    Repeated(String),
    /// There are not two words to tell apart.
    #[error("there is nothing to learn for the task {task:?}: the labels say {found}")]
    NothingToLearn {
        /// The task.
        task: String,
        /// What the labels say of it.
        found: String,
    },
}

/// The heads for these tasks, with every word that the samples use; the identification comes first.
///
/// Words that a catalogue knows have its order, the plain one first; all others follow in
/// alphabetical order.
///
/// # Errors
/// Says which task the labels have nothing, or only one word, for.
pub fn heads(
    samples: &[Sample],
    tasks: &[String],
    catalogue: Option<&Catalogue>,
) -> Result<Vec<Head>, TaskError> {
    let mut names: Vec<&str> = vec![IDENTIFICATION];
    names.extend(tasks.iter().map(String::as_str).filter(|task| *task != IDENTIFICATION));
    let repeated = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    if let Some((_, name)) = repeated {
        return Err(TaskError::Repeated((*name).to_owned()));
    }
    names.into_iter().map(|task| head(samples, task, catalogue)).collect()
}

fn head(samples: &[Sample], task: &str, catalogue: Option<&Catalogue>) -> Result<Head, TaskError> {
    let mut words = BTreeSet::new();
    let mut activation = Activation::Softmax;
    for found in samples.iter().filter_map(|sample| value(sample, task)) {
        match found {
            FieldValue::One(word) => {
                words.insert(word);
            }
            FieldValue::Some(several) => {
                activation = Activation::Sigmoid;
                words.extend(several);
            }
        }
    }
    let least = if activation == Activation::Softmax { 2 } else { 1 };
    if words.len() < least {
        let found = words.first().map_or_else(|| "nothing".to_owned(), |word| format!("only {word:?}"));
        return Err(TaskError::NothingToLearn { task: task.to_owned(), found });
    }
    let order = catalogue.map(|catalogue| order(catalogue, task)).unwrap_or_default();
    let mut classes: Vec<String> = words.into_iter().collect();
    classes.sort_by_cached_key(|word| (order.get(word).copied().unwrap_or(usize::MAX), word.clone()));
    Ok(Head { name: task.to_owned(), activation, classes })
}

/// Places of the catalogue's words.
fn order(catalogue: &Catalogue, task: &str) -> BTreeMap<String, usize> {
    let words = &catalogue.modifiers;
    let of = |list: &[ModifierArt]| list.iter().map(|it| it.word.clone()).collect();
    let words: Vec<String> = match task {
        IDENTIFICATION => catalogue.classes(),
        "enhancement" => of(&words.enhancements),
        "seal" => of(&words.seals),
        "stickers" => of(&words.stickers),
        task if EDITION.contains(&task) => words.editions.clone(),
        _ => Vec::new(),
    };
    words.into_iter().enumerate().map(|(place, word)| (word, place)).collect()
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
