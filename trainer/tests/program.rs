//! The program itself, started as people start it: its exit codes, its environment, how it stops;
//! and that the forks by which other tests try it do what it does.
#![cfg(target_os = "linux")]

#[expect(dead_code, reason = "other tests need the rest of it")]
mod elsewhere;
mod place;
#[expect(dead_code, reason = "the program draws its cards itself")]
mod small;
#[expect(dead_code, reason = "other tests need the rest of it")]
mod trainers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use place::{Place, said};
use tempfile::NamedTempFile;
use trainers::forks::{self, Request, Server};
use trainers::{AS_STARTED, Wanted, words};

/// The longest that a training may take to begin, and to stop.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lines that end in every way that a line ends quickly.
const LINES: [&str; 12] = [
    "--help",
    "--version",
    "train --help",
    "nonsense",
    "bench --steps 0",
    "train all --run none --resume",
    "stats --data none",
    "stats --data set --game practice",
    "scenes --recipe data/recipes/practice.toml --count 1 --out new",
    "augment --data set --game practice --augmented more --per-image 1",
    "predict set --model practice --json",
    "export --run none --name ../evil",
];

#[test]
fn a_fork_says_and_writes_what_the_program_does() {
    let places = [Place::new(), Place::new()];
    let start = |place: &Place, line: &str, is_program: bool| {
        let (words, folder, data) = (words(line), place.path(""), place.path("data"));
        let wanted = Wanted { words: &words, folder: &folder, data: &data, memory: None };
        if is_program { wanted.start_program() } else { wanted.start() }.output()
    };
    let files = |place: &Place| -> BTreeMap<PathBuf, u64> {
        let root = place.path("");
        let files = place.files().into_iter();
        files.map(|(path, hash)| (path.strip_prefix(&root).unwrap().to_owned(), hash)).collect()
    };
    let mut codes = Vec::new();
    for line in LINES {
        let [fork, program] =
            [false, true].map(|is_program| start(&places[usize::from(is_program)], line, is_program));
        assert_eq!(fork.status, program.status, "trainer {line}: {}", said(&fork));
        for (fork, program) in [(&fork.stdout, &program.stdout), (&fork.stderr, &program.stderr)] {
            let said = [(&places[0], fork), (&places[1], program)].map(|(place, it)| lines(place, it));
            assert_eq!(said[0], said[1], "trainer {line}");
        }
        assert!(!said(&fork).is_empty(), "trainer {line} says nothing");
        assert_eq!(files(&places[0]), files(&places[1]), "trainer {line}");
        codes.push(program.status.code());
    }
    for code in 0..3 {
        assert!(codes.contains(&Some(code)), "no line ends with {code}: {codes:?}");
    }
}

/// What is said, but for where, and for how far it is, which a slow machine says more often.
fn lines(place: &Place, said: &[u8]) -> Vec<String> {
    let place = place.path("").display().to_string();
    let said = String::from_utf8_lossy(said).replace(&place, "");
    said.lines().filter(|line| !line.ends_with(" left")).map(str::to_owned).collect()
}

/// A training that would go on for hours, in the environment of somebody who has set nothing.
fn start_training(place: &Place, run: &str) -> Training {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(words(&format!("train all --recipe small.toml --steps 1000000 --threads 1 --run {run}")));
    AS_STARTED.iter().for_each(|(name, _)| _ = command.env_remove(name));
    ["BALATRO_LENS_ART", "ORT_DISABLE_TELEMETRY"].iter().for_each(|name| _ = command.env_remove(name));
    command.env("BALATRO_LENS_DATA", place.path("data")).current_dir(place.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Training(Some(command.spawn().unwrap()))
}

/// A training, killed where a test fails before its end.
struct Training(Option<Child>);

impl Training {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it has not been waited for")
    }

    fn output(mut self) -> Output {
        self.0.take().expect("it has not been waited for").wait_with_output().unwrap()
    }
}

impl Drop for Training {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until something is so; false where the program has ended before.
fn wait_until(child: &mut Child, is_so: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while !is_so() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begin.elapsed() < PATIENCE, "it takes too long");
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

#[test]
fn a_stopped_training_has_an_exit_code_of_its_own_and_can_go_on() {
    let place = Place::new();
    fs::write(place.path("small.toml"), toml::to_string(&small::recipe()).unwrap()).unwrap();
    // Ctrl-C, and what the system sends when it shuts down.
    for signal in ["INT", "TERM"] {
        let mut child = start_training(&place, signal);
        let metrics = place.path(signal).join("detector.metrics.jsonl");
        let trains = || fs::metadata(&metrics).is_ok_and(|it| it.len() > 0);
        let has_begun = wait_until(child.child(), trains);
        let id = child.child().id();
        check_environment(id, has_begun);
        let sent = Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status();
        assert!(sent.is_ok_and(|it| it.success()), "{signal}");
        wait_until(child.child(), || false);
        let output = child.output();
        let said = said(&output);
        assert!(has_begun, "{said}");
        assert_eq!(output.status.code(), Some(3), "{signal}: {said}");
        assert!(said.contains("stopping after this step"), "{signal}: {said}");
        assert!(said.contains(&format!("to go on: trainer train all --run {signal} --resume")), "{said}");
        let resumed = place.good(&format!("train detector --run {signal} --resume --steps 1 --threads 1"));
        assert!(resumed.contains("detector: finished after"), "{signal}: {resumed}");
    }
}

/// The program has begun again, with what libtorch and the C library read when they are loaded.
fn check_environment(id: u32, has_begun: bool) {
    if !has_begun {
        return;
    }
    let environment = fs::read(Path::new("/proc").join(id.to_string()).join("environ")).unwrap();
    let variables: Vec<_> = environment.split(|it| *it == 0).map(String::from_utf8_lossy).collect();
    for (name, value) in AS_STARTED.into_iter().chain([("ORT_DISABLE_TELEMETRY", "1")]) {
        assert!(variables.contains(&format!("{name}={value}").into()), "{name}: {variables:?}");
    }
}

/// A whole model stayed for good, which the overlay offered.
#[test]
fn a_model_that_was_being_tried_leaves_nothing_for_good() {
    if vision::runtime::Runtime::load().is_err() {
        eprintln!("SKIPPED: ONNX Runtime is not set up");
        return;
    }
    let place = Place::new();
    fs::write(place.path("net.onnx"), elsewhere::yolo(2, &elsewhere::DETECTION)).unwrap();
    elsewhere::picture().save(place.path("screen.png")).unwrap();
    let models = || -> Vec<String> {
        let entries = fs::read_dir(place.path("data/models")).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let line = "import-model --detector net.onnx --base practice --name made --sample screen.png";
    let mut importing = place.start(&format!("{line}{}", " screen.png".repeat(100)), None);
    while models().len() == 1 {
        assert!(!importing.is_over(Duration::from_millis(2)), "it has ended before it was killed");
    }
    assert!(!importing.is_over(Duration::from_millis(20)), "it has ended before it was killed");
    importing.kill();
    let left = models();
    assert!(left[0].starts_with(".made.") && left[1..] == ["practice"], "{left:?}");
    let said = place.good(line);
    assert!(said.contains("to use it: overlay --model made\n"), "{said}");
    assert_eq!(models(), ["made", "practice"]);
}

// --- the forks

#[test]
#[ignore = "no test of anything: the one below forks children from it"]
fn forks_what_goes_wrong() {
    forks::serve(|request| match request.words[0].as_str() {
        "panic" => panic!("this is part of the test"),
        "memory" => std::hint::black_box(vec![1_u8; 16 << 30])[7],
        "wait" => {
            std::thread::sleep(PATIENCE);
            0
        }
        _ => 7,
    });
}

#[test]
fn forks_end_as_programs_do() {
    use std::os::unix::process::ExitStatusExt as _;
    let server = Server::start("forks_what_goes_wrong", &[]);
    let errors = NamedTempFile::new().unwrap();
    let begin = |word: &str, memory: Option<u64>| {
        let files = [None, None, Some(errors.path().to_owned())];
        server.begin(&Request { words: vec![word.to_owned()], files, memory, ..Request::default() })
    };
    // Whatever becomes of a child, the next one is served.
    for _ in 0..2 {
        assert_eq!(begin("panic", None).wait().code(), Some(101));
        let said = fs::read_to_string(errors.path()).unwrap();
        assert!(said.contains("thread 'main'") && said.contains("panicked"), "{said}");
        assert_eq!(begin("answer", None).wait().code(), Some(7));
        // Without memory a program aborts.
        assert_eq!(begin("memory", Some(8 << 30)).wait().signal(), Some(6));
        let mut waiting = begin("wait", None);
        assert!(!waiting.is_over(Duration::from_millis(20)));
        assert!(Path::new("/proc").join(waiting.id().to_string()).exists());
        assert_eq!(waiting.kill().signal(), Some(9));
        drop(begin("wait", None));
    }
}
