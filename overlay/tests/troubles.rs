//! What happens when something is wrong, in processes of their own: a second overlay, a crash, a
//! visit to the doctor.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::{Command as Process, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use lens_client::api::PortFile;

use overlay::api::ApiConfig;
use overlay::api::broadcast::Broadcast;
use overlay::api::server::Server;
use overlay::desktop::instance::{self, Claim};
use overlay::diagnostics::panic_hook;
use overlay::messages::command::Command;
use overlay::messages::event::AppEvent;
use overlay::messages::worker;

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_second_overlay_says_where_the_first_is_and_passes_its_wish_on() {
    let data = tempfile::tempdir().unwrap();
    let Claim::First(_first) = instance::claim(data.path()).unwrap() else { panic!("nobody else is there") };
    let (sender, events) = sync_channel(10);
    let config = ApiConfig { port: 0, data: data.path().into(), ..ApiConfig::default() };
    let sink = Arc::new(move |event| sender.send(event).is_ok());
    let server = Server::start(&config, &Broadcast::default(), sink).unwrap();
    let second = || {
        let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
        command.env("BALATRO_LENS_DATA", data.path()).output().unwrap()
    };
    let output = second();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    let whereabouts = format!("http://127.0.0.1:{}", server.port());
    assert!(text.contains("another overlay runs already") && text.contains(&whereabouts), "{text}");
    #[cfg(unix)]
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert_eq!(events.recv().unwrap(), AppEvent::Command(Command::Show));
}

/// What asks the overlay that runs ends in time and says so, whatever that one does: here it takes
/// no connection's request, or takes the command and does nothing.
#[test]
fn whoever_asks_an_overlay_that_hangs_is_told_so_in_time() {
    /// Longer than any of them takes by itself, on a busy machine.
    const MOST: Duration = Duration::from_secs(60);
    let data = tempfile::tempdir().unwrap();
    let Claim::First(_first) = instance::claim(data.path()).unwrap() else { panic!("nobody else is there") };
    let ask = |arguments: &[&str], wanted: &str| {
        let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
        command.args(arguments).env("BALATRO_LENS_DATA", data.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begin = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begin.elapsed() > MOST {
                child.kill().unwrap();
                panic!("`overlay {}` did not end", arguments.join(" "));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        let text = said(&output);
        assert!(!output.status.success() && text.contains(wanted), "{arguments:?}: {text}");
    };
    // Connections are taken by the system, and nobody reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let file = PortFile { format: 1, pid: std::process::id(), port, version: "0".into() };
    std::fs::write(PortFile::path(data.path()), serde_json::to_string(&file).unwrap()).unwrap();
    std::fs::write(lens_client::api::token_path(data.path()), "token").unwrap();
    std::thread::scope(|scope| {
        for arguments in
            [&["displayed", "H_A"][..], &["watch"], &["tell", "pause"], &["report"], &["--seconds", "1"]]
        {
            scope.spawn(move || ask(arguments, "gave no answer within 5 s"));
        }
    });
    drop(silent);
    // Its sockets are served, and its main thread does nothing.
    let config = ApiConfig { port: 0, data: data.path().into(), ..ApiConfig::default() };
    let _server = Server::start(&config, &Broadcast::default(), Arc::new(|_| true)).unwrap();
    ask(&["report"], "no report came within 20 s");
}

/// Where [`crashes_when_told`] leaves its report.
const CRASH: &str = "OVERLAY_TEST_CRASH";

#[test]
fn crashes_when_told() {
    let Some(folder) = std::env::var_os(CRASH) else { return };
    panic_hook::install(folder.into());
    // The parser of the game's settings panics on this, which is caught: no crash of the overlay.
    let place = tempfile::tempdir().unwrap();
    let settings = place.path().join("settings.jkr");
    std::fs::write(&settings, "return {language=`de`}").unwrap();
    assert_eq!(mods::language::written(&settings), None);
    let home = std::env::var("HOME").unwrap_or_default();
    let worker = worker::spawn("vision", move || panic!("cannot find {home}/cards")).unwrap();
    assert!(worker.join().is_err());
}

fn crashing(reports: &Path, home: &Path) -> Process {
    let mut command = Process::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crashes_when_told", "--nocapture"]);
    command.env(CRASH, reports).env("HOME", home).env("USERPROFILE", home);
    command
}

#[test]
fn a_crash_leaves_a_report_without_personal_paths() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("jimbo");
    let reports = folder.path().join("reports");
    let output = crashing(&reports, &home).output().unwrap();
    let text = said(&output);
    assert!(text.contains("overlay: something broke in the vision thread"), "{text}");
    assert!(!text.contains("panicked at"), "one clean message, not two: {text}");
    let written = panic_hook::reports(&reports);
    assert_eq!(written.len(), 1);
    let report = std::fs::read_to_string(&written[0]).unwrap();
    assert!(report.contains("said: cannot find ~/cards\n"), "{report}");
    assert!(!report.contains(&*home.to_string_lossy()), "{report}");
    // Which functions have a frame of their own is the compiler's to choose.
    assert!(report.contains("core::panicking"), "the trace is there: {report}");
    assert!(!text.contains('\x1b'), "what is no terminal gets no codes for one: {text:?}");
}

#[cfg(unix)]
#[test]
fn a_crash_leaves_the_terminal_as_it_was() {
    use rustix::pty;
    let folder = tempfile::tempdir().unwrap();
    let terminal = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&terminal).unwrap();
    pty::unlockpt(&terminal).unwrap();
    let name = pty::ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let screen = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut crashing = crashing(&folder.path().join("reports"), folder.path());
    assert!(crashing.stderr(screen).stdout(Stdio::null()).status().unwrap().success());
    // Nobody but the terminal's own end has the other one open now: reading ends with what was
    // said.
    drop(crashing);
    let mut text = Vec::new();
    let _ = std::fs::File::from(terminal).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let (before, said) = text.split_once("overlay: something broke").expect("a line for the player");
    assert!(before.ends_with("\x1b[0m\x1b[?25h"), "colours off, cursor on: {before:?}");
    assert!(said.contains("crash-"), "{said}");
}

#[test]
fn the_doctor_examines_what_ships() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.zip");
    let settings = folder.path().join("mine.toml");
    std::fs::write(&settings, "# Of this player.\n").unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let output = Process::new(env!("CARGO_BIN_EXE_overlay"))
        .args(["doctor", "--frames", "3", "--report"])
        .arg(&report)
        .arg("--settings")
        .arg(&settings)
        .env("BALATRO_LENS_DATA", &data)
        .output()
        .unwrap();
    let text = said(&output);
    for model in ["model balatro", "model practice"] {
        assert!(text.contains(&format!("good {model}")), "{text}");
    }
    if text.contains("ONNX Runtime was not found") {
        println!("SKIPPED: the self-test, for ONNX Runtime is not set up");
    } else {
        assert!(text.contains("good self-test"), "{text}");
        assert!(text.contains("sha256"), "{text}");
        assert!(text.contains("not CUDA:"), "refusals are told: {text}");
    }
    let mut packed = zip::ZipArchive::new(Cursor::new(std::fs::read(&report).unwrap())).unwrap();
    let mut inside = String::new();
    for file in ["doctor.txt", "overlay.toml"] {
        packed.by_name(file).unwrap().read_to_string(&mut inside).unwrap();
    }
    assert!(inside.contains("self-test") && inside.contains("# Of this player."), "{inside}");
    assert!(!inside.contains("api-token"), "{inside}");
}

/// A library of another version, which says so and can do nothing else.
#[cfg(target_os = "linux")]
#[test]
fn another_version_of_onnx_runtime_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("old.c"), folder.path().join("libonnxruntime.so.1.10.0"));
    let code = "static const void *api(unsigned v) { (void)v; return 0; }\n\
        static const char *version(void) { return \"1.10.0\"; }\n\
        static const struct { const void *(*api)(unsigned); const char *(*version)(void); } base = { api, version };\n\
        const void *OrtGetApiBase(void) { return &base; }\n";
    std::fs::write(&source, code).unwrap();
    let built = Process::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    if !built.is_ok_and(|status| status.success()) {
        println!("SKIPPED: there is no C compiler");
        return;
    }
    for arguments in [&["doctor", "--frames", "1"][..], &["identify", "nothing.png"]] {
        let mut overlay = Process::new(env!("CARGO_BIN_EXE_overlay"));
        let output = overlay.args(arguments).env("ORT_DYLIB_PATH", &library).output().unwrap();
        let text = said(&output);
        assert!(!output.status.success(), "{text}");
        assert!(text.contains("is version 1.10.0") && text.contains("cargo xtask setup"), "{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_damaged_model_is_bad_and_the_rest_is_examined() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let model = folder.path().join("models/practice");
    std::fs::create_dir_all(&model).unwrap();
    std::fs::create_dir_all(folder.path().join("catalogues")).unwrap();
    let catalogue = "catalogues/practice.json";
    std::fs::copy(shipped.join(catalogue), folder.path().join(catalogue)).unwrap();
    for entry in std::fs::read_dir(shipped.join("models/practice")).unwrap().flatten() {
        let mut bytes = std::fs::read(entry.path()).unwrap();
        if entry.file_name() == "identifier.onnx" {
            bytes.truncate(bytes.len() / 2);
        }
        std::fs::write(model.join(entry.file_name()), bytes).unwrap();
    }
    // Kept to go back to, and half written when a program was killed: neither is a model.
    for kept in [".previous/practice", ".practice.7-0.new"] {
        std::fs::create_dir_all(folder.path().join("models").join(kept)).unwrap();
    }
    let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
    let output =
        command.args(["doctor", "--frames", "1"]).env("BALATRO_LENS_DATA", folder.path()).output().unwrap();
    let text = said(&output);
    assert!(!output.status.success());
    assert!(text.contains("model practice") && !text.contains("model ."), "{text}");
    assert!(
        text.contains("BAD  model practice") && text.contains("is not the file that the model was exported"),
        "{text}"
    );
    assert!(text.contains("self-test"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn it_starts_with_the_desktop_when_that_is_wished_and_no_longer_when_not() {
    let home = tempfile::tempdir().unwrap();
    let autostart = |arguments: &[&str]| {
        let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
        command.arg("autostart").args(arguments).env("HOME", home.path()).env_remove("XDG_CONFIG_HOME");
        said(&command.output().unwrap()).trim().to_owned()
    };
    assert_eq!(autostart(&[]), "off");
    assert_eq!(autostart(&["on"]), "on");
    let entry = home.path().join(".config/autostart/balatro-lens.desktop");
    let text = std::fs::read_to_string(&entry).unwrap();
    assert!(text.contains(&format!("Exec=\"{}\"", env!("CARGO_BIN_EXE_overlay"))), "{text}");
    assert_eq!(autostart(&[]), "on");
    assert_eq!(autostart(&["off"]), "off");
    assert!(!entry.exists());
    // With settings of one's own, and where the folder for settings is another.
    let config = home.path().join("elsewhere");
    let mut command = Process::new(env!("CARGO_BIN_EXE_overlay"));
    command.args(["autostart", "on", "--settings", "mine.toml"]).current_dir(home.path());
    let output = command.env("HOME", home.path()).env("XDG_CONFIG_HOME", &config).output().unwrap();
    assert_eq!(said(&output).trim(), "on");
    let text = std::fs::read_to_string(config.join("autostart/balatro-lens.desktop")).unwrap();
    assert!(text.contains("mine.toml\"") && text.contains(" --settings \"/") && !entry.exists(), "{text}");
    // Where the place for such entries is no folder, that is said, and nothing is claimed.
    std::fs::remove_dir_all(home.path().join(".config")).unwrap();
    std::fs::write(home.path().join(".config"), "").unwrap();
    let text = autostart(&["on"]);
    assert!(text.contains("does not let this program start by itself") && text.contains("help:"), "{text}");
}

#[test]
fn a_reader_that_leaves_is_no_crash() {
    // Neither one that took the error messages.
    let data = tempfile::tempdir().unwrap();
    let missing = data.path().join("empty.png");
    let mut identify = Process::new(env!("CARGO_BIN_EXE_overlay"))
        .arg("identify")
        .arg(&missing)
        .env("BALATRO_LENS_DATA", data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(identify.stderr.take());
    identify.wait().unwrap();
    assert!(panic_hook::reports(&panic_hook::folder(data.path())).is_empty(), "a crash report was left");
    let data = tempfile::tempdir().unwrap();
    let mut doctor = Process::new(env!("CARGO_BIN_EXE_overlay"))
        .arg("doctor")
        .env("BALATRO_LENS_DATA", data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(doctor.stdout.take());
    let output = doctor.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(panic_hook::reports(&panic_hook::folder(data.path())).is_empty());
}
