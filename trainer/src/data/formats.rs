//! Images and cards in the formats of other tools. Pure: texts only.
//!
//! * [`yolo`]: boxes, turned boxes (OBB) and corners (pose), as Ultralytics reads them.
//! * [`coco`], [`label_studio`]: outlines. [`tables`]: CSV, and the `metadata.jsonl` of Hugging
//!   Face.
//! * [`outline`]: what of a card is on its image. Most tools refuse what lies beyond it.
//!
//! [`export`](super::export) writes the files.

pub mod coco;
pub mod label_studio;
pub mod outline;
pub mod tables;
pub mod yolo;

use lens_core::geometry::{InFrame, Quad};
use serde_json::{Map, Value};

use outline::{Seen, seen};

/// Whose format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Boxes for Ultralytics: images, labels and data.yaml
    Yolo,
    /// Turned boxes for Ultralytics, `task=obb`
    YoloObb,
    /// Boxes with the four corners for Ultralytics, `task=pose`
    YoloPose,
    /// Images and annotations of COCO, with outlines, areas and corners
    Coco,
    /// Images, tasks and the labelling interface of Label Studio
    LabelStudio,
    /// A folder for each card, of labelled captures, as torchvision and Ultralytics read it
    Imagefolder,
    /// Images and one table, a line for each card
    Csv,
    /// Images with metadata.jsonl, as the library `datasets` of Hugging Face reads it
    Huggingface,
}

impl Format {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yolo => "yolo",
            Self::YoloObb => "yolo-obb",
            Self::YoloPose => "yolo-pose",
            Self::Coco => "coco",
            Self::LabelStudio => "label-studio",
            Self::Imagefolder => "imagefolder",
            Self::Csv => "csv",
            Self::Huggingface => "huggingface",
        }
    }
}

/// An image with the cards on it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its file, in the folder of its part.
    pub file: String,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// The cards on it.
    pub cards: Vec<Card>,
    /// What tables say of it beside: the fields of its label.
    pub fields: Map<String, Value>,
}

/// A card on an image.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its class.
    pub class: usize,
    /// Its corners, also where they are covered or beyond the image.
    pub quad: Quad<InFrame>,
    /// Which corners lie under another card.
    pub covered: [bool; 4],
}

impl Picture {
    /// The cards of which something is on the image.
    pub fn seen(&self) -> impl Iterator<Item = (&Card, Seen)> {
        self.cards.iter().filter_map(|card| Some((card, seen(card.quad, self.size)?)))
    }

    /// Each corner of a card with how it is to be understood, as COCO counts: 0 beyond the image, 1
    /// covered, 2 seen. What is beyond the image is nowhere.
    pub fn corners(&self, card: &Card) -> [([f32; 2], u8); 4] {
        let [width, height] = self.size.map(|side| side as f32);
        let xy = card.quad.to_xy();
        [0, 1, 2, 3].map(|at| {
            let [x, y] = xy[at];
            let inside = (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
            match (inside, card.covered[at]) {
                (false, _) => ([0.0, 0.0], 0),
                (true, true) => ([x, y], 1),
                (true, false) => ([x, y], 2),
            }
        })
    }
}

/// A number with as many digits as a screen can show.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
