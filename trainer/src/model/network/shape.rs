//! Shapes of every value and weight of a graph, known before anything runs.
//!
//! Pure: no tensor library. A graph that passes [`infer`] can be run and written by both
//! interpreters.

use std::collections::HashSet;

use lens_core::counted::counted;

use crate::model::network::{Graph, Node, Op};

/// Extents of a value without its batch: `[channels, height, width]`, or `[features]`.
pub type Shape = Vec<i64>;

/// A graph that cannot be run, or does not fit its weights.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "node {node:?} of the network: {reason}\nhelp: the weights and the recipe that describes the network must belong together"
)]
pub struct GraphError {
    /// Name of the node, or of the weight.
    pub node: String,
    /// What is wrong.
    pub reason: String,
}

impl GraphError {
    /// An error at `node`.
    pub fn new(node: &str, reason: impl Into<String>) -> Self {
        Self { node: node.to_owned(), reason: reason.into() }
    }
}

/// The shape of every value, in the order of their numbers.
///
/// # Errors
/// When names repeat, a node reads what does not exist yet, or shapes do not fit.
pub fn infer(graph: &Graph) -> Result<Vec<Shape>, GraphError> {
    let mut shapes = vec![graph.input.to_vec()];
    let mut names = HashSet::new();
    for node in &graph.nodes {
        let error = |reason: String| GraphError::new(&node.name, reason);
        if !names.insert(node.name.as_str()) {
            return Err(error("the name is taken by another node".into()));
        }
        let inputs = node
            .inputs
            .iter()
            .map(|&value| shapes.get(value).ok_or_else(|| error(format!("value {value} does not exist yet"))))
            .collect::<Result<Vec<_>, _>>()?;
        let shape = result(node, &inputs).map_err(error)?;
        if shape.iter().any(|&extent| extent < 1) {
            return Err(error(format!("nothing is left of its input: {shape:?}")));
        }
        shapes.push(shape);
    }
    for output in &graph.outputs {
        if output.value >= shapes.len() {
            return Err(GraphError::new(&output.name, format!("value {} does not exist", output.value)));
        }
    }
    Ok(shapes)
}

fn result(node: &Node, inputs: &[&Shape]) -> Result<Shape, String> {
    let arity = match node.op {
        Op::Add | Op::UpsampleLike => 2,
        Op::Concat => inputs.len().max(1),
        _ => 1,
    };
    if inputs.len() != arity {
        return Err(format!("it reads {}, {arity} expected", counted(inputs.len(), "value")));
    }
    let first = inputs[0];
    Ok(match node.op {
        Op::Conv { input, output, kernel, stride, padding, groups, .. } => {
            let [height, width] = picture(first, Some(input))?;
            if groups < 1 || input % groups != 0 || output % groups != 0 {
                return Err(format!("{groups} groups do not divide {input} and {output} channels"));
            }
            vec![output, window(height, kernel, stride, padding)?, window(width, kernel, stride, padding)?]
        }
        Op::BatchNorm { channels } => {
            if first.len() == 3 {
                picture(first, Some(channels))?;
            } else {
                features(first, channels)?;
            }
            first.clone()
        }
        Op::Relu | Op::Sigmoid => first.clone(),
        Op::Add => {
            if inputs[1] != first {
                return Err(format!("{:?} cannot be added to {first:?}", inputs[1]));
            }
            first.clone()
        }
        Op::Concat => {
            let mut shape = first.clone();
            for other in &inputs[1..] {
                if other[1..] != shape[1..] {
                    return Err(format!("{other:?} cannot be joined to {first:?} along channels"));
                }
                shape[0] += other[0];
            }
            shape
        }
        Op::UpsampleLike => {
            let [height, width] = picture(first, None)?;
            let [like_height, like_width] = picture(inputs[1], None)?;
            if like_height < height || like_width < width {
                return Err(format!("{first:?} is larger than {:?}", inputs[1]));
            }
            vec![first[0], like_height, like_width]
        }
        Op::PixelShuffle { factor } => {
            let [height, width] = picture(first, None)?;
            if factor < 1 || first[0] % (factor * factor) != 0 {
                return Err(format!("{} channels cannot be shuffled by {factor}", first[0]));
            }
            vec![first[0] / (factor * factor), height * factor, width * factor]
        }
        Op::PixelUnshuffle { factor } => {
            let [height, width] = picture(first, None)?;
            if factor < 1 || height % factor != 0 || width % factor != 0 {
                return Err(format!("{first:?} cannot be unshuffled by {factor}"));
            }
            vec![first[0] * factor * factor, height / factor, width / factor]
        }
        Op::MaxPool { kernel, stride, padding } => {
            let [height, width] = picture(first, None)?;
            vec![first[0], window(height, kernel, stride, padding)?, window(width, kernel, stride, padding)?]
        }
        Op::GlobalAveragePool => {
            picture(first, None)?;
            vec![first[0], 1, 1]
        }
        Op::Flatten => vec![first.iter().product()],
        Op::Linear { input, output, .. } | Op::Project { input, output } => {
            features(first, input)?;
            vec![output]
        }
        Op::L2Normalise => match first.as_slice() {
            [_] => first.clone(),
            _ => return Err(format!("{first:?} is no row of features")),
        },
    })
}

fn picture(shape: &Shape, channels: Option<i64>) -> Result<[i64; 2], String> {
    match (shape.as_slice(), channels) {
        (&[found, ..], Some(wanted)) if found != wanted => {
            Err(format!("it gets {found} channels, {wanted} expected"))
        }
        (&[_, height, width], _) => Ok([height, width]),
        _ => Err(format!("it gets {shape:?}, channels, height and width expected")),
    }
}

fn features(shape: &Shape, wanted: i64) -> Result<(), String> {
    if *shape == [wanted] { Ok(()) } else { Err(format!("it gets {shape:?}, {wanted} features expected")) }
}

fn window(extent: i64, kernel: i64, stride: i64, padding: i64) -> Result<i64, String> {
    if kernel < 1 || stride < 1 || padding < 0 {
        return Err("kernel and stride must be positive, padding must not be negative".into());
    }
    Ok((extent + 2 * padding - kernel).div_euclid(stride) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::Builder;

    fn conv(input: i64, output: i64, kernel: i64, stride: i64) -> Op {
        Op::Conv { input, output, kernel, stride, padding: kernel / 2, groups: 1, bias: false }
    }

    #[test]
    fn odd_heights_round_up_and_come_back() {
        let mut builder = Builder::new([3, 45, 80]);
        let wide = builder.push("wide", conv(3, 8, 3, 1), &[0]);
        let small = builder.push("small", conv(8, 8, 3, 2), &[wide]);
        let up = builder.push("up", Op::UpsampleLike, &[small, wide]);
        builder.push("both", Op::Concat, &[up, wide]);
        let shapes = infer(&builder.finish()).unwrap();
        assert_eq!(shapes[small], [8, 23, 40]);
        assert_eq!(shapes[up], [8, 45, 80]);
        assert_eq!(shapes[4], [16, 45, 80]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut builder = Builder::new([3, 8, 8]);
        builder.push("stem", conv(4, 8, 3, 1), &[0]);
        let error = infer(&builder.finish()).unwrap_err().to_string();
        assert!(error.contains("\"stem\"") && error.contains("3 channels, 4 expected"), "{error}");
        let mut builder = Builder::new([3, 8, 8]);
        builder.push("stem", Op::Relu, &[7]);
        assert!(infer(&builder.finish()).unwrap_err().to_string().contains("value 7"));
    }
}
