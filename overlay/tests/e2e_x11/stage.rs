//! The table at its moment in a window, and the overlay over it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lens_core::geometry::Quad;
use marks::scene::mark_style::Line;
use marks::scene::{InOverlay, Mark};
use practice::table::{Table, TableState};

use crate::child::Task;
use crate::desktop::{Desktop, Program, wait_for};
use crate::screen::{Area, Screen, is_free, marks};

pub(crate) const OVERLAY: &str = env!("CARGO_BIN_EXE_overlay");
pub(crate) const TITLE: &str = "E2E table";
pub(crate) const OVERLAY_TITLE: &str = "Balatro Lens overlay";
pub(crate) const SEED: u64 = 5;
/// A hand, five jokers and a used card lie on the table.
pub(crate) const STILL: f32 = 3.0;

/// The table at its moment in a window, and the overlay over it.
pub(crate) struct Stage {
    pub(crate) screen: Screen,
    pub(crate) game: Program,
    pub(crate) overlay: Program,
    table: Table,
    pub(crate) folder: PathBuf,
}

impl Stage {
    pub(crate) fn set(desktop: &Desktop) -> Self {
        Self::set_with(desktop, Task::command(TITLE, SEED, STILL, &desktop.folder))
    }

    /// With this command as the overlay.
    pub(crate) fn set_with(desktop: &Desktop, overlay: Command) -> Self {
        Self::over(desktop, start_game(&desktop.folder), overlay)
    }

    /// Over this game, which shows the table at its moment.
    pub(crate) fn over(desktop: &Desktop, game: Program, overlay: Command) -> Self {
        let folder = desktop.folder.clone();
        let _ = std::fs::remove_file(folder.join("calls"));
        let overlay = Program::start(overlay, &folder.join("overlay.log"));
        let table = Table::new(SEED, [1100, 660], &synth::practice::catalogue());
        Self { screen: Screen::connect(), game, overlay, table, folder }
    }

    /// Where the game's window is.
    pub(crate) fn game_area(&self) -> Area {
        wait_for("the game's window", || {
            let (window, shown) = self.screen.find(TITLE)?;
            self.screen.area(window).filter(|_| shown)
        })
    }

    /// Where the overlay is, when it is shown.
    pub(crate) fn overlay_area(&self) -> Option<Area> {
        let (window, shown) = self.screen.find(OVERLAY_TITLE)?;
        self.screen.area(window).filter(|_| shown)
    }

    pub(crate) fn state(&self, [.., width, height]: Area) -> TableState {
        self.table.resized([width as u32, height as u32]).at(STILL)
    }

    /// Waits until every card that lies alone is marked where it should be; returns where the game
    /// is.
    #[track_caller]
    pub(crate) fn wait_for_marks(&self) -> Area {
        let catalogue = synth::practice::catalogue();
        let mut last = String::new();
        let deadline = std::time::Instant::now() + Duration::from_secs(40);
        while std::time::Instant::now() < deadline {
            let area = self.game_area();
            let all = marks(&self.state(area), &catalogue);
            let alone: Vec<&Mark> =
                all.iter().filter(|mark| is_free(mark, &all) && mark.style.line == Line::Solid).collect();
            assert!(alone.len() >= 3, "the table shows too few cards apart");
            let shot = self.screen.shot();
            let shares: Vec<f32> =
                alone.iter().map(|mark| shot.stroke_share(mark, area, &[0, 1, 2, 3])).collect();
            if shares.iter().all(|share| *share > 0.8) && self.overlay_area() == Some(area) {
                return area;
            }
            last = format!("{shares:?}, overlay {:?}, game {area:?}", self.overlay_area());
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the marks are not where they should be: {last}\n{}", self.overlay.log());
    }

    /// Id and place of a card that lies alone and has room at its right.
    pub(crate) fn card_alone(&self) -> (String, Quad<InOverlay>) {
        let area = self.game_area();
        let state = self.state(area);
        let all = marks(&state, &synth::practice::catalogue());
        let has_room = |mark: &&Mark| mark.quad.bounds().right + 300.0 < area[2] as f32;
        let mark = all.iter().filter(has_room).find(|mark| is_free(mark, &all)).expect("a card lies alone");
        let card = state.readable().nth(mark.track as usize).expect("marks are numbered as cards are");
        (card.id.to_string(), mark.quad)
    }

    pub(crate) fn calls(&self) -> usize {
        let text = std::fs::read_to_string(self.folder.join("calls")).unwrap_or_default();
        text.parse().unwrap_or(0)
    }
}

pub(crate) fn start_game(folder: &Path) -> Program {
    let mut game = Command::new(OVERLAY);
    let (seed, still) = (SEED.to_string(), STILL.to_string());
    game.args(["practice", "--seed", &seed, "--still", &still, "--title", TITLE, "--size", "1100x660"]);
    Program::start(game, &folder.join("game.log"))
}

/// Marks of the shown cards that can be seen on the screen now, as a share of what there is to see.
pub(crate) fn strokes(stage: &Stage, area: Area) -> f32 {
    strokes_on(&stage.screen, stage, area)
}

/// As [`strokes`], on any screen that shows the game there.
pub(crate) fn strokes_on(screen: &Screen, stage: &Stage, area: Area) -> f32 {
    let all = marks(&stage.state(area), &synth::practice::catalogue());
    let shot = screen.shot();
    let alone: Vec<&Mark> =
        all.iter().filter(|mark| is_free(mark, &all) && mark.style.line == Line::Solid).collect();
    let shares = alone.iter().map(|mark| shot.stroke_share(mark, area, &[0, 1, 2, 3]));
    shares.sum::<f32>() / alone.len().max(1) as f32
}
