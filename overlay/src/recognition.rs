//! The recogniser of the `vision` crate, speaking in sightings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::manifest;
use shared::pixels::Pixels;
use vision::gallery;
use vision::recogniser::{RecognisedCard, Recogniser, unmeasured};
use vision::session::Options;

use crate::sighting::{Guess, Identity, Recognise, Sighting};
use crate::snapshot::ModelInUse;

/// A model's folder: `model` itself when it is one, otherwise the folder of that name among the data.
pub fn folder(model: &str) -> PathBuf {
    let as_given = PathBuf::from(model);
    if as_given.join(manifest::FILE_NAME).is_file() { as_given } else { shared::paths::model(model) }
}

/// A model and the catalogue that it names cards from.
pub struct Model {
    recogniser: Recogniser,
    catalogue: Arc<Catalogue>,
    folder: PathBuf,
    /// When the gallery that is in use was written, and its length.
    gallery: Option<(SystemTime, u64)>,
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
        Ok(Self { recogniser, catalogue, folder: folder.into(), gallery: gallery_stamp(folder) })
    }

    /// The catalogue that cards are named from.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// Name of the model, for people.
    pub fn name(&self) -> &str {
        &self.recogniser.manifest().name
    }
}

impl Model {
    /// Takes the gallery again when somebody has taught a card: one look at the file's date for each frame.
    fn follow_gallery(&mut self) {
        let stamp = gallery_stamp(&self.folder);
        if stamp == self.gallery {
            return;
        }
        self.gallery = stamp;
        match self.recogniser.reload_gallery(&self.folder) {
            Ok(()) => log::info!("taught cards changed"),
            Err(error) => log::warn!("{error}"),
        }
    }
}

fn gallery_stamp(folder: &Path) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(folder.join(gallery::FILE_NAME)).ok()?;
    Some((file.modified().ok()?, file.len()))
}

impl Recognise for Model {
    fn recognise(&mut self, frame: &Pixels<'_>) -> anyhow::Result<Vec<Sighting>> {
        self.follow_gallery();
        let cards = self.recogniser.recognise(frame, &mut unmeasured)?;
        Ok(cards.iter().map(sighting).collect())
    }

    fn model(&self) -> Option<ModelInUse> {
        Some(ModelInUse { name: self.name().to_owned(), folder: self.folder.clone() })
    }
}

fn sighting(card: &RecognisedCard) -> Sighting {
    let RecognisedCard { detection, reading } = card;
    let identity = match &reading.id {
        Some(id) => Identity::Known { id: id.to_string(), confidence: reading.probability },
        None => Identity::Unknown { nearest: reading.top.first().map(|(id, _)| id.to_string()) },
    };
    let guess = |(id, probability): &(Arc<str>, f32)| Guess { id: id.to_string(), probability: *probability };
    Sighting {
        quad: detection.quad,
        score: detection.score,
        identity,
        modifiers: reading.modifiers.clone(),
        guesses: reading.top.iter().map(guess).collect(),
    }
}
