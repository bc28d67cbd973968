//! Teaches the running model a card from one capture.
//!
//! Runs on the writer's thread with networks of its own, opened when the first card is taught: the
//! vision thread never waits. It reads the model's gallery again when the file has changed.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lens_core::geometry::{InFrame, Quad};
use lens_core::pixels::Pixels;
use vision::enrol::{self, NamedCard};
use vision::network::Options;
use vision::recogniser::Recogniser;

/// Whoever can teach a model.
pub trait Teach: Send {
    /// Teaches the model in `folder` that this quad of a frame shows the card.
    ///
    /// # Errors
    /// When the model cannot run or its gallery cannot be written.
    fn teach(
        &mut self,
        folder: &Path,
        frame: &Pixels<'_>,
        quad: Quad<InFrame>,
        card: NamedCard,
    ) -> anyhow::Result<()>;
}

/// Teaches by the model's own identifier.
#[derive(Default)]
pub struct Teacher {
    open: Option<(PathBuf, Recogniser)>,
}

impl Teach for Teacher {
    fn teach(
        &mut self,
        folder: &Path,
        frame: &Pixels<'_>,
        quad: Quad<InFrame>,
        card: NamedCard,
    ) -> anyhow::Result<()> {
        if self.open.as_ref().is_none_or(|(open, recogniser)| open != folder || !recogniser.is_of(folder)) {
            let options = Options { threads: 1, ..Options::default() };
            let recogniser = Recogniser::open(folder, &options)
                .with_context(|| format!("cannot teach the model in {}", folder.display()))?;
            self.open = Some((folder.into(), recogniser));
        }
        let (_, recogniser) = self.open.as_mut().expect("it was opened above");
        enrol::card(recogniser, folder, frame, quad, card)?;
        Ok(())
    }
}
