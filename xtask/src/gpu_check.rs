//! `cargo xtask gpu-check`: all that a graphics card does, in one go: networks on its providers
//! beside the processor, drawing beside the golden images, training in 16-bit floats.
//!
//! What needs a card that is not there is skipped and says so, with the reason; the rest runs all
//! the same, by drivers that compute on the processor. Nothing is downloaded: libraries are those
//! in the cache.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fs_err as fs;
use serde_json::Value;

use crate::{paths, setup, workspace};

mod training;

/// What `cargo xtask gpu-check` is asked for.
#[derive(Args)]
pub(crate) struct Options {
    /// And ResNet18 in PyTorch beside the trainer's, by this Python, which has the `torch` package
    #[arg(long, value_name = "PYTHON")]
    pytorch: Option<PathBuf>,
    /// Train on the processor where there is no card, to try out this command itself
    #[arg(long)]
    train_without_card: bool,
}

/// How a step ended, when nothing failed.
enum Outcome {
    Passed(String),
    Skipped(String),
}

struct Row {
    step: String,
    result: Result<Outcome>,
    took: Duration,
}

/// What there is to check.
struct Machine {
    /// The NVIDIA card and its driver; else why there is none.
    card: Result<String, String>,
    /// A driver that computes Vulkan on the processor, where there is no card of any maker.
    software: Option<PathBuf>,
}

/// The networks that are tried.
const MODEL: &str = "practice";
/// Each provider with the part of the folder's name in the cache that has it.
const PROVIDERS: [(&str, &str, &[&str]); 3] = [
    ("CUDA", "cuda", &["cuda"]),
    ("TensorRT", "tensorrt", &["cuda"]),
    ("WebGPU", "webgpu", &["webgpu", "webgpu-test"]),
];
/// Where browsers put a driver that computes Vulkan on the processor.
const SWIFTSHADER: [&str; 3] = [
    "/usr/lib/chromium/vk_swiftshader_icd.json",
    "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
    "/opt/google/chrome/vk_swiftshader_icd.json",
];

/// Runs the steps; the exit code tells whether one failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let begin = Instant::now();
    let machine = Machine::look();
    match &machine.card {
        Ok(card) => println!("card: {card}"),
        Err(reason) => println!("no NVIDIA card: {reason}"),
    }
    setup::for_overlay()?;
    let mut rows = Vec::new();
    let mut step = |name: &str, run: &dyn Fn() -> Result<Outcome>| {
        println!("\n== {name}");
        let started = Instant::now();
        let result = run();
        let row = Row { step: name.to_owned(), result, took: started.elapsed() };
        println!("{row}");
        rows.push(row);
    };
    step("build", &|| {
        workspace::build(&["overlay"])?;
        Ok(Outcome::Passed("the overlay".into()))
    });
    step("processor", &|| provider(&machine, "cpu", None));
    for (name, provider_name, kinds) in PROVIDERS {
        step(name, &|| match library(kinds) {
            _ if provider_name != "webgpu" && machine.card.is_err() => Ok(machine.no_card()),
            None => Ok(Outcome::Skipped(format!(
                "no ONNX Runtime with it in the cache; `cargo xtask setup --runtime {}` gets one",
                kinds[0]
            ))),
            Some(library) => provider(&machine, provider_name, Some(&library)),
        });
    }
    step("drawing", &drawing);
    let device = match (&machine.card, options.train_without_card) {
        (Ok(_), _) => Some("cuda"),
        (Err(_), true) => Some("cpu"),
        (Err(_), false) => None,
    };
    training::steps(&mut step, device, options.pytorch.as_deref(), &|| machine.no_card());
    println!();
    for row in &rows {
        println!("{row}");
    }
    println!("{:<36} {:>6.1} s", "all", begin.elapsed().as_secs_f64());
    Ok(if rows.iter().all(|row| row.result.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, text) = match &self.result {
            Ok(Outcome::Passed(text)) => ("passed", text.clone()),
            Ok(Outcome::Skipped(reason)) => ("SKIPPED", reason.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        write!(formatter, "{mark:<8}{:<28} {:>6.1} s  {text}", self.step, self.took.as_secs_f64())
    }
}

impl Machine {
    fn look() -> Self {
        let query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
        let card = match Command::new("nvidia-smi").args(query).output() {
            Err(error) => Err(format!("nvidia-smi cannot be started ({error})")),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                let first = said.lines().next().map(str::to_owned);
                first.filter(|_| output.status.success()).ok_or_else(|| "nvidia-smi lists none".to_owned())
            }
        };
        let has_other = fs::read_dir("/dev/dri").is_ok_and(|mut entries| entries.next().is_some());
        let is_chosen = env::var_os("VK_DRIVER_FILES").is_some();
        let software = SWIFTSHADER.iter().map(PathBuf::from).find(|path| path.is_file());
        let software = software.filter(|_| card.is_err() && !has_other && !is_chosen);
        Self { card, software }
    }

    fn no_card(&self) -> Outcome {
        let reason = self.card.as_ref().err().map_or("there is one", String::as_str);
        Outcome::Skipped(format!("no NVIDIA card: {reason}"))
    }
}

/// An ONNX Runtime of one of these kinds in the cache.
fn library(kinds: &[&str]) -> Option<PathBuf> {
    let entries = fs::read_dir(paths::cache()).ok()?.flatten().map(|entry| entry.path());
    let folder = entries.filter(|path| path.is_dir()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        kinds.iter().any(|&kind| {
            name == kind || name.starts_with("onnxruntime-") && name.ends_with(&format!("-{kind}"))
        })
    })?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        ["libonnxruntime.so", "libonnxruntime.1", "onnxruntime.dll"]
            .iter()
            .any(|begin| name.starts_with(begin))
    });
    files.into_iter().max_by_key(|path| path.as_os_str().len())
}

/// The networks on a provider: the same numbers as on the processor, and the time of each stage.
fn provider(machine: &Machine, provider: &str, library: Option<&Path>) -> Result<Outcome> {
    let mut command = workspace::program("overlay");
    command.args(["hardware", "--json", "--model", MODEL, "--provider", provider]);
    if let Some(library) = library {
        command.env("ORT_DYLIB_PATH", library);
    }
    let mut place = String::new();
    if let Some(driver) = machine.software.as_ref().filter(|_| provider == "webgpu") {
        command.env("VK_DRIVER_FILES", driver).env("XDG_RUNTIME_DIR", env::temp_dir());
        place = ", in software".to_owned();
    }
    let output = command.output().context("the overlay cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}", said.lines().find(|line| line.starts_with("overlay: ")).unwrap_or(said.trim()));
    }
    let timing: Value = serde_json::from_slice(&output.stdout).context("what the overlay says is no JSON")?;
    let number = |key: &str| timing[key].as_f64().unwrap_or(f64::NAN);
    let stages: Vec<String> = timing["stages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| format!("{} {:.2}", it[0].as_str().unwrap_or("?"), it[1].as_f64().unwrap_or(f64::NAN)))
        .collect();
    Ok(Outcome::Passed(format!(
        "{:.1} ms a frame ({}), {:.1} ms of the processors, differs by {:.1e}{place}",
        number("millis"),
        stages.join(", "),
        number("processor_millis"),
        number("difference")
    )))
}

/// What is drawn offscreen, beside the golden images.
fn drawing() -> Result<Outcome> {
    let drivers = workspace::program("overlay").args(["hardware", "--drivers"]).output()?;
    let drivers = String::from_utf8_lossy(&drivers.stdout).trim().to_owned();
    let test = ["test", "--workspace", "--test", "render"];
    workspace::check(workspace::cargo().args(test).arg("--no-run"))?;
    let output =
        workspace::cargo().args(test).args(["--", "--nocapture"]).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "what is drawn differs from the golden images: {said}");
    if let Some(line) = said.lines().find(|line| line.contains("SKIPPED")) {
        return Ok(Outcome::Skipped(line.replace("SKIPPED: ", "")));
    }
    Ok(Outcome::Passed(format!("as in the golden images; drivers: {drivers}")))
}
