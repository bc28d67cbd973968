//! Carries a plan out: captures with their origin, then their labels.
//!
//! A capture is there whole or not at all, and its label follows when all of its image are there.
//! After a kill the same import again finds the captures, and names those that have no name.

use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use dataset::captures::crop::crop;
use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use dataset::labels::Label;
use dataset::labels::store::{Change, Store, StoreError, leave};

use super::Source;
use super::plan::{Fate, Plan, Step};
use crate::data::dataset::picture;

/// Writes the captures, and the labels into the data set `labels`; where a labeller holds that, it
/// takes them in.
///
/// # Errors
/// When an image went meanwhile, or the disk is full; what was written before is whole.
pub fn write(
    plan: &Plan,
    source: &Source,
    captures: &mut Captures,
    labels: &Path,
    tell: &dyn Fn(),
) -> Result<()> {
    let originals = captures.folder().to_path_buf();
    for (number, picture) in source.pictures.iter().enumerate() {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.picture == number).collect();
        let mut changes = Vec::new();
        let named = |file: &str, label: &Label| {
            let label = Label { source: Some("import".into()), ..label.clone() };
            Change::Label { file: file.to_owned(), label: Some(Box::new(label)) }
        };
        for step in &steps {
            if let (Fate::Names(file), Some(label)) = (&step.fate, &step.label) {
                changes.push(named(file, label));
            }
        }
        let new: Vec<&Step> = steps.into_iter().filter(|step| step.fate == Fate::New).collect();
        if !new.is_empty() {
            let read = picture::read(&picture.path);
            let image = read.map_err(|fault| anyhow::anyhow!("{}: {fault}", picture.path.display()))?.image;
            let frame = match new.iter().any(|step| step.quad.is_some()) {
                true => Some(captures.add_frame(&(&image).into())?),
                false => None,
            };
            let taken = std::fs::metadata(&picture.path).and_then(|it| it.modified()).ok();
            let millis =
                taken.and_then(|it| it.duration_since(UNIX_EPOCH).ok()).map_or(0, |it| it.as_millis());
            for step in new {
                let cut = step.quad.map(|quad| crop(&(&image).into(), quad));
                let card = cut.as_ref().unwrap_or(&image);
                let context = CaptureContext {
                    quad: step.quad,
                    frame: step.quad.and(frame.clone()),
                    window: image.dimensions().into(),
                    taken_at_millis: u64::try_from(millis).unwrap_or_default(),
                    ..CaptureContext::default()
                };
                let hashes = captures.hashes(card);
                let verdict = captures.judge(&hashes, &context);
                let added = captures.save(card, hashes, context, verdict)?;
                if let Some(label) = &step.label {
                    changes.push(named(&captures.records()[added.position].filename, label));
                }
            }
        }
        say(labels, &originals, &changes)?;
        tell();
    }
    Ok(())
}

fn say(labels: &Path, originals: &Path, changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let said = match Store::open(labels, originals) {
        Ok(mut store) => store.apply(changes).and_then(|_| store.checkpoint()),
        Err(StoreError::InUse(_)) => leave(labels, changes),
        Err(error) => Err(error),
    };
    said.with_context(|| format!("cannot write labels into {}", labels.display()))
}
