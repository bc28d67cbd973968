//! Bad input of every kind, over all commands that need no desktop: one paragraph that says what is
//! wrong, where, and what helps; nothing written, no panic, no endless run. The programs run with
//! limited memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::place::{Place, SIZE, said};
use clap::Parser as _;
use overlay::cli::Cli;
use sha2::{Digest as _, Sha256};

/// Kilobytes of address space.
const MEMORY: u64 = 8_000_000;
/// The longest that a refusal may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// What no number may be.
const NO_NUMBERS: [&str; 7] = ["nan", "inf", "-5", "1e30", "99999999999999999999", "x", "0x10"];

/// Options that are numbers, each with a line to which it belongs; whether zero is refused too.
const NUMBERS: [(&str, &str, bool); 29] = [
    ("", "--seconds", true),
    ("", "--threads", true),
    ("", "--fps", true),
    ("watch", "--lines", false),
    ("record new", "--seconds", true),
    ("record new", "--fps", true),
    ("record new", "--megabytes", true),
    ("replay frames --model practice", "--fps", true),
    ("replay frames --model practice", "--threads", true),
    ("replay frames --model practice --compare none.json", "--allow", false),
    ("doctor", "--frames", true),
    ("hardware --model practice", "--threads", true),
    ("identify --model practice frames/0.png", "--top", false),
    ("identify --model practice frames/0.png", "--threshold", false),
    ("bench --model practice", "--threads", true),
    ("bench --model practice", "--cards", true),
    ("bench --model practice", "--runs", true),
    ("bench-capture", "--count", true),
    ("practice", "--seed", false),
    ("practice", "--size", true),
    ("practice", "--still", false),
    ("practice --still 1", "--each", true),
    ("practice", "--fps", true),
    ("practice", "--seconds", true),
    ("offscreen", "--seed", false),
    ("offscreen", "--size", true),
    ("offscreen", "--seconds", true),
    ("offscreen", "--threads", true),
    ("name --catalogue none.json --at 1", "", false),
];

/// Paths that are asked for, with a line that is good but for them.
const PATHS: [&str; 16] = [
    "identify --mods none --model practice @",
    "identify --mods none frames/0.png --model @",
    "score @ --model practice",
    "score truth.json --model practice --predictions @",
    "score truth.json --model @",
    "replay --model practice @",
    "replay frames --model practice --compare @",
    "bench --runs 1 --model practice --image @",
    "hardware --provider cpu --model @",
    "offscreen --out new.png --model @",
    "mods @ --model practice",
    "mods Mods --model @",
    "settings --settings @",
    "autostart on --settings @",
    "name --catalogue @",
    "practice --image @",
];

/// Lines that ask for what makes no sense, or cannot be had without a desktop.
const SENSELESS: [&str; 32] = [
    "nonsense",
    "--seconds 1 doctor",
    "--source nonsense",
    "--source window:",
    "--source monitor:first",
    "--practice --or-practice",
    "--practice --source monitor:0",
    "--providers nonsense",
    "identify",
    "score",
    "score frames",
    "score truth.json frames frames --model practice",
    "replay",
    "replay frames --model practice --allow 5",
    "record",
    "record new --source images:frames",
    "record new --source monitor:0",
    "record frames --source monitor:0",
    "tell",
    "tell nonsense",
    "tell pause window",
    "watch",
    "displayed",
    "displayed H_A",
    "report",
    "hardware --model practice --provider nonsense",
    "autostart maybe",
    "autostart --settings mine.toml",
    "desktop-entry maybe",
    "practice --swirl",
    "bench-capture",
    "name",
];

/// What cannot be refused by what it is: a folder may hold mods, a text without a setting is one of
/// settings, a file that is not there is written.
const GOOD: [(&str, &str); 9] = [
    ("mods", "folder"),
    ("settings", "empty"),
    ("settings", "no/such/file"),
    ("autostart", "empty"),
    ("autostart", "no/such/file"),
    ("settings", "marked.toml"),
    ("autostart", "marked.toml"),
    ("score", "folder"),
    ("replay", "frames"),
];

/// Files that are none of what is asked for, and what is in them.
fn wrong_files(place: &Place) -> Vec<String> {
    let deep = "[".repeat(100_000);
    let png = fs::read(place.path("frames/0.png")).unwrap();
    let files: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("words.txt", b"these are only words\n"),
        ("object.json", b"{\"a\": {\"b\": [1, 2, {\"c\": null}]}}"),
        ("deep.json", deep.as_bytes()),
        ("marked.json", b"\xef\xbb\xbf{}"),
        ("utf16.json", b"\xff\xfe{\0}\0"),
        ("cut.png", &png[..png.len() / 2]),
        ("bytes.onnx", &[0xff; 3000]),
        ("zip.pth", b"PK\x03\x04 no archive"),
        ("no-film.mp4", b"no film"),
        ("huge.png", &huge_png()),
    ];
    let mut names = Vec::new();
    for (name, content) in files {
        fs::write(place.path(name), content).unwrap();
        names.push(name.to_owned());
    }
    fs::create_dir_all(place.path("folder")).unwrap();
    names.extend(["no/such/file", "folder"].map(str::to_owned));
    names
}

/// An image that says it is 60,000 pixels wide and high, and has none.
fn huge_png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = 60_000_u32.to_be_bytes();
    let header = [b"IHDR", &side[..], &side, &[8, 6, 0, 0, 0]].concat();
    bytes.extend(13_u32.to_be_bytes());
    bytes.extend(&header);
    bytes.extend(crc(&header).to_be_bytes());
    bytes
}

/// As PNG wants it (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A line, a file that it reads, and what is in that.
type Content = (&'static str, &'static str, Vec<u8>);

/// Contents of files that people and other programs write.
fn contents() -> Vec<Content> {
    let mut all: Vec<Content> = Vec::new();
    let mut add = |lines: &[&'static str], file: &'static str, texts: &[&str]| {
        for text in texts {
            all.extend(lines.iter().map(|&line| (line, file, text.as_bytes().to_vec())));
        }
    };
    let settings = [
        "[capture",
        "[nonsense]\na = 1\n",
        "[capture]\nnonsense = 1\n",
        "[capture]\nper_second = \"often\"\n",
        "[capture]\nper_second = nan\n",
        "[capture]\nper_second = -1\n",
        "[recognition]\nthreads = -1\n",
        "[recognition]\nthreads = 99999999999999999999\n",
        "[recognition]\nproviders = [\"nonsense\"]\n",
        "[hotkeys]\nhide = \"Ctrl+Nonsense\"\n",
        "[mods]\nfolder = 5\n",
        "a = 1\na = 2\n",
    ];
    let of_settings = ["settings --settings bad.toml", "autostart on --settings bad.toml"];
    add(&of_settings, "bad.toml", &settings);
    add(&["identify --model practice frames/0.png", "mods --model practice"], "overlay.toml", &settings);
    let truth = [
        "{}",
        "[]",
        "{\"a\": 5}",
        "{\"a\": {\"path\": \"frames/0.png\"}}",
        "{\"a\": {\"path\": \"frames/0.png\", \"cards\": [{}]}}",
        "{\"a\": {\"path\": \"frames/0.png\", \"cards\": [{\"box\": [0, 0, 9, 9], \"label\": \"no_such\"}]}}",
        "{\"a\": {\"path\": \"frames/0.png\", \"cards\": [{\"box\": [9, 9, 0, 0], \"label\": \"?\"}]}}",
        "{\"a\": {\"path\": \"frames/0.png\", \"cards\": [{\"box\": [0, 0, 1e400, 9], \"label\": \"?\"}]}}",
        "{\"a\": {\"path\": \"frames/0.png\", \"cards\": [{\"box\": [0, 0, 9], \"label\": \"?\"}]}}",
        "{\"a\": {\"path\": \"none.png\", \"cards\": []}}",
        "{\"a\": {\"path\": \"frames\", \"cards\": []}}",
    ];
    add(&["score bad.json --model practice"], "bad.json", &truth);
    let predictions = [
        "{}",
        "[]",
        "[5]",
        "[{\"image\": \"0.png\"}]",
        "[{\"image\": \"0.png\", \"width\": -1, \"height\": 9, \"cards\": []}]",
        "[{\"image\": \"0.png\", \"width\": 9, \"height\": 9, \"cards\": [{\"quad\": [[0, 0]]}]}]",
        "[{\"image\": \"other.png\", \"width\": 9, \"height\": 9, \"cards\": []}]",
    ];
    add(&["score truth.json --model practice --predictions bad.json"], "bad.json", &predictions);
    let timelines = [
        "{}",
        "[]",
        "{\"format\": 2, \"model\": \"a\", \"moments\": []}",
        "{\"format\": 1, \"model\": 5, \"moments\": []}",
        "{\"format\": 1, \"model\": \"a\", \"moments\": [{\"millis\": -1, \"frame\": [1, 1], \"cards\": []}]}",
        "{\"format\": 1, \"model\": \"a\", \"moments\": [{\"millis\": 1, \"frame\": [1], \"cards\": []}]}",
    ];
    add(&["replay frames --model practice --compare bad.json"], "bad.json", &timelines);
    let moments = [
        "{\n",
        "[]\n",
        "{\"millis\": -1, \"file\": \"0.png\"}\n",
        "{\"millis\": 1, \"file\": \"../frames/0.png\"}\n",
        "{\"millis\": 1, \"file\": \"/etc/passwd\"}\n",
        "{\"millis\": 1, \"file\": \"none.png\"}\n",
        "{\"millis\": 5, \"file\": null}\n{\"millis\": 1, \"file\": null}\n",
        "{\"millis\": 99999999999999999999, \"file\": null}\n",
    ];
    add(&["replay bad --model practice"], "bad/frames.jsonl", &moments);
    let catalogues = [
        "",
        "{}",
        "[]",
        "{\"format\": 99}",
        "{\"format\": 1, \"game\": \"practice\", \"title\": \"a\", \"card_size\": [0, 0], \"cards\": []}",
    ];
    let of_models = [
        "identify --mods none --model practice frames/0.png",
        "score truth.json --model practice",
        "offscreen --out new.png --model practice",
        "mods Mods --model practice",
    ];
    add(&of_models, "data/catalogues/practice.json", &catalogues);
    add(&["name --catalogue bad.json"], "bad.json", &catalogues);
    let manifests = ["", "{}", "[]", "{\"format\": 99}", "{\"format\": \"one\"}", "\u{feff}{}", "nul"];
    add(&of_models, "data/models/practice/model.json", &manifests);
    let of_api = ["displayed H_A", "watch", "tell pause", "report"];
    let ports = [
        "",
        "{}",
        "[]",
        "{\"format\": 1, \"pid\": 1, \"port\": 0, \"version\": \"0\"}",
        "{\"format\": 1, \"pid\": 1, \"port\": 70000, \"version\": \"0\"}",
        "{\"format\": 1, \"pid\": 1, \"port\": 1, \"version\": \"0\"}",
        "{\"format\": 99, \"pid\": 1, \"port\": 1, \"version\": \"0\"}",
    ];
    add(&of_api, "data/api.json", &ports);
    all
}

/// Networks of a model whose list of files fits them, as another program may write it: a text,
/// nothing, half of one, a message that says it is longer than memory, one in one in one.
fn networks(place: &Place) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for name in ["detector.onnx", "identifier.onnx", "detector.int8.onnx", "identifier.int8.onnx"] {
        let whole = fs::read(place.path("data/models/practice").join(name)).unwrap();
        let mut turned = whole.clone();
        turned.iter_mut().skip(64).step_by(97).for_each(|byte| *byte ^= 0xff);
        let endless = [&[0x3a][..], &[0xff, 0xff, 0xff, 0xff, 0x7f], b"graph"].concat();
        let nested = (0..2000).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut length = Vec::new();
            let mut left = inner.len();
            while left >= 0x80 {
                length.push(left as u8 | 0x80);
                left >>= 7;
            }
            length.push(left as u8);
            [&[0x3a], &length[..], &inner].concat()
        });
        let contents =
            [b"only words".to_vec(), Vec::new(), whole[..whole.len() / 2].to_vec(), turned, endless, nested];
        // Commands read the int8 files where there are some; the bench reads both kinds.
        let lines: &[&str] = match name.contains("int8") {
            true => {
                &["identify --mods none --model bad-model frames/0.png", "replay frames --model bad-model"]
            }
            false => &["bench --runs 1 --threads 1 --cards 1 --model bad-model"],
        };
        let hardware = "hardware --provider cpu --threads 1 --model bad-model";
        let lines = lines.iter().chain((name == "detector.int8.onnx").then_some(&hardware));
        for line in lines {
            all.extend(contents.iter().map(|content| (*line, name, content.clone())));
        }
    }
    all
}

/// Puts a file into a copy of the practice model, with its hash in the manifest.
fn write_network(place: &Place, name: &str, content: &[u8]) {
    let (from, to) = (place.path("data/models/practice"), place.path("bad-model"));
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(&from).unwrap().flatten().filter(|it| it.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    fs::write(to.join(name), content).unwrap();
    let path = to.join("model.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(manifest["sha256"][name].is_string(), "the manifest no longer lists {name}");
    let hash: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    manifest["sha256"][name] = hash.into();
    fs::write(&path, manifest.to_string()).unwrap();
}

/// What changes when a file is written.
fn written(path: &Path) -> (u64, SystemTime) {
    let file = fs::metadata(path).unwrap();
    (file.len(), file.modified().unwrap())
}

/// What was wrong with how bad input was refused.
struct Checked<'a> {
    place: &'a Place,
    cases: usize,
    faults: Vec<String>,
}

impl Checked<'_> {
    /// Runs the line; `parts` are the words of which one has to be in what it says, which is
    /// returned.
    fn check(&mut self, line: &str, parts: &[&str]) -> String {
        self.cases += 1;
        let before = self.place.files(written);
        let (output, taken) = self.place.run(line, Some(MEMORY), PATIENCE);
        let text = said(&output);
        let mut fault = |what: &str| self.faults.push(format!("overlay {line}: {what}: {text}"));
        if !matches!(output.status.code(), Some(1..=3)) {
            fault(&format!("ended with {}", output.status));
        }
        if text.contains("panicked") || text.contains("RUST_BACKTRACE") {
            fault("panicked");
        }
        if taken > PATIENCE {
            fault("took too long");
        }
        let starts = |line: &&str| line.starts_with("overlay: ") || line.starts_with("error: ");
        match String::from_utf8_lossy(&output.stderr).lines().filter(starts).count() {
            1 => {}
            count => fault(&format!("says {count} errors")),
        }
        let helps = ["help: ", "--help", "[possible values", "Usage: "];
        if !helps.iter().any(|it| text.contains(it)) {
            fault("says nothing that helps");
        }
        if !parts.is_empty() && !parts.iter().any(|it| text.contains(it)) {
            fault("does not say where");
        }
        if text.contains(".rs:") {
            fault("names a line of code");
        }
        let after = self.place.files(written);
        let changed: Vec<&PathBuf> = after
            .iter()
            .filter(|(path, hash)| before.get(*path) != Some(hash))
            .map(|(path, _)| path)
            .chain(before.keys().filter(|path| !after.contains_key(*path)))
            .collect();
        if !changed.is_empty() {
            fault(&format!("has changed {changed:?}"));
        }
        text
    }
}

#[test]
fn bad_input_is_refused_in_one_paragraph_and_changes_nothing() {
    let place = Place::new();
    if !place.can_recognise() {
        return;
    }
    let wrong = wrong_files(&place);
    for folder in ["bad", "Mods"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    let [width, height] = SIZE;
    let truth =
        format!(r#"{{"a": {{"path": "frames/0.png", "width": {width}, "height": {height}, "cards": []}}}}"#);
    fs::write(place.path("truth.json"), truth).unwrap();
    let mut checked = Checked { place: &place, cases: 0, faults: Vec::new() };
    let mut parsed = 0;
    for (line, option, zero) in NUMBERS {
        for value in NO_NUMBERS.iter().chain(zero.then_some(&"0")) {
            let line = match option {
                "" => format!("{line} {value}"),
                _ => format!("{line} {option}={value}"),
            };
            // Nearly all are refused before anything begins.
            match Cli::try_parse_from(["overlay"].into_iter().chain(line.split_whitespace())) {
                Err(error) => {
                    parsed += 1;
                    let named = if option.is_empty() { "--at" } else { option };
                    assert!(error.to_string().contains(named), "{line}: {error}");
                }
                Ok(_) => {
                    checked.check(&line, &[option]);
                }
            }
        }
    }
    for line in PATHS {
        let command = line.split(' ').next().unwrap_or_default();
        for file in wrong.iter().filter(|file| !GOOD.contains(&(command, file.as_str()))) {
            checked.check(&line.replace('@', file), &[file]);
        }
    }
    for line in SENSELESS {
        checked.check(line, &[]);
    }
    for (line, file, content) in contents() {
        let path = place.path(file);
        let former = fs::read(&path).ok();
        fs::write(&path, content).unwrap();
        let name = Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
        // Where nobody listens at the port of a file, it is the place that is named.
        checked.check(line, &[&name, "none.png", "127.0.0.1", "api-token"]);
        match former {
            Some(former) => fs::write(&path, former).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    for (line, name, content) in networks(&place) {
        write_network(&place, name, &content);
        let text = checked.check(line, &[name]);
        if !text.contains("the model in bad-model") {
            checked.faults.push(format!("overlay {line}: does not say of which model: {text}"));
        }
    }
    let Checked { cases, faults, .. } = checked;
    let cases = cases + parsed;
    eprintln!("{cases} cases, {parsed} of them refused by the command line");
    assert!(faults.is_empty(), "{} of {cases}:\n{}", faults.len(), faults.join("\n"));
    assert!(cases >= 500, "only {cases}");
}
