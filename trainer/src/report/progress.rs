//! Tells people how a training goes: a bar on a terminal, plain lines elsewhere, a table of its
//! epochs, files for machines.
//!
//! Steps go into `<network>.metrics.jsonl`, epochs into [`history`](super::history), both into
//! TensorBoard's events.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::bar::Bar;
use super::history::History;
use super::tensorboard::{Events, FOLDER};
use super::words::duration;
use crate::checkpoint::{Network, Position};
use crate::evaluate::metrics::Share;
use crate::train::Event;
use crate::train::epoch::{EpochReport, StepReport};

/// Steps that a line sums up.
const STEPS_PER_LINE: u64 = 25;
/// Time between plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// Time after which the bar moves before a line is full.
const BAR_INTERVAL: Duration = Duration::from_secs(1);
/// Parts of the bar.
const RESOLUTION: u64 = 1000;

/// Shows the reports of one training.
#[derive(Debug)]
pub struct Console {
    network: Network,
    bar: Option<ProgressBar>,
    /// While a network is validated.
    validation: Option<Bar>,
    metrics: File,
    events: Events,
    history: Option<History>,
    /// Whether the table of epochs has its header.
    has_header: bool,
    sum: Sum,
    /// The last time that the bar or a line was changed.
    printed: Instant,
    begin: Instant,
    /// Progress at the first report, which a resumed training does not begin at zero.
    first: Option<f64>,
}

/// Sums since the last line.
#[derive(Clone, Debug, Default)]
struct Sum {
    steps: u64,
    images: usize,
    seconds: f64,
    waited: f64,
    parts: Vec<(String, f64)>,
}

impl Console {
    /// Appends to the files in the run's folder. What they say of later steps and epochs, which a
    /// stopped training had not saved, is dropped.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn new(run: &Path, position: &Position) -> std::io::Result<Self> {
        let mut console = Self::of_steps(run, position.network, position.step)?;
        let history = position.epochs.map(|progress| History::open(run, position.network, progress.epoch));
        console.history = history.transpose()?;
        Ok(console)
    }

    /// The same for a training without epochs.
    ///
    /// # Errors
    /// As [`Console::new`].
    pub fn of_steps(run: &Path, network: Network, step: u64) -> std::io::Result<Self> {
        let path = run.join(format!("{}.metrics.jsonl", network.name()));
        drop_lines_after(&path, step)?;
        let metrics = OpenOptions::new().create(true).append(true).open(path)?;
        let events = Events::create(&run.join(FOLDER).join(network.name()), step + 1)?;
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {msg}").expect("the template is valid");
            let bar = ProgressBar::new(RESOLUTION).with_style(style).with_prefix(network.name());
            bar.tick();
            bar
        });
        let now = Instant::now();
        Ok(Self {
            network,
            bar,
            validation: None,
            metrics,
            events,
            history: None,
            has_header: false,
            sum: Sum::default(),
            printed: now,
            begin: now,
            first: None,
        })
    }

    /// Takes what happens.
    pub fn show(&mut self, event: &Event<'_>) {
        self.validation = None;
        match event {
            Event::Validation => {
                let what = format!("{}: validation", self.network.name());
                self.validation = Some(Bar::listening(&what, 0));
            }
            Event::Step(report) => self.show_step(report),
            Event::Epoch(report) => self.show_epoch(report),
        }
    }

    fn show_epoch(&mut self, report: &EpochReport) {
        if !self.has_header {
            self.print(&header(report));
            self.has_header = true;
        }
        self.print(&row(report));
        if let Some(Err(error)) = self.history.as_mut().map(|history| history.add(report)) {
            log::warn!("what epoch {} was like is not written: {error}", report.epoch);
        }
    }

    fn print(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => say!("{line}"),
        }
    }

    fn show_step(&mut self, report: &StepReport) {
        let first = *self.first.get_or_insert(report.progress);
        self.sum.add(report);
        let spent = self.begin.elapsed().as_secs_f64();
        let left = match report.progress - first {
            done if done > 1e-6 => Some(spent * (1.0 - report.progress) / done),
            _ => None,
        };
        let is_whole = self.sum.steps >= STEPS_PER_LINE || report.progress >= 1.0;
        // A large network takes seconds for a step.
        let is_slow = self.bar.is_some() && self.printed.elapsed() >= BAR_INTERVAL;
        if !is_whole && !is_slow {
            return;
        }
        let speed = self.sum.images as f64 / self.sum.seconds.max(1e-9);
        let parts: Vec<String> = self.sum.means().map(|(name, mean)| format!("{name} {mean:.4}")).collect();
        let line = format!(
            "step {} ({:.1} %), {}, {speed:.0} images/s, {:.0} ms a step ({:.0} waiting), {} left",
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
                self.printed = Instant::now();
            }
            None if self.printed.elapsed() >= LINE_INTERVAL || report.progress >= 1.0 => {
                eprintln!("{}: {line}", self.network.name());
                self.printed = Instant::now();
            }
            None => {}
        }
        if is_whole {
            self.write_metrics(report, speed);
            self.sum = Sum::default();
        }
    }

    fn write_metrics(&mut self, report: &StepReport, images_per_second: f64) {
        let mut line = serde_json::Map::new();
        let mut scalars = Vec::new();
        let mut put = |name: &str, tag: String, value: f64| {
            line.insert(name.to_owned(), serde_json::json!(value));
            scalars.push((tag, value));
        };
        let own = [
            ("progress", report.progress),
            ("rate", report.learning_rate),
            ("gradient", report.gradient_norm),
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
    fn add(&mut self, report: &StepReport) {
        self.steps += 1;
        self.images += report.images;
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

/// The first line of the table of epochs.
fn header(report: &EpochReport) -> String {
    let mut line = format!("{:>6}  {:>8}  {:>8}", "epoch", "train", "held out");
    for head in &report.heads {
        line += &format!("  {:>15} {:>6}", head.name, "top 3");
    }
    format!("{line}  {:>8}  {:>9}  {:>8}", "rate", "images/s", "waiting")
}

/// The line of an epoch.
fn row(report: &EpochReport) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let share = |share: Option<Share>| {
        share.and_then(Share::value).map_or_else(|| "-".to_owned(), |it| format!("{:.1} %", 100.0 * it))
    };
    let mut line = format!(
        "{:>6}{} {:>8}  {:>8}",
        report.epoch,
        if report.is_best { "*" } else { " " },
        number(Some(report.train_loss)),
        number(report.loss)
    );
    for head in &report.heads {
        // Composed images give the loss of each part, and no names to count.
        let first = if head.top1.whole > 0 { share(Some(head.top1)) } else { number(head.loss) };
        line += &format!("  {first:>15} {:>6}", share(head.top3));
    }
    let speed = report.images as f64 / report.seconds.max(1e-9);
    let waiting = 100.0 * report.waited / report.seconds.max(1e-9);
    line + &format!("  {:>8.1e}  {speed:>9.0}  {waiting:>6.1} %", report.learning_rate)
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
        let report = |step| StepReport {
            step,
            progress: step as f64 / 100.0,
            learning_rate: 0.1,
            gradient_norm: 1.0,
            loss: step as f64,
            images: 12,
            parts: vec![("heat".into(), step as f64)],
            seconds: 0.1,
            waited: 0.0,
        };
        let mut console = Console::of_steps(folder.path(), Network::Detector, 0).unwrap();
        (1..=100).for_each(|step| console.show(&Event::Step(&report(step))));
        drop(console);
        drop(Console::of_steps(folder.path(), Network::Detector, 60).unwrap());
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
}
