//! Settings files as people write them.

use super::mods::ModsPlace;
use super::*;
use lens_core::catalogue::CardType;
use marks::scene::colour::Colour;
use marks::scene::style::Corner;

#[test]
fn the_file_that_is_written_first_says_the_defaults_and_leaves_no_key_out() {
    let text = file::template();
    let mut settings = parse(&text).unwrap();
    settings.hotkeys.iter_mut().for_each(|chord| chord.line = None);
    assert_eq!(settings, Settings::default());
    let written: toml::Table = text.parse().unwrap();
    let known = toml::Table::try_from(Raw::default()).unwrap();
    for (section, keys) in &known {
        for key in keys.as_table().unwrap().keys() {
            assert!(written[section].get(key).is_some(), "{section}.{key} is not in overlay.toml");
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let settings = parse(
        "[show]\ntypes = [\"Joker\"]\nread_out = \"top-right\"\ninactive = \"shown\"\ntext_size = 2\n[colours]\njoker = \"#102030\"\n\
         [recognition]\nproviders = [\"cuda\", \"cpu\"]\nthreads = 3\n[capture]\nprocessor = 50\n\
         [mods]\nfolder = \"/games/Mods\"\noff = [\"Weeds\"]\n[api]\nenabled = false\norigins = [\"https://a.example:1\"]\n[hotkeys]\npause = \"F9\"\n",
    )
    .unwrap();
    assert_eq!(settings.style.types, [CardType::Joker]);
    assert_eq!(settings.style.read_out, Some(Corner::TopRight));
    assert_eq!(settings.style.text_size, 2.0);
    assert_eq!(settings.inactive, Inactive::Shown);
    assert_eq!(settings.style.palette.of_type(CardType::Joker), Colour::hex(0x10_2030));
    assert_eq!(settings.recognition.providers, Some(vec![Provider::Cuda, Provider::Cpu]));
    assert_eq!((settings.recognition.threads, settings.capture.share), (Some(3), 0.5));
    let place = ModsPlace::Folder("/games/Mods".into());
    assert_eq!(settings.mods, Mods { place, interpreter: true, off: vec!["Weeds".into()] });
    assert!(!settings.api.enabled && settings.api.origins == ["https://a.example:1"]);
    let pause = chords::HOTKEYS.iter().position(|it| it.name == "pause").unwrap();
    assert_eq!(settings.hotkeys[pause], Chord { keys: "F9".into(), line: Some(20) });
    assert_eq!(settings.hotkeys.len(), chords::HOTKEYS.len(), "the others have their defaults");
}

#[track_caller]
fn check(text: &str, line: usize, words: &[&str]) {
    let mistake = parse(text).unwrap_err();
    assert_eq!(mistake.line, Some(line), "{mistake}");
    for word in words {
        assert!(mistake.what.contains(word), "{mistake}: no {word:?}");
    }
}

#[test]
fn mistakes_are_named_with_their_line_and_what_was_likely_meant() {
    check("[show]\n\nunknwon = true\n", 3, &["unknwon", "did you mean \"unknown\""]);
    check("[shwo]\nunknown = true\n", 1, &["section", "did you mean \"show\""]);
    check("[hotkeys]\ntogle = \"F9\"\n", 2, &["did you mean \"toggle\""]);
    check("show = 3\n", 1, &["section"]);
    check("[show]\nunknown = 3\n", 2, &["boolean"]);
    check("[show]\nunknown = \n", 2, &[]);
    check("[show]\ninactive = \"show\"\n", 2, &["auto, shown, hidden", "did you mean \"shown\""]);
    check("[show]\ntypes = [\"Jocker\"]\n", 2, &["did you mean \"Joker\""]);
    check("[show]\nread_out = \"top\"\n", 2, &["no corner"]);
    check("[show]\nopacity = 7\n", 2, &["out of range", "0.1 to 1"]);
    check("[colours]\njoker = \"orange\"\n", 2, &["orange", "#ff9d3d"]);
    check("[recognition]\nproviders = [\"cudda\"]\n", 2, &["cudda"]);
    check("[capture]\nper_second = 0\n", 2, &["out of range"]);
    check("[capture]\nper_second = nan\n", 2, &["out of range"]);
    check("[information]\nlanguage = \"tlh\"\n", 2, &["no language", "en-us"]);
    check("[api]\nport = 70000\n", 2, &[]);
    check("[api]\nport = 0\n", 2, &["no port"]);
    check("[api]\norigins = [\"http://127.0.0.1:8080/\"]\n", 2, &["is no origin", "without a path"]);
    check("[api]\norigins = [\"*\"]\n", 2, &["is no origin"]);
}

#[test]
fn a_missing_file_is_written_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file::NAME);
    assert!(file::open(&path).is_ok());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), file::template());
    std::fs::write(&path, "[api]\nprot = 1\n").unwrap();
    let error = file::open(&path).unwrap_err().to_string();
    assert!(error.contains("overlay.toml, line 2") && error.contains("help: mend it"), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(file::read(&path).unwrap_err().to_string().contains("it is gone"));
    let nowhere = folder.path().join("no/such/folder").join(file::NAME);
    assert_eq!(file::open(&nowhere), Ok(Settings::default()), "a folder that cannot be written to");
}
