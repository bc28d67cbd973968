//! Opens files and folders for the player, with the programs that the system has for them. The overlay does not wait.

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

fn start(mut command: Command) -> std::io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
