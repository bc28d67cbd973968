//! What a person can want, and the words for it: pages, filters, intents. Pure.

use std::path::PathBuf;

use lens_core::catalogue::{Card, CardType};
use lens_core::geometry::{InFrame, Point};

use crate::frame::Begins;
use crate::session::{Action, Order};

/// What the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// Groups to be named.
    #[default]
    Label,
    /// What has been named.
    Verify,
    /// What is there of each card.
    Collection,
    /// Whole frames, whose cards are put right.
    Frames,
    /// What was thrown away.
    Bin,
    /// What the model knows, and how it learns more.
    Train,
    /// The player's mods and their cards.
    Mods,
}

impl Page {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 7] =
        [Self::Label, Self::Verify, Self::Collection, Self::Frames, Self::Bin, Self::Train, Self::Mods];

    /// The page of this name, in any case.
    ///
    /// # Errors
    /// When there is none; the message lists all of them.
    pub fn from_name(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(|page| page.name().to_lowercase()).join(", ");
        let found = Self::ALL.into_iter().find(|page| page.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("there is no such page; there are {}", names()))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "Label",
            Self::Verify => "Verify",
            Self::Collection => "Collection",
            Self::Frames => "Frames",
            Self::Bin => "Bin",
            Self::Train => "Train",
            Self::Mods => "Mods",
        }
    }
}

/// Which doubt a group must be in to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubt {
    #[default]
    Any,
    /// The model would name every image of it.
    Sure,
    /// It would not.
    Unsure,
}

/// Whose cards are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FromMod {
    #[default]
    Any,
    /// Cards of the game, and those that nobody knows.
    NoMod,
    /// Those of one mod, by its id.
    Mod(String),
}

impl FromMod {
    /// Whether a card of the catalogue is shown, or one that is not in it.
    pub fn accepts(&self, card: Option<&Card>) -> bool {
        let from = card.and_then(|card| card.from_mod.as_ref());
        match self {
            Self::Any => true,
            Self::NoMod => from.is_none(),
            Self::Mod(id) => from.is_some_and(|from| from.id == *id),
        }
    }
}

/// What is shown of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// A part of the name.
    pub text: String,
    /// Only cards of this type.
    pub card_type: Option<CardType>,
    /// Only cards of this mod, or of none.
    pub from_mod: FromMod,
    /// Only groups in this doubt.
    pub doubt: Doubt,
    /// Only what is odd, or what is missing.
    pub only_odd: bool,
}

/// Something that is asked before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The model is to forget a card that it was taught.
    Forget { id: String, name: String },
    /// The model before is to come back.
    GoBack,
    /// So many images are to go for good.
    EmptyBin(usize),
    /// The window is to close, and so many names are not saved.
    Close(usize),
}

/// What a person wants: a key, a click, or a drag.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Saves the current group under what is in the form, or relabels what is chosen on the verify
    /// page.
    Save,
    /// Does something to groups.
    Act(Box<Action>),
    /// Takes the last action back.
    Undo,
    /// Does it again.
    Redo,
    /// Goes on by this many groups.
    Step(isize),
    GoTo(u64),
    /// Chooses another member.
    StepMember(isize),
    /// Drops a member, or takes it in again; the chosen one when no file is given.
    Toggle(Option<String>),
    Suggest(usize),
    /// Says that it is no card.
    NotACard,
    /// Chooses another completion.
    StepCompletion(isize),
    Complete(usize),
    /// Sets the edition by its number in the catalogue.
    Edition(usize),
    /// Throws the chosen images away.
    Bin,
    /// Takes everything out of the bin.
    RestoreAll,
    /// Pulls the first group of the same cluster in.
    MergeFirst,
    Show(Page),
    Sort(Order),
    /// Shows a part of the current page's list.
    Filter(Box<Shown>),
    /// Chooses an image on the verify page, or not.
    Choose(String),
    /// Chooses these, or none of them when all are chosen.
    ChooseAll(Vec<String>),
    /// Shows the captures of a card: those that are named, else those that could be it.
    Captures(String),
    /// Opens a frame by its name.
    OpenFrame(PathBuf),
    /// Opens any image as a frame, on whichever page that is wanted.
    OpenScreenshot(PathBuf),
    /// Asks for a screenshot to open.
    AskForScreenshot,
    /// Opens the screenshot whose path was typed.
    OpenTyped,
    StepFrame(isize),
    StepCard(isize),
    SelectCard(Option<usize>),
    StepCorner,
    /// Moves the chosen corner or card by so many pixels of the frame.
    Nudge([i32; 2], Begins),
    /// A corner is dragged to here.
    DragCorner(usize, Point<InFrame>, Begins),
    /// A card lies between these corners.
    DrawCard(Point<InFrame>, Point<InFrame>),
    /// Saves what has a name on the frame as captures.
    SaveFrame,
    /// Asks before something is done.
    Ask(Question),
    /// Does what was asked.
    GoAhead,
    /// Shows the cards of one mod, or of all.
    ChooseMod(Option<String>),
    StepMod(isize),
    /// Has the overlay know a mod's cards or not; the chosen one's when none is named.
    ToggleMod(Option<String>),
    /// Has the model trained on what was labelled.
    Retrain,
    /// Stops the training; asked again, at once.
    StopTraining,
    /// How long a training may take.
    Minutes(u32),
    /// Has the model know a card again that it was to forget: its id and name.
    Remember(String, String),
    /// Makes the image larger or smaller by this many steps.
    Magnify(i32),
    /// Makes everything larger or smaller by this many steps; 0 goes back.
    Zoom(i32),
    /// Shows the keys, or hides them.
    Keys,
    /// Closes what is open, goes back, chooses nothing.
    Escape,
}

/// How a line at the lower edge is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something has to be known.
    Told,
    /// Something went wrong, or must be decided.
    Warned,
}
