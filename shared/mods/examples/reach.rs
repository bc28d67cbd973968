//! How many cards of a folder of mods are read by parsing alone and with the interpreter, per mod.
//!
//! Truth is what a mod declares when all of it is run, so that the second column counts what parsing finds of it with
//! the same cell, layers and name. `cargo run -p mods --example reach -- FOLDER [LANGUAGE]`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use mods::{Card, Interpreter, Library, Options, Origin};

fn main() {
    mods::child_main();
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("error: name a folder of mods");
        std::process::exit(2);
    };
    let language = arguments.next().unwrap_or_else(|| "en-us".to_owned());
    let folder = Path::new(&folder);
    let off = Options { language: language.clone(), cells: cells(), ..Options::default() };
    let on = Options { interpreter: Interpreter::this_program(), ..off.clone() };
    let truth = timed("with the interpreter", folder, &on);
    let parsed = timed("by parsing alone", folder, &off);
    println!("\n{:<28}{:>7}{:>7}{:>7}{:>7}{:>7}  read", "mod", "cards", "named", "game's", "parsed", "over");
    let mut sums = [0; 5];
    for of_mod in &truth.mods {
        let alone = parsed.mods.iter().find(|it| it.id == of_mod.id);
        let alone: BTreeMap<&str, &Card> =
            alone.into_iter().flat_map(|it| &it.cards).map(|it| (it.key.as_str(), it)).collect();
        let is_right = |card: &&Card| {
            alone.get(card.key.as_str()).is_some_and(|it| {
                it.sprite.cell == card.sprite.cell
                    && it.sprite.layers == card.sprite.layers
                    && it.name == card.name
            })
        };
        let known: BTreeMap<&str, ()> = of_mod.cards.iter().map(|it| (it.key.as_str(), ())).collect();
        let row = [
            of_mod.cards.len(),
            of_mod.cards.iter().filter(|it| it.name.is_some()).count(),
            of_mod.cards.iter().filter(|it| it.origin == Origin::Game).count(),
            of_mod.cards.iter().filter(is_right).count(),
            alone.keys().filter(|key| !known.contains_key(*key)).count(),
        ];
        print_row(&of_mod.id, row, &format!("{:?}", of_mod.reading));
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    print_row("all", sums, "");
    println!("\nleft out, with the interpreter:");
    for (why, count) in truth.reasons() {
        println!("{count:>6}  {why}");
    }
    if std::env::var_os("NOTES").is_some() {
        for of_mod in &truth.mods {
            for note in &of_mod.notes {
                println!("{}: {note}", of_mod.id);
            }
        }
    }
    for left_out in &truth.left_out {
        println!("{}: {}", left_out.what, left_out.why);
    }
}

fn timed(what: &str, folder: &Path, options: &Options) -> Library {
    let started = Instant::now();
    let library = mods::read(folder, options).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(1);
    });
    println!("{what}: {:.2} s", started.elapsed().as_secs_f64());
    library
}

/// Where the game's cards lie, by the catalogue.
fn cells() -> BTreeMap<String, [u32; 2]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/catalogues/balatro.json");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let catalogue: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let cards = catalogue["cards"].as_array().cloned().unwrap_or_default();
    let cell = |card: &serde_json::Value| {
        let base = card.pointer("/looks/0/art/0/base")?;
        let at = |axis: &str| u32::try_from(base[axis].as_u64()?).ok();
        Some((card["id"].as_str()?.to_owned(), [at("x")?, at("y")?]))
    };
    cards.iter().filter_map(cell).collect()
}

fn print_row(name: &str, row: [usize; 5], last: &str) {
    println!("{name:<28}{:>7}{:>7}{:>7}{:>7}{:>7}  {last}", row[0], row[1], row[2], row[3], row[4]);
}
