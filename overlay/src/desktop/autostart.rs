//! Starting with the desktop: an entry where each system keeps the programs that start when
//! somebody logs in.
//!
//! On Linux that is `~/.config/autostart/balatro-lens.desktop` (XDG), on Windows the registry's
//! `Run` key of the user, on macOS a launch agent. The entry holds the path of this executable; the
//! data folder is found from there.

use std::path::Path;

use auto_launch::AutoLaunch;

/// Of the entry, which the desktop shows in its own list.
const NAME: &str = "balatro-lens";

/// Why the entry cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("the system does not let this program start by itself: {0}\nhelp: add {1} to the desktop's own list")]
pub struct AutostartError(String, String);

/// Whether the overlay starts with the desktop.
///
/// # Errors
/// When the entry cannot be read.
pub fn is_on() -> Result<bool, AutostartError> {
    with_entry(AutoLaunch::is_enabled)
}

/// Has the overlay start with the desktop.
///
/// # Errors
/// When the entry cannot be written.
pub fn enable() -> Result<(), AutostartError> {
    with_entry(AutoLaunch::enable)
}

/// Has the overlay start only when it is told to.
///
/// # Errors
/// When the entry cannot be removed.
pub fn disable() -> Result<(), AutostartError> {
    with_entry(AutoLaunch::disable)
}

fn with_entry<T>(ask: impl FnOnce(&AutoLaunch) -> auto_launch::Result<T>) -> Result<T, AutostartError> {
    let program =
        std::env::current_exe().map_err(|error| AutostartError(error.to_string(), "this program".into()))?;
    ask(&entry(&program)).map_err(|error| AutostartError(error.to_string(), program.display().to_string()))
}

/// Only looks at the game when it runs: no argument is needed.
const ARGUMENTS: [&str; 0] = [];

#[cfg(target_os = "linux")]
fn entry(program: &Path) -> AutoLaunch {
    let mode = auto_launch::LinuxLaunchMode::XdgAutostart;
    AutoLaunch::new(NAME, &quoted(&program.to_string_lossy()), mode, &ARGUMENTS)
}

#[cfg(windows)]
fn entry(program: &Path) -> AutoLaunch {
    let path = format!("\"{}\"", program.display());
    AutoLaunch::new(NAME, &path, auto_launch::WindowsEnableMode::CurrentUser, &ARGUMENTS)
}

#[cfg(target_os = "macos")]
fn entry(program: &Path) -> AutoLaunch {
    let mode = auto_launch::MacOSLaunchMode::LaunchAgent;
    AutoLaunch::new(NAME, &program.to_string_lossy(), mode, &ARGUMENTS, &ARGUMENTS, "")
}

/// A path as the `Exec` key of a desktop entry takes it (Desktop Entry Specification 1.5, "The Exec
/// key").
#[cfg(target_os = "linux")]
pub(crate) fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for letter in path.chars() {
        match letter {
            // Twice: once for the quoting, once for the value of a key as such.
            '\\' => text.push_str(r"\\\\"),
            '"' | '`' | '$' => {
                text.push_str(r"\\");
                text.push(letter);
            }
            '%' => text.push_str("%%"),
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_the_specification_wants() {
        assert_eq!(quoted("/opt/Balatro Lens/overlay"), "\"/opt/Balatro Lens/overlay\"");
        assert_eq!(quoted(r#"/a"b$c`d%e\f"#), r#""/a\\"b\\$c\\`d%%e\\\\f""#);
    }
}
