//! A mod for a test, with cards that are drawn so that each looks different.

use std::path::Path;

use image::{Rgba, RgbaImage};

/// A mod of jokers in rows of four, each cell of its sheet in a colour of its own. Its last joker
/// has a cell that is not on the sheet.
pub(crate) fn plant(mods: &Path, id: &str, names: &[impl AsRef<str>]) {
    let folder = mods.join(id);
    std::fs::create_dir_all(folder.join("assets/2x")).unwrap();
    let prefix = id[..2].to_lowercase();
    let metadata = format!(
        r#"{{"id": "{id}", "name": "{id}", "prefix": "{prefix}", "main_file": "main.lua", "version": "1.0",
            "author": ["us"], "description": "for a test"}}"#
    );
    std::fs::write(folder.join(format!("{id}.json")), metadata).unwrap();
    let rows = names.len().div_ceil(4) as u32;
    let sheet = RgbaImage::from_fn(4 * 142, rows * 190, |x, y| {
        let (column, row) = (x / 142, y / 190);
        let edge = x % 142 < 6 || y % 190 < 6 || x % 142 > 135 || y % 190 > 183;
        if edge {
            Rgba([235, 235, 225, 255])
        } else {
            Rgba([40 + 50 * column as u8, 90, 60 + (row * 40 % 190) as u8, 255])
        }
    });
    sheet.save(folder.join("assets/2x/sheet.png")).unwrap();
    let mut lua = "SMODS.Atlas { key = 'sheet', path = 'sheet.png', px = 71, py = 95 }\n".to_owned();
    for (at, name) in names.iter().map(AsRef::as_ref).enumerate() {
        let key = name.to_lowercase().replace(|it: char| !it.is_ascii_alphanumeric(), "_");
        let (x, y) = (at % 4, at / 4);
        lua += &format!(
            "SMODS.Joker {{ key = '{key}', atlas = 'sheet', pos = {{ x = {x}, y = {y} }}, loc_txt = {{ name = '{name}', text = {{ 'Grows' }} }} }}\n"
        );
    }
    lua += "SMODS.Joker { key = 'lost', atlas = 'sheet', pos = { x = 90, y = 0 } }\n";
    std::fs::write(folder.join("main.lua"), lua).unwrap();
}
