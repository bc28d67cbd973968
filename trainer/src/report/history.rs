//! What epochs were like, in the run's folder: lines of JSON, confusion matrices, and TensorBoard's
//! events.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lens_core::atomic;
use lens_core::image_file::save;
use serde_json::{Value, json};

use super::plot;
use super::tensorboard::{Events, FOLDER};
use crate::checkpoint::Network;
use crate::evaluate::metrics::Share;
use crate::train::epoch::EpochReport;

/// Confused pairs that are listed.
const LISTED_PAIRS: usize = 10;

/// Writes what epochs were like.
#[derive(Debug)]
pub struct History {
    run: PathBuf,
    network: Network,
    events: Events,
}

impl History {
    /// Goes on after `epoch`: what is said of later epochs, which were not saved, is dropped.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(run: &Path, network: Network, epoch: u64) -> io::Result<Self> {
        let kept: String = read(run, network)?
            .into_iter()
            .filter(|line| line["epoch"].as_u64().is_some_and(|it| it <= epoch))
            .map(|line| format!("{line}\n"))
            .collect();
        atomic::write(&file(run, network), kept.as_bytes())?;
        let folder = run.join(FOLDER);
        let folder = match network {
            Network::Identifier => folder,
            Network::Detector => folder.join("detector-epochs"),
        };
        Ok(Self { run: run.to_path_buf(), network, events: Events::create(&folder, epoch + 1)? })
    }

    /// Adds an epoch.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn add(&mut self, report: &EpochReport) -> io::Result<()> {
        let mut scalars =
            vec![("rate".to_owned(), report.learning_rate), ("loss/train".to_owned(), report.train_loss)];
        scalars.extend(report.loss.map(|loss| ("loss/validation".to_owned(), loss)));
        let mut heads = serde_json::Map::new();
        for head in &report.heads {
            let top3 = head.top3.and_then(Share::value);
            let mut put = |what: &str, value: Option<f64>| {
                scalars.extend(value.map(|value| (format!("{}/{what}", head.name), value)));
            };
            put("train loss", head.train_loss);
            put("validation loss", head.loss);
            put("top1", head.top1.value());
            put("top3", top3);
            let pairs = head.confusion.as_ref().map(|it| it.worst_pairs(LISTED_PAIRS)).unwrap_or_default();
            let line = json!({
                "train_loss": head.train_loss, "loss": head.loss, "top1": head.top1, "top3": top3,
                "judged": head.top1.whole, "classes": head.per_class(), "worst_pairs": pairs,
            });
            heads.insert(head.name.clone(), line);
            if let Some(confusion) = head.confusion.as_ref().filter(|_| head.top1.whole > 0) {
                let picture = plot::picture(&plot::Matrix::new(confusion));
                self.events.image(report.epoch, &format!("{}/confusion", head.name), &picture)?;
                save(&picture, &confusion_file(&self.run, &head.name, "png"))?;
                atomic::write(&confusion_file(&self.run, &head.name, "csv"), confusion.to_csv().as_bytes())?;
            }
        }
        self.events.scalars(report.epoch, &scalars)?;
        self.events.flush()?;
        let line = json!({
            "epoch": report.epoch, "rate": report.learning_rate, "train_loss": report.train_loss, "loss": report.loss,
            "better": report.is_best, "seconds": report.seconds, "waited": report.waited, "images": report.images,
            "heads": heads,
        });
        let mut lines = OpenOptions::new().create(true).append(true).open(file(&self.run, self.network))?;
        writeln!(lines, "{line}")
    }
}

/// The file with a line for each epoch of a network.
pub fn file(run: &Path, network: Network) -> PathBuf {
    run.join(format!("{}.epochs.jsonl", network.name()))
}

/// The lines of a network's training, one for each epoch.
///
/// # Errors
/// When the file cannot be read; none is no error.
pub fn read(run: &Path, network: Network) -> io::Result<Vec<Value>> {
    match std::fs::read_to_string(file(run, network)) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The file with the confusion matrix of a head.
pub fn confusion_file(run: &Path, head: &str, extension: &str) -> PathBuf {
    run.join(format!("confusion-{}.{extension}", plain(head)))
}

/// A task's name as part of a file's.
fn plain(name: &str) -> String {
    name.chars().map(|it| if it.is_ascii_alphanumeric() || it == '-' { it } else { '_' }).collect()
}
