//! A throw-away desktop and the programs on it; all end when it is dropped.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use overlay::messages::window::Compositor;

/// A running program; ended when it is dropped.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let file = File::create(log).expect("the test's folder can be written");
        let errors = file.try_clone().expect("a file can be opened twice");
        command.stdout(file).stderr(errors).stdin(Stdio::null());
        let name = command.get_program().to_owned();
        let child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", name.display()));
        Self { child, log: log.to_path_buf() }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it at once.
    pub(crate) fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its exit code once it has ended by itself; the inner one is `None` after a signal.
    pub(crate) fn ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().ok().flatten().map(|status| status.code())
    }

    /// Time that all its threads were on a processor.
    pub(crate) fn processor_time(&self) -> Duration {
        self.processor_times().into_iter().map(|(.., time)| time).sum()
    }

    /// Its number, which its main thread has too.
    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Number and name of each of its threads, and the time that it was on a processor.
    pub(crate) fn processor_times(&self) -> Vec<(u32, String, Duration)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let times = tasks.flatten().filter_map(|task| {
            let read = |name: &str| fs::read_to_string(task.path().join(name)).ok();
            let number = task.file_name().to_string_lossy().parse().ok()?;
            let nanos = read("schedstat")?.split_whitespace().next()?.parse().ok()?;
            Some((number, read("comm")?.trim().to_owned(), Duration::from_nanos(nanos)))
        });
        times.collect()
    }

    /// Memory that it uses now, in megabytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("Linux says it");
        line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).expect("a number") / 1024
    }

    /// Asks it to end as Ctrl+C does; returns its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("kill is there");
        let ended = wait_for("the program ends", || self.child.try_wait().ok().flatten());
        ended.code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// A server of its own, with nothing on it.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) name: String,
}

/// Xvfb with a window manager; a compositor when wanted.
pub(crate) struct Desktop {
    pub(crate) folder: PathBuf,
    /// Left behind for whoever looks into it.
    keeps_folder: bool,
    /// Its server's name.
    pub(crate) display: String,
    compositor: Option<Program>,
    window_manager: Option<Program>,
    _server: Program,
}

/// What must be installed for these tests.
const NEEDED: [&str; 4] = ["Xvfb", "openbox", "picom", "xdotool"];

/// Programs that are not installed.
pub(crate) fn missing() -> Vec<&'static str> {
    NEEDED.into_iter().filter(|name| !has_program(name)).collect()
}

/// Whether a program is installed.
pub(crate) fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

impl Desktop {
    /// Starts everything and points `DISPLAY` at it.
    pub(crate) fn start() -> Self {
        let mut desktop = Self::bare();
        let mut openbox = Command::new("openbox");
        openbox.arg("--sm-disable");
        desktop.window_manager = Some(Program::start(openbox, &desktop.folder.join("openbox.log")));
        wait_for("the window manager", || run("xdotool", &["get_desktop"]).then_some(()));
        desktop.start_compositor();
        desktop
    }

    /// Starts a server, with nothing on it yet, and points `DISPLAY` at it.
    pub(crate) fn bare() -> Self {
        // A later one starts where an earlier one was left after a failure.
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("overlay-e2e-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder can be made");
        let Server { program: server, name } = Self::bare_server(&folder, &[]);
        set_env("DISPLAY", &name);
        set_env("XDG_CONFIG_HOME", &folder.join("config").display().to_string());
        Self {
            folder,
            keeps_folder: false,
            display: name,
            compositor: None,
            window_manager: None,
            _server: server,
        }
    }

    /// Starts a server and nothing else.
    pub(crate) fn bare_server(folder: &Path, arguments: &[&str]) -> Server {
        // The server picks a free number itself and writes it down.
        let number = folder.join("display");
        let _ = fs::remove_file(&number);
        let mut server = Command::new("sh");
        let line = "exec Xvfb -displayfd 3 -screen 0 2048x1200x24 -nolisten tcp -noreset \"$@\" 3>\"$0\"";
        server.arg("-c").arg(line).arg(&number).args(arguments);
        let program = Program::start(server, &folder.join("xvfb.log"));
        let number = wait_for("the display", || {
            let text = fs::read_to_string(&number).ok()?;
            text.ends_with('\n').then(|| text.trim().to_owned())
        });
        Server { program, name: format!(":{number}") }
    }

    pub(crate) fn start_compositor(&mut self) {
        let mut picom = Command::new("picom");
        picom.args(["--backend", "xrender", "--config", "/dev/null"]);
        self.compositor = Some(Program::start(picom, &self.folder.join("picom.log")));
        let running = || {
            let desktop = overlay::desktop::window::x11::Desktop::connect().ok()?;
            (desktop.compositor().ok()? == Compositor::Running).then_some(())
        };
        wait_for("the compositor", running);
    }

    /// Leaves the folder behind after a failure.
    pub(crate) fn keep_folder(&mut self) {
        println!("    what its programs said is in {}", self.folder.display());
        self.keeps_folder = true;
    }

    pub(crate) fn stop_compositor(&mut self) {
        self.compositor = None;
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if !self.keeps_folder && !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs a command quietly; returns whether it succeeded.
pub(crate) fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none for a long time.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    // Software drivers on a busy machine take their time.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What trials of other desktops change in the environment of this process; it is as before when
/// this is dropped.
pub(crate) struct Environment(Vec<(&'static str, Option<OsString>)>);

impl Environment {
    pub(crate) fn keep(names: &[&'static str]) -> Self {
        Self(names.iter().map(|name| (*name, std::env::var_os(name))).collect())
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        for (name, value) in &self.0 {
            change_env(name, value.as_deref());
        }
    }
}

pub(crate) fn set_env(name: &str, value: &str) {
    change_env(name, Some(value.as_ref()));
}

#[expect(unsafe_code, reason = "the environment of this process is set while no test runs")]
fn change_env(name: &str, value: Option<&OsStr>) {
    match value {
        // SAFETY: called from the main thread between two tests; threads of theirs have ended, or
        // read no environment.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(name) },
    }
}
