//! How many cards of a folder of mods are read by parsing alone and with the interpreter, per mod.
//!
//! Truth is what a mod declares when all of it is run, so that the second column counts what
//! parsing finds of it with the same cell, layers and name. `cargo run -p mods --example reach --
//! FOLDER [LANGUAGE]`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use mods::{Card, Interpreter, Library, Mod, Options, Origin};

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
    let Interpreter::Program(program) = Interpreter::this_program() else { return };
    let on = Options { interpreter: Interpreter::Program(program.clone()), ..off.clone() };
    let all = Options { interpreter: Interpreter::Always(program), ..off.clone() };
    let truth = timed("all of them run", folder, &all);
    let read = timed("run where in doubt", folder, &on);
    let parsed = timed("by parsing alone", folder, &off);
    let cache = std::env::temp_dir().join(format!("mods-reach-{}", std::process::id()));
    let kept = Options { cache: Some(cache.clone()), ..on.clone() };
    timed("a first start", folder, &kept);
    timed("a second start", folder, &kept);
    // What is kept is of no use to anybody else.
    let _ = std::fs::remove_dir_all(cache);
    println!(
        "\n{:<28}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}",
        "mod", "cards", "named", "game's", "read", "over", "parsed", "over"
    );
    let mut sums = [0; 7];
    for of_mod in &truth.mods {
        let [read, read_over] = compared(of_mod, &read);
        let [alone, alone_over] = compared(of_mod, &parsed);
        let row = [
            of_mod.cards.len(),
            of_mod.cards.iter().filter(|it| it.name.is_some()).count(),
            of_mod.cards.iter().filter(|it| it.origin == Origin::Game).count(),
            read,
            read_over,
            alone,
            alone_over,
        ];
        print_row(&of_mod.id, row);
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    print_row("all", sums);
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
    println!("{what}: {:.3} s", started.elapsed().as_secs_f64());
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

/// How many of a mod's cards another reading has with the same cell, layers and name, and how many
/// beyond.
fn compared(truth: &Mod, library: &Library) -> [usize; 2] {
    let found = library.mods.iter().find(|it| it.id == truth.id && it.package == truth.package);
    let found: BTreeMap<&str, &Card> =
        found.into_iter().flat_map(|it| &it.cards).map(|it| (it.key.as_str(), it)).collect();
    let is_same = |card: &&Card| {
        found.get(card.key.as_str()).is_some_and(|it| {
            it.sprite.cell == card.sprite.cell
                && it.sprite.layers == card.sprite.layers
                && it.name == card.name
        })
    };
    let right = truth.cards.iter().filter(is_same).count();
    let known = truth.cards.iter().filter(|card| found.contains_key(card.key.as_str())).count();
    [right, found.len() - known]
}

fn print_row(name: &str, row: [usize; 7]) {
    let cells: String = row.iter().map(|cell| format!("{cell:>7}")).collect();
    println!("{name:<28}{cells}");
}
