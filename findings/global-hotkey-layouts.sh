#!/bin/sh
# global-hotkey 0.9 on X11 looks for the lowest key that bears a letter in any layout, and looks again
# when it gives a chord back.
#
# Shown on an X server of its own (Xvfb, setxkbmap, cargo): with the layouts "us,fr" and "us" active,
# Ctrl+Shift+M takes the key that bears a semicolon; and once the layout is "us" alone, giving the
# chord back leaves that key taken. Ends with 0 when both are seen.
set -eu
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "layouts"
version = "0.0.0"
edition = "2024"

[dependencies]
global-hotkey = "=0.9.0"
x11rb = "=0.13.2"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use global_hotkey::{GlobalHotKeyManager, hotkey::HotKey};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, ModMask};

/// Of the usual keyboards: the key with `m` in "us", and the one with `m` in "fr", `;` in "us".
const M: u8 = 58;
const SEMICOLON: u8 = 47;

fn layout(names: &str) {
    assert!(std::process::Command::new("setxkbmap").args(["-layout", names]).status().unwrap().success());
}

/// Whether somebody has Ctrl+Shift with this key.
fn is_taken(key: u8) -> bool {
    let (connection, screen) = x11rb::connect(None).unwrap();
    let root = connection.setup().roots[screen].root;
    let modifiers = ModMask::CONTROL | ModMask::SHIFT;
    let asked = connection.grab_key(false, root, modifiers, key, GrabMode::ASYNC, GrabMode::ASYNC);
    asked.unwrap().check().is_err()
}

fn main() {
    layout("us,fr");
    let manager = GlobalHotKeyManager::new().unwrap();
    let chord: HotKey = "Ctrl+Shift+M".parse().unwrap();
    manager.register(chord).unwrap();
    let wrong_key = is_taken(SEMICOLON) && !is_taken(M);
    println!("with us,fr Ctrl+Shift+M takes the key with the semicolon: {wrong_key}");
    layout("us");
    let _ = manager.unregister(chord);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let stays = is_taken(SEMICOLON);
    println!("given back after a change of layout, that key is still taken: {stays}");
    std::process::exit(if wrong_key && stays { 0 } else { 1 });
}
RUST
Xvfb -displayfd 3 -nolisten tcp -noreset 3> "$folder/display" 2> /dev/null &
server=$!
while ! grep -q . "$folder/display" 2> /dev/null; do sleep 0.1; done
DISPLAY=":$(cat "$folder/display")"
export DISPLAY
cd "$folder"
cargo run --quiet
