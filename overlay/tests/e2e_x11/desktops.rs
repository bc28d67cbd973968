//! What the overlay does on other desktops than that of the usual tests, over a window of the
//! game's engine. With `BALATRO_LENS_DESKTOPS` in the environment all of them are tried, and what
//! held is written there; `cargo xtask desktops` makes the table of it.

mod session;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::child::Task;
use crate::desktop::{Desktop, Environment, has_program, run, wait_for};
use crate::engine::{start_engine, write_game};
use crate::harness::Outcome;
use crate::other_program::OtherProgram;
use crate::screen::{Area, OUTER, outer_display};
use crate::stage::{SEED, STILL, Stage, TITLE, strokes};
use session::{KINDS, Kind, Session};

/// Where the results are to be written, as JSON.
const RESULTS: &str = "BALATRO_LENS_DESKTOPS";
/// Only the desktops whose names have this in them.
const ONLY: &str = "BALATRO_LENS_DESKTOP";
/// Colours of the table itself are here and there those of a stroke.
const HIDDEN: f32 = 0.25;
/// So long something must stay as it is to count.
const STEADY: Duration = Duration::from_millis(1500);

/// A row of the table.
#[derive(Serialize)]
struct Row {
    desktop: &'static str,
    /// `None` where it is not installed.
    version: Option<String>,
    cells: Vec<(&'static str, Cell)>,
}

/// What came of one check.
#[derive(Clone, Serialize, PartialEq, Eq)]
#[serde(tag = "result", content = "reason", rename_all = "lowercase")]
enum Cell {
    Holds,
    Fails(String),
    /// There is no such thing on this desktop, or it could not be tried.
    Untried(String),
}

type Check = fn(&mut Trial<'_>) -> Cell;

/// The columns, in the order in which they are tried.
const CHECKS: [(&str, Check); 6] = [
    ("marks on cards", |trial| trial.marks()),
    ("covered", |trial| trial.covered()),
    ("another workspace", |trial| trial.workspaces()),
    ("hotkeys", |trial| trial.hotkeys()),
    ("minimised", |trial| trial.minimised()),
    ("restart of the game", |trial| trial.restart()),
];

/// Tries them all, when that is asked for.
pub(crate) fn try_all() -> Option<ExitCode> {
    let out = std::env::var_os(RESULTS)?;
    let only = std::env::var(ONLY).unwrap_or_default();
    let mut rows = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.name.contains(&only)) {
        println!("== {}", kind.name);
        let row = row(kind, &CHECKS);
        for (name, cell) in &row.cells {
            let words = match cell {
                Cell::Holds => "holds".to_owned(),
                Cell::Fails(why) => format!("FAILS: {}", why.lines().next().unwrap_or_default()),
                Cell::Untried(why) => format!("not tried: {why}"),
            };
            println!("    {name:<20} {words}");
        }
        rows.push(row);
    }
    std::fs::write(out, serde_json::to_string_pretty(&rows).expect("rows are plain"))
        .expect("it can be written");
    Some(ExitCode::SUCCESS)
}

/// A tiling desktop without a compositor, as far as the gate has time for it.
pub(crate) fn a_tiling_desktop_is_fine(_: &mut Desktop) -> Outcome {
    let row = row(&session::I3, &[CHECKS[0], CHECKS[2], CHECKS[3]]);
    if row.version.is_none() {
        return Outcome::Skipped("i3 or love is not installed".into());
    }
    for (name, cell) in row.cells {
        assert!(cell == Cell::Holds, "{name}: {}", serde_json::to_string(&cell).unwrap());
    }
    Outcome::Passed
}

fn row(kind: &Kind, checks: &[(&'static str, Check)]) -> Row {
    let mut row = Row { desktop: kind.name, version: None, cells: Vec::new() };
    if !has_program("love") {
        return row;
    }
    let _before = Environment::keep(&session::CHANGED);
    let desktop = Desktop::bare();
    let started = catch_unwind(AssertUnwindSafe(|| Session::start(kind, &desktop)));
    let Ok(Some(session)) = started else {
        if started.is_err() {
            let cell = Cell::Untried("the desktop did not start".into());
            row.cells = checks.iter().map(|(name, _)| (*name, cell.clone())).collect();
        }
        return row;
    };
    row.version = Some(session.version.clone());
    write_game(&desktop.folder);
    let game = start_engine(&desktop);
    let overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
    let stage = Stage::over(&desktop, game, overlay);
    let mut trial = Trial { kind, session: &session, desktop: &desktop, stage, area: [0; 4] };
    for (name, check) in checks {
        let is_lost = row.cells.first().is_some_and(|(_, first)| *first != Cell::Holds);
        let cell = match is_lost {
            true => Cell::Untried("nothing is marked".into()),
            false => catch_unwind(AssertUnwindSafe(|| check(&mut trial))).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                Cell::Fails(text.unwrap_or_else(|| "the check broke".into()))
            }),
        };
        row.cells.push((name, cell));
    }
    row
}

struct Trial<'a> {
    kind: &'a Kind,
    session: &'a Session,
    desktop: &'a Desktop,
    stage: Stage,
    /// Where the game is.
    area: Area,
}

impl Trial<'_> {
    fn marks(&mut self) -> Cell {
        self.area = self.stage.wait_for_marks();
        Cell::Holds
    }

    /// Nothing of the marks is on the screen, and it stays so.
    fn wait_for_none(&self, what: &str) {
        let mut since = None;
        wait_for(what, || {
            if strokes(&self.stage, self.area) >= HIDDEN {
                since = None;
                return None;
            }
            let since = *since.get_or_insert_with(Instant::now);
            (since.elapsed() >= STEADY).then_some(())
        });
    }

    /// A window that lies over the game shows nothing of ours, and has the keyboard.
    fn covered(&mut self) -> Cell {
        let cover = OtherProgram::show("Cover", "cover");
        let [left, top, width, height] = self.area;
        cover.move_to([left + width / 3, top + height / 2]);
        let over = || {
            let [x, y, w, h] = self.stage.screen.area(cover.number())?;
            (x > left && y > top && x + w < left + width && y + h < top + height).then_some([x, y, w, h])
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        while over().is_none() {
            if Instant::now() > deadline {
                return Cell::Untried("the window lies elsewhere".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Some managers open it below what the player looks at.
        run("xdotool", &["windowactivate", &cover.number().to_string()]);
        let mut since = None;
        wait_for("nothing of ours on the window above", || {
            cover.paint([200, 0, 200]);
            // Its manager may move it a little still.
            if over().is_none_or(|area| self.stage.screen.share_of([200, 0, 200], area) < 0.99) {
                since = None;
                return None;
            }
            let since = *since.get_or_insert_with(Instant::now);
            (since.elapsed() >= STEADY).then_some(())
        });
        drop(cover);
        self.play();
        self.area = self.stage.wait_for_marks();
        Cell::Holds
    }

    fn workspaces(&mut self) -> Cell {
        let Some(go_to) = self.kind.go_to else { return Cell::Untried("there is one workspace".into()) };
        go_to(self.session, 1);
        self.wait_for_none("no marks on another workspace");
        go_to(self.session, 0);
        self.play();
        self.area = self.stage.wait_for_marks();
        Cell::Holds
    }

    fn hotkeys(&mut self) -> Cell {
        self.play();
        // The first key of another keyboard makes programs look at the layout anew.
        press("x");
        std::thread::sleep(STEADY);
        self.press_until("the marks are hidden", |share| share < HIDDEN);
        self.press_until("the marks are shown", |share| share > 0.8);
        self.area = self.stage.wait_for_marks();
        assert!(!self.stage.game.log().contains("key h"), "the game got the key as well");
        Cell::Holds
    }

    /// Presses the chord; once more where nothing comes of it, for the game may have got the
    /// keyboard only just now.
    fn press_until(&self, what: &str, holds: impl Fn(f32) -> bool) {
        const WAIT: Duration = Duration::from_secs(10);
        let mut seen = 0.0;
        for _ in 0..2 {
            press("ctrl+shift+h");
            let begin = Instant::now();
            while begin.elapsed() < WAIT {
                seen = strokes(&self.stage, self.area);
                if holds(seen) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        panic!("waited in vain for: {what} ({seen:.2} of the strokes are seen)");
    }

    fn minimised(&mut self) -> Cell {
        if !self.kind.minimises {
            return Cell::Untried("windows are not minimised".into());
        }
        let game = wait_for("the game's window", || self.stage.screen.find(TITLE)).0.to_string();
        assert!(run("xdotool", &["windowminimize", &game]));
        self.wait_for_none("no marks of a minimised game");
        assert!(run("xdotool", &["windowactivate", &game]) || run("xdotool", &["windowmap", &game]));
        self.area = self.stage.wait_for_marks();
        Cell::Holds
    }

    fn restart(&mut self) -> Cell {
        self.stage.game.end();
        self.wait_for_none("no marks without a game");
        self.stage.game = start_engine(self.desktop);
        self.area = self.stage.wait_for_marks();
        Cell::Holds
    }

    /// The player goes back to the game, as by a click on it.
    fn play(&self) {
        let Some((game, _)) = self.stage.screen.find(TITLE) else { return };
        let Some([left, top, ..]) = self.stage.screen.area(game) else { return };
        let [x, y] = [left + 12, top + 12].map(|it| it.to_string());
        on_the_screen(&["mousemove", &x, &y, "click", "1"]);
        if std::env::var_os(OUTER).is_some() {
            // The compositor's window is alone there, and not each takes keys without being told.
            let mut asked = Command::new("xdotool");
            asked.args(["getmouselocation", "--shell"]).env("DISPLAY", outer_display());
            let told = asked.output().expect("xdotool is there").stdout;
            let told = String::from_utf8_lossy(&told).into_owned();
            let window = told.lines().find_map(|line| line.strip_prefix("WINDOW=")).expect("it tells one");
            on_the_screen(&["windowfocus", window]);
        }
    }
}

/// Presses a chord on the keyboard of the screen.
fn press(chord: &str) {
    on_the_screen(&["key", chord]);
}

/// xdotool on the screen that is looked at.
fn on_the_screen(arguments: &[&str]) {
    let mut command = Command::new("xdotool");
    command.args(arguments).env("DISPLAY", outer_display());
    assert!(command.status().is_ok_and(|it| it.success()), "xdotool {arguments:?}");
}
