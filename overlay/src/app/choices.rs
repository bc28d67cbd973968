//! What the player chose: the settings file, and what the command line fixed above it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mods::Library;

use crate::recognition::modded::{Wanted, counted};
use crate::recognition::model;
use crate::recognition::models::{self, ModelRequest, ReadMods};
use crate::recognition::pace::Pace;
use crate::settings::mods::{Mods, ModsPlace};
use crate::settings::{Recognition, Settings};
use crate::tooltips;

/// What the command line fixes, whatever the settings say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fixed {
    /// Name or folder of the model.
    pub model: Option<String>,
    /// Threads for recognition.
    pub threads: Option<usize>,
    /// Looks a second, at most.
    pub per_second: Option<f32>,
    /// Where mods are.
    pub mods: Option<ModsPlace>,
}

/// The settings and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// As the file says.
    pub settings: Settings,
    /// The file; `None` when none is read.
    pub file: Option<PathBuf>,
    /// What stands above it.
    pub fixed: Fixed,
    /// Name or folder of the model that was chosen by tray or hotkey, above all else until the file
    /// names another.
    pub picked: Option<String>,
    /// The model when nobody chose one.
    pub usual_model: &'static str,
    /// Whether the tray has switched off the reading of mods.
    pub without_mods: bool,
    /// The mods that were read.
    pub library: Option<Arc<Library>>,
}

impl Choices {
    /// The model to run, and how.
    pub fn request(&self) -> ModelRequest {
        let recognition = Recognition {
            threads: self.fixed.threads.or(self.settings.recognition.threads),
            ..self.settings.recognition.clone()
        };
        let names = [&self.picked, &self.fixed.model, &recognition.model];
        let name = names.into_iter().find_map(|name| name.as_deref()).unwrap_or(self.usual_model);
        let mods = self.library.clone().map(|library| ReadMods { library, wanted: self.mods() });
        ModelRequest { folder: model::folder(name), recognition, mods }
    }

    /// Which mods to read, and how.
    pub fn mods(&self) -> Wanted {
        let chosen = &self.settings.mods;
        let place = match self.without_mods {
            true => ModsPlace::Nowhere,
            false => self.fixed.mods.as_ref().unwrap_or(&chosen.place).clone(),
        };
        Wanted::new(Mods { place, ..chosen.clone() }, tooltips::language(&self.settings.language))
    }

    /// The mods that were read and have cards, a line for each.
    pub fn lines_of_mods(&self) -> Vec<String> {
        let mods = self.library.iter().flat_map(|library| &library.mods).filter(|it| !it.cards.is_empty());
        mods.map(|it| format!("{}: {}", it.name, counted(it.cards.len(), "card"))).collect()
    }

    /// Takes the file's settings over.
    pub fn take_over(&mut self, settings: Settings) {
        if settings.recognition.model != self.settings.recognition.model {
            self.picked = None;
        }
        self.settings = settings;
    }

    /// The model in this folder is the one that runs, whatever was asked for.
    pub fn runs(&mut self, folder: &Path) {
        if self.request().folder != folder {
            self.picked = Some(folder.to_string_lossy().into_owned());
        }
    }

    /// How often to look, and what it may cost.
    pub fn pace(&self) -> Pace {
        let capture = self.settings.capture;
        let threads = models::options(&self.request().recognition).threads;
        Pace {
            per_second: self.fixed.per_second.unwrap_or(capture.per_second),
            share: capture.share,
            threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    #[test]
    fn the_command_line_stands_above_the_file_and_the_file_above_the_usual() {
        let text = "[recognition]\nmodel = \"mine\"\nthreads = 2\n[capture]\nper_second = 20\n";
        let settings = settings::parse(text).unwrap();
        let mut choices = Choices {
            settings,
            file: None,
            fixed: Fixed::default(),
            picked: None,
            usual_model: "practice",
            without_mods: false,
            library: None,
        };
        assert!(choices.request().folder.ends_with("models/mine"));
        let of_mods = |without_mods| Choices { without_mods, ..choices.clone() }.mods().mods.place;
        assert_eq!((of_mods(false), of_mods(true)), (ModsPlace::Found, ModsPlace::Nowhere));
        assert_eq!((choices.pace().per_second, choices.pace().threads), (20.0, 2));
        choices.fixed =
            Fixed { model: Some("other".into()), threads: Some(1), per_second: Some(5.0), mods: None };
        assert!(choices.request().folder.ends_with("models/other"));
        assert_eq!((choices.pace().per_second, choices.pace().threads), (5.0, 1));
        choices = Choices { settings: Settings::default(), fixed: Fixed::default(), ..choices };
        assert!(choices.request().folder.ends_with("models/practice"));
    }

    #[test]
    fn the_latest_choice_counts_and_one_that_was_refused_does_not() {
        let of = |model: &str| settings::parse(&format!("[recognition]\nmodel = \"{model}\"\n")).unwrap();
        let fixed = Fixed::default();
        let mut choices = Choices {
            settings: of("a"),
            file: None,
            fixed,
            picked: None,
            usual_model: "practice",
            without_mods: false,
            library: None,
        };
        let a = choices.request().folder;
        choices.runs(&a);
        assert_eq!(choices.picked, None, "it is what was asked for");
        choices.picked = Some("broken".into());
        choices.runs(&a);
        assert_eq!(choices.request().folder, a);
        choices.picked = Some("b".into());
        assert!(choices.request().folder.ends_with("models/b"));
        choices.take_over(of("a"));
        assert!(choices.request().folder.ends_with("models/b"), "the file says nothing new of the model");
        choices.take_over(of("c"));
        assert!(choices.request().folder.ends_with("models/c"));
    }
}
