//! `trainer embed`: what an identifier makes of labelled captures, as vectors and as a map.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use image::ImageFormat;
use lens_core::atomic::{self, keep_former};
use lens_core::counted::counted;

use super::arguments::{CaptureArguments, WhichOrInstalled};
use crate::evaluate::embedding::{map, npy, of_samples};
use crate::report::bar::Bar;
use crate::report::plot;

/// What `trainer embed` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    data: CaptureArguments,
    #[command(flatten)]
    which: WhichOrInstalled,
    /// Folder for embeddings.npy, embeddings.csv (a file and a card for each row) and map.png; such
    /// files that are there are kept beside the new ones [default: embeddings, or a number after it
    /// when that is there]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Folder when none is given, in the current one.
const FOLDER: &str = "embeddings";

/// Embeds.
///
/// # Errors
/// When there are no captures, or the folder cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let set = arguments.data.read()?;
    ensure!(
        !set.samples.is_empty(),
        "none of the captures in {} can be used\nhelp: mend what is listed, or give another folder with --data",
        arguments.data.folder().display()
    );
    let mut classifier = arguments.which.open(arguments.data.game())?;
    let bar = Bar::listening("captures", set.samples.len());
    let vectors = of_samples(&mut classifier, &set.samples)?;
    drop(bar);
    let out = make_folder(arguments.out.as_deref(), Path::new(""))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        keep_former(&path)
            .and_then(|()| atomic::write(&path, bytes))
            .with_context(|| format!("cannot write {}", path.display()))
    };
    write("embeddings.npy", &npy(&vectors))?;
    let mut rows = String::from("file,class\n");
    let mut names: Vec<String> = set.samples.iter().map(|sample| sample.class.clone()).collect();
    for sample in &set.samples {
        rows +=
            &format!("\"{}\",\"{}\"\n", sample.file.replace('"', "\"\""), sample.class.replace('"', "\"\""));
    }
    write("embeddings.csv", rows.as_bytes())?;
    names.sort();
    names.dedup();
    let group = |class: &String| names.binary_search(class).expect("every class is a name");
    let points: Vec<([f32; 2], usize)> = map(&vectors)?
        .into_iter()
        .zip(&set.samples)
        .map(|(point, sample)| (point, group(&sample.class)))
        .collect();
    let mut png = Cursor::new(Vec::new());
    plot::picture(&plot::Points { points: &points, names: &names, side: 900.0 })
        .write_to(&mut png, ImageFormat::Png)
        .context("cannot make an image of the map")?;
    write("map.png", png.get_ref())?;
    let (count, length) = (counted(vectors.len(), "vector"), counted(vectors[0].len(), "number"));
    say!("written into {}: {count} of {length}, and a map of them", out.display());
    Ok(())
}

/// The folder as given; else a new one within `place`, so that nothing that is there is written
/// over.
fn make_folder(given: Option<&Path>, place: &Path) -> Result<PathBuf> {
    if let Some(folder) = given {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        return Ok(folder.to_path_buf());
    }
    let mut number = 1;
    loop {
        let name = if number == 1 { FOLDER.to_owned() } else { format!("{FOLDER}-{number}") };
        let folder = place.join(name);
        match std::fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            made => {
                made.with_context(|| {
                    format!("cannot make {}\nhelp: give another folder with --out", folder.display())
                })?;
                return Ok(folder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_folder_it_makes_a_new_one() {
        let place = tempfile::tempdir().unwrap();
        let names = [(), (), ()].map(|()| make_folder(None, place.path()).unwrap());
        let wanted = ["embeddings", "embeddings-2", "embeddings-3"].map(|name| place.path().join(name));
        assert_eq!(names, wanted);
        assert_eq!(make_folder(Some(&wanted[1]), place.path()).unwrap(), wanted[1], "as it was asked");
    }
}
