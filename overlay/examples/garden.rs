//! Writes the example mod and a picture of its cards into a folder, as the documentation shows
//! them.
//!
//! `cargo run -p overlay --example garden -- FOLDER`, then `overlay identify --mods FOLDER/Mods
//! --annotate FOLDER/marked FOLDER/mods.png`.

#[path = "../tests/support/garden.rs"]
mod garden;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name a folder")?.into();
    garden::write_mod(&folder.join("Mods"))?;
    let (table, _) = garden::table(&[0, 1, 2, 3, 4, 5]);
    table.save(folder.join("mods.png"))?;
    Ok(())
}
