//! The commands that ask the running overlay and print what it says.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use lens_client::Client;

/// Whether a card is on the screen now: exit code 0 when it is, 1 when it is not, 2 when it cannot
/// be known
#[derive(Args, Clone, Debug)]
pub(crate) struct DisplayedArgs {
    /// The card's id, for example `j_blueprint`
    id: String,
    /// Say nothing, only exit
    #[arg(long, short)]
    quiet: bool,
}

/// Print what appears, changes and leaves, a line of JSON for each event, until the overlay ends
#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Also when a card only moves
    #[arg(long)]
    moves: bool,
    /// End after this many lines
    #[arg(long, value_name = "COUNT")]
    lines: Option<usize>,
}

/// Ask the running overlay for something
#[derive(Args, Clone, Debug)]
pub(crate) struct TellArgs {
    /// What: show, toggle, pause, next-model, snapshot, automatic, labeller, quit
    command: String,
}

const NOT_DISPLAYED: u8 = 1;
const CANNOT_BE_KNOWN: u8 = 2;

/// Asks about one card.
pub(crate) fn displayed(args: &DisplayedArgs) -> ExitCode {
    let answer = Client::find().and_then(|overlay| overlay.is_card_displayed(&args.id));
    let (line, code) = match answer {
        Ok(true) => ("displayed", ExitCode::SUCCESS),
        Ok(false) => ("not displayed", ExitCode::from(NOT_DISPLAYED)),
        Err(error) => {
            eprintln!("overlay: {error}");
            return ExitCode::from(CANNOT_BE_KNOWN);
        }
    };
    if !args.quiet {
        println!("{line}");
    }
    code
}

/// Prints events until the overlay ends or nobody reads any more.
///
/// # Errors
/// When no overlay answers, or the connection breaks.
pub(crate) fn watch(args: &WatchArgs) -> Result<()> {
    let overlay = Client::find()?;
    let events = if args.moves { overlay.watch()? } else { overlay.watch_names()? };
    let mut out = std::io::stdout().lock();
    for event in events.take(args.lines.unwrap_or(usize::MAX)) {
        let line = serde_json::to_string(&event?)?;
        // Whoever read our lines has left: that is the usual end of a pipe.
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    Ok(())
}

/// Passes a command on.
///
/// # Errors
/// When no overlay answers, or it knows no such command.
pub(crate) fn tell(args: &TellArgs) -> Result<()> {
    Ok(Client::find()?.command(&args.command)?)
}
