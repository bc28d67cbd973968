//! Desktops that are started for a trial: window managers on a virtual screen, and Wayland
//! compositors in a window on it, with X programs as their guests.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use overlay::desktop::window::x11::Desktop as Windows;
use overlay::messages::window::Compositor;

use crate::desktop::{Desktop, Program, has_program, run, set_env, wait_for};
use crate::screen::OUTER;

/// One kind of desktop.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// For the table.
    pub(crate) name: &'static str,
    /// The program that makes it one; the table tells its version.
    program: &'static str,
    start: fn(&mut Setup<'_>),
    /// Whether windows can be minimised.
    pub(crate) minimises: bool,
    /// Goes to the workspace of this number, counted from 0; `None` where there is one only.
    pub(crate) go_to: Option<fn(&Session, usize)>,
}

/// All of them, in the order of the table.
pub(crate) const KINDS: [Kind; 10] = [
    Kind {
        name: "openbox, no compositor",
        program: "openbox",
        start: |setup| setup.manager("openbox", &["--sm-disable"]),
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "openbox, picom",
        program: "openbox",
        start: |setup| {
            setup.manager("openbox", &["--sm-disable"]);
            setup.manager("picom", &["--backend", "xrender", "--config", "/dev/null"]);
        },
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "Xfce (xfwm4)",
        program: "xfwm4",
        start: |setup| setup.manager("xfwm4", &["--compositor=on"]),
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    I3,
    Kind {
        name: "GNOME's mutter, X11",
        program: "mutter",
        start: |setup| setup.manager("mutter", &["--x11"]),
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "KDE's KWin, X11",
        program: "kwin_x11",
        start: |setup| {
            setup.write("config/kwinrc", "[Desktops]\nNumber=2\n");
            setup.manager("kwin_x11", &[]);
        },
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "GNOME's mutter, Wayland",
        program: "mutter",
        start: |setup| setup.mutter(),
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "KDE's KWin, Wayland",
        program: "kwin_wayland",
        start: |setup| {
            setup.write("config/kwinrc", "[Desktops]\nNumber=2\n");
            // As installed it has a right of its own, which not every machine grants: a copy has
            // none.
            let copy = setup.copy_of_program("kwin_wayland");
            let (outer, [width, height]) =
                (setup.desktop.display.clone(), NESTED.map(|side| side.to_string()));
            let words = ["--x11-display", &outer, "--width", &width, "--height", &height, "--xwayland"];
            setup.nest(Command::new(copy).args(words).arg("--no-lockscreen"));
        },
        minimises: true,
        go_to: Some(go_to_desktop),
    },
    Kind {
        name: "sway",
        program: "sway",
        start: |setup| {
            let [width, height] = NESTED;
            let config = setup.write(
                "sway.conf",
                &format!(
                    "output * resolution {width}x{height}\ndefault_border none\nxwayland force\n\
                     for_window [title=\"E2E table\"] floating enable\n\
                     for_window [title=\"Cover\"] floating enable\nexec xhost +si:localuser:root\n"
                ),
            );
            let mut sway = setup.as_nobody("sway");
            sway.arg("-c").arg(config).env("WLR_BACKENDS", "x11").env("WLR_RENDERER", "pixman");
            sway.env("SWAYSOCK", setup.folder().join("run/sway.sock"));
            setup.nest(&mut sway);
        },
        minimises: false,
        go_to: Some(|session, number| {
            let name = (number + 1).to_string();
            let socket = session.folder.join("run/sway.sock");
            session.tell("swaymsg", &["-s", &socket.display().to_string(), "workspace", &name]);
        }),
    },
    Kind {
        name: "weston",
        program: "weston",
        start: |setup| {
            let [width, height] = NESTED;
            let config = setup.write(
                "weston.ini",
                &format!(
                    "[core]\nxwayland=true\nidle-time=0\n[shell]\npanel-position=none\nlocking=false\n\
                     [output]\nname=X1\nmode={width}x{height}\n"
                ),
            );
            let mut weston = Command::new("weston");
            weston
                .args(["--backend=x11-backend.so", "--use-pixman"])
                .arg(format!("--config={}", config.display()));
            setup.nest(&mut weston);
        },
        // Not when a program asks for it.
        minimises: false,
        go_to: None,
    },
];

/// The tiling one, which hides windows by hiding their frames.
pub(crate) const I3: Kind = Kind {
    name: "i3, no compositor",
    program: "i3",
    start: |setup| {
        let rules = "# i3 config file (v4)\nfor_window [title=\"E2E table\"] floating enable\n\
                     for_window [title=\"Cover\"] floating enable\n";
        let config = setup.write("i3.conf", rules).display().to_string();
        setup.manager("i3", &["-c", &config]);
    },
    minimises: false,
    go_to: Some(|session, number| session.tell("i3-msg", &["workspace", &(number + 1).to_string()])),
};

/// What a session and its screen set in the environment.
pub(crate) const CHANGED: [&str; 6] =
    ["DISPLAY", "XAUTHORITY", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", OUTER];

/// Width and height of a compositor's window on the screen.
const NESTED: [u32; 2] = [1920, 1150];

/// A desktop that is being started.
pub(crate) struct Setup<'a> {
    desktop: &'a Desktop,
    programs: Vec<Program>,
}

/// A desktop that runs; it ends when it is dropped.
pub(crate) struct Session {
    pub(crate) version: String,
    folder: PathBuf,
    _programs: Vec<Program>,
}

impl Session {
    /// Starts one on an empty screen; `None` where its program is not installed.
    pub(crate) fn start(kind: &Kind, desktop: &Desktop) -> Option<Self> {
        if !has_program(kind.program) {
            return None;
        }
        let run = desktop.folder.join("run");
        fs::create_dir_all(&run).expect("the test's folder can be written");
        set_env("XDG_RUNTIME_DIR", &run.display().to_string());
        let mut setup = Setup { desktop, programs: Vec::new() };
        if has_program("dbus-daemon") {
            let mut bus = Command::new("dbus-daemon");
            bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
            let bus = Program::start(bus, &desktop.folder.join("bus.log"));
            let address = wait_for("the session bus", || Some(bus.log().lines().next()?.to_owned()));
            set_env("DBUS_SESSION_BUS_ADDRESS", &address);
            setup.programs.push(bus);
        }
        (kind.start)(&mut setup);
        let version = version(kind.program);
        Some(Self { version, folder: desktop.folder.clone(), _programs: setup.programs })
    }

    /// Asks the desktop for something by a program of its own.
    fn tell(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        let done = command.args(arguments).stdout(Stdio::null()).status().is_ok_and(|it| it.success());
        assert!(done, "{program} {arguments:?}");
    }
}

impl Setup<'_> {
    fn folder(&self) -> &Path {
        &self.desktop.folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("it has a folder"))
            .expect("the test's folder can be written");
        fs::write(&path, text).expect("as above");
        path
    }

    fn copy_of_program(&self, name: &str) -> PathBuf {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
        let (from, to) =
            (places.find(|it| it.is_file()).expect("it was found before"), self.folder().join(name));
        fs::copy(from, &to).expect("the test's folder can be written");
        to
    }

    /// A window manager or compositor on the screen itself.
    fn manager(&mut self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments);
        self.programs.push(Program::start(command, &self.folder().join(format!("{program}.log"))));
        wait_for(program, || match program {
            "picom" => (Windows::connect().ok()?.compositor().ok()? == Compositor::Running).then_some(()),
            _ => run("xdotool", &["get_desktop"]).then_some(()),
        });
    }

    fn mutter(&mut self) {
        let [width, height] = NESTED;
        let mut mutter = Command::new("mutter");
        mutter.args(["--wayland", "--nested"]);
        mutter.env("MUTTER_DEBUG_DUMMY_MODE_SPECS", format!("{width}x{height}"));
        self.nest(&mut mutter);
    }

    /// A command that a user without rights runs, where the program refuses root.
    fn as_nobody(&self, program: &str) -> Command {
        let run = self.folder().join("run");
        let done = Command::new("chown").args(["-R", "nobody"]).arg(&run).status();
        if !done.is_ok_and(|it| it.success()) {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", program]);
        command
    }

    /// A compositor in a window on the screen: programs go to its X server from now on, what is
    /// seen and pressed is the screen's.
    fn nest(&mut self, command: &mut Command) {
        let log = self.folder().join("compositor.log");
        let before = displays();
        let mut own = Command::new(command.get_program());
        own.args(command.get_args());
        for (name, value) in command.get_envs() {
            own.env(name, value.unwrap_or_default());
        }
        self.programs.push(Program::start(own, &log));
        let found = || displays().into_iter().find(|it| !before.contains(it));
        let inner = wait_for("the compositor's X server", found);
        set_env(OUTER, &self.desktop.display);
        set_env("DISPLAY", &format!(":{inner}"));
        let run = self.folder().join("run");
        let secret = || {
            let entries = fs::read_dir(&run).ok()?.flatten();
            entries.map(|it| it.path()).find(|it| it.display().to_string().contains("Xwaylandauth"))
        };
        wait_for("X programs are let in", || {
            // Only mutter has one, which it writes a little later.
            if let Some(file) = secret() {
                set_env("XAUTHORITY", &file.display().to_string());
            }
            Windows::connect().ok()
        });
    }
}

/// Numbers of the X servers on this machine. One that was killed leaves its socket behind, and the
/// next takes it over.
fn displays() -> Vec<u32> {
    let sockets = fs::read_dir("/tmp/.X11-unix").into_iter().flatten().flatten();
    let answering = sockets.filter(|it| UnixStream::connect(it.path()).is_ok());
    answering.filter_map(|it| it.file_name().to_string_lossy().strip_prefix('X')?.parse().ok()).collect()
}

/// What a program says of its version.
fn version(program: &str) -> String {
    let mut command = Command::new(match program {
        // The installed one may not start.
        "kwin_wayland" => "kwin_x11",
        _ => program,
    });
    let output = command.arg("--version").output().map(|it| it.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output).into_owned();
    let words = text.split(|it: char| it.is_whitespace() || it == ',' || it == '(');
    let is_number = |word: &&str| word.starts_with(|it: char| it.is_ascii_digit()) && word.contains('.');
    words.map(|word| word.trim_start_matches('v')).find(is_number).unwrap_or("?").to_owned()
}

/// Goes to another workspace as pagers do.
fn go_to_desktop(session: &Session, number: usize) {
    session.tell("xdotool", &["set_desktop", &number.to_string()]);
}
