//! The model, on a thread of its own: guesses for what is to be named next, and what names teach it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use image::RgbaImage;
use shared::captures::cut;
use shared::captures::record::Sight;
use shared::geometry::{InFrame, Quad};
use shared::labels::Label;
use shared::manifest::NOT_A_CARD;
use shared::modifiers::Modifiers;
use shared::pixels::Pixels;
use vision::gallery::{self, Taught};
use vision::recogniser::{Recogniser, unmeasured};
use vision::session::Options;
use vision::teach;

/// What the thread is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Says what a picture may show.
    Guess(Source),
    /// Teaches what a picture shows, when the model does not know it.
    Teach(Source, Box<Label>),
    /// Forgets what a picture taught.
    Forget(String),
}

/// A picture to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The capture's file.
    pub file: String,
    /// What was known of it: the frame that it lies in is better than the crop.
    pub sight: Sight,
}

/// What the thread answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What a picture may show, best first, and what is on it; the id when the model is sure.
    Guessed {
        /// The capture's file.
        file: String,
        /// Ids and probabilities.
        guesses: Vec<(String, f32)>,
        /// What is on it.
        modifiers: Modifiers,
        /// What the model names it.
        known: Option<String>,
    },
    /// A card was taught, and is known from now on.
    Taught(String),
    /// Something went wrong; the text is for people.
    Failed(String),
}

/// Jobs that may wait: what is not accepted is asked for again, or taught by training.
const QUEUE: usize = 256;

/// The thread.
pub struct Networks {
    jobs: Option<SyncSender<Job>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Networks {
    /// With the model of a folder, which is opened by the thread. `wake` is called after each answer.
    pub fn start(model: PathBuf, folders: Vec<PathBuf>, wake: impl Fn() + Send + 'static) -> Self {
        let (jobs, inbox) = sync_channel(QUEUE);
        let (outbox, answers) = sync_channel(QUEUE);
        let builder = std::thread::Builder::new().name("networks".into());
        let thread = builder.spawn(move || {
            let mut bench = Bench { model, folders, recogniser: None };
            while let Ok(job) = inbox.recv() {
                let answer = match bench.work(&job) {
                    Ok(Some(answer)) => answer,
                    Ok(None) => continue,
                    Err(error) => Answer::Failed(format!("{error:#}")),
                };
                if outbox.send(answer).is_err() {
                    return;
                }
                wake();
            }
        });
        Self { jobs: Some(jobs), answers, thread: thread.ok() }
    }

    /// Hands a job over; answers whether it was accepted.
    pub fn ask(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok())
    }

    /// What has been answered since.
    pub fn answers(&self) -> impl Iterator<Item = Answer> {
        self.answers.try_iter()
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It finishes what it was taught; answers that nobody reads must not hold it up.
            while !thread.is_finished() {
                let _ = self.answers.recv_timeout(std::time::Duration::from_millis(5));
            }
            drop(thread.join());
        }
    }
}

struct Bench {
    model: PathBuf,
    folders: Vec<PathBuf>,
    recogniser: Option<Recogniser>,
}

impl Bench {
    fn work(&mut self, job: &Job) -> anyhow::Result<Option<Answer>> {
        match job {
            Job::Guess(source) => self.guess(source).map(Some),
            Job::Teach(source, label) => self.teach(source, label),
            Job::Forget(file) => {
                if self.model.join(gallery::FILE_NAME).exists() {
                    gallery::forget(&self.model, file)?;
                    self.reload()?;
                }
                Ok(None)
            }
        }
    }

    fn guess(&mut self, source: &Source) -> anyhow::Result<Answer> {
        let (picture, quad) = look(&self.folders, source)?;
        let readings = self.open()?.identify(&Pixels::from(&picture), &[quad], &mut unmeasured)?;
        let file = source.file.clone();
        Ok(match &readings[0] {
            Some(reading) => Answer::Guessed {
                file,
                guesses: reading.top.iter().map(|(id, probability)| (id.to_string(), *probability)).collect(),
                modifiers: reading.modifiers.clone(),
                known: reading.id.as_deref().map(str::to_owned),
            },
            None => Answer::Guessed {
                file,
                guesses: vec![(NOT_A_CARD.into(), 1.0)],
                modifiers: Modifiers::default(),
                known: Some(NOT_A_CARD.into()),
            },
        })
    }

    fn teach(&mut self, source: &Source, label: &Label) -> anyhow::Result<Option<Answer>> {
        let (picture, quad) = look(&self.folders, source)?;
        let pixels = Pixels::from(&picture);
        let recogniser = self.open()?;
        let is_known = teach::says(recogniser, &pixels, quad)?.as_deref() == Some(label.class());
        // The label counts all the same: it is what the next training learns from.
        if is_known || !teach::can_be_taught(recogniser) {
            return Ok(None);
        }
        let embedding = teach::embedding(recogniser, &pixels, quad)?;
        let taught = Taught {
            id: label.class().to_owned(),
            name: label.name.clone(),
            embedding,
            capture: Some(source.file.clone()),
        };
        gallery::teach(&self.model, vec![taught])?;
        self.reload()?;
        Ok(Some(Answer::Taught(label.name.clone())))
    }

    fn open(&mut self) -> anyhow::Result<&mut Recogniser> {
        if self.recogniser.is_none() {
            let options = Options { threads: 1, ..Options::default() };
            let mut recogniser = Recogniser::open(&self.model, &options)?;
            let picture = |file: &str| {
                self.folders
                    .iter()
                    .find_map(|folder| image::open(folder.join(file)).ok())
                    .map(image::DynamicImage::into_rgba8)
            };
            teach::carry_over(&mut recogniser, &self.model, &picture)?;
            self.recogniser = Some(recogniser);
        }
        Ok(self.recogniser.as_mut().expect("it was opened above"))
    }

    fn reload(&mut self) -> anyhow::Result<()> {
        let Self { model, recogniser, .. } = self;
        if let Some(recogniser) = recogniser {
            recogniser.reload_gallery(model)?;
        }
        Ok(())
    }
}

/// The card in its frame, or its crop where the frame is gone.
fn look(folders: &[PathBuf], source: &Source) -> anyhow::Result<(RgbaImage, Quad<InFrame>)> {
    let open = |file: &str| {
        folders.iter().find_map(|folder: &PathBuf| image::open(folder.join(Path::new(file))).ok())
    };
    if let Some((frame, quad)) = source.sight.frame.as_deref().zip(source.sight.quad)
        && let Some(frame) = open(frame)
    {
        return Ok((frame.into_rgba8(), quad));
    }
    let crop =
        open(&source.file).ok_or_else(|| anyhow::anyhow!("cannot read the picture {}", source.file))?;
    let quad = cut::quad_in_crop(crop.width(), crop.height());
    Ok((crop.into_rgba8(), quad))
}
