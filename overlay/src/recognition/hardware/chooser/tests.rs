//! The thread, on a machine that is made up.

use std::sync::Mutex;
use std::time::Duration;

use super::*;

/// With a WebGPU card, or none, of which everything is said here.
#[derive(Default)]
struct Made {
    has_none: AtomicBool,
    driver: Mutex<String>,
    /// Milliseconds a frame there; `None` crashes.
    card: Mutex<Option<f32>>,
    /// What was timed, in order.
    timed: Mutex<Vec<Provider>>,
}

struct Shared(Arc<Made>);

impl Machine for Shared {
    fn runtime(&self) -> anyhow::Result<String> {
        Ok("made".into())
    }

    fn candidates(&self) -> anyhow::Result<(Vec<Provider>, Vec<Refusal>)> {
        let refused = Refusal { provider: Provider::Cuda, reason: "not in this build".into() };
        let has_none = self.0.has_none.load(Ordering::SeqCst);
        Ok((if has_none { vec![] } else { vec![Provider::WebGpu] }, vec![refused]))
    }

    fn driver(&self, _: &AtomicBool) -> anyhow::Result<String> {
        Ok(self.0.driver.lock().unwrap().clone())
    }

    fn time(&self, _: &Path, provider: Provider, _: usize, stop: &AtomicBool) -> anyhow::Result<Timing> {
        self.0.timed.lock().unwrap().push(provider);
        let millis = match provider {
            Provider::Cpu => 8.0,
            _ => self.0.card.lock().unwrap().ok_or_else(|| anyhow::anyhow!("its process ended"))?,
        };
        if millis == f32::INFINITY {
            while !stop.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            anyhow::bail!("stopped");
        }
        let (processor_millis, opening_millis) = (0.5 * millis, 1.0);
        Ok(Timing { provider, millis, processor_millis, opening_millis, stages: Vec::new(), difference: 0.0 })
    }
}

struct Running {
    made: Arc<Made>,
    chooser: Chooser,
    found: Mailbox<Found>,
    events: Receiver<AppEvent>,
    folder: tempfile::TempDir,
}

fn start(driver: &str, card: Option<f32>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let (chooser, found, events, made) = start_in(folder.path(), driver, card);
    Running { made, chooser, found, events, folder }
}

fn start_in(
    folder: &Path,
    driver: &str,
    card: Option<f32>,
) -> (Chooser, Mailbox<Found>, Receiver<AppEvent>, Arc<Made>) {
    let made = Made { driver: Mutex::new(driver.into()), card: Mutex::new(card), ..Made::default() };
    let made = Arc::new(made);
    let (sender, events) = sync_channel(10);
    let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
    let found = Mailbox::default();
    let store = Store::at(folder.join("hardware.json"));
    let machine = Box::new(Shared(Arc::clone(&made)));
    let chooser = Chooser::start(machine, store, found.clone(), sink).unwrap();
    (chooser, found, events, made)
}

fn find(otherwise: Otherwise) -> Task {
    Task::Find { model: lens_core::paths::model("practice"), threads: 1, otherwise }
}

impl Running {
    fn next(&self) -> Record {
        let event = self.events.recv_timeout(Duration::from_secs(10)).expect("the thread goes on");
        assert_eq!(event, AppEvent::HardwareMeasured);
        self.found.try_take().expect("a record comes with the event").record
    }

    fn timed(&self) -> Vec<Provider> {
        std::mem::take(&mut *self.made.timed.lock().unwrap())
    }
}

#[test]
fn what_is_measured_once_is_kept_until_the_driver_is_another() {
    let running = start("550", Some(3.0));
    // A look alone measures nothing: it would be told before the next.
    running.chooser.ask(find(Otherwise::Wait));
    running.chooser.ask(find(Otherwise::Measure));
    let record = running.next();
    assert_eq!(record.chosen(), Provider::WebGpu);
    assert_eq!(record.refused[0].provider, Provider::Cuda);
    assert_eq!(running.timed(), [Provider::Cpu, Provider::WebGpu]);
    running.chooser.ask(find(Otherwise::Wait));
    assert_eq!(running.next(), record);
    assert!(running.timed().is_empty(), "it is kept");
    *running.made.driver.lock().unwrap() = "560".into();
    *running.made.card.lock().unwrap() = Some(30.0);
    running.chooser.ask(find(Otherwise::Measure));
    let record = running.next();
    assert_eq!((record.chosen(), record.key.driver.as_str()), (Provider::Cpu, "560"));
    assert_eq!(running.timed(), [Provider::Cpu, Provider::WebGpu]);
}

#[test]
fn where_there_is_no_choice_nothing_is_measured() {
    let running = start("550", Some(3.0));
    running.made.has_none.store(true, Ordering::SeqCst);
    running.chooser.ask(find(Otherwise::Measure));
    let record = running.next();
    assert_eq!((record.chosen(), record.to_string().as_str()), (Provider::Cpu, "CPU"));
    assert!(running.timed().is_empty());
    assert!(!running.folder.path().join("hardware.json").exists());
}

/// Each exchange of the model measured anew, for a minute, where the cache could not be written.
#[test]
fn a_record_that_cannot_be_kept_holds_until_the_end() {
    let running = start("550", Some(3.0));
    std::fs::create_dir(running.folder.path().join("hardware.json")).unwrap();
    running.chooser.ask(find(Otherwise::Measure));
    assert_eq!(running.next().chosen(), Provider::WebGpu);
    running.chooser.ask(find(Otherwise::Measure));
    assert_eq!(running.next().chosen(), Provider::WebGpu);
    assert_eq!(running.timed(), [Provider::Cpu, Provider::WebGpu], "once");
    *running.made.driver.lock().unwrap() = "560".into();
    running.chooser.ask(find(Otherwise::Measure));
    running.next();
    assert_eq!(running.timed().len(), 2, "another driver may be another matter");
}

#[test]
fn a_card_whose_driver_crashes_is_refused_with_the_reason() {
    let running = start("550", None);
    running.chooser.ask(find(Otherwise::Measure));
    let record = running.next();
    assert_eq!(record.chosen(), Provider::Cpu);
    let refusal = record.refused.iter().find(|it| it.provider == Provider::WebGpu).unwrap();
    assert_eq!(refusal.reason, "its process ended");
}

#[test]
fn a_failure_in_play_is_still_known_at_the_next_start() {
    let running = start("550", Some(3.0));
    running.chooser.ask(find(Otherwise::Measure));
    assert_eq!(running.next().chosen(), Provider::WebGpu);
    running.chooser.ask(Task::Failed { provider: Provider::WebGpu, reason: "device lost".into() });
    let record = running.next();
    assert_eq!(record.chosen(), Provider::Cpu);
    let (chooser, found, events, made) = start_in(running.folder.path(), "550", Some(3.0));
    chooser.ask(find(Otherwise::Measure));
    events.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(found.try_take().map(|it| it.record), Some(record));
    assert!(made.timed.lock().unwrap().is_empty());
}

#[test]
fn the_end_of_the_program_does_not_wait_for_a_card_that_hangs() {
    let running = start("550", Some(f32::INFINITY));
    running.chooser.ask(find(Otherwise::Measure));
    while running.made.timed.lock().unwrap().len() < 2 {
        std::thread::yield_now();
    }
    drop(running.chooser);
    assert!(running.found.try_take().is_none());
    assert!(!running.folder.path().join("hardware.json").exists(), "half a measurement is none");
}
