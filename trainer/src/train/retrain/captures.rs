//! What an installed model can learn from: labelled captures, and those that it was taught by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dataset::labels::Label;
use lens_core::card_id::CardId;
use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::manifest::{Added, Head, NOT_A_CARD};
use vision::gallery;

use crate::data::dataset::{Sample, picture, with_group};

/// Captures that a model's folder was taught by and that `samples` does not have, and the names of
/// taught cards whose captures are gone.
pub fn taught(folder: &Path, samples: &[Sample], places: &[PathBuf]) -> (Vec<Sample>, Vec<String>) {
    let cards = gallery::prototypes(folder).unwrap_or_else(|error| {
        log::warn!("{error}");
        Vec::new()
    });
    let labelled: BTreeSet<&str> = samples.iter().map(|sample| sample.file.as_str()).collect();
    let known: BTreeSet<&str> = samples.iter().map(|sample| sample.class.as_str()).collect();
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for card in cards {
        let capture = PathBuf::from(card.capture.unwrap_or_default());
        let file = capture.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if labelled.contains(file.as_str()) {
            continue;
        }
        let path = places.iter().map(|place| place.join(&file)).find(|path| picture::read(path).is_ok());
        match path.filter(|_| !file.is_empty()) {
            Some(path) => {
                let label = Label { name: card.name, id: Some(card.id.to_string()), ..Label::default() };
                let label = with_group(&file, label);
                found.push(Sample { file, path, label, class: card.id.into() });
            }
            None if !known.contains(card.id.as_str()) => gone.push(card.name),
            None => {}
        }
    }
    (found, gone)
}

/// Heads with a class for every card of the samples, and the cards of no catalogue among them.
/// Cards that share another's image get its class.
pub fn grow(
    heads: &[Head],
    added: &BTreeMap<String, Added>,
    samples: &mut [Sample],
    catalogue: &Catalogue,
) -> (Vec<Head>, BTreeMap<String, Added>) {
    let (mut heads, mut added) = (heads.to_vec(), added.clone());
    let classes = &mut heads[0].classes;
    for sample in samples {
        let twin = catalogue.card(id_of_class(&sample.class)).and_then(|card| {
            let has_class = |id: &&CardId| classes.iter().any(|class| *class == **id);
            card.twins.iter().find(has_class).filter(|_| card.skins.is_empty())
        });
        if let Some(twin) = twin {
            sample.class = twin.to_string();
        }
        if classes.contains(&sample.class) {
            continue;
        }
        classes.push(sample.class.clone());
        if catalogue.card(id_of_class(&sample.class)).is_none() {
            added.insert(sample.class.clone(), sample.added_card());
        }
    }
    (heads, added)
}

/// What people call these classes, each name once: as the catalogue does, or as those who labelled
/// a card of none.
pub fn names<'a>(
    classes: impl IntoIterator<Item = &'a String>,
    catalogue: &Catalogue,
    added: &BTreeMap<String, Added>,
) -> String {
    let name = |class: &String| match catalogue.card_of_class(class) {
        Some(card) => card.name.clone(),
        None if class == NOT_A_CARD => Label::not_a_card().name,
        None => added.get(class).map_or_else(|| class.clone(), |card| card.name.clone()),
    };
    let mut names: Vec<String> = Vec::new();
    for name in classes.into_iter().map(name) {
        // Skins of a card have its name.
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use lens_core::catalogue::CardType;

    use super::*;
    use lens_core::manifest::{Activation, IDENTIFICATION};

    #[test]
    fn new_cards_become_classes_and_twins_do_not() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/catalogues/balatro.json");
        let catalogue = Catalogue::read(&path).unwrap();
        let head = Head {
            name: IDENTIFICATION.into(),
            activation: Activation::Softmax,
            classes: catalogue.classes(),
        };
        let count = head.classes.len();
        let sample = |class: &str, kind: &str| Sample {
            file: String::new(),
            path: PathBuf::new(),
            label: Label { name: "Name".into(), card_type: Some(kind.into()), ..Label::default() },
            class: class.into(),
        };
        let mut samples =
            [sample("j_wee", "Joker"), sample("mod_thing", "tarot"), sample("mod_thing", "Tarot")];
        let (heads, added) = grow(&[head], &BTreeMap::new(), &mut samples, &catalogue);
        assert_eq!((heads[0].classes.len(), samples[0].class.as_str()), (count + 1, "j_joker"));
        assert_eq!(added["mod_thing"], Added { name: "Name".into(), card_type: CardType::Tarot });
        let classes = ["S_K", "S_K@TW", "mod_thing", NOT_A_CARD, "mod_gone"].map(str::to_owned);
        assert_eq!(names(&classes, &catalogue, &added), "King of Spades, Name, Not a card, mod_gone");
    }

    #[test]
    fn taught_cards_come_with_their_captures() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"format": 1, "cards": [{"id": "a", "name": "A", "embedding": [1.0], "capture": "a.png"},
            {"id": "b", "name": "B", "embedding": [1.0]},
            {"id": "c", "name": "C", "embedding": [1.0], "capture": "cluster5_card17_id302.png"}]}"#;
        std::fs::write(folder.path().join(gallery::FILE_NAME), text).unwrap();
        for file in ["a.png", "cluster5_card17_id302.png"] {
            image::RgbaImage::new(20, 20).save(folder.path().join(file)).unwrap();
        }
        let (found, gone) = taught(folder.path(), &[], &[folder.path().to_path_buf()]);
        assert_eq!((found.len(), found[0].class.as_str(), gone), (2, "a", vec!["B".to_owned()]));
        // Captures of one card group stay on one side of the split.
        let groups = [&found[0], &found[1]].map(|sample| (sample.label.cluster, sample.label.card_group));
        assert_eq!(groups, [(None, None), (Some(5), Some(17))]);
        assert!(taught(folder.path(), &found, &[]).0.is_empty());
    }
}
