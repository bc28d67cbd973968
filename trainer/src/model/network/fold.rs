//! A trained network made ready to be written: only what its outputs need, and no batch
//! normalisation.
//!
//! Pure arithmetic on weights, in double precision.

use crate::model::network::arrays::{Array, Arrays};
use crate::model::network::shape::{GraphError, infer};
use crate::model::network::{BATCH_NORM_EPSILON, Graph, Node, Op, Value};

/// A network whose batch normalisations went into the layers before them.
#[derive(Clone, Debug)]
pub struct Folded {
    /// The smaller graph; its values are numbered anew.
    pub graph: Graph,
    /// Its weights.
    pub weights: Arrays,
    /// For every value of the smaller graph the value of the original one that equals it.
    pub source: Vec<Value>,
}

/// Drops what no output needs and folds every batch normalisation that follows a convolution or
/// linear layer.
///
/// # Errors
/// When the graph is malformed or does not fit the weights.
pub fn fold(graph: &Graph, weights: &Arrays) -> Result<Folded, GraphError> {
    infer(graph)?;
    let results: Vec<Value> = graph.outputs.iter().map(|output| output.value).collect();
    let uses = graph.uses(&results);
    let mut folded = Folded {
        graph: Graph { input: graph.input, nodes: Vec::new(), outputs: graph.outputs.clone() },
        weights: Arrays::default(),
        source: vec![0],
    };
    let mut renumbered = vec![0; uses.len()];
    for (index, node) in graph.nodes.iter().enumerate().filter(|(index, _)| uses[index + 1] > 0) {
        let arrays = weights.of_node(node)?;
        let inputs: Vec<Value> = node.inputs.iter().map(|&value| renumbered[value]).collect();
        let alone = uses[node.inputs[0]] == 1 && inputs[0] > 0;
        if matches!(node.op, Op::BatchNorm { .. }) && alone {
            let layer = &mut folded.graph.nodes[inputs[0] - 1];
            if absorb(layer, &mut folded.weights, &arrays)? {
                renumbered[index + 1] = inputs[0];
                folded.source[inputs[0]] = index + 1;
                continue;
            }
        }
        for (weight, array) in node.weights().iter().zip(arrays) {
            folded.weights.insert(&weight.name, array.clone());
        }
        folded.graph.nodes.push(Node { name: node.name.clone(), op: node.op.clone(), inputs });
        folded.source.push(index + 1);
        renumbered[index + 1] = folded.graph.nodes.len();
    }
    for output in &mut folded.graph.outputs {
        output.value = renumbered[output.value];
    }
    Ok(folded)
}

/// Multiplies a normalisation into the layer before it; false when that layer has no weights to
/// take it.
fn absorb(layer: &mut Node, weights: &mut Arrays, normalisation: &[&Array]) -> Result<bool, GraphError> {
    let had_bias = match &mut layer.op {
        Op::Conv { bias, .. } | Op::Linear { bias, .. } => std::mem::replace(bias, true),
        _ => return Ok(false),
    };
    let [gamma, beta, mean, variance] = normalisation else {
        return Err(GraphError::new(&layer.name, "a batch normalisation has four weights"));
    };
    let (weight_name, bias_name) = (format!("{}.weight", layer.name), format!("{}.bias", layer.name));
    let mut weight = weights.get(&weight_name)?.clone();
    let channels = gamma.data.len();
    let mut bias = if had_bias { weights.get(&bias_name)?.data.clone() } else { vec![0.0; channels] };
    let row = weight.data.len() / channels;
    for (channel, (row, bias)) in weight.data.chunks_exact_mut(row).zip(&mut bias).enumerate() {
        let scale =
            f64::from(gamma.data[channel]) / (f64::from(variance.data[channel]) + BATCH_NORM_EPSILON).sqrt();
        row.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
        let centred = f64::from(*bias) - f64::from(mean.data[channel]);
        *bias = (centred * scale + f64::from(beta.data[channel])) as f32;
    }
    weights.insert(&weight_name, weight);
    weights.insert(&bias_name, Array { shape: vec![channels as i64], data: bias });
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::Builder;

    #[test]
    fn folds_only_what_nobody_else_reads() {
        let conv = Op::Conv { input: 3, output: 4, kernel: 1, stride: 1, padding: 0, groups: 1, bias: false };
        let mut builder = Builder::new([3, 2, 2]);
        let one = builder.push("one", conv.clone(), &[0]);
        let normal = builder.push("one.bn", Op::BatchNorm { channels: 4 }, &[one]);
        let two = builder.push("two", conv, &[0]);
        let kept = builder.push("two.bn", Op::BatchNorm { channels: 4 }, &[two]);
        let sum = builder.push("sum", Op::Add, &[kept, two]);
        let all = builder.push("all", Op::Add, &[sum, normal]);
        builder.push("unused", Op::Relu, &[all]);
        builder.output("out", all, false);
        let graph = builder.finish();
        let folded = fold(&graph, &Arrays::arbitrary(&graph, 1)).unwrap();
        let names: Vec<&str> = folded.graph.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["one", "two", "two.bn", "sum", "all"]);
        assert_eq!(folded.source, [0, normal, two, kept, sum, all]);
        assert_eq!(folded.graph.outputs[0].value, 5);
    }

    #[test]
    fn missing_weights_are_named() {
        let mut builder = Builder::new([3, 2, 2]);
        let flat = builder.push("flat", Op::Flatten, &[0]);
        let out = builder.push("fc", Op::Linear { input: 12, output: 4, bias: true }, &[flat]);
        builder.output("out", out, false);
        let error = fold(&builder.finish(), &Arrays::default()).unwrap_err().to_string();
        assert!(error.contains("fc.weight"), "{error}");
    }
}
