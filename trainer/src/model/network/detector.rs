//! The network that finds cards: a small residual backbone, a top-down neck and a centre-point
//! head.
//!
//! The head is that of Zhou et al., *Objects as Points* (2019): a heat map of card anchors and, at
//! each cell, what is read off there (here the four corners). The neck adds coarse levels to finer
//! ones as in Lin et al., *Feature Pyramid Networks* (2017). Each cell of the last level answers
//! for 2x2 sub-cells, as in Shi et al., *Real-Time Single Image and Video Super-Resolution Using an
//! Efficient Sub-Pixel Convolutional Neural Network* (2016), but its channels are left as they are:
//! moving them costs time and tells a decoder nothing.

use serde::{Deserialize, Serialize};

use super::{Builder, Graph, Op, Value};

/// Name of the output, and of its node: `[b, 36, h / 8, w / 8]`, channel `9 * sub_cell + value`.
pub const CELLS: &str = "cells";
/// Pixels of the input for a cell of the output.
pub const CELL: i64 = 8;
/// Sub-cells of a cell: `2 * row + column`.
pub const SUB_CELLS: i64 = 4;
/// Values of a sub-cell: the logit of the objectness, then x and y of four corners.
pub const VALUES: i64 = 9;
/// The objectness' logit before training: nearly every cell is empty.
const OBJECTNESS_BIAS: f64 = -4.0;

/// What the detector is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorShape {
    /// Width and height of the input.
    pub input: [i64; 2],
    /// The first convolution, over packed cells of 2x2 pixels.
    pub stem: Stem,
    /// Stages, each at half the resolution of the one before.
    pub stages: Vec<Stage>,
    /// Channels of the neck.
    pub neck: i64,
    /// Channels of the head's 3x3 convolutions.
    pub head: Vec<i64>,
}

/// The first convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stem {
    /// Side of its kernel, in packed cells.
    pub kernel: i64,
    /// Its step, in packed cells.
    pub stride: i64,
    /// Its channels.
    pub channels: i64,
}

/// A stage of the backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its channels.
    pub channels: i64,
    /// Residual blocks; with none the stage is one convolution.
    pub blocks: usize,
}

/// Why a network cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {network} cannot be built: {reason}\nhelp: change its `shape` in the recipe")]
pub struct ShapeError {
    /// `detector` or `identifier`.
    pub network: &'static str,
    /// What does not fit.
    pub reason: String,
}

impl DetectorShape {
    /// The network.
    ///
    /// # Errors
    /// When no stage is at the stride of a cell, or a size does not fit.
    pub fn graph(&self) -> Result<Graph, ShapeError> {
        self.check()?;
        let [width, height] = self.input;
        let mut net = Builder::new([3, height, width]);
        let packed = net.push("packed", Op::PixelUnshuffle { factor: 2 }, &[net.input()]);
        let Stem { kernel, stride, channels } = self.stem;
        let value = net.conv_bn_relu("stem", packed, [12, channels], kernel, stride);
        let mut levels = vec![Level { value, stride: 2 * stride, channels }];
        for stage in &self.stages {
            let level = stage.add_to(&mut net, levels[levels.len() - 1]);
            levels.push(level);
        }
        levels.retain(|level| level.stride >= CELL);
        let (mut value, mut channels) = (self.neck(&mut net, &levels), self.neck);
        for (index, &width) in self.head.iter().enumerate() {
            value = net.conv_bn_relu(&format!("head.{index}"), value, [channels, width], 3, 1);
            channels = width;
        }
        let cells = net.head_conv(CELLS, value, [channels, SUB_CELLS * VALUES]);
        net.output(CELLS, cells, false);
        Ok(net.finish())
    }

    /// What the last layer's bias starts from.
    pub fn initial_bias() -> Vec<f32> {
        (0..SUB_CELLS * VALUES)
            .map(|index| if index % VALUES == 0 { OBJECTNESS_BIAS as f32 } else { 0.0 })
            .collect()
    }

    /// Adds coarse levels to finer ones; the result is at the stride of the first level.
    fn neck(&self, net: &mut Builder, levels: &[Level]) -> Value {
        let mut above: Option<Value> = None;
        for (index, level) in levels.iter().enumerate().rev() {
            let name = |part: &str| format!("neck.{part}{}", level.stride);
            let side = net.conv_bn_relu(&name("lateral"), level.value, [level.channels, self.neck], 1, 1);
            above = Some(match above {
                None => side,
                Some(above) => {
                    let up = net.push(&name("up"), Op::UpsampleLike, &[above, side]);
                    let sum = net.push(&name("add"), Op::Add, &[up, side]);
                    // The head's own convolutions smooth the finest level.
                    match index {
                        0 => sum,
                        _ => net.conv_bn_relu(&name("merge"), sum, [self.neck, self.neck], 3, 1),
                    }
                }
            });
        }
        above.expect("`check` makes sure of a level")
    }

    fn check(&self) -> Result<(), ShapeError> {
        let error = |reason: String| Err(ShapeError { network: "detector", reason });
        let stages = self.stages.iter().map(|stage| stage.channels);
        let sizes = [self.stem.kernel, self.stem.stride, self.stem.channels, self.neck];
        if sizes.into_iter().chain(stages).chain(self.head.iter().copied()).any(|size| size < 1) {
            return error("every size must be at least 1".into());
        }
        let strides: Vec<i64> =
            (0..=self.stages.len()).map(|index| (2 * self.stem.stride) << index.min(16)).collect();
        if !strides.contains(&CELL) {
            return error(format!("no stage is at stride {CELL} (they are at {strides:?})"));
        }
        let coarsest = strides[strides.len() - 1];
        if self.input.iter().any(|side| *side < coarsest || side % coarsest != 0) {
            return error(format!("the sides of the input {:?} must be multiples of {coarsest}", self.input));
        }
        Ok(())
    }
}

/// A result of the backbone.
#[derive(Clone, Copy, Debug)]
struct Level {
    value: Value,
    stride: i64,
    channels: i64,
}

impl Stage {
    fn add_to(self, net: &mut Builder, before: Level) -> Level {
        let stride = before.stride * 2;
        let (mut value, mut channels) = (before.value, before.channels);
        if self.blocks == 0 {
            value = net.conv_bn_relu(&format!("l{stride}"), value, [channels, self.channels], 3, 2);
        }
        for block in 0..self.blocks {
            let step = if block == 0 { 2 } else { 1 };
            value = net.residual(&format!("l{stride}.{block}"), value, [channels, self.channels], step);
            channels = self.channels;
        }
        Level { value, stride, channels: self.channels }
    }
}

impl Default for DetectorShape {
    fn default() -> Self {
        let stage = |channels, blocks| Stage { channels, blocks };
        Self {
            input: [640, 352],
            stem: Stem { kernel: 3, stride: 2, channels: 24 },
            stages: vec![stage(48, 1), stage(96, 2), stage(160, 2)],
            neck: 48,
            head: vec![64, 64],
        }
    }
}
