//! `overlay record` of a window that moves, and `overlay replay` of what it wrote: the commands as
//! people type them.

use std::process::{Command, Output};

use overlay::run::replay::timeline::Timeline;

use crate::desktop::{Desktop, Program, wait_for};
use crate::harness::Outcome;
use crate::screen::Screen;
use crate::stage::{OVERLAY, TITLE};

pub(crate) fn a_recording_replays_the_same(desktop: &mut Desktop) -> Outcome {
    if !lens_core::paths::model("practice").join("model.json").is_file() {
        return Outcome::Skipped("the model \"practice\" is not here".into());
    }
    let mut game = Command::new(OVERLAY);
    game.args(["practice", "--seed", "3", "--title", TITLE, "--size", "900x540", "--fps", "15"]);
    let game = Program::start(game, &desktop.folder.join("game.log"));
    let screen = Screen::connect();
    wait_for("the game", || screen.find(TITLE).filter(|(_, shown)| *shown));
    let folder = desktop.folder.join("recording");
    let [folder_name, source] = [folder.display().to_string(), format!("window:{TITLE}")];
    let mut record = Command::new(OVERLAY);
    record.args(["record", &folder_name, "--source", &source, "--fps", "10", "--seconds", "600"]);
    let record = Program::start(record, &desktop.folder.join("record.log"));
    wait_for("images of some seconds", || {
        let lines = std::fs::read_to_string(folder.join("frames.jsonl")).ok()?.lines().count();
        (lines > 20).then_some(())
    });
    // What cannot be asked of a folder that a recording already fills.
    let twice = run(&["record", &folder_name, "--source", &source, "--seconds", "1"]);
    assert!(!twice.status.success(), "a recording must not be written over");
    // Ctrl+C ends it whole.
    let log = desktop.folder.join("record.log");
    assert_eq!(record.interrupt(), Some(0));
    let told = std::fs::read_to_string(log).unwrap();
    assert!(told.contains("ended by Ctrl+C"), "{told}");
    drop(game);

    let [one, other] = ["one.json", "other.json"].map(|name| desktop.folder.join(name).display().to_string());
    let replayed = run(&["replay", &folder_name, "--model", "practice", "--out", &one]);
    assert!(replayed.status.success(), "{}", errors(&replayed));
    let timeline = Timeline::parse(&std::fs::read_to_string(&one).unwrap()).unwrap();
    let most = timeline.moments.iter().map(|moment| moment.cards.len()).max().unwrap_or(0);
    assert!(most >= 4, "only {most} cards were seen at once");
    println!("    {} moments of a live recording, up to {most} cards", timeline.moments.len());
    let again = run(&["replay", &folder_name, "--model", "practice", "--compare", &one]);
    assert!(again.status.success(), "the same recording gives the same: {}", errors(&again));
    // Another truth is told from it.
    let text = std::fs::read_to_string(&one).unwrap().replace("\"id\":\"", "\"id\":\"not_");
    std::fs::write(&other, text).unwrap();
    let compared = run(&["replay", &folder_name, "--model", "practice", "--compare", &other, "--allow", "5"]);
    assert!(
        !compared.status.success() && errors(&compared).contains("more than 5 %"),
        "{}",
        errors(&compared)
    );
    Outcome::Passed
}

fn run(arguments: &[&str]) -> Output {
    Command::new(OVERLAY).args(arguments).output().expect("the overlay starts")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
