//! What is trained on and what is held out. Pure.
//!
//! Near-duplicates (the same card group) stay on one side, and augmented images follow their
//! parent: otherwise the network is judged on what it has learned by heart. Every class with
//! originals in two groups is in both sides.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::Sample;
use crate::random::{Stream, random};

/// Indices into the samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Trained on; originals and augmented ones.
    pub train: Vec<usize>,
    /// Held out; originals, and the augmented ones made of them, which nothing is trained on nor
    /// judged by.
    pub validation: Vec<usize>,
}

/// As written into a run's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitFile {
    /// Seed that it was drawn with.
    pub seed: u64,
    /// Files that are trained on.
    pub train: Vec<String>,
    /// Files that are held out.
    pub validation: Vec<String>,
    /// Classes that nothing is held out of, because all their originals are in one card group.
    pub only_in_training: Vec<String>,
}

/// A card group, or a single image that is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Numbered(Option<u64>, u64),
    Alone(usize),
}

/// Holds out about `share` of the originals of each class, none where it is zero; the same for the
/// same seed.
pub fn split(samples: &[Sample], share: f64, seed: u64) -> Split {
    split_again(samples, share, seed, &SplitFile::default())
}

/// The same for a run that goes on: what it was trained on is never held out afterwards, and what
/// it held out stays so. New images of a card group follow it; new groups are held out where a
/// class has too few that are. A held-out image that has come into a group with trained ones goes
/// over to them.
pub fn split_again(samples: &[Sample], share: f64, seed: u64, before: &SplitFile) -> Split {
    let mut members: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (index, sample) in samples.iter().enumerate().filter(|(_, sample)| !sample.is_augmented()) {
        members.entry(group(index, sample)).or_default().push(index);
    }
    let mut groups: Vec<&Vec<usize>> = members.values().collect();
    groups.shuffle(&mut random(seed, Stream::Split, 0));
    let mut by_class: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        for class in group.iter().map(|&index| samples[index].class.as_str()).collect::<BTreeSet<_>>() {
            by_class.entry(class).or_default().push(number);
        }
    }
    let of_class = |number: usize, class: &str| {
        groups[number].iter().filter(|&&index| samples[index].class == class).count()
    };
    let has_one_of = |files: &[String]| -> Vec<bool> {
        let files: BTreeSet<&str> = files.iter().map(String::as_str).collect();
        let is_in = |index: &usize| files.contains(samples[*index].file.as_str());
        groups.iter().map(|group| group.iter().any(is_in)).collect()
    };
    let trained = has_one_of(&before.train);
    let mut held_out: Vec<bool> = has_one_of(&before.validation)
        .into_iter()
        .zip(&trained)
        .map(|(held, trained)| held && !trained)
        .collect();
    let remaining = |list: &Vec<usize>| list.iter().filter(|&&number| !held_out[number]).count();
    let mut left: BTreeMap<&str, usize> =
        by_class.iter().map(|(class, list)| (*class, remaining(list))).collect();
    // Classes with few groups first, so that they get theirs while there is a choice.
    let mut order: Vec<&str> = by_class.keys().copied().collect();
    order.sort_by_key(|class| by_class[class].len());
    for class in order {
        let originals: usize = by_class[class].iter().map(|&number| of_class(number, class)).sum();
        // No share is none at all, any other at least one.
        let wanted = if share > 0.0 { ((originals as f64 * share).round() as usize).max(1) } else { 0 };
        let mut got: usize = by_class[class]
            .iter()
            .filter(|&&number| held_out[number])
            .map(|&number| of_class(number, class))
            .sum();
        for &number in &by_class[class] {
            if got >= wanted {
                break;
            }
            let classes: BTreeSet<&str> =
                groups[number].iter().map(|&index| samples[index].class.as_str()).collect();
            // Every class of the group keeps another group to learn from.
            if trained[number] || held_out[number] || classes.iter().any(|class| left[class] < 2) {
                continue;
            }
            held_out[number] = true;
            got += of_class(number, class);
            for class in classes {
                *left.get_mut(class).expect("every class was counted") -= 1;
            }
        }
    }
    let outside: BTreeSet<&str> = (0..groups.len())
        .filter(|&number| held_out[number])
        .flat_map(|number| groups[number].iter().map(|&index| samples[index].file.as_str()))
        .collect();
    let (validation, train) = (0..samples.len()).partition(|&index| {
        let sample = &samples[index];
        outside.contains(sample.label.parent.as_deref().unwrap_or(&sample.file))
    });
    Split { train, validation }
}

impl Split {
    /// The held-out originals: what a network is judged by.
    pub fn judged(&self, samples: &[Sample]) -> Vec<usize> {
        self.validation.iter().copied().filter(|&index| !samples[index].is_augmented()).collect()
    }

    /// Holds out one original of each class that has none held out but two to give, although it is
    /// nearly the same as another: for judging cards that were only just labelled.
    pub fn judge_near_duplicates(&mut self, samples: &[Sample]) -> Vec<String> {
        let judged: BTreeSet<&str> =
            self.judged(samples).into_iter().map(|index| samples[index].class.as_str()).collect();
        let mut originals: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &index in self.train.iter().filter(|&&index| !samples[index].is_augmented()) {
            originals.entry(&samples[index].class).or_default().push(index);
        }
        originals.retain(|class, list| !judged.contains(class) && list.len() > 1);
        let moved: Vec<usize> = originals.values().filter_map(|list| list.last().copied()).collect();
        let files: BTreeSet<&str> = moved.iter().map(|&index| samples[index].file.as_str()).collect();
        let follows = |&index: &usize| {
            let sample = &samples[index];
            files.contains(sample.label.parent.as_deref().unwrap_or(&sample.file))
        };
        self.validation.extend(self.train.iter().copied().filter(follows));
        self.train.retain(|index| !follows(index));
        self.validation.sort_unstable();
        originals.keys().map(|class| (*class).to_owned()).collect()
    }

    /// What is written into the run's folder.
    pub fn file(&self, samples: &[Sample], seed: u64) -> SplitFile {
        let names = |list: &[usize]| list.iter().map(|&index| samples[index].file.clone()).collect();
        let classes =
            |list: &[usize]| list.iter().map(|&index| samples[index].class.as_str()).collect::<BTreeSet<_>>();
        let judged = classes(&self.judged(samples));
        let only = classes(&self.train).into_iter().filter(|class| !judged.contains(class));
        SplitFile {
            seed,
            train: names(&self.train),
            validation: names(&self.validation),
            only_in_training: only.map(str::to_owned).collect(),
        }
    }
}

impl SplitFile {
    /// The images that it says the side of.
    pub fn files(&self) -> BTreeSet<&str> {
        self.train.iter().chain(&self.validation).map(String::as_str).collect()
    }

    /// Keeps in mind where images were that are not there at the moment: they may come back.
    pub fn remember(&mut self, before: &Self) {
        let here = self.files();
        let gone = |files: &[String]| -> Vec<String> {
            files.iter().filter(|file| !here.contains(file.as_str())).cloned().collect()
        };
        let (mut train, mut validation) = (gone(&before.train), gone(&before.validation));
        self.train.append(&mut train);
        self.validation.append(&mut validation);
    }
}

fn group(index: usize, sample: &Sample) -> Group {
    match sample.label.card_group {
        Some(number) => Group::Numbered(sample.label.cluster, number),
        None => Group::Alone(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::labels::Label;
    use proptest::prelude::*;

    fn samples(cards: &[(usize, Option<u64>, usize)]) -> Vec<Sample> {
        let mut all = Vec::new();
        for (number, (class, card_group, _)) in cards.iter().enumerate() {
            let label = Label { name: format!("c{class}"), card_group: *card_group, ..Label::default() };
            let file = format!("{number}.png");
            all.push(Sample { path: file.clone().into(), file, class: label.name.clone(), label });
        }
        for (number, (_, _, children)) in cards.iter().enumerate() {
            for child in 0..*children {
                let mut sample = all[number].clone();
                sample.label.parent = Some(sample.file.clone());
                sample.file = format!("{number}_aug{child}.png");
                all.push(sample);
            }
        }
        all
    }

    proptest! {
        /// Classes 0..6, card groups that mostly hold one class, and children.
        #[test]
        fn no_card_group_and_no_child_is_on_both_sides(
            cards in prop::collection::vec((0_usize..6, prop::option::of(0_u64..12), 0_usize..3), 0..60),
            share in 0.05_f64..0.6,
            seed in 0_u64..1000,
        ) {
            let samples = samples(&cards);
            let split = split(&samples, share, seed);
            let mut all: Vec<usize> = split.train.iter().chain(&split.validation).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..samples.len()).collect::<Vec<_>>());
            let held: BTreeSet<usize> = split.validation.iter().copied().collect();
            let side = |index: usize| held.contains(&index);
            for (a, one) in samples.iter().enumerate() {
                for (b, other) in samples.iter().enumerate() {
                    let same_group = one.label.card_group.is_some() && one.label.card_group == other.label.card_group;
                    if same_group || other.label.parent.as_ref() == Some(&one.file) {
                        prop_assert_eq!(side(a), side(b), "{} and {}", one.file, other.file);
                    }
                }
            }
            // A class that is held out is trained on too.
            for &index in &split.validation {
                prop_assert!(split.train.iter().any(|&it| samples[it].class == samples[index].class));
            }
            prop_assert_eq!(&split, &super::split(&samples, share, seed));
        }

        /// A run goes on after some captures were labelled, of its groups and of others, and some
        /// have gone.
        #[test]
        fn what_was_trained_on_is_never_held_out_afterwards(
            cards in prop::collection::vec((0_usize..4, prop::option::of(0_u64..8), 0_usize..2), 1..40),
            more in prop::collection::vec((0_usize..5, prop::option::of(0_u64..12), 0_usize..2), 0..30),
            gone in 0_usize..10,
            share in 0.05_f64..0.6,
            seed in 0_u64..1000,
        ) {
            let old = samples(&cards);
            let before = split(&old, share, seed).file(&old, seed);
            // The new ones come first, as those of a lower cluster do.
            let mut all = samples(&more);
            for sample in &mut all {
                let renamed = |file: &String| format!("new_{file}");
                (sample.file, sample.label.parent) = (renamed(&sample.file), sample.label.parent.as_ref().map(renamed));
            }
            all.extend(old.iter().skip(gone).filter(|it| !it.is_augmented()).cloned());
            let split = split_again(&all, share, seed, &before);
            let mut after = split.file(&all, seed);
            let held: BTreeSet<usize> = split.validation.iter().copied().collect();
            for (a, one) in all.iter().enumerate() {
                let was = |files: &[String]| files.contains(&one.file);
                prop_assert!(!was(&before.train) || !held.contains(&a), "{} was trained on", one.file);
                prop_assert!(!was(&before.validation) || held.contains(&a), "{} was held out", one.file);
                for (b, other) in all.iter().enumerate() {
                    let same_group = one.label.card_group.is_some() && one.label.card_group == other.label.card_group;
                    if same_group || other.label.parent.as_ref() == Some(&one.file) {
                        prop_assert_eq!(held.contains(&a), held.contains(&b), "{} and {}", one.file, other.file);
                    }
                }
            }
            after.remember(&before);
            prop_assert!(before.train.iter().all(|file| after.train.contains(file)));
            prop_assert!(before.validation.iter().all(|file| after.validation.contains(file)));
            // The same images again: the same sides.
            prop_assert_eq!(&split, &split_again(&all, share, seed, &after));
        }

        /// Without groups every class with two originals is on both sides, in about the right
        /// share.
        #[test]
        fn every_class_with_two_originals_is_judged(
            counts in prop::collection::vec(1_usize..30, 1..8),
            share in 0.05_f64..0.5,
            seed in 0_u64..1000,
        ) {
            let cards: Vec<_> =
                counts.iter().enumerate().flat_map(|(class, &count)| vec![(class, None, 0); count]).collect();
            let samples = samples(&cards);
            let split = split(&samples, share, seed);
            for (class, &count) in counts.iter().enumerate() {
                let name = format!("c{class}");
                let held = split.validation.iter().filter(|&&index| samples[index].class == name).count();
                let wanted = ((count as f64 * share).round() as usize).max(1);
                prop_assert_eq!(held, if count < 2 { 0 } else { wanted.min(count - 1) });
            }
        }
    }

    #[test]
    fn a_share_of_nothing_holds_out_nothing() {
        let samples = samples(&[(0, Some(1), 1), (0, Some(2), 0), (1, None, 0), (1, None, 0)]);
        assert_eq!(split(&samples, 0.0, 1).validation, Vec::<usize>::new());
        assert_eq!(split(&samples, 0.01, 1).judged(&samples).len(), 2);
    }

    #[test]
    fn a_class_in_one_group_is_judged_only_when_asked() {
        let samples = samples(&[(0, Some(1), 1), (0, Some(1), 1), (1, None, 0), (1, None, 0)]);
        let mut split = split(&samples, 0.3, 1);
        assert_eq!(split.file(&samples, 1).only_in_training, ["c0"]);
        assert_eq!(split.judge_near_duplicates(&samples), ["c0"]);
        let file = split.file(&samples, 1);
        let is_in = |name: &str, files: &[String]| files.iter().any(|file| file == name);
        assert!(is_in("1.png", &file.validation) && is_in("1_aug0.png", &file.validation), "{file:?}");
        assert!(is_in("0.png", &file.train) && file.only_in_training.is_empty(), "{file:?}");
    }

    #[test]
    fn new_groups_are_held_out_as_usual_and_joined_ones_are_trained_on() {
        let old = samples(&[(0, Some(1), 0), (0, Some(2), 0), (1, None, 0), (1, None, 0)]);
        let names = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
        let before = SplitFile {
            train: names(&["0.png", "2.png"]),
            validation: names(&["1.png", "3.png"]),
            ..SplitFile::default()
        };
        assert_eq!(split_again(&old, 0.3, 1, &before).validation, [1, 3]);
        // Eight more of the second class: three of ten are held out, the one that was among them.
        let more: Vec<_> = old.iter().map(|_| (0, None, 0)).chain(vec![(1, None, 0); 8]).collect();
        let mut all = old.clone();
        all.extend_from_slice(&samples(&more)[4..]);
        let split = split_again(&all, 0.3, 1, &before);
        assert_eq!((split.validation.len(), &split.validation[..2]), (4, &[1, 3][..]));
        // Somebody has put the two groups of the first class together.
        all[1].label.card_group = Some(1);
        let joined = split_again(&all, 0.3, 1, &before);
        assert!(joined.train.contains(&0) && joined.train.contains(&1));
    }
}
