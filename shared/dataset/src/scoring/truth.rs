//! The truth file: screenshots and what they show, checked against the catalogue when it is read.
//!
//! Facts that nobody scores (`notes`, `source`, `occluded` and so on) may stand in it too.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lens_core::catalogue::{Catalogue, ModifierArt};
use lens_core::geometry::{InFrame, Quad, Rect};
use serde::Deserialize;

/// A truth file that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Where it lies.
    pub path: PathBuf,
    /// Its screenshots, by name.
    pub screens: Vec<Screen>,
}

/// A screenshot and what it shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screen {
    /// Its name.
    pub name: String,
    /// The image, as the truth file writes it.
    pub picture: PathBuf,
    /// Width and height that the boxes refer to; none when those of the image are meant.
    pub size: Option<[f32; 2]>,
    /// The cards; small images of tags are none.
    pub cards: Vec<TrueCard>,
    /// Cards of no catalogue.
    pub unlisted: Vec<UnlistedCard>,
    /// Where marks are neither right nor wrong.
    pub ignored: Vec<Rect<InFrame>>,
    /// Cards strewn about as no game does: scored apart.
    pub is_strewn: bool,
}

/// A card and its facts. A modifier is none where the truth is in doubt.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueCard {
    /// The whole card, also what is covered.
    pub bounds: Rect<InFrame>,
    /// The card's id, or that of a group of the catalogue; in doubt when it carries a question
    /// mark.
    pub label: String,
    /// Edition, as the catalogue writes it.
    pub edition: Option<String>,
    /// Enhancement, as the catalogue writes it.
    pub enhancement: Option<String>,
    /// Seal, as the catalogue writes it.
    pub seal: Option<String>,
    /// Whether only its back is seen.
    pub is_face_down: bool,
}

/// A card of no catalogue: to be said unknown, or called by an id that a gallery gave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnlistedCard {
    /// The whole card.
    pub bounds: Rect<InFrame>,
    /// The id that its mod gives it.
    pub id: Option<String>,
}

/// Why a truth file cannot be scored. The messages say the cause: no error below says it again.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// It cannot be read.
    #[error(
        "cannot read the truth file {path}: {reason}\nhelp: give the path of a file as docs/scoring.md shows it"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// It is not what it should be.
    #[error(
        "{path} is no truth file: {}\nhelp: mend that line; docs/scoring.md shows the form",
        lens_core::files::reason(reason)
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: serde_json::Error,
    },
    /// It names no screenshot.
    #[error("{0} names no screenshot\nhelp: list some; docs/scoring.md shows the form")]
    Empty(PathBuf),
    /// A card of it makes no sense.
    #[error("{path}: card {number} of {screen:?}: {reason}\nhelp: {help}")]
    Card {
        /// The file.
        path: PathBuf,
        /// The screenshot's name.
        screen: String,
        /// The card's number in its list, from one.
        number: usize,
        /// What is wrong.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// An image is missing.
    #[error(
        "{path}: the screenshot {picture} of {screen:?} is not there\nhelp: \
         give the folder of the screenshots behind the truth file"
    )]
    NoPicture {
        /// The file.
        path: PathBuf,
        /// The screenshot's name.
        screen: String,
        /// The image.
        picture: PathBuf,
    },
}

impl Truth {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read, lists nothing, or names a card or a word that the catalogue does not
    /// have.
    pub fn read(path: &Path, catalogue: &Catalogue) -> Result<Self, TruthError> {
        let text =
            std::fs::read_to_string(path).map_err(|reason| TruthError::Read { path: path.into(), reason })?;
        Self::parse(&text, path, catalogue)
    }

    /// Checks the text of a file; `path` is for the errors and for finding images.
    ///
    /// # Errors
    /// As [`Truth::read`].
    pub fn parse(text: &str, path: &Path, catalogue: &Catalogue) -> Result<Self, TruthError> {
        let stored: BTreeMap<String, StoredScreen> =
            serde_json::from_str(text.trim_start_matches('\u{feff}'))
                .map_err(|reason| TruthError::Form { path: path.into(), reason })?;
        if stored.is_empty() {
            return Err(TruthError::Empty(path.into()));
        }
        let screens = stored.into_iter().map(|(name, screen)| screen.check(name, path, catalogue));
        Ok(Self { path: path.into(), screens: screens.collect::<Result<_, _>>()? })
    }

    /// Where a screenshot's image lies: in the folder of the images, when one is given, else
    /// beside the truth file.
    ///
    /// # Errors
    /// When it is not there.
    pub fn picture(&self, screen: &Screen, pictures: Option<&Path>) -> Result<PathBuf, TruthError> {
        let beside = self.path.parent().unwrap_or(Path::new("."));
        let in_folder = pictures.into_iter().flat_map(|folder| {
            let by_name = screen.picture.file_name().map(|name| folder.join(name));
            [Some(folder.join(&screen.picture)), by_name]
        });
        in_folder.flatten().chain([beside.join(&screen.picture)]).find(|path| path.is_file()).ok_or_else(
            || TruthError::NoPicture {
                path: self.path.clone(),
                screen: screen.name.clone(),
                picture: screen.picture.clone(),
            },
        )
    }
}

impl Screen {
    /// Whether it shows no card at all: every mark on it is wrong.
    pub fn is_blank(&self) -> bool {
        self.cards.is_empty() && self.unlisted.is_empty()
    }
}

impl TrueCard {
    /// Whether the name counts: it is beyond doubt, and the card shows it.
    pub fn is_name_sure(&self) -> bool {
        // A stone card shows neither rank nor suit.
        let is_stone = self.enhancement.as_deref() == Some("stone");
        !self.is_face_down && !is_doubtful(&self.label) && !is_stone
    }
}

impl UnlistedCard {
    /// What to call it in a list of mistakes.
    pub fn label(&self) -> String {
        self.id.clone().unwrap_or_else(|| "card of no catalogue".to_owned())
    }
}

#[derive(Deserialize)]
struct StoredScreen {
    path: PathBuf,
    width: Option<f32>,
    height: Option<f32>,
    cards: Vec<StoredCard>,
    #[serde(default)]
    unknown: Vec<StoredCard>,
    #[serde(default)]
    ignore: Vec<StoredCard>,
    #[serde(default)]
    stress: bool,
}

#[derive(Deserialize)]
struct StoredCard {
    #[serde(rename = "box")]
    ltrb: Option<[f32; 4]>,
    quad: Option<[[f32; 2]; 4]>,
    label: Option<String>,
    /// What truth files of modded cards call the id.
    key: Option<String>,
    kind: Option<String>,
    edition: Option<String>,
    enhancement: Option<String>,
    seal: Option<String>,
    #[serde(default)]
    facedown: bool,
}

/// What is wrong with a card, and what to do.
type Wrong = (String, &'static str);

impl StoredScreen {
    fn check(self, name: String, path: &Path, catalogue: &Catalogue) -> Result<Screen, TruthError> {
        let wrong = |number: usize, (reason, help): Wrong| TruthError::Card {
            path: path.into(),
            screen: name.clone(),
            number: number + 1,
            reason,
            help,
        };
        let mut screen = Screen {
            picture: self.path,
            size: self.width.zip(self.height).map(|(width, height)| [width, height]),
            is_strewn: self.stress,
            ..Screen::default()
        };
        for (number, card) in self.cards.into_iter().enumerate() {
            let failed = |error| wrong(number, error);
            if card.is_modded() {
                let bounds = card.bounds().map_err(failed)?;
                screen.unlisted.push(UnlistedCard { bounds, id: card.key.or(card.label) });
            } else if !card.is_tag() {
                screen.cards.push(card.check(catalogue).map_err(failed)?);
            }
        }
        for (number, card) in self.unknown.into_iter().enumerate() {
            screen
                .unlisted
                .push(UnlistedCard { bounds: card.bounds().map_err(|it| wrong(number, it))?, id: None });
        }
        for (number, card) in self.ignore.into_iter().enumerate() {
            screen.ignored.push(card.bounds().map_err(|it| wrong(number, it))?);
        }
        Ok(Screen { name, ..screen })
    }
}

impl StoredCard {
    fn is_modded(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.starts_with("modded"))
    }

    fn is_tag(&self) -> bool {
        self.label.as_deref().is_some_and(|label| label.starts_with("tag_"))
    }

    fn bounds(&self) -> Result<Rect<InFrame>, Wrong> {
        let bounds = match (self.ltrb, self.quad) {
            (Some([left, top, right, bottom]), _) => Rect::ltrb(left, top, right, bottom),
            (None, Some(quad)) => Quad::<InFrame>::from_xy(quad).bounds(),
            (None, None) => {
                return Err(("it has no place".into(), "add \"box\": [left, top, right, bottom] in pixels"));
            }
        };
        if bounds.width() > 0.0 && bounds.height() > 0.0 {
            Ok(bounds)
        } else {
            let [left, top, right, bottom] = [bounds.left, bounds.top, bounds.right, bounds.bottom];
            let reason = format!("its box [{left}, {top}, {right}, {bottom}] is empty");
            Err((reason, "a box is [left, top, right, bottom] in pixels"))
        }
    }

    fn check(self, catalogue: &Catalogue) -> Result<TrueCard, Wrong> {
        let bounds = self.bounds()?;
        let Some(label) = self.label.or(self.key) else {
            return Err((
                "it has no label".into(),
                "add \"label\": the card's id, or \"?\" when it is in doubt",
            ));
        };
        let is_listed = catalogue.card(&label).is_some()
            || catalogue.cards.iter().any(|card| card.group.as_deref() == Some(label.as_str()));
        if !is_listed && !is_doubtful(&label) {
            let reason = format!("{label:?} is no card of {}", catalogue.title);
            return Err((
                reason,
                "take an id of the catalogue in data/catalogues, add a ? when it is in doubt, \
                 or move the card to \"unknown\"",
            ));
        }
        let words = &catalogue.modifiers;
        let editions: Vec<&str> = words.editions.iter().map(String::as_str).collect();
        Ok(TrueCard {
            bounds,
            label,
            edition: word(self.edition, "edition", &editions)?,
            enhancement: word(self.enhancement, "enhancement", &list(&words.enhancements))?,
            seal: word(self.seal, "seal", &list(&words.seals))?,
            is_face_down: self.facedown,
        })
    }
}

fn is_doubtful(label: &str) -> bool {
    label.contains('?')
}

fn list(words: &[ModifierArt]) -> Vec<&str> {
    words.iter().map(|it| it.word.as_str()).collect()
}

/// A modifier as the catalogue writes it: the game's own keys (`e_holo`, `m_glass`) are understood
/// too. What is not there is the plain word, the first of the list; none is in doubt.
fn word(written: Option<String>, kind: &str, words: &[&str]) -> Result<Option<String>, Wrong> {
    let Some(written) = written else { return Ok(words.first().map(|word| (*word).to_owned())) };
    if is_doubtful(&written) {
        return Ok(None);
    }
    let lower = written.to_lowercase();
    let bare = lower.strip_prefix("e_").or_else(|| lower.strip_prefix("m_")).unwrap_or(&lower);
    let bare = if bare == "holo" { "holographic" } else { bare };
    if words.contains(&bare) {
        return Ok(Some(bare.to_owned()));
    }
    let reason = format!("{written:?} is no {kind}: there are {}", words.join(", "));
    Err((reason, "take one of these words, or add a ? when it is in doubt"))
}
