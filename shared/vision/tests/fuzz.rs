//! Models whose metadata somebody damaged, and what lies beside them: refused with a reason, or
//! used, but no panic.

#[path = "../../lens-core/tests/fuzz/mutation.rs"]
mod mutation;
mod toy;

use lens_core::catalogue::CardType;
use lens_core::manifest::{METADATA_KEY, Manifest};
use mutation::{Chance, fuzz};
use std::fs;

use vision::embeddings::SearchBuffer;
use vision::gallery::{self, FILE_NAME, Gallery, Prototype, REPLACED};
use vision::network::Options;
use vision::recogniser::Recogniser;
use vision::runtime::Runtime;
use vision::sprites::file as sprite_file;
use vision::sprites::limits::{FILE_NAME as LIMITS, Limits};
use vision::sprites::{Drawn, Query, Search, SpriteCard, SpriteEntries};

/// The metadata is damaged in place: its length is told elsewhere in the file, and ONNX Runtime's
/// own parser is not what is tested.
#[test]
fn onnx_metadata() {
    if let Err(error) = Runtime::load() {
        eprintln!("SKIPPED: {error}");
        return;
    }
    let manifest = toy::manifest();
    let good = toy::networks(&manifest);
    let file = "identifier.onnx";
    let bytes = &good[file];
    let key = METADATA_KEY.as_bytes();
    let start =
        bytes.windows(key.len()).position(|it| it == key).expect("the metadata is inside") + key.len();
    let end = start + bytes[start..].iter().rposition(|byte| *byte == b'}').expect("it is JSON") + 1;
    let begin = start + bytes[start..end].iter().position(|byte| *byte == b'{').expect("it is JSON");
    let folder = tempfile::tempdir().unwrap();
    let options = Options { threads: 1, ..Options::default() };
    let (mut refused, mut used) = (0, 0);
    fuzz("onnx-metadata", &[bytes[begin..end].to_vec()], |damaged| {
        let mut files = good.clone();
        let inside = &mut files.get_mut(file).expect("it is there")[begin..end];
        let common = inside.len().min(damaged.len());
        inside[..common].copy_from_slice(&damaged[..common]);
        // Strings in the file are UTF-8; what is not is another test's business.
        inside.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        let mut chance = Chance(damaged.len() as u64);
        inside[common..].iter_mut().for_each(|byte| *byte = b' ' + chance.below(90) as u8);
        toy::write(folder.path(), &manifest, &files);
        match Recogniser::open_with(folder.path(), toy::catalogue(), &options) {
            Ok(_) => used += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains(file), "the file is named: {error}");
            }
        }
    });
    assert!(used > 0 && refused > 0, "{used} used, {refused} refused");
}

#[test]
fn galleries() {
    let seeds = [
        r#"{"format": 1, "cards": [{"id": "x_fox", "name": "Fox", "embedding": [0.6, -0.8], "capture": "a.png"},
            {"id": "x_owl", "name": "Owl", "embedding": [1e-3, 25]}], "passed_over": ["b.png"]}"#,
        r#"{"format": 1, "cards": []}"#,
    ]
    .map(|it| it.as_bytes().to_vec());
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("model");
    fs::create_dir_all(&model).unwrap();
    let new = Prototype {
        id: "x_new".into(),
        name: "New".into(),
        embedding: vec![1.0, 0.0],
        capture: None,
        taught_at_millis: None,
    };
    let (mut read, mut refused) = (0, 0);
    fuzz("gallery", &seeds, |bytes| {
        fs::write(model.join(FILE_NAME), bytes).unwrap();
        fs::write(model.join(REPLACED), bytes).unwrap();
        if let Ok(gallery) = Gallery::read(&model, 2)
            && let Some((id, similarity)) = gallery.nearest(&[0.6, 0.8], &mut SearchBuffer::default())
        {
            read += 1;
            assert!((-1.001..=1.001).contains(&similarity), "{id} is like it by {similarity}");
        }
        let _ = gallery::pending(&model, "balatro");
        let before = gallery::prototypes(&model);
        match gallery::enrol(&model, vec![new.clone()]) {
            Ok(()) => {
                let count = gallery::prototypes(&model).expect("it was written just now").len();
                assert_eq!(count, before.expect("it could be read").len() + 1);
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("help: "), "{error}");
                assert_eq!(fs::read(model.join(FILE_NAME)).unwrap(), bytes, "what is damaged is left alone");
            }
        }
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn entries_of_sprites() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("entries");
    let mut entries = SpriteEntries::new(4);
    let card = entries.add_card(SpriteCard { id: "j_mod_fox".into(), card_type: CardType::Joker });
    let crop = [90_u8; 4 * 20 * 28];
    entries.add_entry(card, Drawn::Plain, &[0.5; 4], &crop, 20);
    sprite_file::write(&path, &entries).unwrap();
    let seed = fs::read(&path).unwrap();
    let mut search = Search::default();
    let mut read = 0;
    fuzz("sprite-entries", &[seed], |bytes| {
        fs::write(&path, bytes).unwrap();
        let Some(entries) = sprite_file::read(&path) else { return };
        read += 1;
        let drawn = Drawn::Plain;
        let embedding = [0.5; 4];
        let query = Query { embedding: &embedding, crop: &crop, width: 20, least: -1.0, drawn };
        if let Some(found) = entries.find(&mut search, &query, |_| true) {
            assert!(found.card < entries.cards().len(), "card {} of {}", found.card, entries.cards().len());
        }
    });
    assert!(read > 0);
}

#[test]
fn limits_of_sprites() {
    let place = tempfile::tempdir().unwrap();
    let manifest = toy::manifest();
    toy::write(place.path(), &manifest, &toy::networks(&manifest));
    let manifest = Manifest::read(place.path()).unwrap();
    Limits::default().write(place.path(), &manifest).unwrap();
    let seed = fs::read(place.path().join(LIMITS)).unwrap();
    fuzz("sprite-limits", &[seed], |bytes| {
        fs::write(place.path().join(LIMITS), bytes).unwrap();
        let _ = Limits::read(place.path(), &manifest);
    });
}
