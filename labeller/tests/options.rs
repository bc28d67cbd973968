//! The options that say where the labeller reads and writes, on a display of its own. `--model` and
//! `--page` are tried by `bad_input.rs` and by the program's own tests.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "no card of the mod has to lie on a table here")]
#[path = "../../overlay/tests/support/garden.rs"]
mod garden;

/// The longest that a window may take to open, drawn by software on a machine that does other
/// things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program, ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display and a data folder.
struct Place {
    folder: tempfile::TempDir,
    display: String,
    _server: Running,
}

impl Place {
    /// None where there is no server for a display.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("display");
        let mut server = Command::new("sh");
        server.args(["-c", "exec Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>\"$0\""]);
        let log = File::create(folder.path().join("xvfb.log")).unwrap();
        let server = server.arg(&number).stderr(log).spawn().unwrap();
        let mut server = Running(server);
        let name = wait_for(|| {
            let is_over = server.0.try_wait().unwrap().is_some();
            let text = fs::read_to_string(&number).unwrap_or_default();
            (is_over || text.ends_with('\n')).then(|| text.trim().to_owned())
        });
        let Some(number) = name.filter(|it| !it.is_empty()) else {
            eprintln!("SKIPPED: there is no Xvfb");
            return None;
        };
        let place = Self { folder, display: format!(":{number}"), _server: server };
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        for part in ["catalogues", "models/practice"] {
            fs::create_dir_all(place.path("data").join(part)).unwrap();
            for entry in fs::read_dir(shipped.join(part)).unwrap().flatten() {
                fs::copy(entry.path(), place.path("data").join(part).join(entry.file_name())).unwrap();
            }
        }
        Some(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the labeller with these words.
    fn start(&self, line: &str) -> Running {
        let log = || File::create(self.path("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_labeller"));
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        for name in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "RUST_LOG"] {
            command.env_remove(name);
        }
        let folders = [("BALATRO_LENS_DATA", "data"), ("BALATRO_LENS_CACHE", "cache"), ("HOME", "home")];
        command.envs(folders.map(|(name, folder)| (name, self.path(folder)))).env("DISPLAY", &self.display);
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log()).spawn().unwrap())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

/// Asks again and again until there is an answer; none when it takes too long.
fn wait_for<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    None
}

/// Whether a folder has a file that is not empty, at any depth.
fn is_written(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|it| match it.path().is_dir() {
        true => is_written(&it.path()),
        false => it.metadata().is_ok_and(|it| it.len() > 0),
    })
}

#[test]
fn it_reads_and_writes_where_it_is_told() {
    let Some(place) = Place::new() else { return };
    garden::write_mod(&place.path("Mods")).unwrap();
    fs::write(place.path("mine.toml"), format!("[mods]\nfolder = {:?}\n", place.path("Mods"))).unwrap();

    // Without options it opens the labels among the data, which are there then, and reads no mod.
    let labels = |folder: &str| place.path(folder).join(".labels.lock").exists();
    let running = place.start("--model practice --page mods");
    assert!(wait_for(|| labels("data/dataset_default").then_some(())).is_some(), "{}", place.log());
    drop(running);
    fs::remove_dir_all(place.path("data/dataset_default")).unwrap();
    let _ = fs::remove_dir_all(place.path("cache"));

    let line = "--model practice --page mods --labels mine --captures raw --settings mine.toml";
    let running = place.start(line);
    assert!(wait_for(|| labels("mine").then_some(())).is_some(), "--labels: {}", place.log());
    let read = wait_for(|| is_written(&place.path("cache/mods")).then_some(()));
    assert!(read.is_some(), "--settings: the mods that they name were not read: {}", place.log());
    drop(running);
    assert!(!place.path("data/dataset_default").exists(), "--labels");

    // Captures are only read; a file in their place is told.
    fs::write(place.path("no-folder"), "no folder").unwrap();
    let mut running = place.start("--model practice --captures no-folder");
    let ended = wait_for(|| running.0.try_wait().unwrap());
    let said = place.log();
    assert!(ended.is_some_and(|it| !it.success()) && said.contains("no-folder"), "--captures: {said}");
}
