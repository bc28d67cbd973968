//! The thread that finds out what a model runs on best, once for each state of the machine.
//!
//! A record that is kept is told at once. Where there is none, one is made once cards are on the
//! screen: beside the game, whose load is what counts. Failures in play are written down by the
//! same thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use lens_core::manifest::Manifest;
use vision::providers::{self, Provider, Refusal};
use vision::runtime::Runtime;

use super::{Failure, Key, Record, Store, Timing, model_name, now, runtime_name, trial};
use crate::desktop::priority;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::mailbox::Mailbox;
use crate::messages::worker::{self, Worker};

/// What was found out for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its folder.
    pub model: PathBuf,
    /// What was measured, now or before.
    pub record: Record,
}

/// Tasks that may wait: a model is exchanged by hand, and fails once.
const MAX_TASKS: usize = 8;

/// What is asked of the thread.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// What this model runs on best, with so many threads.
    Find {
        /// Holds its manifest.
        model: PathBuf,
        /// For one network.
        threads: usize,
        /// What is done where no record is kept.
        otherwise: Otherwise,
    },
    /// The record that was told last was wrong: this provider failed.
    Failed {
        /// Which.
        provider: Provider,
        /// What it said.
        reason: String,
    },
}

/// What is done where no record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// One is made.
    Measure,
    /// Nothing.
    Wait,
}

/// What the machine has, and how fast it is; tests have their own.
pub trait Machine: Send {
    /// What is known of the runtime.
    fn runtime(&self) -> anyhow::Result<String>;
    /// Providers that may open, and why others cannot.
    fn candidates(&self) -> anyhow::Result<(Vec<Provider>, Vec<Refusal>)>;
    /// The graphics cards and their drivers.
    fn driver(&self, stop: &AtomicBool) -> anyhow::Result<String>;
    /// How fast a model is there. Ends early, with any error, once `stop` is set.
    fn time(
        &self,
        model: &Path,
        provider: Provider,
        threads: usize,
        stop: &AtomicBool,
    ) -> anyhow::Result<Timing>;
}

/// The machine that this runs on.
#[derive(Clone, Copy, Debug)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn runtime(&self) -> anyhow::Result<String> {
        Ok(runtime_name(Runtime::load()?))
    }

    fn candidates(&self) -> anyhow::Result<(Vec<Provider>, Vec<Refusal>)> {
        Ok(providers::candidates(Runtime::load()?))
    }

    fn driver(&self, stop: &AtomicBool) -> anyhow::Result<String> {
        trial::driver(stop)
    }

    fn time(
        &self,
        model: &Path,
        provider: Provider,
        threads: usize,
        stop: &AtomicBool,
    ) -> anyhow::Result<Timing> {
        trial::in_a_process(model, provider, threads, stop)
    }
}

/// The state of things for a model, and the providers to time in it.
pub struct State {
    key: Key,
    model: PathBuf,
    model_name: String,
    candidates: Vec<Provider>,
    refused: Vec<Refusal>,
}

impl State {
    /// As it is now.
    ///
    /// # Errors
    /// When there is no model or no runtime.
    pub fn now(
        machine: &dyn Machine,
        model: &Path,
        threads: usize,
        stop: &AtomicBool,
    ) -> anyhow::Result<Self> {
        let manifest = Manifest::read(model)?;
        let (mut candidates, mut refused) = machine.candidates()?;
        let driver = match candidates.is_empty() {
            true => String::new(),
            // A driver that cannot even be listed is none to compute with.
            false => machine.driver(stop).unwrap_or_else(|error| {
                let reason = format!("the graphics drivers cannot be listed: {error:#}");
                let refusal = |provider| Refusal { provider, reason: reason.clone() };
                refused.extend(candidates.drain(..).map(refusal));
                reason
            }),
        };
        let key = Key { runtime: machine.runtime()?, driver, model: model_name(&manifest), threads };
        Ok(Self { key, model: model.to_owned(), model_name: manifest.name, candidates, refused })
    }

    /// What it is told apart by.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The processor, untimed.
    fn alone(self) -> Record {
        let Self { key, model_name, refused, .. } = self;
        Record { key, model_name, measured_at: now(), timings: Vec::new(), refused, failed: None }
    }

    /// Times all providers, the processor first; `tell` is told how many are timed, of how many.
    ///
    /// # Errors
    /// When the processor itself cannot run the model.
    pub fn measure(
        self,
        machine: &dyn Machine,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(usize, usize),
    ) -> anyhow::Result<Record> {
        let Self { key, model, model_name, candidates, mut refused } = self;
        let all = 1 + candidates.len();
        tell(0, all);
        let mut timings = vec![machine.time(&model, Provider::Cpu, key.threads, stop)?];
        for (before, provider) in candidates.into_iter().enumerate() {
            tell(before + 1, all);
            match machine.time(&model, provider, key.threads, stop) {
                Ok(timing) => timings.push(timing),
                Err(error) => refused.push(Refusal { provider, reason: format!("{error:#}") }),
            }
        }
        Ok(Record { key, model_name, measured_at: now(), timings, refused, failed: None })
    }
}

/// The thread; dropping it ends it, also while it measures.
pub struct Chooser {
    tasks: Option<SyncSender<Task>>,
    stop: Arc<AtomicBool>,
    worker: Option<Worker>,
}

impl Chooser {
    /// Starts the thread, which waits for its first task. What it finds goes to `found`.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub fn start(
        machine: Box<dyn Machine>,
        store: Store,
        found: Mailbox<Found>,
        sink: EventSink,
    ) -> std::io::Result<Self> {
        let (tasks, theirs) = sync_channel(MAX_TASKS);
        let stop = Arc::<AtomicBool>::default();
        let mut thread = Thread { machine, store, found, stop: Arc::clone(&stop), told: None };
        let worker = worker::spawn_reporting("hardware", sink, move |sink| {
            // The processes that it starts take this over.
            priority::give_way();
            thread.run(&theirs, sink);
        })?;
        Ok(Self { tasks: Some(tasks), stop, worker: Some(worker) })
    }

    /// Asks for something.
    pub fn ask(&self, task: Task) {
        if let Some(Err(error)) = self.tasks.as_ref().map(|tasks| tasks.try_send(task)) {
            log::warn!("too much is asked about the hardware: {error}");
        }
    }
}

impl Drop for Chooser {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.tasks.take();
        self.worker.take();
    }
}

struct Thread {
    machine: Box<dyn Machine>,
    store: Store,
    found: Mailbox<Found>,
    stop: Arc<AtomicBool>,
    told: Option<Found>,
}

impl Thread {
    fn run(&mut self, tasks: &Receiver<Task>, sink: &EventSink) {
        while let Ok(task) = tasks.recv() {
            let found = self.look(task);
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            match found {
                Ok(None) => {}
                Ok(Some(found)) => {
                    self.told = Some(found.clone());
                    self.found.put(found);
                    if !sink(AppEvent::HardwareMeasured) {
                        return;
                    }
                }
                // Recognition goes on where it runs.
                Err(error) => log::warn!("what recognition runs on best cannot be found out: {error:#}"),
            }
        }
    }

    fn look(&self, task: Task) -> anyhow::Result<Option<Found>> {
        match task {
            Task::Find { model, threads, otherwise } => {
                let state = State::now(&*self.machine, &model, threads, &self.stop)?;
                // A record that could not be kept holds until the program ends.
                let told = || self.told.as_ref().map(|found| &found.record);
                let told = || told().filter(|record| record.key == *state.key()).cloned();
                if let Some(record) = self.store.find(state.key()).or_else(told) {
                    return Ok(Some(Found { model, record }));
                }
                if otherwise == Otherwise::Wait {
                    return Ok(None);
                }
                if state.candidates.is_empty() {
                    // There is no choice, and nothing worth keeping.
                    return Ok(Some(Found { model, record: state.alone() }));
                }
                let record = state.measure(&*self.machine, &self.stop, &mut |_, _| ())?;
                if !self.stop.load(Ordering::SeqCst) {
                    self.keep(&record);
                }
                Ok(Some(Found { model, record }))
            }
            Task::Failed { provider, reason } => {
                let Some(Found { model, record }) = self.told.clone() else { return Ok(None) };
                let record = Record { failed: Some(Failure { provider, reason, at: now() }), ..record };
                self.keep(&record);
                Ok(Some(Found { model, record }))
            }
        }
    }

    fn keep(&self, record: &Record) {
        if let Err(error) = self.store.put(record.clone()) {
            log::warn!("what recognition runs on best cannot be kept: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
