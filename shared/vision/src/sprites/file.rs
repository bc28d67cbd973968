//! Sprite entries in a file: one for each mod, named by its contents and the networks.
//!
//! ```text
//! "BLSPRITE" version  lengths  ids and types  { card, embedding } ...  images
//! ```
//!
//! Numbers are little-endian. A file that is not as it should be is as good as absent: entries can
//! be made again.

use std::io;
use std::path::Path;

use lens_core::atomic;
use lens_core::catalogue::CardType;

use super::{SpriteCard, SpriteEntries, Table};
use crate::embeddings::{Embeddings, LANES};

const MAGIC: &[u8; 8] = b"BLSPRITE";
/// Changes with the form of the file and with the way in which entries are made.
pub const VERSION: u32 = 2;

/// Writes the entries, in place of what is there.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, entries: &SpriteEntries) -> io::Result<()> {
    atomic::write(path, &to_bytes(entries))
}

/// The entries of a file; none when it is not there or not whole.
pub fn read(path: &Path) -> Option<SpriteEntries> {
    from_bytes(&std::fs::read(path).ok()?)
}

fn to_bytes(entries: &SpriteEntries) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let number = |bytes: &mut Vec<u8>, value: usize| bytes.extend((value as u32).to_le_bytes());
    let tables = [&entries.plain, &entries.negative];
    for value in [VERSION as usize, entries.dimensions, entries.cards.len()] {
        number(&mut bytes, value);
    }
    for table in tables {
        number(&mut bytes, table.cards.len());
        number(&mut bytes, table.pictures.len());
    }
    for card in &entries.cards {
        number(&mut bytes, card.id.len());
        bytes.extend(card.id.as_bytes());
        bytes.push(CardType::ALL.iter().position(|it| *it == card.card_type).unwrap_or(0) as u8);
    }
    for table in tables {
        bytes.extend(table.cards.iter().flat_map(|card| card.to_le_bytes()));
        bytes.extend(table.embeddings.values().iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(&table.pictures);
    }
    bytes
}

fn from_bytes(bytes: &[u8]) -> Option<SpriteEntries> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut number = || {
        let (value, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        Some(u32::from_le_bytes(*value) as usize)
    };
    if number()? != VERSION as usize {
        return None;
    }
    let (dimensions, count) = (number()?, number()?);
    let lengths = [[number()?, number()?], [number()?, number()?]];
    let mut cards = Vec::new();
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (id, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (card_type, after) = after.split_first()?;
        rest = after;
        let id = std::str::from_utf8(id).ok()?.into();
        cards.push(SpriteCard { id, card_type: *CardType::ALL.get(usize::from(*card_type))? });
    }
    let mut table = |[entries, pictures]: [usize; 2]| {
        let (of_cards, after) = rest.split_at_checked(entries.checked_mul(4)?)?;
        let numbers = entries.checked_mul(dimensions.checked_next_multiple_of(LANES)?)?;
        let (embeddings, after) = after.split_at_checked(numbers.checked_mul(2)?)?;
        let (pictures, after) = after.split_at_checked(pictures)?;
        rest = after;
        let of_cards: Vec<u32> =
            of_cards.as_chunks::<4>().0.iter().map(|it| u32::from_le_bytes(*it)).collect();
        let values = embeddings.as_chunks::<2>().0.iter().map(|it| i16::from_le_bytes(*it)).collect();
        let embeddings = Embeddings::from_values(dimensions, values)?;
        let known = of_cards.iter().all(|card| (*card as usize) < count);
        known.then(|| Table { cards: of_cards, embeddings, pictures: pictures.to_vec() })
    };
    let (plain, negative) = (table(lengths[0])?, table(lengths[1])?);
    rest.is_empty().then_some(SpriteEntries { dimensions, cards, plain, negative })
}

#[cfg(test)]
mod tests {
    use super::super::Drawn;
    use super::*;

    #[test]
    fn entries_come_back_as_they_were_and_a_broken_file_is_none() {
        let mut entries = SpriteEntries::new(3);
        let crop: Vec<u8> = (0..72 * 96 * 3_usize).map(|at| (at % 251) as u8).collect();
        for (id, card_type) in [("j_gd_rose", CardType::Joker), ("c_gd_lily", CardType::Tarot)] {
            let card = entries.add_card(SpriteCard { id: id.into(), card_type });
            entries.add_entry(card, Drawn::Plain, &[0.6, 0.8, 0.0], &crop, 72);
            entries.add_entry(card, Drawn::Negative, &[0.0, 0.6, -0.8], &crop, 72);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("entries.bin");
        write(&path, &entries).unwrap();
        assert_eq!(read(&path), Some(entries.clone()));
        let bytes = to_bytes(&entries);
        for length in [0, 7, 11, 30, 60, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(from_bytes(&bytes[..length]), None, "{length} bytes");
        }
        for at in 8..60 {
            let mut other = bytes.clone();
            other[at] ^= 0xff;
            // Whatever it says, it must not break the reader.
            let _ = from_bytes(&other);
        }
        assert_eq!(read(&folder.path().join("none.bin")), None);
    }
}
