//! `overlay autostart`: whether the overlay starts with the desktop.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::desktop::autostart;
use crate::settings;

/// Start with the desktop, or no longer; without a word, say whether it does
#[derive(Args, Clone, Debug)]
pub(crate) struct AutostartArgs {
    /// What it shall do
    wish: Option<Wish>,
    /// Start with this settings file
    #[arg(long, value_name = "FILE", requires = "wish")]
    settings: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wish {
    /// Start when I log in
    On,
    /// Start only when I say so
    Off,
}

/// Changes the entry where that is wished, and says what is true afterwards.
///
/// # Errors
/// When the system refuses.
pub(crate) fn run(args: AutostartArgs) -> Result<()> {
    match args.wish {
        Some(Wish::On) => {
            // At login it starts in another folder.
            let file = args.settings.map(std::path::absolute).transpose()?;
            if let Some(path) = file.as_deref().filter(|path| path.exists()) {
                // Nobody is there at login to read what is wrong with it.
                settings::file::read(path)?;
            }
            autostart::enable(file.as_deref())?;
        }
        Some(Wish::Off) => autostart::disable()?,
        None => {}
    }
    println!("{}", if autostart::is_on()? { "on" } else { "off" });
    Ok(())
}
