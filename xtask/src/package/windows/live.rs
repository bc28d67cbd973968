//! The overlay live in Wine, over a window that stands in for the game: it finds the window, grabs
//! it, names the cards, obeys its hotkeys, shows itself in the tray and ends when it is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde_json::Value;
use ureq::Agent;

use super::on_this_machine;
use crate::wine::{self, Wine};
use crate::workspace::{self, has_program};

/// So long a change may take: start and networks are slow where nothing is optimised.
const PATIENCE: Duration = Duration::from_secs(60);
/// So long the overlay may take to answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The key that the stand-in must not get while it is a part of a hotkey, as Windows numbers it.
const P: &str = "key 80";

/// Tries it in the folder of an unpacked package; says what came of it.
pub(super) fn try_out(wine: &Wine, overlay: &Path, place: &Path) -> Result<String> {
    if !has_program("xdotool", &["--version"]) {
        println!("SKIPPED: the overlay over a window in Wine, for xdotool is not installed");
        return Ok("was not tried over a window, for xdotool is not installed".to_owned());
    }
    let picture = workspace::picture()?;
    let wanted = names(&on_this_machine(&[
        "identify".as_ref(),
        "--model".as_ref(),
        "practice".as_ref(),
        "--json".as_ref(),
        picture.as_os_str(),
    ])?)?;
    let keyboard = Keyboard(wine.display());
    let keys = place.join("keys.txt");
    let said = place.join("overlay.txt");

    let game = wine.begin(&stand_in(place)?, &[&wine::path(&picture)], &keys)?;
    until("the stand-in has a window", || Ok(keyboard.sees_window("^Balatro$")))?;
    ensure!(!keyboard.sees_window(TRAY), "there is a tray without the overlay");
    let mut running = wine.begin(overlay, &["--model", "practice"], &said)?;
    let data = overlay.parent().context("a program lies in a folder")?.join("data");
    let live = || -> Result<()> {
        until("the overlay says where it listens", || Ok(data.join("api.json").is_file()))?;
        let api = Api::find(&data)?;
        until("the cards have their names", || Ok(api.cards()?.1 == wanted))?;
        until("an icon is in the tray", || Ok(keyboard.sees_window(TRAY)))?;
        for state in ["paused", "watching"] {
            keyboard.press("ctrl+shift+p")?;
            until(&format!("the hotkey makes it {state}"), || Ok(api.cards()?.0 == state))?;
        }
        ensure!(!fs::read_to_string(&keys)?.contains(P), "the game got a hotkey of the overlay");
        keyboard.press("p")?;
        until("the game gets its own keys", || Ok(fs::read_to_string(&keys)?.contains(P)))?;
        drop(game);
        until("it waits for the game", || Ok(api.cards()?.0 == "waiting"))?;
        wine.run(overlay, &["tell", "quit"])?;
        // That it has failed is final, unlike an answer that came late.
        let mut ended = Ok(false);
        until("it ends", || {
            ended = running.has_ended();
            Ok(!matches!(ended, Ok(false)))
        })?;
        ended.map(drop)
    };
    live().with_context(|| fs::read_to_string(&said).unwrap_or_default())?;
    ensure!(!data.join("api.json").exists(), "it has ended, and says that it listens");
    Ok(format!(
        "over a window it named the same {} cards, and obeyed its hotkey, which the window did not get",
        wanted.len()
    ))
}

/// The window in which Wine shows the tray, where the desktop has none.
const TRAY: &str = "^Wine System Tray$";

/// Builds the window that stands in for the game.
fn stand_in(place: &Path) -> Result<PathBuf> {
    let program = place.join("Balatro.exe");
    let source = workspace::root().join("xtask/src/package/windows/game.c");
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    workspace::check(compiler.arg("-o").arg(&program).arg(source).arg("-lgdiplus"))?;
    Ok(program)
}

/// Names of the cards in what `overlay identify --json` says of one picture, in order.
fn names(said: &[u8]) -> Result<Vec<String>> {
    let pictures: Value = serde_json::from_slice(said)?;
    Ok(sorted_ids(&pictures[0]["cards"]))
}

fn sorted_ids(cards: &Value) -> Vec<String> {
    let cards = cards.as_array().map_or(&[][..], Vec::as_slice);
    let mut ids: Vec<String> =
        cards.iter().map(|card| card["id"].as_str().unwrap_or("unknown").to_owned()).collect();
    ids.sort_unstable();
    ids
}

/// Waits for something that the overlay does.
fn until(what: &str, is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    within(PATIENCE, what, is_so)
}

/// Waits so long. An error is no answer: the next may be better, and the last one is told.
fn within(patience: Duration, what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    loop {
        let answer = is_so();
        if matches!(answer, Ok(true)) {
            return Ok(());
        }
        if started.elapsed() > patience {
            let late = format!("not within {} s: {what}", patience.as_secs());
            return answer.context(late.clone()).and_then(|_| bail!(late));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// The overlay's API.
struct Api {
    agent: Agent,
    cards: String,
}

impl Api {
    fn find(data: &Path) -> Result<Self> {
        let file: Value = serde_json::from_slice(&fs::read(data.join("api.json"))?)?;
        // It is on this machine, whatever stands between that and the network.
        let agent = Agent::config_builder().proxy(None).timeout_global(Some(ANSWER)).build().into();
        Ok(Self { agent, cards: format!("http://127.0.0.1:{}/v1/cards", file["port"]) })
    }

    /// What the overlay does, and the names of the cards that it sees, in order.
    fn cards(&self) -> Result<(String, Vec<String>)> {
        let mut answer = self.agent.get(&self.cards).call().context("the overlay's API")?;
        let said: Value = serde_json::from_slice(&answer.body_mut().read_to_vec()?)?;
        Ok((said["state"].as_str().unwrap_or_default().to_owned(), sorted_ids(&said["cards"])))
    }
}

/// Keys and windows of Wine's screen.
struct Keyboard<'a>(&'a str);

impl Keyboard<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new("xdotool");
        command.env("DISPLAY", self.0).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn press(&self, keys: &str) -> Result<()> {
        workspace::check(self.command().args(["key", keys]))
    }

    fn sees_window(&self, title: &str) -> bool {
        self.command()
            .args(["search", "--onlyvisible", "--name", title])
            .status()
            .is_ok_and(|it| it.success())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn an_error_is_final_only_at_the_end() {
        let check = |patience: u64, answers: [Result<bool>; 2], wanted: &[&str]| {
            let mut answers = answers.into_iter();
            let waited = within(Duration::from_secs(patience), "it is so", || {
                answers.next().unwrap_or_else(|| Err(anyhow!("no more answers")))
            });
            let said: Vec<String> =
                waited.err().iter().flat_map(anyhow::Error::chain).map(ToString::to_string).collect();
            assert_eq!(said, wanted);
        };
        check(60, [Err(anyhow!("late")), Ok(true)], &[]);
        check(60, [Ok(false), Ok(true)], &[]);
        check(0, [Err(anyhow!("late")), Err(anyhow!("later"))], &["not within 0 s: it is so", "late"]);
        check(0, [Ok(false), Ok(true)], &["not within 0 s: it is so"]);
    }
}
