//! What epochs were like, in the run's folder: lines of JSON, confusion matrices, and TensorBoard's events.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lens_core::atomic;
use serde_json::{Value, json};

use super::fit::EpochReport;
use crate::plot;
use crate::tensorboard::{Events, FOLDER};

/// Name of the file with a line for each epoch.
pub const FILE_NAME: &str = "identifier.epochs.jsonl";
/// Confused pairs that are listed.
const PAIRS: usize = 10;

/// Writes what epochs were like.
#[derive(Debug)]
pub struct History {
    run: PathBuf,
    events: Events,
}

impl History {
    /// Goes on after `epoch`: what is said of later epochs, which were not saved, is dropped.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(run: &Path, epoch: u64) -> io::Result<Self> {
        let kept: String = read(run)?
            .into_iter()
            .filter(|line| line["epoch"].as_u64().is_some_and(|it| it <= epoch))
            .map(|line| format!("{line}\n"))
            .collect();
        atomic::write(&run.join(FILE_NAME), kept.as_bytes())?;
        Ok(Self { run: run.to_path_buf(), events: Events::create(&run.join(FOLDER), epoch + 1)? })
    }

    /// Adds an epoch.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn add(&mut self, report: &EpochReport) -> io::Result<()> {
        let mut scalars =
            vec![("rate".to_owned(), report.rate), ("loss/train".to_owned(), report.train_loss)];
        scalars.extend(report.loss.map(|loss| ("loss/validation".to_owned(), loss)));
        let mut heads = serde_json::Map::new();
        for head in &report.heads {
            let top3 = head.top3.and_then(crate::evaluate::Share::value);
            let mut put = |what: &str, value: Option<f64>| {
                scalars.extend(value.map(|value| (format!("{}/{what}", head.name), value)));
            };
            put("train loss", head.train_loss);
            put("validation loss", head.loss);
            put("top1", head.top1.value());
            put("top3", top3);
            let pairs = head.confusion.as_ref().map(|it| it.worst_pairs(PAIRS)).unwrap_or_default();
            let line = json!({
                "train_loss": head.train_loss, "loss": head.loss, "top1": head.top1, "top3": top3,
                "judged": head.top1.whole, "classes": head.per_class(), "worst_pairs": pairs,
            });
            heads.insert(head.name.clone(), line);
            if let Some(confusion) = head.confusion.as_ref().filter(|_| head.top1.whole > 0) {
                let picture = plot::confusion(confusion);
                self.events.image(report.epoch, &format!("{}/confusion", head.name), &picture)?;
                picture.save(confusion_file(&self.run, &head.name, "png")).map_err(io::Error::other)?;
                atomic::write(&confusion_file(&self.run, &head.name, "csv"), confusion.to_csv().as_bytes())?;
            }
        }
        self.events.scalars(report.epoch, &scalars)?;
        self.events.flush()?;
        let line = json!({
            "epoch": report.epoch, "rate": report.rate, "train_loss": report.train_loss, "loss": report.loss,
            "better": report.better, "seconds": report.seconds, "waited": report.waited, "images": report.images,
            "heads": heads,
        });
        let mut file = OpenOptions::new().create(true).append(true).open(self.run.join(FILE_NAME))?;
        writeln!(file, "{line}")
    }
}

/// The lines of a run, one for each epoch.
///
/// # Errors
/// When the file cannot be read; none is no error.
pub fn read(run: &Path) -> io::Result<Vec<Value>> {
    match std::fs::read_to_string(run.join(FILE_NAME)) {
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
