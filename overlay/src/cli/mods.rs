//! `overlay mods`: which cards the player's mods bring, what was left out of them and why.
//!
//! With `--calibrate`, the limits from which a sprite is a name are chosen for a model.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;
use lens_core::catalogue::Catalogue;
use lens_core::counted::counted;
use lens_core::manifest::Manifest;
use mods::{Library, Mod, Origin, State};
use vision::enrol::sprites::{Measured, calibrate, entries};
use vision::network::Options;
use vision::sprites::SpriteEntries;

use super::inputs::{open_model, settings_of_mods};
use super::progress::Progress;
use crate::recognition::{modded, model};
use crate::settings::mods::ModsPlace;

/// List the cards of your mods, and what was left out of them
#[derive(Args, Clone, Debug)]
pub(crate) struct ModsArgs {
    /// The Mods folder [default: as the settings say, else where the game keeps it]
    #[arg(value_name = "DIR")]
    folder: Option<ModsPlace>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// List every card, and everything that was left out
    #[arg(long)]
    show: bool,
    /// Choose the limits from which a sprite is a name, by these mods, and keep them with the model
    #[arg(long)]
    calibrate: bool,
    /// Name of a model, or its folder
    #[arg(long, default_value = "balatro")]
    model: String,
}

/// Share of the sprites that may be named by another mod's card when their own mod is taken away.
const FALSE_NAMES: f32 = 0.05;
/// Sprites below which a calibration says little.
const FEW: usize = 300;

/// Runs the command.
///
/// # Errors
/// When there is no folder or it cannot be read; with `--calibrate`, also when the model cannot be
/// used or no limits do.
pub(crate) fn run(args: &ModsArgs) -> Result<()> {
    let folder = model::folder(&args.model);
    let manifest = Manifest::read(&folder)?;
    let catalogue = Catalogue::read(&lens_core::paths::catalogue(&manifest.catalogue))?;
    let wanted = settings_of_mods(args.folder.as_ref(), &ModsPlace::Found)?;
    let library = wanted.read(&catalogue)?.context(
        "no Mods folder was found\nhelp: name it, as in `overlay mods DIR`, or set [mods] folder in overlay.toml",
    )?;
    if args.calibrate {
        return calibrated(&args.model, &library, &folder);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&library)?);
        return Ok(());
    }
    print!("{}", table(&library, args.show));
    Ok(())
}

fn table(library: &Library, show: bool) -> String {
    let mut text = format!("{}\n", library.folder.display());
    let width = library.mods.iter().map(|it| it.name.chars().count()).max().unwrap_or(0).clamp(4, 32);
    for of_mod in &library.mods {
        text += &line(of_mod, width);
        for note in &of_mod.notes {
            text += &format!("    {note}\n");
        }
        if show {
            for card in &of_mod.cards {
                let whose = if card.origin == Origin::Game { ", a card of the game drawn anew" } else { "" };
                text += &format!("    {:<32} {} ({}{whose})\n", card.key, card.label(), card.set);
            }
            for left_out in &of_mod.left_out {
                text += &format!("    {:<32} left out: {}\n", left_out.what, left_out.why);
            }
        }
    }
    for left_out in &library.left_out {
        text += &format!("{}: {}\n", left_out.what, left_out.why);
    }
    for note in &library.notes {
        text += &format!("{note}\n");
    }
    let left_out: usize = library.mods.iter().map(|it| it.left_out.len()).sum();
    text +=
        &format!("{} of {}", counted(library.cards().count(), "card"), counted(library.mods.len(), "mod"));
    if left_out > 0 {
        text += &format!(", {left_out} left out");
        for (why, count) in library.reasons() {
            text += &format!("\n{count:>6}  {why}");
        }
    }
    text + "\n"
}

fn line(of_mod: &Mod, width: usize) -> String {
    let Mod { name, id, state, cards, left_out, .. } = of_mod;
    let state = match state {
        State::On if left_out.is_empty() => counted(cards.len(), "card"),
        State::On => format!("{}, {} left out", counted(cards.len(), "card"), left_out.len()),
        State::Off(why) => format!("off: {why}"),
        State::Broken(why) => format!("broken: {why}"),
    };
    format!("{name:<width$}  {id:<24} {state}\n")
}

/// Measures the limits on the sprites, and keeps them with the model.
fn calibrated(model: &str, library: &Library, folder: &Path) -> Result<()> {
    let mut recogniser = open_model(model, &Options::default())?;
    let with_cards: Vec<&Mod> = library.mods.iter().filter(|it| !it.cards.is_empty()).collect();
    let of: usize = with_cards.iter().map(|it| it.cards.len()).sum();
    let mut all = SpriteEntries::new(recogniser.manifest().identifier.embedding as usize);
    let mut ranges = Vec::new();
    let mut progress = Progress::new("entries");
    for of_mod in &with_cards {
        let sprites = modded::sprites_of(library, of_mod, recogniser.catalogue());
        let start = all.cards().len();
        let mut done = start;
        let made = entries(&mut recogniser, sprites, || {
            done += 1;
            progress.tell(done, of);
        })?;
        all.extend(&made);
        ranges.push(start..all.cards().len());
    }
    drop(progress);
    let mut progress = Progress::new("searched");
    let mut measured = Vec::new();
    for (of_mod, own) in with_cards.iter().zip(&ranges) {
        for sprite in modded::sprites_of(library, of_mod, recogniser.catalogue()) {
            measured.push(Measured::of(&mut recogniser, &all, &sprite, own)?);
            progress.tell(measured.len(), of);
        }
    }
    drop(progress);
    let chosen = calibrate(&measured, FALSE_NAMES).context(
        "no limits keep the sprites of these mods apart\nhelp: give a folder with more mods, or another model",
    )?;
    println!(
        "{} of {}: cosine {:.2}, pixels {:.2}, lead {:.2}; {:.1} % named, {:.1} % named falsely when their mod is taken \
         away",
        counted(chosen.sprites, "sprite"),
        counted(with_cards.len(), "mod"),
        chosen.limits.similarity,
        chosen.limits.pixels,
        chosen.limits.lead,
        chosen.named * 100.0,
        chosen.false_names * 100.0
    );
    anyhow::ensure!(
        chosen.sprites >= FEW && with_cards.len() > 1,
        "these are too few to be kept: {FEW} sprites of several mods say enough"
    );
    chosen
        .limits
        .write(folder, recogniser.manifest())
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    println!("kept with the model in {}", folder.display());
    Ok(())
}
