//! Every option of every command changes what the command does: each is run with and without it,
//! and what is said and written differs. `--help` lists all of them, so that none is forgotten
//! here.

mod place;

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory as _;
use place::{Place, said};
use trainer::cli::Arguments;

/// A command with all that it needs, an option, and the value that is tried. Where the option is in
/// the line already, `~` stands before its other value.
const TRIED: [(&str, &str, &str); 50] = [
    ("scenes --recipe data/recipes/practice.toml --count 1 --out new", "count", "2"),
    ("scenes --recipe data/recipes/practice.toml --count 1 --out new", "seed", "5"),
    ("scenes --recipe data/recipes/practice.toml --count 1 --out new", "out", "~new/below"),
    ("scenes --recipe data/recipes/practice.toml --labelled new --classes 1", "classes", "~2"),
    ("scenes --recipe data/recipes/practice.toml --labelled new --classes 1", "labelled", "~new/below"),
    ("scenes --recipe data/recipes/practice.toml --labelled new --classes 1", "groups", "1"),
    ("scenes --recipe data/recipes/practice.toml --labelled new --classes 1", "captures", "1"),
    ("scenes --recipe data/recipes/practice.toml --labelled new --classes 1", "recipe", "~other.toml"),
    ("augment --game practice --data set --augmented new --per-image 1", "per-image", "~2"),
    ("augment --game practice --data set --augmented new --per-image 1", "data", "~other"),
    ("augment --game practice --data set --augmented new --per-image 1", "augmented", "~new/below"),
    ("augment --game practice --data set --augmented new --per-image 1", "only", "blur"),
    ("augment --game practice --data set --augmented new --per-image 1 --only blur", "also", "noise"),
    ("augment --game practice --data set --augmented new --per-image 1", "seed", "5"),
    ("augment --game practice --data set --augmented new", "to", "6"),
    ("augment --game practice --data set --augmented new --to 9", "most", "1"),
    ("augment --game practice --data set --augmented new --to 9", "balance", "modifier"),
    ("augment --data set --augmented new --per-image 1", "game", "nope"),
    ("export-dataset --game practice --data set --format yolo --out new", "format", "~yolo-obb"),
    ("export-dataset --game practice --data set --format yolo --out new", "out", "~new/below"),
    ("export-dataset --game practice --data set --format yolo --out new", "one-class", ""),
    ("export-dataset --game practice --data set --format yolo --out new", "validation", "0"),
    ("export-dataset --game practice --data set --format yolo --out new", "seed", "7"),
    ("export-dataset --game practice --data set --format yolo --out new", "data", "~other"),
    ("export-dataset --game practice --data set --format yolo --out new", "augmented", "more"),
    ("export-dataset --data set --format yolo --out new", "game", "nope"),
    ("export-dataset --format yolo --out new --scenes 1 --recipe data/recipes/practice.toml", "scenes", "~2"),
    (
        "export-dataset --format yolo --out new --scenes 1 --recipe data/recipes/practice.toml",
        "recipe",
        "~other.toml",
    ),
    ("import-labels set --format folders --game practice --captures new/a --data new/b", "game", "~nope"),
    ("import-labels set --format folders --game practice --captures new/a --data new/b", "dry-run", ""),
    ("import-labels set --format folders --game practice --captures new/a --data new/b", "without-names", ""),
    (
        "import-labels set --format folders --game practice --captures new/a --data new/b",
        "captures",
        "~new/c",
    ),
    ("import-labels set --format folders --game practice --captures new/a --data new/b", "data", "~new/c"),
    ("import-labels set --format folders --game practice --captures new/a --data new/b", "format", "~coco"),
    ("import-labels tree --format folders --game practice --captures new/a --data new/b", "added", "Joker"),
    ("import-labels tree --format folders --game practice --captures new/a --data new/b", "lines", "1"),
    ("import-labels coco.json --format coco --game practice --captures new/a --data new/b", "images", "set"),
    ("predict other --model practice", "top", "1"),
    ("predict other --model practice", "threshold", "1"),
    ("predict other --model practice", "json", ""),
    ("predict other --model practice", "model", "~nope"),
    ("predict other", "game", "practice"),
    ("predict other", "run", "none"),
    ("embed --game practice --data set --out new", "data", "~other"),
    ("embed --game practice --data set --out new", "out", "~new/below"),
    ("embed --data set --out new --model practice", "game", "nope"),
    ("stats --game practice --data set", "lines", "1"),
    ("stats --game practice --data set", "by", "none"),
    ("stats --game practice --data set", "close", "0.1"),
    ("stats --game practice --data set", "far", "0.99"),
];

/// Options that are shown elsewhere, or that no short run can show.
const ELSEWHERE: [(&str, &str, &str); 12] = [
    ("*", "art", "needs art of the game; synth reads folders of it in its tests"),
    ("*", "threads", "changes how fast it is, and nothing else"),
    ("*", "loaders", "changes how fast it is, and nothing else"),
    ("import-art", "*", "needs a copy of the game: synth/src/art/import/tests.rs"),
    ("train", "*", "every_option_changes_what_is_trained_or_is_refused, training.rs, labelled.rs"),
    ("average", "*", "needs runs: training.rs"),
    ("calibrate", "*", "needs a run, and minutes"),
    ("evaluate", "*", "evaluate.rs"),
    ("bench", "*", "measures"),
    ("retrain", "*", "retrain.rs"),
    ("rollback", "*", "retrain.rs"),
    ("import-model", "*", "import.rs"),
];

/// Options of the commands that read a run, and of those that are the same in other words.
const SAME: [(&str, &str); 9] = [
    ("export", "*"),
    ("report", "*"),
    ("scenes", "seed"),
    ("embed", "run"),
    ("embed", "model"),
    ("stats", "data"),
    ("stats", "augmented"),
    ("stats", "game"),
    ("export-dataset", "seed"),
];

/// What a run says and writes below `new`.
fn outcome(place: &Place, line: &str) -> (String, BTreeMap<String, u64>) {
    let output = place.run(line);
    let said = format!("{:?}: {}", output.status.code(), said(&output));
    assert!(!said.contains("panicked"), "trainer {line}: {said}");
    let new = place.path("new");
    let files = if new.exists() { place.files() } else { BTreeMap::new() };
    let below = files
        .into_iter()
        .filter_map(|(path, hash)| Some((path.strip_prefix(&new).ok()?.display().to_string(), hash)));
    let files = below.collect();
    let _ = std::fs::remove_dir_all(&new);
    (said, files)
}

/// The line with the option, or with another value of it.
fn with(line: &str, option: &str, value: &str) -> String {
    let Some(value) = value.strip_prefix('~') else { return format!("{line} --{option} {value}") };
    let mut words: Vec<&str> = line.split(' ').collect();
    let name = format!("--{option}");
    let at = words.iter().position(|word| *word == name).unwrap_or_else(|| panic!("{line} has no {name}"));
    words[at + 1] = value;
    words.join(" ")
}

#[test]
fn every_option_changes_what_is_done_or_is_refused() {
    let place = Place::new();
    let practice = std::fs::read_to_string(place.path("data/recipes/practice.toml")).unwrap();
    std::fs::write(place.path("other.toml"), practice.replacen("seed = ", "seed = 7", 1)).unwrap();
    place.good("scenes --recipe other.toml --labelled other --classes 2 --groups 2 --captures 1 --seed 3");
    place.good("augment --game practice --data set --augmented more --per-image 1");
    place.good("export-dataset --game practice --data set --format imagefolder --out cards");
    std::fs::create_dir_all(place.path("tree/nobody knows")).unwrap();
    std::fs::create_dir_all(place.path("tree/nor this")).unwrap();
    let first = std::fs::read_dir(place.path("set")).unwrap().flatten().map(|it| it.path());
    let images: Vec<_> = first.filter(|it| it.extension().is_some_and(|it| it == "png")).collect();
    std::fs::copy(&images[0], place.path("tree/nobody knows/a.png")).unwrap();
    std::fs::copy(&images[1], place.path("tree/nor this/a.png")).unwrap();
    let name = images[0].file_name().unwrap().to_string_lossy().into_owned();
    let coco = format!(
        r#"{{"images": [{{"id": 1, "file_name": "{name}"}}], "categories": [{{"id": 1, "name": "card"}}],
        "annotations": [{{"image_id": 1, "category_id": 1, "bbox": [2, 2, 60, 80]}}]}}"#
    );
    std::fs::write(place.path("coco.json"), coco).unwrap();
    let mut faults = Vec::new();
    let mut known: BTreeMap<&str, (String, BTreeMap<String, u64>)> = BTreeMap::new();
    for (line, option, value) in TRIED {
        let without = known.entry(line).or_insert_with(|| outcome(&place, line)).clone();
        let changed = with(line, option, value);
        let with = outcome(&place, &changed);
        if without == with {
            faults.push(format!("trainer {changed} does the same: {}", with.0));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_option_is_forgotten() {
    let tried: BTreeSet<(&str, &str)> =
        TRIED.iter().map(|(line, option, _)| (line.split(' ').next().unwrap(), *option)).collect();
    let mut forgotten = Vec::new();
    for command in Arguments::command().get_subcommands() {
        for argument in command.get_arguments().filter_map(|it| it.get_long()) {
            let fits = |(of, option): (&str, &str)| {
                [command.get_name(), "*"].contains(&of) && [argument, "*"].contains(&option)
            };
            let is_known = tried.contains(&(command.get_name(), argument))
                || ELSEWHERE.iter().any(|(of, option, _)| fits((of, option)))
                || SAME.iter().any(|(of, option)| fits((of, option)));
            if !is_known && argument != "help" {
                forgotten.push(format!("{} --{argument}", command.get_name()));
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
