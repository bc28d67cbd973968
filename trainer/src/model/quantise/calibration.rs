//! What every value of a network looks like on typical images.

use rayon::prelude::*;
use tch::{TchError, Tensor};

use crate::model::network::Value;
use crate::model::network::arrays::floats;
use crate::model::network::fold::Folded;
use crate::model::quantise::range::{Affine, Clipping, Histogram};

/// Statistics of every value, gathered image by image.
#[derive(Clone, Debug)]
pub struct Calibration {
    source: Vec<Value>,
    observed: Vec<Observed>,
}

#[derive(Clone, Debug, Default)]
struct Observed {
    histogram: Histogram,
    channel_sums: Vec<f64>,
    values_per_channel: u64,
}

impl Calibration {
    /// Nothing seen yet.
    pub fn new(network: &Folded) -> Self {
        Self { source: network.source.clone(), observed: vec![Observed::default(); network.source.len()] }
    }

    /// Adds a batch: every value of the network *before* folding, in order, as
    /// [`Module::forward_all`](crate::model::network::torch::Module::forward_all) gives them.
    ///
    /// # Errors
    /// When libtorch cannot read a value.
    pub fn observe(&mut self, values: &[Tensor]) -> Result<(), TchError> {
        let arrays = self
            .source
            .iter()
            .map(|&value| Ok((values[value].size(), floats(&values[value])?)))
            .collect::<Result<Vec<_>, TchError>>()?;
        self.observed.par_iter_mut().zip(arrays).for_each(|(observed, (shape, data))| {
            observed.histogram.add(&data);
            observed.add_channels(&shape, &data);
        });
        Ok(())
    }

    /// The bytes that a value is best said in.
    pub fn affine(&self, value: Value, clipping: Clipping) -> Affine {
        let (low, high) = self.observed[value].histogram.range(clipping);
        Affine::from_range(low, high)
    }

    /// The mean of each channel (or feature) of a value.
    pub fn channel_means(&self, value: Value) -> Vec<f32> {
        let observed = &self.observed[value];
        let count = observed.values_per_channel.max(1) as f64;
        observed.channel_sums.iter().map(|sum| (sum / count) as f32).collect()
    }
}

impl Observed {
    fn add_channels(&mut self, shape: &[i64], data: &[f32]) {
        let channels = shape[1] as usize;
        let area = shape[2..].iter().product::<i64>() as usize;
        self.channel_sums.resize(channels, 0.0);
        for (index, plane) in data.chunks_exact(area).enumerate() {
            self.channel_sums[index % channels] += plane.iter().map(|&value| f64::from(value)).sum::<f64>();
        }
        self.values_per_channel += shape[0] as u64 * area as u64;
    }
}
