//! What several commands take: a model by its name or folder, and images.

use std::ops::{ControlFlow, RangeInclusive};
use std::path::Path;

use anyhow::{Result, anyhow};
use image::{ImageError, RgbaImage};
use lens_core::image_file;
use lens_core::manifest::Manifest;
use mods::language;
use vision::network::Options;
use vision::providers::Provider;
use vision::recogniser::Recogniser;

use super::progress::Progress;
use crate::recognition::hardware::Store;
use crate::recognition::modded::{self, Wanted};
use crate::recognition::model;
use crate::settings::mods::ModsPlace;
use crate::settings::{self, MAX_THREADS, Settings};

/// Opens a model by its name or folder; where nobody says what it is to run on, on what was
/// measured to be best.
///
/// # Errors
/// When the model in its folder, which the error names, cannot be used.
pub(crate) fn open_model(model: &str, options: &Options) -> Result<Recogniser> {
    let folder = model::folder(model);
    model::open(&folder, &as_measured(&folder, options, &Store::installed()))
}

/// Options with what was measured to be best for the model of a folder, where they name no
/// providers.
fn as_measured(folder: &Path, options: &Options, store: &Store) -> Options {
    let mut options = options.clone();
    if options.providers == Provider::default_order()
        && let Some(record) = Manifest::read(folder).ok().and_then(|it| store.latest(&it))
    {
        options.providers = record.order();
    }
    options
}

/// Which mods to read: as `given`, else as the settings say, or `usual` where that is not to be
/// asked.
///
/// # Errors
/// When the settings are wrong.
pub(crate) fn settings_of_mods(given: Option<&ModsPlace>, usual: &ModsPlace) -> Result<Wanted> {
    let path = settings::file::path();
    let is_asked = *usual == ModsPlace::Found && path.is_file();
    let settings = if is_asked { settings::file::read(&path)? } else { Settings::default() };
    let mut mods = settings.mods;
    if !is_asked {
        mods.place = usual.clone();
    }
    if let Some(given) = given {
        mods.place = given.clone();
    }
    Ok(Wanted::new(mods, language::wanted(&settings.language)))
}

/// Lets a model know the cards of mods, where some are wanted.
///
/// # Errors
/// When the settings are wrong, the folder cannot be listed or the model cannot be run.
pub(crate) fn know_mods(
    recogniser: &mut Recogniser,
    given: Option<&ModsPlace>,
    usual: &ModsPlace,
) -> Result<()> {
    let wanted = settings_of_mods(given, usual)?;
    let Some(library) = wanted.read(recogniser.catalogue())? else { return Ok(()) };
    if given.is_none() && recogniser.manifest().identifier.embedding == 0 {
        return Ok(());
    }
    let mut progress = Progress::new("cards of mods learnt");
    modded::teach(recogniser, &library, &wanted, |done, of| {
        progress.tell(done, of);
        ControlFlow::Continue(())
    })
}

/// Reads an image, upright. The errors already say why: a context would have it said twice.
pub(crate) fn read_picture(path: &Path) -> Result<RgbaImage> {
    let path_name = path.display();
    let help = "help: give a PNG, JPEG, WebP or BMP file";
    image_file::open(path).map_err(|error| match error {
        ImageError::IoError(error) => anyhow!("cannot read {path_name}: {error}\n{help}"),
        error => anyhow!("{path_name} is not an image that can be read: {error}\n{help}"),
    })
}

/// A size that is not written as one.
#[derive(Debug, thiserror::Error)]
#[error("write WIDTHxHEIGHT, for example 1280x720")]
pub(crate) struct SizeError;

/// Reads a size in pixels, as in `1280x720`.
///
/// # Errors
/// When it is not written so, or a side is too small or too large.
pub(crate) fn parse_size(text: &str) -> Result<[u32; 2], SizeError> {
    let read = |side: &str| side.parse().ok().filter(|side| (64..=7680).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some([read(width)?, read(height)?]));
    sides.ok_or(SizeError)
}

/// A length of time that ends: above 0, and at most a year.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_seconds(text: &str) -> Result<f32, String> {
    let read = text.trim().parse().ok().filter(|it: &f32| *it > 0.0 && *it <= 31_536_000.0);
    read.ok_or_else(|| "write a number of seconds, above 0 and at most a year".to_owned())
}

/// Frames a second of what goes on: from 1 to 240, as in the settings.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_rate(text: &str) -> Result<f32, String> {
    number(text, 1.0..=240.0, "a number of frames a second from 1 to 240")
}

/// Frames a second of a new recording.
///
/// # Errors
/// When it is no number from 0.5 to 120.
pub(crate) fn parse_recorded_rate(text: &str) -> Result<f32, String> {
    number(text, 0.5..=120.0, "a number of frames a second from 0.5 to 120")
}

/// Frames a second of what was recorded without times.
///
/// # Errors
/// When it is no number from 0.1 to 1000.
pub(crate) fn parse_replayed_rate(text: &str) -> Result<f32, String> {
    number(text, 0.1..=1000.0, "a number of frames a second from 0.1 to 1000")
}

/// How long a recording is, in seconds: at most a day.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_recorded_seconds(text: &str) -> Result<f32, String> {
    number(text, 0.1..=86_400.0, "a number of seconds from 0.1 to 86400")
}

/// A moment, in seconds: 0 or later, and at most a day.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_moment(text: &str) -> Result<f32, String> {
    number(text, 0.0..=86_400.0, "a moment from 0 to 86400 seconds")
}

/// How long something is shown, in seconds: long enough to be seen, and at most a day.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_shown(text: &str) -> Result<f32, String> {
    number(text, 0.02..=86_400.0, "a number of seconds from 0.02 to 86400")
}

/// A place on the screen.
///
/// # Errors
/// When it is no such number.
pub(crate) fn parse_place(text: &str) -> Result<f32, String> {
    number(text, -1e6..=1e6, "a number of pixels")
}

/// A probability.
///
/// # Errors
/// When it is no number from 0 to 1.
pub(crate) fn parse_probability(text: &str) -> Result<f32, String> {
    number(text, 0.0..=1.0, "a number from 0 to 1")
}

/// A share in per cent.
///
/// # Errors
/// When it is no number from 0 to 100.
pub(crate) fn parse_per_cent(text: &str) -> Result<f32, String> {
    number(text, 0.0..=100.0, "a number from 0 to 100")
}

fn number(text: &str, within: RangeInclusive<f32>, what: &str) -> Result<f32, String> {
    let read = text.trim().parse().ok().filter(|it| within.contains(it));
    read.ok_or_else(|| format!("write {what}"))
}

/// How many of something: at least one.
///
/// # Errors
/// When it is no number from 1 to `MOST`.
pub(crate) fn parse_count<const MOST: usize>(text: &str) -> Result<usize, String> {
    let read = text.trim().parse().ok().filter(|it| (1..=MOST).contains(it));
    read.ok_or_else(|| format!("write a number from 1 to {MOST}"))
}

/// How many threads.
///
/// # Errors
/// When it is no number from 1 to [`MAX_THREADS`].
pub(crate) fn parse_threads(text: &str) -> Result<usize, String> {
    parse_count::<MAX_THREADS>(text)
}

/// Options of the networks with this many threads, or as many as usual.
pub(crate) fn with_threads(threads: Option<usize>) -> Options {
    let defaults = Options::default();
    Options { threads: threads.unwrap_or(defaults.threads).max(1), ..defaults }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_never_end_are_refused() {
        for text in ["nan", "inf", "-inf", "1e30", "0", "-1", "", "x"] {
            assert!(parse_seconds(text).is_err() && parse_rate(text).is_err(), "{text:?}");
            assert!(parse_threads(text).is_err() && parse_count::<9>(text).is_err(), "{text:?}");
            assert!(parse_shown(text).is_err(), "{text:?}");
            let with_zero = [parse_moment(text), parse_probability(text), parse_per_cent(text)];
            assert!(text == "0" || with_zero.iter().all(Result::is_err), "{text:?}");
        }
        assert_eq!((parse_seconds("0.5"), parse_rate("60"), parse_threads("4")), (Ok(0.5), Ok(60.0), Ok(4)));
    }

    #[test]
    fn what_would_be_cut_short_is_refused() {
        assert!(parse_threads("64").is_ok() && parse_threads("65").is_err());
        for (parse, least, most) in [
            (parse_rate as fn(&str) -> Result<f32, String>, 1.0, 240.0),
            (parse_recorded_rate, 0.5, 120.0),
            (parse_replayed_rate, 0.1, 1000.0),
            (parse_recorded_seconds, 0.1, 86_400.0),
        ] {
            for good in [least, most] {
                assert_eq!(parse(&good.to_string()), Ok(good));
            }
            for bad in [least * 0.9, most * 1.1] {
                let told = parse(&bad.to_string()).unwrap_err();
                assert!(told.contains(&format!("from {least} to {most}")), "{bad}: {told}");
            }
        }
    }

    #[test]
    fn a_command_runs_where_it_was_measured_to_be_best_unless_it_is_told_where() {
        use crate::recognition::hardware::{Key, Record, Timing, model_name};
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/models/practice");
        let place = tempfile::tempdir().unwrap();
        let store = Store::at(place.path().join("hardware.json"));
        let usual = with_threads(Some(1));
        assert_eq!(as_measured(&folder, &usual, &store).providers, Provider::default_order());
        let timing = |provider, millis| Timing {
            provider,
            millis,
            processor_millis: 1.0,
            opening_millis: 1.0,
            stages: Vec::new(),
            difference: 0.0,
        };
        let model = model_name(&Manifest::read(&folder).unwrap());
        let record = Record {
            key: Key { runtime: String::new(), driver: String::new(), model, threads: 1 },
            model_name: "practice".into(),
            measured_at: 1,
            timings: vec![timing(Provider::Cpu, 8.0), timing(Provider::WebGpu, 3.0)],
            refused: Vec::new(),
            failed: None,
        };
        store.put(record).unwrap();
        assert_eq!(as_measured(&folder, &usual, &store).providers, [Provider::WebGpu, Provider::Cpu]);
        let named = Options { providers: vec![Provider::Cuda], ..usual };
        assert_eq!(as_measured(&folder, &named, &store).providers, [Provider::Cuda]);
    }
}
