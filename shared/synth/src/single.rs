//! One card with given modifiers: for the practice table, whose truth comes before its image.

use image::RgbaImage;
use lens_core::catalogue::{CardType, ModifierArt};
use lens_core::modifiers::Modifiers;

use crate::art::Sprites;
use crate::card::{self, CardTruth, Finish};
use crate::dice::Dice;
use crate::edition::Effect;

/// The image of a card in its first skin, with straight alpha; words that the catalogue has not
/// are left out. `seed` decides the moment of a moving edition. `None` when the card is not listed
/// or has no art of its own.
pub fn picture(
    sprites: &Sprites,
    id: &str,
    modifiers: &Modifiers,
    scale: u32,
    seed: u64,
) -> Option<RgbaImage> {
    let catalogue = sprites.catalogue();
    let words = &catalogue.modifiers;
    let wanted = catalogue.card(id)?;
    let art = wanted.skins.first()?.art.first()?;
    let find = |list: &[ModifierArt], word: &str| list.iter().position(|it| it.word == word).unwrap_or(0);
    let has_sticker = |it: &ModifierArt| modifiers.stickers.contains(&it.word);
    let worn = words.stickers.iter().enumerate().filter(|(_, it)| has_sticker(it));
    let truth = CardTruth {
        class: 0,
        kind: wanted.card_type,
        edition: words.editions.iter().position(|it| *it == modifiers.edition).unwrap_or(0),
        enhancement: find(&words.enhancements, &modifiers.enhancement),
        seal: find(&words.seals, &modifiers.seal),
        stickers: worn.fold(0, |bits, (number, _)| bits | 1 << number),
        debuffed: modifiers.debuffed,
    };
    // Only playing cards stand on an enhancement's base.
    let base = words.enhancements.get(truth.enhancement).and_then(|it| it.cell.as_ref());
    let base = base.filter(|_| wanted.card_type == CardType::Playing);
    let plain = card::plain(sprites, art, base, scale);
    let finish = Finish { effect: Effect::of_edition(&modifiers.edition), ..Finish::default() };
    let mut dice = Dice::new(seed, 7);
    let floating = art.floating.as_ref();
    let finished = card::finish(sprites, plain, floating, truth, finish, scale, wanted.scale, &mut dice);
    Some(finished.image())
}
