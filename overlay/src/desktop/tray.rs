//! The icon in the desktop's tray and its menu.
//!
//! What the menu says follows from [`MenuState`] and is plain data; `command` reads a chosen entry
//! back. Only [`Tray`] speaks with the desktop.

pub mod host;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tray_icon::menu::{CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tray_icon::{Icon, TrayIcon, TrayIconBuilder};

use crate::messages::command::Command;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::{WindowId, WindowInfo};

/// What the menu shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MenuState {
    /// Whether marks are drawn.
    pub marks: bool,
    /// Whether nothing is looked at.
    pub paused: bool,
    /// Whether cards are saved as they come.
    pub automatic: bool,
    /// Whether the overlay starts with the desktop.
    pub autostart: bool,
    /// Models to choose from.
    pub models: Vec<String>,
    /// The one that runs.
    pub model: String,
    /// Whether the cards of mods are read.
    pub reads_mods: bool,
    /// The mods that were read, and what each brings.
    pub mods: Vec<String>,
    /// Windows to choose from.
    pub windows: Vec<WindowInfo>,
    /// The one that was chosen; `None` lets the overlay find the game.
    pub window: Option<WindowId>,
    /// What recognition runs on.
    pub hardware: String,
    /// The last notice: it is shown over the game too, but often there is no game yet.
    pub notice: Option<String>,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Plain {
        id: String,
        text: String,
    },
    /// Text that cannot be chosen.
    Text(String),
    Checked {
        id: String,
        text: String,
        is_checked: bool,
    },
    Group {
        text: String,
        entries: Vec<Self>,
    },
    Line,
}

/// Longest title of a window in the menu, and longest line about a mod.
const MAX_TITLE: usize = 48;
/// Mods that are listed; the page of mods has all of them.
const MAX_MODS: usize = 24;
/// Longest line of the last notice.
const MAX_LINE: usize = 64;
/// Lines of the last notice that are shown.
const MAX_LINES: usize = 4;

fn plain(id: &str, text: &str) -> Entry {
    Entry::Plain { id: id.into(), text: text.into() }
}

fn checked(id: String, text: &str, is_checked: bool) -> Entry {
    Entry::Checked { id, text: text.into(), is_checked }
}

fn entries(shown: &MenuState) -> Vec<Entry> {
    let models = shown
        .models
        .iter()
        .map(|name| checked(format!("model:{name}"), name, *name == shown.model))
        .collect();
    let mut windows = vec![checked("window:".into(), "Find the game", shown.window.is_none())];
    windows.extend(shown.windows.iter().filter(|window| !window.title.is_empty()).map(|window| {
        checked(format!("window:{}", window.id.0), &clipped(&window.title), shown.window == Some(window.id))
    }));
    let mut mods = vec![checked("mods".into(), "Read mods", shown.reads_mods), Entry::Line];
    mods.extend(shown.mods.iter().take(MAX_MODS).map(|name| Entry::Text(clipped(name))));
    if shown.mods.len() > MAX_MODS {
        mods.push(Entry::Text(format!("and {} more", shown.mods.len() - MAX_MODS)));
    } else if shown.mods.is_empty() {
        mods.push(Entry::Text("No mods are read".into()));
    }
    mods.extend([Entry::Line, plain("mods-page", "Choose mods")]);
    let mut entries: Vec<Entry> =
        shown.notice.iter().flat_map(|notice| lines(notice)).map(Entry::Text).collect();
    if !entries.is_empty() {
        entries.push(Entry::Line);
    }
    entries.extend([
        checked("toggle".into(), "Show marks", shown.marks),
        checked("pause".into(), "Pause", shown.paused),
        Entry::Line,
        Entry::Group { text: "Model".into(), entries: models },
        Entry::Group { text: "Window".into(), entries: windows },
        Entry::Group { text: "Mods".into(), entries: mods },
        Entry::Line,
        plain("snapshot", "Save unknown cards"),
        checked("automatic".into(), "Save cards as they come", shown.automatic),
        plain("labeller", "Open labeller"),
        Entry::Line,
        plain("data", "Open data folder"),
        plain("settings", "Open settings"),
        checked("autostart".into(), "Start when I log in", shown.autostart),
        plain("report", "Save a report"),
        plain("about", "About"),
        Entry::Line,
        plain("quit", "Quit"),
    ]);
    if !shown.hardware.is_empty() {
        entries.push(Entry::Line);
        entries.extend(lines(&shown.hardware).into_iter().map(Entry::Text));
    }
    entries
}

/// As much of a text as a line of the menu holds.
fn clipped(text: &str) -> String {
    text.chars().take(MAX_TITLE).collect()
}

/// The text broken between words into the first few lines that are as long as a menu may be wide.
fn lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + word.chars().count() >= MAX_LINE {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.truncate(MAX_LINES);
    lines
}

/// What choosing an entry asks for.
fn command(id: &str) -> Option<Command> {
    Some(match id {
        "toggle" => Command::Toggle,
        "pause" => Command::Pause,
        "snapshot" => Command::Snapshot,
        "automatic" => Command::ToggleAutomatic,
        "report" => Command::Report,
        "mods" => Command::ToggleMods,
        "mods-page" => Command::OpenMods,
        "labeller" => Command::OpenLabeller,
        "data" => Command::OpenData,
        "settings" => Command::OpenSettings,
        "autostart" => Command::ToggleAutostart,
        "about" => Command::About,
        "quit" => Command::Quit,
        "window:" => Command::Follow(None),
        _ => match id.split_once(':')? {
            ("model", name) => Command::Model(name.into()),
            ("window", number) => Command::Follow(Some(WindowId(number.parse().ok()?))),
            _ => return None,
        },
    })
}

/// This desktop shows no icon of ours.
#[derive(Debug, thiserror::Error)]
pub enum TrayError {
    /// The menu cannot be made.
    #[error(transparent)]
    Menu(#[from] tray_icon::menu::Error),
    /// There is no tray.
    #[error("no tray here ({0}); hotkeys and the local API do the same")]
    Refused(#[from] tray_icon::Error),
}

/// The icon; it goes when this is dropped.
pub struct Tray {
    icon: TrayIcon,
    shown: MenuState,
    /// Whether an entry was chosen since: check marks then turn over by themselves, also where
    /// nothing has changed.
    touched: Arc<AtomicBool>,
}

impl Tray {
    /// Puts the icon up. Where no tray is shown yet, it appears when there is one.
    ///
    /// # Errors
    /// When the desktop has no way to show one.
    pub fn open(sink: EventSink) -> Result<Self, TrayError> {
        let touched = Arc::<AtomicBool>::default();
        let theirs = Arc::clone(&touched);
        MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
            theirs.store(true, Ordering::SeqCst);
            if let Some(command) = command(event.id().as_ref()) {
                // Nobody listens once the program ends.
                let _ = sink(AppEvent::Command(command));
            }
        }));
        let shown = MenuState::default();
        let icon = TrayIconBuilder::new()
            .with_tooltip("Balatro Lens")
            .with_title("Balatro Lens")
            .with_icon(picture())
            .with_menu(Box::new(menu(&entries(&shown))?))
            .build()?;
        match host::host() {
            host::Host::Shows => {}
            nobody => log::warn!("the tray icon: {nobody}"),
        }
        Ok(Self { icon, shown, touched })
    }

    /// Changes the menu, when it has to tell something else.
    pub fn show(&mut self, shown: &MenuState) {
        if self.shown == *shown && !self.touched.swap(false, Ordering::SeqCst) {
            return;
        }
        self.shown.clone_from(shown);
        match menu(&entries(shown)) {
            Ok(menu) => self.icon.set_menu(Some(Box::new(menu))),
            Err(error) => log::warn!("the tray's menu cannot be changed: {error}"),
        }
    }
}

fn menu(entries: &[Entry]) -> tray_icon::menu::Result<Menu> {
    let menu = Menu::new();
    for entry in entries {
        menu.append(&*item(entry)?)?;
    }
    Ok(menu)
}

fn item(entry: &Entry) -> tray_icon::menu::Result<Box<dyn IsMenuItem>> {
    Ok(match entry {
        Entry::Plain { id, text } => Box::new(MenuItem::with_id(id.as_str(), plainly(text), true, None)),
        Entry::Text(text) => Box::new(MenuItem::new(plainly(text), false, None)),
        Entry::Checked { id, text, is_checked } => {
            Box::new(CheckMenuItem::with_id(id.as_str(), plainly(text), true, *is_checked, None))
        }
        Entry::Line => Box::new(PredefinedMenuItem::separator()),
        Entry::Group { text, entries } => {
            let group = Submenu::new(plainly(text), !entries.is_empty());
            for entry in entries {
                group.append(&*item(entry)?)?;
            }
            Box::new(group)
        }
    })
}

/// A text as it is: alone, `&` would mark the letter to press.
fn plainly(text: &str) -> String {
    text.replace('&', "&&")
}

/// Two cards and a lens's ring around the upper one.
fn picture() -> Icon {
    const SIDE: u32 = 32;
    let inside =
        |x: i32, y: i32, left: i32, top: i32| (left..left + 15).contains(&x) && (top..top + 21).contains(&y);
    let pixel = |at: u32| {
        let (x, y) = ((at % SIDE) as i32, (at / SIDE) as i32);
        let ring = (x - 18).pow(2) + (y - 16).pow(2);
        match () {
            () if (49..=90).contains(&ring) => [0xff, 0x9d, 0x3d, 0xff],
            () if inside(x, y, 11, 6) => [0xf4, 0xf6, 0xfa, 0xff],
            () if inside(x, y, 5, 3) => [0x4f, 0xc3, 0xf7, 0xff],
            () => [0; 4],
        }
    };
    Icon::from_rgba((0..SIDE * SIDE).flat_map(pixel).collect(), SIDE, SIDE).expect("the image has its size")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> MenuState {
        let window = |id: u64, title: &str| WindowInfo {
            id: WindowId(id),
            title: title.into(),
            program: String::new(),
        };
        MenuState {
            marks: true,
            paused: false,
            automatic: true,
            autostart: true,
            models: vec!["balatro".into(), "practice".into()],
            model: "practice".into(),
            reads_mods: true,
            mods: vec!["The Garden: 6 cards".into()],
            windows: vec![window(7, "Balatro"), window(8, ""), window(9, &"x".repeat(200))],
            window: Some(WindowId(7)),
            hardware: String::new(),
            notice: None,
        }
    }

    fn flat(entries: Vec<Entry>) -> Vec<Entry> {
        let each = |entry| match entry {
            Entry::Group { entries, .. } => flat(entries),
            entry => vec![entry],
        };
        entries.into_iter().flat_map(each).collect()
    }

    #[test]
    fn what_was_said_stands_at_the_top_in_lines_that_fit() {
        let said =
            "No window of Balatro is found\nhelp: start the game, or choose its window below. ".repeat(9);
        let entries = entries(&MenuState { notice: Some(said), ..shown() });
        let texts: Vec<&String> = entries
            .iter()
            .map_while(|entry| if let Entry::Text(text) = entry { Some(text) } else { None })
            .collect();
        assert_eq!(texts.len(), MAX_LINES);
        assert_eq!(texts[0], "No window of Balatro is found help: start the game, or choose");
        assert!(texts.iter().all(|text| text.chars().count() <= MAX_LINE), "{texts:?}");
        assert_eq!(entries[MAX_LINES], Entry::Line);
    }

    #[test]
    fn mods_are_listed_as_far_as_there_is_room() {
        let texts = |mods: Vec<String>| -> Vec<String> {
            let all = flat(entries(&MenuState { mods, ..shown() }));
            all.into_iter()
                .filter_map(|it| if let Entry::Text(text) = it { Some(text) } else { None })
                .collect()
        };
        assert_eq!(texts(Vec::new()), ["No mods are read"]);
        assert_eq!(texts(vec!["The Garden: 6 cards".into()]), ["The Garden: 6 cards"]);
        let many = texts((0..30).map(|number| format!("{number} {}", "x".repeat(99))).collect());
        assert_eq!((many.len(), many[MAX_MODS].as_str()), (MAX_MODS + 1, "and 6 more"));
        assert!(many.iter().all(|text| text.chars().count() <= MAX_TITLE), "{many:?}");
    }

    #[test]
    fn what_recognition_runs_on_stands_at_the_end() {
        let hardware = "Runs on WebGPU 3.0 ms, CPU 8.0 ms".to_owned();
        let entries = entries(&MenuState { hardware: hardware.clone(), ..shown() });
        assert_eq!(entries.last(), Some(&Entry::Text(hardware)));
    }

    #[test]
    fn every_entry_asks_for_something_and_marks_are_where_things_are() {
        let mut marked = Vec::new();
        for entry in flat(entries(&shown())) {
            let (id, text) = match entry {
                Entry::Plain { id, text } => (id, text),
                Entry::Checked { id, text, is_checked } => {
                    marked.extend(is_checked.then(|| id.clone()));
                    (id, text)
                }
                Entry::Text(_) | Entry::Group { .. } | Entry::Line => continue,
            };
            assert!(
                command(&id).is_some() && !text.is_empty() && text.chars().count() <= MAX_TITLE,
                "{id} {text}"
            );
        }
        assert_eq!(marked, ["toggle", "model:practice", "window:7", "mods", "automatic", "autostart"]);
        assert_eq!(command("window:9"), Some(Command::Follow(Some(WindowId(9)))));
        assert_eq!(command("window:"), Some(Command::Follow(None)));
        assert_eq!((command("window:x"), command("format")), (None, None));
    }
}
