//! `trainer import-art`: the textures out of the player's own copy of a game.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::paths;
use synth::art::import::import;

/// What `trainer import-art` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The game: its .exe, .love or .app, or an unpacked folder
    path: PathBuf,
    /// Which game's catalogue names the sheets
    #[arg(long, default_value = "balatro")]
    game: String,
    /// Where the textures go [default: data/art/GAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Imports.
///
/// # Errors
/// When the path is not a copy of the game, or a sheet is missing or of a wrong size.
pub fn run(arguments: &Arguments) -> Result<()> {
    let catalogue = Catalogue::read(&paths::catalogue(&arguments.game))?;
    let destination = arguments.out.clone().unwrap_or_else(|| paths::art(&arguments.game));
    let bar = std::io::stderr().is_terminal().then(|| {
        let style =
            ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}").expect("the template is valid");
        ProgressBar::new(0).with_style(style)
    });
    let report = import(&arguments.path, &catalogue, &destination, &mut |progress| {
        if let Some(bar) = &bar {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
            bar.set_message(progress.file.to_owned());
        }
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let sheets = counted(report.sheets, "sheet");
    say!("{sheets} of {} copied into {}", report.source.display(), report.textures.display());
    for sheet in &report.computed {
        say!("the other scale of {sheet} is computed");
    }
    Ok(())
}
