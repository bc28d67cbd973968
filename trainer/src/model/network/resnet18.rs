//! `ResNet18` as a backbone (He et al., *Deep Residual Learning for Image Recognition*, 2016),
//! optionally started from a user's own file of torchvision's ImageNet weights.
//!
//! Its parts have torchvision's names, so that such a file fits without a table.

use std::path::Path;

use tch::Tensor;

use super::torch::Weights;
use super::{Builder, Op, Value, state_dict};

/// Features that [`backbone`] gives.
const FEATURES: i64 = 512;
/// Mean and standard deviation of red, green and blue that torchvision's weights expect to be taken
/// out.
const IMAGENET: [[f64; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

/// Everything up to the pooled features, and how many there are.
pub fn backbone(net: &mut Builder, packed: Value) -> (Value, i64) {
    // Its first kernel does not fit packed cells: they are spread over pixels again.
    let pixels = net.push("unpacked", Op::PixelShuffle { factor: 2 }, &[packed]);
    let op = Op::Conv { input: 3, output: 64, kernel: 7, stride: 2, padding: 3, groups: 1, bias: false };
    let x = net.push("conv1", op, &[pixels]);
    let x = net.push("bn1", Op::BatchNorm { channels: 64 }, &[x]);
    let x = net.push("relu", Op::Relu, &[x]);
    let mut x = net.push("maxpool", Op::MaxPool { kernel: 3, stride: 2, padding: 1 }, &[x]);
    let mut channels = 64;
    for (layer, output) in [64, 128, 256, 512].into_iter().enumerate() {
        for block in 0..2 {
            let stride = if layer > 0 && block == 0 { 2 } else { 1 };
            x = net.residual(&format!("layer{}.{block}", layer + 1), x, [channels, output], stride);
            channels = output;
        }
    }
    let x = net.push("avgpool", Op::GlobalAveragePool, &[x]);
    (net.push("flatten", Op::Flatten, &[x]), FEATURES)
}

/// Why a file of pretrained weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PretrainedError {
    /// It cannot be read.
    #[error(
        "cannot read the weights {path}: {source}\nhelp: give torchvision's resnet18 as .safetensors or .pth"
    )]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is something else.
    #[error(
        "{path} has no weights that can be read: {reason}\nhelp: give torchvision's resnet18 as .safetensors, or as \
         `torch.save(model.state_dict(), path)` writes it"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A weight is missing or of another size.
    #[error("{path} does not fit ResNet18: {name} is {found}\nhelp: give torchvision's resnet18")]
    Misfit {
        /// The file.
        path: String,
        /// The weight.
        name: String,
        /// What the file has.
        found: String,
    },
}

/// Puts torchvision's weights into `weights`; the input's normalisation is folded into the first
/// layer.
///
/// # Errors
/// When the file cannot be read or is not a `ResNet18`.
pub fn load_pretrained(path: &Path, weights: &mut Weights) -> Result<(), PretrainedError> {
    let name_of_file = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|source| PretrainedError::Read { path: name_of_file.clone(), source })?;
    let unreadable = |reason: String| PretrainedError::Unreadable { path: name_of_file.clone(), reason };
    let tensors = match path.extension().and_then(|it| it.to_str()) {
        Some("safetensors") => {
            Tensor::read_safetensors(path).map_err(|error| unreadable(error.to_string()))?
        }
        _ => state_dict::read(&bytes).map_err(|error| unreadable(error.to_string()))?,
    };
    let ours = ["conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."];
    for (name, weight) in weights.iter_mut().filter(|(name, _)| ours.iter().any(|it| name.starts_with(it))) {
        let misfit =
            |found| PretrainedError::Misfit { path: name_of_file.clone(), name: name.clone(), found };
        let (_, found) =
            tensors.iter().find(|(other, _)| other == name).ok_or_else(|| misfit("missing".into()))?;
        if found.size() != weight.size() {
            return Err(misfit(format!("{:?}, not {:?}", found.size(), weight.size())));
        }
        *weight = found.to_kind(tch::Kind::Float).contiguous();
    }
    fold_normalisation(weights);
    Ok(())
}

/// `w * (x - mean) / deviation` becomes `(w / deviation) * x` and a shift, which batch
/// normalisation's mean takes up.
fn fold_normalisation(weights: &mut Weights) {
    let [mean, deviation] =
        IMAGENET.map(|it| Tensor::from_slice(&it).to_kind(tch::Kind::Float).view([1, 3, 1, 1]));
    if let Some(kernel) = weights.get_mut("conv1.weight") {
        *kernel = &*kernel / deviation;
        let shift = (&*kernel * mean).sum_dim_intlist([1_i64, 2, 3].as_slice(), false, tch::Kind::Float);
        if let Some(running) = weights.get_mut("bn1.running_mean") {
            *running = &*running + shift;
        }
    }
}
