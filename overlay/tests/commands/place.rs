//! A data folder of its own with the shipped models, images of the practice table, and the program
//! to try on them. It has no display.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use image::RgbaImage;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use tempfile::TempDir;

/// Width and height of the images.
pub(crate) const SIZE: [u32; 2] = [960, 540];

/// The folder, and another one for what is kept between two starts.
pub(crate) struct Place {
    folder: TempDir,
    cache: TempDir,
    runtime: Option<PathBuf>,
}

impl Place {
    /// With `data` (catalogues and models) and `frames` with two images.
    pub(crate) fn new() -> Self {
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runtime = vision::runtime::Runtime::load().ok().map(|it| it.library().to_path_buf());
        let place = Self { folder, cache, runtime };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        for folder in ["catalogues", "models/practice", "models/balatro"] {
            copy(&from.join(folder), &place.path("data").join(folder));
        }
        fs::create_dir_all(place.path("frames")).unwrap();
        let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
        let table = Table::new(4, SIZE, painter.catalogue());
        for (number, moment) in [3.0, 3.2].into_iter().enumerate() {
            let image: &RgbaImage = painter.paint(&table.at(moment));
            image.save(place.path(&format!("frames/{number}.png"))).unwrap();
        }
        place
    }

    /// Whether networks can run here; says loudly when not.
    pub(crate) fn can_recognise(&self) -> bool {
        if self.runtime.is_none() {
            eprintln!("SKIPPED: there is no ONNX Runtime; `cargo xtask setup` gets it");
        }
        self.runtime.is_some()
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What programs take for the user's own folder.
    pub(crate) fn home(&self) -> &Path {
        self.cache.path()
    }

    /// Runs the overlay with these words in the folder, for `most` at the longest and within
    /// `memory` kilobytes of addresses. Returns how long it took too.
    pub(crate) fn run(&self, line: &str, memory: Option<u64>, most: Duration) -> (Output, Duration) {
        let program = env!("CARGO_BIN_EXE_overlay");
        let mut command = match memory {
            Some(memory) if cfg!(unix) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("ulimit -v {memory}; exec \"$0\" \"$@\""), program]);
                shell
            }
            _ => Command::new(program),
        };
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "BALATRO_LENS_ART"] {
            command.env_remove(name);
        }
        command.env("BALATRO_LENS_DATA", self.path("data")).env("BALATRO_LENS_CACHE", self.cache.path());
        // Libraries keep things of their own at home; ONNX Runtime not on machines that build.
        for name in ["CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        command.env("HOME", self.cache.path()).env("XDG_CONFIG_HOME", self.path("new-settings"));
        command.env("RUST_BACKTRACE", "0").env_remove("RUST_LOG");
        command.envs(self.runtime.as_ref().map(|library| ("ORT_DYLIB_PATH", library)));
        let begin = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // What is said has to be read meanwhile: a pipe holds little.
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let output = std::thread::scope(|scope| {
            let (stdout, stderr) = (scope.spawn(|| read(out)), scope.spawn(|| read(err)));
            while child.try_wait().unwrap().is_none() && begin.elapsed() < most {
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = child.kill();
            let status = child.wait().unwrap();
            Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
        });
        (output, begin.elapsed())
    }

    /// All files but locks, with what a function says of each.
    pub(crate) fn files<T>(&self, of: impl Fn(&Path) -> T) -> BTreeMap<PathBuf, T> {
        let mut files = BTreeMap::new();
        list(self.folder.path(), &of, &mut files);
        files
    }
}

/// Both outputs of a program.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn read(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    bytes
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten().filter(|it| it.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn list<T>(folder: &Path, of: &impl Fn(&Path) -> T, files: &mut BTreeMap<PathBuf, T>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            list(&path, of, files);
        } else if kind.is_file() && !path.to_string_lossy().ends_with("lock") {
            let said = of(&path);
            files.insert(path, said);
        }
    }
}
