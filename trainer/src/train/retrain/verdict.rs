//! Whether a new model is better than the one that is installed, on the same images. Pure.

use serde::Serialize;

use crate::evaluate::metrics::{Share, interval};

/// A figure of both models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// Of the installed model.
    pub old: Share,
    /// Of the new one.
    pub new: Share,
    /// What it is for.
    pub weight: Weight,
}

/// What a figure is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It has to rise in one of these.
    Gain,
    /// It must not fall.
    Guard,
    /// It is only shown.
    Shown,
}

/// A guard may fall by this, or by one image, which is what the choice of images makes of it
/// anyway.
const SLACK: f64 = 0.005;

/// Why a new model is not installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBetter {
    /// A figure has fallen.
    #[error("{0} has become worse")]
    Worse(String),
    /// No figure can rise.
    #[error("there is nothing to judge it by: no capture could be held out")]
    NothingToJudge,
    /// No figure has risen.
    #[error("it names no more captures rightly than the installed one")]
    NoGain,
}

impl NotBetter {
    /// What would help.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Worse(_) => {
                "the overlay knows enrolled cards without a training; for more give longer --minutes, or capture the new \
                 cards more often, in other places and sizes"
            }
            Self::NothingToJudge => {
                "capture the new cards again on another occasion, so that some can be held out"
            }
            Self::NoGain => "nothing has to be done: the installed model names what you labelled",
        }
    }
}

/// Better is: more right in what is to be gained, and nowhere worse than the slack.
///
/// # Errors
/// Says why it is not better.
pub fn better(rows: &[Row]) -> Result<(), NotBetter> {
    let value = |share: Share| share.value().unwrap_or(0.0);
    for row in rows.iter().filter(|row| row.weight != Weight::Shown && row.old.whole > 0) {
        let one = 1.0 / row.new.whole.max(1) as f64 + 1e-9;
        let slack = if row.weight == Weight::Guard { SLACK.max(one) } else { SLACK };
        if value(row.new) < value(row.old) - slack {
            return Err(NotBetter::Worse(row.what.trim().to_owned()));
        }
    }
    let gains: Vec<&Row> =
        rows.iter().filter(|row| row.weight == Weight::Gain && row.old.whole > 0).collect();
    let sum = |of: fn(&Row) -> Share| gains.iter().map(|row| of(row).part).sum::<usize>();
    if gains.is_empty() {
        return Err(NotBetter::NothingToJudge);
    }
    match sum(|row| row.new) > sum(|row| row.old) {
        true => Ok(()),
        false => Err(NotBetter::NoGain),
    }
}

/// The rows as a table.
pub fn table(rows: &[Row]) -> String {
    let share = |share: Share| match (share.value(), interval(share)) {
        (Some(value), Some([low, high])) => {
            format!("{:5.1} % ({:.1} to {:.1})", 100.0 * value, 100.0 * low, 100.0 * high)
        }
        _ => "-".to_owned(),
    };
    let mut text = format!("{:<38} {:>7}  {:<24} {:<24}", "", "of", "installed", "new");
    for row in rows {
        text += &format!(
            "\n{:<38} {:>7}  {:<24} {:<24}",
            row.what,
            row.old.whole,
            share(row.old),
            share(row.new)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_means_a_gain_and_no_loss() {
        let row = |weight, old: usize, new: usize, whole| Row {
            what: format!("{weight:?}"),
            old: Share { part: old, whole },
            new: Share { part: new, whole },
            weight,
        };
        let check = |rows: &[Row], wanted: &str| {
            let said = better(rows).err().map(|it| it.to_string()).unwrap_or_default();
            assert!(
                said.contains(wanted) && said.is_empty() == wanted.is_empty(),
                "{said:?}, not {wanted:?}"
            );
        };
        check(&[row(Weight::Gain, 5, 8, 10), row(Weight::Guard, 980, 975, 1000)], "");
        check(&[row(Weight::Gain, 5, 8, 10), row(Weight::Guard, 980, 974, 1000)], "worse");
        check(&[row(Weight::Gain, 5, 8, 10), row(Weight::Guard, 980, 960, 1000)], "worse");
        check(&[row(Weight::Gain, 5, 8, 10), row(Weight::Guard, 24, 23, 25)], "");
        check(&[row(Weight::Gain, 5, 8, 10), row(Weight::Guard, 24, 22, 25)], "worse");
        check(&[row(Weight::Gain, 8, 8, 10), row(Weight::Guard, 900, 980, 1000)], "no more captures");
        check(&[row(Weight::Gain, 0, 0, 0)], "nothing to judge");
        check(&[row(Weight::Gain, 0, 4, 4), row(Weight::Gain, 9, 8, 10)], "worse");
        assert!(table(&[row(Weight::Gain, 8, 10, 10)]).contains("80.0 % (49.0 to 94.3)"));
    }
}
