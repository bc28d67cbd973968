//! Warm start: copies every weight whose shape matches, narrows those that are wider, and reports
//! the rest.

use std::path::{Path, PathBuf};

use lens_core::manifest::{FILE_NAME, Head, METADATA_KEY, Manifest};
use tch::Tensor;

use super::narrow::narrow;
use crate::checkpoint::{Checkpoint, Network};
use crate::model::network::resnet18::load_pretrained;
use crate::model::network::torch::{Weights, initial_weights};
use crate::model::network::{BATCH_NORM_EPSILON, Graph, Op};
use crate::model::{model_folder, onnx};

/// Known weights, and the classes of their heads.
#[derive(Debug)]
pub struct Known {
    /// Where they are from, for people.
    pub from: String,
    /// By name.
    pub weights: Weights,
    /// The heads that they belong to.
    pub heads: Vec<Head>,
    /// Whether batch normalisation went into the layers before.
    pub folded: bool,
}

/// A network's weights, and where they are from.
#[derive(Debug)]
pub struct WarmStart {
    /// All that the network needs.
    pub weights: Weights,
    /// What was taken and what was not.
    pub report: Vec<String>,
    /// Whether batch normalisation must keep its statistics in training.
    pub frozen_batch_norm: bool,
}

/// Known weights that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot start from {path}: {reason}\nhelp: give a run's folder, a checkpoint, a model by its name or folder, or \
     torchvision's resnet18 as .safetensors or .pth"
)]
pub struct WarmStartError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}

impl Known {
    /// Reads the detector of a run or of an exported model.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read_detector(path: &Path) -> Result<Self, WarmStartError> {
        let error = |reason: String| WarmStartError { path: path.to_path_buf(), reason };
        if path.join(FILE_NAME).is_file() {
            let manifest = Manifest::read(path).map_err(|it| error(it.to_string()))?;
            return Self::from_network(path, &manifest, Network::Detector);
        }
        let checkpoint = Checkpoint::read(path, Network::Detector).map_err(|it| error(it.to_string()))?;
        let from = path.display().to_string();
        Ok(Self { from, weights: checkpoint.average(), heads: Vec::new(), folded: false })
    }

    /// Reads the identifier of a run, a checkpoint, an exported model, or torchvision's weights for
    /// `graph`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn read(path: &Path, graph: &Graph) -> Result<Self, WarmStartError> {
        let error = |reason: String| WarmStartError { path: path.to_path_buf(), reason };
        let from = path.display().to_string();
        if !path.exists() {
            // The name of a model, as other options take it.
            let folder =
                model_folder(path).map_err(|_| error("there is no such file, folder or model".into()))?;
            let manifest = Manifest::read(&folder).map_err(|it| error(it.to_string()))?;
            return Self::from_model(&folder, &manifest);
        }
        if path.is_dir() && path.join(FILE_NAME).is_file() {
            let manifest = Manifest::read(path).map_err(|it| error(it.to_string()))?;
            return Self::from_model(path, &manifest);
        }
        let checkpoint = |file: &Path| {
            Checkpoint::read_file(file, Network::Identifier).map(|checkpoint| Self {
                from: from.clone(),
                weights: checkpoint.average(),
                heads: checkpoint.position.heads,
                folded: false,
            })
        };
        if path.is_dir() {
            return checkpoint(&Checkpoint::path(path, Network::Identifier))
                .map_err(|it| error(it.to_string()));
        }
        if let Ok(known) = checkpoint(path) {
            return Ok(known);
        }
        // The rest is torchvision's, which has weights of the backbone only.
        let mut weights = initial_weights(graph, 0);
        load_pretrained(path, &mut weights).map_err(|it| error(it.to_string()))?;
        weights.retain(|name, _| {
            name.starts_with("conv1.") || name.starts_with("bn1.") || name.starts_with("layer")
        });
        Ok(Self { from, weights, heads: Vec::new(), folded: false })
    }

    /// The known head that says what this one does.
    fn head(&self, head: &Head) -> Option<&Head> {
        let edition = ["modifier", "edition"];
        let is_edition = |head: &Head| edition.contains(&head.name.as_str());
        self.heads.iter().find(|it| it.name == head.name || is_edition(it) && is_edition(head))
    }

    /// The identifier of an exported model.
    ///
    /// # Errors
    /// Says what is wrong with its file.
    pub fn from_model(folder: &Path, manifest: &Manifest) -> Result<Self, WarmStartError> {
        Self::from_network(folder, manifest, Network::Identifier)
    }

    fn from_network(folder: &Path, manifest: &Manifest, network: Network) -> Result<Self, WarmStartError> {
        let error = |reason: String| WarmStartError { path: folder.to_path_buf(), reason };
        let (files, heads) = match network {
            Network::Detector => (&manifest.detector.files, Vec::new()),
            Network::Identifier => (&manifest.identifier.files, manifest.identifier.heads.clone()),
        };
        let file = &files.float32;
        let bytes = manifest.read_network(folder, file).map_err(|it| error(it.to_string()))?;
        let contents = onnx::read::read(&bytes).map_err(|it| error(it.to_string()))?;
        if !contents.metadata.iter().any(|(key, _)| key == METADATA_KEY) {
            return Err(error(format!("{file} was not exported by this program")));
        }
        Ok(Self { from: folder.display().to_string(), weights: contents.weights, heads, folded: true })
    }
}

/// Fresh weights for `graph` with these heads, and whatever fits of the known ones in their place.
pub fn fill(graph: &Graph, heads: &[Head], seed: u64, known: Option<&Known>) -> WarmStart {
    let mut weights = initial_weights(graph, seed);
    let Some(known) = known else {
        return WarmStart { weights, report: Vec::new(), frozen_batch_norm: false };
    };
    let mut report = Vec::new();
    let (mut taken, mut cut) = (0, 0);
    let is_head = |name: &str| heads.iter().any(|head| name.starts_with(&format!("{}.", head.name)));
    let shared = |(name, tensor): (&String, &Tensor)| (name.clone(), tensor.shallow_clone());
    let mut wide: Weights = known.weights.iter().map(shared).collect();
    if known.folded {
        unfold(graph, &mut wide);
    }
    heads.iter().for_each(|head| arrange(head, known, &mut wide));
    // A graph that cannot be built is refused where it is run.
    let narrowed = narrow(graph, &wide).unwrap_or_default();
    let body: Vec<String> = weights.keys().filter(|name| !is_head(name)).cloned().collect();
    let mut missing = Vec::new();
    for name in &body {
        match narrowed.get(name).filter(|found| found.size() == weights[name].size()) {
            Some(found) => {
                cut += usize::from(found.size() != wide[name].size());
                weights.insert(name.clone(), found.copy());
                taken += 1;
            }
            None => missing.push(name.as_str()),
        }
    }
    report.push(format!("{taken} of {} weights below the heads are from {}", body.len(), known.from));
    if cut > 0 {
        report.push(format!("{cut} of these were wider: the channels that weigh most were kept"));
    }
    if !missing.is_empty() {
        let shown = missing.iter().take(4).copied().collect::<Vec<_>>().join(", ");
        report.push(format!("new: {shown}{}", if missing.len() > 4 { " and others" } else { "" }));
    }
    for head in heads {
        report.push(fill_head(head, known, &narrowed, &mut weights));
    }
    WarmStart { weights, report, frozen_batch_norm: known.folded && taken > 0 }
}

/// Gives the known weights of a head the rows and the name that it has here, so that what is
/// narrowed below it is narrowed in it too. A class that is not known has zeros.
fn arrange(head: &Head, known: &Known, wide: &mut Weights) {
    let Some(other) = known.head(head) else { return };
    for suffix in ["weight", "bias"] {
        let Some(old) = known.weights.get(&format!("{}.{suffix}", other.name)) else { continue };
        let row = |class| match other.classes.iter().position(|it| it == class) {
            Some(place) => old.get(place as i64),
            None => Tensor::zeros(&old.size()[1..], (old.kind(), old.device())),
        };
        let rows: Vec<Tensor> = head.classes.iter().map(row).collect();
        wide.insert(format!("{}.{suffix}", head.name), Tensor::stack(&rows, 0));
    }
}

/// Takes over the rows of the classes that the known head has too; `narrowed` has them as
/// [`arrange`] put them.
fn fill_head(head: &Head, known: &Known, narrowed: &Weights, weights: &mut Weights) -> String {
    let Some(other) = known.head(head) else {
        return format!("{}: new, {} classes", head.name, head.classes.len());
    };
    let is_known = |class: &String| other.classes.contains(class);
    for suffix in ["weight", "bias"] {
        let name = format!("{}.{suffix}", head.name);
        let (Some(old), Some(new)) = (narrowed.get(&name), weights.get(&name)) else {
            return format!("{}: new, the known one has no {suffix}", head.name);
        };
        if old.size() != new.size() {
            return format!("{}: new, the layer below is of another size", head.name);
        }
        let row = |(place, class)| if is_known(class) { old.get(place) } else { new.get(place) };
        let rows: Vec<Tensor> = (0..).zip(&head.classes).map(row).collect();
        weights.insert(name, Tensor::stack(&rows, 0));
    }
    let found = head.classes.iter().filter(|class| is_known(class)).count();
    let lost = other.classes.iter().filter(|class| !head.classes.contains(class)).count();
    format!(
        "{}: {found} of {} classes are known, {lost} of the known ones are gone",
        head.name,
        head.classes.len()
    )
}

/// Gives folded layers a batch normalisation that changes nothing but adds their bias.
fn unfold(graph: &Graph, weights: &mut Weights) {
    for (index, node) in graph.nodes.iter().enumerate() {
        let (Op::BatchNorm { .. }, Some(before)) = (&node.op, node.inputs[0].checked_sub(1)) else {
            continue;
        };
        let Some(bias) = weights.get(&format!("{}.bias", graph.nodes[before].name)).map(Tensor::copy) else {
            continue;
        };
        debug_assert!(before < index, "a graph is in the order of execution");
        let full = |value: f64| bias.full_like(value);
        let mut put =
            |suffix: &str, tensor: Tensor| weights.insert(format!("{}.{suffix}", node.name), tensor);
        put("weight", full(1.0));
        put("running_mean", full(0.0));
        put("running_var", full(1.0 - BATCH_NORM_EPSILON));
        put("bias", bias.copy());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::arrays::Arrays;
    use crate::model::network::fold::fold;
    use crate::model::network::hardware::Precision;
    use crate::model::network::identifier::IdentifierShape;
    use crate::model::network::torch::Module;
    use lens_core::manifest::{Activation, IDENTIFICATION};

    fn heads(cards: &[&str]) -> Vec<Head> {
        let head = |name: &str, classes: &[&str]| Head {
            name: name.into(),
            activation: Activation::Softmax,
            classes: classes.iter().map(|&class| class.to_owned()).collect(),
        };
        vec![head(IDENTIFICATION, cards), head("edition", &["base", "foil"])]
    }

    /// What was exported computes the same when it is read back, but for 16-bit rounding; a new
    /// class gets a row of its own.
    #[test]
    fn an_exported_network_goes_on_with_more_classes() {
        let shape = IdentifierShape { hidden: 16, embedding: 8, ..IdentifierShape::default() };
        let old = heads(&["a", "b", "c"]);
        let graph = shape.graph(&old).unwrap();
        let arrays = Arrays::arbitrary(&graph, 3);
        let folded = fold(&graph, &arrays).unwrap();
        let file = onnx::write(&folded, onnx::writer::Batch::Dynamic, &[], onnx::Stored::Halves).unwrap();
        let weights = onnx::read::read(&file).unwrap().weights;
        let known = Known { from: "test".into(), weights, heads: old, folded: true };
        let new = heads(&["c", "new", "a"]);
        let grown = shape.graph(&new).unwrap();
        let start = fill(&grown, &new, 1, Some(&known));
        assert!(
            start.frozen_batch_norm && start.report[1].contains("2 of 3 classes are known, 1 of"),
            "{:?}",
            start.report
        );
        let module =
            |graph: Graph, weights: &Weights| Module::new(graph, weights, Precision::Float32).unwrap();
        let input = Tensor::rand([2, 3, 96, 72], (tch::Kind::Float, tch::Device::Cpu));
        let one = module(graph, &arrays.to_tensors()).outputs(&input);
        let other = module(grown, &start.weights).outputs(&input);
        let same = |a: Tensor, b: Tensor| {
            let difference = (&a - b).abs().max().double_value(&[]);
            assert!(difference < 5e-3 * a.abs().max().double_value(&[]).max(1.0), "{difference}");
        };
        same(one["embedding"].copy(), other["embedding"].copy());
        same(one["edition"].copy(), other["edition"].copy());
        same(one[IDENTIFICATION].select(1, 2), other[IDENTIFICATION].select(1, 0));
        same(one[IDENTIFICATION].select(1, 0), other[IDENTIFICATION].select(1, 2));
    }

    /// A narrower network reads the kept channels with the weights that the known heads have for
    /// them, whatever becomes of their classes and names.
    #[test]
    fn heads_are_narrowed_with_the_layer_that_they_read() {
        let wide = IdentifierShape { hidden: 24, embedding: 16, ..IdentifierShape::default() };
        let mut old = heads(&["a", "b", "c"]);
        old[1].name = "modifier".into();
        let weights = initial_weights(&wide.graph(&old).unwrap(), 3);
        let known = Known { from: "test".into(), weights, heads: old, folded: false };
        let narrow = IdentifierShape { hidden: 16, embedding: 8, ..wide };
        let new = heads(&["c", "new"]);
        let graph = narrow.graph(&new).unwrap();
        let start = fill(&graph, &new, 1, Some(&known));
        let said = start.report[start.report.len() - 2..].join("; ");
        assert_eq!(
            said,
            "identification: 1 of 2 classes are known, 2 of the known ones are gone; \
             edition: 2 of 2 classes are known, 0 of the known ones are gone"
        );
        // Each weight is one of its class: none is made up, and what is new is as it was drawn.
        let fresh = initial_weights(&graph, 1);
        let row = |weights: &Weights, head: &str, row: i64| -> Vec<f32> {
            Vec::try_from(weights[&format!("{head}.weight")].get(row)).unwrap()
        };
        let edition = ["modifier", "edition"];
        for ([from, to], rows) in [(edition, [0, 0]), (edition, [1, 1]), ([IDENTIFICATION; 2], [2, 0])] {
            let (known, taken) = (row(&known.weights, from, rows[0]), row(&start.weights, to, rows[1]));
            let mut left = known.iter();
            assert!(taken.iter().all(|it| left.any(|known| known == it)), "{to}: {taken:?} of {known:?}");
        }
        assert_eq!(row(&start.weights, IDENTIFICATION, 1), row(&fresh, IDENTIFICATION, 1));
    }
}
