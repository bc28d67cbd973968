//! `overlay autostart`: whether the overlay starts with the desktop.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::desktop::autostart;

/// Start with the desktop, or no longer; without a word, say whether it does
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AutostartArgs {
    /// What it shall do
    wish: Option<Wish>,
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
        Some(Wish::On) => autostart::enable()?,
        Some(Wish::Off) => autostart::disable()?,
        None => {}
    }
    println!("{}", if autostart::is_on()? { "on" } else { "off" });
    Ok(())
}
