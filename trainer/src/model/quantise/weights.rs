//! Weights as signed bytes, one scale for each output channel.
//!
//! Pure. Symmetric: zero is zero, and no zero point is needed.
//!
//! On x86 CPUs without VNNI, ONNX Runtime adds two neighbouring products of a byte and a weight in
//! 16 bits, where they overflow at full range (its documentation, "Quantize ONNX models", calls for
//! weights of 7 bits there). What must fit is the sum of two neighbours, though:
//! [`WeightRange::Pairs`] bounds that, and most rows keep nearly 8 bits.

/// How large weights may become, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightRange {
    /// Up to 127: for CPUs that add products in 32 bits.
    Full,
    /// Up to 64: two products always fit 16 bits.
    SevenBits,
    /// Up to 127, and two neighbours that are multiplied together up to 128 in sum.
    Pairs,
}

/// Largest sum of two neighbours: `255 * 128` fits 16 bits.
const MAX_SUM: i32 = 128;

/// Rows of signed bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The bytes, row after row.
    pub values: Vec<i8>,
    /// What one step is worth in each row.
    pub scales: Vec<f32>,
}

/// Quantises each of as many equally long rows as `smallest` has, with the scale of least squared
/// error.
///
/// A row is channel after channel of `taps` weights; neighbours are the same tap of channels `2n`
/// and `2n + 1`. No scale is below `smallest` of its row: a bias is stored in multiples of it, and
/// must fit 32 bits.
///
/// # Panics
/// When `data` cannot be cut into that many rows.
pub fn quantise_rows(data: &[f32], taps: usize, smallest: &[f32], range: WeightRange) -> Rows {
    let rows = smallest.len();
    assert!(rows > 0 && data.len().is_multiple_of(rows), "{} weights in {rows} rows", data.len());
    let mut result = Rows { values: Vec::with_capacity(data.len()), scales: Vec::with_capacity(rows) };
    for (row, &smallest) in data.chunks_exact(data.len() / rows).zip(smallest) {
        let (scale, values) = best(row, taps, smallest.max(f32::MIN_POSITIVE), range);
        result.values.extend(values);
        result.scales.push(scale);
    }
    result
}

/// Tries scales from one that leaves room for every sum down to one that clips the largest weights.
fn best(row: &[f32], taps: usize, smallest: f32, range: WeightRange) -> (f32, Vec<i8>) {
    let largest = row.iter().fold(0.0_f32, |it, value| it.max(value.abs()));
    let limit: i8 = if range == WeightRange::SevenBits { 64 } else { 127 };
    let roomiest = if range == WeightRange::Pairs { 2.0 } else { 1.0 };
    let full = largest / f32::from(limit);
    let mut found: Option<(f64, f32, Vec<i8>)> = None;
    let mut share: f32 = roomiest;
    while share > 0.6 {
        let scale = (full * share).max(smallest);
        let mut values: Vec<i8> = row.iter().map(|&value| nearest(value, scale, limit)).collect();
        if range == WeightRange::Pairs {
            bound_sums(&mut values, taps);
        }
        let error = squared_error(row, &values, scale);
        if found.as_ref().is_none_or(|it| error < it.0) {
            found = Some((error, scale, values));
        }
        share *= 0.97;
    }
    let (_, scale, values) = found.expect("at least one scale is tried");
    (scale, values)
}

fn nearest(value: f32, scale: f32, limit: i8) -> i8 {
    (value / scale).round_ties_even().clamp(-f32::from(limit), f32::from(limit)) as i8
}

fn squared_error(row: &[f32], values: &[i8], scale: f32) -> f64 {
    row.iter().zip(values).map(|(&wanted, &value)| f64::from(wanted - f32::from(value) * scale).powi(2)).sum()
}

/// Moves neighbours of the same sign towards zero until their sum is bounded.
fn bound_sums(values: &mut [i8], taps: usize) {
    for channels in values.chunks_exact_mut(2 * taps) {
        let (even, odd) = channels.split_at_mut(taps);
        for (a, b) in even.iter_mut().zip(odd) {
            let excess = (i32::from(*a) + i32::from(*b)).abs() - MAX_SUM;
            if excess > 0 {
                let sign = if *a > 0 { 1 } else { -1 };
                *a -= (sign * (excess / 2)) as i8;
                *b -= (sign * (excess - excess / 2)) as i8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANGES: [WeightRange; 3] = [WeightRange::Full, WeightRange::SevenBits, WeightRange::Pairs];

    proptest! {
        /// At least as good as plain rounding with room for everything: half a step on average.
        #[test]
        fn error_is_bounded_by_half_a_step(
            data in prop::collection::vec(-3.0_f32..3.0, 8..200),
            rows in 1_usize..5,
            taps in 1_usize..4,
            range in prop::sample::select(RANGES.to_vec()),
        ) {
            let data = &data[..data.len() / rows * rows];
            let quantised = quantise_rows(data, taps, &vec![0.0; rows], range);
            let length = data.len() / rows;
            for (index, row) in data.chunks_exact(length).enumerate() {
                let largest = row.iter().fold(0.0_f32, |it, value| it.max(value.abs()));
                let step = largest / if range == WeightRange::Full { 127.0 } else { 63.5 };
                let scale = quantised.scales[index];
                prop_assert!(scale <= step.max(f32::MIN_POSITIVE) * 1.0001);
                let bytes = &quantised.values[index * length..][..length];
                let error = squared_error(row, bytes, scale);
                prop_assert!(error <= length as f64 * f64::from(step / 2.0).powi(2) * 1.02);
            }
        }

        /// What the CPU adds in 16 bits never overflows, whatever the bytes it is multiplied with.
        #[test]
        fn neighbours_fit_sixteen_bits(
            data in prop::collection::vec(prop_oneof![-3.0_f32..3.0, Just(3.0_f32), Just(-3.0_f32)], 2..100),
            taps in 1_usize..4,
            range in prop::sample::select(vec![WeightRange::SevenBits, WeightRange::Pairs]),
        ) {
            let quantised = quantise_rows(&data, taps, &[0.0], range);
            for channels in quantised.values.chunks_exact(2 * taps) {
                for tap in 0..taps {
                    let (a, b) = (i32::from(channels[tap]), i32::from(channels[taps + tap]));
                    prop_assert!(i16::try_from(255 * (a + b)).is_ok(), "{a} {b}");
                }
            }
        }

        #[test]
        fn zero_stays_zero_and_signs_mirror(
            data in prop::collection::vec(-3.0_f32..3.0, 4..50),
            range in prop::sample::select(RANGES.to_vec()),
        ) {
            let negated: Vec<f32> = data.iter().map(|value| -value).collect();
            let [one, two] = [&data, &negated].map(|it| quantise_rows(it, 1, &[0.0], range));
            prop_assert_eq!(&one.scales, &two.scales);
            prop_assert!(one.values.iter().zip(&two.values).all(|(a, b)| *a == -*b));
            let mut with_zero = data.clone();
            with_zero.push(0.0);
            let with_zero = quantise_rows(&with_zero, 1, &[0.0], range);
            prop_assert_eq!(with_zero.values.last(), Some(&0));
        }
    }

    #[test]
    fn dead_rows_are_zero() {
        let rows = quantise_rows(&[0.0; 6], 1, &[0.0, 0.25], WeightRange::Pairs);
        assert_eq!(rows.values, [0; 6]);
        assert_eq!(rows.scales[1], 0.25);
        assert!(rows.scales[0] > 0.0);
    }

    #[test]
    fn a_lone_large_weight_keeps_eight_bits() {
        let rows = quantise_rows(&[1.0, 0.1, -0.3, 0.2], 1, &[0.0], WeightRange::Pairs);
        assert!(rows.values[0] > 100, "{rows:?}");
    }
}
