//! A model of the `vision` crate as the recogniser that tracking asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lens_core::catalogue::Catalogue;
use lens_core::geometry::{InFrame, Quad};
use lens_core::manifest;
use lens_core::pixels::Pixels;
use vision::decide::{self, is_confirmed};
use vision::recogniser::{Recogniser, unmeasured};
use vision::session::Options;
use vision::teach;

use tracking::sighting::{Detection, Guess, Identity, Reading, Recognise};

/// A model's folder: `model` itself when it is one, otherwise the folder of that name among the
/// data.
pub fn folder(model: &str) -> PathBuf {
    let as_given = PathBuf::from(model);
    if as_given.join(manifest::FILE_NAME).is_file() { as_given } else { lens_core::paths::model(model) }
}

/// A model and the catalogue that it names cards from.
pub struct Model {
    recogniser: Recogniser,
    catalogue: Arc<Catalogue>,
    doubt_below: f32,
    quads: Vec<Quad<InFrame>>,
}

impl Model {
    /// Opens the model of a folder.
    ///
    /// # Errors
    /// When the model, its catalogue or ONNX Runtime is missing or does not fit.
    pub fn open(folder: &Path, options: &Options) -> anyhow::Result<Self> {
        let recogniser = Recogniser::open(folder, options)
            .with_context(|| format!("cannot use the model in {}", folder.display()))?;
        let catalogue = Arc::new(recogniser.catalogue().clone());
        Ok(Self { recogniser, catalogue, doubt_below: 0.0, quads: Vec::new() })
    }

    /// Learns what other models of its game were taught, from the pictures in these folders;
    /// returns how many cards.
    ///
    /// # Errors
    /// When the model cannot be run or its gallery cannot be written.
    pub fn carry_over(&mut self, folder: &Path, pictures: &[PathBuf]) -> anyhow::Result<usize> {
        let picture = |file: &str| {
            let mut found = pictures.iter().filter_map(|folder| image::open(folder.join(file)).ok());
            found.next().map(image::DynamicImage::into_rgba8)
        };
        Ok(teach::carry_over(&mut self.recogniser, folder, &picture)?)
    }

    /// The catalogue that cards are named from.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// Name of the model, for people.
    pub fn name(&self) -> &str {
        &self.recogniser.manifest().name
    }

    /// Takes a player's thresholds instead of the model's own: the detection score from which there
    /// is a card, and the probability below which it is not named.
    pub fn set_thresholds(&mut self, detection: Option<f32>, name: f32) {
        let own = self.recogniser.manifest().detector.threshold;
        self.recogniser.set_detection_threshold(detection.unwrap_or(own));
        self.doubt_below = name;
    }
}

impl Recognise for Model {
    fn detect(&mut self, frame: &Pixels<'_>) -> anyhow::Result<Vec<Detection>> {
        let found = self.recogniser.detect(frame, &mut unmeasured)?;
        Ok(found.iter().map(|it| Detection { quad: it.quad, score: it.score }).collect())
    }

    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> anyhow::Result<Vec<Option<Reading>>> {
        self.quads.clear();
        self.quads.extend(detections.iter().map(|it| it.quad));
        let kind = self.recogniser.manifest().detector.kind.clone();
        let readings = self.recogniser.identify(frame, &self.quads, &mut unmeasured)?;
        let read = |(detection, read): (&Detection, &Option<decide::Reading>)| {
            let read = read.as_ref().filter(|it| is_confirmed(&kind, detection.score, it))?;
            Some(reading(read, self.doubt_below))
        };
        Ok(detections.iter().zip(readings).map(read).collect())
    }
}

fn reading(read: &decide::Reading, doubt_below: f32) -> Reading {
    let identity = match &read.id {
        Some(id) if read.probability >= doubt_below => {
            Identity::Known { id: id.to_string(), confidence: read.probability }
        }
        _ => Identity::Unknown { nearest: read.top.first().map(|(id, _)| id.to_string()) },
    };
    let guess = |(id, probability): &(Arc<str>, f32)| Guess { id: id.to_string(), probability: *probability };
    Reading { identity, modifiers: read.modifiers.clone(), guesses: read.top.iter().map(guess).collect() }
}
