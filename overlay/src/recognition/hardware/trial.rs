//! One provider tried out: how long recognising takes there, and whether it says the same as the
//! processor.
//!
//! [`run`] does it in this process; [`in_a_process`] has another one do it, so that a driver that
//! crashes or hangs costs nothing but its own place. Frames come with pauses between them, as they
//! do in play: a card that has nothing else to do slows down.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use cpu_time::ProcessTime;
use image::RgbaImage;
use lens_core::geometry::{InFrame, Quad};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use vision::network::{Options, Precision};
use vision::providers::Provider;
use vision::recogniser::Recogniser;
use vision::stages::{Stage, StageTimes};

use super::Timing;
use crate::messages::worker;
use crate::recognition::model;

/// The frame's size.
const SIZE: [u32; 2] = [1920, 1080];
/// Cards that are read on three frames after each other: most frames bring few that are new.
const CARDS: [usize; 3] = [2, 5, 10];
/// Times that these frames come.
const ROUNDS: usize = 12;
const WARM_UP_ROUNDS: usize = 2;
/// Where that takes longer, a single frame has to do: slow is slow.
const ENOUGH: Duration = Duration::from_secs(6);
/// Cards on which a provider is compared with the processor.
const COMPARED: usize = CARDS[1];
/// Between two frames.
const PAUSE: Duration = Duration::from_millis(30);
/// How far a number may be from the processor's: cards compute in other orders and with fewer
/// digits.
const MAX_DIFFERENCE: f32 = 0.02;
/// How long a provider may take for all of it. TensorRT compiles for minutes.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long the end of what it wrote is waited for, once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often the other process is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Times a provider with a model.
///
/// # Errors
/// When the model cannot be opened, the provider does not take both networks, or says something
/// else than the processor.
pub fn run(folder: &Path, provider: Provider, threads: usize) -> anyhow::Result<Timing> {
    let (picture, quads) = frame();
    let providers = if provider == Provider::Cpu { vec![provider] } else { vec![provider, Provider::Cpu] };
    let record = tempfile::tempdir().context("there is no room for what ONNX Runtime records")?;
    let profile = (provider != Provider::Cpu).then(|| record.path().to_owned());
    let options = Options { providers, threads, profile, ..Options::default() };
    let start = Instant::now();
    let mut recogniser = model::open(folder, &options)?;
    // Practice cards are strangers to most models: in play most names are sure.
    recogniser.look_once();
    for (file, report) in recogniser.reports() {
        if report.accepted.first() != Some(&provider) {
            let refusal = report.refused.iter().find(|refusal| refusal.provider == provider);
            bail!("{}", refusal.map_or(format!("it does not take {file}"), |it| it.reason.clone()));
        }
    }
    let opening = start.elapsed();
    let begin = Instant::now();
    let difference = match provider {
        Provider::Cpu => 0.0,
        _ => {
            let difference = difference(folder, &mut recogniser, &picture, &quads[..COMPARED])?;
            // This also ends the record: what is timed is not slowed by it.
            works(&recogniser.assigned()?)?;
            difference
        }
    };
    let mut rounds = Vec::new();
    let mut frames = 0;
    let mut processor = Duration::ZERO;
    let mut stages = [Duration::ZERO; Stage::ALL.len()];
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        let is_slow = begin.elapsed() > ENOUGH;
        if is_slow && !rounds.is_empty() {
            break;
        }
        let counts = round >= WARM_UP_ROUNDS || is_slow;
        let numbers = if is_slow { &[COMPARED][..] } else { &CARDS };
        let mut spent = Duration::ZERO;
        for &cards in numbers {
            std::thread::sleep(PAUSE);
            let mut times = StageTimes::start();
            let (began, used) = (Instant::now(), ProcessTime::now());
            recogniser.detect(&(&picture).into())?;
            recogniser.read(&(&picture).into(), &quads[..cards])?;
            spent += began.elapsed();
            if counts {
                frames += 1;
                processor += used.elapsed();
                stages.iter_mut().zip(times.take()).for_each(|(sum, time)| *sum += time);
            }
        }
        if counts {
            rounds.push(spent / numbers.len() as u32);
        }
    }
    rounds.sort_unstable();
    let millis = |time: Duration| (1e3 * time.as_secs_f64()) as f32;
    let each = |time: Duration| millis(time / frames);
    Ok(Timing {
        provider,
        millis: millis(rounds[(3 * rounds.len()).div_ceil(4) - 1]),
        processor_millis: each(processor),
        opening_millis: millis(opening),
        stages: Stage::ALL.iter().zip(stages).map(|(it, time)| (it.name().into(), each(time))).collect(),
        difference,
    })
}

/// A practice table and as many cards as are read on a frame, some of them twice.
fn frame() -> (RgbaImage, Vec<Quad<InFrame>>) {
    let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
    let table = Table::new(4, SIZE, painter.catalogue());
    let state = table.at(6.0);
    let quads: Vec<Quad<InFrame>> = state.cards.iter().map(|card| card.quad).collect();
    let most = CARDS.iter().copied().max().unwrap_or(0);
    (painter.paint(&state).clone(), quads.into_iter().cycle().take(most).collect())
}

/// How far what it says is from what the processor says, in the same precision.
fn difference(
    folder: &Path,
    recogniser: &mut Recogniser,
    picture: &RgbaImage,
    quads: &[Quad<InFrame>],
) -> anyhow::Result<f32> {
    let precision = Precision::Float32;
    let options = Options { providers: vec![Provider::Cpu], precision, threads: 1, ..Options::default() };
    let mut processor = model::open(folder, &options)?;
    let frame = picture.into();
    let said = |recogniser: &mut Recogniser| -> anyhow::Result<Vec<f32>> {
        let mut numbers: Vec<f32> = recogniser.detect(&frame)?.iter().map(|it| it.score).collect();
        recogniser.see(&frame, quads, |_, logits, _| numbers.extend_from_slice(logits.embedding))?;
        Ok(numbers)
    };
    let (here, there) = (said(&mut processor)?, said(recogniser)?);
    ensure!(here.len() == there.len(), "it finds other cards than the processor");
    // What is no number is as far away as can be.
    let apart = |(a, b): (&f32, &f32)| if (a - b).is_nan() { f32::INFINITY } else { (a - b).abs() };
    let largest = here.iter().zip(&there).map(apart).fold(0.0, f32::max);
    ensure!(
        largest <= MAX_DIFFERENCE,
        "it does not compute what the processor does: numbers differ by {largest:.3}"
    );
    Ok(largest)
}

/// Whether each network ran on something else than the processor: a provider may accept one and
/// leave all of it.
fn works(assigned: &[BTreeMap<String, usize>; 2]) -> anyhow::Result<()> {
    for (network, nodes) in ["detector", "identifier"].into_iter().zip(assigned) {
        let taken: usize =
            nodes.iter().filter(|(name, _)| *name != "CPUExecutionProvider").map(|(_, count)| count).sum();
        ensure!(taken > 0, "it leaves all of the {network} to the processor");
    }
    Ok(())
}

/// As [`run`], by another process of this program, which is ended once `stop` is set.
///
/// # Errors
/// As [`run`], and when that process crashes, takes too long or is stopped.
pub fn in_a_process(
    folder: &Path,
    provider: Provider,
    threads: usize,
    stop: &AtomicBool,
) -> anyhow::Result<Timing> {
    let name = serde_json::to_value(provider)?;
    let mut command = this_program()?;
    command.arg("--model").arg(folder).args(["--threads", &threads.to_string(), "--provider"]);
    command.arg(name.as_str().unwrap_or_default());
    let said = output(command, PATIENCE, stop)?;
    serde_json::from_str(&said).context("it says something that is no timing")
}

/// The graphics cards and their drivers, looked up by another process: drivers stay loaded.
///
/// # Errors
/// When that process crashes, takes too long or is stopped.
pub fn driver(stop: &AtomicBool) -> anyhow::Result<String> {
    let mut command = this_program()?;
    command.arg("--drivers");
    Ok(output(command, PATIENCE, stop)?.trim().to_owned())
}

fn this_program() -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program's own file")?);
    command.args(["hardware", "--json"]);
    Ok(command)
}

/// What a program prints on standard output, when it ends well and in time.
fn output(mut command: Command, patience: Duration, stop: &AtomicBool) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start a process to try it in")?;
    // A driver may write more than a pipe holds, and what it started may keep the pipe open.
    let (said, fault) = (reading(child.stdout.take())?, reading(child.stderr.take())?);
    let until = Instant::now() + patience;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let is_stopped = stop.load(Ordering::SeqCst);
        if is_stopped || Instant::now() >= until {
            // It may end just now.
            let _ = child.kill();
            child.wait()?;
            ensure!(!is_stopped, "it was stopped");
            bail!("it took longer than {} s", patience.as_secs());
        }
        std::thread::sleep(LOOK_INTERVAL);
    };
    if status.success() {
        return said.recv_timeout(LAST_WORDS).context("what it started still runs");
    }
    // Without its words its status has to do.
    let fault = fault.recv_timeout(LAST_WORDS).unwrap_or_default();
    let last = fault.lines().rev().find_map(|line| line.strip_prefix("overlay: "));
    bail!("{}", last.map_or_else(|| format!("its process ended with {status}"), str::to_owned))
}

/// What a process writes, once all of it is there.
fn reading(pipe: Option<impl Read + Send + 'static>) -> anyhow::Result<Receiver<String>> {
    let (sender, text) = sync_channel(1);
    let thread = worker::spawn("trial", move || {
        let mut bytes = Vec::new();
        // What was written until then counts.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        // Nobody may wait for it any more.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    })?;
    thread.leave();
    Ok(text)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_leaves_a_network_to_the_processor_does_not_work() {
        let nodes =
            |name: &str| BTreeMap::from([("CPUExecutionProvider".to_owned(), 3), (name.to_owned(), 4)]);
        let alone = BTreeMap::from([("CPUExecutionProvider".to_owned(), 7)]);
        works(&[nodes("WebGpuExecutionProvider"), nodes("WebGpuExecutionProvider")]).unwrap();
        let refused = works(&[nodes("WebGpuExecutionProvider"), alone]).unwrap_err().to_string();
        assert!(refused.contains("identifier"), "{refused}");
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_process_that_crashes_hangs_or_complains_is_a_reason() {
        let check = |script: &str, part: &str| {
            let patience = Duration::from_millis(700);
            let said = output(shell(script), patience, &AtomicBool::new(false)).unwrap_err().to_string();
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        };
        check("kill -SEGV $$", "signal: 11");
        check("sleep 20", "longer than");
        check("echo a; echo noise >&2; echo 'overlay: no device' >&2; exit 1", "no device");
        let said = output(shell("echo well"), Duration::from_secs(20), &AtomicBool::new(false));
        assert_eq!(said.unwrap(), "well\n");
        // More than a pipe holds, on both.
        let much =
            output(shell("seq 60000 >&2; seq 60000"), Duration::from_secs(20), &AtomicBool::new(false));
        assert!(much.unwrap().ends_with("\n60000\n"));
        let start = Instant::now();
        let stopped = output(shell("sleep 20"), Duration::from_secs(20), &AtomicBool::new(true)).unwrap_err();
        assert!(stopped.to_string().contains("stopped") && start.elapsed() < Duration::from_secs(10));
    }
}
