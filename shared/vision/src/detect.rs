//! Finds cards: a whole frame in, quads out.

use std::path::Path;

use lens_core::geometry::{Point, Transform};
use lens_core::manifest::Manifest;
use lens_core::manifest::external::{DetectorKind, Normalise};
use lens_core::pixels::Pixels;
use lens_core::preprocess::Letterboxer;
use lens_core::preprocess::planes::Levels;

use crate::decode::yolo::{self, Boxes};
use crate::decode::{self, Found, Grid, detr};
use crate::network::{Batch, Input, IoSpec, Network, NetworkError, Options, RunError};
use crate::reading::Detection;
use crate::runtime::Runtime;
use crate::stages::stage_span;

#[derive(Debug)]
pub(crate) struct Detector {
    network: Network,
    letterboxer: Letterboxer,
    kind: Kind,
    threshold: f32,
    found: Vec<Found>,
    detections: Vec<Detection>,
}

/// What is particular to a kind of detector.
#[derive(Debug)]
enum Kind {
    Grid(Grid),
    Yolo(Boxes, Box<Levels>),
    /// For each class whether it is a card.
    Detr(Vec<bool>, Box<Levels>),
}

/// Bars about a frame that YOLO was trained with.
const YOLO_BAR: u8 = 114;

impl Detector {
    pub(crate) fn open(
        runtime: &Runtime,
        folder: &Path,
        manifest: &Manifest,
        options: &Options,
    ) -> Result<Self, NetworkError> {
        let detector = &manifest.detector;
        let [width, height] = detector.input_size;
        let (columns, rows) = (width / detector.stride / 2, height / detector.stride / 2);
        let (kind, input, outputs) = match &detector.kind {
            DetectorKind::Grid => {
                let grid = Grid {
                    columns: 2 * columns as usize,
                    rows: 2 * rows as usize,
                    stride: detector.stride as f32,
                    corner_scale: detector.corner_scale,
                    anchor: detector.anchor,
                };
                let shape = vec![i64::from(rows), i64::from(columns), decode::CELL as i64];
                (Kind::Grid(grid), Input::Packed, vec![("cells".to_owned(), shape)])
            }
            DetectorKind::Yolo(yolo) => {
                let boxes = Boxes {
                    count: yolo.boxes as usize,
                    is_card: yolo.is_card(),
                    layout: yolo.layout,
                    corners: yolo.corners,
                };
                let shape = boxes.shape().map(|it| it as i64).to_vec();
                let kind = Kind::Yolo(boxes, Box::new(Levels::new(Normalise::Unit)));
                (kind, Input::Planes(yolo.input.clone()), vec![(yolo.output.clone(), shape)])
            }
            DetectorKind::Detr(network) => {
                let queries = i64::from(network.queries);
                let outputs = vec![
                    (network.boxes.clone(), vec![queries, 4]),
                    (network.logits.clone(), vec![queries, network.classes.len() as i64]),
                ];
                let kind = Kind::Detr(network.is_card(), Box::new(Levels::new(network.normalise)));
                (kind, Input::Planes(network.input.clone()), outputs)
            }
        };
        let spec = IoSpec {
            network: "detector",
            files: &detector.files,
            input,
            input_size: detector.input_size,
            outputs,
            batch: Batch::Exactly(1),
        };
        Ok(Self {
            network: Network::open(runtime, folder, manifest, spec, options)?,
            letterboxer: Letterboxer::new(width, height),
            kind,
            threshold: detector.threshold,
            found: Vec::with_capacity(4 * decode::MAX_CARDS),
            detections: Vec::with_capacity(decode::MAX_CARDS),
        })
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    pub(crate) fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    pub(crate) fn set_threshold(&mut self, threshold: f32) {
        self.threshold = threshold;
    }

    /// The cards of a frame, best first.
    pub(crate) fn run(&mut self, frame: &Pixels<'_>) -> Result<&[Detection], RunError> {
        let model_from_frame = {
            let _span = stage_span!("letterbox");
            match &self.kind {
                Kind::Grid(_) => self.letterboxer.run(frame, self.network.packed(1)?),
                Kind::Yolo(_, levels) => {
                    self.letterboxer.run_planes(frame, YOLO_BAR, levels, self.network.planes(1)?)
                }
                Kind::Detr(_, levels) => {
                    self.letterboxer.stretch_planes(frame, levels, self.network.planes(1)?);
                    // Boxes are in shares of the frame.
                    Transform::new(1.0, Point::new(0.0, 0.0))
                }
            }
        };
        {
            let _span = stage_span!("detector");
            self.network.run(1)?;
        }
        let _span = stage_span!("decode");
        let output = |index| self.network.output(1, index);
        match &self.kind {
            Kind::Grid(grid) => decode::decode(grid, self.threshold, output(0), &mut self.found),
            Kind::Yolo(boxes, _) => yolo::decode(boxes, self.threshold, output(0), &mut self.found),
            Kind::Detr(is_card, _) => {
                let size = [frame.width, frame.height].map(|side| side as f32);
                detr::decode(is_card, self.threshold, [output(0), output(1)], size, &mut self.found);
            }
        }
        let frame_from_model = model_from_frame.inverse();
        self.detections.clear();
        self.detections.extend(
            self.found
                .iter()
                .map(|found| Detection { quad: frame_from_model.quad(found.quad), score: found.score }),
        );
        Ok(&self.detections)
    }
}
