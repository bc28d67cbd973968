//! Embeddings of labelled captures: as a file, as a map, and what they say about the labels.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use rayon::prelude::*;
use tch::{Kind, Tensor};

use crate::console::progress;
use crate::data::dataset::{Sample, picture};
use crate::evaluate::classifier::Classifier;

/// A row of length one for each sample.
///
/// # Errors
/// When there are no samples, an image is gone, or the network cannot run.
pub fn of_samples(classifier: &mut Classifier, samples: &[Sample]) -> Result<Vec<Vec<f32>>> {
    ensure!(!samples.is_empty(), "there are no captures to embed");
    progress::expect(samples.len());
    let mut vectors = Vec::with_capacity(samples.len());
    for part in samples.chunks(64) {
        let open = |sample: &Sample| {
            picture::read(&sample.path)
                .map(|picture| picture.image)
                .map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))
        };
        let pictures = part.par_iter().map(open).collect::<Result<Vec<_>>>()?;
        progress::advance(part.len());
        vectors.extend(classifier.read(&pictures)?.into_iter().map(|answer| answer.embedding));
    }
    Ok(vectors)
}

/// The two directions in which the vectors differ most (principal components; Pearson, 1901).
///
/// # Errors
/// When libtorch cannot compute them.
pub fn map(vectors: &[Vec<f32>]) -> Result<Vec<[f32; 2]>> {
    let width = vectors[0].len() as i64;
    let all: Vec<f32> = vectors.iter().flatten().copied().collect();
    let rows = Tensor::from_slice(&all).view([-1, width]);
    let centred = &rows - rows.mean_dim([0_i64].as_slice(), true, Kind::Float);
    let spread = centred.transpose(0, 1).matmul(&centred);
    // Ascending: the last two columns are the widest directions.
    let (_, directions) = spread.f_linalg_eigh("L")?;
    let places = centred.matmul(&directions.narrow(1, width - 2, 2).flip([1]));
    let values = Vec::<f32>::try_from(&places.contiguous().view([-1]))?;
    Ok(values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

/// NumPy's file format, version 1.0: 32-bit floats, a row for each vector.
pub fn npy(vectors: &[Vec<f32>]) -> Vec<u8> {
    let width = vectors.first().map_or(0, Vec::len);
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {width}), }}", vectors.len());
    // The numbers begin at a multiple of 64.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header += &" ".repeat(padded - header.len() - 1);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(vectors.iter().flatten().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The mean direction of each class.
pub fn centroids(vectors: &[Vec<f32>], samples: &[Sample]) -> BTreeMap<String, Vec<f32>> {
    let mut sums: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (vector, sample) in vectors.iter().zip(samples) {
        let sum = sums.entry(sample.class.clone()).or_insert_with(|| vec![0.0; vector.len()]);
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
    }
    for sum in sums.values_mut() {
        let length = dot(sum, sum).sqrt().max(1e-12);
        sum.iter_mut().for_each(|value| *value /= length);
    }
    sums
}

/// A capture that does not look like its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// Which sample.
    pub sample: usize,
    /// Cosine to the other captures of its class; none when there are no others.
    pub own: Option<f32>,
    /// The class that it is most like, and the cosine to it.
    pub nearest: (String, f32),
}

/// Captures that are more like another class than like the rest of their own, worst first; and
/// those that are like nothing: `far` is the cosine below which a capture is far from its own
/// class.
pub fn suspects(vectors: &[Vec<f32>], samples: &[Sample], far: f32) -> (Vec<Suspect>, Vec<Suspect>) {
    let centroids = centroids(vectors, samples);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    samples.iter().for_each(|sample| *counts.entry(&sample.class).or_default() += 1);
    let (mut mislabelled, mut outliers) = (Vec::new(), Vec::new());
    for (index, (vector, sample)) in vectors.iter().zip(samples).enumerate() {
        // Its own vector is taken out of the mean, or every capture would look like its class.
        let own = (counts[sample.class.as_str()] > 1).then(|| {
            let others = vectors.iter().zip(samples).enumerate();
            let others = others.filter(|(at, (_, it))| *at != index && it.class == sample.class);
            let mut sum = vec![0.0; vector.len()];
            others
                .for_each(|(_, (other, _))| sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += value));
            dot(&sum, vector) / dot(&sum, &sum).sqrt().max(1e-12)
        });
        let others = centroids.iter().filter(|(class, _)| **class != sample.class);
        let nearest = others
            .map(|(class, centroid)| (class.clone(), dot(centroid, vector)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((String::new(), -1.0));
        let suspect = Suspect { sample: index, own, nearest };
        match own {
            Some(own) if suspect.nearest.1 > own => mislabelled.push(suspect),
            Some(own) if own < far => outliers.push(suspect),
            _ => {}
        }
    }
    mislabelled.sort_by(|a, b| {
        let excess = |it: &Suspect| it.nearest.1 - it.own.unwrap_or(0.0);
        excess(b).total_cmp(&excess(a))
    });
    outliers.sort_by(|a, b| a.own.unwrap_or(0.0).total_cmp(&b.own.unwrap_or(0.0)));
    (mislabelled, outliers)
}

/// Pairs of classes whose centroids are closer than `closest`, closest first.
pub fn close_classes(centroids: &BTreeMap<String, Vec<f32>>, closest: f32) -> Vec<(String, String, f32)> {
    let all: Vec<(&String, &Vec<f32>)> = centroids.iter().collect();
    let mut pairs = Vec::new();
    for (index, (one, a)) in all.iter().enumerate() {
        for (other, b) in &all[index + 1..] {
            let cosine = dot(a, b);
            if cosine > closest {
                pairs.push(((*one).clone(), (*other).clone(), cosine));
            }
        }
    }
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
    pairs
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::labels::Label;

    fn sample(class: &str) -> Sample {
        Sample { file: String::new(), path: "".into(), label: Label::default(), class: class.into() }
    }

    #[test]
    fn a_swapped_label_and_an_outlier_are_found() {
        let samples: Vec<Sample> = ["a", "a", "a", "b", "b", "b", "b"].map(sample).to_vec();
        let unit = |x: f32, y: f32, z: f32| {
            let length = (x * x + y * y + z * z).sqrt();
            vec![x / length, y / length, z / length]
        };
        let vectors = vec![
            unit(1.0, 0.1, 0.0),
            unit(1.0, -0.1, 0.0),
            unit(0.05, 1.0, 0.0),
            unit(0.0, 1.0, 0.1),
            unit(0.1, 1.0, 0.0),
            unit(0.0, 1.0, -0.1),
            unit(0.0, 0.1, 1.0),
        ];
        let (mislabelled, outliers) = suspects(&vectors, &samples, 0.4);
        assert_eq!(mislabelled.iter().map(|it| it.sample).collect::<Vec<_>>(), [2]);
        assert_eq!(mislabelled[0].nearest.0, "b");
        assert_eq!(outliers.iter().map(|it| it.sample).collect::<Vec<_>>(), [6]);
        assert!(close_classes(&centroids(&vectors, &samples), 0.99).is_empty());
        assert_eq!(close_classes(&centroids(&vectors, &samples), 0.0).len(), 1);
    }

    /// Points on a line keep their order and distances along it, and the file says what NumPy
    /// reads.
    #[test]
    fn a_line_is_a_line_on_the_map() {
        let vectors: Vec<Vec<f32>> = (0..5).map(|at| vec![at as f32, 2.0 * at as f32, 0.0, 1.0]).collect();
        let points = map(&vectors).unwrap();
        let step = points[1][0] - points[0][0];
        assert!((step.abs() - 5_f32.sqrt()).abs() < 1e-3, "{points:?}");
        assert!(
            points
                .windows(2)
                .all(|pair| (pair[1][0] - pair[0][0] - step).abs() < 1e-3 && pair[0][1].abs() < 1e-3)
        );
        let file = npy(&vectors);
        assert_eq!(&file[..8], b"\x93NUMPY\x01\x00");
        assert_eq!(file.len(), 128 + 5 * 4 * 4);
        assert!(String::from_utf8_lossy(&file[10..128]).contains("'shape': (5, 4)"));
    }
}
