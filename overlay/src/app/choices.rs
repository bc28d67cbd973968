//! What the player chose: the settings file, and what the command line fixed above it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lens_core::counted::counted;
use mods::{Library, language};
use vision::providers::Provider;

use crate::recognition::hardware::Record;
use crate::recognition::hardware::chooser::Found;
use crate::recognition::modded::Wanted;
use crate::recognition::model;
use crate::recognition::models::{self, ModelRequest, ReadMods};
use crate::recognition::pace::Pace;
use crate::settings::mods::{Mods, ModsPlace};
use crate::settings::{Recognition, Settings};

/// What the command line fixes, whatever the settings say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fixed {
    /// Name or folder of the model.
    pub model: Option<String>,
    /// Threads for recognition.
    pub threads: Option<usize>,
    /// Frames a second, at most.
    pub per_second: Option<f32>,
    /// Where mods are.
    pub mods: Option<ModsPlace>,
    /// What recognition runs on, in order of preference.
    pub providers: Option<Vec<Provider>>,
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
    /// What a model runs on best, when that is known.
    pub measured: Option<Found>,
    /// The providers that failed since the start: they are not tried again.
    pub failed: Vec<Provider>,
}

impl Choices {
    /// The model to run, and how.
    pub fn request(&self) -> ModelRequest {
        let chosen = &self.settings.recognition;
        let names = [&self.picked, &self.fixed.model, &chosen.model];
        let name = names.into_iter().find_map(|name| name.as_deref()).unwrap_or(self.usual_model);
        let folder = model::folder(name);
        let recognition = Recognition {
            threads: self.fixed.threads.or(chosen.threads),
            providers: Some(self.providers(&folder)),
            ..chosen.clone()
        };
        let mods = self.library.clone().map(|library| ReadMods { library, wanted: self.mods() });
        ModelRequest { folder, recognition, mods }
    }

    /// What recognition is to run on, where somebody said so.
    pub fn named_providers(&self) -> Option<&[Provider]> {
        self.fixed.providers.as_deref().or(self.settings.recognition.providers.as_deref())
    }

    /// As was said, else as was measured, else the processor, which starts at once; without what
    /// failed.
    fn providers(&self, model: &Path) -> Vec<Provider> {
        let measured = || Some(self.measured(model)?.order());
        let order = self.named_providers().map(<[_]>::to_vec).or_else(measured);
        let mut order = order.unwrap_or_else(|| vec![Provider::Cpu]);
        order.retain(|provider| !self.failed.contains(provider));
        order
    }

    /// What was measured of the model in this folder.
    fn measured(&self, model: &Path) -> Option<&Record> {
        self.measured.as_ref().filter(|found| found.model == model).map(|found| &found.record)
    }

    /// A provider failed: it is not tried again until the settings name others.
    pub fn leave(&mut self, provider: Provider) {
        if !self.failed.contains(&provider) {
            self.failed.push(provider);
        }
    }

    /// What recognition runs on, in a line for people.
    pub fn hardware(&self) -> String {
        let failed: String = self.failed.iter().map(|failed| format!("; {failed} failed")).collect();
        if let Some(named) = self.named_providers() {
            let names: Vec<&str> = named.iter().map(|provider| provider.name()).collect();
            return format!("To run on {}{failed}", names.join(", "));
        }
        match self.measured(&self.request().folder) {
            Some(record) => format!("Runs on {record}{failed}"),
            None => format!("Runs on CPU, not measured yet{failed}"),
        }
    }

    /// Which mods to read, and how.
    pub fn mods(&self) -> Wanted {
        let chosen = &self.settings.mods;
        let place = match self.without_mods {
            true => ModsPlace::Nowhere,
            false => self.place_of_mods().clone(),
        };
        Wanted::new(Mods { place, ..chosen.clone() }, language::wanted(&self.settings.language))
    }

    /// Takes up or leaves off the reading of mods.
    ///
    /// # Errors
    /// Where settings or command line say that there are none; the error says so.
    pub fn toggle_mods(&mut self) -> Result<(), &'static str> {
        if *self.place_of_mods() == ModsPlace::Nowhere {
            return Err(match self.fixed.mods {
                Some(_) => "The command line says --mods none: start the overlay without it",
                None => "[mods] of the settings says none: choose a folder there",
            });
        }
        self.without_mods = !self.without_mods;
        Ok(())
    }

    fn place_of_mods(&self) -> &ModsPlace {
        self.fixed.mods.as_ref().unwrap_or(&self.settings.mods.place)
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
        if settings.recognition.providers != self.settings.recognition.providers {
            self.failed.clear();
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

    /// Nothing was chosen but what the settings say.
    fn of_settings(settings: Settings) -> Choices {
        Choices {
            settings,
            file: None,
            fixed: Fixed::default(),
            picked: None,
            usual_model: "practice",
            without_mods: false,
            library: None,
            measured: None,
            failed: Vec::new(),
        }
    }

    #[test]
    fn the_command_line_stands_above_the_file_and_the_file_above_the_usual() {
        let text = "[recognition]\nmodel = \"mine\"\nthreads = 2\n[capture]\nper_second = 20\n";
        let settings = settings::parse(text).unwrap();
        let mut choices = of_settings(settings);
        assert!(choices.request().folder.ends_with("models/mine"));
        let of_mods = |without_mods| Choices { without_mods, ..choices.clone() }.mods().mods.place;
        assert_eq!((of_mods(false), of_mods(true)), (ModsPlace::Found, ModsPlace::Nowhere));
        assert_eq!((choices.pace().per_second, choices.pace().threads), (20.0, 2));
        choices.fixed = Fixed {
            model: Some("other".into()),
            threads: Some(1),
            per_second: Some(5.0),
            ..Fixed::default()
        };
        assert!(choices.request().folder.ends_with("models/other"));
        assert_eq!((choices.pace().per_second, choices.pace().threads), (5.0, 1));
        choices.fixed.mods = Some(ModsPlace::Nowhere);
        assert_eq!(choices.mods().mods.place, ModsPlace::Nowhere);
        choices = Choices { settings: Settings::default(), fixed: Fixed::default(), ..choices };
        assert!(choices.request().folder.ends_with("models/practice"));
    }

    #[test]
    fn the_latest_choice_counts_and_one_that_was_refused_does_not() {
        let of = |model: &str| settings::parse(&format!("[recognition]\nmodel = \"{model}\"\n")).unwrap();
        let mut choices = of_settings(of("a"));
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

    #[test]
    fn recognition_runs_where_it_was_said_to_else_where_it_was_measured_to_be_best() {
        use crate::recognition::hardware::{Key, Record, Timing};
        let mut choices = of_settings(Settings::default());
        let order = |choices: &Choices| choices.request().recognition.providers.unwrap();
        assert_eq!(order(&choices), [Provider::Cpu], "it starts at once");
        let timing = |provider, millis| Timing {
            provider,
            millis,
            processor_millis: 1.0,
            opening_millis: 1.0,
            stages: Vec::new(),
            difference: 0.0,
        };
        let record = Record {
            key: Key { runtime: String::new(), driver: String::new(), model: String::new(), threads: 1 },
            model_name: "practice".into(),
            measured_at: 1,
            timings: vec![timing(Provider::Cpu, 8.0), timing(Provider::WebGpu, 3.0)],
            refused: Vec::new(),
            failed: None,
        };
        let model = choices.request().folder;
        choices.measured = Some(Found { model, record });
        assert_eq!(order(&choices), [Provider::WebGpu, Provider::Cpu]);
        assert_eq!(choices.hardware(), "Runs on WebGPU 3.0 ms, CPU 8.0 ms");
        choices.picked = Some("other".into());
        assert_eq!(order(&choices), [Provider::Cpu], "nothing is known of another model");
        assert_eq!(choices.hardware(), "Runs on CPU, not measured yet");
        choices.picked = None;
        choices.leave(Provider::WebGpu);
        assert_eq!(order(&choices), [Provider::Cpu]);
        assert_eq!(choices.hardware(), "Runs on WebGPU 3.0 ms, CPU 8.0 ms; WebGPU failed");
        choices.take_over(settings::parse("[recognition]\nproviders = [\"webgpu\"]\n").unwrap());
        assert_eq!(order(&choices), [Provider::WebGpu], "who asks for it again gets it");
        choices.fixed.providers = Some(vec![Provider::Cuda, Provider::Cpu]);
        assert_eq!(order(&choices), [Provider::Cuda, Provider::Cpu], "the command line stands above");
        assert_eq!(choices.hardware(), "To run on CUDA, CPU");
        choices.leave(Provider::Cuda);
        choices.leave(Provider::WebGpu);
        assert_eq!(order(&choices), [Provider::Cpu], "neither is tried again");
    }

    #[test]
    fn mods_that_settings_or_command_line_leave_out_are_not_switched_on() {
        let mut choices = of_settings(Settings::default());
        assert_eq!((choices.toggle_mods(), choices.mods().mods.place), (Ok(()), ModsPlace::Nowhere));
        assert_eq!((choices.toggle_mods(), choices.mods().mods.place), (Ok(()), ModsPlace::Found));
        choices.fixed.mods = Some(ModsPlace::Nowhere);
        assert!(choices.toggle_mods().unwrap_err().contains("--mods none"));
        choices = of_settings(settings::parse("[mods]\nfolder = \"none\"\n").unwrap());
        assert_eq!(choices.mods().mods.place, ModsPlace::Nowhere);
        assert!(choices.toggle_mods().unwrap_err().contains("[mods]"));
    }
}
