//! Every option of every command changes what the command does: each is run with and without it,
//! and what is said and written differs. `--help` lists all of them, so that none is forgotten
//! here.

mod elsewhere;
#[path = "small/ghosts.rs"]
mod ghosts;
#[path = "../../shared/lens-core/tests/commands/lines.rs"]
mod lines;
#[path = "options/of_runs.rs"]
mod of_runs;
mod place;
mod small;
#[expect(dead_code, reason = "no program is started by itself here")]
mod trainers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use elsewhere::{CARDS, DETECTION, ENLARGED, classifier, picture, yolo};
use image::{RgbaImage, imageops};
use lines::{remove_new, with};
use place::{Place, said};
use trainer::cli::Arguments;
use trainer::model::onnx::writer::Batch;

/// A command with all that it needs, an option, and the value that is tried. Where the option is in
/// the line already, `~` stands before its other value.
const TRIED: [(&str, &str, &str); 91] = [
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
    ("stats --game practice --data set", "data", "~other"),
    ("stats --game practice --data set", "augmented", "more"),
    ("stats --data set", "game", "nope"),
    ("embed --data set --out new --model practice", "model", "~nope"),
    ("embed --data set --out new --model practice", "run", "none"),
    ("scenes --recipe data/recipes/practice.toml --count 1 --out new", "art", "nowhere"),
    (
        "export-dataset --format yolo --out new --scenes 1 --recipe data/recipes/practice.toml",
        "art",
        "nowhere",
    ),
    ("import-art copy --game practice --out new", "out", "~new/below"),
    ("import-art copy --game practice --out new", "game", "~balatro"),
    ("evaluate --model practice --composed 1", "composed", "~2"),
    ("evaluate --model practice --composed 1", "json", ""),
    ("evaluate --model practice --composed 1", "out", "new.json"),
    ("evaluate --model practice --composed 1", "failures", "new"),
    ("evaluate --model practice --composed 1", "model", "~nope"),
    ("evaluate --model practice --composed 1", "run", "none"),
    ("evaluate --model practice --composed 1", "data", "set"),
    ("evaluate --model practice --composed 1", "taught", ""),
    ("evaluate --model practice --composed 1", "art", "nowhere"),
    ("evaluate --model practice --data set", "game", "nope"),
    ("evaluate --model practice --composed 1", "game", "nope"),
    ("evaluate --model practice --data set --game practice --json", "all", ""),
    ("evaluate --model practice --data set --game practice", "art", "nowhere"),
    ("evaluate --model practice --data set --game practice --failures new", "art", "nowhere"),
    ("evaluate --model practice --screens truth.json", "art", "nowhere"),
    ("evaluate --model practice --screens truth.json", "screens", "~none.json"),
    ("evaluate --model practice --screens truth.json", "show", ""),
    ("rollback --model practice", "model", "~nope"),
    (DETECTOR, "detector", "~other.onnx"),
    (DETECTOR, "cards", "joker"),
    (DETECTOR, "threshold", "0.7"),
    (DETECTOR, "base", "~nope"),
    (DETECTOR, "name", "~another"),
    (DETECTOR, "out", "~new/below"),
    (DETECTOR, "sample", "~black.png"),
    (IDENTIFIER, "identifier", "~sure.onnx"),
    (IDENTIFIER, "labels", "~turned.txt"),
    (IDENTIFIER, "normalise", "imagenet"),
    (IDENTIFIER, "fit", "centre"),
    (IDENTIFIER, "strict", ""),
    (IDENTIFIER, "added", "Tarot"),
    (IDENTIFIER, "unknown-below", "0.9"),
];

const DETECTOR: &str =
    "import-model --detector net.onnx --base practice --name made --out new --sample screen.png";
const IDENTIFIER: &str =
    "import-model --identifier names.onnx --labels labels.txt --base practice --name made --out new";

/// Options that are tried elsewhere, with the file that does and what it says of them.
const ELSEWHERE: [(&str, &str, &str, &str); 6] = [
    ("train", "*", "src/cli/train/options.rs", "fn every_option_changes_what_is_trained_or_is_refused"),
    ("bench", "threads", HERE, "fn threads_are_as_many_as_were_asked_for"),
    ("bench", "loaders", HERE, "fn threads_are_as_many_as_were_asked_for"),
    ("retrain", "threads", HERE, "fn threads_are_as_many_as_were_asked_for"),
    ("retrain", "minutes", HERE, "fn a_retraining_takes_the_minutes_that_it_is_given"),
    ("retrain", "dry-run", HERE, "fn a_dry_run_installs_nothing"),
];
const HERE: &str = "tests/options/of_runs.rs";

/// What a run says, and the files that it writes into what begins with `new`.
type Outcome = (String, BTreeMap<String, u64>);

fn outcome(place: &Place, line: &str) -> Outcome {
    let output = place.run(line);
    let said = format!("{:?}: {}", output.status.code(), said(&output));
    assert!(!said.contains("panicked"), "trainer {line}: {said}");
    // Neither times nor how far something is says anything of an option.
    let of_time = |line: &&str| line.contains("millis") || line.contains(" ms (") || line.ends_with(" left");
    let is_timed = line.starts_with("bench");
    let lines = said.lines().filter(|line| !of_time(line)).map(without_clock);
    let lines = lines.map(|line| if is_timed { without_speed(line) } else { line.to_owned() });
    let said = lines.collect::<Vec<_>>().join("\n");
    let root = place.path("");
    let mut files = BTreeMap::new();
    for (path, hash) in place.files() {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        if name.starts_with("new") {
            files.insert(name, hash);
        }
    }
    remove_new(&root);
    (said, files)
}

/// A line of the log without its time.
fn without_clock(line: &str) -> &str {
    let rest = line.strip_prefix("[20").and_then(|it| it.split_once("Z "));
    rest.map_or(line, |(_, said)| said)
}

/// A line of a measurement without what was measured: numbers with a fraction.
fn without_speed(line: &str) -> String {
    let is_measured = |word: &&str| word.contains('.') && word.parse::<f64>().is_ok();
    line.split_whitespace().filter(|word| !is_measured(word)).collect::<Vec<_>>().join(" ")
}

/// Commands that only read a data set, and those of models; all others write data.
const READING: [&str; 3] = ["predict", "embed", "stats"];
const OF_MODELS: [&str; 4] = ["evaluate", "import-model", "import-art", "rollback"];

#[test]
fn every_option_of_commands_that_write_data_changes_what_is_done_or_is_refused() {
    of_commands(|command| !READING.contains(&command) && !OF_MODELS.contains(&command));
}

#[test]
fn every_option_of_commands_that_read_data_changes_what_is_done_or_is_refused() {
    of_commands(|command| READING.contains(&command));
}

#[test]
fn every_option_of_commands_of_models_changes_what_is_done_or_is_refused() {
    of_commands(|command| OF_MODELS.contains(&command));
}

/// A place with all that the lines name.
fn furnished() -> Place {
    let place = Place::new();
    let practice = fs::read_to_string(place.path("data/recipes/practice.toml")).unwrap();
    fs::write(place.path("other.toml"), practice.replacen("seed = ", "seed = 7", 1)).unwrap();
    place.good("scenes --recipe other.toml --labelled other --classes 2 --groups 2 --captures 1 --seed 3");
    place.good("augment --game practice --data set --augmented more --per-image 1");
    place.good("export-dataset --game practice --data set --format imagefolder --out cards");
    fs::create_dir_all(place.path("tree/nobody knows")).unwrap();
    fs::create_dir_all(place.path("tree/nor this")).unwrap();
    let first = fs::read_dir(place.path("set")).unwrap().flatten().map(|it| it.path());
    let images: Vec<_> = first.filter(|it| it.extension().is_some_and(|it| it == "png")).collect();
    fs::copy(&images[0], place.path("tree/nobody knows/a.png")).unwrap();
    fs::copy(&images[1], place.path("tree/nor this/a.png")).unwrap();
    let name = images[0].file_name().unwrap().to_string_lossy().into_owned();
    let coco = format!(
        r#"{{"images": [{{"id": 1, "file_name": "{name}"}}], "categories": [{{"id": 1, "name": "card"}}],
        "annotations": [{{"image_id": 1, "category_id": 1, "bbox": [2, 2, 60, 80]}}]}}"#
    );
    fs::write(place.path("coco.json"), coco).unwrap();
    // Where this says that a card is, there is none.
    let truth = r#"{"black": {"path": "black.png", "width": 640, "height": 384,
        "cards": [{"box": [10, 10, 60, 80], "label": "x_fox"}]}}"#;
    fs::write(place.path("truth.json"), truth).unwrap();
    screen().save(place.path("screen.png")).unwrap();
    RgbaImage::from_pixel(640, 384, image::Rgba([0, 0, 0, 255])).save(place.path("black.png")).unwrap();
    let network = |name: &str, bytes: Vec<u8>| fs::write(place.path(name), bytes).unwrap();
    network("net.onnx", yolo(2, &DETECTION));
    network("other.onnx", yolo(2, &[&DETECTION[..], &[("made", "later")]].concat()));
    network("names.onnx", classifier(Batch::Dynamic, false, &[]));
    network("sure.onnx", classifier(Batch::Dynamic, true, &[]));
    fs::write(place.path("labels.txt"), "x_fox\nx_owl\nGhost\n").unwrap();
    fs::write(place.path("turned.txt"), "x_owl\nx_fox\nGhost\n").unwrap();
    copy_of_the_game(&place);
    place
}

/// The image that the networks know, with a card of the practice deck at the first place: what is
/// of one colour is no card to its model.
fn screen() -> RgbaImage {
    let catalogue = synth::practice::catalogue();
    let cell = catalogue.card("x_fox").unwrap().skins[0].art[0].base.clone().unwrap();
    let [width, height] = catalogue.sheets[&cell.sheet].cell;
    let sheet = &synth::practice::sheets(&catalogue)[&cell.sheet];
    let card = imageops::crop_imm(sheet, cell.x * width, cell.y * height, width, height).to_image();
    let card = imageops::resize(&card, 40 * ENLARGED, 56 * ENLARGED, imageops::FilterType::Triangle);
    let mut screen = picture();
    imageops::overlay(&mut screen, &card, CARDS[0] as i64 * i64::from(ENLARGED), 30 * i64::from(ENLARGED));
    screen
}

/// One with empty sheets.
fn copy_of_the_game(place: &Place) {
    let folder = place.path("copy/resources/textures/1x");
    fs::create_dir_all(&folder).unwrap();
    for sheet in synth::practice::catalogue().sheets.values() {
        let [width, height] = [0, 1].map(|it| sheet.cell[it] * sheet.grid[it]);
        RgbaImage::new(width, height).save(folder.join(&sheet.file)).unwrap();
    }
}

/// The options of some of the commands, on a place of their own.
fn of_commands(is_meant: impl Fn(&str) -> bool) {
    let meant = |line: &str| is_meant(line.split(' ').next().unwrap_or_default());
    let tried: Vec<_> = TRIED.into_iter().filter(|it| meant(it.0)).collect();
    changes_or_refuses(&furnished(), &tried);
}

/// Each option makes a difference to its line, which makes none by itself.
fn changes_or_refuses(place: &Place, tried: &[(&'static str, &'static str, &'static str)]) {
    let mut faults = Vec::new();
    let mut known: BTreeMap<&str, Outcome> = BTreeMap::new();
    for &(line, option, value) in tried {
        let without = known.entry(line).or_insert_with(|| {
            let (first, again) = (outcome(place, line), outcome(place, line));
            assert_eq!(first, again, "trainer {line} differs by itself");
            first
        });
        let changed = with(line, option, value);
        let with = outcome(place, &changed);
        if *without == with {
            faults.push(format!("trainer {changed} does the same: {}", with.0));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_option_is_forgotten() {
    let name = |line: &'static str| line.split(' ').next().unwrap_or_default();
    let lists = TRIED.iter().chain(&of_runs::TRIED).chain(&of_runs::SLOW);
    let tried: BTreeSet<(&str, &str)> = lists.map(|(line, option, _)| (name(line), *option)).collect();
    let excused: Vec<(&str, &str)> = ELSEWHERE
        .iter()
        .map(|(of, option, file, part)| {
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            assert!(text.contains(part), "{file} does not try {option} of {of}");
            (*of, *option)
        })
        .collect();
    let mut forgotten = Vec::new();
    for command in Arguments::command().get_subcommands() {
        for argument in command.get_arguments().filter_map(|it| it.get_long()) {
            let name = command.get_name();
            let is_known = tried.contains(&(name, argument))
                || excused.iter().any(|(of, option)| *of == name && [argument, "*"].contains(option));
            if !is_known && argument != "help" {
                forgotten.push(format!("{name} --{argument}"));
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
    let command = Arguments::command();
    for (of, option) in excused.iter().copied().chain(tried) {
        let there = command.find_subcommand(of).unwrap_or_else(|| panic!("there is no command {of}"));
        let has_option = there.get_arguments().any(|it| option == "*" || it.get_long() == Some(option));
        assert!(has_option, "{of} has no --{option}");
    }
}
