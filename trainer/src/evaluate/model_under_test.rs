//! What is measured.

use anyhow::{Context, Result};
use image::RgbaImage;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad, Rect};
use lens_core::manifest::{Identifier, Manifest};
use lens_core::pixels::Pixels;
use lens_core::preprocess::{Letterboxer, PACK};
use tch::{Kind, Tensor};
use vision::decide::{Classifier, Logits};
use vision::decode::{Found, Grid, decode};
use vision::gallery::Gallery;
use vision::reading::Reading;
use vision::recogniser::Recogniser;

use crate::model::network::detector::CELLS;
use crate::model::network::identifier::{EMBEDDING, SIMILARITY};
use crate::model::network::torch::Module;

/// A card that was found, and how sure the detector is.
pub type Scored = (Quad<InFrame>, f32);

/// Something that finds and names cards.
pub trait ModelUnderTest {
    /// Where the cards of an image are, best first, with at least this score.
    ///
    /// # Errors
    /// When the network cannot run.
    fn detect(&mut self, picture: &RgbaImage, threshold: f32) -> Result<Vec<Scored>>;

    /// What upright crops show, one for each; `None` for what is no card.
    ///
    /// # Errors
    /// When the network cannot run.
    fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>>;
}

/// An exported model, run as the overlay runs it.
pub struct Exported {
    recogniser: Recogniser,
    crop: [u32; 2],
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exported").finish_non_exhaustive()
    }
}

impl Exported {
    /// Measures this model with crops of its identifier's input.
    pub fn new(recogniser: Recogniser) -> Self {
        let crop = recogniser.manifest().identifier.input_size;
        Self { recogniser, crop }
    }

    /// Measures it with crops of this size, of which it cuts what it needs.
    pub fn with_crops(recogniser: Recogniser, crop: [u32; 2]) -> Self {
        Self { recogniser, crop }
    }
}

impl ModelUnderTest for Exported {
    fn detect(&mut self, picture: &RgbaImage, threshold: f32) -> Result<Vec<Scored>> {
        self.recogniser.set_detection_threshold(threshold);
        let found = self.recogniser.detect(&picture.into())?;
        Ok(found.iter().map(|it| (it.quad, it.score)).collect())
    }

    fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>> {
        let [width, height] = self.crop;
        let quad = whole(&self.recogniser.manifest().identifier, self.crop);
        crops
            .iter()
            .map(|crop| {
                let frame = Pixels::new(crop, width, height, lens_core::pixels::ChannelOrder::Rgbx)?;
                let readings = self.recogniser.read(&frame, &[quad])?;
                Ok(readings.first().cloned().flatten())
            })
            .collect()
    }
}

/// For an image of one card that is a frame of its own: the quad that widening makes the whole
/// frame of.
pub fn whole(identifier: &Identifier, [width, height]: [u32; 2]) -> Quad<InFrame> {
    Quad::from_rect(Rect::ltwh(0.0, 0.0, width as f32, height as f32)).scaled(1.0 / identifier.widen)
}

/// The detector of one and the identifier of another.
pub struct Pair {
    /// Finds cards.
    pub detector: Box<dyn ModelUnderTest>,
    /// Names them.
    pub identifier: Box<dyn ModelUnderTest>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").finish_non_exhaustive()
    }
}

impl ModelUnderTest for Pair {
    fn detect(&mut self, picture: &RgbaImage, threshold: f32) -> Result<Vec<Scored>> {
        self.detector.detect(picture, threshold)
    }

    fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>> {
        self.identifier.read(crops)
    }
}

/// A run's networks in libtorch.
pub struct Run {
    detector: Option<Module>,
    identifier: Option<Module>,
    manifest: Manifest,
    classifier: Classifier,
    letterboxer: Letterboxer,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl Run {
    /// Measures these networks; one that is not there must not be asked.
    ///
    /// # Errors
    /// When the manifest's classes are not the catalogue's.
    pub fn new(
        detector: Option<Module>,
        identifier: Option<Module>,
        manifest: Manifest,
        catalogue: &Catalogue,
    ) -> Result<Self> {
        let classifier = Classifier::new(&manifest, catalogue, 5).map_err(anyhow::Error::msg)?;
        let [width, height] = manifest.detector.input_size;
        Ok(Self { detector, identifier, manifest, classifier, letterboxer: Letterboxer::new(width, height) })
    }
}

/// Crops in a batch.
const BATCH: usize = 64;

/// Bytes `[n, 3, height, width]` of packed images, as `lens_core::preprocess` fills them.
pub fn unpacked(packed: &[u8], [width, height]: [u32; 2]) -> Tensor {
    let count = packed.len() as i64 / i64::from(3 * width * height);
    let shape = [count, i64::from(height / 2), i64::from(width / 2), PACK as i64];
    Tensor::from_data_size(packed, &shape, Kind::Uint8).permute([0, 3, 1, 2]).pixel_shuffle(2)
}

/// What the network takes: floats in `0.0..=1.0`.
pub fn floats(bytes: &Tensor) -> Tensor {
    bytes.to_kind(Kind::Float) / 255.0
}

impl ModelUnderTest for Run {
    fn detect(&mut self, picture: &RgbaImage, threshold: f32) -> Result<Vec<Scored>> {
        let contract = &self.manifest.detector;
        let [width, height] = contract.input_size;
        let mut packed = vec![0; (3 * width * height) as usize];
        let to_model = self.letterboxer.run(&picture.into(), &mut packed);
        let module = self.detector.as_ref().context("there is no detector in this run")?;
        let outputs = module.outputs(&floats(&unpacked(&packed, contract.input_size)));
        let cells = outputs[CELLS].permute([0, 2, 3, 1]).contiguous();
        let cells = Vec::<f32>::try_from(&cells.view([-1]))?;
        let grid = Grid {
            columns: (width / contract.stride) as usize,
            rows: (height / contract.stride) as usize,
            stride: contract.stride as f32,
            corner_scale: contract.corner_scale,
            anchor: contract.anchor,
        };
        let mut found: Vec<Found> = Vec::new();
        decode(&grid, threshold, &cells, &mut found);
        let to_frame = to_model.inverse();
        Ok(found.iter().map(|it| (to_frame.quad(it.quad), it.score)).collect())
    }

    fn read(&mut self, crops: &[&[u8]]) -> Result<Vec<Option<Reading>>> {
        let module = self.identifier.as_ref().context("there is no identifier in this run")?;
        let size = self.manifest.identifier.input_size;
        let mut readings = Vec::with_capacity(crops.len());
        for crops in crops.chunks(BATCH) {
            let outputs = Outputs::compute(module, &self.manifest, &batch(crops, size))?;
            for index in 0..crops.len() {
                let mut reading = Reading::default();
                let heads: Vec<&[f32]> = outputs.heads.iter().map(|rows| rows.row(index)).collect();
                let logits = Logits {
                    heads: &heads,
                    embedding: outputs.embedding.row(index),
                    similarity: outputs.similarity.row(index),
                };
                let is_card = self.classifier.classify(&logits, None, &Gallery::default(), &mut reading);
                readings.push(is_card.then_some(reading));
            }
        }
        Ok(readings)
    }
}

/// Bytes `[n, 3, height, width]` of upright crops.
pub fn batch(crops: &[&[u8]], [width, height]: [u32; 2]) -> Tensor {
    let shape = [crops.len() as i64, i64::from(height), i64::from(width), 4];
    let bytes = Tensor::from_data_size(&crops.concat(), &shape, Kind::Uint8);
    bytes.narrow(3, 0, 3).permute([0, 3, 1, 2]).contiguous()
}

/// Rows of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    width: usize,
    values: Vec<f32>,
}

impl Rows {
    /// Of a tensor `[rows, width]`.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn new(tensor: &Tensor) -> Result<Self> {
        let (_, width) = tensor.size2()?;
        let values = Vec::<f32>::try_from(&tensor.contiguous().view([-1]))?;
        Ok(Self { width: width as usize, values })
    }

    /// One of them.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..][..self.width]
    }
}

/// The identifier's outputs for a batch.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Of each head.
    pub heads: Vec<Rows>,
    /// Of length one.
    pub embedding: Rows,
    /// Cosines to the centroids.
    pub similarity: Rows,
}

impl Outputs {
    /// Runs the identifier on bytes `[n, 3, height, width]`.
    ///
    /// # Errors
    /// When an output has another shape than the manifest says.
    pub fn compute(module: &Module, manifest: &Manifest, pictures: &Tensor) -> Result<Self> {
        let outputs = module.outputs(&floats(pictures));
        let heads = manifest.identifier.heads.iter().map(|head| Rows::new(&outputs[&head.name]));
        Ok(Self {
            heads: heads.collect::<Result<_>>()?,
            embedding: Rows::new(&outputs[EMBEDDING])?,
            similarity: Rows::new(&outputs[SIMILARITY])?,
        })
    }
}
