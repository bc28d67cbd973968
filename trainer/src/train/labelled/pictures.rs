//! Batches of labelled images by number, and the loss.
//!
//! A batch follows from seed and number alone, so a resumed training goes on with the batch that it
//! would have had.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use image::RgbaImage;
use lens_core::manifest::{Activation, Head, IDENTIFICATION};
use rand::RngExt;
use rand::seq::SliceRandom;
use tch::{Kind, Reduction, Tensor};

use crate::data::augment::apply;
use crate::data::augment::sample::{Level, on_the_fly};
use crate::data::dataset::Sample;
use crate::data::dataset::fields::{FieldValue, value};
use crate::data::dataset::picture::{self, crop};
use crate::evaluate::model_under_test::batch;
use crate::random::{Stream, random};
use crate::recipe::labelled::LabelledRecipe;
use crate::train::loss::Loss;

/// Images and what they show, for a network of a given input and heads.
#[derive(Debug)]
pub struct Pictures {
    samples: Vec<Sample>,
    size: [u32; 2],
    targets: Vec<Target>,
    cache: Vec<OnceLock<Arc<RgbaImage>>>,
}

/// What each sample says to a head.
#[derive(Debug)]
enum Target {
    /// Its class; [`IGNORED`] where the label says nothing.
    One(Vec<i64>),
    /// Ones and zeros for each class; nothing where the label says nothing.
    Some(Vec<Option<Vec<f32>>>),
}

/// No class: nothing is learned.
const IGNORED: i64 = -100;
/// Images are kept in memory up to this many bytes of them, and read anew beyond.
const MAX_CACHED_BYTES: usize = 600 << 20;
/// An image that is larger than the input by more than this is kept smaller.
const MAX_ENLARGED: f32 = 1.5;

/// The samples of a step.
#[derive(Debug)]
pub struct Batch {
    /// Rows of red, green, blue, 255.
    pub pixels: Vec<u8>,
    /// Which samples.
    pub samples: Vec<usize>,
}

impl Pictures {
    /// These samples.
    pub fn new(samples: Vec<Sample>, heads: &[Head], size: [u32; 2]) -> Self {
        let targets = heads.iter().map(|head| target(&samples, head)).collect();
        let cache = samples.iter().map(|_| OnceLock::new()).collect();
        Self { samples, size, targets, cache }
    }

    /// The samples.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// A sample as the network sees it in the game.
    pub fn plain(&self, index: usize) -> Vec<u8> {
        crop(&self.picture(index), self.size)
    }

    /// A sample changed at random.
    pub fn changed(&self, index: usize, level: Level, random: &mut rand_chacha::ChaCha8Rng) -> Vec<u8> {
        if level == Level::None {
            return self.plain(index);
        }
        let changes = on_the_fly(level, random);
        apply(&self.picture(index), self.size, &changes, random.random()).into_raw()
    }

    /// As many batches as int8 is calibrated on, bytes `[n, 3, height, width]`.
    pub fn batches(&self) -> Vec<Tensor> {
        const MAX_SAMPLES: usize = 1024;
        let all: Vec<Vec<u8>> =
            (0..self.samples.len().min(MAX_SAMPLES)).map(|index| self.plain(index)).collect();
        let slices: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        slices.chunks(64).map(|part| batch(part, self.size)).collect()
    }

    /// Whether a sample's label says something to a head.
    pub fn class(&self, head: usize, index: usize) -> Option<usize> {
        match &self.targets[head] {
            Target::One(classes) => usize::try_from(classes[index]).ok(),
            Target::Some(_) => None,
        }
    }

    /// Which classes of a sigmoid head a sample has.
    pub fn several(&self, head: usize, index: usize) -> Option<&[f32]> {
        match &self.targets[head] {
            Target::One(_) => None,
            Target::Some(all) => all[index].as_deref(),
        }
    }

    /// The image, not much larger than the network's input.
    fn picture(&self, index: usize) -> Arc<RgbaImage> {
        let read = || {
            let path = &self.samples[index].path;
            let image = picture::read(path).map_or_else(
                |fault| {
                    log::warn!("{} was readable before: {fault}; it is black from here on", path.display());
                    RgbaImage::new(self.size[0], self.size[1])
                },
                |picture| picture.image,
            );
            Arc::new(smaller(image, self.size))
        };
        let each = (self.size[0] * self.size[1]) as usize * 8;
        if (index + 1) * each > MAX_CACHED_BYTES {
            return read();
        }
        Arc::clone(self.cache[index].get_or_init(read))
    }

    /// The loss of a batch with these samples: cross-entropy of each head over the samples whose
    /// label says something.
    pub fn loss(&self, outputs: &[Tensor], samples: &[usize], heads: &[Head], costs: &Costs) -> Loss {
        let mut total = Tensor::from(0.0_f32);
        let mut parts = Vec::new();
        for (number, (head, logits)) in heads.iter().zip(outputs).enumerate() {
            let each = match &self.targets[number] {
                Target::One(classes) => {
                    let wanted: Vec<i64> = samples.iter().map(|&sample| classes[sample]).collect();
                    let known = wanted.iter().any(|&class| class != IGNORED);
                    let wanted = Tensor::from_slice(&wanted);
                    let weights = costs.weights[number].as_ref();
                    let masked = costs.masks[number].as_ref().map(|mask| logits + mask);
                    let logits = masked.as_ref().unwrap_or(logits);
                    known.then(|| {
                        logits.cross_entropy_loss(&wanted, weights, Reduction::Mean, IGNORED, costs.smoothing)
                    })
                }
                Target::Some(all) => several_loss(logits, all, samples, head.classes.len()),
            };
            let weight = if head.name == IDENTIFICATION { 1.0 } else { costs.other_heads };
            match each {
                Some(loss) => {
                    parts.push((head.name.clone(), loss.double_value(&[])));
                    total += loss * weight;
                }
                // Every weight must be part of the loss, so that there is a gradient for it.
                None => total += logits.sum(Kind::Float) * 0.0,
            }
        }
        Loss { total, parts }
    }
}

fn several_loss(
    logits: &Tensor,
    all: &[Option<Vec<f32>>],
    samples: &[usize],
    classes: usize,
) -> Option<Tensor> {
    let rows: Vec<i64> =
        (0..samples.len()).filter(|&row| all[samples[row]].is_some()).map(|row| row as i64).collect();
    if rows.is_empty() {
        return None;
    }
    let wanted: Vec<f32> =
        rows.iter().filter_map(|&row| all[samples[row as usize]].as_ref()).flatten().copied().collect();
    let wanted = Tensor::from_slice(&wanted).view([rows.len() as i64, classes as i64]);
    let logits = logits.index_select(0, &Tensor::from_slice(&rows));
    let none = None::<&Tensor>;
    let each = logits.binary_cross_entropy_with_logits(&wanted, none, none, Reduction::None);
    Some(each.sum(Kind::Float) / rows.len() as f64)
}

/// How mistakes are weighed.
#[derive(Debug)]
pub struct Costs {
    /// For each head a weight for each class, or none.
    weights: Vec<Option<Tensor>>,
    /// For each head what is added to its logits, or nothing.
    masks: Vec<Option<Tensor>>,
    smoothing: f64,
    other_heads: f64,
}

impl Costs {
    /// By the recipe, from how often each class is in `train`.
    pub fn new(recipe: &LabelledRecipe, pictures: &Pictures, heads: &[Head], train: &[usize]) -> Self {
        let weights = heads.iter().enumerate().map(|(number, head)| {
            if !recipe.class_weights || head.activation != Activation::Softmax {
                return None;
            }
            let mut counts = vec![0_u32; head.classes.len()];
            train
                .iter()
                .filter_map(|&index| pictures.class(number, index))
                .for_each(|class| counts[class] += 1);
            let present = counts.iter().filter(|count| **count > 0).count().max(1);
            let mean = counts.iter().sum::<u32>() as f32 / present as f32;
            let of = |&count: &u32| if count == 0 { 1.0 } else { (mean / count as f32).clamp(0.1, 10.0) };
            Some(Tensor::from_slice(&counts.iter().map(of).collect::<Vec<f32>>()))
        });
        Self {
            weights: weights.collect(),
            masks: heads.iter().map(|_| None).collect(),
            smoothing: recipe.smoothing,
            other_heads: recipe.other_heads,
        }
    }

    /// Classes that no sample of `train` has are left out of the competition, so that nothing is
    /// unlearned of them.
    pub fn only_present(mut self, pictures: &Pictures, heads: &[Head], train: &[usize]) -> Self {
        for (number, head) in heads.iter().enumerate().filter(|(_, it)| it.activation == Activation::Softmax)
        {
            let mut mask = vec![-1e9_f32; head.classes.len()];
            train
                .iter()
                .filter_map(|&index| pictures.class(number, index))
                .for_each(|class| mask[class] = 0.0);
            self.masks[number] = Some(Tensor::from_slice(&mask));
        }
        self
    }
}

/// Which samples each batch has.
#[derive(Clone, Debug)]
pub struct Order {
    train: Vec<usize>,
    /// How often each of them is drawn beside the others; empty when each is seen once an epoch.
    weights: Vec<f64>,
    batch: usize,
    seed: u64,
}

impl Order {
    /// Of the samples `train`.
    pub fn new(recipe: &LabelledRecipe, pictures: &Pictures, train: Vec<usize>, seed: u64) -> Self {
        let mut weights = Vec::new();
        if recipe.weighted_sampler {
            let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
            let class = |index: &usize| pictures.samples[*index].class.as_str();
            train.iter().for_each(|index| *counts.entry(class(index)).or_default() += 1.0);
            weights = train.iter().map(|index| 1.0 / counts[class(index)]).collect();
        }
        Self { train, weights, batch: recipe.batch, seed }
    }

    /// Batches in an epoch.
    pub fn steps(&self) -> u64 {
        self.train.len().div_ceil(self.batch).max(1) as u64
    }

    /// The samples of batch `step`, counted over all epochs. The last batch of an epoch is filled
    /// up from its start.
    pub fn of_step(&self, step: u64) -> Vec<usize> {
        let (epoch, place) = (step / self.steps(), (step % self.steps()) as usize);
        let mut random = random(self.seed, Stream::LabelledSample, epoch << 1);
        let mut order = self.train.clone();
        if self.weights.is_empty() {
            order.shuffle(&mut random);
        } else {
            let sums: Vec<f64> = self
                .weights
                .iter()
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect();
            let total = sums.last().copied().unwrap_or(0.0);
            for slot in &mut order {
                let at = random.random::<f64>() * total;
                *slot = self.train[sums.partition_point(|sum| *sum <= at).min(self.train.len() - 1)];
            }
        }
        (place * self.batch..(place + 1) * self.batch).map(|at| order[at % order.len()]).collect()
    }
}

/// Makes the batch of a step.
pub fn batches(
    pictures: Arc<Pictures>,
    order: Order,
    level: Level,
) -> impl Fn(u64) -> Batch + Send + Sync + 'static {
    move |step| {
        let samples = order.of_step(step);
        let mut pixels = Vec::new();
        for (place, &sample) in samples.iter().enumerate() {
            // Odd streams, so that nothing is shared with the order.
            let number = (step * order.batch as u64 + place as u64) << 1 | 1;
            let mut random = random(order.seed, Stream::LabelledSample, number);
            pixels.extend(pictures.changed(sample, level, &mut random));
        }
        Batch { pixels, samples }
    }
}

/// The network's input `[n, 3, height, width]` from rows of red, green, blue and a byte that is
/// ignored.
pub fn input(pixels: &[u8], [width, height]: [u32; 2]) -> Tensor {
    let count = pixels.len() as i64 / i64::from(width * height * 4);
    let bytes = Tensor::from_data_size(pixels, &[count, i64::from(height), i64::from(width), 4], Kind::Uint8);
    (bytes.narrow(3, 0, 3).to_kind(Kind::Float) / 255.0).permute([0, 3, 1, 2])
}

fn smaller(image: RgbaImage, [width, height]: [u32; 2]) -> RgbaImage {
    let shrink = (image.width() as f32 / width as f32).min(image.height() as f32 / height as f32);
    if shrink <= MAX_ENLARGED {
        return image;
    }
    let size = [width, height].map(|side| (side as f32 * 1.25).round() as u32);
    RgbaImage::from_raw(size[0], size[1], crop(&image, size)).expect("a crop has the size asked for")
}

fn target(samples: &[Sample], head: &Head) -> Target {
    let place = |word: &str| head.classes.iter().position(|class| class == word);
    match head.activation {
        Activation::Softmax => {
            let class = |sample: &Sample| match value(sample, &head.name) {
                Some(FieldValue::One(word)) => place(&word).map_or(IGNORED, |class| class as i64),
                _ => IGNORED,
            };
            Target::One(samples.iter().map(class).collect())
        }
        Activation::Sigmoid => {
            let classes = |sample: &Sample| match value(sample, &head.name) {
                Some(FieldValue::Some(words)) => {
                    let has = |class: &String| if words.contains(class) { 1.0 } else { 0.0 };
                    Some(head.classes.iter().map(has).collect())
                }
                _ => None,
            };
            Target::Some(samples.iter().map(classes).collect())
        }
    }
}
