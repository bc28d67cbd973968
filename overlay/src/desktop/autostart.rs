//! Starting with the desktop: an entry where each system keeps the programs that start when
//! somebody logs in.
//!
//! On Linux that is `balatro-lens.desktop` in the folder that the Autostart Specification names
//! (below `~/.config`, or where `XDG_CONFIG_HOME` is), on Windows the registry's `Run` key of the
//! user, on macOS a launch agent. The entry holds the path of this executable; the data folder is
//! found from there.

use std::path::Path;

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
    with_program(entry::is_on)
}

/// Has the overlay start with the desktop; with this settings file, when it is not the usual one.
///
/// # Errors
/// When the entry cannot be written.
pub fn enable(settings: Option<&Path>) -> Result<(), AutostartError> {
    with_program(|program| entry::enable(program, settings))
}

/// Has the overlay start only when it is told to.
///
/// # Errors
/// When the entry cannot be removed.
pub fn disable() -> Result<(), AutostartError> {
    with_program(entry::disable)
}

fn with_program<T, E: std::fmt::Display>(
    ask: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, AutostartError> {
    let program =
        std::env::current_exe().map_err(|error| AutostartError(error.to_string(), "this program".into()))?;
    ask(&program).map_err(|error| AutostartError(error.to_string(), program.display().to_string()))
}

/// A file in the folder that the Desktop Application Autostart Specification names.
#[cfg(target_os = "linux")]
mod entry {
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{NAME, quoted};

    fn path() -> io::Result<PathBuf> {
        let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let config = folder("XDG_CONFIG_HOME").filter(|it| it.is_absolute());
        let config = config.or_else(|| Some(folder("HOME")?.join(".config")));
        let missing = || io::Error::new(io::ErrorKind::NotFound, "neither HOME nor XDG_CONFIG_HOME is set");
        Ok(config.ok_or_else(missing)?.join("autostart").join(format!("{NAME}.desktop")))
    }

    pub(super) fn is_on(_program: &Path) -> io::Result<bool> {
        match std::fs::read_to_string(path()?) {
            // Desktops switch an entry off by this line.
            Ok(text) => Ok(!text.lines().any(|line| line.trim() == "Hidden=true")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn enable(program: &Path, settings: Option<&Path>) -> io::Result<()> {
        let path = path()?;
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let settings = settings.map(|file| format!(" --settings {}", quoted(&file.to_string_lossy())));
        let text = format!(
            "[Desktop Entry]\nType=Application\nName=Balatro Lens\nComment=Names the cards of a running \
             Balatro\nExec={}{}\nTerminal=false\n",
            quoted(&program.to_string_lossy()),
            settings.unwrap_or_default(),
        );
        lens_core::atomic::write(&path, text.as_bytes())
    }

    pub(super) fn disable(_program: &Path) -> io::Result<()> {
        match std::fs::remove_file(path()?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Where the crate `auto-launch` keeps it: the registry of Windows, a launch agent of macOS.
#[cfg(not(target_os = "linux"))]
mod entry {
    use std::path::Path;

    use auto_launch::AutoLaunch;

    use super::NAME;

    pub(super) fn is_on(program: &Path) -> auto_launch::Result<bool> {
        entry(program, None).is_enabled()
    }

    pub(super) fn enable(program: &Path, settings: Option<&Path>) -> auto_launch::Result<()> {
        entry(program, settings).enable()
    }

    pub(super) fn disable(program: &Path) -> auto_launch::Result<()> {
        entry(program, None).disable()
    }

    /// Only looks at the game when it runs.
    fn arguments(settings: Option<&Path>) -> Vec<String> {
        let quote = if cfg!(windows) { "\"" } else { "" };
        let file = |file: &Path| ["--settings".to_owned(), format!("{quote}{}{quote}", file.display())];
        settings.into_iter().flat_map(file).collect()
    }

    #[cfg(windows)]
    fn entry(program: &Path, settings: Option<&Path>) -> AutoLaunch {
        let path = format!("\"{}\"", program.display());
        AutoLaunch::new(NAME, &path, auto_launch::WindowsEnableMode::CurrentUser, &arguments(settings))
    }

    #[cfg(target_os = "macos")]
    fn entry(program: &Path, settings: Option<&Path>) -> AutoLaunch {
        let mode = auto_launch::MacOSLaunchMode::LaunchAgent;
        let none: [&str; 0] = [];
        AutoLaunch::new(NAME, &program.to_string_lossy(), mode, &arguments(settings), &none, "")
    }
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
