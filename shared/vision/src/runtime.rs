//! Finds and loads ONNX Runtime, once for the process.
//!
//! Nothing is downloaded here: `cargo xtask setup` does that.

use std::env;
use std::error::Error as _;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::plugins::{self, Plugin};

pub mod telemetry;

/// The version that `cargo xtask setup` takes.
pub const VERSION: &str = "1.31.1";
/// Builds of ONNX Runtime as they are named in the cache (`onnxruntime-1.31.1-cpu`), the preferred
/// first.
pub const KINDS: [&str; 5] = ["cuda", "directml", "openvino", "webgpu", "cpu"];
/// Names that the system's linker is asked for.
const SYSTEM_NAMES: &[&str] = if cfg!(windows) {
    &["onnxruntime.dll"]
} else if cfg!(target_os = "macos") {
    &["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
} else {
    &["libonnxruntime.so.1", "libonnxruntime.so"]
};

/// ONNX Runtime, loaded and started.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    library: PathBuf,
    plugins: Vec<Plugin>,
}

/// Plugins that are registered where they lie beside the library, by their names.
pub(crate) const PLUGINS: [&str; 3] = ["nv_tensorrt_rtx", "openvino_plugin", "webgpu"];

/// How the reason begins where the system's loader refuses a library.
const NOT_LOADED: &str = "cannot be loaded";
/// What a package needs on Windows and does not bring.
const REDISTRIBUTABLE: &str = "https://aka.ms/vs/17/release/vc_redist.x64.exe";
const UNPACK_ANEW: &str = "unpack the zip file anew, into an empty folder";

/// Where ONNX Runtime is looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A library that the user named; nothing else is then tried.
    pub explicit: Option<PathBuf>,
    /// Folder of the executable.
    pub beside: Option<PathBuf>,
    /// Folder with `onnxruntime-VERSION-KIND` folders in it.
    pub cache: Option<PathBuf>,
    /// Names for the system's linker.
    pub system: Vec<String>,
}

/// A place that was tried, and why it did not do.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// A library, a folder, or a name for the system's linker.
    pub place: PathBuf,
    /// Why it did not do.
    pub reason: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}: {}", self.place.display(), self.reason)
    }
}

/// Why there is no ONNX Runtime. What helps depends on whether the program was built here or
/// unpacked from a zip file.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No place had one that works.
    #[error("ONNX Runtime was not found; tried\n{}\nhelp: {help}", lines(.tried))]
    NotFound {
        /// Every place, in order.
        tried: Vec<Attempt>,
        /// What to do next.
        help: String,
    },
    /// The library that the user named does not do.
    #[error("ORT_DYLIB_PATH names {}, which does not do: {}\nhelp: {help}", .tried.place.display(), .tried.reason)]
    Explicit {
        /// The library, and why it does not do.
        tried: Attempt,
        /// What to do next.
        help: String,
    },
    /// The library loaded but did not start.
    #[error("ONNX Runtime from {library} did not start: {reason}\nhelp: {help}")]
    Start {
        /// The library.
        library: PathBuf,
        /// What it said.
        reason: String,
        /// What to do next.
        help: String,
    },
}

impl Search {
    /// `ORT_DYLIB_PATH`, beside the executable, in the cache, in the system.
    pub fn from_environment() -> Self {
        Self {
            explicit: env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from),
            beside: env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf)),
            cache: Some(lens_core::paths::cache()),
            system: SYSTEM_NAMES.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// Libraries to try in order, and the folders that have none.
    fn candidates(&self) -> (Vec<PathBuf>, Vec<Attempt>) {
        let mut empty = Vec::new();
        let mut found = Vec::new();
        if let Some(folder) = &self.beside {
            let libraries = libraries_in(folder);
            if libraries.is_empty() {
                empty.push(Attempt { place: folder.clone(), reason: "no ONNX Runtime in it".into() });
            }
            found.extend(libraries);
        }
        if let Some(cache) = &self.cache {
            let before = found.len();
            for kind in KINDS {
                for folder in builds_in(cache, kind) {
                    found.extend(libraries_in(&folder));
                }
            }
            if found.len() == before {
                let place = cache.join(format!("onnxruntime-{VERSION}-cpu"));
                empty.push(Attempt { place, reason: "no ONNX Runtime in it".into() });
            }
        }
        found.extend(self.system.iter().map(PathBuf::from));
        (found, empty)
    }
}

impl Runtime {
    /// Loads ONNX Runtime from the usual places; later calls give the same one.
    ///
    /// # Errors
    /// When no place has a library that works; the error names them all.
    pub fn load() -> Result<&'static Self, RuntimeError> {
        Self::load_from(&Search::from_environment())
    }

    /// As [`Runtime::load`], from given places. The first success counts for the whole process.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub fn load_from(search: &Search) -> Result<&'static Self, RuntimeError> {
        static LOADED: OnceLock<Runtime> = OnceLock::new();
        static LOADING: Mutex<()> = Mutex::new(());
        let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = LOADED.get() {
            return Ok(runtime);
        }
        let runtime = start(search)?;
        Ok(LOADED.get_or_init(|| runtime))
    }

    /// The library that was loaded.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// What the library says about its build.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }

    /// Execution providers that lie beside the library.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// What sessions are opened in.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

fn start(search: &Search) -> Result<Runtime, RuntimeError> {
    let helper = Helper { program: search.beside.as_deref(), is_windows: cfg!(windows) };
    let build = |builder, path: &Path| {
        build(builder, path).map_err(|reason| {
            let library = path.to_path_buf();
            RuntimeError::Start { library, reason, help: helper.for_start() }
        })
    };
    if let Some(path) = &search.explicit {
        let builder = try_library(path).map_err(|reason| {
            let tried = Attempt { place: path.clone(), reason };
            RuntimeError::Explicit { tried, help: helper.for_explicit() }
        })?;
        return build(builder, path);
    }
    let (candidates, mut tried) = search.candidates();
    for path in candidates {
        match try_library(&path) {
            Ok(builder) => return build(builder, &path),
            Err(reason) => tried.push(Attempt { place: path, reason }),
        }
    }
    let help = helper.for_places(&tried);
    Err(RuntimeError::NotFound { tried, help })
}

/// Says what to do next, by how the program came to where it is.
struct Helper<'a> {
    /// Folder of the program.
    program: Option<&'a Path>,
    is_windows: bool,
}

impl Helper<'_> {
    /// No place had a library that works.
    fn for_places(&self, tried: &[Attempt]) -> String {
        let Some(folder) = self.program.filter(|folder| !is_built_in(folder)) else {
            return "run `cargo xtask setup`, or set ORT_DYLIB_PATH to the library".into();
        };
        let of_package = tried.iter().find(|attempt| attempt.place.parent() == Some(folder));
        if self.is_windows && of_package.is_some_and(|it| it.reason.starts_with(NOT_LOADED)) {
            return format!(
                "install Microsoft's Visual C++ Redistributable for x64 from {REDISTRIBUTABLE}, which \
                 onnxruntime.dll needs, and start again; if that changes nothing, {UNPACK_ANEW}"
            );
        }
        match of_package {
            Some(_) => UNPACK_ANEW.into(),
            None => {
                "unpack the whole zip file into a folder and start the program there: ONNX Runtime has to lie beside it"
                    .into()
            }
        }
    }

    /// The library that the user named does not do.
    fn for_explicit(&self) -> String {
        match self.program {
            Some(folder) if !is_built_in(folder) => {
                "correct or unset it; without it the ONNX Runtime beside the program is taken".into()
            }
            _ => "correct or unset it; `cargo xtask setup` gets a version that works".into(),
        }
    }

    /// The library loaded but did not start.
    fn for_start(&self) -> String {
        match self.program {
            Some(folder) if !is_built_in(folder) => UNPACK_ANEW.into(),
            _ => "run `cargo xtask setup` again".into(),
        }
    }
}

/// Whether cargo builds into this folder, or the one above it: what lies elsewhere was unpacked.
fn is_built_in(folder: &Path) -> bool {
    folder.ancestors().take(2).any(|folder| folder.join("deps").is_dir())
}

/// Whether this program was built on this machine, rather than unpacked from a zip file.
pub(crate) fn is_built_here() -> bool {
    env::current_exe().is_ok_and(|program| program.parent().is_some_and(is_built_in))
}

fn try_library(path: &Path) -> Result<ort::environment::EnvironmentBuilder, String> {
    if path.components().count() > 1 && !path.is_file() {
        return Err("there is no such file".into());
    }
    ort::init_from(path).map_err(|error| match error {
        // The loader's own words are the error's source.
        ort::LoadDynamicError::Dlopen { error, .. } => {
            let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            format!("{NOT_LOADED} ({why})")
        }
        ort::LoadDynamicError::MissingApi { .. } => "is not ONNX Runtime".into(),
        ort::LoadDynamicError::BadVersion { version_str, .. } => {
            format!("is version {version_str}; 1.{} or newer is needed", ort::MINOR_VERSION)
        }
        other @ ort::LoadDynamicError::InvalidVersionString => other.to_string(),
    })
}

fn build(builder: ort::environment::EnvironmentBuilder, path: &Path) -> Result<Runtime, String> {
    if !telemetry::is_refused() {
        log::warn!("ONNX Runtime may report to its maker: ORT_DISABLE_TELEMETRY=1 prevents it");
    }
    let environment = builder
        .with_name("balatro-lens")
        .with_telemetry(false)
        .with_logger(Arc::new(|level, _category, _id, place, message| {
            let level = match level {
                LogLevel::Fatal | LogLevel::Error => log::Level::Warn,
                LogLevel::Warning => log::Level::Debug,
                LogLevel::Info | LogLevel::Verbose => log::Level::Trace,
            };
            log::log!(target: "onnxruntime", level, "{message} ({place})");
        }))
        .build()
        .map_err(|error| error.to_string())?;
    // ONNX Runtime formats a message before it asks whether anyone listens.
    environment.set_log_level(LogLevel::Warning);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let plugins = folder.map(|it| plugins::register(&environment, it, PLUGINS.into_iter()));
    Ok(Runtime { environment, library: path.to_path_buf(), plugins: plugins.unwrap_or_default() })
}

/// Folders `onnxruntime-VERSION-kind`, the newest first.
fn builds_in(cache: &Path, kind: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = entries(cache)
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("onnxruntime-") && name.ends_with(&format!("-{kind}"))
        })
        .collect();
    folders.sort_by_key(|path| std::cmp::Reverse(version_of(path)));
    folders
}

fn version_of(folder: &Path) -> Vec<u32> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let version = name.split('-').nth(1).unwrap_or_default();
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The ONNX Runtime libraries of a folder; the longest name, which carries the version, first.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let mut libraries: Vec<PathBuf> = entries(folder)
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name == "onnxruntime.dll" || name.starts_with("libonnxruntime.so") || is_dylib(&name)
        })
        .collect();
    libraries.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
    libraries
}

fn is_dylib(name: &str) -> bool {
    name.starts_with("libonnxruntime.") && Path::new(name).extension().is_some_and(|it| it == "dylib")
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn lines(attempts: &[Attempt]) -> String {
    attempts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_builds_are_tried_by_kind_then_newest_first() {
        let cache = tempfile::tempdir().unwrap();
        for build in ["1.9.0-cpu", "1.31.1-cpu", "1.27.0-cuda", "1.31.1-rocm"] {
            let folder = cache.path().join(format!("onnxruntime-{build}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("libonnxruntime.so.1"), "").unwrap();
            fs::write(folder.join("libonnxruntime_providers_shared.so"), "").unwrap();
        }
        let search = Search { cache: Some(cache.path().into()), ..Search::default() };
        let found: Vec<_> = search.candidates().0;
        let folders: Vec<_> =
            found.iter().map(|path| path.parent().unwrap().file_name().unwrap().to_owned()).collect();
        assert_eq!(folders, ["onnxruntime-1.27.0-cuda", "onnxruntime-1.31.1-cpu", "onnxruntime-1.9.0-cpu"]);
    }

    #[test]
    fn who_unpacked_a_zip_file_is_not_sent_to_cargo() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("onnxruntime.dll");
        let attempt = |reason: &str| Attempt { place: library.clone(), reason: reason.into() };
        let refused = format!("{NOT_LOADED} (The specified module could not be found.)");
        let helper = |is_windows| Helper { program: Some(folder.path()), is_windows };
        for (is_windows, tried, part) in [
            (true, vec![], "unpack the whole zip file"),
            (true, vec![attempt(&refused)], REDISTRIBUTABLE),
            (true, vec![attempt("is version 1.10.0; 1.24 or newer is needed")], UNPACK_ANEW),
            (false, vec![attempt(&refused)], UNPACK_ANEW),
        ] {
            let help = helper(is_windows).for_places(&tried);
            assert!(help.contains(part), "{part:?} is not in: {help}");
        }
        let helps = [helper(true).for_places(&[]), helper(true).for_explicit(), helper(true).for_start()];
        assert!(!helps.concat().contains("cargo"), "{helps:?}");
        // As cargo's folder looks, for a program and for one of its tests.
        fs::create_dir(folder.path().join("deps")).unwrap();
        for program in [folder.path().to_path_buf(), folder.path().join("deps")] {
            let helper = Helper { program: Some(&program), is_windows: true };
            for help in [helper.for_places(&[attempt(&refused)]), helper.for_explicit(), helper.for_start()] {
                assert!(help.contains("cargo xtask setup"), "{help}");
            }
        }
        assert!(is_built_here(), "this test is built here");
    }
}
