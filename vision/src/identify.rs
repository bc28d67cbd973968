//! Names cards: quads of a frame in, one reading each out.

use std::path::Path;

use shared::geometry::{InFrame, Quad};
use shared::manifest::Manifest;
use shared::pixels::Pixels;
use shared::preprocess::{Rectifier, pack_crop};

use crate::decide::Logits;
use crate::recogniser::Stage;
use crate::runtime::Runtime;
use crate::session::{Contract, Network, NetworkError, Options, RunError};

/// Crops that go through the network at once.
const MAX_BATCH: usize = 16;
/// Heads that a model may have.
pub(crate) const MAX_HEADS: usize = 12;

#[derive(Debug)]
pub(crate) struct Identifier {
    network: Network,
    rectifier: Rectifier,
    /// Pixels across a crop.
    width: usize,
    /// Bytes of a packed crop.
    crop: usize,
    /// Classes of each head, then the length of the embedding and of the similarities.
    widths: Vec<usize>,
}

impl Identifier {
    pub(crate) fn open(
        runtime: &Runtime,
        folder: &Path,
        manifest: &Manifest,
        options: &Options,
    ) -> Result<Self, NetworkError> {
        let identifier = &manifest.identifier;
        if identifier.heads.len() > MAX_HEADS {
            let reason = format!("it has {} heads; at most {MAX_HEADS} are read", identifier.heads.len());
            return Err(NetworkError::Disagrees { file: identifier.files.float32.clone(), reason });
        }
        let mut widths: Vec<usize> = identifier.heads.iter().map(|head| head.classes.len()).collect();
        widths.extend([identifier.embedding as usize, identifier.heads[0].classes.len()]);
        let names = identifier.heads.iter().map(|head| head.name.as_str()).chain(["embedding", "similarity"]);
        let contract = Contract {
            network: "identifier",
            files: &identifier.files,
            input_size: identifier.input_size,
            outputs: names.zip(&widths).map(|(name, &width)| (name.to_owned(), vec![width as i64])).collect(),
            max_batch: MAX_BATCH,
        };
        let [width, height] = identifier.input_size;
        Ok(Self {
            network: Network::open(runtime, folder, manifest, contract, options)?,
            rectifier: Rectifier::new(width, height, identifier.widen),
            width: width as usize,
            crop: 3 * width as usize * height as usize,
            widths,
        })
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    pub(crate) fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Calls `each` with the position of a quad and what the network says of it, in order.
    pub(crate) fn run(
        &mut self,
        frame: &Pixels<'_>,
        quads: impl ExactSizeIterator<Item = Quad<InFrame>>,
        ended: &mut dyn FnMut(Stage),
        mut each: impl FnMut(usize, &Logits<'_>),
    ) -> Result<(), RunError> {
        let mut quads = quads;
        let mut done = 0;
        while quads.len() > 0 {
            let batch = quads.len().min(MAX_BATCH);
            let input = self.network.input(batch)?;
            for (packed, quad) in input.chunks_exact_mut(self.crop).zip(quads.by_ref().take(batch)) {
                pack_crop(self.rectifier.run(frame, quad), self.width, packed);
            }
            ended(Stage::Rectify);
            self.network.run(batch)?;
            ended(Stage::Identifier);
            for row in 0..batch {
                let slice = |index: usize| {
                    let width = self.widths[index];
                    &self.network.output(batch, index)[row * width..(row + 1) * width]
                };
                let count = self.widths.len() - 2;
                let mut heads: [&[f32]; MAX_HEADS] = [&[]; MAX_HEADS];
                for (index, head) in heads.iter_mut().enumerate().take(count) {
                    *head = slice(index);
                }
                let logits =
                    Logits { heads: &heads[..count], embedding: slice(count), similarity: slice(count + 1) };
                each(done + row, &logits);
            }
            ended(Stage::Decide);
            done += batch;
        }
        Ok(())
    }
}
