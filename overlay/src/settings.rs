//! The player's settings: `overlay.toml`, read once into checked types.
//!
//! [`parse`] goes from text to [`Settings`] or to a [`Mistake`] that names the line; [`mod@file`]
//! finds the file and writes it when there is none; `raw` has the keys as they are written,
//! [`chords`] the hotkeys. [`watch`] reads the file again when it changes.

pub mod chords;
pub mod file;
pub mod inactive;
mod lines;
pub mod mistake;
pub mod mods;
mod raw;
pub mod watch;

use ::mods::language;
use vision::providers::Provider;

use chords::Chord;
use inactive::Inactive;
use lines::Lines;
use marks::scene::style::Style;
use mistake::Mistake;
use mods::Mods;
use raw::Raw;

/// Everything that a player can choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is drawn and how.
    pub style: Style,
    /// The model and what it runs on.
    pub recognition: Recognition,
    /// How often to look, and what it may cost.
    pub capture: Capture,
    /// Whether marks stay while another window has the keyboard.
    pub inactive: Inactive,
    /// Whether the desktop shows what cannot be read over the game.
    pub notifications: bool,
    /// Language of the effect texts, or [`language::AS_PLAYED`].
    pub language: String,
    /// The cards of mods.
    pub mods: Mods,
    /// The local API.
    pub api: Api,
    /// The chords, in the order of [`chords::HOTKEYS`].
    pub hotkeys: Vec<Chord>,
}

/// Threads that may work on one network.
pub const MAX_THREADS: usize = 64;

/// The model and what it runs on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recognition {
    /// Name or folder; `None` leaves the choice to the program.
    pub model: Option<String>,
    /// `None` is what was measured to be best.
    pub providers: Option<Vec<Provider>>,
    /// `None` is half of the cores, up to four.
    pub threads: Option<usize>,
    /// `None` is the model's own.
    pub detection: Option<f32>,
    /// Below this probability a name is not given.
    pub name: f32,
}

/// How often to look, and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capture {
    /// Frames a second, at most.
    pub per_second: f32,
    /// Share of one core.
    pub share: f32,
}

/// The local API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Whether other programs may ask at all.
    pub enabled: bool,
    /// On the loopback address.
    pub port: u16,
    /// Of other web pages that may ask: scheme, host and port.
    pub origins: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        parse("").expect("no key is required")
    }
}

/// Reads the text of a settings file. Keys that are left out have their defaults.
///
/// # Errors
/// The first mistake: no TOML, a key that does not exist, a value that cannot be.
pub fn parse(text: &str) -> Result<Settings, Mistake> {
    let lines = Lines::new(text)?;
    lines.check_keys(&raw::known_keys())?;
    let raw: Raw = toml::from_str(text).map_err(|error| lines.mistake(&error))?;
    resolve(raw, &lines)
}

fn resolve(raw: Raw, lines: &Lines<'_>) -> Result<Settings, Mistake> {
    let style = raw::style(&raw.show, &raw.colours, lines)?;
    let inactive = raw::inactive(&raw.show, lines)?;
    let raw::Recognition { model, providers, threads, detection, name } = raw.recognition;
    if detection != 0.0 {
        lines.within("recognition.detection", detection, 0.05..=0.95)?;
    }
    lines.within("recognition.name", name, 0.0..=1.0)?;
    lines.within("recognition.threads", threads as f32, 0.0..=MAX_THREADS as f32)?;
    let recognition = Recognition {
        model: Some(model).filter(|model| !model.is_empty()),
        providers: Some(providers).filter(|providers| !providers.is_empty()),
        threads: Some(threads).filter(|&threads| threads > 0),
        detection: Some(detection).filter(|&detection| detection > 0.0),
        name,
    };
    let raw::Capture { per_second, processor } = raw.capture;
    lines.within("capture.per_second", per_second, 1.0..=240.0)?;
    lines.within("capture.processor", processor, 2.0..=400.0)?;
    let language = raw.information.language;
    if language != language::AS_PLAYED && !language::LANGUAGES.contains(&language.as_str()) {
        let known = language::LANGUAGES.join(", ");
        let message = format!("{language:?} is no language; there are {} and {known}", language::AS_PLAYED);
        return Err(lines.at("information.language", &message));
    }
    let raw::Mods { folder, interpreter, off } = raw.mods;
    let Ok(place) = folder.parse();
    let raw::Api { enabled, port, origins } = raw.api;
    if port == 0 {
        return Err(lines.at("api.port", "0 is no port"));
    }
    for origin in &origins {
        let host = ["http://", "https://"].into_iter().find_map(|scheme| origin.strip_prefix(scheme));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
            let message =
                format!("{origin:?} is no origin; write it as \"http://127.0.0.1:8080\", without a path");
            return Err(lines.at("api.origins", &message));
        }
    }
    let hotkeys = raw
        .hotkeys
        .into_iter()
        .map(|(name, keys)| Chord { keys, line: lines.line(&format!("hotkeys.{name}")) })
        .collect();
    Ok(Settings {
        style,
        inactive,
        notifications: raw.show.notifications,
        recognition,
        capture: Capture { per_second, share: processor / 100.0 },
        language,
        mods: Mods { place, interpreter, off },
        api: Api { enabled, port, origins },
        hotkeys,
    })
}

#[cfg(test)]
mod tests;
