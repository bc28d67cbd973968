//! Tells people how a training goes: a bar on a terminal, plain lines elsewhere, `metrics.jsonl` for machines, and events
//! for TensorBoard.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::checkpoint::Network;
use crate::tensorboard::{Events, FOLDER};
use crate::train::Report;

/// Steps that a line sums up.
const STEPS_PER_LINE: u64 = 25;
/// Time between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Parts of the bar.
const RESOLUTION: u64 = 1000;

/// Shows the reports of one training.
#[derive(Debug)]
pub struct Console {
    network: Network,
    batch: usize,
    bar: Option<ProgressBar>,
    metrics: File,
    events: Events,
    sum: Sum,
    printed: Instant,
    begin: Instant,
    /// Progress at the first report, which a resumed training does not begin at zero.
    first: Option<f64>,
}

/// Sums since the last line.
#[derive(Clone, Debug, Default)]
struct Sum {
    steps: u64,
    seconds: f64,
    waited: f64,
    parts: Vec<(String, f64)>,
}

impl Console {
    /// Appends to `<network>.metrics.jsonl` in the run's folder; lines of steps after `step`, which a stopped training
    /// had not saved, are dropped.
    ///
    /// # Errors
    /// When that file cannot be written.
    pub fn new(run: &Path, network: Network, batch: usize, step: u64) -> std::io::Result<Self> {
        let path = run.join(format!("{}.metrics.jsonl", network.name()));
        drop_lines_after(&path, step)?;
        let metrics = OpenOptions::new().create(true).append(true).open(path)?;
        let events = Events::create(&run.join(FOLDER).join(network.name()), step + 1)?;
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {msg}").expect("the template is valid");
            ProgressBar::new(RESOLUTION).with_style(style).with_prefix(network.name())
        });
        let now = Instant::now();
        Ok(Self {
            network,
            batch,
            bar,
            metrics,
            events,
            sum: Sum::default(),
            printed: now,
            begin: now,
            first: None,
        })
    }

    /// Takes a step's report.
    pub fn show(&mut self, report: &Report) {
        let first = *self.first.get_or_insert(report.progress);
        self.sum.add(report);
        let spent = self.begin.elapsed().as_secs_f64();
        let left = match report.progress - first {
            done if done > 1e-6 => Some(spent * (1.0 - report.progress) / done),
            _ => None,
        };
        if self.sum.steps < STEPS_PER_LINE && report.progress < 1.0 {
            return;
        }
        let rate = self.sum.steps as f64 * self.batch as f64 / self.sum.seconds.max(1e-9);
        let parts: Vec<String> = self.sum.means().map(|(name, mean)| format!("{name} {mean:.4}")).collect();
        let line = format!(
            "step {} ({:.1} %), {}, {rate:.0} images/s, {:.0} ms a step ({:.0} waiting), {} left",
            report.step,
            100.0 * report.progress,
            parts.join(", "),
            1e3 * self.sum.seconds / self.sum.steps as f64,
            1e3 * self.sum.waited / self.sum.steps as f64,
            left.map_or_else(|| "unknown time".to_owned(), duration),
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position((report.progress * RESOLUTION as f64) as u64);
                bar.set_message(line);
            }
            None if self.printed.elapsed() >= LINE_EVERY || report.progress >= 1.0 => {
                eprintln!("{}: {line}", self.network.name());
                self.printed = Instant::now();
            }
            None => {}
        }
        self.write_metrics(report, rate);
        self.sum = Sum::default();
    }

    fn write_metrics(&mut self, report: &Report, images_per_second: f64) {
        let mut line = serde_json::Map::new();
        let mut scalars = Vec::new();
        let mut put = |name: &str, tag: String, value: f64| {
            line.insert(name.to_owned(), serde_json::json!(value));
            scalars.push((tag, value));
        };
        let own = [
            ("progress", report.progress),
            ("rate", report.rate),
            ("gradient", report.gradient),
            ("images_per_second", images_per_second),
        ];
        own.into_iter().for_each(|(name, value)| put(name, name.to_owned(), value));
        self.sum.means().for_each(|(name, mean)| put(name, format!("loss/{name}"), mean));
        line.insert("step".into(), report.step.into());
        let text = serde_json::Value::Object(line);
        let events = &mut self.events;
        let written = writeln!(self.metrics, "{text}")
            .and_then(|()| events.scalars(report.step, &scalars))
            .and_then(|()| events.flush());
        if let Err(error) = written {
            log::warn!("a line of metrics is lost: {error}");
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

impl Sum {
    fn add(&mut self, report: &Report) {
        self.steps += 1;
        self.seconds += report.seconds;
        self.waited += report.waited;
        if self.parts.is_empty() {
            self.parts = report.parts.iter().map(|(name, _)| (name.clone(), 0.0)).collect();
        }
        for ((_, sum), (_, value)) in self.parts.iter_mut().zip(&report.parts) {
            *sum += value;
        }
    }

    fn means(&self) -> impl Iterator<Item = (&str, f64)> {
        let steps = self.steps.max(1) as f64;
        self.parts.iter().map(move |(name, sum)| (name.as_str(), sum / steps))
    }
}

/// Hours and minutes, or minutes and seconds.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn drop_lines_after(path: &PathBuf, step: u64) -> std::io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut kept = String::new();
    for line in BufReader::new(file).lines() {
        let line = line?;
        let value: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if value["step"].as_u64().is_some_and(|it| it <= step) {
            kept += &line;
            kept.push('\n');
        }
    }
    lens_core::atomic::write(path, kept.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_lost_steps_are_dropped_on_resuming() {
        let folder = tempfile::tempdir().unwrap();
        let report = |step| Report {
            step,
            progress: step as f64 / 100.0,
            rate: 0.1,
            gradient: 1.0,
            parts: vec![("heat".into(), step as f64)],
            seconds: 0.1,
            waited: 0.0,
        };
        let mut console = Console::new(folder.path(), Network::Detector, 12, 0).unwrap();
        (1..=100).for_each(|step| console.show(&report(step)));
        drop(console);
        drop(Console::new(folder.path(), Network::Detector, 12, 60).unwrap());
        let text = std::fs::read_to_string(folder.path().join("detector.metrics.jsonl")).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line["step"].as_u64().unwrap()).collect::<Vec<_>>(), [25, 50]);
        assert_eq!(lines[1]["heat"], 38.0);
        let events = std::fs::read_dir(folder.path().join("tensorboard/detector")).unwrap();
        let events =
            events.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<u8>>();
        let tags = |tag: &[u8]| events.windows(tag.len()).filter(|it| *it == tag).count();
        assert_eq!(
            (tags(b"loss/heat"), tags(b"images_per_second")),
            (4, 4),
            "the first training had four lines"
        );
        assert_eq!(lines[1]["images_per_second"].as_f64().unwrap().round(), 120.0);
    }

    #[test]
    fn durations_read_well() {
        for (seconds, wanted) in [(5.0, "5 s"), (75.0, "1 min 15 s"), (7300.0, "2 h 01 min"), (-1.0, "0 s")] {
            assert_eq!(duration(seconds), wanted);
        }
    }
}
