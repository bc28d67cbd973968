//! Recognition: ONNX Runtime, the models and their files, what they run on, and how fast.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use lens_core::pixels::Pixels;
use vision::network::Options;
use vision::plugins::Plugin;
use vision::providers;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;

use super::finding::Finding;
use super::scope::Scope;
use crate::recognition::hardware::Store;
use crate::recognition::models::folders;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;

/// Overlap from which a detection is a card of the table.
const MIN_OVERLAP: f32 = 0.5;
/// Share of names below which something is broken: the practice table fans and covers its cards,
/// and this looks at single images, so that four of five are usual.
const MIN_SHARE_RIGHT: f32 = 0.65;

pub(super) fn examine(scope: &Scope) -> Vec<Finding> {
    let mut findings = Vec::new();
    match Runtime::load() {
        Ok(runtime) => {
            let library = runtime.library().display().to_string();
            findings.push(Finding::good("ONNX Runtime", library).line(runtime.build_info()));
            findings.extend(runtime.plugins().iter().map(plugin));
        }
        Err(error) => findings.push(Finding::bad("ONNX Runtime", error)),
    }
    let folder = scope.data.join("models");
    let models = folders(&folder);
    if models.is_empty() {
        findings.push(Finding::bad("models", format!("there are none in {}", folder.display())));
    }
    findings.extend(models.iter().map(|model| files(&scope.data, model)));
    findings.push(hardware(&models, &Store::installed()));
    findings.extend(practice(scope));
    findings
}

/// An execution provider that lies beside ONNX Runtime.
fn plugin(plugin: &Plugin) -> Finding {
    let library = plugin.library().display();
    match plugin.refusal() {
        None => Finding::good("plugin", format!("{library} offers a device")),
        Some(reason) => Finding::less("plugin", library).line(reason),
    }
}

/// What was measured about the hardware with each model.
fn hardware(models: &[PathBuf], store: &Store) -> Finding {
    let (candidates, absent) = Runtime::load().map(providers::candidates).unwrap_or_default();
    let mut lines = Vec::new();
    for folder in models {
        let Some(record) = Manifest::read(folder).ok().and_then(|it| store.latest(&it)) else { continue };
        lines.push(format!("{} runs best on {record}", record.model_name));
        if !record.key.driver.is_empty() {
            lines.push(format!("  with {}", record.key.driver));
        }
        // What this build does not have is told with the networks.
        let refused = record.refused.iter().filter(|it| !absent.contains(it));
        lines.extend(refused.map(|it| format!("  not {}: {}", it.provider, it.reason)));
        lines.extend(record.failed.iter().map(|it| format!("  {} failed: {}", it.provider, it.reason)));
    }
    if !lines.is_empty() {
        return Finding::good("hardware", lines.join("\n"));
    }
    if candidates.is_empty() {
        return Finding::good("hardware", "the processor: this ONNX Runtime has nothing else to measure");
    }
    Finding::good("hardware", "not measured yet: the overlay does it while cards are on the screen")
        .line("help: `overlay hardware` does it now")
}

/// Whether a model is whole, and which it is.
fn files(data: &Path, folder: &Path) -> Finding {
    let name = format!("model {}", folder.file_name().unwrap_or_default().to_string_lossy());
    let manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        Err(error) => return Finding::bad(name, error),
    };
    let catalogue = data.join("catalogues").join(format!("{}.json", manifest.catalogue));
    let mut finding = match Catalogue::read(&catalogue) {
        Err(error) => return Finding::bad(name, error),
        Ok(catalogue) if catalogue.digest() != manifest.catalogue_digest => {
            let text = format!("it was trained on another catalogue of {}", catalogue.game);
            return Finding::bad(name, text)
                .line("help: run `trainer export` again, or install the model again");
        }
        Ok(catalogue) => Finding::good(
            name.clone(),
            format!("{} of {}", counted(catalogue.cards.len(), "card"), catalogue.title),
        ),
    };
    for (file, digest) in &manifest.sha256 {
        if let Err(error) = manifest.read_network(folder, file) {
            return Finding::bad(name, error);
        }
        finding = finding.line(format!("{file} sha256 {digest:.16}"));
    }
    if folder.join("gallery.json").exists() {
        finding = finding.line("with cards that were taught");
    }
    finding
}

/// What the practice model runs on, and how well it reads a table whose truth is known.
fn practice(scope: &Scope) -> Vec<Finding> {
    let folder = scope.data.join("models/practice");
    let catalogue = synth::practice::catalogue();
    let measured = Manifest::read(&folder).ok().and_then(|it| Store::installed().latest(&it));
    let mut options = Options::default();
    options.providers = measured.map_or(options.providers, |record| record.order());
    let mut recogniser = match Recogniser::open_with(&folder, (*catalogue).clone(), &options) {
        Ok(recogniser) => recogniser,
        Err(error) => return vec![Finding::bad("self-test", error)],
    };
    let mut findings = Vec::new();
    for (what, (file, report)) in ["detector", "identifier"].into_iter().zip(recogniser.reports()) {
        let names: Vec<&str> = report.accepted.iter().map(|provider| provider.name()).collect();
        let names = if names.is_empty() { "CPU".to_owned() } else { names.join(", ") };
        let mut finding = Finding::good(what, format!("{file} on {names}"));
        for refusal in &report.refused {
            finding = finding.line(format!("not {}: {}", refusal.provider, refusal.reason));
        }
        findings.push(finding);
    }
    findings.push(
        self_test(&mut recogniser, scope.frames).unwrap_or_else(|error| Finding::bad("self-test", error)),
    );
    findings
}

fn self_test(recogniser: &mut Recogniser, frames: usize) -> Result<Finding, vision::network::RunError> {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(1, [1280, 720], painter.catalogue());
    let (mut readable, mut right) = (0_usize, 0_usize);
    let mut times = Vec::new();
    for number in 0..frames.max(1) {
        let state = table.at(2.6 + 0.4 * number as f32);
        let picture = painter.paint(&state);
        let start = std::time::Instant::now();
        let cards = recogniser.recognise(&Pixels::from(picture))?;
        times.push(start.elapsed());
        for card in state.readable() {
            readable += 1;
            let found = cards
                .iter()
                .filter(|it| it.detection.quad.iou(card.quad) >= MIN_OVERLAP)
                .max_by(|a, b| a.detection.quad.iou(card.quad).total_cmp(&b.detection.quad.iou(card.quad)));
            right += usize::from(found.is_some_and(|it| it.reading.id().is_some_and(|id| *id == card.id)));
        }
    }
    // The first run sets everything up.
    if times.len() > 1 {
        times.remove(0);
    }
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let (median, worst) = (millis(times[times.len() / 2]), millis(times[times.len() - 1]));
    let share = right as f32 / readable.max(1) as f32;
    let text = format!(
        "{:.1} % of {readable} practice cards named right; {median:.1} ms a frame of 1280x720, {worst:.1} at most",
        100.0 * share
    );
    Ok(if share >= MIN_SHARE_RIGHT {
        Finding::good("self-test", text)
    } else {
        Finding::bad("self-test", text)
    })
}
