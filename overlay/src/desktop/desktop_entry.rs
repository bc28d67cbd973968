//! The overlay in the menu of a Linux desktop: an entry among the user's own applications, with the
//! path of this executable (Desktop Entry Specification 1.5).
//!
//! A package lies wherever it was unpacked, and an entry must hold a whole path or a name that the
//! shell finds: so the entry is written by the program itself.

use std::io;
use std::path::{Path, PathBuf};

use crate::desktop::autostart::quoted;

/// File name of the entry.
const FILE: &str = "balatro-lens.desktop";
/// The icon that a package has beside the program.
const ICON: &str = "balatro-lens.svg";

/// Where the entry is, or would be; `None` where the user has no home folder.
pub fn path() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    path_with(folder)
}

fn path_with(folder: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // A relative one does not count, says the Base Directory Specification.
    let data = folder("XDG_DATA_HOME").filter(|it| it.is_absolute());
    let data = data.or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join("applications").join(FILE))
}

/// Writes the entry for this executable; returns where.
///
/// # Errors
/// When there is no home folder or it cannot be written to.
pub fn write() -> io::Result<PathBuf> {
    let path = path().ok_or_else(no_home)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    lens_core::atomic::write(&path, text(&std::env::current_exe()?).as_bytes())?;
    Ok(path)
}

/// Removes the entry; one that is not there is removed already.
///
/// # Errors
/// When there is no home folder or it cannot be written to.
pub fn remove() -> io::Result<()> {
    match std::fs::remove_file(path().ok_or_else(no_home)?) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn no_home() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "neither HOME nor XDG_DATA_HOME is set")
}

fn text(program: &Path) -> String {
    let icon = program.with_file_name(ICON);
    let icon = if icon.is_file() { format!("Icon={}\n", icon.display()) } else { String::new() };
    format!(
        "[Desktop Entry]\nType=Application\nName=Balatro Lens\nComment=Names the cards of a running \
         Balatro\nExec={}\n{icon}Terminal=false\nCategories=Game;Utility;\n",
        quoted(&program.to_string_lossy())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_holds_the_whole_path_and_the_icon_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("with space").join("overlay");
        assert!(!text(&program).contains("Icon="));
        std::fs::create_dir(program.parent().unwrap()).unwrap();
        std::fs::write(program.with_file_name(ICON), "").unwrap();
        let text = text(&program);
        assert!(text.contains(&format!("Exec=\"{}\"\n", program.display())), "{text}");
        assert!(text.contains(&format!("Icon={}\n", program.with_file_name(ICON).display())), "{text}");
        assert!(text.starts_with("[Desktop Entry]\nType=Application\n"), "{text}");
    }
    #[test]
    fn a_relative_folder_does_not_count() {
        let home = tempfile::tempdir().unwrap();
        let entry = |data: Option<&Path>| {
            let of_home = |name: &str| (name == "HOME").then_some(home.path());
            path_with(|name| of_home(name).or(data).map(Path::to_path_buf))
        };
        let at_home = home.path().join(".local/share/applications").join(FILE);
        assert_eq!([entry(None), entry(Some(Path::new("data")))], [Some(at_home.clone()), Some(at_home)]);
        let elsewhere = home.path().join("data");
        assert_eq!(entry(Some(&elsewhere)), Some(elsewhere.join("applications").join(FILE)));
    }
}
