//! Reads tables out of Lua files as data: strings, numbers, booleans and tables of these. Nothing
//! is executed.
//!
//! Whatever else stands where a value should be (a call, a sum, a variable) is skipped and counts
//! as [`Value::Other`]: a mod that computes one text does not take the others away.

use std::collections::BTreeMap;

/// Tables in tables, at most: the game has six.
const MAX_DEPTH: usize = 64;

/// A value of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    String(String),
    Number(f64),
    Boolean(bool),
    Table {
        named: BTreeMap<String, Self>,
        listed: Vec<Self>,
    },
    /// Anything that would have to be executed.
    Other,
}

/// Text that is no table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LuaError {
    /// Counted from one.
    pub(super) line: usize,
    pub(super) what: String,
}

impl Value {
    /// A named value of a table.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Table { named, .. } => named.get(name),
            _ => None,
        }
    }

    pub(super) fn string(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The strings of a list, also of lists in it (texts of several boxes).
    pub(super) fn strings(&self) -> Vec<&str> {
        match self {
            Self::String(text) => vec![text],
            Self::Table { listed, .. } => listed.iter().flat_map(Self::strings).collect(),
            _ => Vec::new(),
        }
    }

    /// All numbers in it, at any depth.
    pub(super) fn numbers(&self) -> Vec<f64> {
        match self {
            Self::Number(number) => vec![*number],
            Self::Table { named, listed } => named.values().chain(listed).flat_map(Self::numbers).collect(),
            _ => Vec::new(),
        }
    }
}

/// The table that a file returns.
pub(super) fn returned(text: &str) -> Result<Value, LuaError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    if !reader.word("return") {
        return Err(reader.wrong("the file does not begin with `return`"));
    }
    reader.table(0)
}

/// The table that is assigned to `name` somewhere in a file.
pub(super) fn assigned(text: &str, name: &str) -> Result<Value, LuaError> {
    for (at, _) in text.match_indices(name) {
        let mut reader = Reader { text, at: at + name.len() };
        reader.skip_space();
        if reader.take('=') {
            reader.skip_space();
            if reader.peek() == Some('{') {
                return reader.table(0);
            }
        }
    }
    Err(LuaError { line: 1, what: format!("{name} is not assigned") })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Takes a word that is not the beginning of a longer one.
    fn word(&mut self, wanted: &str) -> bool {
        let after = self.rest().strip_prefix(wanted);
        let found = after.is_some_and(|after| !after.starts_with(is_of_name));
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn wrong(&self, what: &str) -> LuaError {
        LuaError { line: 1 + self.text[..self.at].matches('\n').count(), what: what.to_owned() }
    }

    /// Spaces and comments.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|it: char| it.is_whitespace() || it == '\u{feff}');
            let (skipped, is_comment) = (rest.len() - trimmed.len(), trimmed.starts_with("--"));
            self.at += skipped;
            if !is_comment {
                return;
            }
            self.at += 2;
            if self.long_string().is_none() {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, LuaError> {
        self.skip_space();
        if !self.take('{') {
            return Err(self.wrong("a table must begin here"));
        }
        if depth > MAX_DEPTH {
            return Err(self.wrong("tables lie too deep in each other"));
        }
        let (mut named, mut listed) = (BTreeMap::new(), Vec::new());
        loop {
            self.skip_space();
            if self.take('}') {
                return Ok(Value::Table { named, listed });
            }
            match self.name()? {
                Some(name) => {
                    let value = self.value(depth)?;
                    named.insert(name, value);
                }
                None => listed.push(self.value(depth)?),
            }
            self.skip_space();
            if !self.take(',') && !self.take(';') && self.peek() != Some('}') {
                return Err(self.wrong("a comma or the end of the table must come here"));
            }
        }
    }

    /// `name =` or `["name"] =`, when that is what comes.
    fn name(&mut self) -> Result<Option<String>, LuaError> {
        let start = self.at;
        let name =
            if self.peek() == Some('[') && !self.rest().starts_with("[[") && !self.rest().starts_with("[=") {
                self.at += 1;
                let key = match self.value(MAX_DEPTH)? {
                    Value::String(text) => text,
                    Value::Number(number) => number.to_string(),
                    _ => return Err(self.wrong("only strings and numbers can be names")),
                };
                self.skip_space();
                if !self.take(']') {
                    return Err(self.wrong("a ] must come here"));
                }
                key
            } else {
                let length = self.rest().find(|it| !is_of_name(it)).unwrap_or(self.rest().len());
                let name = self.rest()[..length].to_owned();
                self.at += length;
                name
            };
        self.skip_space();
        if !name.is_empty() && self.peek() == Some('=') && !self.rest().starts_with("==") {
            self.at += 1;
            return Ok(Some(name));
        }
        self.at = start;
        Ok(None)
    }

    fn value(&mut self, depth: usize) -> Result<Value, LuaError> {
        self.skip_space();
        let value = match self.peek() {
            Some('{') => self.table(depth + 1)?,
            Some('"' | '\'') => Value::String(self.quoted()?),
            Some('[') => match self.long_string() {
                Some(text) => Value::String(text),
                None => return Err(self.wrong("a value must come here")),
            },
            Some(it) if it.is_ascii_digit() || it == '-' || it == '.' => self.number(),
            None => return Err(self.wrong("the file ends in the middle of a table")),
            Some(_) if self.word("true") => Value::Boolean(true),
            Some(_) if self.word("false") => Value::Boolean(false),
            Some(_) => Value::Other,
        };
        self.skip_space();
        if matches!(self.peek(), Some(',' | ';' | '}' | ']')) {
            return Ok(value);
        }
        // It goes on: an expression.
        self.skip_expression()?;
        Ok(Value::Other)
    }

    fn number(&mut self) -> Value {
        let start = self.at;
        self.take('-');
        let end = self.rest().find(|it: char| !it.is_ascii_alphanumeric() && it != '.');
        self.at += end.unwrap_or(self.rest().len());
        let written = &self.text[start..self.at];
        written.parse().map_or(Value::Other, Value::Number)
    }

    fn quoted(&mut self) -> Result<String, LuaError> {
        let quote = self.peek().unwrap_or_default();
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(letter) = self.peek() else { return Err(self.wrong("a string has no end")) };
            self.at += letter.len_utf8();
            match letter {
                _ if letter == quote => return Ok(text),
                '\n' => return Err(self.wrong("a string ends with its line")),
                '\\' => {
                    let Some(escaped) = self.peek() else { return Err(self.wrong("a string has no end")) };
                    self.at += escaped.len_utf8();
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                }
                other => text.push(other),
            }
        }
    }

    /// `[[text]]` or `[==[text]==]`, when that is what comes.
    fn long_string(&mut self) -> Option<String> {
        let inner = self.rest().strip_prefix('[')?;
        let level = inner.bytes().take_while(|&byte| byte == b'=').count();
        let inner = inner[level..].strip_prefix('[')?;
        let end = format!("]{}]", "=".repeat(level));
        let length = inner.find(&end)?;
        let text = inner[..length].trim_start_matches('\n').to_owned();
        self.at += 2 + level + length + end.len();
        Some(text)
    }

    /// To the comma or bracket that ends an expression.
    fn skip_expression(&mut self) -> Result<(), LuaError> {
        let mut depth = 0_usize;
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(self.wrong("the file ends in the middle of a table")),
                Some(',' | ';' | '}') if depth == 0 => return Ok(()),
                Some('"' | '\'') => drop(self.quoted()?),
                Some('[') if self.long_string().is_some() => {}
                Some(letter) => {
                    match letter {
                        '(' | '{' | '[' => depth += 1,
                        ')' | '}' | ']' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.at += letter.len_utf8();
                }
            }
        }
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_in_all_their_spellings() {
        let text = "-- texts\n--[[ of\nthe game ]]\nreturn {\n  a = {name = \"One\", text = {'x', \"y \\\"z\\\"\",},},\n  \
                    [\"b c\"] = [[long]]; d = -1.5, e = true, f = localize('x', {1, 2}) .. \"}\", [7] = \"seven\", \
                    \"listed\" }";
        let table = returned(text).unwrap();
        let a = table.get("a").unwrap();
        assert_eq!(a.get("name").and_then(Value::string), Some("One"));
        assert_eq!(a.get("text").unwrap().strings(), ["x", "y \"z\""]);
        assert_eq!(table.get("b c"), Some(&Value::String("long".into())));
        assert_eq!(table.get("d"), Some(&Value::Number(-1.5)));
        assert_eq!(table.get("e"), Some(&Value::Boolean(true)));
        assert_eq!(table.get("f"), Some(&Value::Other));
        assert_eq!(table.get("7").and_then(Value::string), Some("seven"));
        assert_eq!(table.strings(), ["listed"]);
    }

    #[test]
    fn a_table_is_found_in_the_middle_of_code() {
        let text = "function Game:init()\n  if self.P_CENTERS == nil then end\n  self.P_CENTERS = {\n    j_one = {config \
                    = {extra = {mult = 4}}, pos = {x = 0}},\n  }\nend";
        let table = assigned(text, "P_CENTERS").unwrap();
        assert_eq!(table.get("j_one").unwrap().get("config").unwrap().numbers(), [4.0]);
        assert!(assigned(text, "P_BLINDS").is_err());
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line_and_nothing_panics() {
        let line = |text: &str| returned(text).unwrap_err().line;
        assert_eq!(line("x = 3"), 1);
        assert_eq!(line("return {\n a = \"open\n}"), 3);
        assert_eq!(line("return {\n\n a = 1"), 3);
        assert_eq!(line(&format!("return {}", "{".repeat(5000))), 1);
        let good = "return { a = { b = [=[x]=], c = f(\"}\", {1}) + 2 }, ['d'] = 'é\\n', 5 }";
        for (end, _) in good.char_indices() {
            assert!(
                returned(&good[..end]).is_err() || end == 0 || good[..end].ends_with('}'),
                "{}",
                &good[..end]
            );
        }
    }
}
