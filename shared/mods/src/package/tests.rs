//! Folders and zips of mods: what is listed, and that nothing leads out of them.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

/// An archive with these names, in memory.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(name.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn listed(names: &[&str]) -> Vec<String> {
    let archive = ZipArchive::new(Cursor::new(archive(names))).unwrap();
    let (_, files) = listed_in(archive).unwrap();
    files.into_values().map(|file| file.path).collect()
}

#[test]
fn names_in_an_archive_never_lead_out_of_it() {
    let bad = ["../out.lua", "/etc/out.lua", "a/../../out.lua", "C:\\out.lua", "..\\out.lua", "c:/out.lua"];
    let mut names = vec!["a/main.lua"];
    names.extend(bad);
    assert_eq!(listed(&names), ["main.lua"]);
}

#[test]
fn the_single_folder_of_an_archive_is_no_part_of_its_paths() {
    assert_eq!(listed(&["Garden/main.lua", "Garden/assets/1x/a.png"]), ["assets/1x/a.png", "main.lua"]);
    assert_eq!(listed(&["main.lua", "src/a.lua"]), ["main.lua", "src/a.lua"]);
}

#[test]
fn files_are_found_whatever_the_case_and_links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("Garden");
    fs::create_dir_all(root.join("Items")).unwrap();
    fs::write(root.join("Items/Roses.lua"), "\u{feff}return 1").unwrap();
    fs::write(folder.path().join("secret.lua"), "x").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret.lua"), root.join("link.lua")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
    let package = Package::open(&root).unwrap().unwrap();
    assert_eq!(package.paths().collect::<Vec<_>>(), ["Items/Roses.lua"]);
    assert_eq!(package.text("items\\ROSES.lua").unwrap(), "return 1");
    for path in ["../secret.lua", "Items/../../secret.lua", "link.lua", "up/secret.lua", "/etc/passwd"] {
        assert!(package.read(path).is_err(), "{path}");
    }
}

#[test]
fn a_stamp_changes_with_the_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.lua"), "1").unwrap();
    let stamp = || Package::open(folder.path()).unwrap().unwrap().stamp().to_owned();
    let first = stamp();
    assert_eq!(stamp(), first);
    fs::write(folder.path().join("a.lua"), "22").unwrap();
    let second = stamp();
    fs::write(folder.path().join("b.lua"), "").unwrap();
    assert!(first != second && second != stamp());
}

proptest! {
    #[test]
    fn any_name_is_inside_or_nothing(name in "[a-z./\\\\: \u{0}]{0,24}") {
        for path in inside(&name).into_iter().chain(tidy(&name)) {
            prop_assert!(!path.starts_with('/') && !path.contains(['\\', '\0', ':']), "{path}");
            prop_assert!(path.split('/').all(|part| !part.is_empty() && part != ".."), "{path}");
        }
    }

    #[test]
    fn a_broken_archive_is_an_error_or_a_list(at in 0..200_usize, byte: u8) {
        let mut bytes = archive(&["a/main.lua", "a/b.png"]);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        if let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) {
            let _ = listed_in(archive);
        }
    }
}
