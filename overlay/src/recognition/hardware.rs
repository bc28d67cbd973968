//! Which hardware recognition runs on: measured on this machine, kept, and left when it fails.
//!
//! ```text
//! providers that may open ──a process for each──▶ Timing ──choose──▶ Record ──▶ hardware.json
//! ```
//!
//! Networks this small may lose more on the way to a graphics card and back than they gain there,
//! and a card has a game to draw. So each provider is timed ([`trial`]) and the processor keeps the
//! work unless a card is clearly faster. A record holds as long as driver, runtime, model and
//! number of threads stay the same ([`Key`]); [`chooser`] finds or makes one while the overlay
//! runs. What is in use is the settings' choice where they name providers, and is not known in this
//! file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lens_core::atomic;
use lens_core::catalogue::hex;
use lens_core::manifest::Manifest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vision::providers::{Provider, Refusal};
use vision::runtime::Runtime;

pub mod chooser;
pub mod trial;

/// Version of the file.
const FORMAT: u32 = 1;
/// Records that are kept, the newest first.
const MAX_RECORDS: usize = 16;
/// Of the processor's time, what a card may take at most to get the work.
const MAX_SHARE: f32 = 0.8;

/// What a record holds for: where one of these is another, it is measured again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// ONNX Runtime: its file, its build and its plugins.
    pub runtime: String,
    /// The graphics cards with their drivers; empty where no provider could use one.
    pub driver: String,
    /// Digest of the model's networks.
    pub model: String,
    /// Threads that work on one network.
    pub threads: usize,
}

/// How long recognising takes on a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Where it ran.
    pub provider: Provider,
    /// Milliseconds a frame; of four, three were done by then.
    pub millis: f32,
    /// Milliseconds of processor time a frame.
    pub processor_millis: f32,
    /// Milliseconds until the model could run.
    pub opening_millis: f32,
    /// Milliseconds of each stage a frame, by its name.
    #[serde(default)]
    pub stages: Vec<(String, f32)>,
    /// How far outputs are from the processor's, at most; zero on the processor.
    #[serde(default)]
    pub difference: f32,
}

/// A provider that failed while cards were recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which.
    pub provider: Provider,
    /// What it said.
    pub reason: String,
    /// Seconds since 1970.
    pub at: u64,
}

/// What was measured once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// For what it holds.
    pub key: Key,
    /// Name of the model, for people.
    pub model_name: String,
    /// Seconds since 1970.
    pub measured_at: u64,
    /// Those that ran.
    pub timings: Vec<Timing>,
    /// Those that did not, and why.
    pub refused: Vec<Refusal>,
    /// The one that failed in play: it is not chosen any more.
    #[serde(default)]
    pub failed: Option<Failure>,
}

impl Record {
    /// The provider to run on.
    pub fn chosen(&self) -> Provider {
        let failed = self.failed.as_ref().map(|failure| failure.provider);
        choose(self.timings.iter().filter(|timing| Some(timing.provider) != failed))
    }

    /// The providers to open, in order of preference.
    pub fn order(&self) -> Vec<Provider> {
        match self.chosen() {
            Provider::Cpu => vec![Provider::Cpu],
            chosen => vec![chosen, Provider::Cpu],
        }
    }
}

/// In one line, for the tray and the settings: `CPU 8.1 ms, WebGPU 320 ms`, the chosen one first.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chosen = self.chosen();
        write!(formatter, "{chosen}")?;
        let mut timings: Vec<&Timing> = self.timings.iter().collect();
        timings.sort_by_key(|timing| timing.provider != chosen);
        for timing in timings {
            let name =
                if timing.provider == chosen { String::new() } else { format!(", {}", timing.provider) };
            write!(formatter, "{name} {:.1} ms", timing.millis)?;
        }
        if let Some(failure) = &self.failed {
            write!(formatter, "; {} failed", failure.provider)?;
        }
        Ok(())
    }
}

/// The processor, unless a card takes clearly less time and no more of the processors.
pub fn choose<'a>(timings: impl Iterator<Item = &'a Timing>) -> Provider {
    let timings: Vec<&Timing> = timings.collect();
    let Some(processor) = timings.iter().find(|timing| timing.provider == Provider::Cpu) else {
        return Provider::Cpu;
    };
    let is_better = |timing: &&&Timing| {
        timing.millis <= MAX_SHARE * processor.millis && timing.processor_millis <= processor.processor_millis
    };
    let best = timings.iter().filter(is_better).min_by(|a, b| a.millis.total_cmp(&b.millis));
    best.map_or(Provider::Cpu, |timing| timing.provider)
}

/// What is known of the runtime, for a [`Key`].
pub fn runtime_name(runtime: &Runtime) -> String {
    let named = |path: &Path| {
        let length = path.metadata().map_or(0, |it| it.len());
        format!("{} ({length} bytes)", path.file_name().unwrap_or_default().to_string_lossy())
    };
    let mut name = format!("{} {}", named(runtime.library()), runtime.build_info());
    for plugin in runtime.plugins() {
        name.push_str(&format!(", {}", named(plugin.library())));
    }
    name
}

/// What is known of a model, for a [`Key`].
pub fn model_name(manifest: &Manifest) -> String {
    let mut digest = Sha256::new();
    for (file, sha256) in &manifest.sha256 {
        digest.update(format!("{file} {sha256}\n"));
    }
    hex(&digest.finalize())
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// The records on the disk.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    records: Vec<Record>,
}

impl Store {
    /// In the cache of this system.
    pub fn installed() -> Self {
        Self::at(lens_core::paths::cache().join("hardware.json"))
    }

    /// In this file.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// All records, the newest first; none where the file is missing or not to be understood.
    pub fn records(&self) -> Vec<Record> {
        let file = std::fs::read(&self.path).ok().and_then(|it| serde_json::from_slice::<File>(&it).ok());
        file.filter(|file| file.format == FORMAT).map_or_else(Vec::new, |file| file.records)
    }

    /// The record of this very state of things.
    pub fn find(&self, key: &Key) -> Option<Record> {
        self.records().into_iter().find(|record| record.key == *key)
    }

    /// What was measured last with a model.
    pub fn latest(&self, manifest: &Manifest) -> Option<Record> {
        let model = model_name(manifest);
        self.records().into_iter().find(|record| record.key.model == model)
    }

    /// Keeps a record in the place of one with the same key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, record: Record) -> std::io::Result<()> {
        let mut records = self.records();
        records.retain(|other| other.key != record.key);
        records.insert(0, record);
        records.truncate(MAX_RECORDS);
        let text =
            serde_json::to_vec_pretty(&File { format: FORMAT, records }).map_err(std::io::Error::other)?;
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        atomic::write(&self.path, &text)
    }
}

#[cfg(test)]
mod tests;
