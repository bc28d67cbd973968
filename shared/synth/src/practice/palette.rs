//! The colours of the practice deck.

/// A colour without transparency.
pub(super) type Colour = [u8; 3];

pub(super) const INK: Colour = [42, 35, 58];
pub(super) const SLATE: Colour = [84, 88, 112];
pub(super) const STONE: Colour = [142, 146, 162];
pub(super) const SILVER: Colour = [198, 204, 214];
pub(super) const WHITE: Colour = [250, 250, 246];
pub(super) const CREAM: Colour = [250, 240, 214];
pub(super) const SAND: Colour = [230, 200, 146];
pub(super) const BROWN: Colour = [148, 98, 66];
pub(super) const BARK: Colour = [96, 62, 52];
pub(super) const RED: Colour = [214, 62, 70];
pub(super) const WINE: Colour = [140, 44, 78];
pub(super) const ORANGE: Colour = [238, 130, 52];
pub(super) const GOLD: Colour = [242, 184, 60];
pub(super) const LEMON: Colour = [250, 226, 110];
pub(super) const LIME: Colour = [160, 204, 84];
pub(super) const GREEN: Colour = [72, 158, 88];
pub(super) const FOREST: Colour = [38, 96, 84];
pub(super) const MINT: Colour = [158, 220, 192];
pub(super) const SEA: Colour = [52, 156, 172];
pub(super) const SKY: Colour = [120, 190, 232];
pub(super) const ICE: Colour = [204, 234, 246];
pub(super) const BLUE: Colour = [62, 106, 196];
pub(super) const NIGHT: Colour = [36, 44, 96];
pub(super) const VIOLET: Colour = [122, 84, 188];
pub(super) const LILAC: Colour = [192, 168, 230];
pub(super) const PLUM: Colour = [92, 46, 108];
pub(super) const PINK: Colour = [240, 150, 176];
pub(super) const ROSE: Colour = [222, 92, 140];
pub(super) const SKIN: Colour = [246, 206, 170];

/// The lit side of a part: towards a warm white.
pub(super) fn lit(colour: Colour) -> Colour {
    mix(colour, [255, 250, 226], 42)
}

/// The shaded side of a part: towards a cool dark, so that shades keep their colour.
pub(super) fn shaded(colour: Colour) -> Colour {
    mix(colour, [48, 32, 84], 32)
}

/// `share` percent of the way from one colour to another.
pub(super) fn mix(from: Colour, to: Colour, share: u32) -> Colour {
    std::array::from_fn(|channel| {
        let (from, to) = (u32::from(from[channel]), u32::from(to[channel]));
        ((from * (100 - share) + to * share) / 100) as u8
    })
}
