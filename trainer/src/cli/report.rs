//! `trainer report`: one page of a run that needs nothing beside it.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use lens_core::catalogue::{Catalogue, id_of_class};
use lens_core::modifiers::Modifiers;
use lens_core::{atomic, paths};
use serde_json::Value;
use synth::art::Sprites;
use synth::single;

use super::arguments::{ArtArguments, read_json};
use crate::recipe::Recipe;
use crate::report::page::{Faces, Measured, page};

/// What `trainer report` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// What was measured: a file that `trainer evaluate --out` wrote
    #[arg(long, value_name = "FILE")]
    evaluation: Option<PathBuf>,
    /// The same of the model before, which the result is compared with
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The page [default: report.html in the run's folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the pictures of confused cards come from.
    #[command(flatten)]
    art: ArtArguments,
}

/// Writes the page.
///
/// # Errors
/// When the run has nothing to report, or the page cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let read = |path: Option<&Path>| path.map_or(Ok(Value::Null), read_json);
    let measured =
        Measured { now: read(arguments.evaluation.as_deref())?, before: read(arguments.before.as_deref())? };
    let faces = Drawn::new(&arguments.run, &arguments.art);
    let html = page(&arguments.run, &measured, &faces)?;
    let path = arguments.out.clone().unwrap_or_else(|| arguments.run.join("report.html"));
    atomic::write(&path, html.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    say!("the report is {}", path.display());
    Ok(())
}

/// Classes as the catalogue names and draws them.
#[derive(Default)]
struct Drawn {
    names: HashMap<String, String>,
    sprites: Option<Arc<Sprites>>,
}

impl Drawn {
    /// Of the game that the run was for; without its art there are names only.
    fn new(run: &Path, art: &ArtArguments) -> Self {
        let Ok(recipe) = Recipe::read(&run.join("recipe.toml")) else { return Self::default() };
        let cards = Catalogue::read(&paths::catalogue(&recipe.game)).map(|it| it.cards).unwrap_or_default();
        let names = cards.into_iter().map(|card| (card.id.to_string(), card.name)).collect();
        let sprites = art.sprites(&recipe);
        if let Err(error) = &sprites {
            eprintln!("confused cards have no pictures: {error}");
        }
        Self { names, sprites: sprites.ok() }
    }
}

impl Faces for Drawn {
    fn name(&self, class: &str) -> String {
        self.names.get(id_of_class(class)).cloned().unwrap_or_else(|| class.to_owned())
    }

    fn picture(&self, class: &str) -> Option<Vec<u8>> {
        let sprites = self.sprites.as_ref()?;
        let picture = single::picture(sprites, id_of_class(class), &Modifiers::default(), 1, 1)?;
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).ok()?;
        Some(png.into_inner())
    }
}
