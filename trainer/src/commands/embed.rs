//! `trainer embed`: what an identifier makes of labelled captures, as vectors and as a map.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use shared::atomic;

use super::{DataArguments, Which};
use crate::embedding::{map, npy, of_samples};
use crate::plot;

/// What `trainer embed` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    which: Which,
    /// Folder for embeddings.npy, embeddings.csv (a file and a card for each row) and map.png
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Embeds.
///
/// # Errors
/// When there are no captures, or the folder cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let set = arguments.data.read_originals()?;
    let mut namer = arguments.which.open()?;
    let vectors = of_samples(&mut namer, &set.samples)?;
    std::fs::create_dir_all(&arguments.out)
        .with_context(|| format!("cannot make {}", arguments.out.display()))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = arguments.out.join(name);
        atomic::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
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
    let path: &Path = &arguments.out.join("map.png");
    plot::points(&points, &names, 900)
        .save(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!(
        "{} vectors of {} numbers and their map are in {}",
        vectors.len(),
        vectors[0].len(),
        arguments.out.display()
    );
    Ok(())
}
