//! Which of the desktop's windows is the game. Pure: windows are listed and followed in `window/`.

use std::fmt;
use std::time::Duration;

use crate::messages::window::WindowInfo;

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

/// The best matches among `windows`, which are listed from the bottom to the top; the topmost comes
/// last.
///
/// For the game an exact title wins, then the program's name: a browser tab or a folder whose title
/// mentions the game must not be taken for it.
pub fn matches<'a>(windows: &'a [WindowInfo], query: &Query) -> Vec<&'a WindowInfo> {
    let rank = |window: &WindowInfo| {
        let (title, program) = (window.title.to_lowercase(), window.program.to_lowercase());
        match query {
            Query::Game => match () {
                () if title.trim() == GAME => 3,
                () if program.contains(GAME_ON_PROTON) => 2,
                () if program.split(['.', '/', '\\', ' ']).any(|word| word == GAME) => 1,
                () => 0,
            },
            Query::Title(wanted) => {
                let wanted = wanted.to_lowercase();
                if title == wanted { 2 } else { u8::from(title.contains(&wanted)) }
            }
        }
    };
    let best = windows.iter().map(rank).max().unwrap_or(0);
    windows.iter().filter(|window| best > 0 && rank(window) == best).collect()
}

/// The best match, the topmost of several.
pub fn choose<'a>(windows: &'a [WindowInfo], query: &Query) -> Option<&'a WindowInfo> {
    matches(windows, query).pop()
}

/// What to say when several windows are equally likely.
pub fn ambiguity(windows: &[WindowInfo], query: &Query) -> Option<String> {
    let count = matches(windows, query).len();
    (count > 1).then(|| {
        format!(
            "{count} windows look like {query}; this is the topmost\nThe tray's window list chooses another"
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
        "start it, or choose a window in the tray or by --source window:TITLE"
    };
    format!("{query} is not found\nhelp: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::window::WindowId;

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
