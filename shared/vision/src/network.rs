//! A network with its tensors, checked against the model's manifest.
//!
//! Inputs and outputs stay bound, one set for each batch size that was seen, so that running
//! allocates nothing here. What the numbers mean is not known in this file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lens_core::manifest::{METADATA_KEY, Manifest, ManifestError, NetworkFiles};
use lens_core::preprocess::PACK;
use ort::ep::{CPU, ExecutionProvider as _};
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{IoBinding, Session};
use ort::value::{Outlet, Tensor, TensorElementType, ValueType};
use serde_json::Value;

use crate::providers::{self, Provider, Report};
use crate::runtime::Runtime;

/// How networks are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// In order of preference.
    pub providers: Vec<Provider>,
    /// Which of a network's files is taken.
    pub precision: Precision,
    /// Threads that work on one network, the caller's included.
    pub threads: usize,
    /// A folder to record runs into, for [`crate::recogniser::Recogniser::assigned`]; slows every
    /// run.
    pub profile: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            providers: Provider::default_order(),
            precision: Precision::Automatic,
            // Beyond four such small networks gain nothing.
            threads: cores.min(4),
            profile: None,
        }
    }
}

/// Which of a network's files is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// int8 when only the CPU is left and the model has it, otherwise 32-bit floats.
    #[default]
    Automatic,
    /// 32-bit floats.
    Float32,
    /// Static int8.
    Int8,
}

/// Why a network cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum NetworkError {
    /// A file of the model is missing or is not the one that was exported.
    #[error(transparent)]
    File(#[from] ManifestError),
    /// The model has no int8 variant.
    #[error(
        "the {network} has no int8 file\nhelp: run `trainer export`, or leave the precision to the program"
    )]
    NoInt8 { network: &'static str },
    /// ONNX Runtime refuses the file.
    #[error(
        "ONNX Runtime cannot run {file}: {reason}\nhelp: run `trainer export` again, or install the model again"
    )]
    Refused { file: String, reason: String },
    /// The network is not the one that `model.json` describes.
    #[error(
        "{file} disagrees with model.json: {reason}\nhelp: run `trainer export` again, or install the model again"
    )]
    Disagrees { file: String, reason: String },
}

/// A run that failed.
#[derive(Debug, thiserror::Error)]
#[error(
    "the {network} failed: {reason}\nhelp: `overlay doctor` shows what it runs on; another provider may do"
)]
pub struct RunError {
    network: &'static str,
    reason: String,
}

impl RunError {
    /// A run of this network that failed for this reason.
    pub fn new(network: &'static str, reason: impl std::fmt::Display) -> Self {
        Self { network, reason: reason.to_string() }
    }
}

/// What goes into a network and comes out, by the model's manifest.
pub(crate) struct IoSpec<'a> {
    /// `detector` or `identifier`: its key in the manifest too.
    pub(crate) network: &'static str,
    /// Its files.
    pub(crate) files: &'a NetworkFiles,
    /// Its only input.
    pub(crate) input: Input,
    /// Width and height of its input.
    pub(crate) input_size: [u32; 2],
    /// Name and shape of each output, without the batch.
    pub(crate) outputs: Vec<(String, Vec<i64>)>,
    /// How many images it takes at once.
    pub(crate) batch: Batch,
}

/// How images go in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Packed bytes as [`INPUT`]: our own networks, which carry their manifest.
    Packed,
    /// Three planes of floats under this name: external models.
    Planes(String),
}

/// How many images go through a network at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// Any number up to this one.
    UpTo(usize),
    /// Always this number.
    Exactly(usize),
}

impl Batch {
    /// The most images.
    pub(crate) fn max(self) -> usize {
        match self {
            Self::UpTo(count) | Self::Exactly(count) => count,
        }
    }

    /// The batch to run for `count` images.
    pub(crate) fn size_for(self, count: usize) -> usize {
        match self {
            Self::UpTo(_) => count,
            Self::Exactly(exactly) => exactly,
        }
    }
}

/// Name of the only input of our own networks.
const INPUT: &str = "image";

/// A network, ready to run.
#[derive(Debug)]
pub(crate) struct Network {
    name: &'static str,
    file: String,
    session: Session,
    input: Input,
    input_shape: Vec<i64>,
    outputs: Vec<(String, Vec<i64>)>,
    batch: Batch,
    bound: Vec<Option<Bound>>,
    report: Report,
}

/// The tensors of one batch size.
#[derive(Debug)]
struct Bound {
    binding: IoBinding,
    input: Pictures,
    outputs: Vec<Tensor<f32>>,
}

/// The input of one batch size.
#[derive(Debug)]
enum Pictures {
    Packed(Tensor<u8>),
    Planes(Tensor<f32>),
}

impl Network {
    pub(crate) fn open(
        runtime: &Runtime,
        folder: &Path,
        manifest: &Manifest,
        spec: IoSpec<'_>,
        options: &Options,
    ) -> Result<Self, NetworkError> {
        let mut report = Report::default();
        let (session, file) = loop {
            let refused = |error: &dyn std::fmt::Display| NetworkError::Refused {
                file: spec.files.float32.clone(),
                reason: error.to_string(),
            };
            let builder = builder(runtime, spec.network, options).map_err(|error| refused(&error))?;
            let (environment, plugins) = (runtime.environment(), runtime.plugins());
            let mut builder =
                providers::register(builder, environment, plugins, &options.providers, &mut report);
            let file = choose(&spec, options.precision, &report)?;
            let bytes = manifest.read_network(folder, file)?;
            match builder.commit_from_memory(&bytes) {
                Ok(session) => break (session, file.to_owned()),
                // A provider can accept and still not start, for want of a driver: go on with the
                // rest.
                Err(error) if !report.is_cpu_only() => report.refuse(report.accepted[0], error),
                Err(error) => {
                    return Err(NetworkError::Refused { file: file.to_owned(), reason: error.to_string() });
                }
            }
        };
        let [width, height] = spec.input_size.map(i64::from);
        let input_shape = match spec.input {
            Input::Packed => vec![height / 2, width / 2, PACK as i64],
            Input::Planes(_) => vec![3, height, width],
        };
        let network = Self {
            name: spec.network,
            file,
            session,
            input: spec.input,
            input_shape,
            outputs: spec.outputs,
            bound: (0..spec.batch.max()).map(|_| None).collect(),
            batch: spec.batch,
            report,
        };
        network
            .check(manifest)
            .map_err(|reason| NetworkError::Disagrees { file: network.file.clone(), reason })?;
        Ok(network)
    }

    /// The ONNX file in use.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// What it runs on.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// How many images it takes at once.
    pub(crate) fn batch(&self) -> Batch {
        self.batch
    }

    /// The input for `batch` images, to be filled before [`Network::run`]: packed bytes.
    ///
    /// # Panics
    /// When the specification asks for planes.
    pub(crate) fn packed(&mut self, batch: usize) -> Result<&mut [u8], RunError> {
        let name = self.name;
        match &mut self.bound(batch).map_err(|error| failure(name, &error))?.input {
            Pictures::Packed(tensor) => Ok(tensor.extract_tensor_mut().1),
            Pictures::Planes(_) => unreachable!("the specification asks for planes"),
        }
    }

    /// The input for `batch` images, to be filled before [`Network::run`]: planes of floats.
    ///
    /// # Panics
    /// When the specification asks for packed bytes.
    pub(crate) fn planes(&mut self, batch: usize) -> Result<&mut [f32], RunError> {
        let name = self.name;
        match &mut self.bound(batch).map_err(|error| failure(name, &error))?.input {
            Pictures::Planes(tensor) => Ok(tensor.extract_tensor_mut().1),
            Pictures::Packed(_) => unreachable!("the specification asks for packed bytes"),
        }
    }

    /// Runs what the input of this batch size holds.
    pub(crate) fn run(&mut self, batch: usize) -> Result<(), RunError> {
        let name = self.name;
        self.bound(batch).map_err(|error| failure(name, &error))?;
        let bound = self.bound[batch - 1].as_ref().expect("bound just above");
        self.session.run_binding(&bound.binding).map(drop).map_err(|error| failure(name, &error))
    }

    /// The packed bytes of the last run of this batch size; empty where the network takes others.
    pub(crate) fn packed_input(&self, batch: usize) -> &[u8] {
        match self.bound[batch - 1].as_ref().map(|bound| &bound.input) {
            Some(Pictures::Packed(tensor)) => tensor.extract_tensor().1,
            Some(Pictures::Planes(_)) | None => &[],
        }
    }

    /// An output of the last run of this batch size, by its place in the specification.
    pub(crate) fn output(&self, batch: usize, index: usize) -> &[f32] {
        let bound = self.bound[batch - 1].as_ref().expect("this batch size has run");
        bound.outputs[index].extract_tensor().1
    }

    /// How many nodes of the network each provider ran since it was opened with
    /// [`Options::profile`].
    pub(crate) fn assigned(&mut self) -> Result<BTreeMap<String, usize>, RunError> {
        let name = self.name;
        let failed = |reason: String| RunError { network: name, reason };
        let path = self.session.end_profiling().map_err(|error| failure(name, &error))?;
        let profile =
            fs::read_to_string(&path).map_err(|error| failed(format!("cannot read {path}: {error}")))?;
        providers::assigned_in(&profile).map_err(|error| failed(format!("cannot understand {path}: {error}")))
    }

    fn bound(&mut self, batch: usize) -> ort::Result<&mut Bound> {
        let slot = &mut self.bound[batch - 1];
        if slot.is_none() {
            let batched = |item: &[i64]| -> Vec<i64> {
                std::iter::once(batch as i64).chain(item.iter().copied()).collect()
            };
            let allocator = self.session.allocator();
            let shape = batched(&self.input_shape);
            let mut binding = self.session.create_binding()?;
            let input = match &self.input {
                Input::Packed => {
                    let tensor = Tensor::<u8>::new(allocator, shape)?;
                    binding.bind_input(INPUT, &tensor)?;
                    Pictures::Packed(tensor)
                }
                Input::Planes(name) => {
                    let mut tensor = Tensor::<f32>::new(allocator, shape)?;
                    // A fixed batch may never be filled to its end; what is there must be numbers.
                    tensor.extract_tensor_mut().1.fill(0.0);
                    binding.bind_input(name, &tensor)?;
                    Pictures::Planes(tensor)
                }
            };
            let mut outputs = Vec::with_capacity(self.outputs.len());
            for (name, item) in &self.outputs {
                let mut output = Tensor::<f32>::new(allocator, batched(item))?;
                binding.bind_output(name.as_str(), &mut output)?;
                outputs.push(output);
            }
            *slot = Some(Bound { binding, input, outputs });
        }
        Ok(slot.as_mut().expect("filled just above"))
    }

    fn check(&self, manifest: &Manifest) -> Result<(), String> {
        let inputs = self.session.inputs();
        let (name, element) = match &self.input {
            Input::Packed => (INPUT, TensorElementType::Uint8),
            Input::Planes(name) => (name.as_str(), TensorElementType::Float32),
        };
        let [input] = inputs else {
            return Err(format!("it has {} inputs; there must be one, {name:?}", inputs.len()));
        };
        if input.name() != name {
            return Err(format!("its input is {:?}, not {name:?}", input.name()));
        }
        check_shape(input, element, &self.input_shape, self.batch)?;
        for (name, shape) in &self.outputs {
            let output = self
                .session
                .outputs()
                .iter()
                .find(|output| output.name() == name)
                .ok_or_else(|| format!("it has no output {name:?}"))?;
            check_shape(output, TensorElementType::Float32, shape, self.batch)?;
        }
        if self.input != Input::Packed {
            return Ok(());
        }
        let metadata = self.session.metadata().map_err(|error| error.to_string())?;
        let inside = metadata
            .custom(METADATA_KEY)
            .ok_or_else(|| format!("it carries no {METADATA_KEY:?} in its metadata"))?;
        check_metadata(&inside, self.name, manifest)
    }
}

/// How long a thread of a network waits awake for the next part of the work, in microseconds.
///
/// Measured with the shipped int8 networks on two threads, medians of 300 frames: on idle cores as
/// fast as the default, which waits for long, and an eighth faster than to sleep at once; with one
/// core taken by another program 8.7 ms where the default takes 14.5, and 9.4 ms of the processors
/// where that takes 15.5. `docs/benchmarks.md` has all of them.
const SPIN_MICROS: &str = "10";

fn builder(runtime: &Runtime, network: &str, options: &Options) -> ort::Result<SessionBuilder> {
    // What a session was opened with is worth reading only where somebody asks for everything.
    let is_traced = log::log_enabled!(target: "onnxruntime", log::Level::Trace);
    let mut builder = SessionBuilder::new(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(options.threads.max(1))?
        .with_inter_threads(1)?
        .with_log_level(if is_traced { LogLevel::Info } else { LogLevel::Warning })?
        .with_config_entry("session.intra_op.spin_duration_us", SPIN_MICROS)?
        // Two networks take turns: the threads of one must not spin while the other works.
        .with_config_entry("session.force_spinning_stop", "1")?;
    // An arena keeps 5 MB more than the networks need, and is no faster.
    CPU::default().with_arena_allocator(false).register(&mut builder)?;
    match &options.profile {
        Some(folder) => Ok(builder.with_profiling(folder.join(network))?),
        None => Ok(builder),
    }
}

fn choose<'a>(spec: &IoSpec<'a>, precision: Precision, report: &Report) -> Result<&'a str, NetworkError> {
    let int8 = spec.files.int8.as_deref();
    match precision {
        Precision::Float32 => Ok(&spec.files.float32),
        Precision::Int8 => int8.ok_or(NetworkError::NoInt8 { network: spec.network }),
        Precision::Automatic => Ok(int8.filter(|_| report.is_cpu_only()).unwrap_or(&spec.files.float32)),
    }
}

/// A dimension that the network leaves open is `-1` and fits everything.
fn check_shape(
    outlet: &Outlet,
    element: TensorElementType,
    item: &[i64],
    batch: Batch,
) -> Result<(), String> {
    let shape = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } if *ty == element => shape,
        other => return Err(format!("{:?} must be a tensor of {element}, not {other}", outlet.name())),
    };
    let fixed = match batch {
        Batch::Exactly(count) => Some(count as i64),
        Batch::UpTo(_) => None,
    };
    let batch_fits = shape.first().is_some_and(|&extent| extent == -1 || fixed == Some(extent));
    let item_fits = shape.len() == item.len() + 1
        && shape[1..].iter().zip(item).all(|(&has, &wants)| has == -1 || has == wants);
    if batch_fits && item_fits {
        Ok(())
    } else {
        Err(format!(
            "{:?} has the shape {:?}; after the batch it must be {item:?}",
            outlet.name(),
            &shape[..]
        ))
    }
}

/// What is inside the file was written before digests and figures were known: only what decides how
/// it is used counts.
fn check_metadata(inside: &str, network: &str, manifest: &Manifest) -> Result<(), String> {
    let inside: Value =
        serde_json::from_str(inside).map_err(|error| format!("its metadata is not JSON: {error}"))?;
    let outside = serde_json::to_value(manifest).map_err(|error| error.to_string())?;
    let used: &[&str] = match network {
        "detector" => {
            &["/detector/input_size", "/detector/stride", "/detector/corner_scale", "/detector/anchor"]
        }
        _ => &["/identifier/input_size", "/identifier/widen", "/identifier/embedding", "/identifier/heads"],
    };
    let differs = ["/catalogue", "/catalogue_digest"]
        .iter()
        .chain(used)
        .find(|pointer| !is_same(inside.pointer(pointer), outside.pointer(pointer)));
    match differs {
        None => Ok(()),
        Some(pointer) => Err(format!("{} differs", pointer[1..].replace('/', "."))),
    }
}

/// Equal, but for how a 32-bit float came to be written.
fn is_same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a as f32 == b as f32)
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(Some(a), Some(b)))
        }
        _ => a.is_some() && a == b,
    }
}

fn failure(network: &'static str, error: &ort::Error) -> RunError {
    RunError { network, reason: error.to_string() }
}
