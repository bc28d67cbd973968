//! Text of a mod into a syntax tree, in safety.
//!
//! The parser calls itself for everything that is nested, and so does whoever walks the tree: text
//! that is nested deeper than the game's own interpreter takes is refused before. It can panic on
//! what is not Lua; that costs the one file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use full_moon::LuaVersion;
use full_moon::ast::Ast;

/// The largest real file has some 500 KB.
const MAX_SIZE: usize = 8 << 20;
/// Of brackets, blocks and operators together. Real mods stay below 200.
const DEEPEST: usize = 1_200;

/// Why a file has no tree.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LuaError {
    #[error("more than {} MB of Lua in one file", MAX_SIZE >> 20)]
    TooLarge,
    #[error("nested deeper than the game reads")]
    TooDeep,
    #[error(transparent)]
    Syntax(Box<full_moon::Error>),
    #[error("it is not Lua")]
    NotLua,
}

/// The tree of a file.
pub(crate) fn parse(text: &str) -> Result<Ast, LuaError> {
    if text.len() > MAX_SIZE {
        return Err(LuaError::TooLarge);
    }
    let text = without_first_line(text);
    if depth(text) > DEEPEST {
        return Err(LuaError::TooDeep);
    }
    let version = LuaVersion::lua52().with_luajit();
    let parsed = catch_unwind(AssertUnwindSafe(|| full_moon::parse_fallible(text, version).into_result()));
    match parsed {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => {
            let first = errors.into_iter().next();
            Err(first.map_or(LuaError::NotLua, |error| LuaError::Syntax(Box::new(error))))
        }
        Err(_) => Err(LuaError::NotLua),
    }
}

/// `#!` at the start is for a shell.
fn without_first_line(text: &str) -> &str {
    if text.starts_with('#') { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text }
}

/// How deep the text is nested at most: never less than the tree is deep.
fn depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    // Operators since something ended, for each bracket and block that is open.
    let mut open = vec![0_usize];
    let mut total = 0_usize;
    let mut deepest = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'-' if bytes[at..].starts_with(b"--") => {
                at = comment_end(bytes, at);
                continue;
            }
            b'"' | b'\'' => {
                at = quoted_end(bytes, at);
                continue;
            }
            b'[' if long_level(bytes, at).is_some() => {
                at = long_end(bytes, at);
                continue;
            }
            b'(' | b'{' | b'[' => open.push(0),
            b')' | b'}' | b']' => total -= closed(&mut open),
            b',' | b';' => total -= std::mem::take(open.last_mut().unwrap_or(&mut 0)),
            // A dot between names is no operator, two of them are.
            b'.' if bytes.get(at + 1) != Some(&b'.') => {}
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'#' | b'<' | b'>' | b'~' | b'.' => {
                total += 1;
                *open.last_mut().unwrap_or(&mut 0) += 1;
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let end = word_end(bytes, at);
                match &bytes[at..end] {
                    b"function" | b"do" | b"then" | b"repeat" => open.push(0),
                    b"end" | b"until" | b"elseif" | b"else" => {
                        total -= closed(&mut open);
                        if &bytes[at..end] == b"else" {
                            open.push(0);
                        }
                    }
                    b"and" | b"or" | b"not" => {
                        total += 1;
                        *open.last_mut().unwrap_or(&mut 0) += 1;
                    }
                    b"local" | b"return" | b"if" | b"for" | b"while" => {
                        total -= std::mem::take(open.last_mut().unwrap_or(&mut 0));
                    }
                    _ => {}
                }
                at = end;
                deepest = deepest.max(total + open.len());
                continue;
            }
            _ => {}
        }
        deepest = deepest.max(total + open.len());
        at += 1;
    }
    deepest
}

/// Closes what is open last, and says how many operators were in it.
fn closed(open: &mut Vec<usize>) -> usize {
    if open.len() > 1 { open.pop().unwrap_or(0) } else { std::mem::take(&mut open[0]) }
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    at + bytes[at..].iter().take_while(|byte| is_word(byte)).count()
}

fn quoted_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        end += if byte == b'\\' { 2 } else { 1 };
        if byte == quote || byte == b'\n' {
            break;
        }
    }
    end.min(bytes.len())
}

fn comment_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 2) == Some(&b'[') && long_level(bytes, at + 2).is_some() {
        return long_end(bytes, at + 2);
    }
    at + bytes[at..].iter().take_while(|byte| **byte != b'\n').count()
}

/// How many `=` are in the opening of a long text.
fn long_level(bytes: &[u8], at: usize) -> Option<usize> {
    let level = bytes[at + 1..].iter().take_while(|byte| **byte == b'=').count();
    (bytes.get(at + 1 + level) == Some(&b'[')).then_some(level)
}

fn long_end(bytes: &[u8], at: usize) -> usize {
    let level = long_level(bytes, at).unwrap_or(0);
    let close = [b"]".as_slice(), &vec![b'='; level], b"]"].concat();
    let from = at + level + 2;
    let found = bytes[from..].windows(close.len()).position(|it| it == close);
    found.map_or(bytes.len(), |found| from + found + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_never_less_than_the_tree() {
        let cases = [
            ("local a = 1\nlocal b = 2", 1),
            ("f({ { 1 } })", 4),
            ("-- ((((((\nx = '((((' .. \"{{{\" .. [[ (((( ]]", 3),
            ("x = a + b + c", 3),
            ("x = (a) + (b) + (c) + (d)", 5),
            ("if a then b() elseif c then d() else e() end f()", 3),
        ];
        for (text, most) in cases {
            let found = depth(text);
            assert!((1..=most).contains(&found), "{text}: {found}");
        }
    }

    #[test]
    fn nested_text_is_refused_before_the_parser_meets_it() {
        let nested = [
            "x = ".to_owned() + &"(".repeat(100_000),
            "x = ".to_owned() + &"{".repeat(100_000) + &"}".repeat(100_000),
            "x = ".to_owned() + &"not ".repeat(100_000) + "a",
            "x = ".to_owned() + &"a .. ".repeat(100_000) + "a",
            "x = ".to_owned() + &"(a) + ".repeat(100_000) + "a",
            "x = ".to_owned() + &"- ".repeat(100_000) + "a",
            "function f() ".repeat(50_000),
            "x = ".to_owned() + &"a[".repeat(50_000),
        ];
        for text in nested {
            assert!(matches!(parse(&text), Err(LuaError::TooDeep)));
        }
    }

    #[test]
    fn what_is_not_lua_is_an_error_and_odd_lua_is_none() {
        for text in ["local = 3", "\u{0}\u{1}", "x = 'open", "]]", "end"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["", "#!/bin/lua\nx = 1", "goto a ::a::", "x = 0x1p4 y = 42LL z = [==[ ]] ]==]"] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text).err());
        }
    }
}
