//! The labeller's command line.
#![expect(unsafe_code, reason = "the environment is changed before there are threads")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Parser;
use labeller::app::App;
use labeller::inference::Inference;
use labeller::intent::Page;
use labeller::repository::Folders;
use labeller::window::Labeller;
use lens_core::catalogue::Catalogue;
use lens_core::causes::{self, without_line};
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
    /// Labelled captures and labels.json [default: `dataset_default` among the data]
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
    /// Settings of the overlay, which say where mods are and which are off [default: overlay.toml
    /// beside the data]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Page to begin with: label, verify, collection, frames, bin, train or mods
    #[arg(long, default_value = "label", value_parser = Page::from_name)]
    page: Page,
}

fn main() -> ExitCode {
    // A mod is run by this very program, in a process that has walls around it.
    mods::child_main();
    // SAFETY: no other thread runs yet.
    unsafe { vision::runtime::telemetry::refuse() };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("labeller: {}", causes::said_once(error.chain()));
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
    let settings = cli.settings.unwrap_or_else(lens_core::paths::settings);
    let pictures = vec![folders.captures.clone(), folders.labels.clone()];
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Balatro Lens labeller")
            .with_app_id("balatro-lens-labeller")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([600.0, 400.0]),
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
                    .with_mods(settings.clone(), lens_core::paths::cache().join("mods"))
                    .with_page(cli.page)
            })?;
            Ok(Box::new(app))
        }),
    );
    opened.map_err(|error| unopened(&error, &|name| std::env::var_os(name)))
}

/// Why there is no window, with what helps against that.
fn unopened(error: &eframe::Error, variable: &dyn Fn(&str) -> Option<OsString>) -> anyhow::Error {
    let help = match error {
        // What the labels or captures say names its help already.
        eframe::Error::AppCreation(reason) => return anyhow!("{reason}"),
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => without_display(variable),
        _ => "WGPU_BACKEND=gl or =vulkan chooses another graphics driver".to_owned(),
    };
    anyhow!("the window cannot be opened: {}\nhelp: {help}", without_line(&error.to_string()))
}

/// What helps where no display answers.
fn without_display(variable: &dyn Fn(&str) -> Option<OsString>) -> String {
    if !cfg!(target_os = "linux") {
        return "start it in a desktop session of your own".to_owned();
    }
    let named = |name: &'static str| Some((name, variable(name).filter(|it| !it.is_empty())?));
    match ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().find_map(named) {
        None => {
            "there is no display here: start it in a desktop session, or over SSH with `ssh -X`".to_owned()
        }
        Some((name, value)) => format!(
            "no display answers at {name}={}: start it in the session that is on the screen",
            value.to_string_lossy()
        ),
    }
}

#[cfg(test)]
#[path = "../../xtask/tests/inputs/console.rs"]
mod console;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_fits_what_is_missing() {
        let damaged = eframe::Error::AppCreation("labels.json is damaged\nhelp: mend it".into());
        assert_eq!(unopened(&damaged, &|_| None).to_string(), "labels.json is damaged\nhelp: mend it");
        if !cfg!(target_os = "linux") {
            return;
        }
        let said = |set: &[(&str, &str)]| {
            without_display(&|name| set.iter().find(|it| it.0 == name).map(|it| it.1.into()))
        };
        for nothing in [&[][..], &[("DISPLAY", "")]] {
            assert!(said(nothing).starts_with("there is no display here"), "{nothing:?}");
        }
        assert!(said(&[("DISPLAY", ":99")]).contains("no display answers at DISPLAY=:99"));
        assert!(said(&[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-1")]).contains("wayland-1"));
    }

    #[test]
    fn a_page_is_asked_for_by_its_name() {
        // As the overlay's tray asks for the page of mods.
        let page = |name: &str| Cli::try_parse_from(["labeller", "--page", name]).map(|cli| cli.page);
        assert_eq!(page("mods").unwrap(), Page::Mods);
        assert!(page("cards").unwrap_err().to_string().contains("collection, frames, bin, train, mods"));
    }

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
