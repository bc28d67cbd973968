//! The interpreter inside the walls: `LuaJIT` without its libraries, and stand-ins for the game.
//!
//! What a mod can reach is what `stand_ins.lua` defines and the three libraries that compute:
//! tables, strings, numbers. Its files are texts in the request. Chunks are compiled from text
//! alone: bytecode could break the interpreter.

#![expect(unsafe_code, reason = "nil is given a metatable once, which only the debug library does")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Table, Value, VmState};
use serde_json::Value as Json;

use super::Request;
use crate::declared::Declared;
use crate::package::tidy;

const STAND_INS: &str = include_str!("stand_ins.lua");
/// Instructions between two looks at the budget.
const STEP: u32 = 1 << 16;
/// Looks until a mod is taken to run for ever: some 100 million instructions. Real mods need below
/// ten million.
const STEPS: u32 = 1_500;
/// Looks after that, until a mod that goes on regardless is ended.
const MORE_STEPS: u32 = 64;
/// Tables in tables that are looked through.
const DEEPEST: usize = 10;
/// Of the interpreter's own names, those that a mod may have.
const KEPT: [&str; 21] = [
    "_G",
    "_VERSION",
    "assert",
    "bit",
    "error",
    "getmetatable",
    "ipairs",
    "math",
    "next",
    "pairs",
    "pcall",
    "rawequal",
    "rawget",
    "rawset",
    "select",
    "setmetatable",
    "string",
    "table",
    "tonumber",
    "tostring",
    "type",
];

/// Runs the mod and says what it declares.
pub(super) fn run(request: Request) -> mlua::Result<Declared> {
    let lua = bare()?;
    let host = host(&lua, request)?;
    let said: Function = lua.load(STAND_INS).set_name("=stand-ins").set_mode(ChunkMode::Text).call(host)?;
    let spent = Rc::new(Cell::new(0_u32));
    let every = HookTriggers::new().every_nth_instruction(STEP);
    let count = Rc::clone(&spent);
    lua.set_hook(every, move |_, _| {
        count.set(count.get() + 1);
        if count.get() > STEPS + MORE_STEPS {
            std::process::exit(1);
        }
        if count.get() > STEPS {
            Err(mlua::Error::runtime("it runs for ever"))
        } else {
            Ok(VmState::Continue)
        }
    })?;
    let first: mlua::Result<Value> = said.call(true);
    // A mod that ran for ever has still said something before.
    lua.remove_hook();
    let (value, failed) = match first {
        Ok(value) => (value, None),
        Err(error) => (said.call(false)?, Some(error.to_string())),
    };
    let mut declared: Declared =
        serde_json::from_value(json_from_lua(&value, 0)).map_err(mlua::Error::external)?;
    declared.problems.extend(failed);
    Ok(declared)
}

/// An interpreter with nothing but what computes; `host.make_harmless` has used up the debug
/// library.
fn bare() -> mlua::Result<Lua> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::BIT | StdLib::DEBUG;
    // SAFETY: the debug library is taken away below, before any chunk is compiled; what was kept of
    // it is the one function, which is called with metatables of our own.
    let lua = unsafe { Lua::unsafe_new_with(libraries, LuaOptions::default()) };
    let globals = lua.globals();
    let kept: BTreeSet<&str> = KEPT.into();
    let names: Vec<mlua::LuaString> = globals.pairs::<Value, Value>().filter_map(name_of).collect();
    let debug: Table = globals.get("debug")?;
    let set_metatable: Function = debug.get("setmetatable")?;
    lua.set_named_registry_value("set_metatable", set_metatable)?;
    for name in names {
        if !kept.contains(&*name.to_string_lossy()) {
            globals.set(name, Value::Nil)?;
        }
    }
    let string: Table = globals.get("string")?;
    string.set("dump", Value::Nil)?;
    // Steamodded's own patterns of use need these two.
    globals.set("unpack", lua.create_function(unpack)?)?;
    globals.set("xpcall", lua.create_function(xpcall)?)?;
    Ok(lua)
}

fn name_of(pair: mlua::Result<(Value, Value)>) -> Option<mlua::LuaString> {
    match pair {
        Ok((Value::String(name), _)) => Some(name),
        _ => None,
    }
}

/// `unpack`, which must not make more values than the stack has room for.
fn unpack(_: &Lua, (list, from, to): (Value, Option<i64>, Option<i64>)) -> mlua::Result<MultiValue> {
    let Value::Table(list) = list else { return Ok(MultiValue::new()) };
    let from = from.unwrap_or(1);
    let to = to.unwrap_or_else(|| i64::try_from(list.raw_len()).unwrap_or(0));
    if to.saturating_sub(from) > 5_000 {
        return Err(mlua::Error::runtime("too many values to unpack"));
    }
    (from..=to).map(|index| list.raw_get(index)).collect()
}

/// `xpcall` whose handler may be anything.
fn xpcall(lua: &Lua, (call, handler, rest): (Value, Value, MultiValue)) -> mlua::Result<MultiValue> {
    let Value::Function(call) = call else { return Ok(MultiValue::from_iter([Value::Boolean(false)])) };
    match call.call::<MultiValue>(rest) {
        Ok(mut results) => {
            results.push_front(Value::Boolean(true));
            Ok(results)
        }
        Err(error) => {
            let text = Value::String(lua.create_string(error.to_string())?);
            let handled = match handler {
                Value::Function(handler) => handler.call(text)?,
                _ => text,
            };
            Ok(MultiValue::from_iter([Value::Boolean(false), handled]))
        }
    }
}

/// What the stand-ins are given.
fn host(lua: &Lua, request: Request) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    let facts = lua.create_table()?;
    facts.set("id", request.id)?;
    facts.set("name", request.name)?;
    facts.set("version", request.version)?;
    facts.set("prefix", request.prefix)?;
    facts.set("path", format!("Mods/{}/{}", request.package, request.folder))?;
    facts.set("main_file", request.main_file)?;
    facts.set("config_file", request.config_file)?;
    host.set("mod", facts)?;
    host.set("package", request.package)?;
    host.set("language", request.language)?;
    host.set("saved", request.saved)?;
    host.set("present", request.present)?;

    let files = Rc::new(super::files::Files::of(request.texts, request.others));
    let of_text = Rc::clone(&files);
    let text = move |lua: &Lua, path: String| {
        tidy(&path).and_then(|it| of_text.text(&it)).map(|it| lua.create_string(it)).transpose()
    };
    host.set("text", lua.create_function(text)?)?;
    let of_kind = Rc::clone(&files);
    let kind = move |_: &Lua, path: String| Ok(tidy(&path).and_then(|it| of_kind.kind(&it)).unzip());
    host.set("kind", lua.create_function(kind)?)?;
    let items = move |_: &Lua, path: String| {
        // The package's own folder is the one that has no path.
        let folder = if path.is_empty() { Some(String::new()) } else { tidy(&path) };
        Ok(folder.map(|it| files.items(&it)).unwrap_or_default())
    };
    host.set("items", lua.create_function(items)?)?;
    host.set("compile", lua.create_function(compile)?)?;
    host.set("from_json", lua.create_function(from_json)?)?;
    host.set("make_harmless", lua.create_function(make_harmless)?)?;
    Ok(host)
}

/// A chunk from text, or nothing and why.
fn compile(
    lua: &Lua,
    (text, name, environment): (mlua::LuaString, String, Option<Table>),
) -> mlua::Result<(Option<Function>, Option<String>)> {
    let bytes = text.as_bytes().to_vec();
    let mut chunk = lua.load(bytes).set_name(format!("={name}")).set_mode(ChunkMode::Text);
    if let Some(environment) = environment {
        chunk = chunk.set_environment(environment);
    }
    Ok(match chunk.into_function() {
        Ok(function) => (Some(function), None),
        Err(error) => (None, Some(error.to_string())),
    })
}

/// Lets everything that is no table be indexed, called and counted with: once, before a mod is
/// there.
#[expect(clippy::needless_pass_by_value, reason = "functions of the interpreter are given values")]
fn make_harmless(lua: &Lua, metatable: Table) -> mlua::Result<()> {
    let set: Function = lua.named_registry_value("set_metatable")?;
    lua.unset_named_registry_value("set_metatable")?;
    let a_function = lua.create_function(|_, ()| Ok(()))?;
    for value in [Value::Nil, Value::Boolean(true), Value::Number(0.0)] {
        set.call::<()>((value, &metatable))?;
    }
    // A function is called as it was.
    let of_functions = lua.create_table()?;
    for name in
        ["__index", "__newindex", "__concat", "__lt", "__le", "__len", "__add", "__sub", "__mul", "__div"]
    {
        of_functions.set(name, metatable.get::<Value>(name)?)?;
    }
    set.call::<()>((a_function, of_functions))
}

fn from_json(lua: &Lua, text: Value) -> mlua::Result<Value> {
    let Value::String(text) = text else { return Ok(Value::Nil) };
    let parsed: Json = serde_json::from_slice(&text.as_bytes())
        .map_err(|error| mlua::Error::runtime(format!("no JSON: {error}")))?;
    lua_from_json(lua, &parsed)
}

fn lua_from_json(lua: &Lua, value: &Json) -> mlua::Result<Value> {
    Ok(match value {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(0.0)),
        Json::String(text) => Value::String(lua.create_string(text)?),
        Json::Array(list) => {
            let table = lua.create_table()?;
            for element in list {
                table.raw_push(lua_from_json(lua, element)?)?;
            }
            Value::Table(table)
        }
        Json::Object(object) => {
            let table = lua.create_table()?;
            for (key, element) in object {
                table.raw_set(key.as_str(), lua_from_json(lua, element)?)?;
            }
            Value::Table(table)
        }
    })
}

/// A table as JSON: a list where it begins as one. What is no data is null.
fn json_from_lua(value: &Value, depth: usize) -> Json {
    match value {
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(number) => Json::from(*number),
        Value::Number(number) => Json::from(*number),
        Value::String(text) => Json::String(text.to_string_lossy().to_string()),
        Value::Table(table) if depth < DEEPEST => {
            if table.raw_len() > 0 {
                let elements = table.sequence_values::<Value>().filter_map(Result::ok);
                return Json::Array(elements.map(|it| json_from_lua(&it, depth + 1)).collect());
            }
            let pairs = table.pairs::<Value, Value>().filter_map(Result::ok);
            let fields = pairs.filter_map(|(key, it)| match key {
                Value::String(key) => {
                    Some((key.to_string_lossy().to_string(), json_from_lua(&it, depth + 1)))
                }
                _ => None,
            });
            Json::Object(fields.collect())
        }
        _ => Json::Null,
    }
}
