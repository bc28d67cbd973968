//! `overlay`: the live overlay over the game, or over the practice table.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Args;
use vision::providers::Provider;

use super::inputs::{parse_rate, parse_seconds, parse_threads};
use crate::api::ApiConfig;
use crate::app::choices::Fixed;
use crate::desktop::instance::{self, Claim};
use crate::desktop::target::{Query, choose};
use crate::desktop::{priority, window};
use crate::run::live::{Live, run_with_model};
use crate::run::source::Source;
use crate::settings;
use crate::settings::mods::ModsPlace;

/// What the live overlay takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct LiveArgs {
    /// Start the practice table and lay the overlay over it
    #[arg(long, conflicts_with = "source")]
    practice: bool,
    /// As --practice, but only when the game is not running
    #[arg(long, conflicts_with_all = ["source", "practice"])]
    or_practice: bool,
    /// Name of a model, or its folder [default: as the settings say, else balatro, with --practice
    /// practice]
    #[arg(long)]
    model: Option<String>,
    /// What to look at: window:TITLE, monitor:NUMBER or images:PATH [default: the game's window]
    #[arg(long)]
    source: Option<Source>,
    /// End after this many seconds
    #[arg(long, value_parser = parse_seconds)]
    seconds: Option<f32>,
    /// Threads for recognition
    #[arg(long, value_parser = parse_threads)]
    threads: Option<usize>,
    /// Frames a second, at most
    #[arg(long, value_parser = parse_rate)]
    fps: Option<f32>,
    /// Settings file; it is written when there is none [default: overlay.toml beside the data
    /// folder]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The Mods folder whose cards are known too; "none" for no mods [default: as the settings say,
    /// else where the game keeps it]
    #[arg(long, value_name = "DIR|none")]
    mods: Option<ModsPlace>,
    /// What recognition runs on, in order of preference: tensorrt, cuda, directml, coreml,
    /// openvino, webgpu, cpu [default: as the settings say, else what was measured to be best]
    #[arg(long, value_delimiter = ',', value_name = "PROVIDER")]
    providers: Option<Vec<Provider>>,
    /// Tell other programs nothing
    #[arg(long)]
    no_api: bool,
}

impl LiveArgs {
    /// The options that say how to run.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--practice", self.practice),
            ("--model", self.model.is_some()),
            ("--source", self.source.is_some()),
            ("--seconds", self.seconds.is_some()),
            ("--threads", self.threads.is_some()),
            ("--fps", self.fps.is_some()),
            ("--settings", self.settings.is_some()),
            ("--mods", self.mods.is_some()),
            ("--providers", self.providers.is_some()),
            ("--no-api", self.no_api),
        ];
        all.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
    }
}

/// Runs the overlay until it is told to end.
///
/// # Errors
/// When there is no display, no usable model, or something breaks on the way.
pub(crate) fn run(args: LiveArgs, started_at: Instant) -> Result<()> {
    let data = lens_core::paths::data();
    let _instance = match instance::claim(&data) {
        Ok(Claim::First(instance)) => Some(instance),
        Ok(Claim::Taken(other)) => {
            // What is asked for is to see the overlay.
            instance::hand_over(&data, "show").with_context(|| format!("{other}; end it first"))?;
            println!("{other}: it was told to show itself");
            let ignored = args.given();
            if !ignored.is_empty() {
                let ignored = ignored.join(", ");
                println!(
                    "It goes on as it was started, without {ignored}: end it first, or choose in its tray"
                );
            }
            return Ok(());
        }
        Err(error) => {
            let folder = data.display();
            log::warn!("cannot write into {folder}, so nothing keeps a second overlay away: {error}");
            None
        }
    };
    let practice = args.practice || args.or_practice && choose(&window::list()?, &Query::Game).is_none();
    priority::run_over_game();
    run_with_model(Live {
        source: args.source.unwrap_or(Source::Window(Query::Game)),
        practice,
        fixed: Fixed {
            model: args.model,
            threads: args.threads,
            per_second: args.fps,
            mods: args.mods,
            providers: args.providers,
        },
        settings: Some(settings_file(args.settings)?),
        seconds: args.seconds,
        api: ApiConfig { enabled: !args.no_api, ..ApiConfig::default() },
        started_at,
    })
}

/// The settings file as the tray hands it on: at login the program starts in another folder.
fn settings_file(given: Option<PathBuf>) -> Result<PathBuf> {
    given.map_or_else(|| Ok(settings::file::path()), |file| Ok(std::path::absolute(file)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_stays_the_same_one_in_another_folder() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(settings_file(Some("mine.toml".into())).unwrap(), here.join("mine.toml"));
        assert_eq!(settings_file(None).unwrap(), settings::file::path());
    }
}
