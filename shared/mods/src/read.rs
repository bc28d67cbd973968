//! The whole way from a Mods folder to its cards. Start here.
//!
//! ```text
//! entries ──discover──▶ mods ──parsed──▶ Declared ──cards──▶ Library
//!                                 └─in doubt─▶ sandbox ─▶ Declared ┘
//! ```
//!
//! Mods are read side by side, and one that breaks costs itself alone. What was read is kept
//! (`cache`), so that a second start reads nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use lens_core::counted::counted;
use rayon::prelude::*;

use crate::cache::Cache;
use crate::cards::{self, Known, Part};
use crate::declared::Declared;
use crate::discover::{self, Discovered, Entry};
use crate::library::{LeftOut, Library, Mod, Reading, State, Why};
use crate::localisation::{self, Texts};
use crate::package::{Package, digest, digest_of, text_of};
use crate::pictures::{PictureError, Sheets};
use crate::prefixes::SHEETS_OF_THE_GAME;
use crate::sandbox::{self, Request};
use crate::{parsed, settings};

/// Changes when the same mod would be read otherwise: what was kept is then read again.
const READER: &str = "2";
/// Stack of the threads that walk syntax trees, which are as deep as a mod makes them.
const STACK: usize = 64 << 20;
/// Text that a mod is read from, at most.
const MAX_TEXT: u64 = 48 << 20;
/// Kinds of files that mods read.
const TEXTS: [&str; 5] = ["lua", "json", "txt", "csv", "toml"];

/// How mods are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// As the game's files are called: `en-us`, `de`, `zh_CN`.
    pub language: String,
    /// Off unless a program is named.
    pub interpreter: Interpreter,
    /// A folder of our own for what was read.
    pub cache: Option<PathBuf>,
    /// Where the game's own cards lie on its sheets, by key, as column and row: for mods that
    /// redraw a sheet whole.
    pub cells: BTreeMap<String, [u32; 2]>,
    /// The folder with the settings of mods; beside the Mods folder if not said.
    pub settings: Option<PathBuf>,
}

/// Whether mods are run where reading leaves cards out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreter {
    /// Mods are parsed alone.
    Off,
    /// By this program, which calls [`child_main`](crate::child_main) first of all.
    Program(PathBuf),
    /// The same for every mod, also where parsing leaves nothing open: to measure parsing against.
    Always(PathBuf),
}

/// Why a Mods folder is not read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be listed: {error}\nhelp: name the folder in which the game keeps its mods", folder.display())]
pub struct ReadError {
    folder: PathBuf,
    error: io::Error,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            language: "en-us".to_owned(),
            interpreter: Interpreter::Off,
            cache: None,
            cells: BTreeMap::new(),
            settings: None,
        }
    }
}

impl Interpreter {
    /// The program that runs now.
    pub fn this_program() -> Self {
        std::env::current_exe().map_or(Self::Off, Interpreter::Program)
    }

    /// What is kept for one of them is not taken for another.
    fn word(&self) -> &'static str {
        match self {
            Self::Off => "parsed\n",
            Self::Program(_) => "in doubt\n",
            Self::Always(_) => "run\n",
        }
    }
}

/// Reads all mods of a folder.
pub fn read(folder: &Path, options: &Options) -> Result<Library, ReadError> {
    let unlisted = |error| ReadError { folder: folder.to_owned(), error };
    let names = discover::names(folder).map_err(unlisted)?;
    let switched_off = discover::switched_off(folder);
    let opened: Vec<(String, io::Result<Package>)> = names
        .into_par_iter()
        .filter_map(|name| Package::open(&folder.join(&name)).map(|package| (name, package)))
        .collect();
    let settings_folder = options.settings.clone().or_else(|| folder.parent().map(|it| it.join("config")));
    let settings = settings::all(settings_folder.as_deref());
    let cache = options.cache.as_deref().map(Cache::at);
    let key = key(options, folder, &opened, &switched_off, &settings);
    if let Some(library) = cache.as_ref().and_then(|it| it.library(&key)) {
        return Ok(library);
    }
    let library = on_deep_stack(|| {
        let run = Run { options, settings: &settings, cache: cache.as_ref() };
        run.library(folder, opened, &switched_off)
    });
    if let Some(cache) = &cache {
        cache.keep(&key, &library);
    }
    Ok(library)
}

/// The sheets of an entry of the folder, for the sprites of the cards whose place names it.
pub fn sheets(library: &Library, package: &str) -> Result<Sheets, PictureError> {
    let gone = || PictureError::Gone { entry: package.to_owned() };
    let opened = Package::open(&library.folder.join(package)).ok_or_else(gone)?;
    opened.map(Sheets::of).map_err(|error| PictureError::File { path: package.to_owned(), error })
}

/// Says whether anything changed, at the cost of listing the folder.
fn key(
    options: &Options,
    folder: &Path,
    opened: &[(String, io::Result<Package>)],
    switched_off: &[String],
    settings: &BTreeMap<String, String>,
) -> String {
    let mut all = format!("{READER}\n{}\n{:?}\n", folder.display(), options.language);
    all += options.interpreter.word();
    for (name, package) in opened {
        let stamp = package.as_ref().map_or_else(ToString::to_string, |it| it.stamp().to_owned());
        all += &format!("{name}\0{stamp}\n");
    }
    digest(&format!("{all}{switched_off:?}{settings:?}{:?}", options.cells))
}

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .thread_name(|index| format!("mods-{index}"))
        .build()
    {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// One reading.
struct Run<'a> {
    options: &'a Options,
    settings: &'a BTreeMap<String, String>,
    cache: Option<&'a Cache>,
}

/// A mod that was read, before its cards are put together.
struct Read {
    declared: Declared,
    texts: Texts,
    reading: Reading,
    notes: Vec<String>,
    digest: String,
}

impl Run<'_> {
    fn library(
        &self,
        folder: &Path,
        opened: Vec<(String, io::Result<Package>)>,
        switched_off: &[String],
    ) -> Library {
        let looked: Vec<Result<Option<Entry>, LeftOut>> = opened
            .into_par_iter()
            .map(|(name, package)| match package {
                Ok(package) => discover::look(&name, package, switched_off),
                Err(error) => Err(LeftOut { what: name, why: Why::Unreadable(error.to_string()) }),
            })
            .collect();
        let mut left_out = Vec::new();
        let mut entries = Vec::new();
        for entry in looked {
            match entry {
                Ok(entry) => entries.extend(entry),
                Err(why) => left_out.push(why),
            }
        }
        // In the order of the loader.
        let mut mods: Vec<(&Entry, &Discovered)> =
            entries.iter().flat_map(|entry| entry.mods.iter().map(move |it| (entry, it))).collect();
        mods.sort_by_key(|(_, it)| (it.metadata.priority, it.metadata.id.clone()));
        let mut ids = BTreeSet::new();
        // The same mod twice: the first counts.
        mods.retain(|(_, it)| it.state != State::On || ids.insert(it.metadata.id.as_str()));
        let present: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let read: Vec<Option<Read>> = mods
            .par_iter()
            .map(|(entry, it)| (it.state == State::On).then(|| self.one(entry, it, &present)))
            .collect();
        let nothing = (Declared::default(), Texts::default());
        let parts: Vec<Part<'_>> = mods
            .iter()
            .zip(&read)
            .map(|((entry, it), read)| Part {
                package: &entry.package,
                name: &entry.name,
                folder: &it.folder,
                prefix: it.metadata.prefix.as_deref(),
                declared: read.as_ref().map_or(&nothing.0, |it| &it.declared),
                texts: read.as_ref().map_or(&nothing.1, |it| &it.texts),
            })
            .collect();
        let known = Known::of(&parts, &self.options.cells);
        let mods = mods.par_iter().zip(&parts).zip(&read).map(|(((entry, it), part), read)| {
            let (cards, left_out) = cards::of(part, &known);
            finished(entry, it, read.as_ref(), cards, left_out, &present)
        });
        let library =
            Library { folder: folder.to_owned(), mods: mods.collect(), left_out, notes: self.notes(&read) };
        if let Some(cache) = self.cache {
            cache.forget_all_but(read.iter().flatten().map(|it| it.digest.as_str()));
        }
        library
    }

    fn notes(&self, read: &[Option<Read>]) -> Vec<String> {
        let is_in_doubt = |it: &Read| it.reading == Reading::Parsed && !it.notes.is_empty();
        let doubtful = read.iter().flatten().filter(|it| is_in_doubt(it)).count();
        let is_off = self.options.interpreter == Interpreter::Off && doubtful > 0;
        let note = format!(
            "not all cards are known: {} to be run for that, which is switched off",
            counted(doubtful, "mod")
        );
        is_off.then_some(note).into_iter().collect()
    }

    fn one(&self, entry: &Entry, it: &Discovered, present: &[String]) -> Read {
        let language = &self.options.language;
        let texts = Texts::read(&entry.package, &it.folder, language);
        let (request, mut notes) = self.request(entry, it, present);
        let content = serde_json::to_vec(&request).unwrap_or_default();
        let how = self.options.interpreter.word();
        let digest = digest_of(&[READER.as_bytes(), how.as_bytes(), &content]);
        drop(content);
        if let Some((declared, reading)) = self.cache.and_then(|it| it.declared(&digest)) {
            notes.extend(declared.problems.iter().cloned());
            notes.extend(texts.problems.iter().cloned());
            return Read { declared, texts, reading, notes, digest };
        }
        let files = files_to_parse(&request, &it.folder, entry.mods.len());
        let source =
            parsed::Source { prefix: it.metadata.prefix.as_deref(), language, texts: &texts, files: &files };
        let parsed = parsed::read(&source);
        drop(files);
        let (declared, reading) = self.in_doubt(parsed, &request);
        if let Some(cache) = self.cache {
            cache.keep_declared(&digest, &declared, reading);
        }
        notes.extend(declared.problems.iter().cloned());
        notes.extend(texts.problems.iter().cloned());
        Read { declared, texts, reading, notes, digest }
    }

    /// Runs a mod whose files leave something open.
    fn in_doubt(&self, parsed: parsed::Parsed, request: &Request) -> (Declared, Reading) {
        let sheets: BTreeSet<&str> = parsed.declared.sheets.iter().map(|it| it.key.as_str()).collect();
        let of_game = |key: &str| SHEETS_OF_THE_GAME.contains(&key);
        let missing = |key: &&str| !sheets.contains(key) && !of_game(key);
        let unknown =
            parsed.declared.centres.iter().filter_map(|it| it.atlas.as_deref()).filter(missing).count();
        let doubts = parsed.doubts + unknown;
        let mut declared = parsed.declared;
        let program = match &self.options.interpreter {
            Interpreter::Always(program) => program,
            _ if doubts == 0 => return (declared, Reading::Parsed),
            Interpreter::Program(program) => program,
            Interpreter::Off => {
                let note = format!(
                    "what it declares is decided only when it runs, at {} of its code",
                    counted(doubts, "place")
                );
                declared.problems.push(note);
                return (declared, Reading::Parsed);
            }
        };
        match sandbox::run(program, request) {
            Ok(run) => (together(run, declared), Reading::Run),
            Err(error) => {
                declared.problems.push(format!("it could not be run, so cards may be missing: {error}"));
                (declared, Reading::Parsed)
            }
        }
    }

    fn request(&self, entry: &Entry, it: &Discovered, present: &[String]) -> (Request, Vec<String>) {
        let mut notes = Vec::new();
        let mut request = Request {
            id: it.metadata.id.clone(),
            name: it.metadata.name.clone(),
            version: it.metadata.version.clone(),
            prefix: it.metadata.prefix.clone(),
            package: entry.name.clone(),
            folder: it.folder.clone(),
            main_file: it.metadata.main_file.clone(),
            config_file: it.metadata.config_file.clone(),
            language: self.options.language.clone(),
            saved: self.settings.get(&it.metadata.id).cloned(),
            present: present.to_vec(),
            ..Request::default()
        };
        let wanted: BTreeSet<String> =
            localisation::files(&entry.package, &it.folder, &self.options.language).into_iter().collect();
        let mut left = MAX_TEXT;
        for path in entry.package.paths() {
            let size = entry.package.find(path).map_or(0, |(_, size)| size);
            let kind = path.rsplit('.').next().unwrap_or_default().to_lowercase();
            let is_other_language = localisation::is_text(path, &it.folder) && !wanted.contains(path);
            if !TEXTS.contains(&kind.as_str()) || is_other_language {
                request.others.insert(path.to_owned(), size);
                continue;
            }
            match entry.package.read(path) {
                Ok(bytes) if bytes.len() as u64 <= left => {
                    left -= bytes.len() as u64;
                    request.texts.insert(path.to_owned(), text_of(&bytes));
                }
                Ok(_) => notes.push(format!("{path}: the mod has more than {} MB of text", MAX_TEXT >> 20)),
                Err(error) => notes.push(format!("{path}: {error}")),
            }
        }
        (request, notes)
    }
}

/// What the run declares, and what stands in files that it did not get through.
fn together(mut run: Declared, parsed: Declared) -> Declared {
    let failed: BTreeSet<&str> = run.problems.iter().filter_map(|it| Some(it.split_once(": ")?.0)).collect();
    let known: BTreeSet<&str> = run.centres.iter().map(|it| it.key.as_str()).collect();
    let is_missing = |centre: &crate::declared::Centre| {
        let is_lost = (known.is_empty() && !failed.is_empty())
            || centre.file.as_deref().is_some_and(|file| failed.contains(file));
        is_lost && !known.contains(centre.key.as_str())
    };
    let more: Vec<_> = parsed.centres.into_iter().filter(is_missing).collect();
    let sheets: BTreeSet<&str> = run.sheets.iter().map(|it| it.key.as_str()).collect();
    let more_sheets: Vec<_> =
        parsed.sheets.into_iter().filter(|it| !sheets.contains(it.key.as_str())).collect();
    run.centres.extend(more);
    run.sheets.extend(more_sheets);
    run
}

/// The Lua of a mod, its main file first.
fn files_to_parse(request: &Request, folder: &str, mods_in_package: usize) -> Vec<(String, String)> {
    let main = format!("{folder}{}", request.main_file).to_lowercase();
    let is_own = |path: &String| {
        let lower = path.to_lowercase();
        // Of several mods in one folder each has its main file alone: whose the others are, only
        // running tells.
        let is_of_mod = lower == main || (mods_in_package == 1 && path.starts_with(folder));
        lower.ends_with(".lua") && is_of_mod && !localisation::is_text(path, folder)
    };
    let mut files: Vec<(String, String)> = request
        .texts
        .iter()
        .filter(|(path, _)| is_own(path))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    files.sort_by_key(|(path, _)| path.to_lowercase() != main);
    files
}

fn finished(
    entry: &Entry,
    it: &Discovered,
    read: Option<&Read>,
    cards: Vec<crate::library::Card>,
    left_out: Vec<LeftOut>,
    present: &[String],
) -> Mod {
    let metadata = &it.metadata;
    let mut notes = read.map(|it| it.notes.clone()).unwrap_or_default();
    let is_there =
        |id: &String| ["Steamodded", "Lovely", "Balatro"].contains(&id.as_str()) || present.contains(id);
    for needed in metadata.needs.iter().filter(|needed| !needed.iter().any(is_there)) {
        if let Some(first) = needed.first() {
            notes.push(format!("it needs {first}, which is not here: the game would not load it"));
        }
    }
    let pictures: BTreeSet<&str> = cards.iter().map(|it| it.sprite.cell.picture.as_str()).collect();
    let of_pictures = pictures.iter().map(|path| entry.package.read(path).unwrap_or_default());
    let mut hashes: Vec<String> = of_pictures.map(|bytes| digest_of(&[&bytes])).collect();
    let pictures = digest(&hashes.concat());
    hashes.push(read.map(|it| it.digest.clone()).unwrap_or_default());
    let main = format!("{}{}: ", it.folder, metadata.main_file);
    let broken = notes.iter().find(|note| note.starts_with(&main) && cards.is_empty()).cloned();
    Mod {
        id: metadata.id.clone(),
        name: metadata.name.clone(),
        version: metadata.version.clone(),
        prefix: metadata.prefix.clone(),
        package: entry.name.clone(),
        state: broken.map_or_else(|| it.state.clone(), State::Broken),
        reading: read.map_or(Reading::None, |it| it.reading),
        cards,
        left_out,
        notes,
        digest: digest(&hashes.concat()),
        pictures,
    }
}
