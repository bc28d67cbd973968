//! `trainer report`: one page of a run that needs nothing beside it.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use lens_core::atomic::{self, keep_former, keep_one_former};
use lens_core::catalogue::{Card, Catalogue, id_of_class};
use lens_core::counted::counted;
use lens_core::modifiers::Modifiers;
use lens_core::paths;
use serde_json::Value;
use synth::art::Sprites;
use synth::single;

use super::arguments::{ArtArguments, read_json};
use crate::checkpoint::{Checkpoint, Network};
use crate::data::dataset::coverage::Coverage;
use crate::recipe::Recipe;
use crate::report::page::{Faces, Measured, Named, page};
use crate::report::summaries;

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
    /// The page [default: report.html in the run's folder]; one that is there is kept beside it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the images of confused cards come from.
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
    // A run's own page is made often: of that the last one is enough.
    let (path, kept) = match &arguments.out {
        Some(path) => (path.clone(), keep_former(path)),
        None => {
            let path = arguments.run.join("report.html");
            let kept = keep_one_former(&path);
            (path, kept)
        }
    };
    kept.and_then(|()| atomic::write(&path, html.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    say!("the report is {}", path.display());
    let step = last_step(&arguments.run);
    let images = summaries::write(&arguments.run, step, &measured, &faces)
        .with_context(|| format!("cannot write events into {}", arguments.run.display()))?;
    if images > 0 {
        say!("TensorBoard has {} of it too", counted(images, "image"));
    }
    Ok(())
}

/// The step or epoch at which the training is: TensorBoard puts things into their order by it.
fn last_step(run: &Path) -> u64 {
    let of = |network| Checkpoint::read(run, network).ok().map(|it| it.position);
    let positions = [Network::Identifier, Network::Detector].into_iter().filter_map(of);
    positions.map(|it| it.epochs.map_or(it.step, |progress| progress.epoch)).max().unwrap_or(0)
}

/// Classes as the catalogue names and draws them.
#[derive(Default)]
struct Drawn {
    names: HashMap<String, String>,
    cards: Vec<Named>,
    sprites: Option<Arc<Sprites>>,
}

impl Drawn {
    /// Of the game that the run was for; without its art there are names only.
    fn new(run: &Path, art: &ArtArguments) -> Self {
        let recipe = Recipe::read(&run.join("recipe.toml")).ok();
        let counted = || Coverage::read(run).map(|coverage| coverage.game);
        let Some(game) = recipe.as_ref().map(|recipe| recipe.game.clone()).or_else(counted) else {
            return Self::default();
        };
        let cards = Catalogue::read(&paths::catalogue(&game)).map(|it| it.cards).unwrap_or_default();
        let named = |card: &Card| Named {
            id: card.id.to_string(),
            name: card.name.clone(),
            kind: card.card_type.name().to_owned(),
        };
        let cards: Vec<Named> = cards.iter().map(named).collect();
        let names = cards.iter().map(|card| (card.id.clone(), card.name.clone())).collect();
        let sprites = recipe.map(|recipe| art.sprites(&recipe));
        if let Some(Err(error)) = &sprites {
            eprintln!("confused cards have no images: {error}");
        }
        Self { names, cards, sprites: sprites.and_then(Result::ok) }
    }
}

impl Faces for Drawn {
    fn name(&self, class: &str) -> String {
        self.names.get(id_of_class(class)).cloned().unwrap_or_else(|| class.to_owned())
    }

    fn cards(&self) -> Vec<Named> {
        self.cards.clone()
    }

    fn picture(&self, class: &str) -> Option<Vec<u8>> {
        let sprites = self.sprites.as_ref()?;
        let picture = single::picture(sprites, id_of_class(class), &Modifiers::default(), 1, 1)?;
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).ok()?;
        Some(png.into_inner())
    }
}
