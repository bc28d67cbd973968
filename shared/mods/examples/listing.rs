//! What a folder of mods holds, as JSON, and its sprites as images where a folder for them is
//! named.
//!
//! `cargo run -p mods --example listing -- MODS [LANGUAGE] [SPRITES]`

use std::collections::HashMap;
use std::path::Path;

use mods::{Interpreter, Options};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    mods::child_main();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else { return Err("name a folder of mods".into()) };
    let language = arguments.get(1).cloned().unwrap_or_else(|| "en-us".to_owned());
    let options = Options { language, interpreter: Interpreter::this_program(), ..Options::default() };
    let library = mods::read(Path::new(folder), &options)?;
    println!("{}", serde_json::to_string_pretty(&library)?);
    let Some(sprites) = arguments.get(2) else { return Ok(()) };
    let mut sheets = HashMap::new();
    for (of_mod, card) in library.cards() {
        let package = &card.sprite.package;
        if !sheets.contains_key(package) {
            sheets.insert(package.clone(), mods::sheets(&library, package)?);
        }
        let folder = Path::new(sprites).join(&of_mod.id);
        std::fs::create_dir_all(&folder)?;
        if let Some(sheets) = sheets.get_mut(package) {
            sheets.sprite(card)?.whole().save(folder.join(format!("{}.png", card.key.replace('/', "_"))))?;
        }
    }
    Ok(())
}
