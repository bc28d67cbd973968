//! How far the results of a file are from those of libtorch.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use tch::{Kind, Tensor};

/// A difference that changes nothing: a logit of that much more moves a probability by 0.00025.
pub const NEGLIGIBLE: f64 = 1e-3;

/// The difference in one result over all images that were tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Largest difference.
    pub largest: f64,
    /// Largest value of the reference.
    pub scale: f64,
    squared_difference: f64,
    squared_deviation: f64,
    same_best: i64,
    rows: i64,
}

impl Agreement {
    /// Root mean square of the difference, as a share of the reference's standard deviation.
    pub fn relative(&self) -> f64 {
        (self.squared_difference / self.squared_deviation.max(f64::MIN_POSITIVE)).sqrt()
    }

    /// Whether the difference is more than `share` of the reference's standard deviation, and more
    /// than [`NEGLIGIBLE`]: what hardly varies, as a network's results before it is trained, has no
    /// deviation to measure by.
    pub fn exceeds(&self, share: f64) -> bool {
        self.largest.is_infinite() || (self.relative() > share && self.largest > NEGLIGIBLE)
    }

    /// Share of the images whose largest value is the same one, for rows of features.
    pub fn same_best(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.same_best as f64 / self.rows as f64)
    }

    fn add(&mut self, found: &Tensor, wanted: &Tensor) {
        let difference = (found - wanted).abs();
        let number = |tensor: Tensor| tensor.double_value(&[]);
        // A value that is not a number would be lost by the maximum.
        let largest = number(difference.max());
        self.largest = if largest.is_nan() { f64::INFINITY } else { self.largest.max(largest) };
        self.scale = self.scale.max(number(wanted.abs().max()));
        self.squared_difference += number(difference.square().sum(Kind::Double));
        self.squared_deviation += number((wanted - wanted.mean(Kind::Float)).square().sum(Kind::Double));
        if wanted.dim() == 2 {
            let same = found.argmax(1, false).eq_tensor(&wanted.argmax(1, false));
            self.same_best += same.sum(Kind::Int64).int64_value(&[]);
            self.rows += wanted.size()[0];
        }
    }
}

impl Serialize for Agreement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Agreement", 3)?;
        fields.serialize_field("largest", &self.largest)?;
        fields.serialize_field("relative", &self.relative())?;
        fields.serialize_field("same_best", &self.same_best())?;
        fields.end()
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "largest difference {:.1e}, {:.2} % on average", self.largest, 100.0 * self.relative())?;
        match self.same_best() {
            Some(share) => write!(f, ", same best class {:.1} %", 100.0 * share),
            None => Ok(()),
        }
    }
}

/// Differences by result.
pub type Agreements = BTreeMap<String, Agreement>;

/// Why results cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// One of them is not there.
    #[error("it has no result {0:?}")]
    Missing(String),
    /// One has another shape.
    #[error("its result {name:?} is {found:?}, not {wanted:?}")]
    #[expect(missing_docs, reason = "the message says it")]
    Shape { name: String, found: Vec<i64>, wanted: Vec<i64> },
}

/// Adds the results for one batch.
///
/// # Errors
/// When a result is missing or has another shape.
pub fn compare(
    agreements: &mut Agreements,
    found: &BTreeMap<String, Tensor>,
    wanted: &BTreeMap<String, Tensor>,
) -> Result<(), ResultError> {
    for (name, wanted) in wanted {
        let found = found.get(name).ok_or_else(|| ResultError::Missing(name.clone()))?;
        if found.size() != wanted.size() {
            let [found, wanted] = [found.size(), wanted.size()];
            return Err(ResultError::Shape { name: name.clone(), found, wanted });
        }
        agreements.entry(name.clone()).or_default().add(found, wanted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The agreement of results that are `apart` from a reference which varies by `spread`.
    fn agreement(spread: f64, apart: f64) -> Agreement {
        let wanted = Tensor::from_slice(&[-spread, spread, -spread, spread]);
        let mut agreement = Agreement::default();
        agreement.add(&(&wanted + apart), &wanted);
        agreement
    }

    #[test]
    fn a_difference_counts_by_what_the_results_vary() {
        assert!(agreement(1.0, 0.02).exceeds(0.01), "2 % of what varies by 1");
        assert!(!agreement(1.0, 0.005).exceeds(0.01), "half a percent of it");
        assert!(!agreement(0.01, 2e-4).exceeds(0.01), "2 % of next to nothing");
        assert!(agreement(0.01, 2e-3).exceeds(0.01), "20 % of it, and no longer nothing");
    }

    #[test]
    fn what_is_no_number_never_agrees() {
        assert!(agreement(1.0, f64::NAN).exceeds(0.5), "{:?}", agreement(1.0, f64::NAN));
    }
}
