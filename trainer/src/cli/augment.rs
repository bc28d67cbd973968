//! `trainer augment`: changed copies of labelled captures, with their labels, in a folder of their
//! own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use dataset::labels::{Label, Labels};
use image::RgbaImage;
use lens_core::atomic::{self, keep_former, set_aside};
use lens_core::counted::counted;
use lens_core::image_file::{save, save_new};
use rayon::prelude::*;
use synth::preview;

use super::arguments::DataArguments;
use crate::data::augment::plan::{Amount, Balance, plan};
use crate::data::augment::sample::{Kind, USUAL, for_file};
use crate::data::augment::{Change, apply, names};
use crate::data::dataset::picture;
use crate::data::dataset::{AUGMENTED, Sample};
use crate::random::{Stream, random, seed_of};
use crate::report::bar::Bar;

/// What `trainer augment` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    /// Augmented images for each original; without it, as many as make what --balance says
    /// equally frequent
    #[arg(long, value_name = "N", conflicts_with_all = ["to", "balance", "most"], value_parser = super::arguments::count::<1, 1000>)]
    per_image: Option<usize>,
    /// What is made equally frequent
    #[arg(long, value_enum, default_value = "name")]
    balance: Balance,
    /// Images that each card (or modifier) shall have [default: as the most frequent one]
    #[arg(long, value_name = "N", value_parser = super::arguments::count::<1, 100_000>)]
    to: Option<usize>,
    /// The most augmented images of one original, when balancing
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = super::arguments::count::<1, 1000>)]
    most: usize,
    /// Only these kinds [default: all but flip and negative]
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// These kinds too
    #[arg(long, value_enum, value_delimiter = ',')]
    also: Vec<Kind>,
    /// Another seed gives other images
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Lists the images that a run is about to write or to remove: one that was interrupted leaves it,
/// and with it the next one knows them.
const PLANNED: &str = "augmented.planned.json";
/// Name of the sheet of examples.
const SHEET: &str = "contact-sheet.png";
/// Originals on the sheet, and images in a row of it.
const ON_SHEET: usize = 14;
const COLUMNS: u32 = 8;

/// Augments.
///
/// # Errors
/// When there is nothing to augment, or an image cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let folder = arguments.data.captures.folder();
    let out = arguments.data.augmented();
    let set = arguments.data.captures.read()?;
    ensure!(!set.samples.is_empty(), "there is nothing to augment in {}", folder.display());
    let of_originals: BTreeSet<&Path> =
        set.samples.iter().filter_map(|sample| sample.path.parent()).chain([folder.as_path()]).collect();
    if out.canonicalize().is_ok_and(|out| {
        of_originals.iter().any(|folder| folder.canonicalize().is_ok_and(|folder| folder == out))
    }) {
        bail!("{} holds originals, which are never touched\nhelp: give another --augmented", out.display());
    }
    let originals: Vec<&Sample> = set.samples.iter().collect();
    let amount = match arguments.per_image {
        Some(count) => Amount::PerImage(count),
        None => Amount::Balanced { by: arguments.balance, target: arguments.to, most: arguments.most },
    };
    let mut kinds = if arguments.only.is_empty() { USUAL.to_vec() } else { arguments.only.clone() };
    kinds.extend(&arguments.also);
    let counts = plan(&originals, amount);
    for (sample, _) in originals.iter().zip(&counts).filter(|(_, count)| **count > 0) {
        kinds_for(sample, &kinds)?;
    }
    let jobs: Vec<(usize, usize)> = counts
        .iter()
        .enumerate()
        .flat_map(|(index, &count)| (0..count).map(move |child| (index, child)))
        .collect();

    let stems = stems(&originals.iter().map(|sample| sample.file.as_str()).collect::<Vec<_>>());
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let file = |&(index, child): &(usize, usize)| format!("{}_aug{child}.png", stems[index]);
    prepare(&out, jobs.iter().map(file).collect())?;
    let bar = Bar::new("images", jobs.len());
    let written: Vec<(String, Label)> = jobs
        .par_iter()
        .map(|job| {
            let (&(index, child), path) = (job, out.join(file(job)));
            let number = ((index as u64) << 20) + child as u64;
            let seed = seed_of(arguments.seed, Stream::Augmentation, number);
            let written = one(originals[index], &kinds, seed, &path);
            bar.step();
            written
        })
        .collect::<Result<_>>()?;
    let mut labels = Labels::default();
    written.iter().for_each(|(file, label)| labels.set(file, label));
    labels.write(&out.join(AUGMENTED))?;
    remove(&out.join(PLANNED))?;
    sheet(&out, &originals, &written)?;
    let (images, of) = (counted(written.len(), "image"), counted(originals.len(), "original"));
    say!("{images} of {of} written into {}", out.display());
    say!("look at {}", out.join(SHEET).display());
    Ok(())
}

/// Makes place for these files: what an earlier run wrote goes, also where it was interrupted, and
/// whatever else is there is kept under other names.
fn prepare(out: &Path, files: Vec<String>) -> Result<()> {
    atomic::sweep(out);
    let (path, planned) = (out.join(AUGMENTED), out.join(PLANNED));
    let listed = Labels::read(&path)?;
    let is_ours = |(file, label): &(&str, Label)| {
        is_own(file) && label.parent.is_some() && label.augmentation.is_some()
    };
    let is_others = listed.iter().filter(is_ours).count() < listed.files().count();
    // What somebody else lists stays, whatever its name.
    let mut own: BTreeSet<String> = listed.files().filter(|_| !is_others).map(str::to_owned).collect();
    if is_others || !(path.is_file() || planned.is_file()) {
        // No earlier run has written the sheet, and perhaps not even the list.
        for kept in [out.join(SHEET), path.clone()] {
            keep_former(&kept).with_context(|| format!("cannot keep {}", kept.display()))?;
        }
    }
    own.extend(read_plan(&planned)?.into_iter().filter(|it| is_own(it)));
    write_plan(&planned, &own)?;
    Labels::default().write(&path)?;
    own.iter().try_for_each(|file| remove(&out.join(file)))?;
    // Whatever has the name of one that comes is somebody else's.
    let files = BTreeSet::from_iter(files);
    for path in files.iter().map(|file| out.join(file)) {
        set_aside(&path).with_context(|| format!("cannot keep {}", path.display()))?;
    }
    write_plan(&planned, &files)
}

/// Whether a file has a name as this gives it.
fn is_own(file: &str) -> bool {
    let number = file.strip_suffix(".png").and_then(|it| it.rsplit_once("_aug")).map(|(_, number)| number);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    number.is_some_and(is_number) && !file.contains(['/', '\\'])
}

fn read_plan(path: &Path) -> Result<Vec<String>> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} is no list of files\nhelp: remove it", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn write_plan(path: &Path, files: &BTreeSet<String>) -> Result<()> {
    let text = serde_json::to_vec(files).context("cannot list what is planned")?;
    atomic::write(path, &text).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file, which may be gone already.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// What the names of the children of these files begin with: the file's own name, with its
/// extension where another file has the same one without, and a number where that is not enough. No
/// two are the same, also where case is nothing.
fn stems(files: &[&str]) -> Vec<String> {
    let plain = |file: &Path| file.to_string_lossy().replace(['/', '\\'], "_");
    let short: Vec<String> = files.iter().map(|file| plain(&Path::new(file).with_extension(""))).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    short.iter().for_each(|stem| *counts.entry(stem.to_lowercase()).or_default() += 1);
    let mut taken: BTreeSet<String> =
        counts.iter().filter(|(_, count)| **count == 1).map(|(stem, _)| stem.clone()).collect();
    let stems = short.into_iter().zip(files).map(|(short, file)| {
        if counts[&short.to_lowercase()] == 1 {
            return short;
        }
        let long = plain(Path::new(file));
        let numbered = (2..).map(|number| format!("{long}-{number}"));
        let mut candidates = std::iter::once(long.clone()).chain(numbered);
        candidates.find(|stem| taken.insert(stem.to_lowercase())).expect("there are numbers enough")
    });
    stems.collect()
}

/// The kinds of change that an original can have.
fn kinds_for(sample: &Sample, kinds: &[Kind]) -> Result<Vec<Kind>> {
    // Only a plain card becomes a negative one by inverting it.
    let plain = sample.label.modifiers().edition == "base";
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::Negative || plain).collect();
    ensure!(
        !kinds.is_empty(),
        "{}: no kind of change is left for it\nhelp: add one with --also",
        sample.file
    );
    Ok(kinds)
}

/// Writes one changed copy; `seed` says which.
fn one(sample: &Sample, kinds: &[Kind], seed: u64, path: &Path) -> Result<(String, Label)> {
    let kinds = kinds_for(sample, kinds)?;
    let changes = for_file(&kinds, &mut random(seed, Stream::Augmentation, 0));
    let source =
        picture::read(&sample.path).map_err(|fault| anyhow::anyhow!("{}: {fault}", sample.path.display()))?;
    let image = apply(&source.image, source.image.dimensions().into(), &changes, seed);
    save_new(&image, path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut label = sample.label.clone();
    (label.parent, label.augmentation) = (Some(sample.file.clone()), Some(names(&changes)));
    if changes.contains(&Change::Negative) {
        label.modifier = Some("Negative".into());
    }
    let file = path.file_name().expect("it was given a name").to_string_lossy().into_owned();
    Ok((file, label))
}

/// Some originals, each before its children.
fn sheet(out: &Path, originals: &[&Sample], written: &[(String, Label)]) -> Result<()> {
    let mut pictures: Vec<(RgbaImage, String)> = Vec::new();
    let has_children =
        |sample: &&&Sample| written.iter().any(|(_, label)| label.parent.as_ref() == Some(&sample.file));
    let shown: Vec<&&Sample> = originals.iter().filter(has_children).collect();
    let step = shown.len().div_ceil(ON_SHEET).max(1);
    for sample in shown.into_iter().step_by(step) {
        let children = written.iter().filter(|(_, label)| label.parent.as_ref() == Some(&sample.file));
        let children =
            children.map(|(file, label)| (out.join(file), label.augmentation.clone().unwrap_or_default()));
        let row = std::iter::once((sample.path.clone(), sample.class.clone()))
            .chain(children)
            .take(COLUMNS as usize);
        for (path, caption) in row {
            if let Ok(picture) = picture::read(&path) {
                pictures.push((picture.image, caption));
            }
        }
        while !pictures.len().is_multiple_of(COLUMNS as usize) {
            pictures.push((RgbaImage::new(1, 1), String::new()));
        }
    }
    let path: PathBuf = out.join(SHEET);
    save(&preview::captioned(&pictures, [90, 120], COLUMNS), &path)
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn augment(folder: &Path, options: &[&str]) -> Result<()> {
        let (data, augmented) = (folder.join("data"), folder.join("augmented"));
        let mut line: Vec<&std::ffi::OsStr> = vec![
            "augment".as_ref(),
            "--data".as_ref(),
            data.as_ref(),
            "--game".as_ref(),
            "practice".as_ref(),
        ];
        line.extend(options.iter().map(std::ffi::OsStr::new));
        if !options.contains(&"--augmented") {
            line.extend(["--augmented".as_ref(), augmented.as_os_str()]);
        }
        run(&Line::parse_from(line).arguments)
    }

    /// Every file below a folder, with its bytes.
    fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.append(&mut bytes(&path));
            } else {
                let read = std::fs::read(&path).unwrap();
                all.insert(path, read);
            }
        }
        all
    }

    #[test]
    fn no_two_stems_are_the_same() {
        let check = |files: &[&str], wanted: &[&str]| assert_eq!(stems(files), wanted, "{files:?}");
        check(&["a.png", "b.jpg", "sub/c.png", "d"], &["a", "b", "sub_c", "d"]);
        check(&["a.png", "b.png", "a.jpg"], &["a.png", "b", "a.jpg"]);
        check(&["x/a.png", "x_a.png", "a.png"], &["x_a.png", "x_a.png-2", "a"]);
        check(&["A.png", "a.png"], &["A.png", "a.png-2"]);
        // A stem that one file has by itself is not given to another.
        check(&["a.png", "a.jpg", "a.png.webp"], &["a.png-2", "a.jpg", "a.png"]);
    }

    #[test]
    fn augmented_pictures_say_what_they_are_and_originals_stay_as_they_were() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        std::fs::create_dir_all(data.join("sub")).unwrap();
        // Two whose names differ by the extension, and one in a folder of its own.
        let files = [("a.png", "Fox"), ("a.jpg", "Owl"), ("b.png", "Owl"), ("sub/c.png", "Fox")];
        let mut labels = Labels::default();
        for (number, (file, name)) in files.into_iter().enumerate() {
            image::RgbImage::new(60 + number as u32, 80).save(data.join(file)).unwrap();
            let modifier = Some("Foil".to_owned());
            labels.set(file, &Label { name: name.into(), modifier, ..Label::default() });
        }
        labels.write(&data.join("labels.json")).unwrap();
        let before = bytes(&data);
        augment(place.path(), &["--per-image", "3"]).unwrap();
        assert_eq!(bytes(&data), before);

        let out = place.path().join("augmented");
        let written = Labels::read(&out.join(AUGMENTED)).unwrap();
        let names: BTreeSet<&str> = written.files().collect();
        let stems = ["a.png", "a.jpg", "b", "sub_c"];
        let wanted: BTreeSet<String> =
            stems.iter().flat_map(|stem| (0..3).map(move |child| format!("{stem}_aug{child}.png"))).collect();
        assert_eq!(names, wanted.iter().map(String::as_str).collect());
        let mut there: BTreeSet<String> =
            bytes(&out).into_keys().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
        assert!(there.remove(AUGMENTED) && there.remove(SHEET));
        assert_eq!(there, wanted, "each image has a file");
        for (file, label) in written.iter() {
            let parent = label.parent.as_deref().unwrap();
            let place = files.iter().position(|(file, _)| *file == parent).unwrap();
            assert!(file.starts_with(&format!("{}_aug", stems[place])), "{file} of {parent}");
            assert_eq!((label.name.as_str(), label.modifier.as_deref()), (files[place].1, Some("Foil")));
            assert!(label.augmentation.is_some_and(|it| !it.is_empty()), "{file}");
            // It was made of its own parent: each has another size.
            assert_eq!(image::image_dimensions(out.join(file)).unwrap(), (60 + place as u32, 80), "{file}");
        }
        // Read back, every one is usable.
        let set = crate::data::dataset::DataSet::read(&data, Some(&out), None).unwrap();
        assert_eq!((set.samples.len(), set.problems.len()), (16, 0), "{:?}", set.problems);

        // Again, with fewer: what is listed is what is there.
        augment(place.path(), &["--per-image", "1"]).unwrap();
        assert_eq!(bytes(&out).len(), 4 + 2);
        assert_eq!(bytes(&data), before);
        // What no run has written is kept.
        for folder in ["others", "augmented"] {
            let folder = place.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            let names: &[&str] =
                if folder.ends_with("others") { &["b_aug0.png", SHEET] } else { &["b_aug1.png"] };
            for name in names {
                std::fs::write(folder.join(name), "mine").unwrap();
            }
            augment(place.path(), &["--per-image", "2", "--augmented", folder.to_str().unwrap()]).unwrap();
            for name in names {
                let path = folder.join(name);
                assert_eq!(std::fs::read(atomic::former(&path)).unwrap(), b"mine", "{name}");
                assert!(image::open(&path).is_ok(), "{name}");
            }
        }
        // Nor is it lost where the list is gone: then nobody knows whose the others are.
        let others = place.path().join("others");
        std::fs::remove_file(others.join(AUGMENTED)).unwrap();
        augment(place.path(), &["--per-image", "2", "--augmented", others.to_str().unwrap()]).unwrap();
        for name in ["b_aug0.png", SHEET] {
            let stem = name.trim_end_matches(".png");
            let kept = ["", "-2"].map(|number| others.join(format!("{stem}{number}.former.png")));
            assert_eq!(std::fs::read(&kept[0]).unwrap(), b"mine", "{name}");
            assert!(image::open(&kept[1]).is_ok(), "{name}");
        }
        // Never among originals.
        for folder in [data.clone(), data.join("sub")] {
            let error = augment(place.path(), &["--augmented", folder.to_str().unwrap()]).unwrap_err();
            assert!(error.to_string().contains("never touched"), "{error}");
        }
        assert_eq!(bytes(&data), before);
    }

    /// Two captures, of a plain card and of a foil one.
    fn plain_and_foil() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let mut labels = Labels::default();
        for (file, modifier) in [("a.png", None), ("b.png", Some("Foil".to_owned()))] {
            image::RgbImage::new(60, 80).save(data.join(file)).unwrap();
            labels.set(file, &Label { name: "Fox".into(), modifier, ..Label::default() });
        }
        labels.write(&data.join("labels.json")).unwrap();
        place
    }

    /// It was refused when most copies of the run before were gone and some of its own were there.
    #[test]
    fn what_cannot_be_changed_is_refused_before_anything_is_removed() {
        let place = plain_and_foil();
        augment(place.path(), &["--per-image", "2"]).unwrap();
        let before = bytes(place.path());
        let error = augment(place.path(), &["--per-image", "2", "--only", "negative"]).unwrap_err();
        assert!(error.to_string().contains("b.png: no kind of change is left"), "{error}");
        assert!(bytes(place.path()) == before, "a refusal has changed something");
    }

    #[test]
    fn what_another_program_listed_is_not_removed() {
        let place = plain_and_foil();
        let out = place.path().join("augmented");
        std::fs::create_dir_all(&out).unwrap();
        for (listed, said) in [
            ("fox_august.png", r#"{"name": "Fox", "parent": "fox.png", "augmentation": "blur"}"#),
            ("fox_aug0.png", r#"{"name": "Fox"}"#),
            ("fox_aug0.png", r#"{"name": "Fox", "parent": "fox.png"}"#),
        ] {
            // Beside one that could be ours.
            let ours = r#""c_aug0.png": {"name": "Fox", "parent": "c.png", "augmentation": "blur"}"#;
            std::fs::write(out.join(AUGMENTED), format!("{{{listed:?}: {said}, {ours}}}")).unwrap();
            [listed, "c_aug0.png"].iter().for_each(|name| std::fs::write(out.join(name), "mine").unwrap());
            augment(place.path(), &["--per-image", "1"]).unwrap();
            for name in [listed, "c_aug0.png"] {
                assert_eq!(
                    std::fs::read_to_string(out.join(name)).unwrap_or_default(),
                    "mine",
                    "{listed}: {name}"
                );
            }
        }
    }

    #[test]
    fn an_interrupted_run_leaves_nothing_for_good() {
        let place = plain_and_foil();
        let out = place.path().join("augmented");
        std::fs::create_dir_all(&out).unwrap();
        std::fs::write(out.join("a_aug1.png"), "mine").unwrap();
        let listed = format!("{{{:?}: {{\"name\": \"Owl\"}}}}", "mine.png");
        std::fs::write(out.join(AUGMENTED), &listed).unwrap();
        // What a run has done that is killed when it has written the first image.
        for _ in 0..2 {
            let planned =
                ["a", "b"].iter().flat_map(|stem| (0..3).map(move |it| format!("{stem}_aug{it}.png")));
            prepare(&out, planned.collect()).unwrap();
            save_new(&RgbaImage::new(60, 80), &out.join("a_aug0.png")).unwrap();
        }
        augment(place.path(), &["--per-image", "3"]).unwrap();
        augment(place.path(), &["--per-image", "1"]).unwrap();
        let there: BTreeSet<String> =
            bytes(&out).into_keys().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
        let kept = ["a_aug1.former.png", "augmented.former.json"];
        let wanted = ["a_aug0.png", "b_aug0.png", AUGMENTED, SHEET];
        assert_eq!(there, kept.into_iter().chain(wanted).map(str::to_owned).collect());
        assert_eq!(kept.map(|name| std::fs::read_to_string(out.join(name)).unwrap()), ["mine", &listed]);
    }
}
