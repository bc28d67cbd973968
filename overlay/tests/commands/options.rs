//! Every option of every command changes what the command does, or is refused: each is run with
//! and without it, and what is said and written differs. Options of what needs a desktop are shown
//! by the tests that have one. `--help` lists all of them, so that none is forgotten here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::Duration;

use crate::lines::{remove_new, with};
use crate::place::{Place, SIZE, said};
use clap::CommandFactory as _;
use overlay::cli::Cli;

/// A command with all that it needs, an option, and the value that is tried. Where the option is in
/// the line already, `~` stands before its other value.
const TRIED: [(&str, &str, &str); 48] = [
    (IDENTIFY, "json", ""),
    (IDENTIFY, "annotate", "new"),
    (IDENTIFY, "model", "~balatro"),
    (IDENTIFY, "mods", "~nowhere"),
    (IDENTIFY, "top", "1"),
    (IDENTIFY, "threshold", "1"),
    ("identify --mods none garden.png", "mods", "~Mods"),
    ("score truth.json --model practice", "json", ""),
    ("score truth.json --model practice", "show", ""),
    ("score truth.json --model practice", "model", "~balatro"),
    ("score truth.json --model practice", "predictions", "predictions.json"),
    ("score garden.json", "mods", "Mods"),
    ("replay frames --model practice", "model", "~balatro"),
    ("replay frames --model practice", "fps", "5"),
    ("replay frames --model practice", "out", "new.json"),
    ("replay frames --model practice", "compare", "other.json"),
    ("replay frames --model practice --compare other.json", "allow", "100"),
    ("replay garden", "mods", "Mods"),
    ("doctor --frames 1", "report", "new.zip"),
    // Refused: without a report nothing takes them along.
    ("doctor --frames 1", "settings", "mine.toml"),
    ("doctor --frames 1", "json", ""),
    ("doctor --frames 1", "frames", "~3"),
    ("hardware --model practice --provider cpu --threads 1", "model", "~nope"),
    ("hardware --model practice --provider cpu --threads 1", "provider", "~cuda"),
    ("hardware --model practice --provider cpu --threads 1", "json", ""),
    ("hardware --model practice --provider cpu --threads 1", "drivers", ""),
    ("autostart on", "settings", "mine.toml"),
    (BENCH, "model", "~nope"),
    (BENCH, "mods", "nowhere"),
    (BENCH, "image", "frames/0.png"),
    (BENCH, "threads", "~2"),
    (BENCH, "cards", "~3"),
    (BENCH, "runs", "~2"),
    // Without a graphics card it is refused, or said that the processor stands in.
    (BENCH, "providers", "cuda"),
    ("bench --model practice --runs 1 --threads 1 --cards 2 --providers cpu", "providers", "~cuda,cpu"),
    ("mods Mods", "json", ""),
    ("mods Mods", "show", ""),
    ("mods Mods", "calibrate", ""),
    ("mods Mods --model balatro", "model", "~nope"),
    ("record new --source images:frames", "source", "~monitor:0"),
    ("settings", "settings", "bad.toml"),
    ("practice", "image", "none.png"),
    ("name --catalogue data/catalogues/practice.json", "catalogue", "~none.json"),
    (OFFSCREEN, "model", "~nope"),
    (OFFSCREEN, "seed", "2"),
    (OFFSCREEN, "size", "640x360"),
    (OFFSCREEN, "out", "~newer.png"),
    (OFFSCREEN, "seconds", "~1.5"),
];

const IDENTIFY: &str = "identify --model practice --mods none frames/0.png";
const BENCH: &str = "bench --model practice --runs 1 --threads 1 --cards 2";
const OFFSCREEN: &str = "offscreen --model practice --seconds 0.001 --out new.png";

/// Options of the live overlay that one which finds another running says it goes on without. What
/// they do is shown on a desktop (`e2e_x11`), and by `app/choices.rs`.
const LIVE: [(&str, &str); 10] = [
    ("practice", ""),
    ("model", "practice"),
    ("source", "monitor:0"),
    ("seconds", "1"),
    ("threads", "1"),
    ("fps", "5"),
    ("settings", "mine.toml"),
    ("mods", "none"),
    ("providers", "cpu"),
    ("no-api", ""),
];

/// Options that need a desktop, or an overlay that runs, with the file that tries them.
const ELSEWHERE: [(&str, &[&str], &str); 7] = [
    ("practice", &["seed", "size", "still", "title"], "tests/e2e_x11/stage.rs"),
    ("practice", &["each", "swirl", "fps"], "tests/e2e_x11/latency.rs"),
    ("practice", &["seconds"], "tests/e2e_x11/load.rs"),
    ("record", &["seconds", "fps"], "tests/e2e_x11/recording.rs"),
    ("bench-capture", &["title", "count"], "tests/e2e_x11/tests.rs"),
    ("watch", &["moves", "lines"], "tests/api.rs"),
    ("displayed", &["quiet"], "tests/api.rs"),
];

/// Options that no test tries, and why.
const UNTRIED: [(&str, &str, &str); 8] = [
    ("", "or-practice", "as --practice where no game runs; `cargo xtask run` starts it"),
    ("replay", "threads", "changes how fast it is, and nothing else"),
    ("hardware", "threads", "changes how fast it is, and nothing else"),
    ("offscreen", "threads", "changes how fast it is, and nothing else"),
    ("record", "megabytes", "needs a desktop; that a full recording ends is tried in run/record.rs"),
    (
        "name",
        "guesses",
        "needs a desktop; names are typed by tests/e2e_x11/teaching.rs, which looks at no guess",
    ),
    ("name", "more", "needs a desktop; that its cards are found is tried in cli/name.rs"),
    ("name", "at", "needs a desktop, and no test looks at where the window is"),
];

/// Of a file's content.
fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(path).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

/// What a run says and writes into what begins with `new`. Times are left out, and what is drawn.
fn outcome(place: &Place, line: &str) -> (String, BTreeMap<String, u64>) {
    let (output, _) = place.run(line, None, Duration::from_secs(120));
    let text = said(&output);
    assert!(!text.contains("panicked"), "overlay {line}: {text}");
    // What a replay says of moments is no clock's.
    let of_time = |text: &str| text.contains("millis") && !line.starts_with("replay");
    let lines = text.lines().filter(|text| !of_time(text)).map(without_times);
    let text = lines.collect::<Vec<_>>().join("\n");
    let root = place.path("");
    let mut files = BTreeMap::new();
    for (path, hash) in place.files(hash) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        if name.starts_with("new") {
            let content = match path.extension().is_some_and(|it| it == "png" || it == "zip") {
                true => image::image_dimensions(&path).map_or(0, |(width, _)| u64::from(width)),
                false => hash,
            };
            files.insert(name, content);
        }
    }
    remove_new(&root);
    (format!("{:?}: {text}", output.status.code()), files)
}

/// A line without numbers that a clock gave it: those with a fraction, and those before `ms`.
fn without_times(line: &str) -> String {
    if let Some(names) = line.strip_prefix("saw ") {
        // The table goes on by the clock, and cards of one score may change places.
        let mut names: Vec<&str> = names.split(", ").collect();
        names.sort_unstable();
        return names.join(", ");
    }
    let line = line.replace(['(', ')'], " ");
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| word.trim_matches([',', ';', '|', '"']).parse::<f64>().is_ok();
    let is_time = |at: usize| {
        let next = words.get(at + 1).is_some_and(|it| it.trim_matches([',', ';']) == "ms");
        number(words[at]) && (next || words[at].contains('.'))
    };
    let kept: Vec<&str> = (0..words.len()).map(|at| if is_time(at) { "#" } else { words[at] }).collect();
    kept.join(" ")
}

/// The place with what the lines name.
fn furnished() -> Place {
    let place = Place::new();
    crate::garden::write_mod(&place.path("Mods")).unwrap();
    let (table, lefts) = crate::garden::table(&[0, 3, 4]);
    table.save(place.path("garden.png")).unwrap();
    fs::create_dir(place.path("garden")).unwrap();
    fs::copy(place.path("garden.png"), place.path("garden/0.png")).unwrap();
    let write = |name: &str, text: String| fs::write(place.path(name), text).unwrap();
    let card = format!(
        r#"{{"box": [{}, 250, {}, 426], "key": "j_gd_rose", "kind": "modded joker"}}"#,
        lefts[0],
        lefts[0] + 132
    );
    let [width, height] = SIZE;
    write(
        "garden.json",
        format!(r#"{{"garden": {{"path": "garden.png", "width": 1280, "height": 720, "cards": [{card}]}}}}"#),
    );
    // Where this says that a card is, there is none.
    let wrong = r#"{"box": [1, 1, 9, 9], "label": "x_fox"}"#;
    write(
        "truth.json",
        format!(
            r#"{{"a": {{"path": "frames/0.png", "width": {width}, "height": {height}, "cards": [{wrong}]}}}}"#
        ),
    );
    write(
        "predictions.json",
        format!(r#"[{{"image": "0.png", "width": {width}, "height": {height}, "cards": []}}]"#),
    );
    write("other.json", r#"{"format": 1, "model": "practice", "moments": []}"#.to_owned());
    write("mine.toml", String::new());
    write("bad.toml", "[capture]\nper_second = \"often\"\n".to_owned());
    place
}

#[test]
fn every_option_changes_what_is_done_or_is_refused() {
    let place = furnished();
    if !place.can_recognise() {
        return;
    }
    let mut faults = Vec::new();
    let mut known = BTreeMap::new();
    let can_draw = !said(&place.run(OFFSCREEN, None, Duration::from_secs(120)).0).contains("adapter");
    let _ = fs::remove_file(place.path("new.png"));
    if !can_draw {
        eprintln!("SKIPPED: `overlay offscreen`, for nothing can be drawn here");
    }
    for (line, option, value) in TRIED.into_iter().filter(|it| it.0 != OFFSCREEN || can_draw) {
        let without = known.entry(line).or_insert_with(|| {
            let (first, again) = (outcome(&place, line), outcome(&place, line));
            assert_eq!(first, again, "overlay {line} differs by itself");
            first
        });
        let changed = with(line, option, value);
        let with = outcome(&place, &changed);
        if *without == with {
            faults.push(format!("overlay {changed} does the same: {}", with.0));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_overlay_that_finds_another_says_which_options_it_goes_on_without() {
    use overlay::api::ApiConfig;
    use overlay::api::broadcast::Broadcast;
    use overlay::api::server::Server;
    use overlay::desktop::instance::{self, Claim};

    let place = furnished();
    let data = place.path("data");
    let Claim::First(_first) = instance::claim(&data).unwrap() else { panic!("nobody else is there") };
    let config = ApiConfig { port: 0, data, ..ApiConfig::default() };
    let _server = Server::start(&config, &Broadcast::default(), std::sync::Arc::new(|_| true)).unwrap();
    for (option, value) in LIVE {
        // The server takes four commands a second.
        std::thread::sleep(Duration::from_millis(300));
        let (output, _) = place.run(&format!("--{option} {value}"), None, Duration::from_secs(60));
        let text = said(&output);
        assert!(text.contains(&format!("without --{option}:")), "--{option}: {text}");
    }
    std::thread::sleep(Duration::from_millis(300));
    let (output, _) = place.run("", None, Duration::from_secs(60));
    assert!(!said(&output).contains("without"), "{}", said(&output));
}

#[test]
fn no_option_is_forgotten() {
    let name = |line: &&'static str| line.split(' ').next().unwrap_or_default();
    let mut tried: BTreeSet<(&str, &str)> =
        TRIED.iter().map(|(line, option, _)| (name(line), *option)).collect();
    tried.extend(LIVE.iter().map(|(option, _)| ("", *option)));
    tried.extend(UNTRIED.iter().map(|(of, option, _)| (*of, *option)));
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (of, options, file) in ELSEWHERE {
        let text = fs::read_to_string(crate_folder.join(file)).unwrap();
        for option in options {
            assert!(text.contains(&format!("--{option}")), "{file} does not try --{option} of {of}");
            tried.insert((of, option));
        }
    }
    let cli = Cli::command();
    let commands = cli.get_subcommands().map(|it| (it.get_name(), it)).chain([("", &cli)]);
    let mut there = BTreeSet::new();
    for (name, command) in commands {
        let options = command.get_arguments().filter_map(|it| it.get_long());
        there.extend(options.filter(|it| !["help", "version"].contains(it)).map(|it| (name, it)));
    }
    let forgotten: Vec<_> = there.difference(&tried).collect();
    let gone: Vec<_> = tried.difference(&there).collect();
    assert!(forgotten.is_empty() && gone.is_empty(), "nobody tries {forgotten:?}, and there is no {gone:?}");
}
