//! Tries a model before it is installed: opens it as the overlay will, and says what it finds on
//! images.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use image::RgbaImage;
use synth::bank::Bank;
use synth::recipe::SceneRecipe;
use synth::{practice, scene};
use vision::network::Options;
use vision::reading::RecognisedCard;
use vision::recogniser::Recogniser;
use vision::stages::{Stage, StageTimes};

use crate::console::progress;
use crate::data::dataset::picture;

/// Composed scenes, and cards in their bank.
const SCENES: u64 = 4;
const BANK: usize = 120;
/// Cards that are listed of an image.
const LISTED: usize = 12;

/// An image to try the model on.
#[derive(Debug)]
pub struct Sample {
    name: String,
    image: RgbaImage,
    /// Cards that are known to be on it.
    shown: Option<usize>,
}

/// These image files.
///
/// # Errors
/// When one cannot be read, or there is none.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for path in paths {
        let picture = picture::read(path)
            .map_err(|fault| anyhow::anyhow!("{}: {fault}\nhelp: {}", path.display(), fault.help()))?;
        samples.push(Sample { name: path.display().to_string(), image: picture.image, shown: None });
    }
    ensure!(!samples.is_empty(), "there is no image in what --sample names\nhelp: PNG, JPEG, WebP or BMP");
    Ok(samples)
}

/// Composed scenes of the practice deck, which need no game.
///
/// # Errors
/// Never with the recipe that is used.
pub fn composed() -> Result<Vec<Sample>> {
    let recipe = SceneRecipe::default();
    progress::expect(BANK + SCENES as usize);
    let tell = || progress::advance(1);
    let bank = Bank::render_telling(&practice::sprites(), &recipe, 0, BANK, &|_| true, &tell)?;
    let scenes = (0..SCENES).map(|number| {
        let scene = scene::compose(&bank, &recipe, number);
        progress::advance(1);
        Sample {
            name: format!("practice scene {number}"),
            image: scene.image,
            shown: Some(scene.cards.len()),
        }
    });
    Ok(scenes.collect())
}

/// Opens the model in a folder as the overlay will, and runs it.
///
/// # Errors
/// When the overlay could not open it, or a network cannot run.
pub fn try_out(folder: &Path, samples: &[Sample], tell: &mut dyn FnMut(String)) -> Result<()> {
    let mut recogniser = Recogniser::open(folder, &Options::default())?;
    let game = recogniser.catalogue().game.clone();
    if samples.iter().any(|sample| sample.shown.is_some()) && game != practice::catalogue().game {
        let what = format!("the scenes are of the practice deck, not of {game}");
        tell(format!("{what}: look at what is found, not at the names"));
    }
    // The first run of a network is not like the others.
    recogniser.recognise(&(&samples[0].image).into())?;
    let mut total = 0;
    progress::expect(samples.len());
    for sample in samples {
        let (start, mut times) = (Instant::now(), StageTimes::start());
        let cards = recogniser.recognise(&(&sample.image).into())?.to_vec();
        let (taken, times) = (start.elapsed(), times.take());
        total += cards.len();
        progress::advance(1);
        let shown = sample.shown.map(|shown| format!(" of {shown}")).unwrap_or_default();
        tell(format!(
            "{}: {}{shown} found in {:.1} ms (detector {:.1}, identifier {:.1})",
            sample.name,
            cards.len(),
            millis(taken),
            millis(times[Stage::Detector as usize]),
            millis(times[Stage::Identifier as usize])
        ));
        for card in cards.iter().take(LISTED) {
            tell(format!("  {}", line(card, &recogniser)));
        }
        if cards.len() > LISTED {
            tell(format!("  and {} more", cards.len() - LISTED));
        }
    }
    if total == 0 {
        tell(
            "NOTHING was found on any image: try others with --sample, a lower --threshold, or other --cards before \
             you use this model"
                .to_owned(),
        );
    }
    Ok(())
}

fn line(card: &RecognisedCard, recogniser: &Recogniser) -> String {
    let bounds = card.detection.quad.bounds();
    let name = match card.reading.id() {
        Some(id) => {
            let listed = recogniser.catalogue().card(id).map(|card| card.name.as_str());
            let added =
                recogniser.manifest().identifier.added.get(id.as_str()).map(|card| card.name.as_str());
            listed.or(added).unwrap_or(id.as_str())
        }
        None => "unknown",
    };
    format!(
        "{name} ({:.0} %) at {:.0}, {:.0}: {:.0} x {:.0} pixels, box {:.0} %",
        100.0 * card.reading.probability,
        bounds.left,
        bounds.top,
        bounds.width(),
        bounds.height(),
        100.0 * card.detection.score
    )
}

fn millis(time: Duration) -> f64 {
    1000.0 * time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_images_to_try_a_model_on_without_any_game() {
        let samples = composed().unwrap();
        assert_eq!(samples.len() as u64, SCENES);
        assert!(samples.iter().any(|sample| sample.shown > Some(0)));
    }
}
