//! What an ONNX file says of itself, and what one run of it gives.
//!
//! Whether it can be used is not judged here.

use std::collections::BTreeMap;
use std::path::Path;

use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::{Outlet, Tensor, TensorElementType, ValueType};
use prost::Message;
use vision::runtime::Runtime;

use super::error::{FileError, ImportError};
use crate::model::onnx::external_data;
use crate::model::onnx::proto::ModelProto;

/// An input or output of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What it holds; `None` for what is no tensor.
    pub element: Option<TensorElementType>,
    /// Its extents; `-1` for one that is chosen at each run.
    pub shape: Vec<i64>,
}

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Its inputs.
    pub inputs: Vec<Port>,
    /// Its outputs.
    pub outputs: Vec<Port>,
    /// The texts that it carries.
    pub metadata: BTreeMap<String, String>,
}

/// An output of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its extents.
    pub shape: Vec<i64>,
    /// Its numbers.
    pub values: Vec<f32>,
}

/// A file, opened.
#[derive(Debug)]
pub struct Network {
    /// What it says of itself.
    pub description: Description,
    /// The file, with weights that lay in another one.
    pub bytes: Vec<u8>,
    session: Session,
}

/// The images of a first run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// Name of the input.
    pub input: String,
    /// How many.
    pub batch: u32,
    /// Width and height.
    pub size: [u32; 2],
}

const EXPORT: &str =
    "export it as ONNX (in Ultralytics: `yolo export format=onnx`), as one file with its weights";

const BESIDE: &str = "put the file with the weights beside it, as the export wrote both";

impl Network {
    /// Opens a file for the processor.
    ///
    /// # Errors
    /// When it cannot be read, is no ONNX file, or ONNX Runtime is missing or does not take it.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let bytes =
            std::fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        let is_network = ModelProto::decode(bytes.as_slice()).is_ok_and(|model| model.graph.is_some());
        if !is_network {
            let error = ImportError::new("it is no ONNX file", EXPORT);
            return Err(FileError::in_file(path)(error));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let inlined = external_data::inlined(&bytes, folder)
            .map_err(|error| FileError::in_file(path)(ImportError::new(error.to_string(), BESIDE)))?;
        let bytes = inlined.unwrap_or(bytes);
        let session = open(&bytes).map_err(FileError::in_file(path))?;
        let description = describe(&session).map_err(FileError::in_file(path))?;
        Ok(Self { description, bytes, session })
    }

    /// What it makes of grey images, in the output `name`.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run(&mut self, pictures: &Pictures, name: &str) -> Result<Output, ImportError> {
        self.run_all(pictures, [name]).map(|[output]| output)
    }

    /// The same for several outputs of one run.
    ///
    /// # Errors
    /// As [`Network::run`].
    pub fn run_all<const N: usize>(
        &mut self,
        pictures: &Pictures,
        names: [&str; N],
    ) -> Result<[Output; N], ImportError> {
        let [width, height] = pictures.size.map(|side| side as usize);
        let shape = [pictures.batch as usize, 3, height, width];
        let grey = vec![0.5_f32; shape.iter().product()];
        let failed = |error: ort::Error| {
            ImportError::new(
                format!("ONNX Runtime cannot run it on images of {width} x {height} pixels: {error}"),
                "export it with a fixed size of images",
            )
        };
        let input = Tensor::from_array((shape, grey)).map_err(failed)?;
        let outputs = self.session.run(ort::inputs![pictures.input.as_str() => input]).map_err(failed)?;
        let mut found = Vec::with_capacity(N);
        for name in names {
            let value = outputs.get(name).expect("the output is one that the file describes");
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            found.push(Output { shape: shape.to_vec(), values: values.to_vec() });
        }
        Ok(found.try_into().expect("there is one for each name"))
    }
}

fn open(bytes: &[u8]) -> Result<Session, ImportError> {
    let runtime = Runtime::load().map_err(|error| {
        ImportError::new(error.to_string(), "a network is run once before it is installed")
    })?;
    let refused = |error: &dyn std::fmt::Display| {
        ImportError::new(format!("ONNX Runtime does not open it: {error}"), EXPORT)
    };
    SessionBuilder::new(runtime.environment())
        .map_err(|error| refused(&error))?
        .commit_from_memory(bytes)
        .map_err(|error| refused(&error))
}

fn describe(session: &Session) -> Result<Description, ImportError> {
    let failed =
        |error: ort::Error| ImportError::new(format!("its metadata cannot be read: {error}"), EXPORT);
    let metadata = session.metadata().map_err(failed)?;
    let keys = metadata.custom_keys().map_err(failed)?;
    let metadata = keys
        .into_iter()
        .filter_map(|key| {
            let value = metadata.custom(&key)?;
            Some((key, value))
        })
        .collect();
    let ports = |outlets: &[Outlet]| outlets.iter().map(port).collect();
    Ok(Description { inputs: ports(session.inputs()), outputs: ports(session.outputs()), metadata })
}

fn port(outlet: &Outlet) -> Port {
    let (element, shape) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => (Some(*ty), shape.to_vec()),
        _ => (None, Vec::new()),
    };
    Port { name: outlet.name().to_owned(), element, shape }
}

impl Description {
    /// The input, if it is what all networks made elsewhere must have: one tensor of images
    /// `[batch, 3, height, width]`.
    ///
    /// # Errors
    /// Says what it is instead.
    pub fn picture_input(&self) -> Result<&Port, ImportError> {
        let [input] = self.inputs.as_slice() else {
            let names: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
            let reason = format!("it has {} inputs ({})", names.len(), names.join(", "));
            return Err(ImportError::new(reason, "it must have one, which takes images"));
        };
        let Port { name, element, shape } = input;
        match element {
            Some(TensorElementType::Float32) => {}
            Some(TensorElementType::Float16) => {
                let reason = format!("its input {name:?} takes floats of 16 bits");
                return Err(ImportError::new(
                    reason,
                    "export it without `half`: 32-bit floats are understood",
                ));
            }
            Some(other) => {
                let reason = format!("its input {name:?} takes {other}, not 32-bit floats");
                return Err(ImportError::new(
                    reason,
                    "export it with the input as it was in training, not quantised",
                ));
            }
            None => {
                return Err(ImportError::new(
                    format!("its input {name:?} is no tensor"),
                    "it must take images [batch, 3, height, width]",
                ));
            }
        }
        match shape[..] {
            [_, 3 | -1, _, _] => Ok(input),
            [_, _, _, 3] => Err(ImportError::new(
                format!("its input {name:?} has the shape {shape:?}, channels last"),
                "export it channels first: [batch, 3, height, width]",
            )),
            _ => Err(ImportError::new(
                format!("its input {name:?} has the shape {shape:?}"),
                "it must take images in colour: [batch, 3, height, width]",
            )),
        }
    }

    /// Width and height of the images: as the input says, otherwise as the metadata `imgsz` says.
    ///
    /// # Errors
    /// When neither does, or they are too small or large.
    pub fn picture_size(&self, input: &Port) -> Result<[u32; 2], ImportError> {
        let said = self.metadata.get("imgsz").and_then(|text| numbers(text));
        let [said_height, said_width] = match said.as_deref() {
            Some(&[side]) => [side; 2],
            Some(&[height, width]) => [height, width],
            _ => [-1; 2],
        };
        let side = |axis: usize, said: i64| if input.shape[axis] > 0 { input.shape[axis] } else { said };
        match [side(3, said_width), side(2, said_height)] {
            sides if sides.iter().all(|side| (8..=4096).contains(side)) => Ok(sides.map(|side| side as u32)),
            [-1, _] | [_, -1] => Err(ImportError::new(
                "it takes images of any size and does not say which it was trained on",
                "export it with a fixed size, or with `imgsz` in its metadata",
            )),
            [width, height] => Err(ImportError::new(
                format!("it takes images of {width} x {height} pixels"),
                "both sides must be between 8 and 4096",
            )),
        }
    }

    /// How a detector is run: on one image at a time.
    ///
    /// # Errors
    /// As [`Description::picture_input`] and [`Description::picture_size`], and when it takes more.
    pub fn one_picture(&self) -> Result<Pictures, ImportError> {
        let input = self.picture_input()?;
        if ![1, -1].contains(&input.shape[0]) {
            let reason = format!("it takes {} images at once", input.shape[0]);
            return Err(ImportError::new(reason, "export it for one image: `batch=1`"));
        }
        Ok(Pictures { input: input.name.clone(), batch: 1, size: self.picture_size(input)? })
    }

    /// Refuses another task than `wanted`, where the metadata says what the network is for.
    ///
    /// # Errors
    /// Says which task it is for.
    pub fn is_for(&self, wanted: &str, help: &'static str) -> Result<(), ImportError> {
        match self.metadata.get("task") {
            Some(task) if task != wanted => {
                Err(ImportError::new(format!("it was exported for the task {task:?}, not {wanted:?}"), help))
            }
            _ => Ok(()),
        }
    }

    /// The only output.
    ///
    /// # Errors
    /// When there are more, or it holds no 32-bit floats.
    pub fn only_output(&self, help: &'static str) -> Result<&Port, ImportError> {
        let [output] = self.outputs.as_slice() else {
            let names: Vec<&str> = self.outputs.iter().map(|port| port.name.as_str()).collect();
            let reason = format!("it has {} outputs ({})", names.len(), names.join(", "));
            return Err(ImportError::new(reason, help));
        };
        if output.element != Some(TensorElementType::Float32) {
            let reason = format!("its output {:?} does not hold 32-bit floats", output.name);
            return Err(ImportError::new(reason, "export it without `half` and not quantised"));
        }
        Ok(output)
    }
}

/// The numbers in `640` or `[480, 640]`.
fn numbers(text: &str) -> Option<Vec<i64>> {
    let inside = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    inside.split(',').map(|part| part.trim().parse().ok()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A port of 32-bit floats.
    pub(crate) fn floats(name: &str, shape: &[i64]) -> Port {
        Port { name: name.into(), element: Some(TensorElementType::Float32), shape: shape.to_vec() }
    }

    /// A network with one input and this metadata.
    pub(crate) fn description(input: Port, outputs: Vec<Port>, metadata: &[(&str, &str)]) -> Description {
        let metadata = metadata.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        Description { inputs: vec![input], outputs, metadata }
    }

    #[track_caller]
    fn check_input(input: Port, imgsz: &str, want: Result<[u32; 2], &str>) {
        let description = description(input, Vec::new(), &[("imgsz", imgsz)]);
        let size = description.picture_input().and_then(|input| description.picture_size(input));
        match (size, want) {
            (Ok(size), Ok(want)) => assert_eq!(size, want),
            (Err(error), Err(part)) => assert!(error.reason.contains(part), "{part:?} is not in {error:?}"),
            (size, want) => panic!("{size:?} where {want:?} was expected"),
        }
    }

    #[test]
    fn pictures_of_known_size_can_go_in() {
        check_input(floats("images", &[1, 3, 480, 640]), "", Ok([640, 480]));
        check_input(floats("images", &[-1, 3, -1, -1]), "[480, 640]", Ok([640, 480]));
        check_input(floats("images", &[-1, 3, -1, -1]), "320", Ok([320, 320]));
        check_input(floats("images", &[-1, -1, 224, 224]), "nonsense", Ok([224, 224]));
    }

    #[test]
    fn what_else_goes_in_is_named() {
        check_input(floats("images", &[-1, 3, -1, -1]), "", Err("any size"));
        check_input(floats("images", &[1, 3, 4, 4]), "", Err("4 x 4 pixels"));
        check_input(floats("images", &[1, 640, 640, 3]), "", Err("channels last"));
        check_input(floats("images", &[1, 1, 640, 640]), "", Err("[1, 1, 640, 640]"));
        check_input(floats("images", &[1, 3]), "", Err("[1, 3]"));
        let of = |element| Port { element, ..floats("images", &[1, 3, 640, 640]) };
        check_input(of(Some(TensorElementType::Float16)), "", Err("floats of 16 bits"));
        check_input(of(Some(TensorElementType::Uint8)), "", Err("not 32-bit floats"));
        check_input(of(None), "", Err("no tensor"));
        let mut two = description(floats("a", &[1]), Vec::new(), &[]);
        two.inputs.push(floats("b", &[1]));
        assert!(two.picture_input().unwrap_err().reason.contains("2 inputs (a, b)"));
    }
}
