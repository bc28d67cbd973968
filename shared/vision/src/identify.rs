//! Names cards: quads of a frame in, one reading each out.

use std::path::Path;

use lens_core::geometry::{InFrame, Quad};
use lens_core::manifest::Manifest;
use lens_core::manifest::external::{Fit, IdentifierKind, Scores};
use lens_core::pixels::Pixels;
use lens_core::preprocess::Rectifier;
use lens_core::preprocess::planes::Levels;

use crate::decide::Logits;
use crate::network::{Batch, Input, IoSpec, Network, NetworkError, Options, RunError};
use crate::runtime::Runtime;
use crate::stages::stage_span;

/// Crops that go through the network at once.
const MAX_BATCH: usize = 16;
/// Heads that a model may have.
pub(crate) const MAX_HEADS: usize = 12;

#[derive(Debug)]
pub(crate) struct Identifier {
    network: Network,
    rectifier: Rectifier,
    kind: Kind,
    /// Pixels across a crop.
    width: usize,
    /// Numbers of a crop, as the network takes it.
    crop: usize,
    heads: usize,
    /// Classes of each head, then the length of the embedding and of the similarities where there
    /// are such.
    widths: Vec<usize>,
}

/// What is particular to a kind of identifier.
#[derive(Debug)]
enum Kind {
    Own,
    Classifier {
        levels: Box<Levels>,
        fit: Fit,
        scores: Scores,
        /// Logits of one crop, kept to save the allocation.
        logits: Vec<f32>,
    },
}

/// Probabilities below this are as good as none; it has a logarithm.
const MIN_PROBABILITY: f32 = 1e-12;

impl Identifier {
    pub(crate) fn open(
        runtime: &Runtime,
        folder: &Path,
        manifest: &Manifest,
        options: &Options,
    ) -> Result<Self, NetworkError> {
        let identifier = &manifest.identifier;
        let heads = identifier.heads.len();
        if heads > MAX_HEADS {
            let reason = format!("it has {heads} heads; at most {MAX_HEADS} are read");
            return Err(NetworkError::Disagrees { file: identifier.files.float32.clone(), reason });
        }
        let mut widths: Vec<usize> = identifier.heads.iter().map(|head| head.classes.len()).collect();
        let (kind, input, names, batch) = match &identifier.kind {
            IdentifierKind::Own => {
                widths.extend([identifier.embedding as usize, widths[0]]);
                let names = identifier.heads.iter().map(|head| head.name.as_str());
                let names: Vec<&str> = names.chain(["embedding", "similarity"]).collect();
                (Kind::Own, Input::Packed, names, Batch::UpTo(MAX_BATCH))
            }
            IdentifierKind::Classifier(classifier) => {
                let kind = Kind::Classifier {
                    levels: Box::new(Levels::new(classifier.normalise)),
                    fit: classifier.fit,
                    scores: classifier.scores,
                    logits: Vec::with_capacity(widths[0]),
                };
                let batch = classifier.batch.map_or(Batch::UpTo(MAX_BATCH), |it| Batch::Exactly(it as usize));
                let input = Input::Planes(classifier.input.clone());
                (kind, input, vec![classifier.output.as_str()], batch)
            }
        };
        let outputs = names.iter().zip(&widths);
        let spec = IoSpec {
            network: "identifier",
            files: &identifier.files,
            input,
            input_size: identifier.input_size,
            outputs: outputs.map(|(&name, &width)| (name.to_owned(), vec![width as i64])).collect(),
            batch,
        };
        let [width, height] = identifier.input_size;
        Ok(Self {
            network: Network::open(runtime, folder, manifest, spec, options)?,
            rectifier: Rectifier::new(width, height, identifier.widen),
            kind,
            width: width as usize,
            crop: 3 * width as usize * height as usize,
            heads,
            widths,
        })
    }

    /// Whether it is our own, of which a crop costs little.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.kind, Kind::Own)
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    pub(crate) fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Calls `each` with the position of a quad, what the network says of it and the packed crop
    /// that it saw, in order. An external classifier takes no packed crop: it is empty then.
    pub(crate) fn run(
        &mut self,
        frame: &Pixels<'_>,
        quads: impl ExactSizeIterator<Item = Quad<InFrame>>,
        mut each: impl FnMut(usize, &Logits<'_>, &[u8]),
    ) -> Result<(), RunError> {
        let Self { network, rectifier, kind, width, crop, heads: count, widths } = self;
        let shape = *crop as f32 / 3.0 / (*width * *width) as f32;
        let mut quads = quads;
        let mut done = 0;
        while quads.len() > 0 {
            let part = quads.len().min(network.batch().max());
            let batch = network.batch().size_for(part);
            let rectify = stage_span!("rectify");
            match kind {
                Kind::Own => {
                    let crops = network.packed(batch)?.chunks_exact_mut(*crop);
                    for (packed, quad) in crops.zip(quads.by_ref().take(part)) {
                        rectifier.run_packed(frame, quad, packed);
                    }
                }
                Kind::Classifier { levels, fit, .. } => {
                    let crops = network.planes(batch)?.chunks_exact_mut(*crop);
                    for (planes, quad) in crops.zip(quads.by_ref().take(part)) {
                        let quad = match fit {
                            Fit::Stretch => quad,
                            Fit::Centre => centre(quad, shape),
                        };
                        levels.spread_crop(rectifier.run(frame, quad), *width, planes);
                    }
                }
            }
            drop(rectify);
            {
                let _span = stage_span!("identifier");
                network.run(batch)?;
            }
            let _span = stage_span!("decide");
            for row in 0..part {
                let slice = |index: usize| match widths.get(index) {
                    Some(&width) => &network.output(batch, index)[row * width..(row + 1) * width],
                    None => &[],
                };
                let mut heads: [&[f32]; MAX_HEADS] = [&[]; MAX_HEADS];
                for (index, head) in heads.iter_mut().enumerate().take(*count) {
                    *head = slice(index);
                }
                if let Kind::Classifier { scores: Scores::Probabilities, logits, .. } = kind {
                    logits.clear();
                    logits.extend(heads[0].iter().map(|it| it.max(MIN_PROBABILITY).ln()));
                    heads[0] = logits.as_slice();
                }
                let logits = Logits {
                    heads: &heads[..*count],
                    embedding: slice(*count),
                    similarity: slice(*count + 1),
                };
                let packed = network.packed_input(batch).get(row * *crop..(row + 1) * *crop);
                each(done + row, &logits, packed.unwrap_or_default());
            }
            done += part;
        }
        Ok(())
    }
}

/// The largest part about the centre of a card whose height is `shape` times its width.
fn centre(quad: Quad<InFrame>, shape: f32) -> Quad<InFrame> {
    let (width, height) = (quad.width(), quad.height());
    let (u, v) = if height > shape * width {
        (0.0, 0.5 - shape * width / height / 2.0)
    } else {
        (0.5 - height / shape / width / 2.0, 0.0)
    };
    if !(u.is_finite() && v.is_finite()) {
        return quad;
    }
    Quad { corners: [quad.at(u, v), quad.at(1.0 - u, v), quad.at(1.0 - u, 1.0 - v), quad.at(u, 1.0 - v)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::geometry::Rect;

    #[test]
    fn the_centre_of_a_card_has_the_shape_that_is_asked_for() {
        let card = Quad::from_rect(Rect::ltwh(10.0, 20.0, 60.0, 80.0));
        for (shape, want) in [
            (1.0, Rect::ltwh(10.0, 30.0, 60.0, 60.0)),
            (2.0, Rect::ltwh(20.0, 20.0, 40.0, 80.0)),
            (4.0 / 3.0, Rect::ltwh(10.0, 20.0, 60.0, 80.0)),
        ] {
            assert!(centre(card, shape).largest_corner_shift(Quad::from_rect(want)) < 1e-3, "{shape}");
        }
        assert_eq!(centre(Quad::default(), 1.0), Quad::default());
    }
}
