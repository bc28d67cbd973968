//! The settings file as it is written: every key with its default, before anything is checked.

use std::collections::BTreeMap;

use lens_core::catalogue::CardType;
use serde::{Deserialize, Serialize};
use vision::providers::Provider;

use super::lines::Lines;
use super::{Mistake, card_type};
use crate::desktop::hotkeys::HOTKEYS;
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
            text_size: 1.0,
            line_width: 1.0,
            opacity: 1.0,
        }
    }
}

/// `#rrggbb` by what it is the colour of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Colours {
    joker: String,
    playing_card: String,
    tarot: String,
    planet: String,
    spectral: String,
    voucher: String,
    booster: String,
    deck: String,
    unknown: String,
    foil: String,
    holographic: String,
    polychrome: String,
    negative: String,
}

impl Default for Colours {
    fn default() -> Self {
        let Palette { types, unknown, editions } = Palette::default();
        let [joker, playing_card, tarot, planet, spectral, voucher, booster, deck] =
            types.map(Colour::to_hex);
        let [foil, holographic, polychrome, negative] = editions.map(Colour::to_hex);
        let unknown = unknown.to_hex();
        Self {
            joker,
            playing_card,
            tarot,
            planet,
            spectral,
            voucher,
            booster,
            deck,
            unknown,
            foil,
            holographic,
            polychrome,
            negative,
        }
    }
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
        Self { language: crate::tooltips::AS_PLAYED.into() }
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

fn palette(colours: &Colours, lines: &Lines<'_>) -> Result<Palette, Mistake> {
    let read = |key: &str, written: &str| {
        Colour::from_hex(written).ok_or_else(|| {
            lines.at(
                &format!("colours.{key}"),
                &format!("{written:?} is no colour; write it as in \"#ff9d3d\""),
            )
        })
    };
    let Colours {
        joker,
        playing_card,
        tarot,
        planet,
        spectral,
        voucher,
        booster,
        deck,
        unknown,
        foil,
        holographic,
        polychrome,
        negative,
    } = colours;
    Ok(Palette {
        types: [
            read("joker", joker)?,
            read("playing_card", playing_card)?,
            read("tarot", tarot)?,
            read("planet", planet)?,
            read("spectral", spectral)?,
            read("voucher", voucher)?,
            read("booster", booster)?,
            read("deck", deck)?,
        ],
        unknown: read("unknown", unknown)?,
        editions: [
            read("foil", foil)?,
            read("holographic", holographic)?,
            read("polychrome", polychrome)?,
            read("negative", negative)?,
        ],
    })
}
