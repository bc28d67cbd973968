//! What one capture of a card teaches: the mean of the identifier's embeddings over slightly different views of it.
//!
//! Detectors misjudge corners by a few pixels; a mean over such views lies nearer to what the next frames will give
//! than a single view does.

use std::path::Path;

use dataset::captures::crop;
use image::RgbaImage;
use lens_core::geometry::{InFrame, Point, Quad};
use lens_core::manifest::NOT_A_CARD;
use lens_core::pixels::Pixels;

use crate::gallery::{self, GalleryError, Taught};
use crate::recogniser::{Recogniser, unmeasured};
use crate::session::RunError;

/// How a view differs: scale about the centre, shift in shares of the card's size, and how far the upper corners lean.
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

/// The embedding that a card in a frame teaches, of length one.
///
/// # Errors
/// When the model cannot be taught or the network cannot run.
pub fn embedding(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<Vec<f32>, TeachError> {
    if !can_be_taught(recogniser) {
        return Err(TeachError::NoEmbedding { model: recogniser.manifest().name.clone() });
    }
    let embeddings = recogniser.embed(frame, &views(quad))?;
    Ok(mean(&embeddings))
}

/// Teaches the model of a folder that a quad of a frame shows a card, unless it says so by itself; answers whether
/// anything was taught.
///
/// # Errors
/// When the model cannot be taught, the network cannot run, or the gallery cannot be written.
pub fn card(
    recogniser: &mut Recogniser,
    folder: &Path,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
    named: Named,
) -> Result<bool, TeachError> {
    if says(recogniser, frame, quad)?.as_deref() == Some(&*named.id) {
        return Ok(false);
    }
    let embedding = embedding(recogniser, frame, quad)?;
    let Named { id, name, capture } = named;
    gallery::teach(folder, vec![Taught { id, name, embedding, capture: Some(capture) }])?;
    recogniser.reload_gallery(folder)?;
    Ok(true)
}

/// A card as a person named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The capture's file.
    pub capture: String,
}

/// Why a model cannot be taught.
#[derive(Debug, thiserror::Error)]
pub enum TeachError {
    /// Its identifier is a classifier made elsewhere.
    #[error(
        "the model {model:?} cannot be taught: its identifier was made elsewhere and only gives names\nhelp: use a model that was trained here, or train the classifier anew where it was made"
    )]
    NoEmbedding {
        /// Name of the model.
        model: String,
    },
    /// The network cannot run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The gallery cannot be read or written.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

/// Whether single captures can teach the model: a classifier made elsewhere has no embedding to compare by.
pub fn can_be_taught(recogniser: &Recogniser) -> bool {
    recogniser.manifest().identifier.embedding > 0
}

/// Teaches a model from the captures that other models of its game were taught, or it itself before its networks were
/// replaced; those that it names right by itself are passed over. Answers how many cards were taught: none where none
/// can be.
///
/// `picture` finds a capture's picture; without one the capture waits for the next time.
///
/// # Errors
/// When the network cannot run or the gallery cannot be written.
pub fn carry_over(
    recogniser: &mut Recogniser,
    folder: &Path,
    picture: &dyn Fn(&str) -> Option<RgbaImage>,
) -> Result<usize, TeachError> {
    if !can_be_taught(recogniser) {
        return Ok(0);
    }
    let (mut taught, mut passed_over) = (Vec::new(), Vec::new());
    for card in gallery::taught_elsewhere(folder, &recogniser.manifest().catalogue) {
        let Some((capture, picture)) =
            card.capture.clone().and_then(|capture| Some((capture.clone(), picture(&capture)?)))
        else {
            continue;
        };
        let quad = crop::quad_in_crop(picture.width(), picture.height());
        let pixels = Pixels::from(&picture);
        if says(recogniser, &pixels, quad)?.as_deref() == Some(&*card.id) {
            passed_over.push(capture);
        } else {
            taught.push(Taught { embedding: embedding(recogniser, &pixels, quad)?, ..card });
        }
    }
    let count = taught.len();
    if !passed_over.is_empty() {
        gallery::pass_over(folder, passed_over)?;
    }
    if count > 0 {
        gallery::teach(folder, taught)?;
        recogniser.reload_gallery(folder)?;
    }
    Ok(count)
}

/// The id that the model gives a card, [`NOT_A_CARD`] for what it takes for none; `None` for an unknown one.
///
/// # Errors
/// When the network cannot run.
pub fn says(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<Option<String>, RunError> {
    Ok(said_and_guessed(recogniser, frame, quad)?.0)
}

/// As [`says`], and the first guess, which is there also where none is sure enough for a name.
///
/// # Errors
/// When the network cannot run.
pub fn said_and_guessed(
    recogniser: &mut Recogniser,
    frame: &Pixels<'_>,
    quad: Quad<InFrame>,
) -> Result<(Option<String>, Option<String>), RunError> {
    let readings = recogniser.identify(frame, &[quad], &mut unmeasured)?;
    Ok(match &readings[0] {
        Some(reading) => {
            let guess = reading.top.first().map(|(id, _)| id.as_ref().to_owned());
            (reading.id.as_deref().map(str::to_owned), guess)
        }
        None => (Some(NOT_A_CARD.to_owned()), None),
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
        assert!((mean[0] - 0.5f32.sqrt()).abs() < 1e-6 && (mean[1] - mean[0]).abs() < 1e-6);
    }
}
