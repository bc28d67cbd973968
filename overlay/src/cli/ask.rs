//! The commands that ask the running overlay and print what it says.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use lens_client::Client;
use lens_core::counted::counted;

use crate::desktop::{target, window};
use crate::diagnostics::doctor::bundle;
use crate::diagnostics::{panic_hook, report};

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
    /// What: show, toggle, pause, next-model, snapshot, automatic, report, settings, labeller,
    /// window, quit
    command: String,
    /// For window: its number, a part of its title, or auto for the game; without it the windows
    /// are listed
    window: Option<String>,
}

/// Have the running overlay pack what it sees at this moment, for a bug report
#[derive(Args, Clone, Debug)]
pub(crate) struct ReportArgs {}

/// How long the overlay may take to pack a report, from the question on.
const REPORT_TIMEOUT: Duration = Duration::from_secs(20);

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
    let overlay = Client::find()?;
    match (args.command.as_str(), args.window.as_deref()) {
        ("window", None) => list_windows(),
        ("window", Some(target::AUTOMATIC)) => Ok(overlay.command_with("window", Some(target::AUTOMATIC))?),
        ("window", Some(name)) => {
            let windows = window::list()?;
            let Some(found) = target::named(&windows, name) else {
                anyhow::bail!("there is no window {name:?}\nhelp: `overlay tell window` lists them");
            };
            // By its number: the title may be another's by then.
            overlay.command_with("window", Some(&found.id.to_string()))?;
            println!("following {} {:?}", found.id, found.title);
            Ok(())
        }
        (command, None) => Ok(overlay.command(command)?),
        (command, Some(_)) => anyhow::bail!("only window takes a second word, {command} does not"),
    }
}

/// Asks for a report, and says where it is and what is in it.
///
/// # Errors
/// When no overlay answers, or no report comes.
pub(crate) fn report() -> Result<()> {
    let folder = panic_hook::folder(&lens_core::paths::data());
    let newest = || report::reports(&folder).pop();
    let before = newest();
    const WITHOUT: &str = "without a running overlay, `overlay doctor --report FILE` packs what there is";
    let start = Instant::now();
    Client::find().and_then(|overlay| overlay.command("report")).context(WITHOUT)?;
    let path = loop {
        if let Some(path) = newest().filter(|path| Some(path) != before.as_ref()) {
            break path;
        }
        Client::find().context("the overlay ended before there was a report").context(WITHOUT)?;
        anyhow::ensure!(
            start.elapsed() < REPORT_TIMEOUT,
            "no report came within {} s: the overlay hangs, other programs leave it no time, or it could not write, \
             which it then says on the screen\nhelp: {WITHOUT}",
            REPORT_TIMEOUT.as_secs()
        );
        std::thread::sleep(Duration::from_millis(50));
    };
    println!("wrote {}, which holds:", path.display());
    for (name, bytes) in bundle::contents(&std::fs::read(&path)?)? {
        println!("  {name:<16} {}", counted(bytes, "byte"));
    }
    println!("help: look at it before you send it: frame.png is the game's window");
    Ok(())
}

/// Prints the windows that can be chosen, the topmost first.
fn list_windows() -> Result<()> {
    for window in window::list()?.iter().rev().filter(|window| !window.title.is_empty()) {
        println!("{:<12} {} ({})", window.id.to_string(), window.title, window.program);
    }
    Ok(())
}
