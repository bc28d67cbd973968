//! Opens files and other programs for the player. Each runs on its own; the overlay does not wait for it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Opens a file or folder with the program that the system has for it.
pub(super) fn open(path: &Path) -> Result<(), String> {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(path);
    start(command).map_err(|error| format!("cannot open {}: {error}\nhelp: open it yourself", path.display()))
}

/// Starts a program that lies beside this one.
pub(super) fn start_beside(name: &str, arguments: &[&OsStr]) -> Result<(), String> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot find this program's folder: {error}"))?;
    let file = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !file.is_file() {
        return Err(format!(
            "there is no {name} beside the overlay\nhelp: build it with `cargo build -p {name}`"
        ));
    }
    let mut command = Command::new(file);
    command.args(arguments);
    start(command).map_err(|error| format!("cannot start {name}: {error}"))
}

fn start(mut command: Command) -> std::io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
