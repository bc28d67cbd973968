//! `overlay desktop-entry`: the overlay in the desktop's menu.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::desktop::desktop_entry;

/// Put the overlay into the desktop's menu, or take it out (Linux)
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DesktopEntryArgs {
    /// What it shall be
    #[arg(default_value = "on")]
    wish: Wish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wish {
    /// In the menu
    On,
    /// Not in the menu
    Off,
}

/// Writes or removes the entry.
///
/// # Errors
/// When the user's applications cannot be written to.
pub(crate) fn run(args: DesktopEntryArgs) -> Result<()> {
    match args.wish {
        Wish::On => {
            let path = desktop_entry::write().context("cannot write the desktop entry")?;
            println!("{}", path.display());
        }
        Wish::Off => desktop_entry::remove().context("cannot remove the desktop entry")?,
    }
    Ok(())
}
