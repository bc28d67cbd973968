//! Bad input of every kind, over all commands: one paragraph that says what is wrong and what
//! helps, nothing written, no panic, no endless run. The trainers run with limited memory.

mod place;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use clap::Parser as _;
use place::{Place, said};
use trainer::cli::Arguments;

/// Bytes of address space: libtorch alone maps a good part of it.
const MEMORY: u64 = 8_000_000 << 10;
/// The longest that a refusal may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// What no number may be.
const NO_NUMBERS: [&str; 7] = ["nan", "inf", "-5", "1e30", "99999999999999999999", "x", "0x10"];

/// Options that are numbers, each with a line to which it belongs; `zero` where that is refused
/// too.
const NUMBERS: [(&str, &str, bool); 37] = [
    ("scenes --out new", "--count", true),
    ("scenes --labelled new", "--classes", true),
    ("scenes --labelled new", "--groups", true),
    ("scenes --labelled new", "--captures", true),
    ("scenes --out new", "--seed", false),
    ("augment --data set", "--per-image", true),
    ("augment --data set", "--to", true),
    ("augment --data set", "--most", true),
    ("augment --data set", "--seed", false),
    ("train identifier --data set --run new", "--rate", true),
    ("train identifier --data set --run new", "--backbone-rate", false),
    ("train identifier --data set --run new", "--weight-decay", false),
    ("train identifier --data set --run new", "--smoothing", false),
    ("train identifier --data set --run new", "--validation", false),
    ("train identifier --data set --run new", "--epochs", true),
    ("train identifier --data set --run new", "--batch", true),
    ("train identifier --data set --run new", "--seed", false),
    ("train identifier --data set --run new", "--patience", false),
    ("train identifier --data set --run new", "--checkpoint-interval", false),
    ("train identifier --data set --run new", "--threads", true),
    ("train identifier --data set --run new", "--loaders", true),
    ("train all --recipe data/recipes/practice.toml --run new", "--steps", true),
    ("train all --recipe data/recipes/practice.toml --run new", "--minutes", true),
    ("train all --recipe data/recipes/practice.toml --run new", "--checkpoint-every", true),
    ("train all --recipe data/recipes/practice.toml --run new --epochs 1", "--epoch-steps", true),
    ("calibrate --run none", "--crops", true),
    ("calibrate --run none", "--scenes", true),
    ("calibrate --run none", "--rejected", false),
    ("calibrate --run none", "--detection", false),
    ("evaluate --model practice", "--composed", true),
    ("bench", "--steps", true),
    ("bench", "--resnet18", true),
    ("bench", "--batch", true),
    ("predict none.png --model practice", "--top", true),
    ("predict none.png --model practice", "--threshold", false),
    ("stats --data set", "--lines", true),
    ("export-dataset --format yolo --out new", "--validation", false),
];

/// Paths that are asked for, with a line that is good but for them.
const PATHS: [&str; 18] = [
    "stats --data @",
    "augment --data @",
    "embed --model practice --out new --data @",
    "train identifier --run new --data @",
    "train all --run new --recipe @",
    "train identifier --data set --run new --init @",
    "evaluate --model practice --screens @",
    "evaluate --run @ --composed 1",
    "export --name new --run @",
    "calibrate --run @",
    "report --run @",
    "average @ @ --run new",
    "predict --model practice @",
    "import-model --name new --base practice --detector @",
    "import-model --name new --base practice --identifier @",
    "import-labels --game practice --format yolo @",
    "import-labels --game practice --format coco @",
    "import-labels --game practice --format label-studio @",
];

/// Files that are none of what is asked for, and what is in them.
fn wrong_files(place: &Place) -> Vec<String> {
    let deep = "[".repeat(100_000);
    let png = fs::read(
        fs::read_dir(place.path("set"))
            .unwrap()
            .flatten()
            .map(|it| it.path())
            .find(|it| it.extension().is_some_and(|it| it == "png"))
            .unwrap(),
    )
    .unwrap();
    let cut = &png[..png.len() / 2];
    let files: [(&str, &[u8]); 9] = [
        ("empty", b""),
        ("words.txt", b"these are only words\n"),
        ("object.json", b"{\"a\": {\"b\": [1, 2, {\"c\": null}]}}"),
        ("deep.json", deep.as_bytes()),
        ("marked.json", b"\xef\xbb\xbf{}"),
        ("utf16.json", b"\xff\xfe{\0}\0"),
        ("cut.png", cut),
        ("bytes.onnx", &[0xff; 3000]),
        ("zip.pth", b"PK\x03\x04 no archive"),
    ];
    let mut names = Vec::new();
    for (name, content) in files {
        fs::write(place.path(name), content).unwrap();
        names.push(name.to_owned());
    }
    names.extend(["no/such/file", "folder"].map(str::to_owned));
    fs::create_dir_all(place.path("folder")).unwrap();
    names
}

/// Contents of files that people write, with the command that reads them.
fn contents() -> Vec<(&'static str, &'static str, String)> {
    let recipe =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/recipes/practice.toml"))
            .unwrap();
    let train = "train all --run new --recipe bad.toml";
    let changed = |from: &str, to: &str| {
        assert!(recipe.contains(from), "the recipe no longer says {from:?}");
        recipe.replacen(from, to, 1)
    };
    let mut all = vec![
        (train, "bad.toml", changed("game = \"practice\"", "game = \"nope\"")),
        (train, "bad.toml", changed("name = \"practice\"", "name = \"../evil\"")),
        (train, "bad.toml", changed("seed = ", "seed = -")),
        (train, "bad.toml", format!("{recipe}\n[unknown]\na = 1\n")),
        (train, "bad.toml", recipe[..recipe.len() / 2].to_owned()),
    ];
    let labels = [
        "[]",
        "5",
        "null",
        "{\"a.png\": }",
        "{\"a.png\": 5}",
        "{\"a.png\": {}}",
        "{\"a.png\": {\"name\": \"\"}}",
        "{\"a.png\": {\"name\": 5}}",
        "{\"a.png\": {\"name\": \"A\", \"cluster\": \"five\"}}",
        "{\"a.png\": {\"name\": \"A\"}}",
        "{\"../a.png\": {\"name\": \"A\"}}",
        "{\"\": {\"name\": \"A\"}}",
        "{}",
        "{\"a.png\": {\"name\": \"A\", \"stickers\": \"eternal\"}}",
    ];
    for text in labels {
        for command in [
            "train identifier --run new --data bad",
            "export-dataset --format coco --out new --data bad",
            "augment --data bad",
        ] {
            all.push((command, "bad/labels.json", text.to_owned()));
        }
    }
    let truth = [
        "{}",
        "[]",
        "{\"a\": 5}",
        "{\"a\": {\"path\": \"a.png\"}}",
        "{\"a\": {\"path\": \"a.png\", \"cards\": [{}]}}",
        "{\"a\": {\"path\": \"a.png\", \"cards\": [{\"box\": [0, 0, 9, 9], \"label\": \"no_such_card\"}]}}",
        "{\"a\": {\"path\": \"a.png\", \"cards\": [{\"box\": [9, 9, 0, 0], \"label\": \"?\"}]}}",
        "{\"a\": {\"path\": \"none.png\", \"cards\": []}}",
    ];
    for text in truth {
        all.push(("evaluate --model practice --screens bad/truth.json", "bad/truth.json", text.to_owned()));
    }
    let yaml = [
        "",
        "names: [a]",
        "train: images\n",
        "names: [a\n",
        "names: &a [b]\ntrain: .",
        "names: {0: a}\nkpt_shape: [17, 3]\ntrain: .",
        "names: [a]\ntrain: no/such/folder",
        "\tnames: [a]",
        "names: {x: a}\ntrain: .",
        "names:\n  - a\ntrain: |\n  x",
    ];
    for text in yaml {
        all.push((
            "import-labels --game practice --format yolo bad/data.yaml",
            "bad/data.yaml",
            text.to_owned(),
        ));
    }
    for text in [
        "{}",
        "[]",
        "{\"images\": [], \"categories\": [], \"annotations\": []}",
        "{\"images\": 5, \"categories\": [], \"annotations\": []}",
    ] {
        all.push((
            "import-labels --game practice --format coco bad/coco.json",
            "bad/coco.json",
            text.to_owned(),
        ));
        all.push((
            "import-labels --game practice --format label-studio bad/coco.json",
            "bad/coco.json",
            text.to_owned(),
        ));
    }
    all
}

/// Lines that ask for what makes no sense, or would replace something.
const SENSELESS: [&str; 33] = [
    "nonsense",
    "train",
    "train everything",
    "predict",
    "export --run none",
    "export --run none --name ../evil",
    "export --run none --name a/b",
    "import-model --name x",
    "import-model --name ../evil --detector words.txt --base practice",
    "import-model --name practice --detector words.txt --base practice",
    "export-dataset --format imagefolder --out new --one-class",
    "export-dataset --format imagefolder --out new --scenes 3",
    "export-dataset --format yolo --out set",
    "export-dataset --format yolo --out new --scenes 3 --data set",
    "export-dataset --format yolo --out new --recipe data/recipes/practice.toml",
    "export-dataset --format nonsense --out new",
    "scenes --recipe data/recipes/practice.toml --out set",
    "scenes --recipe data/recipes/practice.toml --labelled set",
    "scenes --recipe data/recipes/practice.toml --out new --labelled new",
    "augment --data set --augmented set",
    "augment --data set --only negative --per-image 1 --balance name",
    "train detector --data set",
    "train identifier --data set --steps 5",
    "train identifier --data set --run new --epoch-steps 5",
    "train all --recipe data/recipes/practice.toml --run new --tasks seal",
    "train all --recipe data/recipes/practice.toml --run new --scheduler cosine --scheduler-factor 0.5",
    "train identifier --data set --run new --scheduler step --scheduler-floor 0.5",
    "train identifier --data set --run new --resume",
    "train identifier --data set --run new --game nope",
    "predict set --model nope",
    "rollback --model practice",
    "retrain --model nope",
    "import-labels set --format folders --game practice --images set",
];

#[test]
fn bad_input_is_refused_in_one_paragraph_and_changes_nothing() {
    let place = Place::new();
    let wrong = wrong_files(&place);
    fs::create_dir_all(place.path("bad")).unwrap();
    let before = place.files();
    let mut faults = Vec::new();
    let (mut cases, mut parsed) = (0, 0);
    let mut check = |line: String, place: &Place| {
        cases += 1;
        let (output, taken) = limited(place, &line);
        let said = said(&output);
        let mut fault = |what: &str| faults.push(format!("trainer {line}: {what}: {said}"));
        match output.status.code() {
            Some(1 | 2) => {}
            code => fault(&format!("ended with {code:?}")),
        }
        if said.contains("panicked") || said.contains("RUST_BACKTRACE") {
            fault("panicked");
        }
        if taken > PATIENCE {
            fault("took too long");
        }
        let errors = said.matches("error: ").count();
        if errors != 1 {
            fault(&format!("says {errors} errors"));
        }
    };
    for (line, option, zero) in NUMBERS {
        for value in NO_NUMBERS.iter().chain(zero.then_some(&"0")) {
            let line = format!("{line} {option}={value}");
            let words = ["trainer"].into_iter().chain(line.split(' '));
            // Nearly all are refused before anything begins.
            match Arguments::try_parse_from(words) {
                Err(error) => {
                    parsed += 1;
                    assert!(error.to_string().contains(option), "{line}: {error}");
                }
                Ok(_) => check(line, &place),
            }
        }
    }
    for line in PATHS {
        // An empty folder, and files that are something else.
        for file in &wrong {
            check(line.replace('@', file), &place);
        }
    }
    for line in SENSELESS {
        check(line.to_owned(), &place);
    }
    let changed = changes(&before, &place);
    assert!(changed.is_empty(), "a refusal has changed {changed:?}");
    for (line, file, content) in contents() {
        fs::write(place.path(file), content).unwrap();
        let before = place.files();
        check(line.to_owned(), &place);
        fs::remove_file(place.path("bad/labels.journal")).ok();
        let changed = changes(&before, &place);
        assert!(changed.is_empty(), "trainer {line} has changed {changed:?}");
        fs::remove_file(place.path(file)).unwrap();
    }
    cases += parsed;
    eprintln!("{cases} cases, {parsed} of them refused by the command line");
    assert!(faults.is_empty(), "{} of {cases}:\n{}", faults.len(), faults.join("\n"));
    assert!(cases >= 300, "only {cases}");
}

/// Linux allows any bytes but a slash in a name.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_unicode_is_as_good_as_any_other() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let image = fs::read_dir(place.path("set")).unwrap().map(|it| it.unwrap().path());
    let image = image.filter(|it| it.extension().is_some_and(|it| it == "png")).min().unwrap();
    fs::create_dir_all(place.path("odd/Fox")).unwrap();
    for name in [&b"a-\xff.png"[..], b"b.png"] {
        fs::copy(&image, place.path("odd/Fox").join(std::ffi::OsStr::from_bytes(name))).unwrap();
    }
    for (line, wanted) in [
        ("predict odd/Fox --model practice --json", "\"file\":\"odd/Fox/a-\u{fffd}.png\""),
        ("predict odd/Fox --model practice", "odd/Fox/a-\u{fffd}.png: "),
        ("import-labels odd --format folders --game practice --captures new/a --data new/b", ""),
    ] {
        let said = place.good(line);
        assert!(said.contains(wanted), "trainer {line}: {said}");
    }
}

/// Runs it under a limit of memory, and ends it when it takes too long.
fn limited(place: &Place, line: &str) -> (Output, Duration) {
    let begin = Instant::now();
    let mut trainer = place.start(line, Some(MEMORY));
    trainer.is_over(PATIENCE + Duration::from_secs(1));
    let taken = begin.elapsed();
    (trainer.kill(), taken)
}

fn changes(before: &std::collections::BTreeMap<std::path::PathBuf, u64>, place: &Place) -> Vec<String> {
    let after = place.files();
    let new = after.iter().filter(|(path, hash)| before.get(*path) != Some(hash)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    new.chain(gone).map(|path| path.display().to_string()).collect()
}
