//! `overlay settings`: the settings in a window.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::{settings, settings_window};

/// Show the settings in a window; a running overlay takes changes over at once
#[derive(Args, Clone, Debug)]
pub(crate) struct SettingsArgs {
    /// Settings file; it is written when there is none [default: overlay.toml beside the data
    /// folder]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Shows the window until it is closed.
///
/// # Errors
/// When the file is wrong, or no window can be opened.
pub(crate) fn run(args: SettingsArgs) -> Result<()> {
    settings_window::run(args.settings.unwrap_or_else(settings::file::path))
}
