//! From what a mod declares to cards with a sprite: which image, which cell, which name.
//!
//! Looks at the sizes of images, not at their pixels. Keys are those of the game already. A card
//! whose sheet no mod declares gets an image of the sheet's name, if there is one, and says so.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::declared::{Centre, Declared, Sheet, Words};
use crate::library::{Card, Cell, LeftOut, Origin, Place, Why};
use crate::localisation::{Texts, plain};
use crate::package::Package;
use crate::pictures;
use crate::prefixes::{SHEETS_OF_THE_GAME, sheet_of_the_game};

/// A common card at the game's smaller scale.
const COMMON: (f64, f64) = (71.0, 95.0);

/// A mod as the cards are put together.
pub(crate) struct Part<'a> {
    pub(crate) package: &'a Package,
    /// As it is called in the Mods folder.
    pub(crate) name: &'a str,
    /// Of the mod below the package, empty or with a `/` at its end.
    pub(crate) folder: &'a str,
    pub(crate) prefix: Option<&'a str>,
    pub(crate) declared: &'a Declared,
    pub(crate) texts: &'a Texts,
}

/// Sheets and cards of all mods, by key.
pub(crate) struct Known<'a> {
    sheets: HashMap<&'a str, (&'a Part<'a>, &'a Sheet)>,
    /// Keys that mods declare as their own.
    cards: HashSet<&'a str>,
    /// Where the game's own cards lie on its sheets.
    cells: &'a BTreeMap<String, [u32; 2]>,
}

/// A sheet whose image was found.
#[derive(Clone)]
struct Found {
    package: String,
    picture: String,
    scale: u8,
    width: u32,
    height: u32,
    px: f64,
    py: f64,
    frames: u32,
    guessed: bool,
}

impl<'a> Known<'a> {
    /// Gathers what all mods declare; the first of a key counts, those for the player's language
    /// before others.
    pub(crate) fn of(parts: &'a [Part<'a>], cells: &'a BTreeMap<String, [u32; 2]>) -> Self {
        let mut sheets = HashMap::new();
        let mut cards = HashSet::new();
        for localised in [true, false] {
            for part in parts {
                for sheet in part.declared.sheets.iter().filter(|it| it.localised == localised) {
                    sheets.entry(sheet.key.as_str()).or_insert((part, sheet));
                }
            }
        }
        for part in parts {
            cards.extend(part.declared.centres.iter().filter(|it| !it.taken).map(|it| it.key.as_str()));
        }
        Known { sheets, cards, cells }
    }
}

/// The cards of a mod, and those that have none to show.
pub(crate) fn of(part: &Part<'_>, known: &Known<'_>) -> (Vec<Card>, Vec<LeftOut>) {
    let mut cards: Vec<Card> = Vec::new();
    let mut left_out = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found: HashMap<String, Result<Found, Why>> = HashMap::new();
    let names = by_name(part);
    for centre in &part.declared.centres {
        // Whoever takes a card over and gives it no sheet leaves its look.
        if centre.taken && centre.atlas.is_none() {
            continue;
        }
        let mut sheet =
            |key: &str| found.entry(key.to_owned()).or_insert_with(|| find(part, known, &names, key)).clone();
        let pos = centre.pos.or_else(|| {
            let [x, y] = *known.cells.get(&centre.key)?;
            Some((f64::from(x), f64::from(y)))
        });
        match place(centre, pos, &mut sheet) {
            Ok(sprite) => {
                let card = card(part, known, centre, sprite);
                match seen.get(centre.key.as_str()) {
                    // Taken over twice: the last counts. Declared twice: the first.
                    Some(&at) if centre.taken => cards[at] = card,
                    Some(_) => {}
                    None => {
                        seen.insert(&centre.key, cards.len());
                        cards.push(card);
                    }
                }
            }
            Err(why) => left_out.push(LeftOut { what: centre.key.clone(), why }),
        }
    }
    for centre in redrawn(part, known) {
        let mut sheet = |key: &str| find(part, known, &names, key);
        if let Ok(sprite) = place(&centre, centre.pos, &mut sheet)
            && !seen.contains_key(centre.key.as_str())
        {
            cards.push(card(part, known, &centre, sprite));
        }
    }
    (cards, left_out)
}

/// The game's cards on those of its sheets that the mod draws anew.
fn redrawn(part: &Part<'_>, known: &Known<'_>) -> Vec<Centre> {
    let sheets: Vec<&str> = part.declared.sheets.iter().map(|it| it.key.as_str()).collect();
    let on_one = |(key, [x, y]): (&String, &[u32; 2])| {
        let sheet = sheet_of_the_game(key).filter(|it| sheets.contains(it))?;
        Some(Centre {
            key: key.clone(),
            atlas: Some(sheet.to_owned()),
            pos: Some((f64::from(*x), f64::from(*y))),
            taken: true,
            ..Centre::default()
        })
    };
    known.cells.iter().filter_map(on_one).collect()
}

fn card(part: &Part<'_>, known: &Known<'_>, centre: &Centre, sprite: Place) -> Card {
    let set = centre.set.clone().unwrap_or_default();
    let (name, text) = words(part, centre, &set);
    let is_of_the_game = centre.taken && !known.cards.contains(centre.key.as_str());
    Card {
        key: centre.key.clone(),
        name: name.or_else(|| centre.name.clone().filter(|name| *name != centre.key)),
        text,
        origin: if is_of_the_game { Origin::Game } else { Origin::Mod },
        sprite,
        drawn_by_code: centre.by_code,
        set,
    }
}

/// Name and effect: what the card itself says, what the mod's code wrote, what its files say.
fn words(part: &Part<'_>, centre: &Centre, set: &str) -> (Option<String>, Vec<String>) {
    let set = if set == "Booster" { "Other" } else { set };
    // Packs of several looks share a text.
    let shared = centre.key.trim_end_matches(|it: char| it.is_ascii_digit()).trim_end_matches('_');
    let written = |key: &str| part.declared.texts.get(set).and_then(|entries| entries.get(key));
    let sources: [Option<&Words>; 5] = [
        centre.words.as_ref(),
        written(&centre.key),
        part.texts.get(set, &centre.key),
        written(shared),
        part.texts.get(set, shared),
    ];
    let joined = |lines: &[String]| plain(&lines.join(" "));
    let name = sources.iter().flatten().map(|it| joined(&it.name)).find(|name| !name.is_empty());
    let text = sources.iter().flatten().find(|it| !it.text.is_empty());
    let lines = text.map(|it| it.text.iter().map(|line| plain(line)).collect());
    (name, lines.unwrap_or_default())
}

fn place(
    centre: &Centre,
    pos: Option<(f64, f64)>,
    sheet: &mut dyn FnMut(&str) -> Result<Found, Why>,
) -> Result<Place, Why> {
    if centre.set.as_deref() == Some("Edition") {
        return Err(Why::NoSprite);
    }
    let key = centre.atlas.as_deref().ok_or(Why::NoCell)?;
    let found = sheet(key)?;
    let pos = pos.ok_or(Why::NoCell)?;
    let pixels = centre.pixel_size.unwrap_or_default();
    let width = pixels.w.unwrap_or(found.px);
    let height = pixels.h.unwrap_or(found.py);
    let cell =
        cell_of(&found, pos, (width, height)).ok_or_else(|| Why::OutsideOfSheet(found.picture.clone()))?;
    let above = match centre.soul_atlas.as_deref() {
        Some(key) => sheet(key).ok(),
        None => Some(found.clone()),
    };
    // A second layer that is not on its sheet is not drawn either.
    let layers = above.iter().filter(|it| it.package == found.package).flat_map(|sheet| {
        centre.layers.iter().filter_map(|&pos| {
            let of_cell = (width * sheet.px / found.px, height * sheet.py / found.py);
            cell_of(sheet, pos, of_cell)
        })
    });
    let display = centre.display_size.unwrap_or_default();
    let shown =
        [display.w.unwrap_or(COMMON.0 * width / found.px), display.h.unwrap_or(COMMON.1 * height / found.py)];
    Ok(Place {
        layers: layers.collect(),
        cell,
        shown,
        frames: found.frames,
        guessed: found.guessed,
        package: found.package,
    })
}

/// A cell of a sheet, cut to what is on it; none if nothing is.
fn cell_of(sheet: &Found, pos: (f64, f64), size: (f64, f64)) -> Option<Cell> {
    let scale = f64::from(sheet.scale);
    let span = |at: f64, step: f64, length: f64, whole: u32| {
        let from = (at * step * scale).round();
        let to = (from + length * scale).round().min(f64::from(whole));
        (from >= 0.0 && to - from >= 1.0).then_some((from as u32, (to - from) as u32))
    };
    let (x, width) = span(pos.0, sheet.px, size.0, sheet.width)?;
    let (y, height) = span(pos.1, sheet.py, size.1, sheet.height)?;
    Some(Cell { picture: sheet.picture.clone(), scale: sheet.scale, x, y, width, height })
}

/// The sheet of a key: the mod's own, another mod's, an image of that name.
fn find(
    part: &Part<'_>,
    known: &Known<'_>,
    names: &HashMap<String, String>,
    key: &str,
) -> Result<Found, Why> {
    let own = part.declared.sheets.iter().filter(|it| it.key == key).max_by_key(|it| it.localised);
    let declared = own.map(|sheet| (part, sheet)).or_else(|| known.sheets.get(key).copied());
    if let Some((owner, sheet)) = declared {
        return of_sheet(owner, sheet, false);
    }
    let plain = part.prefix.and_then(|it| key.strip_prefix(it)?.strip_prefix('_')).unwrap_or(key);
    if SHEETS_OF_THE_GAME.contains(&plain) {
        return Err(Why::SpriteOfTheGame);
    }
    let no_sheet = || Why::NoSheet(key.to_owned());
    let path = names.get(&plain.to_lowercase()).ok_or_else(no_sheet)?.clone();
    let guess = Sheet { key: key.to_owned(), path, ..Sheet::default() };
    of_sheet(part, &guess, true).map_err(|_| no_sheet())
}

/// Images of the mod by their names without folder and ending, as paths below the folder of a
/// scale.
fn by_name(part: &Part<'_>) -> HashMap<String, String> {
    let assets = format!("{}assets/", part.folder).to_lowercase();
    let pictures = part.package.paths().filter_map(|path| {
        let lower = path.to_lowercase();
        let rest = lower.strip_prefix(&assets)?.strip_suffix(".png")?;
        let rest = rest.strip_prefix("2x/").or_else(|| rest.strip_prefix("1x/"))?;
        Some((rest.rsplit('/').next()?.to_owned(), format!("{rest}.png")))
    });
    // Of several the first by path.
    let mut all = HashMap::new();
    for (name, path) in pictures {
        all.entry(name).or_insert(path);
    }
    all
}

fn of_sheet(owner: &Part<'_>, sheet: &Sheet, guessed: bool) -> Result<Found, Why> {
    let at = |scale: u8| {
        let path = format!("{}assets/{scale}x/{}", owner.folder, sheet.path);
        owner.package.find(&path).map(|(path, _)| (scale, path.to_owned()))
    };
    let (scale, picture) = at(2).or_else(|| at(1)).ok_or_else(|| Why::NoPicture(sheet.path.clone()))?;
    let (width, height) =
        pictures::size(owner.package, &picture).map_err(|error| Why::Picture(error.to_string()))?;
    let whole =
        |size: Option<f64>, common: f64| size.filter(|it| it.is_finite() && *it >= 1.0).unwrap_or(common);
    let frames = sheet.frames.filter(|_| sheet.animated).unwrap_or(1.0);
    Ok(Found {
        package: owner.name.to_owned(),
        picture,
        scale,
        width,
        height,
        px: whole(sheet.px, COMMON.0),
        py: whole(sheet.py, COMMON.1),
        frames: frames.clamp(1.0, 10_000.0) as u32,
        guessed,
    })
}
