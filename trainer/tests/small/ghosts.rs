//! Captures of a card that no catalogue knows.

use std::path::Path;

use dataset::labels::{Label, Labels};
use image::RgbImage;

/// Adds them to a labelled folder: the first card, changed.
pub(crate) fn label_ghost(folder: &Path, name: &str, change: fn(&mut RgbImage)) {
    let path = folder.join("labels.json");
    let mut labels = Labels::read(&path).unwrap();
    let first = labels.iter().next().unwrap().1.class().to_owned();
    let ghosts: Vec<(String, Label)> =
        labels.iter().filter(|(_, it)| it.class() == first).map(|(file, it)| (file.to_owned(), it)).collect();
    for (file, label) in ghosts {
        let mut picture = image::open(folder.join(&file)).unwrap().into_rgb8();
        change(&mut picture);
        let ghost = format!("{name}_{file}");
        picture.save(folder.join(&ghost)).unwrap();
        let group = label.card_group.map(|group| group + 1000 * name.len() as u64);
        let id = Some(format!("mod_{name}"));
        labels.set(&ghost, &Label { name: "Ghost".into(), id, card_group: group, cluster: None, ..label });
    }
    labels.write(&path).unwrap();
}
