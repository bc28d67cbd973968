//! `overlay doctor`: looks at everything, prints it, and packs a report when one is asked for.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use lens_core::atomic::{self, keep_former};
use lens_core::counted::counted;
use serde::Serialize;

use super::inputs::parse_count;
use crate::diagnostics::doctor::finding::{Finding, Verdict};
use crate::diagnostics::doctor::{self, Scope, bundle};
use crate::diagnostics::redact::Redactor;
use crate::recognition::hardware::{Record, Store};

/// Find out what works on this machine, what does not, and what helps
#[derive(Args, Clone, Debug)]
pub(crate) struct DoctorArgs {
    /// Also pack a report into this file, to be attached to a bug report; it names no personal
    /// paths
    #[arg(long, value_name = "ZIP")]
    report: Option<PathBuf>,
    /// Settings file that the report takes along [default: overlay.toml beside the data folder]
    #[arg(long, value_name = "FILE", requires = "report")]
    settings: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Frames of the practice table that are recognised as a test
    #[arg(long, alias = "pictures", default_value_t = 20, value_parser = parse_count::<100_000>)]
    frames: usize,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Report<'a> {
    findings: &'a [Finding],
    /// What was measured about the hardware, the newest first.
    hardware: Vec<Record>,
}

/// Examines and reports.
///
/// # Errors
/// When something does not work at all, or the report cannot be written.
pub(crate) fn run(args: &DoctorArgs) -> Result<()> {
    if let Some(path) = &args.settings {
        ensure!(
            path.is_file(),
            "there are no settings in {}\nhelp: give the file that the overlay was started with",
            path.display()
        );
    }
    let scope = Scope { data: lens_core::paths::data(), frames: args.frames, sight: sight() };
    let findings = doctor::examine(&scope, |finding| {
        if !args.json {
            println!("{finding}");
        }
    });
    if args.json {
        let report = Report { findings: &findings, hardware: Store::installed().records() };
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    if let Some(path) = &args.report {
        let cannot = || format!("cannot write the report {}", path.display());
        let usual = || Some(lens_core::paths::settings()).filter(|path| path.is_file());
        let settings = args.settings.clone().or_else(usual);
        let packed = bundle::pack(&findings, &scope.data, settings.as_deref(), &Redactor::for_this_user())
            .with_context(cannot)?;
        keep_former(path).and_then(|()| atomic::write(path, &packed)).with_context(cannot)?;
        eprintln!("wrote {}, which holds:", path.display());
        for (name, bytes) in bundle::contents(&packed)? {
            eprintln!("  {name:<16} {}", counted(bytes, "byte"));
        }
        eprintln!("help: read it before you send it; it is a ZIP file of plain text");
    }
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    ensure!(bad == 0, "{bad} of {} failed: see BAD above", counted(findings.len(), "check"));
    Ok(())
}

/// How to find out whether marks can be seen; `None` where there is no display to see them on.
#[cfg(target_os = "linux")]
fn sight() -> Option<fn() -> (Verdict, String)> {
    use crate::desktop::window::x11::Desktop;
    use crate::run::sight::{Sight, look};

    let desktop = Desktop::connect().ok()?;
    if desktop.is_xwayland().unwrap_or(false) {
        return Some(|| (Verdict::Less, "not looked at: Wayland lets no program see the screen".to_owned()));
    }
    Some(|| match look() {
        Sight::Seen => (Verdict::Good, "can be seen on the screen".to_owned()),
        Sight::Unseen([red, green, blue]) => (
            Verdict::Bad,
            format!(
                "are drawn and cannot be seen: their place on the screen is #{red:02x}{green:02x}{blue:02x}\n\
                 help: set the screen to 24 bits of colour, or try WGPU_BACKEND=gl or =vulkan"
            ),
        ),
        Sight::Untold(reason) => (Verdict::Bad, format!("cannot be shown: {reason}")),
    })
}

#[cfg(not(target_os = "linux"))]
fn sight() -> Option<fn() -> (Verdict, String)> {
    None
}
