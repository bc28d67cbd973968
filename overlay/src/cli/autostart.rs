//! `overlay autostart`: whether the overlay starts with the desktop.

use crate::desktop::autostart;
use anyhow::Result;
use clap::{Args, ValueEnum};

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
    if let Some(wish) = args.wish {
        autostart::set(wish == Wish::On)?;
    }
    println!("{}", if autostart::is_on()? { "on" } else { "off" });
    Ok(())
}
