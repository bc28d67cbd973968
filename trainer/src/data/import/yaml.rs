//! As much YAML as the `data.yaml` of Ultralytics needs: keys with a scalar, a list or a
//! dictionary, in a block or between brackets.
//!
//! Anchors, tags and texts of several lines are not understood, and said so.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// A text or a number.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A dictionary of texts, in the order of the file.
    Map(Vec<(String, String)>),
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct YamlError {
    /// The line, counted from one.
    line: usize,
    /// What is wrong.
    reason: String,
}

/// What is indented below a key: each with its own key, where it has one.
type Items = Vec<(Option<String>, String)>;

/// The top level of a file.
///
/// # Errors
/// Says which line is not understood.
pub fn parse(text: &str) -> Result<BTreeMap<String, Yaml>, YamlError> {
    let mut all = BTreeMap::new();
    let mut open: Option<(String, Items)> = None;
    for (number, line) in text.lines().enumerate() {
        let error = |reason: &str| YamlError { line: number + 1, reason: reason.to_owned() };
        let line = without_comment(line);
        let body = line.trim();
        if body.is_empty() || body == "---" {
            continue;
        }
        let is_inside = line.starts_with([' ', '\t']) || body == "-" || body.starts_with("- ");
        if is_inside {
            let Some((_, items)) = &mut open else { return Err(error("it is indented below nothing")) };
            if let Some(item) = body.strip_prefix('-') {
                items.push((None, scalar(item.trim()).ok_or_else(|| error("a text has no end"))?));
            } else {
                let (key, value) = entry(body).ok_or_else(|| error("there is no `key: value`"))?;
                let value = scalar(value).ok_or_else(|| error("a text has no end"))?;
                items.push((Some(key), value));
            }
            continue;
        }
        if let Some((key, items)) = open.take() {
            all.insert(key, block(items));
        }
        let (key, value) = entry(body).ok_or_else(|| error("there is no `key: value`"))?;
        if value.starts_with(['&', '*', '!', '|', '>']) {
            return Err(error("anchors, tags and texts of several lines are not understood here"));
        }
        if value.is_empty() {
            open = Some((key, Vec::new()));
        } else {
            all.insert(key, inline(value).ok_or_else(|| error("a list or text has no end"))?);
        }
    }
    if let Some((key, items)) = open {
        all.insert(key, block(items));
    }
    Ok(all)
}

fn block(items: Vec<(Option<String>, String)>) -> Yaml {
    if !items.is_empty() && items.iter().all(|(key, _)| key.is_some()) {
        return Yaml::Map(items.into_iter().map(|(key, value)| (key.unwrap_or_default(), value)).collect());
    }
    Yaml::List(items.into_iter().map(|(_, value)| value).collect())
}

fn inline(value: &str) -> Option<Yaml> {
    if let Some(inside) = value.strip_prefix('[') {
        let items = split(inside.strip_suffix(']')?);
        return Some(Yaml::List(items.iter().map(|it| scalar(it)).collect::<Option<_>>()?));
    }
    if let Some(inside) = value.strip_prefix('{') {
        let items = split(inside.strip_suffix('}')?);
        let pair = |it: &String| {
            let (key, value) = entry(it)?;
            Some((key, scalar(value)?))
        };
        return Some(Yaml::Map(items.iter().map(pair).collect::<Option<_>>()?));
    }
    Some(Yaml::Text(scalar(value)?))
}

/// The parts between commas that are in no quotes.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut quote) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match quote {
            Some(end) if letter == end => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter == ',' => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    let parts = parts.into_iter().map(|it| it.trim().to_owned());
    parts.filter(|it| !it.is_empty()).collect()
}

/// `key: value`; the key may be in quotes.
fn entry(text: &str) -> Option<(String, &str)> {
    let text = text.trim();
    let after = match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].find(quote)? + 2,
        _ => 0,
    };
    let colon = after + text[after..].find(':')?;
    let rest = &text[colon + 1..];
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    Some((scalar(&text[..colon])?, rest.trim()))
}

/// A text without its quotes.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with('"') {
        // The escapes of YAML that data.yaml needs are those of JSON.
        return serde_json::from_str(text).ok();
    }
    if let Some(inside) = text.strip_prefix('\'') {
        return Some(inside.strip_suffix('\'')?.replace("''", "'"));
    }
    Some(text.to_owned())
}

/// A line as far as no comment begins in it.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match quote {
            Some(end) if letter == end => quote = None,
            None if (letter == '"' || letter == '\'') && !before.is_alphanumeric() => quote = Some(letter),
            None if letter == '#' && before.is_whitespace() => return &line[..at],
            _ => {}
        }
        before = letter;
    }
    line
}
