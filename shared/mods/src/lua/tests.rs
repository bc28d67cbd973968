//! What constants of Lua amount to, and that no text harms whoever reads it.

use proptest::prelude::*;

use super::evaluate::{Deaf, Globals, Walk};
use super::{Value, source};

/// What a file returns, in words.
fn returned(text: &str) -> String {
    let tree = source::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    let mut globals = Globals::default();
    shown(&Walk::new(&mut Deaf, &mut globals).file(&tree))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Nil => "nil".to_owned(),
        Value::Table(table) => {
            let table = table.borrow();
            let list = table.list.iter().map(shown);
            let fields = table.fields().iter().map(|(name, value)| format!("{name}={}", shown(value)));
            format!("{{{}}}", list.chain(fields).collect::<Vec<_>>().join(" "))
        }
        _ => "?".to_owned(),
    }
}

#[test]
fn constants_are_worked_out() {
    let cases = [
        ("return 'a' .. 1 .. 'b'", "a1b"),
        ("local n = 3 return (n - 1) % 2 * 2 + -1", "-1"),
        ("local a = 'x' a = a .. 'y' return { k = a, [1] = 2, ['z'] = true }", "{2 k=xy z=true}"),
        ("local t = { one = { 1 } } t.two = t.one[1] return t", "{one={1} two=1}"),
        ("local t = {} for i, v in ipairs({ 'p', 'q' }) do t[i] = v .. i end return t", "{p1 q2}"),
        ("local t = {} for k, v in pairs({ x = 1 }) do table.insert(t, k .. v) end return t", "{x1}"),
        ("local t = {} for i = 3, 1, -1 do t[#t + 1] = i end return t", "{3 2 1}"),
        ("return ('Ab'):lower() .. string.format('%s_%02d', 'c', 7)", "abc_07"),
        ("return string.sub('garden', 2, -2)", "arde"),
        ("if 1 == 1 then return 'yes' else return 'no' end", "yes"),
        ("if unknown() then x = 1 end return x", "1"),
        ("local a = unknown or 'default' return a", "default"),
        ("return unknown.field", "?"),
        ("local f = function() return 1 end return f()", "?"),
        ("return 'tab\\t\\65\\x42 \\z\n   end'", "tab\tAB end"),
        ("return [[\nlong]]", "long"),
        ("return '71' * 1", "71"),
        ("local t = { 1, 2 } return #t", "2"),
        ("", "nil"),
    ];
    for (text, expected) in cases {
        assert_eq!(returned(text), expected, "{text}");
    }
}

#[test]
fn what_would_never_end_is_given_up() {
    let nested = "for a = 1, 1e9 do for b = 1, 1e9 do for c = 1, 1e9 do x = a end end end return 1";
    returned(nested);
    returned(&format!("local a = 'x' {} return 1", "a = a .. a ".repeat(200)));
    let each =
        |body: &str| format!("local t = {{}} for a = 1, 4000 do for b = 1, 4000 do {body} end end return 1");
    // Tables in tables, from both ends; a kind of a kind; a copy of a copy; many fields.
    for body in [
        "t = { t }",
        "t.n = {} t = t.n",
        "t = (t.x or SMODS.Joker):extend { x = t }",
        "t = copy_table(t) table.insert(t, 1)",
        "t['k' .. a .. b] = b",
        "local text = string.rep('x', 4000) t[#t + 1] = text .. text",
        "for k, v in pairs(t) do end table.insert(t, b)",
    ] {
        returned(&each(body));
    }
}

/// Pieces of Lua, put together as it comes.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "SMODS.Joker",
        "{",
        "}",
        "(",
        ")",
        "key",
        "=",
        "'a'",
        "\"b",
        ",",
        "..",
        "1",
        "function",
        "end",
        "for",
        "in",
        "do",
        "pairs",
        "local",
        "return",
        "[",
        "]",
        "[[",
        "]]",
        "--",
        "\n",
        "x",
        ".",
        ":",
        "if",
        "then",
        "else",
        "not",
        "-",
        "#",
        "nil",
        "goto",
        "::",
        "\\",
        "\u{feff}",
        "é",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.join(" "))
}

/// Words of metadata and texts, put together as it comes.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "\"id\"",
            "\"main_file\"",
            "\"prefix\"",
            "\"name\"",
            ":",
            ",",
            "\"x\"",
            "1",
            "\n",
            "--- STEAMODDED HEADER\n",
            "--- MOD_ID: ",
            "\"descriptions\"",
            "\"centres\"",
            "\"key\"",
            "return",
        ])
        .prop_map(str::to_owned),
        "\\PC",
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in pieces()) {
        if let Ok(tree) = source::parse(&text) {
            Walk::new(&mut Deaf, &mut Globals::default()).file(&tree);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = source::parse(&crate::package::text_of(&bytes));
    }

    #[test]
    fn any_metadata_and_texts_are_read_or_refused(text in words()) {
        let _ = crate::metadata::from_json(&text);
        let _ = crate::metadata::from_header(&text, "main.lua");
        let mut texts = crate::localisation::Texts::default();
        let _ = texts.add("en-us.json", &text, &mut Globals::default());
        let _ = texts.add("en-us.lua", &text, &mut Globals::default());
        let _ = serde_json::from_str::<crate::declared::Declared>(&text);
    }
}
