//! How many augmented images each original gets. Pure.

use std::collections::BTreeMap;

use crate::data::dataset::Sample;

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// The same for each.
    PerImage(usize),
    /// More where there are few, until each value of a field has `target` images: that of the
    /// most frequent one when nothing is said.
    Balanced {
        /// The field.
        by: Balance,
        /// Images that each value shall have, originals counted.
        target: Option<usize>,
        /// The most that one original gets.
        most: usize,
    },
}

/// What is made equally frequent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Balance {
    /// The card
    Name,
    /// Base, Foil, Holographic, Polychrome, Negative
    Modifier,
}

/// Augmented images for each of the originals.
pub fn plan(originals: &[&Sample], amount: Amount) -> Vec<usize> {
    let (by, target, most) = match amount {
        Amount::PerImage(count) => return vec![count; originals.len()],
        Amount::Balanced { by, target, most } => (by, target, most),
    };
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, sample) in originals.iter().enumerate() {
        let value = match by {
            Balance::Name => sample.class.clone(),
            Balance::Modifier => sample.label.modifiers().edition,
        };
        members.entry(value).or_default().push(index);
    }
    let target = target.unwrap_or_else(|| members.values().map(Vec::len).max().unwrap_or(0));
    let mut counts = vec![0; originals.len()];
    for members in members.values() {
        let missing = target.saturating_sub(members.len());
        for (place, &index) in members.iter().enumerate() {
            let share = missing / members.len() + usize::from(place < missing % members.len());
            counts[index] = share.min(most);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::labels::Label;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn balancing_reaches_the_target_and_nothing_else(
            counts in prop::collection::vec(1_usize..20, 1..6),
            target in prop::option::of(0_usize..40),
        ) {
            let samples: Vec<Sample> = counts
                .iter()
                .enumerate()
                .flat_map(|(class, &count)| vec![class; count])
                .map(|class| Sample {
                    file: String::new(),
                    path: "".into(),
                    label: Label::default(),
                    class: format!("c{class}"),
                })
                .collect();
            let originals: Vec<&Sample> = samples.iter().collect();
            let amount = Amount::Balanced { by: Balance::Name, target, most: 1000 };
            let planned = plan(&originals, amount);
            let wanted = target.unwrap_or(*counts.iter().max().unwrap());
            for (class, &count) in counts.iter().enumerate() {
                let name = format!("c{class}");
                let added: Vec<usize> =
                    samples.iter().zip(&planned).filter(|(it, _)| it.class == name).map(|(_, &n)| n).collect();
                prop_assert_eq!(count + added.iter().sum::<usize>(), wanted.max(count));
                prop_assert!(added.iter().max().unwrap() - added.iter().min().unwrap() <= 1, "{:?}", added);
            }
            prop_assert!(plan(&originals, Amount::PerImage(3)).iter().all(|&count| count == 3));
        }
    }
}
