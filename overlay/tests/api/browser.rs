//! The OBS page in a real browser, headless. Skipped, loudly, where there is none.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Stage;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn chromium() -> Option<&'static str> {
    let works = |name: &&str| {
        let run = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    let found = NAMES.into_iter().find(works);
    if found.is_none() {
        println!("SKIPPED: the page for OBS is not tested, for Chromium is not installed");
        eprintln!("SKIPPED: the page for OBS is not tested, for Chromium is not installed");
    }
    found
}

fn browse(program: &str, profile: &Path, more: &[&str], url: &str) -> String {
    let output = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        // Time runs on while the page waits for its socket, but the page is looked at only after that.
        .args(["--virtual-time-budget=4000", "--window-size=1280,720", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(more)
        .arg(url)
        .output()
        .expect("it has started before");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_page_for_obs_shows_the_cards() {
    let Some(program) = chromium() else { return };
    let stage = Stage::start();
    stage.show(&[(1, "H_A"), (2, "S_K")]);
    let catalogue = scenes::practice::catalogue();
    let names = ["H_A", "S_K"].map(|id| catalogue.card(id).unwrap().name.clone());
    let profile = tempfile::tempdir().unwrap();
    let page = |query: &str| format!("http://127.0.0.1:{}/overlay{query}", stage.port());
    let list = browse(program, profile.path(), &["--dump-dom"], &page(""));
    for name in &names {
        assert!(list.contains(&format!("{name}</li>")), "{name} is not listed:\n{list}");
    }
    let none = browse(program, profile.path(), &["--dump-dom"], &page("?types=Joker"));
    assert!(!none.contains("</li>"), "no joker is on the table:\n{none}");
    let boxes = browse(program, profile.path(), &["--dump-dom"], &page("?view=boxes"));
    assert!(boxes.contains(r#"points="100,50 171,50 171,145 100,145""#), "{boxes}");
    assert!(boxes.contains(&format!(">{}</text>", names[1])), "{boxes}");

    let picture = profile.path().join("boxes.png");
    let shot = format!("--screenshot={}", picture.display());
    let see_through = "--default-background-color=00000000";
    browse(program, profile.path(), &[&shot, see_through], &page("?view=boxes"));
    let picture = image::open(&picture).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (1280, 720));
    assert_eq!(picture.get_pixel(640, 500)[3], 0, "what is not drawn is see-through");
    assert_eq!(picture.get_pixel(135, 100)[3], 0, "so is the inside of a card");
    assert!(picture.get_pixel(100, 100)[3] > 200, "the left edge of the second card is drawn");
}
