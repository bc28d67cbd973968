//! The page Train, by the keys and clicks of a person, with a stand-in for the trainer: a script
//! that tells what a trainer tells.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use egui::{Key, Modifiers as Held};
use egui_kittest::kittest::Queryable as _;
use labeller::app::App;
use labeller::inference::Inference;
use labeller::repository::Folders;
use labeller::training::{Ended, Report};
use labeller::window::Labeller;
use lens_core::modifiers::Modifiers;
use lens_core::retraining::{Outcome, Phase};
use vision::gallery::{self, Prototype, forgotten};

#[path = "support/bench.rs"]
mod bench;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/opened.rs"]
mod opened;
#[path = "support/settled.rs"]
mod settled;
#[path = "support/windows.rs"]
mod windows;

use bench::Bench;
use opened::Window;

/// A model's folder without its networks, which was taught two cards.
fn model(root: &Path) -> PathBuf {
    let folder = root.join("models/practice");
    std::fs::create_dir_all(&folder).unwrap();
    let shipped = lens_core::paths::model("practice").join("model.json");
    std::fs::copy(shipped, folder.join("model.json")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let yesterday = now - Duration::from_secs(36 * 60 * 60);
    let card = |name: &str, capture: &str| Prototype {
        id: name.to_lowercase().into(),
        name: name.into(),
        embedding: vec![1.0; 128],
        capture: Some(capture.into()),
        taught_at_millis: Some(yesterday.as_millis() as u64),
    };
    let cards = vec![card("Dragon", "1.png"), card("Dragon", "2.png"), card("Yeti", "3.png")];
    gallery::enrol(&folder, cards).unwrap();
    folder
}

/// The captures that taught the cards.
fn pictures(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let sprites = synth::practice::sprites();
    for (file, id) in [("1.png", "x_owl"), ("3.png", "x_whale")] {
        let card = synth::single::picture(&sprites, id, &Modifiers::default(), 2, 1).unwrap();
        card.save(folder.join(file)).unwrap();
    }
}

/// A program that does what a script says; its arguments are kept in `arguments`.
fn stand_in(root: &Path, script: &str) -> PathBuf {
    let path = root.join("trainer");
    let kept = root.join("arguments");
    std::fs::write(&path, format!("#!/bin/sh\necho \"$@\" >> '{}'\n{script}\n", kept.display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

impl Bench {
    fn new(script: Option<&str>) -> Self {
        Self::of_size(script, windows::WINDOWS[0])
    }

    fn of_size(script: Option<&str>, window: Window) -> Self {
        let root = tempfile::tempdir().unwrap();
        let model = model(root.path());
        let program = script.map(|script| stand_in(root.path(), script));
        let folders = Folders {
            captures: root.path().join("screenshots"),
            labels: root.path().join("dataset_default"),
        };
        pictures(&folders.captures);
        let app = App::open(folders, move |repository, session| {
            let inference = Inference::start(model.clone(), Vec::new(), || {});
            Labeller::new(repository, session, synth::practice::catalogue(), Some(inference))
                .with_trainer(program.clone())
        });
        let mut bench = Self::open(root, app.unwrap(), window);
        bench.press(Key::F6);
        bench.until("the model is read", |labeller| labeller.knowledge().is_some());
        bench
    }

    fn model(&self) -> PathBuf {
        self.root.path().join("models/practice")
    }

    fn arguments(&self) -> String {
        std::fs::read_to_string(self.root.path().join("arguments")).unwrap_or_default()
    }

    /// Frames until something is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Labeller) -> bool) {
        let start = Instant::now();
        while !is_so(self.labeller()) {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "not: {what}; {:?}",
                self.labeller().training()
            );
            std::thread::sleep(Duration::from_millis(10));
            self.harness.run_steps(1);
        }
        self.settle();
    }

    fn report(&self) -> &Report {
        self.labeller().training().unwrap()
    }

    fn ended(&mut self) -> Ended {
        self.until("it has ended", |it| it.training().is_some_and(|it| it.ended.is_some()));
        self.report().ended.clone().unwrap()
    }

    fn taught(&self) -> Vec<String> {
        gallery::prototypes(&self.model()).unwrap().into_iter().map(|it| it.name).collect()
    }
}

const ROWS: &str = r#"{"event":"compared","rows":[
{"what":"your captures: right name","old":{"part":24,"whole":26,"interval":[0.759,0.979]},
"new":{"part":26,"whole":26,"interval":[0.871,1.0]},"decides":true},
{"what":"  of these, new cards","old":{"part":0,"whole":2,"interval":[0.0,0.658]},
"new":{"part":2,"whole":2,"interval":[0.342,1.0]},"decides":false},
{"what":"composed cards: right name","old":{"part":547,"whole":639,"interval":[0.827,0.881]},
"new":{"part":540,"whole":639,"interval":[0.815,0.871]},"decides":true}]}"#;

/// What a trainer tells until it trains.
fn begun() -> String {
    let lines = [
        r#"{"event":"phase","phase":"gathering"}"#,
        r#"{"event":"message","text":"200 captures to learn from, 26 held out to judge by"}"#,
        r#"{"event":"phase","phase":"training"}"#,
        r#"{"event":"step","step":40,"progress":0.25,"loss":0.75,"seconds_left":90.0}"#,
    ];
    format!("cat <<'END'\n{}\nEND", lines.join("\n"))
}

/// The rest, with this end.
fn ends(outcome: &str) -> String {
    let rows = ROWS.replace('\n', "");
    format!(
        "cat <<'END'\n{{\"event\":\"phase\",\"phase\":\"comparing\"}}\n{rows}\n{{\"event\":\"ended\",{outcome}}}\nEND"
    )
}

/// Waits until the test says that it may go on.
const WAITS: &str = r#"while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.02; done"#;

#[test]
fn progress_is_shown_while_labelling_goes_on_and_then_what_came_of_it() {
    let script = format!("{}\n{WAITS}\n{}", begun(), ends(r#""outcome":"installed""#));
    let mut bench = Bench::new(Some(&script));
    bench.press(Key::R);
    bench.until("a step is told", |it| it.training().is_some_and(|it| it.step == 40));
    assert_eq!(bench.report().phase, Some(Phase::Training));
    assert_eq!(bench.report().messages, ["200 captures to learn from, 26 held out to judge by"]);
    bench.harness.get_by_label("25 %, 1 min 30 s left");
    bench.looks_like("training");
    // The window does not wait for it: another page is there at once.
    bench.press(Key::F1);
    assert!(bench.report().ended.is_none());
    bench.press(Key::F6);
    // A second one does not begin beside it.
    bench.press(Key::R);
    std::fs::write(bench.root.path().join("go"), "").unwrap();
    assert_eq!(bench.ended(), Ended::Retrained(Outcome::Installed));
    let [first, .., last] = &bench.report().rows[..] else { panic!("no rows") };
    assert_eq!((first.old.part, first.new.part, last.new.whole), (24, 26, 639));
    bench.harness.get_by_label("The new model is installed");
    bench.looks_like("trained");
    let asked = bench.arguments();
    assert_eq!(asked.lines().count(), 1, "{asked}");
    let model = bench.model();
    for wanted in
        ["retrain --json", "--game practice", "--minutes 15", &format!("--model {}", model.display())]
    {
        assert!(asked.contains(wanted), "{wanted} in {asked}");
    }
}

/// Half a minute of 0 %, and nothing that moved.
#[test]
fn what_is_done_before_the_first_step_is_said() {
    let tells = |phase: &str| format!("echo '{{\"event\":\"phase\",\"phase\":\"{phase}\"}}'");
    let script = format!(
        "{}\n{WAITS}\n{}\nrm \"$(dirname \"$0\")/go\"\n{WAITS}",
        tells("gathering"),
        tells("training")
    );
    let mut bench = Bench::new(Some(&script));
    bench.press(Key::R);
    bench.until("it reads", |it| it.training().is_some_and(|it| it.phase == Some(Phase::Gathering)));
    bench.harness.get_by_label("Captures, labels and art are being read");
    std::fs::write(bench.root.path().join("go"), "").unwrap();
    bench.until("it trains", |it| it.training().is_some_and(|it| it.phase == Some(Phase::Training)));
    bench.harness.get_by_label("Cards are being drawn for the first step");
}

#[test]
fn a_refusal_says_why_and_what_helps() {
    let outcome = r#""outcome":"refused","reason":"composed cards have become worse","help":"give longer""#;
    let mut bench = Bench::new(Some(&format!("{}\n{}", begun(), ends(outcome))));
    bench.press(Key::R);
    let Ended::Retrained(Outcome::Refused { reason, help }) = bench.ended() else { panic!("not refused") };
    assert_eq!((reason.as_str(), help.as_str()), ("composed cards have become worse", "give longer"));
    bench.harness.get_by_label("composed cards have become worse.\ngive longer");
    let message = bench.labeller().message().unwrap();
    assert!(message.contains("stays as it is"), "{message}");
}

#[test]
fn a_failure_says_what_the_trainer_says() {
    let fails = "echo 'error: there is nothing to learn from' >&2\necho 'help: label some' >&2\nexit 1";
    let mut bench = Bench::new(Some(fails));
    bench.press(Key::R);
    assert_eq!(bench.ended(), Ended::Failed("there is nothing to learn from\nhelp: label some".into()));
    bench.harness.get_by_label("The training failed");
    // One that is killed, and one that ends without a word.
    let mut killed = Bench::new(Some("kill -9 $$"));
    killed.press(Key::R);
    assert!(matches!(killed.ended(), Ended::Failed(reason) if reason.contains("without a word")));
    let mut silent = Bench::new(Some("exit 0"));
    silent.press(Key::R);
    assert!(matches!(silent.ended(), Ended::Failed(reason) if reason.contains("without a word")));
}

#[test]
fn it_stops_in_good_order_and_at_once_when_asked_again() {
    let orderly = format!(
        "trap 'echo \"{{\\\"event\\\":\\\"ended\\\",\\\"outcome\\\":\\\"stopped\\\"}}\"; exit 3' TERM\n{}\n{WAITS}",
        begun()
    );
    let mut bench = Bench::new(Some(&orderly));
    bench.press(Key::R);
    bench.until("a step is told", |it| it.training().is_some_and(|it| it.step == 40));
    bench.press(Key::S);
    assert_eq!(bench.ended(), Ended::Retrained(Outcome::Stopped));

    let mut deaf = Bench::new(Some(&format!("trap '' TERM\n{}\n{WAITS}", begun())));
    deaf.press(Key::R);
    deaf.until("a step is told", |it| it.training().is_some_and(|it| it.step == 40));
    deaf.press(Key::S);
    std::thread::sleep(Duration::from_millis(200));
    deaf.settle();
    assert!(deaf.report().ended.is_none(), "it does not listen");
    deaf.click("Stop at once");
    assert_eq!(deaf.ended(), Ended::Retrained(Outcome::Stopped));
}

#[test]
fn closing_the_window_ends_the_training() {
    let script = format!("echo $$ > \"$(dirname \"$0\")/pid\"\n{}\n{WAITS}", begun());
    let mut bench = Bench::new(Some(&script));
    bench.press(Key::R);
    bench.until("a step is told", |it| it.training().is_some_and(|it| it.step == 40));
    let Bench { root, harness } = bench;
    let pid: i32 = std::fs::read_to_string(root.path().join("pid")).unwrap().trim().parse().unwrap();
    let is_there = || {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::test_kill_process(pid).is_ok()
    };
    assert!(is_there());
    drop(harness);
    assert!(!is_there());
}

#[test]
fn without_a_trainer_the_page_says_how_to_get_one() {
    let mut bench = Bench::new(None);
    bench.harness.get_by_label("cargo build -p trainer");
    bench.press(Key::R);
    assert!(bench.labeller().training().is_none());
    let mut gone = Bench::new(Some("exit 0"));
    std::fs::remove_file(gone.root.path().join("trainer")).unwrap();
    gone.press(Key::R);
    let message = gone.labeller().message().unwrap();
    assert!(message.contains("does not start"), "{message}");
}

#[test]
fn a_taught_card_is_forgotten_when_one_is_sure_and_comes_back() {
    let mut bench = Bench::new(None);
    let names: Vec<&str> =
        bench.labeller().knowledge().unwrap().enrolled.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["Dragon", "Yeti"]);
    bench.click("Forget Dragon");
    bench.looks_like("forget");
    bench.press(Key::Escape);
    assert_eq!(bench.taught(), ["Dragon", "Dragon", "Yeti"], "asked, and answered with no");
    bench.click("Forget Dragon");
    // Other keys wait for the answer.
    bench.press(Key::F1);
    bench.press(Key::Enter);
    assert_eq!(bench.taught(), ["Yeti"]);
    assert_eq!(forgotten::prototypes(&bench.model()).unwrap().len(), 2);
    bench.until("the page shows it", |it| it.knowledge().is_some_and(|it| it.forgotten.len() == 1));
    bench.looks_like("forgotten");
    bench.harness.key_press_modifiers(Held::COMMAND, Key::Z);
    bench.settle();
    assert_eq!(bench.taught(), ["Yeti", "Dragon", "Dragon"]);
    bench.click("Forget Yeti");
    bench.press(Key::Enter);
    bench.until("the page shows it", |it| it.knowledge().is_some_and(|it| it.forgotten.len() == 1));
    bench.click("Teach Yeti again");
    assert_eq!(bench.taught(), ["Dragon", "Dragon", "Yeti"]);
    // What the overlay teaches meanwhile appears by itself.
    let card = Prototype {
        id: "gnome".into(),
        name: "Gnome".into(),
        embedding: vec![1.0; 128],
        capture: None,
        taught_at_millis: None,
    };
    gallery::enrol(&bench.model(), vec![card]).unwrap();
    bench.until("the page shows it", |it| it.knowledge().is_some_and(|it| it.enrolled.len() == 3));
}

#[test]
fn going_back_is_asked_for_first() {
    let mut bench = Bench::new(Some("echo 'back'"));
    bench.press(Key::B);
    bench.press(Key::Enter);
    assert_eq!(bench.arguments(), "", "no model before is kept");
    std::fs::create_dir_all(lens_core::paths::previous_model(&bench.model())).unwrap();
    bench.click("Forget Yeti");
    bench.press(Key::Enter);
    bench.until("it is read anew", |it| it.knowledge().is_some_and(|it| it.has_previous));
    bench.press(Key::B);
    bench.press(Key::Escape);
    assert_eq!(bench.arguments(), "");
    bench.press(Key::B);
    bench.press(Key::Enter);
    assert_eq!(bench.ended(), Ended::WentBack);
    assert_eq!(bench.arguments().trim(), format!("rollback --model {}", bench.model().display()));
}

#[test]
fn the_page_fits_every_window() {
    for window in windows::WINDOWS {
        let script = format!("{}\n{WAITS}\n{}", begun(), ends(r#""outcome":"installed""#));
        let mut bench = Bench::of_size(Some(&script), window);
        let is_inside = |bench: &Bench, wanted: &str| {
            let (seen, all) = (bench.harness.get_by_label(wanted).rect(), bench.harness.ctx.content_rect());
            assert!(all.contains_rect(seen), "{wanted} lies at {seen:?} of {all:?} in {window:?}");
        };
        is_inside(&bench, "Forget Yeti");
        bench.press(Key::R);
        bench.until("a step is told", |it| it.training().is_some_and(|it| it.step == 40));
        is_inside(&bench, "Stop");
        windows::picture(&mut bench.harness, window, "training");
        std::fs::write(bench.root.path().join("go"), "").unwrap();
        bench.ended();
        is_inside(&bench, "Retrain now  R");
        windows::picture(&mut bench.harness, window, "train");
    }
}
