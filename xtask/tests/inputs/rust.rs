//! What one file of Rust says about other modules: which it declares, what it imports, which paths
//! it speaks.
//!
//! Reads tokens, not types. Comments, the insides of literals and whatever is compiled for tests
//! alone are left out. Macros are not expanded: a path is found where it is written.

use std::iter;

/// A word, a `::`, a literal with its quotes, or one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// From one.
    pub(crate) line: usize,
}

/// What a file says, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Statement<'a> {
    /// `mod name;`, with the file of a `#[path]`.
    Child { name: &'a str, file: Option<&'a str> },
    /// `mod name {`.
    Opens(&'a str),
    /// The `}` of [`Opens`](Self::Opens).
    Closes,
    /// One name of a `use`; `as_name` is the word by which the file speaks of it, `*` for all.
    Import { path: Vec<&'a str>, as_name: &'a str, line: usize },
    /// A path with at least one `::`, outside a `use`.
    Path { path: Vec<&'a str>, line: usize },
}

/// Reads a file.
pub(crate) fn statements(source: &str) -> Vec<Statement<'_>> {
    let tokens = without_tests(&tokens(source));
    let mut found = Vec::new();
    let mut file = None;
    // Depth of braces at which inline modules end.
    let (mut depth, mut open) = (0, Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        match token.text {
            "#" if next(1) == "[" && next(2) == "path" && next(3) == "=" => {
                file = Some(next(4).trim_matches('"'));
            }
            "mod" if is_word(next(1)) && next(2) == ";" => {
                found.push(Statement::Child { name: next(1), file: file.take() });
            }
            "mod" if is_word(next(1)) && next(2) == "{" => {
                found.push(Statement::Opens(next(1)));
                open.push(depth);
            }
            "use" if at == 0 || tokens[at - 1].text != "+" => {
                let end = at + tokens[at..].iter().position(|it| it.text == ";").unwrap_or(0);
                // `impl Trait + use<'a>` is no import.
                if next(1) != "<" && end > at {
                    imports(&mut &tokens[at + 1..end], &[], &mut found);
                    at = end;
                }
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if open.last() == Some(&depth) {
                    open.pop();
                    found.push(Statement::Closes);
                }
            }
            word if is_word(word) && next(1) == "::" && (at == 0 || tokens[at - 1].text != "::") => {
                let mut path = vec![word];
                while next(path.len() * 2 - 1) == "::" && is_word(next(path.len() * 2)) {
                    path.push(next(path.len() * 2));
                }
                at += path.len() * 2 - 2;
                found.push(Statement::Path { path, line: token.line });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// One branch of a `use` tree, up to the comma or brace after it.
fn imports<'a>(rest: &mut &[Token<'a>], before: &[&'a str], found: &mut Vec<Statement<'a>>) {
    let mut path = before.to_vec();
    let mut line = 0;
    let mut name = None;
    while let Some((token, after)) = rest.split_first() {
        match token.text {
            "," | "}" => break,
            "::" => *rest = after,
            "as" => {
                name = after.first().map(|token| token.text);
                *rest = after.get(1..).unwrap_or_default();
            }
            "{" => {
                *rest = after;
                loop {
                    imports(rest, &path, found);
                    let Some((token, after)) = rest.split_first() else { return };
                    *rest = after;
                    if token.text == "}" {
                        return;
                    }
                }
            }
            "self" if !path.is_empty() => {
                line = token.line;
                *rest = after;
            }
            word => {
                line = token.line;
                path.push(word);
                *rest = after;
            }
        }
    }
    if let (Some(last), true) = (path.last(), line > 0) {
        let as_name = name.unwrap_or(last);
        found.push(Statement::Import { path, as_name, line });
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Leaves out every item below an attribute that asks for tests.
fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_attribute = tokens[at].text == "#" && tokens.get(at + 1).is_some_and(|it| it.text == "[");
        let end = if is_attribute { at + 1 + group(&tokens[at + 1..]) } else { at + 1 };
        if is_attribute && asks_for_tests(&tokens[at..end]) {
            at = end + item(&tokens[end..]);
        } else {
            kept.extend_from_slice(&tokens[at..end]);
            at = end;
        }
    }
    kept
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, unix))]`; not `#[cfg(not(test))]`.
fn asks_for_tests(attribute: &[Token<'_>]) -> bool {
    let text = |at: usize| attribute.get(at).map_or("", |token| token.text);
    let is_not = |at: usize| at >= 2 && text(at - 2) == "not";
    text(2) == "test" || text(2) == "cfg" && (3..attribute.len()).any(|at| text(at) == "test" && !is_not(at))
}

/// Number of tokens up to the end of an item: its `;`, or the end of its braces.
fn item(tokens: &[Token<'_>]) -> usize {
    let imports =
        tokens.iter().take_while(|it| !["{", ";", "="].contains(&it.text)).any(|it| it.text == "use");
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "{" => {
                at += group(&tokens[at..]);
                if !imports {
                    return at;
                }
            }
            "(" | "[" => at += group(&tokens[at..]),
            // The end of what the attribute's item is in: a field or a variant without a comma.
            "}" | ")" => return at,
            _ => at += 1,
        }
    }
    at
}

/// Number of tokens from an opening bracket to the one that closes it.
fn group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Cuts a file into tokens.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = length(rest, first);
        let text = &rest[..length];
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        if !is_comment && !first.is_whitespace() {
            found.push(Token { text, line });
        }
        line += text.matches('\n').count();
        at += length;
    }
    found
}

/// Length of what a text begins with: a comment, a literal, a word, or one sign.
fn length(rest: &str, first: char) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with("::") {
        return 2;
    }
    if let Some(length) = string(rest) {
        return length;
    }
    if first == '\'' {
        return quote(rest);
    }
    if first.is_alphanumeric() || first == '_' {
        return rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
    }
    first.len_utf8()
}

fn block_comment(rest: &str) -> usize {
    let (mut at, mut depth) = (0, 0);
    loop {
        let Some(next) = rest[at..].find(['*', '/']).map(|next| at + next) else { return rest.len() };
        match rest.get(next..next + 2) {
            Some("/*") => (at, depth) = (next + 2, depth + 1),
            Some("*/") => (at, depth) = (next + 2, depth - 1),
            _ => at = next + 1,
        }
        if depth == 0 {
            return at;
        }
    }
}

/// Length of a string of any kind; `None` for what is none.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|it| it.trim_start_matches('#').starts_with('"'))
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.find('"')?;
    let is_raw = prefix.ends_with('r');
    if hashes > 0 && !is_raw {
        return None;
    }
    let start = prefix.len() + hashes + 1;
    if is_raw {
        let end: String = iter::once('"').chain(iter::repeat_n('#', hashes)).collect();
        return Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()));
    }
    let mut characters = rest[start..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => _ = characters.next(),
            '"' => return Some(start + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// Length of a character in quotes, or of the quote of a lifetime.
fn quote(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    let inside = characters.next().map(|(_, character)| character);
    if inside == Some('\\') {
        characters.next();
        return characters.find(|(_, it)| *it == '\'').map_or(rest.len(), |(at, _)| at + 1);
    }
    match characters.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}
