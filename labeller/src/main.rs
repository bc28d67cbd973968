//! The labeller's command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser;
use labeller::app::App;
use labeller::inference::Inference;
use labeller::repository::Folders;
use labeller::window::Labeller;
use lens_core::catalogue::Catalogue;
use lens_core::manifest::{self, Manifest};

/// Names captured cards, by keyboard
#[derive(Debug, Parser)]
#[command(name = "labeller", version)]
struct Cli {
    /// Name of the model that guesses and learns, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
    /// Raw captures [default: screenshots among the data]
    #[arg(long, value_name = "DIR")]
    captures: Option<PathBuf>,
    /// Labelled pictures and labels.json [default: `dataset_default` among the data]
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("labeller: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let as_given = PathBuf::from(&cli.model);
    let model = if as_given.join(manifest::FILE_NAME).is_file() {
        as_given
    } else {
        lens_core::paths::model(&cli.model)
    };
    let game = Manifest::read(&model)?.catalogue;
    let catalogue = Arc::new(Catalogue::read(&lens_core::paths::catalogue(&game))?);
    let folders = Folders {
        captures: cli.captures.unwrap_or_else(dataset::captures::folder),
        labels: cli.labels.unwrap_or_else(dataset::labels::folder),
    };
    let pictures = vec![folders.captures.clone(), folders.labels.clone()];
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Balatro Lens labeller")
            .with_app_id("balatro-lens-labeller")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([900.0, 600.0]),
        ..Default::default()
    };
    let opened = eframe::run_native(
        "balatro-lens-labeller",
        options,
        Box::new(move |creation| {
            let context = creation.egui_ctx.clone();
            let app = App::open(folders, move |repository, session| {
                let context = context.clone();
                let wake = move || context.request_repaint();
                let inference = Inference::start(model.clone(), pictures.clone(), wake);
                Labeller::new(repository, session, Arc::clone(&catalogue), Some(inference))
            })?;
            Ok(Box::new(app))
        }),
    );
    opened
        .map_err(|error| anyhow!("{error}\nhelp: WGPU_BACKEND=gl or =vulkan chooses another graphics driver"))
        .context("the window cannot be opened")
}

#[cfg(test)]
#[path = "../../xtask/tests/inputs/console.rs"]
mod console;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_the_pages_are_understood() {
        let commands = console::commands("labeller");
        assert!(commands.len() >= 2, "only {} commands were found in the pages", commands.len());
        for (place, arguments) in commands {
            if let Err(error) = Cli::try_parse_from(&arguments) {
                panic!("{place}: {error}");
            }
        }
    }
}
