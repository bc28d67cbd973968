//! The network that names a card: strided convolutions over an upright crop, flattened into a
//! template match.
//!
//! Crops are registered (corner on corner), so a fully connected layer over all positions learns
//! each card's image directly; a network that pools positions away needs far longer. `resnet18`
//! is there for comparison and for those who have ImageNet weights.

use lens_core::manifest::{Head, IDENTIFICATION};
use serde::{Deserialize, Serialize};

use super::detector::ShapeError;
use super::resnet18;
use super::{Builder, Graph, Op, Value};

/// Name of the output with the normalised embedding.
pub const EMBEDDING: &str = "embedding";
/// Name of the node that normalises the embedding.
pub const UNIT_EMBEDDING: &str = "embedding.unit";
/// Name of the output with the cosines to the class centroids, and of its node.
pub const SIMILARITY: &str = "similarity";

/// What the identifier is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierShape {
    /// Width and height of the input.
    pub input: [i64; 2],
    /// What turns the crop into features.
    pub backbone: Backbone,
    /// Width of the fully connected layer that the modifier heads read.
    pub hidden: i64,
    /// Length of the embedding, which the identification head reads.
    pub embedding: i64,
}

/// What turns the crop into features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Backbone {
    /// Convolutions over packed cells of 2x2 pixels, then every position into the fully connected
    /// layer.
    Template {
        /// The convolutions in order.
        convolutions: Vec<Convolution>,
    },
    /// `ResNet18` with global average pooling.
    Resnet18,
}

/// Convolution, batch normalisation, ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// Its channels.
    pub channels: i64,
    /// Side of its kernel.
    pub kernel: i64,
    /// Its step.
    pub stride: i64,
}

impl IdentifierShape {
    /// The network with these heads; the first is [`IDENTIFICATION`].
    ///
    /// # Errors
    /// When a size is not positive or the convolutions leave nothing of the crop.
    pub fn graph(&self, heads: &[Head]) -> Result<Graph, ShapeError> {
        let error = |reason: String| ShapeError { network: "identifier", reason };
        let [width, height] = self.input;
        if width < 8 || height < 8 || self.hidden < 1 || self.embedding < 1 {
            return Err(error("every size must be positive, the input at least 8x8".into()));
        }
        let mut net = Builder::new([3, height, width]);
        if width % 2 != 0 || height % 2 != 0 {
            return Err(error("the sides of the input must be even: pixels are packed two by two".into()));
        }
        let packed = net.push("packed", Op::PixelUnshuffle { factor: 2 }, &[net.input()]);
        let (flat, features) = match &self.backbone {
            Backbone::Template { convolutions } => {
                template(&mut net, packed, convolutions, [width / 2, height / 2]).map_err(error)?
            }
            Backbone::Resnet18 => resnet18::backbone(&mut net, packed),
        };
        let hidden = linear_bn(&mut net, "hidden", flat, [features, self.hidden]);
        let hidden = net.push("hidden.relu", Op::Relu, &[hidden]);
        let embedding = linear_bn(&mut net, EMBEDDING, hidden, [self.hidden, self.embedding]);
        let mut identities = 0;
        for head in heads {
            let classes = head.classes.len() as i64;
            let (from, input) = if head.name == IDENTIFICATION {
                identities = classes;
                (embedding, self.embedding)
            } else {
                (hidden, self.hidden)
            };
            let op = Op::Linear { input, output: classes, bias: true };
            let logits = net.push(&head.name, op, &[from]);
            net.output(&head.name, logits, false);
        }
        let unit = net.push(UNIT_EMBEDDING, Op::L2Normalise, &[embedding]);
        net.output(EMBEDDING, unit, false);
        let op = Op::Project { input: self.embedding, output: identities };
        let similarity = net.push(SIMILARITY, op, &[unit]);
        net.output(SIMILARITY, similarity, true);
        Ok(net.finish())
    }
}

impl Default for IdentifierShape {
    /// 2 million parameters, most of them in the fully connected layer.
    fn default() -> Self {
        let conv = |channels, kernel, stride| Convolution { channels, kernel, stride };
        let convolutions = vec![conv(64, 3, 2), conv(96, 3, 2), conv(96, 3, 1), conv(64, 1, 1)];
        Self { input: [72, 96], backbone: Backbone::Template { convolutions }, hidden: 256, embedding: 128 }
    }
}

fn template(
    net: &mut Builder,
    packed: Value,
    convolutions: &[Convolution],
    [mut width, mut height]: [i64; 2],
) -> Result<(Value, i64), String> {
    let (mut value, mut channels) = (packed, 12);
    for (index, conv) in convolutions.iter().enumerate() {
        if conv.channels < 1 || conv.kernel < 1 || conv.stride < 1 {
            return Err(format!("every size of convolution {index} must be at least 1"));
        }
        let pair = [channels, conv.channels];
        value = net.conv_bn_relu(&format!("conv{index}"), value, pair, conv.kernel, conv.stride);
        channels = conv.channels;
        let padding = ((conv.kernel - conv.stride + 1) / 2).max(0);
        [width, height] = [width, height].map(|side| (side + 2 * padding - conv.kernel) / conv.stride + 1);
        if width < 1 || height < 1 {
            return Err(format!("nothing is left of the crop after convolution {index}"));
        }
    }
    Ok((net.push("flatten", Op::Flatten, &[value]), channels * width * height))
}

fn linear_bn(net: &mut Builder, name: &str, from: Value, [input, output]: [i64; 2]) -> Value {
    let x = net.push(&format!("{name}.fc"), Op::Linear { input, output, bias: false }, &[from]);
    net.push(&format!("{name}.bn"), Op::BatchNorm { channels: output }, &[x])
}
