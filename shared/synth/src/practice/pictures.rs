//! The picture cards: a frame for each kind, a motif for each card.

use image::RgbaImage;

use super::letters;
use super::palette::*;
use super::pen::Pen;
use frames::{Ground, Window};

mod animals;
mod backs;
mod dreams;
mod frames;
mod packs;
mod sky;
mod things;
mod tools;
mod weather;

type Motif = fn(&mut Pen);

/// Paints a variant of a pack.
type Print = fn(&mut Pen, usize);

/// A companion's motif, window, ground and frame colour.
struct Companion(&'static str, Motif, Window, Ground, [Colour; 2], Colour);

const COMPANIONS: [Companion; 24] = [
    Companion("x_fox", animals::fox, Window::Panel, Ground::Rays, [LEMON, GOLD], CREAM),
    Companion("x_owl", animals::owl, Window::Round, Ground::Stars, [NIGHT, LEMON], LILAC),
    Companion("x_whale", animals::whale, Window::Full, Ground::Waves, [SKY, MINT], WHITE),
    Companion("x_cat", animals::cat, Window::Panel, Ground::Bricks, [WINE, PLUM], CREAM),
    Companion("x_snail", animals::snail, Window::Arch, Ground::Leaves, [LIME, GREEN], MINT),
    Companion("x_crab", animals::crab, Window::Full, Ground::Dunes, [SAND, SKY], WHITE),
    Companion("x_penguin", animals::penguin, Window::Round, Ground::Stripes, [ICE, SKY], WHITE),
    Companion("x_bee", animals::bee, Window::Diamond, Ground::Combs, [LEMON, ORANGE], SAND),
    Companion("x_rabbit", animals::rabbit, Window::Arch, Ground::Dots, [MINT, GREEN], PINK),
    Companion("x_turtle", animals::turtle, Window::Panel, Ground::Dunes, [SKY, SAND], LIME),
    Companion("x_teapot", things::teapot, Window::Panel, Ground::Checks, [ROSE, PINK], WHITE),
    Companion("x_lantern", things::lantern, Window::Full, Ground::Rays, [NIGHT, PLUM], GOLD),
    Companion("x_anchor", things::anchor, Window::Diamond, Ground::Waves, [BLUE, SEA], SILVER),
    Companion("x_umbrella", things::umbrella, Window::Panel, Ground::Stripes, [SLATE, STONE], ICE),
    Companion("x_kite", things::kite, Window::Full, Ground::Dots, [SKY, ICE], WHITE),
    Companion("x_robot", things::robot, Window::Panel, Ground::Combs, [PLUM, VIOLET], SILVER),
    Companion("x_sailboat", things::sailboat, Window::Round, Ground::Stripes, [ORANGE, GOLD], CREAM),
    Companion("x_lighthouse", things::lighthouse, Window::Full, Ground::Stars, [NIGHT, ICE], ICE),
    Companion("x_windmill", things::windmill, Window::Arch, Ground::Dots, [SKY, WHITE], LIME),
    Companion("x_cactus", things::cactus, Window::Round, Ground::Rays, [ORANGE, SAND], LEMON),
    Companion("x_toadstool", things::toadstool, Window::Diamond, Ground::Leaves, [FOREST, GREEN], LIME),
    Companion("x_bicycle", things::bicycle, Window::Panel, Ground::Dunes, [MINT, CREAM], GOLD),
    Companion("x_acorn", things::acorn, Window::Arch, Ground::Checks, [ORANGE, RED], SAND),
    Companion("x_volcano", things::volcano, Window::Full, Ground::Stripes, [WINE, RED], ORANGE),
];

const ALMANAC: [(&str, Motif, Colour); 8] = [
    ("x_rain", weather::rain, STONE),
    ("x_snow", weather::snow, SEA),
    ("x_thunder", weather::thunder, NIGHT),
    ("x_gale", weather::gale, LIME),
    ("x_noon", weather::noon, SKY),
    ("x_rainbow", weather::rainbow, ICE),
    ("x_fog", weather::fog, MINT),
    ("x_frost", weather::frost, LILAC),
];

const SKIES: [(&str, Motif); 6] = [
    ("x_comet", sky::comet),
    ("x_twin_moons", sky::twin_moons),
    ("x_halo", sky::halo),
    ("x_galaxy", sky::galaxy),
    ("x_eclipse", sky::eclipse),
    ("x_constellation", sky::constellation),
];

const DREAMS: [(&str, Motif); 6] = [
    ("x_staircase", dreams::staircase),
    ("x_keyhole", dreams::keyhole),
    ("x_moth", dreams::moth),
    ("x_gaze", dreams::gaze),
    ("x_knot", dreams::knot),
    ("x_mask", dreams::mask),
];

const STAMPS: [(&str, Motif, [Colour; 2], &str); 8] = [
    ("x_compass", tools::compass, [SEA, FOREST], "10"),
    ("x_magnet", tools::magnet, [LEMON, GOLD], "2"),
    ("x_hammer", tools::hammer, [SKY, BLUE], "5"),
    ("x_scissors", tools::scissors, [MINT, SEA], "3"),
    ("x_key", tools::key, [PLUM, NIGHT], "25"),
    ("x_pencil", tools::pencil, [PINK, ROSE], "1"),
    ("x_ladder", tools::ladder, [LIME, GREEN], "8"),
    ("x_balance", tools::balance, [LILAC, VIOLET], "50"),
];

const PACKS: [(&str, Print, usize); 6] = [
    ("x_seeds_1", packs::seeds, 0),
    ("x_seeds_2", packs::seeds, 1),
    ("x_tea_1", packs::tea, 0),
    ("x_tea_2", packs::tea, 1),
    ("x_parcel_1", packs::parcel, 0),
    ("x_parcel_2", packs::parcel, 1),
];

const BACKS: [(&str, Motif); 6] = [
    ("x_lattice", backs::lattice),
    ("x_scales", backs::scales),
    ("x_weave", backs::weave),
    ("x_starburst", backs::starburst),
    ("x_bricks", backs::bricks),
    ("x_ripples", backs::ripples),
];

/// The image of a card; none when no card of this id is drawn here.
pub(super) fn draw(id: &str, name: &str) -> Option<RgbaImage> {
    let mut pen = Pen::card();
    let mut inside = Pen::card();
    if let Some(Companion(_, motif, window, ground, colours, frame)) =
        COMPANIONS.iter().find(|card| card.0 == id)
    {
        frames::companion(&mut pen, *window, *ground, *colours, *frame, name);
        motif(&mut inside);
    } else if let Some((_, motif, ground)) = ALMANAC.iter().find(|card| card.0 == id) {
        frames::almanac(&mut pen, *ground, name);
        motif(&mut inside);
    } else if let Some((_, motif)) = SKIES.iter().find(|card| card.0 == id) {
        frames::sky(&mut pen, id.len() as i32, name);
        motif(&mut inside);
    } else if let Some((_, motif)) = DREAMS.iter().find(|card| card.0 == id) {
        frames::dream(&mut pen, name);
        motif(&mut inside);
    } else if let Some((_, motif, colours, value)) = STAMPS.iter().find(|card| card.0 == id) {
        frames::stamp(&mut pen, *colours);
        motif(&mut inside);
        letters::write(&mut inside, WHITE, name, 35, 79);
        letters::write(&mut inside, WHITE, value, 57, 11);
    } else if let Some((_, pack, variant)) = PACKS.iter().find(|card| card.0 == id) {
        pack(&mut pen, *variant);
    } else {
        let (_, back) = BACKS.iter().find(|card| card.0 == id)?;
        back(&mut pen);
    }
    pen.lay_inside(&inside);
    Some(pen.finish())
}
