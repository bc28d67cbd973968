//! Embeddings side by side, searched by cosine.

use multiversion::multiversion;

/// 1.0 of an embedding, as it is kept: sums of products stay within 32 bits.
const ONE: f32 = 16_384.0;
/// Embeddings are filled with zeros up to a multiple of this, so that vectors divide them.
pub(crate) const LANES: usize = 16;
/// Embeddings whose products are worked out at once.
const BLOCK: usize = 64;

/// Any number of embeddings of one length, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Embeddings {
    /// Numbers of each, with the zeros.
    length: usize,
    values: Vec<i16>,
}

/// Buffer of a search, kept to save the allocation.
#[derive(Clone, Debug, Default)]
pub struct SearchBuffer {
    query: Vec<i16>,
}

impl Embeddings {
    /// None yet, of this many numbers.
    pub(crate) fn new(dimensions: usize) -> Self {
        Self { length: dimensions.next_multiple_of(LANES), values: Vec::new() }
    }

    /// Those of a file; none where they are not whole.
    pub(crate) fn from_values(dimensions: usize, values: Vec<i16>) -> Option<Self> {
        let length = dimensions.checked_next_multiple_of(LANES)?;
        values.len().is_multiple_of(length.max(1)).then_some(Self { length, values })
    }

    /// The numbers as they are kept.
    pub(crate) fn values(&self) -> &[i16] {
        &self.values
    }

    /// Adds an embedding of length one.
    pub(crate) fn push(&mut self, embedding: &[f32]) {
        self.values.extend(whole(embedding));
    }

    /// Adds all of another of the same length.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.values.extend(&other.values);
    }

    /// Hands over each embedding whose cosine to `query`, which is of length one, is above what
    /// `found` gave back last, in their order.
    pub(crate) fn search(
        &self,
        query: &[f32],
        buffer: &mut SearchBuffer,
        least: f32,
        mut found: impl FnMut(usize, f32) -> f32,
    ) {
        if self.values.is_empty() || query.len().next_multiple_of(LANES) != self.length {
            return;
        }
        let query = {
            buffer.query.clear();
            buffer.query.extend(whole(query));
            &buffer.query
        };
        let mut least = (least * ONE * ONE) as i32;
        let mut products = [0; BLOCK];
        for (block, embeddings) in self.values.chunks(BLOCK * self.length).enumerate() {
            let products = &mut products[..embeddings.len() / self.length];
            multiply(embeddings, query, products);
            for (at, &product) in products.iter().enumerate() {
                if product > least {
                    let cosine = (product as f32 / (ONE * ONE)).min(1.0);
                    least = (found(block * BLOCK + at, cosine) * ONE * ONE) as i32;
                }
            }
        }
    }
}

/// An embedding as it is kept.
fn whole(embedding: &[f32]) -> impl Iterator<Item = i16> {
    let rest = embedding.len().next_multiple_of(LANES) - embedding.len();
    embedding.iter().map(|value| (value * ONE).round() as i16).chain(std::iter::repeat_n(0, rest))
}

/// The product of each embedding with the query.
#[multiversion(targets("x86_64+avx+avx2"))]
fn multiply(embeddings: &[i16], query: &[i16], products: &mut [i32]) {
    for (embedding, product) in embeddings.chunks_exact(query.len()).zip(products) {
        *product = embedding.iter().zip(query).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A direction of length one.
    fn direction(seed: usize, dimensions: usize) -> Vec<f32> {
        let values: Vec<f32> = (0..dimensions).map(|at| ((at * 37 + seed * 91 + 1) as f32).sin()).collect();
        let length = values.iter().map(|it| it * it).sum::<f32>().sqrt();
        values.iter().map(|it| it / length).collect()
    }

    #[test]
    fn each_has_its_cosine() {
        for dimensions in [1, 7, 128] {
            let all: Vec<Vec<f32>> = (0..70).map(|seed| direction(seed, dimensions)).collect();
            let mut embeddings = Embeddings::new(dimensions);
            all[..65].iter().for_each(|it| embeddings.push(it));
            let mut others = Embeddings::new(dimensions);
            all[65..].iter().for_each(|it| others.push(it));
            embeddings.extend(&others);
            let mut cosines = Vec::new();
            embeddings.search(&all[3], &mut SearchBuffer::default(), -2.0, |entry, cosine| {
                cosines.push((entry, cosine));
                -2.0
            });
            assert_eq!(cosines.len(), 70, "one block and a part of another");
            for (at, (entry, cosine)) in cosines.into_iter().enumerate() {
                let expected: f32 = all[at].iter().zip(&all[3]).map(|(a, b)| a * b).sum();
                assert!(at == entry && (cosine - expected).abs() < 2e-3, "{at} {entry} {cosine} {expected}");
            }
        }
    }

    #[test]
    fn what_is_not_near_enough_is_left_out() {
        let mut embeddings = Embeddings::new(2);
        [[0.6, 0.8], [1.0, 0.0], [0.8, 0.6]].iter().for_each(|it| embeddings.push(it));
        let mut found = Vec::new();
        let mut search = |least| {
            found.clear();
            embeddings.search(&[1.0, 0.0], &mut SearchBuffer::default(), least, |entry, cosine| {
                found.push(entry);
                cosine
            });
            found.clone()
        };
        assert_eq!(search(0.0), [0, 1]);
        assert_eq!(search(0.7), [1]);
        assert_eq!(search(1.0), [0_usize; 0]);
        let mut buffer = SearchBuffer::default();
        embeddings.search(&[1.0; 17], &mut buffer, -2.0, |_, _| panic!("it has another length"));
    }
}
