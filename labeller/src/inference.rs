//! The model, on a thread of its own: it guesses what is to be named next, and is taught what was
//! named.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use dataset::captures::crop;
use dataset::captures::record::CaptureContext;
use dataset::labels::Label;
use image::RgbaImage;
use lens_core::causes;
use lens_core::geometry::{InFrame, Quad};
use lens_core::image_file;
use lens_core::manifest::NOT_A_CARD;
use lens_core::pixels::Pixels;
use vision::embeddings::SearchBuffer;
use vision::enrol::{self, NamedCard};
use vision::gallery::{self, Gallery, forgotten};
use vision::network::Options;
use vision::reading::GuessSource;
use vision::recogniser::Recogniser;

use crate::knowledge::Knowledge;
use crate::reading::{Guess, Origin, Reading};

/// What the thread is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Says what an image may show.
    Guess(Source),
    /// Finds and reads the cards of a whole frame.
    Propose(Arc<RgbaImage>),
    /// Reads these quads of a whole frame.
    Read(Arc<RgbaImage>, Vec<Quad<InFrame>>),
    /// Teaches what an image shows, when the model does not know it.
    Teach(Source, Box<Label>),
    /// Forgets what images taught.
    Forget(Vec<String>),
    /// Drops all that images taught which go for good, also what was put aside.
    Erase(Vec<String>),
    /// Gives what was taught another name, in all models.
    Rename(Rename),
    /// Says what the model knows.
    Know,
    /// Forgets a card, in all models; it can be taken back.
    ForgetCard(String),
    /// Takes back a card that was forgotten.
    TakeBack(String),
}

/// Another name for what was taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Captures that now show something else.
    pub captures: Vec<String>,
    /// Ids that no image has any more: whatever taught them goes along.
    pub gone: Vec<String>,
    pub id: String,
    pub name: String,
}

/// An image to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub file: String,
    /// What was known of it: the frame that it lies in is better than the crop.
    pub context: CaptureContext,
}

/// What the thread says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What an image may show.
    Guessed { file: String, reading: Reading },
    /// An image could not be read; the text is for people.
    Unread { file: String, reason: String },
    /// The cards of a whole frame; nothing where the identifier says that there is none.
    Proposed { frame: Arc<RgbaImage>, cards: Vec<(Quad<InFrame>, Option<Reading>)> },
    /// A whole frame could not be looked at; the text is for people.
    Unproposed { frame: Arc<RgbaImage>, reason: String },
    /// What quads of a whole frame show; nothing where the identifier says that there is no card.
    Read { frame: Arc<RgbaImage>, cards: Vec<(Quad<InFrame>, Option<Reading>)> },
    /// A card was taught, and is known from now on.
    Taught(String),
    /// What the model knows now, and whether that has just been changed.
    Knows(Box<Knowledge>, Changed),
    /// Something went wrong; the text is for people.
    Failed(String),
}

/// Whether a model has other things to say than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Yes,
    No,
}

/// Jobs that may wait: what else is asked for is asked for again, or taught by training.
const MAX_JOBS: usize = 256;

impl Job {
    /// Whether nobody would ask for it again: what was taken back would go on being known.
    fn must_be_done(&self) -> bool {
        matches!(
            self,
            Self::Forget(_) | Self::Erase(_) | Self::Rename(_) | Self::ForgetCard(_) | Self::TakeBack(_)
        )
    }
}

/// A handle to the thread; dropping it ends the thread.
pub struct Inference {
    model: PathBuf,
    jobs: Option<SyncSender<Job>>,
    /// Those that must be done and found no room, in their order.
    kept: RefCell<VecDeque<Job>>,
    answers: Receiver<Answer>,
    /// Jobs that were accepted and are not done.
    open: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Inference {
    /// With the model of a folder, which is opened by the thread. `wake` is called after each
    /// answer.
    pub fn start(model: PathBuf, folders: Vec<PathBuf>, wake: impl Fn() + Send + 'static) -> Self {
        let (jobs, inbox) = sync_channel(MAX_JOBS);
        let (outbox, answers) = sync_channel(MAX_JOBS);
        let open = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&open);
        let builder = std::thread::Builder::new().name("inference".into());
        let own = model.clone();
        let thread = builder.spawn(move || {
            let mut worker = Worker { model: own, folders, recogniser: None };
            while let Ok(job) = inbox.recv() {
                let answer = match worker.work(&job) {
                    Ok(answer) => answer,
                    Err(error) => Some(failed(&job, &error)),
                };
                let is_heard = answer.is_none_or(|answer| outbox.send(answer).is_ok());
                left.fetch_sub(1, Ordering::Release);
                if !is_heard {
                    return;
                }
                wake();
            }
        });
        Self { model, jobs: Some(jobs), kept: RefCell::default(), answers, open, thread: thread.ok() }
    }

    /// The model's folder.
    pub fn model(&self) -> &Path {
        &self.model
    }

    /// Hands a job over. Returns whether it was accepted, as every one is that must be done.
    pub fn ask(&self, job: Job) -> bool {
        self.hand_over_kept();
        self.open.fetch_add(1, Ordering::Relaxed);
        // None overtakes those that wait: what is taught anew would be forgotten after it.
        let refused = match self.kept.borrow().is_empty() {
            true => self.try_send(job),
            false => Some(job),
        };
        match refused {
            None => true,
            Some(job) if job.must_be_done() && self.is_alive() => {
                self.kept.borrow_mut().push_back(job);
                true
            }
            Some(_) => {
                self.open.fetch_sub(1, Ordering::Relaxed);
                false
            }
        }
    }

    /// Gives a job back for which there is no room.
    fn try_send(&self, job: Job) -> Option<Job> {
        let Some(jobs) = &self.jobs else { return Some(job) };
        jobs.try_send(job).err().map(|(TrySendError::Full(job) | TrySendError::Disconnected(job))| job)
    }

    fn hand_over_kept(&self) {
        let mut kept = self.kept.borrow_mut();
        while let Some(job) = kept.pop_front() {
            if let Some(job) = self.try_send(job) {
                kept.push_front(job);
                return;
            }
        }
    }

    /// Whether there is somebody to answer.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Whether every job is done; its answer may still wait to be taken.
    pub fn is_idle(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// What has been answered since.
    pub fn answers(&self) -> impl Iterator<Item = Answer> {
        self.hand_over_kept();
        self.answers.try_iter()
    }
}

impl Drop for Inference {
    fn drop(&mut self) {
        while !self.kept.borrow().is_empty() && self.is_alive() {
            self.hand_over_kept();
            let _ = self.answers.recv_timeout(std::time::Duration::from_millis(5));
        }
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

fn failed(job: &Job, error: &anyhow::Error) -> Answer {
    let reason = causes::said_once(error.chain());
    match job {
        Job::Guess(source) => Answer::Unread { file: source.file.clone(), reason },
        Job::Propose(frame) => Answer::Unproposed { frame: Arc::clone(frame), reason },
        _ => Answer::Failed(reason),
    }
}

/// What runs on the thread.
struct Worker {
    model: PathBuf,
    folders: Vec<PathBuf>,
    recogniser: Option<Recogniser>,
}

impl Worker {
    fn work(&mut self, job: &Job) -> anyhow::Result<Option<Answer>> {
        match job {
            Job::Guess(source) => self.guess(source).map(Some),
            Job::Propose(frame) => self.propose(frame).map(Some),
            Job::Read(frame, quads) => self.read(frame, quads).map(Some),
            Job::Teach(source, label) => self.teach(source, label),
            Job::Forget(files) => {
                gallery::forget(&self.model, files)?;
                self.reload()
            }
            Job::Erase(files) => {
                gallery::forget(&self.model, files)?;
                forgotten::drop_captures(&self.model, files)?;
                self.reload()
            }
            Job::Rename(Rename { captures, gone, id, name }) => {
                gallery::rename_captures(&self.model, captures, id, name)?;
                for old in gone {
                    gallery::rename(&self.model, old, id, name)?;
                }
                self.reload()
            }
            Job::Know => self.know(Changed::No).map(Some),
            Job::ForgetCard(id) => {
                forgotten::put_aside(&self.model, id)?;
                self.reload()?;
                self.know(Changed::Yes).map(Some)
            }
            Job::TakeBack(id) => {
                forgotten::take_back(&self.model, id)?;
                // What other networks made of its captures is made anew where the model is opened.
                self.recogniser = None;
                self.know(Changed::Yes).map(Some)
            }
        }
    }

    fn know(&self, changed: Changed) -> anyhow::Result<Answer> {
        Ok(Answer::Knows(Box::new(Knowledge::read(&self.model)?), changed))
    }

    fn reload(&mut self) -> anyhow::Result<Option<Answer>> {
        if let Some(recogniser) = &mut self.recogniser {
            recogniser.reload_gallery(&self.model)?;
        }
        Ok(None)
    }

    fn guess(&mut self, source: &Source) -> anyhow::Result<Answer> {
        let (picture, quad) = card_of(&self.folders, source)?;
        let pixels = Pixels::from(&picture);
        let read = self.open()?.read(&pixels, &[quad])?[0].as_ref().map(reading_of);
        let reading = match read {
            Some(reading) => reading,
            None => self.untaught(&pixels, quad)?,
        };
        Ok(Answer::Guessed { file: source.file.clone(), reading })
    }

    /// Of what is read as no card: what the model says by itself comes along where somebody taught
    /// that it is none, for whoever did may have slipped.
    fn untaught(&mut self, pixels: &Pixels<'_>, quad: Quad<InFrame>) -> anyhow::Result<Reading> {
        let folder = self.model.clone();
        let recogniser = self.open()?;
        let width = recogniser.manifest().identifier.embedding as usize;
        let taught = Gallery::read(&folder, width)?;
        recogniser.set_gallery(Gallery::default());
        let own = recogniser.read(pixels, &[quad]).map(|readings| readings[0].clone());
        let mut buffer = SearchBuffer::default();
        let likeness = |own: &vision::reading::Reading| Some(taught.nearest(&own.embedding, &mut buffer)?.1);
        let number = own.as_ref().ok().and_then(Option::as_ref).and_then(likeness);
        recogniser.set_gallery(taught);
        let Some((own, number)) = own?.zip(number) else { return Ok(no_card()) };
        let mut reading = reading_of(&own);
        reading.guesses.insert(0, Guess { id: NOT_A_CARD.into(), number, origin: Origin::Taught });
        reading.known = Some(NOT_A_CARD.into());
        Ok(reading)
    }

    fn propose(&mut self, frame: &Arc<RgbaImage>) -> anyhow::Result<Answer> {
        let cards = self.open()?.recognise(&Pixels::from(&**frame))?;
        let cards = cards.iter().map(|it| (it.detection.quad, Some(reading_of(&it.reading)))).collect();
        Ok(Answer::Proposed { frame: Arc::clone(frame), cards })
    }

    fn read(&mut self, frame: &Arc<RgbaImage>, quads: &[Quad<InFrame>]) -> anyhow::Result<Answer> {
        let readings = self.open()?.read(&Pixels::from(&**frame), quads)?;
        let readings = readings.iter().map(|it| it.as_ref().map(reading_of));
        let cards = quads.iter().copied().zip(readings).collect();
        Ok(Answer::Read { frame: Arc::clone(frame), cards })
    }

    fn teach(&mut self, source: &Source, label: &Label) -> anyhow::Result<Option<Answer>> {
        let (picture, quad) = card_of(&self.folders, source)?;
        let model = self.model.clone();
        let recogniser = self.open()?;
        // The label counts all the same: it is what the next training learns from.
        if !enrol::can_enrol(recogniser) {
            return Ok(None);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let named = NamedCard {
            id: label.class().into(),
            name: label.name.clone(),
            capture: source.file.clone(),
            taught_at_millis: now.as_millis() as u64,
        };
        let is_new = enrol::card(recogniser, &model, &Pixels::from(&picture), quad, named)?;
        Ok(is_new.then(|| Answer::Taught(label.name.clone())))
    }

    fn open(&mut self) -> anyhow::Result<&mut Recogniser> {
        if !self.recogniser.as_ref().is_some_and(|recogniser| recogniser.is_of(&self.model)) {
            let options = Options { threads: 1, ..Options::default() };
            let mut recogniser = Recogniser::open(&self.model, &options)?;
            enrol::carry_over(&mut recogniser, &self.model, &|file| open(&self.folders, file))?;
            self.recogniser = Some(recogniser);
        }
        Ok(self.recogniser.as_mut().expect("it was opened above"))
    }
}

/// In the words of the window.
fn reading_of(reading: &vision::reading::Reading) -> Reading {
    let guess = |it: &vision::reading::Guess| Guess {
        id: it.id.to_string(),
        number: it.probability,
        origin: match it.source {
            GuessSource::Model => Origin::Model,
            GuessSource::Enrolled | GuessSource::Sprite => Origin::Taught,
        },
    };
    Reading {
        guesses: reading.guesses.iter().map(guess).collect(),
        modifiers: Some(reading.modifiers.clone()),
        known: reading.id().map(ToString::to_string),
    }
}

/// Of what the identifier takes for no card.
fn no_card() -> Reading {
    let guess = Guess { id: NOT_A_CARD.into(), number: 1.0, origin: Origin::Model };
    Reading { guesses: vec![guess], modifiers: None, known: Some(NOT_A_CARD.into()) }
}

/// An image of one of these folders.
fn open(folders: &[PathBuf], file: &str) -> Option<RgbaImage> {
    folders.iter().find_map(|folder| image_file::open(&folder.join(file)).ok())
}

/// The card in its frame, or its crop where the frame is gone.
fn card_of(folders: &[PathBuf], source: &Source) -> anyhow::Result<(RgbaImage, Quad<InFrame>)> {
    if let Some((frame, quad)) = source.context.frame.as_deref().zip(source.context.quad)
        && let Some(frame) = open(folders, frame)
    {
        return Ok((frame, quad));
    }
    let crop = open(folders, &source.file)
        .ok_or_else(|| anyhow::anyhow!("cannot read the capture {}", source.file))?;
    let quad = crop::quad_in_crop(crop.width(), crop.height());
    Ok((crop, quad))
}

#[cfg(test)]
mod tests {
    use vision::gallery::Prototype;

    use super::*;

    #[test]
    fn what_is_taken_back_in_a_burst_is_forgotten_all_the_same() {
        let models = tempfile::tempdir().unwrap();
        let model = models.path().join("m");
        std::fs::create_dir(&model).unwrap();
        let captures: Vec<String> = (0..3 * MAX_JOBS).map(|number| format!("{number}.png")).collect();
        let taught = |capture: &String| Prototype {
            id: "x".into(),
            name: "X".into(),
            embedding: vec![1.0],
            capture: Some(capture.clone()),
            taught_at_millis: None,
        };
        gallery::enrol(&model, captures.iter().map(taught).collect()).unwrap();
        let inference = Inference::start(model.clone(), Vec::new(), || ());
        for capture in &captures {
            assert!(inference.ask(Job::Forget(vec![capture.clone()])));
        }
        drop(inference);
        assert_eq!(gallery::prototypes(&model).unwrap().len(), 0);
    }
}
