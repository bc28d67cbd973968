//! Bad input for the labeller: what the program refuses before it opens a window, and what it says
//! of labels and captures that cannot be used. One paragraph that says what is wrong, where, and
//! what helps; nothing is written, and what is damaged stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use labeller::repository::{Folders, Repository};

/// Kilobytes of address space.
const MEMORY: u64 = 8_000_000;
/// The longest that a refusal may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines that are refused, `@` being a file or folder that is no model.
const LINES: [&str; 12] = [
    "--model @",
    "--model practice",
    "--model practice --captures @",
    "--model practice --labels @",
    "--model practice --settings @",
    "--model",
    "--page nonsense --model practice",
    "--page",
    "--captures",
    "--labels",
    "--nonsense",
    "words",
];

/// What no labels are.
const LABELS: [&str; 10] = [
    "",
    "[]",
    "5",
    "null",
    "{",
    "{\"a.png\": }",
    "{\"a.png\": {\"name\": \"A\"}} and more",
    "{\"a.png\": {\"name\": \"A\"},}",
    "these are only words",
    "\u{feff}[]",
];

/// Labels of which one makes no sense: the others are good, and nothing is thrown away.
const ONE_WRONG: [&str; 8] = [
    "{\"a.png\": 5}",
    "{\"a.png\": {}}",
    "{\"a.png\": {\"name\": 5}}",
    "{\"a.png\": {\"name\": \"A\", \"cluster\": \"five\"}}",
    "{\"a.png\": {\"name\": \"A\", \"card_group\": -1}}",
    "{\"a.png\": {\"name\": \"A\", \"stickers\": \"eternal\"}}",
    "{\"../a.png\": {\"name\": \"A\"}}",
    "{\"/etc/passwd\": {\"name\": \"A\"}}",
];

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().flatten().map(|it| it.path()) {
        if path.is_dir() {
            all.extend(files(&path));
        } else if !path.to_string_lossy().ends_with("lock") {
            all.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    all
}

/// Runs the program where there is no display.
fn run(line: &str, folder: &Path) -> (Output, Duration) {
    let limit = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limit, env!("CARGO_BIN_EXE_labeller")]).args(line.split_whitespace());
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.current_dir(folder).env("BALATRO_LENS_DATA", folder.join("data")).env("RUST_BACKTRACE", "0");
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() && begin.elapsed() < PATIENCE + Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    (child.wait_with_output().unwrap(), begin.elapsed())
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_refused_in_one_paragraph_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    for part in ["catalogues", "models/practice"] {
        fs::create_dir_all(folder.join("data").join(part)).unwrap();
        for entry in fs::read_dir(shipped.join(part)).unwrap().flatten() {
            fs::copy(entry.path(), folder.join("data").join(part).join(entry.file_name())).unwrap();
        }
    }
    fs::write(folder.join("words.txt"), "only words").unwrap();
    fs::write(folder.join("bytes"), [0xff; 300]).unwrap();
    fs::create_dir_all(folder.join("other")).unwrap();
    fs::write(folder.join("other/model.json"), "{\"format\": 99}").unwrap();
    fs::create_dir_all(folder.join("cut")).unwrap();
    let manifest = fs::read(shipped.join("models/practice/model.json")).unwrap();
    fs::write(folder.join("cut/model.json"), &manifest[..manifest.len() / 2]).unwrap();
    let before = files(folder);
    let (mut cases, mut faults) = (0, Vec::new());
    for line in LINES {
        let wrong =
            if line.contains('@') { &["words.txt", "bytes", "other", "cut", "none"][..] } else { &[""] };
        for file in wrong {
            cases += 1;
            let line = line.replace('@', file);
            let (output, taken) = run(&line, folder);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut fault = |what: &str| faults.push(format!("labeller {line}: {what}: {text}"));
            if !matches!(output.status.code(), Some(1 | 2)) {
                fault(&format!("ended with {}", output.status));
            }
            if text.contains("panicked") || text.contains(".rs:") || taken > PATIENCE {
                fault("panicked, names a line of code, or took too long");
            }
            let starts = |line: &&str| line.starts_with("labeller: ") || line.starts_with("error: ");
            if text.lines().filter(starts).count() != 1 {
                fault("does not say one thing");
            }
            if !["help: ", "--help", "[possible values"].iter().any(|it| text.contains(it)) {
                fault("says nothing that helps");
            }
        }
    }
    assert!(faults.is_empty(), "{} of {cases}:\n{}", faults.len(), faults.join("\n"));
    assert!(files(folder) == before, "a refusal has written something");
    eprintln!("{cases} cases");
}

#[test]
fn labels_and_captures_that_cannot_be_used_are_told_and_kept() {
    let mut faults = Vec::new();
    let mut check = |what: &str, is_taken: bool, prepare: &dyn Fn(&Folders)| {
        let place = tempfile::tempdir().unwrap();
        let folders =
            Folders { captures: place.path().join("screenshots"), labels: place.path().join("labels") };
        fs::create_dir_all(&folders.captures).unwrap();
        fs::create_dir_all(&folders.labels).unwrap();
        prepare(&folders);
        let before = files(place.path());
        match Repository::open(folders) {
            Ok(_) if is_taken => {}
            Ok(_) => faults.push(format!("{what} is taken")),
            Err(error) => {
                let text = error.to_string();
                let names = ["labels.json", "screenshots", "labels"].iter().any(|it| text.contains(it));
                if is_taken || !names || !text.contains("help: ") {
                    faults.push(format!("{what}: {text}"));
                }
            }
        }
        let after = files(place.path());
        for (path, bytes) in &before {
            if after.get(path) != Some(bytes) {
                faults.push(format!("{what}: {} was changed", path.display()));
            }
        }
    };
    let written = |content: &[u8]| {
        let content = content.to_vec();
        move |folders: &Folders| fs::write(folders.labels.join("labels.json"), &content).unwrap()
    };
    for text in LABELS {
        check(&format!("{text:?}"), false, &written(text.as_bytes()));
    }
    for text in ONE_WRONG {
        check(&format!("{text:?}"), true, &written(text.as_bytes()));
    }
    check("UTF-16", false, &written(b"\xff\xfe{\0}\0"));
    let deep = format!("{{\"a.png\": {}", "[".repeat(100_000));
    check("a deep list", false, &written(deep.as_bytes()));
    check("a folder", false, &|folders| fs::create_dir(folders.labels.join("labels.json")).unwrap());
    check("labels in a file", false, &|folders| {
        fs::remove_dir(&folders.labels).unwrap();
        fs::write(&folders.labels, "no folder").unwrap();
    });
    check("captures in a file", false, &|folders| {
        fs::remove_dir(&folders.captures).unwrap();
        fs::write(&folders.captures, "no folder").unwrap();
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
