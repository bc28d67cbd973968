//! Runs an ONNX file as the overlay will, to compare it with libtorch.

use std::collections::BTreeMap;

use lens_core::preprocess::PACK;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::Tensor as OrtTensor;
use tch::{Kind, Tensor};
use vision::runtime::{Runtime, RuntimeError};

use crate::model::onnx::layout::INPUT;

/// Why a file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// ONNX Runtime refuses the file or the input.
    #[error("ONNX Runtime does not run the exported network: {0}")]
    Refused(String),
    /// libtorch cannot hand over the images.
    #[error("libtorch cannot hand over the images: {0}")]
    Pictures(#[from] tch::TchError),
}

impl<R> From<ort::Error<R>> for SessionError {
    fn from(error: ort::Error<R>) -> Self {
        Self::Refused(error.to_string())
    }
}

/// An ONNX file, loaded.
#[derive(Debug)]
pub struct OnnxSession {
    session: Session,
}

impl OnnxSession {
    /// Loads a file for the CPU with all optimisations.
    ///
    /// # Errors
    /// When there is no ONNX Runtime, or it refuses the file.
    pub fn load(file: &[u8], threads: usize) -> Result<Self, SessionError> {
        let session = SessionBuilder::new(Runtime::load()?.environment())?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(threads)?
            .commit_from_memory(file)?;
        Ok(Self { session })
    }

    /// The results for images `[n, 3, height, width]` of bytes; what has a height and a width
    /// channels first, as in libtorch.
    ///
    /// # Errors
    /// When ONNX Runtime refuses the input.
    pub fn run(&mut self, pictures: &Tensor) -> Result<BTreeMap<String, Tensor>, SessionError> {
        let packed = pictures.pixel_unshuffle(2).permute([0, 2, 3, 1]).contiguous();
        let shape = packed.size();
        debug_assert_eq!(shape[3], PACK as i64, "images have three channels");
        let bytes = Vec::<u8>::try_from(&packed.to_kind(Kind::Uint8).view([-1]))?;
        let input = OrtTensor::from_array((shape, bytes))?;
        let outputs = self.session.run(ort::inputs![INPUT => input])?;
        let mut results = BTreeMap::new();
        for (name, value) in &outputs {
            let (shape, data) = value.try_extract_tensor::<f32>()?;
            let tensor = Tensor::from_slice(data).view(&shape[..]);
            let tensor = if shape.len() == 4 { tensor.permute([0, 3, 1, 2]) } else { tensor };
            results.insert(name.to_owned(), tensor);
        }
        Ok(results)
    }
}
