//! Each way out of the sandbox is tried, harmlessly, and is shut: those of the language, and behind
//! it those of the system.

use std::path::Path;
use std::time::Instant;

use mods::{Interpreter, State};

use super::garden::{Garden, SHEET, cards};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mods-sandbox");

#[test]
fn the_system_shuts_every_way_out() {
    let ways = [
        "read a file",
        "list a folder",
        "write a file",
        "start a program",
        "open a connection",
        "take memory",
    ];
    // What Windows does not shut, the interpreter has no way to.
    let ways = if cfg!(windows) {
        &ways[5..]
    } else if cfg!(target_os = "linux") {
        &ways[..]
    } else {
        &ways[..5]
    };
    for way in ways {
        let shut = |way: &str| mods::is_shut(Path::new(PROGRAM), way).unwrap();
        assert!(!shut(&format!("free {way}")), "{way}: even without walls, so that this test shows nothing");
        assert!(shut(way), "{way}");
    }
}

/// Each attempt answers something true if it got out.
const ATTEMPTS: &str = r#"
local tried = {
    io = function() return io and io.open and io.open('main.lua') end,
    execute = function() return os.execute and os.execute('true') end,
    getenv = function() return os.getenv and os.getenv('PATH') end,
    remove = function() return os.remove or os.rename or os.tmpname or os.exit end,
    ffi = function() local ffi = require 'ffi' return ffi.C and ffi.C.getpid and ffi.C.getpid() > 0 end,
    jit = function() return jit or type(require('jit').version) == 'string' end,
    loadlib = function() return package.loadlib and package.loadlib('libc.so.6', '*') end,
    preload = function() return package.loaded.io or package.loaded.os or package.loaded._G end,
    registry = function() return debug.getregistry or debug.getupvalue or debug.sethook or debug.setmetatable end,
    bytecode = function() return load('\27LJ\2\0') or loadstring('\27Lua') end,
    dump = function() return string.dump and string.dump(function() end) end,
    loadfile = function() return loadfile and loadfile('/etc/hosts') end,
    dofile = function() return dofile and dofile('main.lua') end,
    environment = function() return getfenv or setfenv end,
    threads = function() return coroutine and coroutine.create end,
    proxy = function() return newproxy end,
    read_absolute = function() return NFS.read('/etc/hosts') or NFS.read('C:\\Windows\\win.ini') end,
    read_other = function() return NFS.read('Mods/Secret/main.lua')
        or NFS.read('Mods/Garden/../Secret/main.lua') end,
    read_above = function() return NFS.read(SMODS.current_mod.path .. '../../secret.txt') end,
    load_other = function() return SMODS.load_file('../Secret/main.lua')() end,
    list_above = function() return #NFS.getDirectoryItems('Mods/Garden/..') > 0
        or #NFS.getDirectoryItems('/') > 0 end,
    list_mods = function() return #NFS.getDirectoryItems('Mods') > 1 end,
    write = function() return NFS.write(SMODS.current_mod.path .. 'note.txt',
      'x') or love.filesystem.write('note.txt', 'x') end,
    append = function() return NFS.append(SMODS.current_mod.path .. 'main.lua', 'x') end,
    require_path = function() return type(require('../Secret/main')) == 'string' end,
    unpack_much = function() return select('#', unpack({}, 1, 1e8)) > 1e7 end,
}
for name, attempt in pairs(tried) do
    local done, got = pcall(attempt)
    if done and got then SMODS.Joker { key = 'out_' .. name, atlas = 'roses' } end
end
local add = SMODS.Joker
add { key = 'still_here', atlas = 'roses' }
local hidden = function(card) SMODS.Joker(card) end
"#;

#[test]
fn the_language_shuts_every_way_out() {
    let garden = Garden::with(&[("main.lua", &format!("{SHEET}{ATTEMPTS}"))]);
    garden.metadata("Secret", "se");
    garden.file("Secret/main.lua", "return 'secret'");
    std::fs::write(garden.beside("secret.txt"), "secret").unwrap();
    let library = garden.run();
    let notes = &library.mods[0].notes;
    assert_eq!(cards(&library), ["j_gd_still_here \"-\" 0,0"], "{notes:?}");
    assert!(!garden.mods().join("Garden/note.txt").exists());
    // A way that is open is seen: the same file, if one attempt does get something.
    let open = ATTEMPTS
        .replace("return NFS.read('/etc/hosts')", "return NFS.read(SMODS.current_mod.path .. 'main.lua')");
    garden.file("Garden/main.lua", format!("{SHEET}{open}"));
    assert_eq!(cards(&garden.run())[0], "j_gd_out_read_absolute \"-\" 0,0");
}

#[test]
fn a_mod_that_takes_all_time_or_memory_costs_itself_alone() {
    let greedy = [
        ("a loop", "while true do end"),
        ("a loop that swallows the end", "while true do pcall(function() while true do end end) end"),
        ("memory", "local all = {} for i = 1, 1e9 do all[i] = string.rep('x', 1e6) .. i end"),
        ("one text", "local text = string.rep('x', 1e9) .. string.rep('y', 2e9)"),
        (
            "a pattern",
            "local text = string.rep('a', 40) text:match(string.rep('a?', 40) .. string.rep('a', 40) .. 'b')",
        ),
        ("deep calls", "local function f() return 1 + f() end f()"),
        ("an answer without end", "for i = 1, 1e9 do SMODS.Joker { key = 'k' .. i, atlas = 'roses' } end"),
    ];
    for (what, code) in greedy {
        let garden = Garden::with(&[(
            "main.lua",
            &format!(
                "{SHEET}SMODS.Joker {{ key = 'rose', atlas = 'roses' }} local function f(card)
                   SMODS.Joker(card) end\n{code}"
            ),
        )]);
        garden.metadata("Good", "gg");
        garden.sheet("Good/assets/2x/roses.png", [4, 3], [142, 190]);
        garden.file(
            "Good/main.lua",
            format!(
                "{SHEET}local function f(card) SMODS.Joker(card) end f({{ key = 'tulip', atlas = 'roses' }})"
            ),
        );
        let started = Instant::now();
        let library = garden.run();
        assert!(started.elapsed().as_secs() < 60, "{what}");
        let keys: Vec<&str> = library.cards().map(|(_, card)| card.key.as_str()).collect();
        assert!(keys.contains(&"j_gg_tulip") && keys.contains(&"j_gd_rose"), "{what}: {:?}", library.mods);
        let greedy = library.mods.iter().find(|it| it.id == "Garden").unwrap();
        assert!(!greedy.notes.is_empty() && greedy.state == State::On, "{what}: {greedy:?}");
    }
}

#[test]
fn without_a_program_that_runs_mods_parsing_is_left_and_says_so() {
    let garden = Garden::with(&[(
        "main.lua",
        &format!(
            "{SHEET}SMODS.Joker {{ key = 'rose', atlas = 'roses' }} local function f(card)
               SMODS.Joker(card) end"
        ),
    )]);
    let none = garden.read(Interpreter::Program(garden.beside("none")));
    let off = garden.parsed();
    for library in [none, off] {
        assert_eq!(cards(&library), ["j_gd_rose \"-\" 0,0"]);
        assert_eq!(library.mods[0].notes.len(), 1, "{:?}", library.mods[0].notes);
    }
    let off = garden.parsed();
    assert!(off.mods[0].notes[0].ends_with("at 2 places of its code"), "{:?}", off.mods[0].notes);
    assert!(off.notes[0].contains(": 1 mod to be run"), "{:?}", off.notes);
}
