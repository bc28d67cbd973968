//! The tray icon, with a desktop that shows it: a session bus of its own and a watcher that knows
//! the icon's menu.

use std::collections::HashMap;
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{Structure, Value};

use crate::child::Task;
use crate::desktop::{Desktop, Program, wait_for};
use crate::harness::Outcome;
use crate::stage::{OVERLAY, SEED, STILL, Stage, TITLE, strokes};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";

pub(crate) fn the_tray_shows_and_asks(desktop: &mut Desktop) -> Outcome {
    let Some((mut bus, address)) = session_bus(desktop) else { return no_bus() };
    assert!(doctor(&address).contains("nothing on this desktop shows tray icons"), "{}", doctor(&address));
    let (connection, items) = watch(&address);
    assert!(doctor(&address).contains("shown by the desktop"), "{}", doctor(&address));

    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env(ADDRESS, &address);
    let mut stage = Stage::set_with(desktop, command);
    let area = stage.wait_for_marks();
    let icon = items.recv_timeout(Duration::from_secs(20)).expect("the icon registers itself");
    let icon = Icon { connection, name: icon };
    let labels: Vec<String> = icon.entries().into_iter().map(|(_, label)| label).collect();
    let wanted = [
        "Show marks",
        "Pause",
        "Model",
        "Window",
        "Find the game",
        "Mods",
        "Read mods",
        "Choose mods",
        "Save unknown cards",
        "Save cards as they come",
        "Open labeller",
        "Open data folder",
        "Open settings",
        "About",
        "Quit",
    ];
    for label in wanted {
        assert!(labels.iter().any(|it| it == label), "{label:?} is not in the menu: {labels:?}");
    }
    wait_for("the game in the list of windows", || {
        icon.entries().iter().any(|(_, label)| label == TITLE).then_some(())
    });
    icon.click("Show marks");
    wait_for("the marks are hidden", || (strokes(&stage, area) < 0.3).then_some(()));
    icon.click("Show marks");
    stage.wait_for_marks();
    icon.click("Quit");
    let code = wait_for("it ends when asked to", || stage.overlay.ended());
    assert_eq!(code, Some(0), "{}", stage.overlay.log());
    drop(stage);

    // Without the bus everything else goes on.
    bus.end();
    assert!(doctor(&address).contains("no D-Bus session"), "{}", doctor(&address));
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env(ADDRESS, &address);
    let stage = Stage::set_with(desktop, command);
    stage.wait_for_marks();
    let log = stage.overlay.log();
    assert_eq!(log.matches("hotkeys and the local API").count(), 1, "it is said once: {log}");
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Of several windows the overlay lies over the one that was chosen, though another matches; it
/// goes back when told to find the game by itself.
pub(crate) fn a_window_is_chosen_in_the_tray(desktop: &mut Desktop) -> Outcome {
    const OTHER: &str = "Another table & chair";
    let Some((_bus, address)) = session_bus(desktop) else { return no_bus() };
    let (connection, items) = watch(&address);
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env(ADDRESS, &address);
    let stage = Stage::set_with(desktop, command);
    let area = stage.wait_for_marks();
    let icon = items.recv_timeout(Duration::from_secs(20)).expect("the icon registers itself");
    let icon = Icon { connection, name: icon };
    let mut other = Command::new(OVERLAY);
    other.args(["practice", "--still", "3", "--title", OTHER, "--size", "700x420"]);
    let mut other = Program::start(other, &desktop.folder.join("other.log"));
    let over = |title: &str| {
        let (window, shown) = stage.screen.find(title)?;
        let wanted = stage.screen.area(window).filter(|_| shown)?;
        (stage.overlay_area()? == wanted).then_some(wanted)
    };
    let listed = |title: &str| icon.entries().iter().any(|(_, label)| label == title);
    wait_for("both windows in the list", || (listed(OTHER) && listed(TITLE)).then_some(()));
    icon.click(OTHER);
    let there = wait_for("the overlay lies over the chosen window", || over(OTHER));
    assert_ne!(there, area);
    // Chosen once more, it is still ticked.
    icon.click(OTHER);
    wait_for("the tick stays", || icon.is_ticked(OTHER).then_some(()));
    std::thread::sleep(Duration::from_millis(500));
    assert!(icon.is_ticked(OTHER), "a click on what is chosen must not untick it");
    icon.click("Find the game");
    wait_for("it lies over the game again", || over(TITLE));
    stage.wait_for_marks();
    // A chosen window that is closed is not waited for.
    icon.click(OTHER);
    wait_for("the overlay lies over the chosen window again", || over(OTHER));
    other.end();
    wait_for("it goes back to the game by itself", || over(TITLE));
    assert_eq!(stage.overlay.interrupt(), Some(0));
    Outcome::Passed
}

/// Without a game there is nothing to speak over: the desktop says that none is found.
pub(crate) fn what_cannot_be_read_over_the_game_is_a_notification(desktop: &mut Desktop) -> Outcome {
    let Some((_bus, address)) = session_bus(desktop) else { return no_bus() };
    let (texts, said) = sync_channel(16);
    let _connection = Builder::address(address.as_str())
        .and_then(|it| it.serve_at("/org/freedesktop/Notifications", Notifications { texts }))
        .and_then(|it| it.name("org.freedesktop.Notifications"))
        .and_then(Builder::build)
        .expect("the bus takes a service");
    let mut command = Task::command("No such game <&>", SEED, STILL, &desktop.folder);
    command.env(ADDRESS, &address);
    let overlay = Program::start(command, &desktop.folder.join("lonely.log"));
    let text = said.recv_timeout(Duration::from_secs(60)).expect("a notification comes");
    assert!(text.contains("is not found") && text.contains("No such game &lt;&amp;&gt;"), "{text}");
    assert_eq!(overlay.interrupt(), Some(0));
    // Who wants none gets none.
    let file = desktop.folder.join("overlay.toml");
    std::fs::write(&file, "[show]\nnotifications = false\n[hotkeys]\ntoggle = \"Ctrl+Nonsense\"\n").unwrap();
    let mut command = Task::command(TITLE, SEED, STILL, &desktop.folder);
    command.env(ADDRESS, &address);
    let stage = Stage::set_with(desktop, command);
    stage.wait_for_marks();
    assert!(stage.overlay.log().contains("Nonsense"), "{}", stage.overlay.log());
    assert!(said.try_recv().is_err());
    assert_eq!(stage.overlay.interrupt(), Some(0));
    std::fs::remove_file(&file).unwrap();
    Outcome::Passed
}

/// What shows notifications on a desktop.
struct Notifications {
    texts: SyncSender<String>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    fn notify(
        &self,
        _program: &str,
        _replaces: u32,
        _icon: &str,
        _summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, Value<'_>>,
        _timeout: i32,
    ) -> u32 {
        // The test may be over.
        let _ = self.texts.send(body.to_owned());
        1
    }
}

/// A session bus of its own, and its address.
fn session_bus(desktop: &Desktop) -> Option<(Program, String)> {
    let works = Command::new("dbus-daemon").arg("--version").output().is_ok_and(|it| it.status.success());
    works.then(|| {
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let bus = Program::start(bus, &desktop.folder.join("bus.log"));
        let address = wait_for("the session bus", || Some(bus.log().lines().next()?.to_owned()));
        (bus, address)
    })
}

fn no_bus() -> Outcome {
    Outcome::Skipped("dbus-daemon is not installed".into())
}

/// What the doctor says of the tray.
fn doctor(address: &str) -> String {
    let mut doctor = Command::new(OVERLAY);
    let output = doctor.args(["doctor", "--frames", "1"]).env(ADDRESS, address).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = told.lines().skip_while(|line| !line.contains(" tray ")).take(3);
    lines.collect::<Vec<_>>().join("\n")
}

/// What a desktop's panel is to the icons.
struct Watcher {
    items: SyncSender<String>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str) {
        // The test may be over.
        let _ = self.items.send(service.to_owned());
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

fn watch(address: &str) -> (Connection, Receiver<String>) {
    let (items, registered) = sync_channel(16);
    let connection = Builder::address(address)
        .and_then(|it| it.serve_at("/StatusNotifierWatcher", Watcher { items }))
        .and_then(|it| it.name(WATCHER))
        .and_then(Builder::build)
        .expect("the bus takes a watcher");
    (connection, registered)
}

/// The icon as the panel sees it.
struct Icon {
    connection: Connection,
    name: String,
}

impl Icon {
    fn call(
        &self,
        method: &str,
        body: &(impl serde::Serialize + zbus::zvariant::DynamicType),
    ) -> zbus::Message {
        let interface = Some("com.canonical.dbusmenu");
        let name = self.name.as_str();
        self.connection
            .call_method(Some(name), "/MenuBar", interface, method, body)
            .expect("the menu answers")
    }

    /// Whether an entry bears a tick.
    fn is_ticked(&self, label: &str) -> bool {
        let entries = self.entries();
        let Some((number, _)) = entries.iter().find(|(_, it)| it == label) else { return false };
        let reply = self.call("GetProperty", &(*number, "toggle-state"));
        let body = reply.body();
        matches!(body.deserialize::<Value<'_>>(), Ok(Value::I32(1)))
    }

    /// Numbers and labels of all entries of the menu, those of its submenus too.
    fn entries(&self) -> Vec<(i32, String)> {
        let reply = self.call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new()));
        let body = reply.body();
        let layout: Structure<'_> = body.deserialize().expect("a layout is a number and an entry");
        let mut entries = Vec::new();
        collect(&layout.fields()[1], &mut entries);
        entries
    }

    fn click(&self, label: &str) {
        let entries = self.entries();
        let found = entries.iter().find(|(_, it)| it == label);
        let (number, _) = found.unwrap_or_else(|| panic!("{label:?} is not in the menu: {entries:?}"));
        self.call("Event", &(*number, "clicked", Value::from(0_i32), 0_u32));
    }
}

fn collect(entry: &Value<'_>, entries: &mut Vec<(i32, String)>) {
    let fields = match entry {
        Value::Value(inner) => return collect(inner, entries),
        Value::Structure(structure) => structure.fields(),
        _ => return,
    };
    let [Value::I32(number), Value::Dict(properties), Value::Array(children)] = fields else { return };
    for (key, value) in properties.iter() {
        let mut value = value;
        while let Value::Value(inner) = value {
            value = inner;
        }
        if let (Value::Str(key), Value::Str(text)) = (key, value)
            && key == "label"
        {
            // An underscore marks the letter to press.
            entries.push((*number, text.replace('_', "")));
        }
    }
    children.iter().for_each(|child| collect(child, entries));
}
