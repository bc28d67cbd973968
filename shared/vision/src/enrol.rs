//! Enrols cards from captures: the mean of the identifier's embeddings over slightly different
//! views of one.
//!
//! Detectors misjudge corners by a few pixels; a mean over such views lies nearer to what the next
//! frames will give than a single view does. The words are explained in [`crate::gallery`].

pub mod sprites;

use std::path::Path;

use dataset::captures::crop;
use image::RgbaImage;
use lens_core::card_id::CardId;
use lens_core::geometry::{InFrame, Point, Quad};
use lens_core::manifest::NOT_A_CARD;
use lens_core::pixels::Pixels;

use crate::gallery::{self, GalleryError, Prototype};
use crate::network::RunError;
use crate::recogniser::Recogniser;

/// How a view differs: scale about the centre, shift in shares of the card's size, and how far the
/// upper corners lean.
const VIEWS: [(f32, f32, f32, f32); 9] = [
    (1.0, 0.0, 0.0, 0.0),
    (0.97, 0.01, 0.01, 0.0),
    (0.97, -0.01, -0.01, 0.0),
    (1.03, 0.01, -0.01, 0.0),
    (1.03, -0.01, 0.01, 0.0),
    (1.0, 0.0, 0.015, 0.015),
    (1.0, 0.0, -0.015, -0.015),
    (1.0, 0.02, 0.0, 0.01),
    (1.0, -0.02, 0.0, -0.01),
];

/// The embedding that represents a card in a frame, of length one.
///
/// # Errors
/// When the model cannot enrol or the network cannot run.
pub fn embedding(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<Vec<f32>, EnrolError> {
    if !can_enrol(recogniser) {
        return Err(EnrolError::NoEmbedding { model: recogniser.manifest().name.clone() });
    }
    let embeddings = recogniser.embed(frame, &views(quad))?;
    Ok(mean(&embeddings))
}

/// Enrols a quad of a frame as a card in the model of a folder, unless the model names it so by
/// itself. Returns whether anything was enrolled.
///
/// # Errors
/// When the model cannot enrol, the network cannot run, or the gallery cannot be written.
pub fn card(
    recogniser: &mut Recogniser,
    folder: &Path,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
    named: NamedCard,
) -> Result<bool, EnrolError> {
    if name_of(recogniser, frame, quad)?.as_ref() == Some(&named.id) {
        return Ok(false);
    }
    let embedding = embedding(recogniser, frame, quad)?;
    let NamedCard { id, name, capture, taught_at_millis } = named;
    let (capture, taught_at_millis) = (Some(capture), Some(taught_at_millis));
    gallery::enrol(folder, vec![Prototype { id, name, embedding, capture, taught_at_millis }])?;
    recogniser.reload_gallery(folder)?;
    Ok(true)
}

/// A card as a person named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCard {
    /// Its id; need not be in the catalogue.
    pub id: CardId,
    /// Its name for people.
    pub name: String,
    /// The capture's file.
    pub capture: String,
    /// When they did, in milliseconds since 1970.
    pub taught_at_millis: u64,
}

/// Why a card cannot be enrolled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum EnrolError {
    /// The identifier is an external classifier.
    #[error(
        "the model {model:?} cannot be taught: its identifier was made elsewhere and only gives names\nhelp: use a model that was trained here, or train the classifier anew where it was made"
    )]
    NoEmbedding { model: String },
    /// The network cannot run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The gallery cannot be read or written.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

/// Whether the model can enrol cards: an external classifier has no embedding to compare by.
pub fn can_enrol(recogniser: &Recogniser) -> bool {
    recogniser.manifest().identifier.embedding > 0
}

/// Enrols the captures that other models of its game have enrolled, or it itself before its
/// networks were replaced; those that it names right by itself are skipped. Returns how many
/// captures were enrolled: none where none can be.
///
/// `picture` finds a capture's image; without one the capture waits for the next time.
///
/// # Errors
/// When the network cannot run or the gallery cannot be written.
pub fn carry_over(
    recogniser: &mut Recogniser,
    folder: &Path,
    picture: &dyn Fn(&str) -> Option<RgbaImage>,
) -> Result<usize, EnrolError> {
    if !can_enrol(recogniser) {
        return Ok(0);
    }
    let (mut enrolled, mut skipped) = (Vec::new(), Vec::new());
    for card in gallery::pending(folder, &recogniser.manifest().catalogue) {
        let Some((capture, picture)) =
            card.capture.clone().and_then(|capture| Some((capture.clone(), picture(&capture)?)))
        else {
            continue;
        };
        let quad = crop::quad_in_crop(picture.width(), picture.height());
        let pixels = Pixels::from(&picture);
        if name_of(recogniser, &pixels, quad)?.as_ref() == Some(&card.id) {
            skipped.push(capture);
        } else {
            enrolled.push(Prototype { embedding: embedding(recogniser, &pixels, quad)?, ..card });
        }
    }
    let count = enrolled.len();
    if !skipped.is_empty() {
        gallery::skip(folder, skipped)?;
    }
    if count > 0 {
        gallery::enrol(folder, enrolled)?;
        recogniser.reload_gallery(folder)?;
    }
    Ok(count)
}

/// The id that the model gives a card: [`NOT_A_CARD`] for what it takes for none, `None` for an
/// unknown one.
///
/// # Errors
/// When the network cannot run.
pub fn name_of(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<Option<CardId>, RunError> {
    Ok(name_and_guess(recogniser, frame, quad)?.0)
}

/// As [`name_of`], and the first guess, which is there also where none is sure enough for a name.
///
/// # Errors
/// When the network cannot run.
pub fn name_and_guess(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<(Option<CardId>, Option<CardId>), RunError> {
    let readings = recogniser.read(frame, &[quad])?;
    Ok(match &readings[0] {
        Some(reading) => (reading.id().cloned(), reading.guesses.first().map(|guess| guess.id.clone())),
        None => (Some(NOT_A_CARD.into()), None),
    })
}

fn views(quad: Quad<InFrame>) -> [Quad<InFrame>; VIEWS.len()] {
    VIEWS.map(|(scale, dx, dy, lean)| {
        let (width, height) = (quad.width(), quad.height());
        let mut view = quad.scaled(scale).shifted(dx * width, dy * height);
        let upper = view.corners[..2].iter_mut();
        upper.for_each(|corner| *corner = Point::new(corner.x + lean * width, corner.y));
        view
    })
}

fn mean(embeddings: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0; embeddings.first().map_or(0, Vec::len)];
    for embedding in embeddings {
        mean.iter_mut().zip(embedding).for_each(|(sum, value)| *sum += value);
    }
    let norm = mean.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
    mean.iter_mut().for_each(|value| *value /= norm);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    #[test]
    fn views_stay_near_the_card_and_their_mean_has_length_one() {
        let quad = Quad::from_rect(Rect::ltwh(100.0, 100.0, 142.0, 190.0));
        let views = views(quad);
        assert_eq!(views[0], quad);
        assert!(views[1..].iter().all(|view| view.iou(quad) > 0.9 && *view != quad && view.is_card_shaped()));
        let mean = mean(&[vec![3.0, 0.0], vec![0.0, 3.0]]);
        assert!((mean[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (mean[1] - mean[0]).abs() < 1e-6);
    }
}
