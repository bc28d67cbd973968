//! The whole way from a frame to named cards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lens_core::catalogue::{Card, Catalogue, CatalogueError};
use lens_core::geometry::{InFrame, Quad};
use lens_core::manifest::{Manifest, ManifestError};
use lens_core::pixels::Pixels;

use crate::decide::{ClassesError, Classifier, Logits};
use crate::detect::Detector;
use crate::gallery::{Gallery, GalleryError};
use crate::identify::Identifier;
use crate::network::{NetworkError, Options, RunError};
use crate::providers::Report;
use crate::reading::{Detection, Reading, Recognise, RecognisedCard};
use crate::runtime::{Runtime, RuntimeError};
use crate::second_look::{self, CROPS, Mean, is_doubtful};
use crate::sprites::SpriteEntries;
use crate::sprites::limits::Limits;

/// Best guesses that a reading keeps.
pub const MAX_GUESSES: usize = 5;
/// Turn, in radians, from which a card is read both ways up: the detector cannot tell which end of
/// a card that lies on its side is its top.
const MIN_TURN: f32 = 1.0;

/// Finds and names the cards of frames.
#[derive(Debug)]
pub struct Recogniser {
    folder: PathBuf,
    manifest: Manifest,
    catalogue: Catalogue,
    detector: Detector,
    identifier: Identifier,
    classifier: Classifier,
    gallery: Gallery,
    cards: Vec<RecognisedCard>,
    buffers: Buffers,
}

/// Kept to save the allocations.
#[derive(Debug, Default)]
struct Buffers {
    /// Those that are asked for, then those of turned cards the other way up.
    quads: Vec<Quad<InFrame>>,
    /// Of each quad what it shows.
    readings: Vec<Option<Reading>>,
    /// Which of the quads are turned.
    turned: Vec<usize>,
    /// Of the frame before, and of what was no card: to be written over.
    spare: Vec<Reading>,
    /// Which of the cards are looked at again, their crops, and the mean of what is made of them.
    doubtful: Vec<usize>,
    crops: Vec<Quad<InFrame>>,
    mean: Mean,
    /// Whether one look has to do.
    looks_once: bool,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum OpenError {
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// `model.json` is missing or wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The model's catalogue is missing or wrong.
    #[error("the model {model:?} needs its catalogue: {source}")]
    Catalogue { model: String, source: CatalogueError },
    /// The catalogue is not the one that the model was trained on.
    #[error(
        "the model {model:?} was trained on catalogue {wanted}, but that of {game:?} is {found}\nhelp: run `trainer export` again, or put back the catalogue"
    )]
    Digest { model: String, game: String, wanted: String, found: String },
    /// The classes of the model are not those of its catalogue.
    #[error("the model {model:?} does not fit its catalogue: {source}\nhelp: run `trainer export` again")]
    Classes { model: String, source: ClassesError },
    /// A network cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// `gallery.json` cannot be used.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl Recogniser {
    /// Opens the model of a folder, with the catalogue that it names and ONNX Runtime from the
    /// usual places.
    ///
    /// # Errors
    /// When anything is missing or does not fit together; the error says what to do.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, OpenError> {
        let manifest = Manifest::read(folder)?;
        let catalogue = Catalogue::read(&lens_core::paths::catalogue(&manifest.catalogue))
            .map_err(|source| OpenError::Catalogue { model: manifest.name.clone(), source })?;
        Self::assemble(folder, manifest, catalogue, options)
    }

    /// As [`Recogniser::open`], with a catalogue that is at hand.
    ///
    /// # Errors
    /// As [`Recogniser::open`].
    pub fn open_with(folder: &Path, catalogue: Catalogue, options: &Options) -> Result<Self, OpenError> {
        Self::assemble(folder, Manifest::read(folder)?, catalogue, options)
    }

    fn assemble(
        folder: &Path,
        manifest: Manifest,
        catalogue: Catalogue,
        options: &Options,
    ) -> Result<Self, OpenError> {
        if catalogue.digest() != manifest.catalogue_digest {
            return Err(OpenError::Digest {
                model: manifest.name,
                game: catalogue.game.clone(),
                wanted: manifest.catalogue_digest,
                found: catalogue.digest().to_owned(),
            });
        }
        let classifier = Classifier::new(&manifest, &catalogue, MAX_GUESSES)
            .map_err(|source| OpenError::Classes { model: manifest.name.clone(), source })?;
        let gallery = Gallery::read(folder, manifest.identifier.embedding as usize)?;
        let runtime = Runtime::load()?;
        // Each takes about as long as the other, on one thread.
        let (detector, identifier) = std::thread::scope(|scope| {
            let identifier = scope.spawn(|| Identifier::open(runtime, folder, &manifest, options));
            let detector = Detector::open(runtime, folder, &manifest, options);
            (detector, identifier.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        Ok(Self {
            detector: detector?,
            identifier: identifier?,
            folder: folder.to_owned(),
            manifest,
            catalogue,
            classifier,
            gallery,
            cards: Vec::new(),
            buffers: Buffers::default(),
        })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the networks in the folder are still these: a training may have replaced them.
    pub fn is_of(&self, folder: &Path) -> bool {
        Manifest::read(folder).is_ok_and(|manifest| manifest.sha256 == self.manifest.sha256)
    }

    /// The catalogue that cards are named from.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// ONNX file and hardware of the detector and of the identifier.
    pub fn reports(&self) -> [(&str, &Report); 2] {
        [self.detector.network(), self.identifier.network()].map(|network| (network.file(), network.report()))
    }

    /// How many nodes of the detector and of the identifier each provider ran.
    ///
    /// A provider that accepted a network may still leave all of it to the CPU: this is what really
    /// happened in the frames since the model was opened. Can be asked once.
    ///
    /// # Errors
    /// When the model was not opened with [`Options::profile`], or the record cannot be read.
    pub fn assigned(&mut self) -> Result<[BTreeMap<String, usize>; 2], RunError> {
        Ok([self.detector.network_mut().assigned()?, self.identifier.network_mut().assigned()?])
    }

    /// Takes another detection score than the manifest's from which a peak is a card.
    pub fn set_detection_threshold(&mut self, threshold: f32) {
        self.detector.set_threshold(threshold);
    }

    /// Takes a player's probability below which a name is not given: the card is unknown then.
    pub fn set_name_threshold(&mut self, threshold: f32) {
        self.classifier.set_name_threshold(threshold);
    }

    /// Leaves out the second look at doubtful cards: to measure what a frame takes whose names are
    /// sure, on whatever image.
    pub fn look_once(&mut self) {
        self.buffers.looks_once = true;
    }

    /// Knows the cards of the player's mods as well from now on: by these entries, with the limits
    /// of the model's folder. `cards` are those that the catalogue does not list.
    pub fn set_sprites(&mut self, entries: Arc<SpriteEntries>, cards: Vec<Card>) {
        let limits = Limits::read(&self.folder, &self.manifest);
        let width = self.manifest.identifier.input_size[0] as usize;
        self.classifier.set_sprites(entries, limits, width);
        self.catalogue.add_cards(cards);
    }

    /// Takes another gallery, when a card was enrolled.
    pub fn set_gallery(&mut self, gallery: Gallery) {
        self.gallery = gallery;
    }

    /// Reads the gallery of a model's folder again.
    ///
    /// # Errors
    /// When it cannot be used; the one before is kept.
    pub fn reload_gallery(&mut self, folder: &Path) -> Result<(), GalleryError> {
        self.gallery = Gallery::read(folder, self.manifest.identifier.embedding as usize)?;
        Ok(())
    }

    /// What the identifier makes of these quads of a frame, also of those that show no card: for
    /// enrolment.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn embed(&mut self, frame: &Pixels<'_>, quads: &[Quad<InFrame>]) -> Result<Vec<Vec<f32>>, RunError> {
        let mut embeddings = vec![Vec::new(); quads.len()];
        self.identifier.run(frame, quads.iter().copied(), |index, logits, _| {
            embeddings[index].extend_from_slice(logits.embedding);
        })?;
        Ok(embeddings)
    }

    /// Calls `each` with the position of a quad, what the identifier makes of it and the packed
    /// crop that it saw: for sprite entries.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn see(
        &mut self,
        frame: &Pixels<'_>,
        quads: &[Quad<InFrame>],
        each: impl FnMut(usize, &Logits<'_>, &[u8]),
    ) -> Result<(), RunError> {
        self.identifier.run(frame, quads.iter().copied(), each)
    }

    /// Where the cards of a frame are, best first.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn detect(&mut self, frame: &Pixels<'_>) -> Result<&[Detection], RunError> {
        self.detector.run(frame)
    }

    /// What these detections of a frame show, one for each; `None` for what is no card.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<&[Option<Reading>], RunError> {
        let quads = detections.iter().map(|it| it.quad);
        self.read_each(frame, quads, &|index| Some(detections[index].score))
    }

    /// As [`Recogniser::identify`], for quads that somebody else says are cards.
    ///
    /// # Errors
    /// When the network cannot run.
    pub fn read(
        &mut self,
        frame: &Pixels<'_>,
        quads: &[Quad<InFrame>],
    ) -> Result<&[Option<Reading>], RunError> {
        self.read_each(frame, quads.iter().copied(), &|_| None)
    }

    fn read_each(
        &mut self,
        frame: &Pixels<'_>,
        quads: impl Iterator<Item = Quad<InFrame>>,
        score: &dyn Fn(usize) -> Option<f32>,
    ) -> Result<&[Option<Reading>], RunError> {
        let Self { identifier, classifier, gallery, buffers, .. } = self;
        let classify = |index: usize, logits: &Logits<'_>, crop: &[u8], reading: &mut Reading| {
            classifier.classify_crop(logits, crop, score(index), gallery, reading)
        };
        buffers.read(identifier, frame, quads, classify)
    }

    /// The cards of a frame, named, best found first; what turned out to be no card is left out.
    ///
    /// # Errors
    /// When a network cannot run.
    pub fn recognise(&mut self, frame: &Pixels<'_>) -> Result<&[RecognisedCard], RunError> {
        let Self { detector, identifier, classifier, gallery, cards, buffers, .. } = self;
        let detections = detector.run(frame)?;
        buffers.spare.extend(cards.drain(..).rev().map(|card| card.reading));
        let classify = |index: usize, logits: &Logits<'_>, crop: &[u8], reading: &mut Reading| {
            classifier.classify_crop(logits, crop, Some(detections[index].score), gallery, reading)
        };
        buffers.read(identifier, frame, detections.iter().map(|it| it.quad), classify)?;
        let found = detections.iter().zip(&buffers.quads).zip(&mut buffers.readings);
        cards.extend(found.filter_map(|((detection, &quad), reading)| {
            let detection = Detection { quad, ..*detection };
            Some(RecognisedCard { detection, reading: reading.take()? })
        }));
        Ok(&self.cards)
    }
}

impl Buffers {
    /// Reads every quad, turned ones both ways up; gives one reading each, of the better way. The
    /// quad is kept that way up. What is doubtful then is looked at again. `classify` takes the
    /// position of a quad, and says whether it shows a card.
    fn read(
        &mut self,
        identifier: &mut Identifier,
        frame: &Pixels<'_>,
        quads: impl Iterator<Item = Quad<InFrame>>,
        mut classify: impl FnMut(usize, &Logits<'_>, &[u8], &mut Reading) -> bool,
    ) -> Result<&[Option<Reading>], RunError> {
        let Self { quads: all, readings, turned, spare, .. } = self;
        all.clear();
        all.extend(quads);
        let count = all.len();
        turned.clear();
        turned.extend((0..count).filter(|&at| all[at].turn().abs() >= MIN_TURN));
        for &at in turned.iter() {
            all.push(all[at].half_turned());
        }
        if readings.len() < all.len() {
            readings.resize_with(all.len(), Option::default);
            spare.reserve(all.len());
        }
        identifier.run(frame, all.iter().copied(), |index, logits, crop| {
            let card = index.checked_sub(count).map_or(index, |other| turned[other]);
            let mut reading = readings[index].take().or_else(|| spare.pop()).unwrap_or_default();
            if classify(card, logits, crop, &mut reading) {
                readings[index] = Some(reading);
            } else {
                spare.push(reading);
            }
        })?;
        for (other, &card) in turned.iter().enumerate() {
            let other = count + other;
            if certainty(readings[other].as_ref()) > certainty(readings[card].as_ref()) {
                readings.swap(card, other);
                all.swap(card, other);
            }
        }
        if !self.looks_once && identifier.is_own() {
            self.look_again(identifier, frame, count, classify)?;
        }
        Ok(&self.readings[..count])
    }

    /// Reads the doubtful ones of the first `count` quads anew, by the mean of several crops.
    fn look_again(
        &mut self,
        identifier: &mut Identifier,
        frame: &Pixels<'_>,
        count: usize,
        mut classify: impl FnMut(usize, &Logits<'_>, &[u8], &mut Reading) -> bool,
    ) -> Result<(), RunError> {
        let Self { quads, readings, spare, doubtful, crops, mean, .. } = self;
        doubtful.clear();
        doubtful.extend((0..count).filter(|&at| readings[at].as_ref().is_some_and(is_doubtful)));
        crops.clear();
        crops.extend(doubtful.iter().flat_map(|&at| second_look::crops(quads[at])));
        identifier.run(frame, crops.iter().copied(), |index, logits, crop| {
            if index % CROPS == 0 {
                mean.clear();
            }
            mean.add(logits, crop);
            if index % CROPS + 1 < CROPS {
                return;
            }
            let card = doubtful[index / CROPS];
            let mut reading = readings[card].take().unwrap_or_default();
            if mean.take(|logits, crop| classify(card, logits, crop, &mut reading)) {
                readings[card] = Some(reading);
            } else {
                spare.push(reading);
            }
        })
    }
}

/// Greater for what says more: a name before *unknown*, that before no card.
fn certainty(reading: Option<&Reading>) -> (bool, f32) {
    reading.map_or((false, -1.0), |it| (it.id().is_some(), it.probability))
}

impl Recognise for Recogniser {
    fn detect(&mut self, frame: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        Self::detect(self, frame).map(<[_]>::to_vec)
    }

    fn identify(
        &mut self,
        frame: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        Self::identify(self, frame, detections).map(<[_]>::to_vec)
    }
}
