//! Which of the desktop's windows is the game. Pure: windows are listed and followed in `window/`.

use std::fmt;
use std::time::Duration;

use crate::messages::window::{WindowId, WindowInfo};

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The game itself.
    Game,
    /// A window whose title contains this text, upper or lower case.
    Title(String),
}

/// Title of the game's window, and part of its program's name.
const GAME: &str = "balatro";
/// Part of the class of every window of its engine.
const ENGINE: &str = "love";
/// Window class of the game under Steam's Proton.
const GAME_ON_PROTON: &str = "steam_app_2379780";

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Game => formatter.write_str("Balatro"),
            Self::Title(title) => write!(formatter, "a window titled {title:?}"),
        }
    }
}

/// Programs whose windows bear all kinds of titles, and are never the game: file managers,
/// terminals, browsers, and what shows or streams others' windows.
#[rustfmt::skip]
const BYSTANDERS: &[&str] = &[
    "nautilus", "dolphin", "thunar", "nemo", "caja", "pcmanfm", "pcmanfm-qt", "krusader", "doublecmd",
    "spacefm", "explorer", "finder", // file managers
    "xterm", "uxterm", "urxvt", "rxvt", "konsole", "gnome-terminal", "gnome-terminal-server", "console", "kgx",
    "ptyxis", "xfce4-terminal", "mate-terminal", "lxterminal", "qterminal", "terminator", "tilix", "kitty",
    "alacritty", "wezterm", "wezterm-gui", "foot", "st", "st-256color", "ghostty", "terminology", "yakuake",
    "guake", "cmd", "powershell", "pwsh", "windowsterminal", "conhost", "openconsole", "terminal", "iterm2",
    "iterm", // terminals
    "firefox", "firefox-esr", "navigator", "librewolf", "waterfox", "chromium", "chromium-browser", "chrome",
    "google-chrome", "brave", "brave-browser", "vivaldi", "vivaldi-stable", "opera", "msedge",
    "microsoft-edge", "safari", "epiphany", "falkon", "konqueror", "qutebrowser", "zen", // browsers
    "steam", "steamwebhelper", "discord", "obs", "obs64", "code", "vlc",
];

/// How likely a window is what is looked for; 0 is not at all.
fn rank(window: &WindowInfo, query: &Query) -> u8 {
    let (title, program) = (window.title.trim().to_lowercase(), window.program.to_lowercase());
    let is_bystander = program
        .split_whitespace()
        .map(|word| word.strip_suffix(".exe").unwrap_or(word))
        .any(|word| BYSTANDERS.contains(&word.rsplit('.').next().unwrap_or(word)));
    match query {
        Query::Game if is_bystander => 0,
        Query::Game => {
            let words = || program.split(['.', '/', '\\', ' ']);
            let is_title = title == GAME;
            let is_program = program.contains(GAME_ON_PROTON) || words().any(|word| word == GAME);
            // Started from its source, the game is a window of its engine.
            let is_engine = words().any(|word| word == ENGINE);
            match (is_title, is_program, is_engine) {
                (true, true, _) | (true, _, true) => BEST,
                (_, true, _) => 2,
                (true, ..) => 1,
                _ => 0,
            }
        }
        Query::Title(wanted) => {
            let wanted = wanted.trim().to_lowercase();
            let likely = if title == wanted { 2 } else { u8::from(title.contains(&wanted)) };
            // Such a window may be meant, but hardly where another one bears the title, too.
            if likely == 0 { 0 } else { 2 * likely - u8::from(is_bystander) }
        }
    }
}

/// The rank that no window can surpass.
const BEST: u8 = 4;

/// The best matches among `windows`, which are listed from the bottom to the top; the topmost comes
/// last.
///
/// For the game, program and title together win, then the program, then the title: a browser tab or
/// a folder whose title mentions the game must not be taken for it.
pub fn matches<'a>(windows: &'a [WindowInfo], query: &Query) -> Vec<&'a WindowInfo> {
    let best = windows.iter().map(|window| rank(window, query)).max().unwrap_or(0);
    windows.iter().filter(|window| best > 0 && rank(window, query) == best).collect()
}

/// The best match, the topmost of several.
pub fn choose<'a>(windows: &'a [WindowInfo], query: &Query) -> Option<&'a WindowInfo> {
    pick(windows, query, None, None)
}

/// The best match. Of several it is the one that is `active`, else the one that is followed by now,
/// else the topmost.
pub fn pick<'a>(
    windows: &'a [WindowInfo],
    query: &Query,
    active: Option<WindowId>,
    followed: Option<WindowId>,
) -> Option<&'a WindowInfo> {
    let matches = matches(windows, query);
    let of = |wanted: Option<WindowId>| matches.iter().find(|window| Some(window.id) == wanted).copied();
    of(active).or_else(|| of(followed)).or_else(|| matches.last().copied())
}

/// The name that stands for the window that was asked for at the start.
pub const AUTOMATIC: &str = "auto";

/// The window that a player means by its number or by a part of its title.
pub fn named<'a>(windows: &'a [WindowInfo], name: &str) -> Option<&'a WindowInfo> {
    let number = match name.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => name.parse().ok(),
    };
    let numbered = windows.iter().find(|window| Some(window.id.0) == number);
    numbered.or_else(|| choose(windows, &Query::Title(name.to_owned())))
}

/// What to say when several windows are equally likely.
pub fn ambiguity(windows: &[WindowInfo], query: &Query) -> Option<String> {
    let count = matches(windows, query).len();
    (count > 1).then(|| {
        format!(
            "{count} windows look like {query}; this is the topmost, or the one with the keyboard\nThe tray or `overlay tell window` chooses another"
        )
    })
}

/// How long a window is looked for before something is said.
pub const SEARCH_TIMEOUT: Duration = Duration::from_secs(10);

/// What to say when no window is found for so long.
pub fn absence(query: &Query, is_wayland: bool) -> String {
    let hint = if is_wayland {
        "a window that is native to Wayland cannot be followed: start the game with SDL_VIDEODRIVER=x11"
    } else {
        "start it, or choose a window in the tray or by `overlay tell window`"
    };
    format!("{query} is not found\nhelp: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(windows: &[(&str, &str)], query: &Query, want: Option<usize>) {
        let windows: Vec<_> = (0..)
            .zip(windows)
            .map(|(id, (title, program))| WindowInfo {
                id: WindowId(id),
                title: (*title).into(),
                program: (*program).into(),
            })
            .collect();
        assert_eq!(choose(&windows, query).map(|it| it.id.0 as usize), want);
    }

    #[test]
    fn the_game_is_told_from_windows_that_mention_it() {
        let browser = ("Balatro tips - Browser", "browser");
        check(&[browser, ("Balatro", "love")], &Query::Game, Some(1));
        check(&[("Balatro", "steam_app_2379780"), browser], &Query::Game, Some(0));
        check(&[browser, ("modded run", "C:\\games\\Balatro.exe")], &Query::Game, Some(1));
        check(&[browser], &Query::Game, None);
    }

    #[test]
    fn program_and_title_together_win_and_bystanders_are_never_the_game() {
        // A mod loader's console is a window of the game's program, and comes first.
        let console = ("Lovely 0.7.1", "steam_app_2379780");
        check(&[console], &Query::Game, Some(0));
        check(&[("Balatro", "steam_app_2379780"), console], &Query::Game, Some(0));
        check(&[("Balatro", "love love"), ("Balatro", "editor")], &Query::Game, Some(0));
        check(&[("Balatro", "editor"), console], &Query::Game, Some(1));
        for program in [
            "org.gnome.Nautilus nautilus",
            "xterm XTerm xterm",
            "Navigator firefox",
            "C:\\Windows\\explorer.exe explorer",
            "google-chrome Google-chrome chrome",
        ] {
            check(&[("Balatro", program)], &Query::Game, None);
            check(&[("Balatro", program)], &Query::Title("balatro".into()), Some(0));
            check(&[("Balatro", "mine"), ("Balatro", program)], &Query::Title("balatro".into()), Some(0));
        }
    }

    #[test]
    fn of_equals_the_active_one_is_followed_and_otherwise_it_stays() {
        let window = |id| WindowInfo { id: WindowId(id), title: "Balatro".into(), program: "love".into() };
        let windows = [window(1), window(2), window(3)];
        let pick = |active: Option<u64>, followed: Option<u64>| {
            pick(&windows, &Query::Game, active.map(WindowId), followed.map(WindowId)).map(|it| it.id.0)
        };
        assert_eq!(pick(None, None), Some(3));
        assert_eq!(pick(None, Some(1)), Some(1));
        assert_eq!(pick(Some(2), Some(1)), Some(2));
        assert_eq!(pick(Some(9), Some(1)), Some(1), "another program has the keyboard");
    }

    #[test]
    fn of_several_games_the_topmost_is_taken_and_it_is_said() {
        let window =
            |id, title: &str| WindowInfo { id: WindowId(id), title: title.into(), program: "love".into() };
        let windows = [window(1, "Balatro"), window(2, "Balatro"), window(3, "Balatro wiki")];
        assert_eq!(choose(&windows, &Query::Game).map(|it| it.id.0), Some(2));
        assert!(ambiguity(&windows, &Query::Game).unwrap().starts_with("2 windows"));
        assert_eq!(ambiguity(&windows[1..], &Query::Game), None);
        assert!(absence(&Query::Game, true).contains("SDL_VIDEODRIVER"));
    }

    #[test]
    fn a_title_matches_in_part_and_an_exact_one_wins() {
        let query = Query::Title("practice table".into());
        check(&[("Practice table", "a"), ("My Practice Table 2", "b")], &query, Some(0));
        check(&[("Practice tab", "a")], &query, None);
    }
}
