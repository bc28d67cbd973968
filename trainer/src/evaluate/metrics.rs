//! How good a classifier is. Pure: predictions and truth in, numbers out.

use serde::Serialize;

/// A count and what it is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
}

impl Share {
    /// Counts one more; whether it belongs to the part.
    pub fn count(&mut self, belongs: bool) {
        self.part += usize::from(belongs);
        self.whole += 1;
    }

    /// In `0.0..=1.0`; `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl Serialize for Share {
    /// Rounded to four digits, or null.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().map(|value| (value * 1e4).round() / 1e4).serialize(serializer)
    }
}

/// How often each class was taken for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// The classes, in order.
    pub classes: Vec<String>,
    counts: Vec<u32>,
}

/// Two classes that are confused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// What it is.
    pub truth: String,
    /// What it was taken for.
    pub taken_for: String,
    /// How often.
    pub count: u32,
}

impl Confusion {
    /// Nothing yet.
    pub fn new(classes: &[String]) -> Self {
        Self { classes: classes.to_vec(), counts: vec![0; classes.len() * classes.len()] }
    }

    /// Place of a class.
    pub fn place(&self, class: &str) -> Option<usize> {
        self.classes.iter().position(|it| it == class)
    }

    /// One image of the class `truth` was taken for `predicted`.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        self.counts[truth * self.classes.len() + predicted] += 1;
    }

    /// How often `truth` was taken for `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u32 {
        self.counts[truth * self.classes.len() + predicted]
    }

    /// Share of right ones of a class.
    pub fn of_class(&self, class: usize) -> Share {
        let row = &self.counts[class * self.classes.len()..][..self.classes.len()];
        Share { part: row[class] as usize, whole: row.iter().sum::<u32>() as usize }
    }

    /// Share of right ones.
    pub fn accuracy(&self) -> Share {
        (0..self.classes.len()).map(|class| self.of_class(class)).fold(Share::default(), |sum, share| Share {
            part: sum.part + share.part,
            whole: sum.whole + share.whole,
        })
    }

    /// Mean of the classes' shares; classes without images do not count.
    pub fn balanced(&self) -> Option<f64> {
        let shares: Vec<f64> =
            (0..self.classes.len()).filter_map(|class| self.of_class(class).value()).collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    }

    /// The most confused pairs, worst first.
    pub fn worst_pairs(&self, most: usize) -> Vec<Pair> {
        let side = self.classes.len();
        let mut wrong: Vec<(u32, usize, usize)> = (0..side * side)
            .map(|index| (self.counts[index], index / side, index % side))
            .filter(|(count, truth, predicted)| *count > 0 && truth != predicted)
            .collect();
        wrong.sort_by_key(|&(count, truth, predicted)| (std::cmp::Reverse(count), truth, predicted));
        wrong.truncate(most);
        let pair = |(count, truth, predicted): (u32, usize, usize)| Pair {
            truth: self.classes[truth].clone(),
            taken_for: self.classes[predicted].clone(),
            count,
        };
        wrong.into_iter().map(pair).collect()
    }

    /// As a table: a row for each truth, a column for each prediction.
    pub fn to_csv(&self) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let mut text = String::from("truth");
        for class in &self.classes {
            text += &format!(",{}", quoted(class));
        }
        for (truth, class) in self.classes.iter().enumerate() {
            text += &format!("\n{}", quoted(class));
            for predicted in 0..self.classes.len() {
                text += &format!(",{}", self.count(truth, predicted));
            }
        }
        text + "\n"
    }
}

/// Place of `class` among the highest `scores`, from zero; ties go to the lower index.
pub fn rank(scores: &[f32], class: usize) -> usize {
    let own = scores[class];
    scores
        .iter()
        .enumerate()
        .filter(|&(index, &score)| score > own || (score == own && index < class))
        .count()
}

/// Index of the highest.
pub fn argmax(scores: &[f32]) -> usize {
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(b.cmp(&a))).unwrap_or(0)
}

/// Probabilities of logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let total: f32 = exponentials.iter().sum();
    exponentials.into_iter().map(|it| it / total).collect()
}

/// The interval that holds a share with 95 % confidence (Wilson, 1927); `None` of nothing.
pub fn interval(share: Share) -> Option<[f64; 2]> {
    const Z: f64 = 1.959_964;
    let p = share.value()?;
    let n = share.whole as f64;
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some([(middle - half).max(0.0), (middle + half).min(1.0)])
}

/// A bar of the reliability diagram: predictions of about the same confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// How many.
    pub count: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of right ones.
    pub accuracy: f64,
}

/// How well confidence says how often a prediction is right.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reliability {
    /// Bars of equal width from 0 to 1.
    pub bins: Vec<Bin>,
    /// Expected calibration error (Guo et al., *On Calibration of Modern Neural Networks*, 2017);
    /// none of nothing.
    pub ece: Option<f64>,
}

/// Of predictions with their confidence and whether they are right, in `bins` bars.
pub fn reliability(predictions: &[(f32, bool)], bins: usize) -> Reliability {
    let mut sums = vec![(0_usize, 0.0_f64, 0_usize); bins.max(1)];
    for &(confidence, right) in predictions {
        let bin = ((confidence * bins as f32) as usize).min(bins.max(1) - 1);
        sums[bin].0 += 1;
        sums[bin].1 += f64::from(confidence);
        sums[bin].2 += usize::from(right);
    }
    let bar = |&(count, confidence, right): &(usize, f64, usize)| match count {
        0 => Bin::default(),
        count => Bin { count, confidence: confidence / count as f64, accuracy: right as f64 / count as f64 },
    };
    let bars: Vec<Bin> = sums.iter().map(bar).collect();
    let gap = |bin: &Bin| bin.count as f64 * (bin.confidence - bin.accuracy).abs();
    let ece = (!predictions.is_empty()).then(|| bars.iter().map(gap).sum::<f64>() / predictions.len() as f64);
    Reliability { bins: bars, ece }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn confusion_by_hand() {
        let mut confusion = Confusion::new(&classes(&["a", "b", "c \"d\""]));
        for (truth, predicted) in [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (1, 2)] {
            confusion.add(truth, predicted);
        }
        assert_eq!(confusion.accuracy(), Share { part: 3, whole: 6 });
        assert_eq!(confusion.of_class(1), Share { part: 1, whole: 3 });
        assert_eq!(confusion.of_class(2).value(), None);
        assert!((confusion.balanced().unwrap() - 0.5).abs() < 1e-12);
        let pairs = confusion.worst_pairs(1);
        assert_eq!(
            (pairs[0].truth.as_str(), pairs[0].taken_for.as_str(), pairs[0].count),
            ("b", "c \"d\"", 2)
        );
        assert_eq!(
            confusion.to_csv(),
            "truth,\"a\",\"b\",\"c \"\"d\"\"\"\n\"a\",2,1,0\n\"b\",0,1,2\n\"c \"\"d\"\"\",0,0,0\n"
        );
    }

    #[test]
    fn ranks_and_ties() {
        let scores = [0.1, 0.7, 0.7, 0.2];
        assert_eq!([0, 1, 2, 3].map(|class| rank(&scores, class)), [3, 0, 1, 2]);
        assert_eq!(argmax(&scores), 1);
        let probabilities = softmax(&[0.0, std::f32::consts::LN_2]);
        assert!((probabilities[1] - 2.0 / 3.0).abs() < 1e-6);
    }

    /// Wilson's interval of 8 of 10, from the formula by hand: 0.4902 to 0.9433.
    #[test]
    fn interval_by_hand() {
        let [low, high] = interval(Share { part: 8, whole: 10 }).unwrap();
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
        assert_eq!(interval(Share::default()), None);
        assert_eq!(interval(Share { part: 5, whole: 5 }).unwrap()[1], 1.0);
    }

    /// Four predictions at 0.75 of which two are right, one sure and right: (4 * 0.25 + 1 * 0) / 5.
    #[test]
    fn calibration_error_by_hand() {
        let predictions = [(0.75, true), (0.75, true), (0.75, false), (0.75, false), (1.0, true)];
        let found = reliability(&predictions, 10);
        assert!((found.ece.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!(found.bins[7], Bin { count: 4, confidence: 0.75, accuracy: 0.5 });
        assert_eq!(reliability(&[], 10).ece, None);
    }
}
