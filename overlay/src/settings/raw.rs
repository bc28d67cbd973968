//! The settings file as it is written: every key with its default, before anything is checked.

use std::collections::BTreeMap;

use lens_core::catalogue::CardType;
use serde::{Deserialize, Serialize};
use vision::providers::Provider;

use super::chords::HOTKEYS;
use super::inactive::Inactive;
use super::lines::Lines;
use super::mistake::Mistake;
use marks::scene::colour::Colour;
use marks::scene::style::{Corner, Palette, Style};

/// The whole file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) show: Show,
    pub(super) colours: Colours,
    pub(super) recognition: Recognition,
    pub(super) capture: Capture,
    pub(super) information: Information,
    pub(super) mods: Mods,
    pub(super) api: Api,
    pub(super) hotkeys: Hotkeys,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Show {
    types: Vec<String>,
    unknown: bool,
    modifiers: bool,
    confidence: bool,
    read_out: String,
    inactive: String,
    pub(super) notifications: bool,
    text_size: f32,
    line_width: f32,
    opacity: f32,
}

impl Default for Show {
    fn default() -> Self {
        Self {
            types: CardType::ALL.into_iter().map(|it| it.name().to_owned()).collect(),
            unknown: true,
            modifiers: true,
            confidence: true,
            read_out: "none".into(),
            inactive: "auto".into(),
            notifications: true,
            text_size: 1.0,
            line_width: 1.0,
            opacity: 1.0,
        }
    }
}

/// Keys of `[colours]`: the card types in the order of the palette, unknown cards, and the
/// editions.
const COLOURS: [&str; 13] = [
    "joker",
    "playing_card",
    "tarot",
    "planet",
    "spectral",
    "voucher",
    "booster",
    "deck",
    "unknown",
    "foil",
    "holographic",
    "polychrome",
    "negative",
];

/// `#rrggbb` by key; those that are left out have their defaults.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub(super) struct Colours(BTreeMap<String, String>);

impl Default for Colours {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl From<BTreeMap<String, String>> for Colours {
    fn from(mut written: BTreeMap<String, String>) -> Self {
        for (key, colour) in COLOURS.into_iter().zip(default_colours()) {
            written.entry(key.into()).or_insert_with(|| colour.to_hex());
        }
        Self(written)
    }
}

/// The colours of the default palette in the order of [`COLOURS`].
fn default_colours() -> [Colour; COLOURS.len()] {
    let Palette { types: [a, b, c, d, e, f, g, h], unknown, editions: [i, j, k, l] } = Palette::default();
    [a, b, c, d, e, f, g, h, unknown, i, j, k, l]
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Recognition {
    pub(super) model: String,
    pub(super) providers: Vec<Provider>,
    pub(super) threads: usize,
    pub(super) detection: f32,
    pub(super) name: f32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Capture {
    pub(super) per_second: f32,
    pub(super) processor: f32,
}

impl Default for Capture {
    fn default() -> Self {
        Self { per_second: 30.0, processor: 30.0 }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Information {
    pub(super) language: String,
}

impl Default for Information {
    fn default() -> Self {
        Self { language: mods::language::AS_PLAYED.into() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mods {
    pub(super) folder: String,
    pub(super) interpreter: bool,
    pub(super) off: Vec<String>,
}

impl Default for Mods {
    fn default() -> Self {
        Self { folder: "auto".into(), interpreter: true, off: Vec::new() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Api {
    pub(super) enabled: bool,
    pub(super) port: u16,
    pub(super) origins: Vec<String>,
}

impl Default for Api {
    fn default() -> Self {
        Self { enabled: true, port: lens_client::api::DEFAULT_PORT, origins: Vec::new() }
    }
}

/// Chords by the name of what they do; those that are left out have their defaults.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub(super) struct Hotkeys(BTreeMap<String, String>);

impl Default for Hotkeys {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl From<BTreeMap<String, String>> for Hotkeys {
    fn from(mut written: BTreeMap<String, String>) -> Self {
        for hotkey in &HOTKEYS {
            written.entry(hotkey.name.into()).or_insert_with(|| hotkey.keys.into());
        }
        Self(written)
    }
}

impl Hotkeys {
    /// Name and chord of each, in the order of the table.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (&'static str, String)> {
        let Self(mut written) = self;
        HOTKEYS.iter().map(move |hotkey| (hotkey.name, written.remove(hotkey.name).unwrap_or_default()))
    }
}

/// Every section with its keys at their defaults.
pub(super) fn known_keys() -> toml::Table {
    toml::Table::try_from(Raw::default()).expect("the defaults can be written")
}

/// A card type by its name in the file.
fn card_type(name: &str) -> Option<CardType> {
    CardType::ALL.into_iter().find(|it| it.name() == name)
}

/// Checks what is drawn and how.
pub(super) fn style(show: &Show, colours: &Colours, lines: &Lines<'_>) -> Result<Style, Mistake> {
    let mut types = Vec::new();
    for name in &show.types {
        types.push(card_type(name).ok_or_else(|| {
            let nearest = lines.nearest(name, CardType::ALL.iter().map(|it| it.name()));
            lines.at("show.types", &format!("{name:?} is no type of card; did you mean {nearest:?}?"))
        })?);
    }
    let read_out = match show.read_out.as_str() {
        "none" => None,
        written => Some(Corner::ALL.into_iter().find(|it| it.name() == written).ok_or_else(|| {
            let nearest = lines.nearest(written, Corner::ALL.iter().map(|it| it.name()).chain(["none"]));
            lines.at("show.read_out", &format!("{written:?} is no corner; did you mean {nearest:?}?"))
        })?),
    };
    lines.within("show.text_size", show.text_size, 0.5..=3.0)?;
    lines.within("show.line_width", show.line_width, 0.0..=4.0)?;
    lines.within("show.opacity", show.opacity, 0.1..=1.0)?;
    Ok(Style {
        types,
        unknown: show.unknown,
        modifiers: show.modifiers,
        confidence: show.confidence,
        read_out,
        text_size: show.text_size,
        line_width: show.line_width,
        opacity: show.opacity,
        palette: palette(colours, lines)?,
    })
}

/// Whether marks stay while another window has the keyboard.
pub(super) fn inactive(show: &Show, lines: &Lines<'_>) -> Result<Inactive, Mistake> {
    let written = show.inactive.as_str();
    let names = || Inactive::ALL.into_iter().map(|(name, _)| name);
    Inactive::ALL.into_iter().find(|(name, _)| *name == written).map(|(_, inactive)| inactive).ok_or_else(
        || {
            let nearest = lines.nearest(written, names());
            lines.at(
                "show.inactive",
                &format!(
                    "{written:?} is none of {}; did you mean {nearest:?}?",
                    names().collect::<Vec<_>>().join(", ")
                ),
            )
        },
    )
}

fn palette(Colours(written): &Colours, lines: &Lines<'_>) -> Result<Palette, Mistake> {
    let mut colours = default_colours();
    for (colour, key) in colours.iter_mut().zip(COLOURS) {
        let Some(text) = written.get(key) else { continue };
        *colour = Colour::from_hex(text).ok_or_else(|| {
            let what = format!("{text:?} is no colour; write it as in \"#ff9d3d\"");
            lines.at(&format!("colours.{key}"), &what)
        })?;
    }
    let [types @ .., unknown, foil, holographic, polychrome, negative] = colours;
    Ok(Palette { types, unknown, editions: [foil, holographic, polychrome, negative] })
}
