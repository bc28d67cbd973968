//! A window of the game's own engine, LÖVE: it makes a new window for another size, has a full
//! screen of its own, and reads the keyboard as the game does.

use std::path::Path;
use std::process::Command;

use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;

use crate::child::Task;
use crate::desktop::{Desktop, Program, run, wait_for};
use crate::harness::Outcome;
use crate::stage::{SEED, STILL, Stage, TITLE, strokes};

/// The window at first, after another `setMode`, and as full screen.
const SIZES: [[u32; 2]; 3] = [[1100, 660], [960, 540], [2048, 1200]];

/// Where it lies in a test's folder.
const FOLDER: &str = "engine";

/// Shows the image that was painted for its size.
const MAIN: &str = r#"
io.stdout:setvbuf("no")
local image
local function load()
  local name = string.format("table-%dx%d.png", love.graphics.getDimensions())
  image = love.filesystem.getInfo(name) and love.graphics.newImage(name)
end
love.load, love.resize = load, load
function love.update()
  love.timer.sleep(0.03)
end
function love.draw()
  if image then love.graphics.draw(image, 0, 0) end
end
function love.keypressed(key)
  print("key " .. key)
  if key == "f" then
    love.window.setFullscreen(not love.window.getFullscreen(), "desktop")
  elseif key == "r" then
    love.window.setMode(960, 540, { resizable = true, vsync = 0 })
  end
  load()
end
"#;

pub(crate) fn the_games_engine_is_followed(desktop: &mut Desktop) -> Outcome {
    if !Command::new("love").arg("--version").output().is_ok_and(|it| it.status.success()) {
        return Outcome::Skipped("love is not installed".into());
    }
    write_game(&desktop.folder);
    let game = start_engine(desktop);
    let overlay = Task::command(TITLE, SEED, STILL, &desktop.folder);
    let stage = Stage::over(desktop, game, overlay);
    let area = stage.wait_for_marks();
    // The engine does not get a chord of ours, and every other key.
    let keys = || stage.game.log().matches("key ").count();
    assert!(run("xdotool", &["key", "ctrl+shift+h"]));
    wait_for("the marks are hidden", || (strokes(&stage, area) < 0.3).then_some(()));
    assert!(run("xdotool", &["key", "ctrl+shift+h"]));
    stage.wait_for_marks();
    assert!(!stage.game.log().contains("key h"), "{}", stage.game.log());
    let before = keys();
    assert!(run("xdotool", &["key", "x"]));
    wait_for("a key of the game", || (keys() > before).then_some(()));
    // Another size is a new mode, and may be a new window.
    assert!(run("xdotool", &["key", "r"]));
    wait_for("the other size", || (stage.game_area()[2..] == [960, 540]).then_some(()));
    stage.wait_for_marks();
    assert!(run("xdotool", &["key", "f"]));
    wait_for("full screen", || (stage.game_area() == [0, 0, 2048, 1200]).then_some(()));
    stage.wait_for_marks();
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Starts the engine with the game that was written before.
pub(crate) fn start_engine(desktop: &Desktop) -> Program {
    let mut love = Command::new("love");
    // Not as a program of Wayland, which could not be followed.
    love.arg(desktop.folder.join(FOLDER)).env("SDL_AUDIODRIVER", "dummy").env("SDL_VIDEODRIVER", "x11");
    Program::start(love, &desktop.folder.join("engine.log"))
}

/// Writes a game that shows the table.
pub(crate) fn write_game(folder: &Path) {
    let folder = &folder.join(FOLDER);
    std::fs::create_dir_all(folder).expect("the test's folder can be written");
    let conf = format!(
        "function love.conf(t)\n  t.window.title = \"{TITLE}\"\n  t.window.width, t.window.height = {}, {}\n  \
         t.window.resizable, t.window.vsync = true, 0\n  t.modules.joystick, t.modules.physics = false, \
         false\n  t.modules.audio, t.modules.sound = false, false\nend\n",
        SIZES[0][0], SIZES[0][1]
    );
    std::fs::write(folder.join("conf.lua"), conf).expect("as above");
    std::fs::write(folder.join("main.lua"), MAIN).expect("as above");
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(SEED, SIZES[0], &synth::practice::catalogue());
    for size in SIZES {
        let picture = painter.paint(&table.resized(size).at(STILL));
        let [width, height] = size;
        picture.save(folder.join(format!("table-{width}x{height}.png"))).expect("as above");
    }
}
