//! Every probability and range of composed images, as data.
//!
//! The defaults are the ranges that were proven on real screenshots. Ranges are `[low, high]`,
//! probabilities `0.0..=1.0`, weights are relative to each other.

use serde::{Deserialize, Serialize};

mod controls;

pub use controls::ControlRecipe;

/// How cards, scenes and crops are composed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SceneRecipe {
    /// Width and height of a scene in pixels.
    pub size: [u32; 2],
    /// Ids of cards that are never shown as themselves.
    pub held_out: Vec<String>,
    /// Whether held-out cards are shown as unknown ones; they are not shown at all otherwise.
    pub held_out_as_unknown: bool,
    /// How cards are drawn.
    pub cards: CardRecipe,
    /// What a scene shows.
    pub scene: LayoutRecipe,
    /// What an identifier crop shows.
    pub crop: CropRecipe,
    /// What a screen, a camera or a video does to the image.
    pub screen: ScreenRecipe,
}

impl Default for SceneRecipe {
    fn default() -> Self {
        Self {
            size: [640, 360],
            held_out: Vec::new(),
            held_out_as_unknown: false,
            cards: CardRecipe::default(),
            scene: LayoutRecipe::default(),
            crop: CropRecipe::default(),
            screen: ScreenRecipe::default(),
        }
    }
}

/// Relative frequency of the types of cards in a bank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeWeights {
    pub joker: f32,
    pub playing: f32,
    pub tarot: f32,
    pub planet: f32,
    pub spectral: f32,
    pub voucher: f32,
    pub booster: f32,
    pub deck: f32,
}

impl Default for TypeWeights {
    fn default() -> Self {
        Self {
            joker: 0.36,
            playing: 0.31,
            tarot: 0.07,
            planet: 0.05,
            spectral: 0.06,
            voucher: 0.06,
            booster: 0.06,
            deck: 0.03,
        }
    }
}

impl TypeWeights {
    /// In the order of [`lens_core::catalogue::CardType::ALL`].
    pub(crate) fn in_order(self) -> [f32; 8] {
        [
            self.joker,
            self.playing,
            self.tarot,
            self.planet,
            self.spectral,
            self.voucher,
            self.booster,
            self.deck,
        ]
    }
}

/// How cards are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardRecipe {
    /// Types of the known cards.
    pub types: TypeWeights,
    /// Share of cards drawn from the 2x sheets.
    pub double_scale: f32,
    /// Share of a bank that is invented: cards of no catalogue.
    pub unknown: f32,
    /// Share of a playing card's images that are collaboration skins, where it has some.
    pub skin: f32,
    /// Share of the playing cards with skins that wear one of no catalogue: rank and suit must be
    /// read from the corners.
    pub reskinned: f32,
    /// Weights of a joker's editions, in the catalogue's order.
    pub joker_editions: Vec<f32>,
    /// Weights of a playing card's editions, in the catalogue's order.
    pub playing_editions: Vec<f32>,
    /// Share of consumables that are negative.
    pub negative_consumable: f32,
    /// Share of playing cards that are enhanced.
    pub enhanced: f32,
    /// Share of playing cards with a seal.
    pub sealed: f32,
    /// Share of jokers with stickers, and of other cards.
    pub stickered: [f32; 2],
    /// Share of debuffed jokers and playing cards.
    pub debuffed: f32,
    /// Share of playing cards that are darkened as in the deck view.
    pub greyed: f32,
    /// Share of vouchers and packs with the game's gleam.
    pub gleam: f32,
    /// Share of the jokers that are chosen among those whose art fills only a part of the cell:
    /// half, square and photograph cards.
    pub partial: f32,
    /// Share of the invented cards that look as mods draw them: dark or no borders, tall frames,
    /// odd outlines.
    pub modded: f32,
    /// Share of the invented cards that come in families: one drawing with another detail each.
    pub families: f32,
}

impl Default for CardRecipe {
    fn default() -> Self {
        Self {
            types: TypeWeights::default(),
            double_scale: 0.6,
            unknown: 0.1,
            skin: 0.4,
            reskinned: 0.12,
            joker_editions: vec![0.46, 0.14, 0.14, 0.15, 0.11],
            playing_editions: vec![0.57, 0.13, 0.13, 0.13, 0.04],
            negative_consumable: 0.06,
            enhanced: 0.55,
            sealed: 0.35,
            stickered: [0.25, 0.01],
            debuffed: 0.07,
            greyed: 0.06,
            gleam: 0.7,
            partial: 0.0,
            modded: 0.0,
            families: 0.0,
        }
    }
}

/// Relative frequency of the layouts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutWeights {
    /// A hand below jokers and consumables.
    pub hand: f32,
    /// The shop.
    pub shop: f32,
    /// Rows of overlapping cards: the deck view.
    pub deck: f32,
    /// An opened booster pack.
    pub pack: f32,
    /// Cards of any size anywhere.
    pub scatter: f32,
    /// A few large cards.
    pub close_up: f32,
    /// Rows of a collection.
    pub collection: f32,
    /// One row of jokers fills the image.
    pub jokers: f32,
    /// A game with cards of all types strewn over it.
    pub strewn: f32,
    /// The whole deck: rows that cover the lower part of the row above.
    pub deck_view: f32,
    /// Stacks of jokers, vouchers and consumables that cover each other from above or from the
    /// left.
    pub stacks: f32,
    /// A page of a collection or of run info: a panel full of cards, with buttons around it.
    pub pages: f32,
    /// Menus, titles, signs and other programs: no card, unless one is dragged over it.
    pub empty: f32,
    /// The title: cards fly at any angle, in perspective.
    pub flying: f32,
}

impl Default for LayoutWeights {
    fn default() -> Self {
        Self {
            hand: 0.30,
            shop: 0.13,
            deck: 0.12,
            pack: 0.10,
            scatter: 0.08,
            close_up: 0.03,
            collection: 0.06,
            jokers: 0.08,
            strewn: 0.10,
            deck_view: 0.0,
            stacks: 0.0,
            pages: 0.0,
            empty: 0.0,
            flying: 0.0,
        }
    }
}

impl LayoutWeights {
    /// In the order of the scene's layouts.
    pub(crate) fn in_order(self) -> [f32; 14] {
        [
            self.hand,
            self.shop,
            self.deck,
            self.pack,
            self.scatter,
            self.close_up,
            self.collection,
            self.jokers,
            self.strewn,
            self.deck_view,
            self.stacks,
            self.pages,
            self.empty,
            self.flying,
        ]
    }
}

/// What a scene shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutRecipe {
    /// Which layouts.
    pub layouts: LayoutWeights,
    /// Share of scenes on the game's swirling paint; the others are plain or another program's
    /// image.
    pub swirl: f32,
    /// Share of scenes where the game is inside a larger window.
    pub windowed: f32,
    /// Share of the frame's width that the game then takes.
    pub window_size: [f32; 2],
    /// Share of captures that are cropped to a part of the game.
    pub cropped: f32,
    /// How much larger cards are then.
    pub crop_zoom: [f32; 2],
    /// Height of a card in heights of the game.
    pub card_height: [f32; 2],
    /// Probability of the side bar.
    pub sidebar: f32,
    /// Probability of signs, panels, chips and big text.
    pub negatives: f32,
    /// Probability that a card casts a shadow.
    pub shadow: f32,
    /// How dark shadows are.
    pub shadow_strength: [f32; 2],
    /// Probability that a card of the shop has a price tag, and any other card.
    pub price_tag: [f32; 2],
    /// Probability that jokers have other mods' text below them.
    pub badges: f32,
    /// Probability of no, one and two tooltips, as weights.
    pub tooltips: [f32; 3],
    /// Probability that a scene's cards come from the whole bank: invented ones appear at this rate
    /// among them.
    pub unknown: f32,
    /// Share of a hand that is face down, in hands where some are.
    pub face_down: f32,
    /// Probability that one card is dragged over the others, or over the edge of the image.
    pub dragged: f32,
    /// How far a dragged card is turned, in radians.
    pub dragged_turn: [f32; 2],
    /// Buttons over each card; frames and pointers of each scene.
    pub controls: ControlRecipe,
}

impl Default for LayoutRecipe {
    fn default() -> Self {
        Self {
            layouts: LayoutWeights::default(),
            swirl: 0.82,
            windowed: 0.3,
            window_size: [0.5, 0.98],
            cropped: 0.22,
            crop_zoom: [1.0, 2.2],
            card_height: [0.17, 0.25],
            sidebar: 0.75,
            negatives: 0.8,
            shadow: 0.9,
            shadow_strength: [0.15, 0.5],
            price_tag: [0.85, 0.03],
            badges: 0.15,
            tooltips: [0.5, 0.35, 0.15],
            unknown: 0.07,
            face_down: 0.3,
            dragged: 0.0,
            dragged_turn: [0.08, 0.35],
            controls: ControlRecipe::default(),
        }
    }
}

/// What an identifier crop shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CropRecipe {
    /// Width and height of a crop in pixels.
    pub size: [u32; 2],
    /// How much the true quad is widened; must be what the overlay does.
    pub widen: f32,
    /// Height of the card on screen in pixels, drawn uniformly in the logarithm; the first range is
    /// the common one.
    pub common_height: [f32; 2],
    /// The whole range.
    pub height: [f32; 2],
    /// Share of crops from the common range.
    pub common: f32,
    /// Share of crops without a card, or of badly placed quads.
    pub not_a_card: f32,
    /// Share of invented cards.
    pub unknown: f32,
    /// Share of the crops of invented cards that come with another view of the same card, so that
    /// the embedding can be taught to tell one unknown card from another.
    pub paired: f32,
    /// Share of the crops without a card where a quad straddles cards.
    pub misplaced: f32,
    /// Probability of neighbours, for playing cards and for others.
    pub neighbours: [f32; 2],
    /// Distance of a neighbour in widths of the card, for playing cards.
    pub neighbour_distance: [f32; 2],
    /// Deviation of each corner, of the whole quad, and of its scale, in heights of the card.
    pub corner_noise: [f32; 3],
    /// Deviation of the rotation in radians.
    pub rotation: f32,
    /// Probability of a tooltip over the card.
    pub tooltip: f32,
    /// Probability of a price tag at its upper edge.
    pub price_tag: f32,
    /// Probability of other mods' text at its lower edge.
    pub badge: f32,
    /// Probability that other cards lie over it anyhow, as in strewn scenes.
    pub covered: f32,
    /// Probability that the frame cuts the card.
    pub cut: f32,
    /// Probability that the card lies in rows that cover each other from below, as in the deck
    /// view.
    pub stacked: f32,
    /// Part of a card's height that a row shows before the next one covers it.
    pub stacked_pitch: [f32; 2],
    /// Probability that the card is turned as far as a dragged one.
    pub dragged: f32,
    /// Buttons, frames and pointers over the card.
    pub controls: ControlRecipe,
}

impl Default for CropRecipe {
    fn default() -> Self {
        Self {
            size: [72, 96],
            widen: 1.03,
            common_height: [60.0, 300.0],
            height: [40.0, 450.0],
            common: 0.75,
            not_a_card: 0.1,
            unknown: 0.12,
            paired: 0.0,
            misplaced: 0.3,
            neighbours: [0.7, 0.2],
            neighbour_distance: [0.22, 1.1],
            corner_noise: [0.016, 0.018, 0.025],
            rotation: 0.07,
            tooltip: 0.07,
            price_tag: 0.12,
            badge: 0.08,
            covered: 0.06,
            cut: 0.04,
            stacked: 0.0,
            stacked_pitch: [0.5, 0.9],
            dragged: 0.0,
            controls: ControlRecipe::default(),
        }
    }
}

/// What a screen, a camera or a video does to the image: probabilities and ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenRecipe {
    /// Red and blue drift apart; by how many pixels at 640x360.
    pub aberration: (f32, [f32; 2]),
    /// Light spills; how much of it.
    pub bloom: (f32, [f32; 2]),
    /// Dark lines; how dark.
    pub scanlines: (f32, [f32; 2]),
    /// Distance of those lines in pixels.
    pub scanline_period: [f32; 2],
    /// Dark corners; how dark.
    pub vignette: (f32, [f32; 2]),
    /// Gamma, gain and offset of brightness; range of the gamma.
    pub tone: (f32, [f32; 2]),
    /// Gain of brightness with tone.
    pub gain: [f32; 2],
    /// Gain of single channels, where tone applies; how far from one.
    pub cast: (f32, f32),
    /// Saturation, where tone applies.
    pub saturation: (f32, [f32; 2]),
    /// Gaussian blur; its deviation in pixels at 640x360.
    pub blur: (f32, [f32; 2]),
    /// Sharpening, where nothing is blurred; how much.
    pub sharpen: (f32, [f32; 2]),
    /// The image is shrunk and enlarged again, as a video is; to which share.
    pub resample: (f32, [f32; 2]),
    /// Noise; its deviation of 255.
    pub noise: (f32, [f32; 2]),
    /// Blocks of a lossy format; its quality of 100.
    pub compression: (f32, [f32; 2]),
}

impl Default for ScreenRecipe {
    fn default() -> Self {
        Self {
            aberration: (0.45, [0.3, 1.6]),
            bloom: (0.35, [0.05, 0.35]),
            scanlines: (0.45, [0.02, 0.16]),
            scanline_period: [1.7, 6.0],
            vignette: (0.25, [0.05, 0.35]),
            tone: (0.6, [0.75, 1.3]),
            gain: [0.8, 1.12],
            cast: (0.5, 0.1),
            saturation: (0.4, [0.6, 1.3]),
            blur: (0.3, [0.35, 1.0]),
            sharpen: (0.12, [0.2, 0.8]),
            resample: (0.12, [0.5, 0.9]),
            noise: (0.3, [1.0, 6.0]),
            compression: (0.35, [35.0, 95.0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_may_name_only_what_it_changes_and_nothing_unknown() {
        let recipe: SceneRecipe = toml::from_str("size = [320, 180]\n[crop]\nunknown = 0.5").unwrap();
        assert_eq!(recipe.size, [320, 180]);
        assert_eq!(recipe.crop.unknown, 0.5);
        assert_eq!(recipe.crop.widen, CropRecipe::default().widen);
        assert!(toml::from_str::<SceneRecipe>("sise = [1, 2]").is_err());
        let round_trip: SceneRecipe =
            toml::from_str(&toml::to_string(&SceneRecipe::default()).unwrap()).unwrap();
        assert_eq!(round_trip, SceneRecipe::default());
    }
}
