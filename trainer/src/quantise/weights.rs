//! Weights as signed bytes, one scale for each output channel.
//!
//! Pure. Symmetric: zero is zero, and no zero point is needed.

/// Rows of signed bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The bytes, row after row.
    pub values: Vec<i8>,
    /// What one step is worth in each row.
    pub scales: Vec<f32>,
}

/// Smaller scales in which a row is tried, as shares of the one that reaches its largest weight.
const TRIES: [f32; 13] = [1.0, 0.98, 0.96, 0.94, 0.92, 0.9, 0.87, 0.84, 0.81, 0.78, 0.75, 0.7, 0.65];

/// Quantises each of `rows` equally long rows to `-limit..=limit`, with the scale of least squared error.
///
/// No scale is below `smallest` of its row: a bias is stored in multiples of it, and must fit 32 bits.
///
/// # Panics
/// When `data` cannot be cut into that many rows, or `smallest` has another number of them.
pub fn quantise_rows(data: &[f32], smallest: &[f32], limit: i8) -> Rows {
    let rows = smallest.len();
    assert!(rows > 0 && data.len().is_multiple_of(rows), "{} weights in {rows} rows", data.len());
    let mut result = Rows { values: Vec::with_capacity(data.len()), scales: Vec::with_capacity(rows) };
    for (row, &smallest) in data.chunks_exact(data.len() / rows).zip(smallest) {
        let largest = row.iter().fold(0.0_f32, |it, value| it.max(value.abs()));
        let full = (largest / f32::from(limit)).max(smallest).max(f32::MIN_POSITIVE);
        let error = |scale: f32| -> f64 {
            row.iter().map(|&value| f64::from(value - f32::from(nearest(value, scale, limit)) * scale).powi(2)).sum()
        };
        let scale = TRIES
            .iter()
            .map(|share| (full * share).max(smallest).max(f32::MIN_POSITIVE))
            .min_by(|&a, &b| error(a).total_cmp(&error(b)))
            .expect("there are shares to try");
        result.values.extend(row.iter().map(|&value| nearest(value, scale, limit)));
        result.scales.push(scale);
    }
    result
}

fn nearest(value: f32, scale: f32, limit: i8) -> i8 {
    (value / scale).round_ties_even().clamp(-f32::from(limit), f32::from(limit)) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// At least as good as plain rounding to the largest weight: half a step on average, never more in total.
        #[test]
        fn error_is_bounded_by_half_a_step(
            data in prop::collection::vec(-3.0f32..3.0, 8..200),
            rows in 1usize..5,
            limit in prop::sample::select(vec![64i8, 127]),
        ) {
            let data = &data[..data.len() / rows * rows];
            let quantised = quantise_rows(data, &vec![0.0; rows], limit);
            let length = data.len() / rows;
            for (index, row) in data.chunks_exact(length).enumerate() {
                let largest = row.iter().fold(0.0f32, |it, value| it.max(value.abs()));
                let step = largest / f32::from(limit);
                let scale = quantised.scales[index];
                prop_assert!(scale <= step.max(f32::MIN_POSITIVE) * 1.0001);
                let bytes = &quantised.values[index * length..][..length];
                let squared: f32 =
                    row.iter().zip(bytes).map(|(value, &byte)| (value - f32::from(byte) * scale).powi(2)).sum();
                prop_assert!(squared <= length as f32 * (step / 2.0).powi(2) * 1.001);
                prop_assert!(bytes.iter().all(|byte| byte.unsigned_abs() <= limit.unsigned_abs()));
            }
        }

        #[test]
        fn zero_stays_zero_and_signs_mirror(data in prop::collection::vec(-3.0f32..3.0, 4..50)) {
            let negated: Vec<f32> = data.iter().map(|value| -value).collect();
            let (one, two) = (quantise_rows(&data, &[0.0], 64), quantise_rows(&negated, &[0.0], 64));
            prop_assert_eq!(&one.scales, &two.scales);
            prop_assert!(one.values.iter().zip(&two.values).all(|(a, b)| *a == -*b));
            let mut with_zero = data.clone();
            with_zero.push(0.0);
            let with_zero = quantise_rows(&with_zero, &[0.0], 64);
            prop_assert_eq!(with_zero.values.last(), Some(&0));
        }
    }

    #[test]
    fn dead_rows_are_zero() {
        let rows = quantise_rows(&[0.0; 6], &[0.0, 0.25], 64);
        assert_eq!(rows.values, [0; 6]);
        assert_eq!(rows.scales[1], 0.25);
        assert!(rows.scales[0] > 0.0);
    }
}
