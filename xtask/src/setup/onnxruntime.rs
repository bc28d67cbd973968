//! ONNX Runtime, out of its Python wheel, into the folder of the cache where the recogniser looks
//! for it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;

use super::{Runtime, System, archive, download, install_folder, wheel};
use crate::paths;

/// The wheel of one build.
struct Build {
    package: &'static str,
    version: &'static str,
    /// Part of the folder's name.
    kind: &'static str,
    system: System,
}

impl Build {
    fn of(runtime: Runtime, system: System) -> Result<Self> {
        let (package, version, kind, systems): (_, _, _, &[&str]) = match runtime {
            Runtime::Cpu => ("onnxruntime", "1.31.1", "cpu", &["linux", "macos", "windows"]),
            Runtime::Cuda => ("onnxruntime-gpu", "1.31.1", "cuda", &["linux", "windows"]),
            Runtime::Directml => ("onnxruntime-directml", "1.24.4", "directml", &["windows"]),
            Runtime::Openvino => ("onnxruntime-openvino", "1.24.1", "openvino", &["linux"]),
            Runtime::Webgpu => ("onnxruntime-webgpu", "1.27.0", "webgpu", &["linux", "macos", "windows"]),
        };
        if !systems.contains(&system.os) {
            bail!(
                "the {kind} build of ONNX Runtime exists for {} only\nhelp: `cargo xtask setup --runtime cpu` works \
                 everywhere",
                systems.join(" and "),
            );
        }
        Ok(Self { package, version, kind, system })
    }

    fn folder(&self) -> PathBuf {
        let name = format!("onnxruntime-{}-{}", self.version, self.kind);
        // The recogniser looks for those of this machine.
        let name = if self.system == System::HERE { name } else { format!("{name}-{}", self.system.os) };
        paths::cache().join(name)
    }

    fn library(&self) -> String {
        match self.system.os {
            "windows" => "onnxruntime.dll".to_owned(),
            "macos" => format!("libonnxruntime.{}.dylib", self.version),
            _ => format!("libonnxruntime.so.{}", self.version),
        }
    }

    fn is_in(&self, folder: &Path) -> bool {
        folder.join(self.library()).is_file()
    }

    /// Fills a folder with it, unless it is there; returns the library's path.
    fn install(&self, folder: &Path) -> Result<PathBuf> {
        install_folder(
            folder,
            || self.is_in(folder),
            |unfinished| {
                let wheel = wheel::locate(&format!("{}=={}", self.package, self.version), self.system)?;
                let file = download::fetch(&wheel, &paths::cache().join("downloads"))?;
                archive::unpack(&file, unfinished, place)?;
                if !self.is_in(unfinished) {
                    bail!("{} does not hold {}", wheel.file_name, self.library());
                }
                fs::write(unfinished.join("wheel.txt"), format!("{}\n{}\n", wheel.file_name, wheel.sha256))?;
                fs::remove_file(file)?;
                Ok(())
            },
        )?;
        Ok(folder.join(self.library()))
    }
}

/// Installs a build unless it is there; returns the library's path.
pub(super) fn install(runtime: Runtime) -> Result<PathBuf> {
    if let Some(library) = user_library()? {
        return Ok(library);
    }
    let build = Build::of(runtime, System::HERE)?;
    build.install(&build.folder())
}

/// Installs the build for every machine of another system; returns the library's path.
pub(super) fn install_for(system: System) -> Result<PathBuf> {
    let build = Build::of(Runtime::Cpu, system)?;
    build.install(&build.folder())
}

/// Installs the WebGPU build where only the test of it looks, so that all else runs as before.
pub(super) fn install_for_gpu_test() -> Result<PathBuf> {
    Build::of(Runtime::Webgpu, System::HERE)?.install(&paths::cache().join("webgpu-test"))
}

/// Whether [`install`] would have nothing to do.
pub(super) fn is_installed(runtime: Runtime) -> Result<bool> {
    let build = Build::of(runtime, System::HERE)?;
    Ok(user_library()?.is_some() || build.is_in(&build.folder()))
}

/// A build that is installed already; else the one for every machine.
pub(super) fn any_installed() -> Runtime {
    [Runtime::Cuda, Runtime::Directml, Runtime::Openvino, Runtime::Webgpu]
        .into_iter()
        .find(|&runtime| Build::of(runtime, System::HERE).is_ok_and(|build| build.is_in(&build.folder())))
        .unwrap_or(Runtime::Cpu)
}

/// A library of the user's own: nothing is downloaded then.
fn user_library() -> Result<Option<PathBuf>> {
    let Some(path) = env::var_os("ORT_DYLIB_PATH").map(PathBuf::from) else { return Ok(None) };
    if !path.is_file() {
        bail!("ORT_DYLIB_PATH names {}, which is no file\nhelp: correct it or unset it", path.display());
    }
    Ok(Some(path))
}

/// The native libraries, without Python's part, and the licences.
fn place(member: &str) -> Option<PathBuf> {
    let (folder, name) = member.rsplit_once('/')?;
    let library = name.contains(".so") || name.ends_with(".dll") || name.ends_with(".dylib");
    let wanted = match folder {
        "onnxruntime/capi" => library && !name.contains("pybind11"),
        "onnxruntime" => name == "LICENSE" || name == "ThirdPartyNotices.txt",
        _ => false,
    };
    wanted.then(|| Path::new(name).to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::super::hashes;
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_build_that_can_be_asked_for_has_a_hash() {
        for runtime in Runtime::value_variants() {
            for system in [System::HERE, System::WINDOWS] {
                let Ok(Build { package, version, .. }) = Build::of(*runtime, system) else { continue };
                assert!(hashes::has(package, version), "{package} {version}");
            }
        }
    }

    #[test]
    fn takes_native_libraries_and_licences_only() {
        for wanted in [
            "onnxruntime/capi/libonnxruntime.so.1.31.1",
            "onnxruntime/capi/libonnxruntime_providers_shared.so",
            "onnxruntime/capi/DirectML.dll",
            "onnxruntime/capi/libonnxruntime.1.31.1.dylib",
            "onnxruntime/LICENSE",
        ] {
            assert!(place(wanted).is_some_and(|path| wanted.ends_with(path.to_str().unwrap())), "{wanted}");
        }
        for other in [
            "onnxruntime/capi/onnxruntime_pybind11_state.cpython-312-x86_64-linux-gnu.so",
            "onnxruntime/capi/__init__.py",
            "onnxruntime/tools/LICENSE",
            "LICENSE",
        ] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
