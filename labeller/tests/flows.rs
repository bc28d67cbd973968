//! What a person does in the window, by keys as they would press them, on a data set of composed
//! practice cards.

use std::path::PathBuf;

use dataset::captures::store::Captures;
use dataset::labels::store::{Change, read};
use egui::{Key, Modifiers as Held};
use egui_kittest::kittest::Queryable as _;
use labeller::intent::Page;
use labeller::repository::Repository;
use lens_core::font::SystemFonts;
use lens_core::modifiers::Modifiers;

#[path = "flows/answers.rs"]
mod answers;
#[path = "flows/bench.rs"]
mod bench;
#[path = "flows/frames.rs"]
mod frames;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/opened.rs"]
mod opened;
#[path = "flows/saving.rs"]
mod saving;
#[path = "flows/screenshots.rs"]
mod screenshots;
#[path = "support/settled.rs"]
mod settled;

use bench::{Bench, CARDS, captured, card, folders, framed, go_to, named, two_aces, window, window_on};
use settled::settle;

#[test]
fn a_digit_and_enter_name_a_card_and_the_next_one_comes() {
    let mut bench = Bench::new();
    let waiting = bench.state().session().queue().len();
    go_to(&mut bench, 2);
    bench.press(&[Key::Num2]);
    assert_eq!(bench.state().form().name, "King of Spades");
    bench.looks_like("suggestion_taken");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
    assert_eq!(bench.state().session().queue().len(), waiting - 1);
    let folders = folders(bench.root.path());
    let copied = std::fs::read_dir(&folders.labels).unwrap().flatten();
    assert_eq!(copied.filter(|it| it.path().extension().is_some_and(|it| it == "png")).count(), 1);
}

#[test]
fn letters_complete_a_name_and_a_new_one_stays_as_typed() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.write("o");
    bench.write("w");
    // The image of the guide, so that the guide shows what there is.
    golden::is_pictured_in(bench.harness(), concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"), "labelling");
    bench.press(&[Key::Enter]);
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzzyx the modded");
    bench.press(&[Key::Enter]);
    // A card that nobody has spoken of is shown as new, and asked for.
    assert_eq!(bench.labels(), named(&[("Owl", "Base")]));
    let message = bench.state().message().unwrap_or_default().to_owned();
    assert!(message.contains("Xyzzyx the modded is a new card"), "{message}");
    bench.looks_like("new_name");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Owl", "Base"), ("Xyzzyx the modded", "Base")]));
}

#[test]
fn editions_are_prefilled_and_set_by_key() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    assert_eq!(bench.state().form().modifiers.edition, "base");
    bench.press_with(Held::COMMAND, Key::Num2);
    let edition = bench.state().form().modifiers.edition.clone();
    assert_eq!(edition, synth::practice::catalogue().modifiers.editions[1]);
    bench.press(&[Key::Num1, Key::Enter]);
    assert_eq!(bench.labels()[0].0, "Queen of Spades");
    assert_ne!(bench.labels()[0].1, "Base");
}

#[test]
fn undo_takes_everything_back_and_redo_does_it_again() {
    let mut bench = Bench::new();
    let waiting = bench.state().session().queue().to_vec();
    for _ in 0..waiting.len() {
        bench.press(&[Key::Num1, Key::Enter]);
    }
    assert!(bench.state().session().queue().is_empty());
    let all = bench.labels();
    for _ in 0..waiting.len() {
        bench.press_with(Held::COMMAND, Key::Z);
    }
    assert!(bench.labels().is_empty());
    assert_eq!(bench.state().session().queue(), waiting);
    for _ in 0..waiting.len() {
        bench.press_with(Held::COMMAND, Key::Y);
    }
    assert_eq!(bench.labels(), all);
}

#[test]
fn members_are_left_out_by_space_and_groups_merged_and_split() {
    let mut bench = Bench::new();
    go_to(&mut bench, 0);
    let alone = bench.state().session().members().count();
    if alone == 1 {
        // The foil lies in the same cluster, in a group of its own.
        bench.press_with(Held::COMMAND, Key::M);
    }
    assert!(bench.state().session().members().count() >= 2);
    bench.press(&[Key::ArrowDown, Key::Space]);
    bench.looks_like("member_left_out");
    bench.press(&[Key::Space, Key::ArrowUp]);
    let before = bench.state().session().members().count();
    bench.press(&[Key::ArrowDown, Key::Space, Key::Num1, Key::Enter]);
    let labelled = bench.labels().len();
    assert_eq!(labelled, before - 1, "the one that was left out has no name");
    assert!(bench.state().session().pictures().iter().any(|it| it.label.is_none()));
}

#[test]
fn what_is_no_card_is_an_example_of_that() {
    let mut bench = Bench::new();
    bench.press(&[Key::Num0, Key::Enter]);
    let data = read(&folders(bench.root.path()).labels).unwrap();
    assert!(data.labels.iter().all(|(_, label)| label.is_not_a_card()) && !data.labels.is_empty());
}

#[test]
fn the_bin_gives_back_what_it_was_given() {
    let mut bench = Bench::new();
    bench.press(&[Key::Delete, Key::F5]);
    bench.looks_like("bin");
    assert_eq!(bench.state().session().pictures().iter().filter(|it| it.binned).count(), 1);
    bench.click("Restore");
    assert_eq!(bench.state().session().pictures().iter().filter(|it| it.binned).count(), 0);
}

#[test]
fn emptying_the_bin_is_asked_for_and_leaves_nothing() {
    let mut bench = Bench::new();
    let at = folders(bench.root.path());
    go_to(&mut bench, 2);
    bench.press(&[Key::Num1, Key::Enter]);
    let all = bench.state().session().pictures().len();
    let file = bench.state().session().pictures()[2].file.clone();
    bench.press(&[Key::F2]);
    bench.click(&format!("Labelled {file}"));
    bench.press(&[Key::Delete, Key::F5]);
    bench.press_with(Held::SHIFT, Key::Delete);
    bench.looks_like("empty_the_bin");
    bench.press(&[Key::Escape]);
    assert!(
        at.captures.join(&file).exists() && at.labels.join(&file).exists(),
        "asked, and answered with no"
    );
    // An overlay that saves cards lists the capture until it ends; its image goes at once.
    let overlay = Captures::open(&at.captures).unwrap();
    bench.click("Empty the bin");
    bench.press(&[Key::Enter]);
    let message = bench.state().message().unwrap_or_default().to_owned();
    assert!(message.contains("1 capture gone for good"), "{message}");
    assert!(!at.captures.join(&file).exists() && !at.labels.join(&file).exists());
    assert_eq!(bench.state().session().pictures().len(), all - 1);
    // Nothing brings it back: no undo, no word of the overlay, no other window.
    for _ in 0..4 {
        bench.press_with(Held::COMMAND, Key::Z);
    }
    assert_eq!(bench.state().session().pictures().len(), all - 1);
    assert!(!bench.labels().iter().any(|(name, _)| name == "Queen of Spades"));
    bench.harness = None;
    let reopened = window(at.clone());
    assert_eq!(reopened.state().labeller().unwrap().session().pictures().len(), all - 1);
    drop((reopened, overlay));
    // The next start without an overlay finishes it.
    let reopened = window(at.clone());
    assert_eq!(reopened.state().labeller().unwrap().session().pictures().len(), all - 1);
    drop(reopened);
    let records = dataset::captures::store::read(&at.captures).unwrap();
    assert!(records.iter().all(|it| it.filename != file) && records.len() == all - 1);
}

#[test]
fn names_in_other_scripts_are_drawn_with_fonts_of_the_system() {
    const CAT: &str = "\u{732b}";
    const DOG: &str = "\u{72d7}";
    let letters: Vec<char> = CAT.chars().chain(DOG.chars()).collect();
    if SystemFonts::default().having(&letters).is_empty() {
        println!("SKIPPED: no font of this system has {CAT} and {DOG}");
        return;
    }
    // Squares look the same, whatever stands for them.
    let seen = |name: &str| {
        let mut bench = Bench::new();
        go_to(&mut bench, 2);
        bench.write("X");
        bench.write(name);
        assert_eq!(bench.state().form().name, format!("X{name}"));
        bench.harness().render().unwrap()
    };
    let (cat, dog) = (seen(CAT), seen(DOG));
    let other = cat.pixels().zip(dog.pixels()).filter(|(a, b)| a != b).count();
    assert!(other > 20, "{other} pixels are other ones");
}

#[test]
fn the_button_says_what_a_begun_name_becomes_and_saves_that() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("k");
    bench.write("ing of s");
    assert_eq!(bench.state().form().name, "king of s");
    bench.click("Save 1 as King of Spades  \u{23ce}");
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
}

#[test]
fn a_label_is_corrected_on_the_verify_page() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.press(&[Key::Num1, Key::Enter, Key::F2]);
    let file = bench.state().session().pictures()[2].file.clone();
    bench.click(&format!("Labelled {file}"));
    bench.looks_like("verify");
    bench.write("k");
    bench.write("ing of spa");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Base")]));
}

#[test]
fn a_second_window_is_read_only_and_says_why() {
    let mut bench = Bench::new();
    let mut second = window(folders(bench.root.path()));
    second.key_press(Key::Num1);
    second.key_press(Key::Enter);
    settle(&mut second);
    // Also where it begins with another page than the first.
    let third = window_on(folders(bench.root.path()), Page::Verify);
    for window in [second, third] {
        let message = window.state().labeller().unwrap().message().unwrap_or_default();
        assert!(message.contains("Read-only") && message.contains("another labeller"), "{message}");
    }
    assert!(bench.labels().is_empty());
    bench.press(&[Key::Num1, Key::Enter]);
    assert!(!bench.labels().is_empty(), "the first window goes on");
}

#[test]
fn new_captures_and_corrections_of_the_overlay_appear_by_themselves() {
    let mut bench = Bench::new();
    let before = bench.state().session().pictures().len();
    captured(bench.root.path(), &[("C_2", "base", &[("C_2", 0.2)])]);
    let file = bench.state().session().pictures()[3].file.clone();
    let label = dataset::labels::Label { name: "From the overlay".into(), ..Default::default() };
    let change = Change::Label { file, label: Some(Box::new(label)) };
    dataset::labels::store::leave(&folders(bench.root.path()).labels, &[change]).unwrap();
    let start = std::time::Instant::now();
    while bench.state().session().pictures().len() == before || bench.labels().is_empty() {
        settle(bench.harness());
        assert!(start.elapsed().as_secs() < 30, "nothing appears");
    }
    assert_eq!(bench.labels()[0].0, "From the overlay");
}

#[test]
fn damaged_labels_are_kept_and_the_last_good_state_is_one_click_away() {
    let root = tempfile::tempdir().unwrap();
    captured(root.path(), &CARDS[..1]);
    let at = folders(root.path());
    let (mut repository, mut session) = Repository::open(at.clone()).unwrap();
    let label = dataset::labels::Label { name: "DNA".into(), ..Default::default() };
    repository
        .act(&mut session, &labeller::session::Action::Save(label, std::collections::BTreeMap::default()))
        .unwrap();
    drop(repository);
    let path: PathBuf = at.labels.join("labels.json");
    std::fs::write(&path, "{ broken").unwrap();
    let mut harness = window(at.clone());
    assert!(harness.state().labeller().is_none());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{ broken");
    harness.get_by_label("Take the last good state").click();
    settle(&mut harness);
    let names: Vec<_> = harness
        .state()
        .labeller()
        .unwrap()
        .session()
        .pictures()
        .iter()
        .filter_map(|it| it.label.clone())
        .collect();
    assert_eq!(names[0].name, "DNA");
    assert_eq!(std::fs::read_to_string(at.labels.join("labels.damaged-1.json")).unwrap(), "{ broken");
}

#[test]
fn the_collection_says_what_is_missing_and_the_keys_are_one_press_away() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.press(&[Key::Num1, Key::Enter, Key::F3]);
    bench.looks_like("collection");
    bench.press(&[Key::F1]);
    bench.write("?");
    bench.looks_like("keys");
    bench.press(&[Key::Escape]);
    assert!(bench.harness().query_by_label("all keys").is_some());
    assert!(
        bench.harness().query_by_label("save what agrees, and go on").is_none(),
        "Escape closes the keys"
    );
}

#[test]
fn a_name_that_begins_with_a_digit_is_typed_after_a_slash() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("/");
    bench.write("10 of sp");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("10 of Spades", "Base")]));
}

/// A fast hand on a slow machine: letters and Enter arrive together, and the name lost its end.
#[test]
fn a_letter_that_comes_with_enter_is_a_part_of_the_name() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzz");
    // Queued events get a frame each; these two have to share one.
    bench.harness().input_mut().events.push(egui::Event::Text("y".into()));
    bench.press(&[Key::Enter, Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Xyzzy", "Base")]));
}

/// What a kill would leave of a name that is being typed.
#[test]
fn a_name_that_is_being_typed_is_on_the_disk() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.write("X");
    bench.write("yzz");
    let start = std::time::Instant::now();
    loop {
        settle(bench.harness());
        let state = read(&folders(bench.root.path()).labels).unwrap().state();
        let draft = state.iter().find_map(|change| match change {
            Change::Draft { label, .. } => label.as_ref().map(|it| it.name.clone()),
            _ => None,
        });
        if draft.as_deref() == Some("Xyzz") {
            break;
        }
        assert!(start.elapsed().as_secs() < 30, "the draft is {draft:?}");
    }
    let undone = bench.state().session().last_undo().is_none();
    assert!(undone, "letters are not undone one by one");
    // Another window finds it, with the edition that nobody has said as it was seen.
    bench.harness = None;
    bench.harness = Some(window(folders(bench.root.path())));
    go_to(&mut bench, 2);
    assert_eq!(bench.state().form().name, "Xyzz");
    bench.press(&[Key::Enter, Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Xyzz", "Base")]));
}

#[test]
fn a_group_that_is_named_at_once_keeps_the_edition_of_each_picture() {
    let mut bench = Bench::new();
    two_aces(&mut bench);
    bench.press(&[Key::Num1, Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Ace of Hearts", "Base"), ("Ace of Hearts", "Foil")]));
}

#[test]
fn an_edition_that_was_chosen_holds_for_the_whole_group() {
    let mut bench = Bench::new();
    two_aces(&mut bench);
    let shown = bench.state().form().modifiers.edition.clone();
    let editions = &synth::practice::catalogue().modifiers.editions;
    let number = editions.iter().position(|it| *it == shown).unwrap();
    // Chosen though the form says it already.
    bench.press_with(Held::COMMAND, [Key::Num1, Key::Num2, Key::Num3, Key::Num4][number]);
    bench.press(&[Key::Num1]);
    // Also when the group is left and shown again.
    bench.press(&[Key::ArrowRight]);
    two_aces(&mut bench);
    bench.press(&[Key::Enter]);
    let labels = bench.labels();
    assert!(labels.len() == 2 && labels.iter().all(|(_, it)| it.eq_ignore_ascii_case(&shown)), "{labels:?}");
}

#[test]
fn labels_that_somebody_else_wrote_meanwhile_are_kept_and_said() {
    let mut bench = Bench::new();
    let path = folders(bench.root.path()).labels.join("labels.json");
    std::fs::write(&path, r#"{"mine.png": {"name": "By hand"}}"#).unwrap();
    bench.press(&[Key::Num1, Key::Enter]);
    let start = std::time::Instant::now();
    while bench.harness().query_by_label("I have read this").is_none() {
        settle(bench.harness());
        assert!(start.elapsed().as_secs() < 30, "nothing is said");
    }
    let kept = folders(bench.root.path()).labels.join("labels.changed-1.json");
    assert!(std::fs::read_to_string(kept).unwrap().contains("By hand"));
    bench.click("I have read this");
    assert!(bench.harness().query_by_label("I have read this").is_none());
}

/// Half a word was a draft; undo brought it back, and the next Enter made a card of it.
#[test]
fn undo_brings_back_the_name_that_was_saved_and_not_the_half_of_it() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.write("o");
    // Long enough for the draft to be written.
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < 300 {
        settle(bench.harness());
    }
    bench.write("w");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Owl", "Base")]));
    bench.press_with(Held::COMMAND, Key::Z);
    assert!(bench.labels().is_empty());
    go_to(&mut bench, 3);
    assert_eq!(bench.state().form().name, "Owl");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("Owl", "Base")]));
}

/// The draft of a group was shown on the verify page, and something else was saved.
#[test]
fn the_verify_page_shows_what_is_chosen_and_saves_what_it_shows() {
    let mut bench = Bench::new();
    go_to(&mut bench, 2);
    bench.press_with(Held::COMMAND, Key::Num2);
    bench.press(&[Key::Num1, Key::Enter]);
    bench.write("f");
    bench.write("ox");
    bench.press(&[Key::Escape, Key::F2]);
    let shown =
        |bench: &Bench| (bench.state().form().name.clone(), bench.state().form().modifiers.edition.clone());
    assert_eq!(shown(&bench), (String::new(), "base".into()), "nothing of the draft");
    let file = bench.state().session().pictures()[2].file.clone();
    bench.click(&format!("Labelled {file}"));
    assert_eq!(shown(&bench), ("Queen of Spades".into(), "foil".into()));
    bench.write("k");
    bench.write("ing of sp");
    bench.press(&[Key::Enter]);
    assert_eq!(bench.labels(), named(&[("King of Spades", "Foil")]));
}

#[test]
fn what_is_no_card_has_neither_edition_nor_seal() {
    let mut bench = Bench::new();
    bench.press_with(Held::COMMAND, Key::Num3);
    bench.press(&[Key::Num0]);
    assert_eq!(bench.state().form().modifiers, Modifiers::default());
    bench.press(&[Key::Enter]);
    let data = read(&folders(bench.root.path()).labels).unwrap();
    assert!(data.labels.iter().all(|(_, label)| label.modifier.is_none() && label.seal.is_none()));
}

#[test]
fn an_empty_data_set_says_how_to_begin() {
    let root = tempfile::tempdir().unwrap();
    let mut harness = window(folders(root.path()));
    assert!(harness.query_by_label("No captures yet").is_some());
    assert!(harness.query_by_label_contains("Ctrl+Shift+S").is_some());
    for (page, heading) in [
        (Key::F2, "Nothing has been named yet"),
        (Key::F4, "No frame is open"),
        (Key::F5, "The bin is empty"),
    ] {
        harness.key_press(page);
        settle(&mut harness);
        assert!(harness.query_by_label(heading).is_some(), "{heading}");
    }
    harness.key_press(Key::F1);
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert_eq!(harness.state().labeller().unwrap().message(), Some("There is nothing to name"));
}

#[test]
fn a_card_of_the_collection_leads_to_its_captures() {
    let mut bench = Bench::new();
    go_to(&mut bench, 3);
    bench.press(&[Key::Num1, Key::Enter, Key::F3]);
    bench.click("Owl: 1");
    assert!(bench.harness().query_by_label("1 label").is_some(), "its label is shown");
    let search = |bench: &mut Bench, text: &str| {
        bench.press(&[Key::F3]);
        if bench.harness().query_by_label("Show all").is_some() {
            bench.click("Show all");
        }
        bench.press_with(Held::COMMAND, Key::F);
        bench.write(text);
    };
    search(&mut bench, "queen of sp");
    bench.click("Queen of Spades: 0");
    // Nobody has named one, but one waits that could be it.
    assert_eq!(bench.state().session().queue().len(), 1);
    assert!(bench.state().session().members().any(|it| it.context.guesses[0].0 == "S_Q"));
    search(&mut bench, "ace of cl");
    bench.click("Ace of Clubs: 0");
    let message = bench.state().message().unwrap_or_default().to_owned();
    assert!(message.contains("No capture of Ace of Clubs yet"), "{message}");
}

#[test]
fn cards_of_a_frame_are_drawn_named_and_saved_with_it() {
    let mut bench = Bench::new();
    let frame = framed(bench.root.path());
    let before = bench.state().session().pictures().len();
    bench.press(&[Key::F4]);
    let size = card("H_A", "base").dimensions();
    let drag = |bench: &mut Bench, from: [f32; 2], to: [f32; 2]| {
        bench.drag([from, to], [640.0, 360.0]);
        settle(bench.harness());
    };
    drag(&mut bench, [40.0, 60.0], [40.0 + size.0 as f32, 60.0 + size.1 as f32]);
    bench.write("a");
    bench.write("ce of hea");
    bench.press(&[Key::Enter]);
    // The second one is drawn too small: its lower right corner is dragged into place, then moved
    // by keys, and back again.
    drag(&mut bench, [320.0, 60.0], [380.0, 140.0]);
    drag(&mut bench, [380.0, 140.0], [320.0 + size.0 as f32, 60.0 + size.1 as f32]);
    bench.press(&[Key::Space]);
    bench.press_with(Held::SHIFT, Key::ArrowRight);
    bench.press_with(Held::COMMAND, Key::Z);
    bench.write("k");
    bench.write("ing of sp");
    bench.press(&[Key::Enter]);
    bench.looks_like("frames");
    // Another one does not take the place of what is not saved.
    let other = bench.root.path().join("other.png");
    card("H_A", "base").save(&other).unwrap();
    bench.press_with(Held::COMMAND, Key::O);
    let answer = other.clone();
    assert!(bench.ask(move || Some(answer)).is_some());
    bench.until_said("Not saved yet: 2 named cards");
    assert!(!bench.is_open(&other));
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.labels(), named(&[("Ace of Hearts", "Base"), ("King of Spades", "Base")]));
    let pictures = bench.state().session().pictures();
    let saved = &pictures[before..];
    assert_eq!(saved.len(), 2);
    for (picture, left) in saved.iter().zip([40.0, 320.0]) {
        assert_eq!(picture.context.frame.as_deref(), Some(frame.as_str()));
        let quad = picture.context.quad.unwrap();
        let corner = quad.corners[0];
        assert!((corner.x - left).abs() < 1.5 && (corner.y - 60.0).abs() < 1.5, "{quad:?}");
    }
    let folder = folders(bench.root.path()).captures;
    assert!(saved.iter().all(|it| folder.join(&it.file).is_file()));
    // Opened again, they are there with their names.
    bench.press(&[Key::F1, Key::F4]);
    assert!(bench.harness().query_by_label("2 OF 2 NAMED").is_some());
    // What is said of a box counts without Enter too; a name that nobody knows is asked for first.
    drag(&mut bench, [540.0, 240.0], [600.0, 320.0]);
    bench.press(&[Key::Num0]);
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.state().session().pictures().len(), before + 3);
    assert!(bench.labels().iter().any(|(name, _)| name == "Not a card"), "{:?}", bench.labels());
    drag(&mut bench, [440.0, 240.0], [500.0, 320.0]);
    bench.write("z");
    bench.write("zz");
    bench.press_with(Held::COMMAND, Key::S);
    assert_eq!(bench.state().session().pictures().len(), before + 3);
}
