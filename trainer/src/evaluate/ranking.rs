//! How well a score tells two groups apart. Pure.

/// Area under the receiver operating characteristic: the probability that one of `high` scores
/// above one of `low` (Mann and Whitney, 1947); ties count half. `None` when a group is empty.
pub fn auroc(high: &[f32], low: &[f32]) -> Option<f64> {
    if high.is_empty() || low.is_empty() {
        return None;
    }
    let mut all: Vec<(f32, bool)> =
        high.iter().map(|&score| (score, true)).chain(low.iter().map(|&score| (score, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut below, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let end = at + all[at..].iter().take_while(|(score, _)| *score == all[at].0).count();
        let highs = all[at..end].iter().filter(|(_, is_high)| *is_high).count() as f64;
        let lows = (end - at) as f64 - highs;
        wins += highs * (below + lows / 2.0);
        below += lows;
        at = end;
    }
    Some(wins / (high.len() as f64 * low.len() as f64))
}

/// The value that the part `share` of `values` lies below.
pub fn quantile(values: &[f32], share: f64) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[((share * sorted.len() as f64) as usize).min(last)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auroc_by_hand() {
        let check =
            |high: &[f32], low: &[f32], wanted| assert_eq!(auroc(high, low), wanted, "{high:?} {low:?}");
        check(&[3.0, 4.0], &[1.0, 2.0], Some(1.0));
        check(&[1.0, 2.0], &[3.0, 4.0], Some(0.0));
        check(&[1.0, 3.0], &[2.0], Some(0.5));
        check(&[1.0, 1.0], &[1.0, 0.0], Some(0.75));
        check(&[], &[1.0], None);
    }

    #[test]
    fn quantiles_cut_off_their_share() {
        let values: Vec<f32> = (0..1000).rev().map(|value| value as f32).collect();
        assert_eq!(quantile(&values, 0.01), Some(10.0));
        assert_eq!(quantile(&values, 1.0), Some(999.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
