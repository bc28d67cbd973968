//! An example mod of our own: a Mods folder with cards of flowers, and an image of a table on
//! which some of them lie.

use std::fs;
use std::io;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};

/// Key, name and colours (ground, petals) of the cards, in the order of their sheet.
pub(crate) const FLOWERS: [(&str, &str, [u8; 3], [u8; 3]); 6] = [
    ("rose", "Red Rose", [52, 92, 66], [214, 48, 64]),
    ("daisy", "Daisy", [86, 150, 196], [246, 244, 236]),
    ("tulip", "Tulip", [240, 214, 140], [236, 120, 40]),
    ("violet", "Violet", [214, 226, 190], [112, 64, 168]),
    ("poppy", "Poppy", [228, 206, 160], [196, 30, 30]),
    ("cornflower", "Cornflower", [190, 160, 90], [44, 84, 200]),
];
/// Size of a cell.
const CELL: [u32; 2] = [142, 190];

/// Writes the mod into a Mods folder.
pub(crate) fn write_mod(mods: &Path) -> io::Result<()> {
    let folder = mods.join("Garden");
    fs::create_dir_all(folder.join("assets/2x"))?;
    let mut sheet = RgbaImage::new(CELL[0] * FLOWERS.len() as u32, CELL[1]);
    for (at, _) in FLOWERS.iter().enumerate() {
        imageops::replace(&mut sheet, &sprite(at), i64::from(CELL[0]) * at as i64, 0);
    }
    sheet.save(folder.join("assets/2x/flowers.png")).map_err(io::Error::other)?;
    let metadata = r#"{"id": "Garden", "name": "The Garden", "prefix": "gd", "main_file": "main.lua",
        "version": "1.0", "author": ["us"], "description": "flowers"}"#;
    fs::write(folder.join("Garden.json"), metadata)?;
    let mut main = "SMODS.Atlas { key = 'flowers', path = 'flowers.png', px = 71, py = 95 }\n".to_owned();
    for (at, (key, name, ..)) in FLOWERS.iter().enumerate() {
        main += &format!(
            "SMODS.Joker {{ key = '{key}', atlas = 'flowers', pos = {{ x = {at}, y = 0 }},\n    loc_txt = {{ name = \
             '{name}', text = {{ 'Gives {{C:mult}}+#1#{{}} Mult', 'for each flower' }} }} }}\n"
        );
    }
    fs::write(folder.join("main.lua"), main)
}

/// A table with these cards, and where the left edge of each is.
pub(crate) fn table(cards: &[usize]) -> (RgbaImage, Vec<u32>) {
    let [width, height] = [132, 176];
    let mut table = RgbaImage::from_fn(1280, 720, |x, y| {
        // The felt is a little lighter in the middle.
        let [dx, dy] = [x as f32 / 640.0 - 1.0, y as f32 / 360.0 - 1.0];
        let light = 1.1 - 0.25 * (dx * dx + dy * dy);
        Rgba([(52.0 * light) as u8, (98.0 * light) as u8, (82.0 * light) as u8, 255])
    });
    let step = 1280 / (cards.len() as u32 + 1);
    let mut lefts = Vec::new();
    for (place, &card) in cards.iter().enumerate() {
        let left = step * (place as u32 + 1) - width / 2;
        let small = imageops::resize(&sprite(card), width, height, FilterType::Triangle);
        imageops::overlay(&mut table, &small, left.into(), 250);
        lefts.push(left);
    }
    (table, lefts)
}

/// A card with a border, its ground and a flower that no other has.
fn sprite(at: usize) -> RgbaImage {
    let (_, _, ground, petals) = FLOWERS[at];
    let [width, height] = CELL.map(|it| it as f32);
    let petal_count = 4 + at;
    RgbaImage::from_fn(CELL[0], CELL[1], |x, y| {
        let [x, y] = [x as f32 + 0.5, y as f32 + 0.5];
        let inside = |edge: f32, radius: f32| {
            let dx = (edge + radius - x).max(x - (width - edge - radius)).max(0.0);
            let dy = (edge + radius - y).max(y - (height - edge - radius)).max(0.0);
            dx.hypot(dy) <= radius
        };
        let [u, v] = [x - width / 2.0, y - height * 0.42];
        let angle = v.atan2(u) * petal_count as f32;
        let reach = 30.0 + 14.0 * angle.cos() + 2.0 * at as f32;
        let distance = u.hypot(v);
        let is_stem = (u + 0.1 * (v - 60.0).abs()).abs() < 3.5 && v > 0.0 && v < 90.0;
        let [r, g, b] = match () {
            () if !inside(2.0, 10.0) => return Rgba([0; 4]),
            () if !inside(9.0, 6.0) => [244, 240, 230],
            () if distance < 10.0 + at as f32 => [250, 210, 70],
            () if distance < reach => petals,
            () if is_stem => [40, 120, 50],
            () => ground,
        };
        Rgba([r, g, b, 255])
    })
}
