//! Execution providers that lie beside ONNX Runtime as libraries of their own, as the package
//! `onnxruntime-ep-webgpu` brings one.
//!
//! Each is registered once, when the runtime is loaded, and then offers the devices that it can
//! use, or none. What refuses is kept with its reason. Which provider a plugin stands for is not
//! known in this file.

use std::fs;
use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::session::builder::SessionBuilder;

/// What ONNX Runtime calls its own provider.
const PROCESSOR: &str = "CPUExecutionProvider";

/// A library with an execution provider.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: &'static str,
    library: PathBuf,
    /// What ONNX Runtime calls the provider of its devices, or why there are none.
    offered: Result<String, String>,
}

impl Plugin {
    /// As in the library's file name: `webgpu`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The library.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Why it cannot be used; `None` when it offers a device.
    pub fn refusal(&self) -> Option<&str> {
        self.offered.as_ref().err().map(String::as_str)
    }

    /// Lets the networks of a session run on its first device.
    pub(crate) fn offer(
        &self,
        builder: SessionBuilder,
        environment: &Environment,
    ) -> (SessionBuilder, Result<(), String>) {
        let ep = match &self.offered {
            Ok(ep) => ep,
            Err(reason) => return (builder, Err(reason.clone())),
        };
        let mut devices = environment.devices().filter(|device| device.ep().is_ok_and(|it| it == ep));
        match builder.with_devices(devices.next(), None) {
            Ok(builder) => (builder, Ok(())),
            Err(error) => {
                let reason = error.to_string();
                (error.recover(), Err(reason))
            }
        }
    }
}

/// Has a session run on the processor alone. Where plugins are registered, ONNX Runtime chooses one
/// by itself for a session to which nothing was said.
pub(crate) fn keep_to_processor(builder: SessionBuilder, environment: &Environment) -> SessionBuilder {
    let mut devices = environment.devices().filter(|device| device.ep().is_ok_and(|it| it == PROCESSOR));
    builder.with_devices(devices.next(), None).unwrap_or_else(|error| {
        log::warn!("a network may run on a plugin though the processor was asked for: {error}");
        error.recover()
    })
}

/// Registers the plugins of these names that lie in a folder.
pub(crate) fn register(
    environment: &Environment,
    folder: &Path,
    names: impl Iterator<Item = &'static str>,
) -> Vec<Plugin> {
    let files = files(folder);
    let registered = names.filter_map(|name| {
        let library = library(&files, name)?.clone();
        let offered = offers(environment, name, &library);
        Some(Plugin { name, library, offered })
    });
    registered.collect()
}

fn offers(environment: &Environment, name: &str, library: &Path) -> Result<String, String> {
    let file = library.file_name().unwrap_or_default().to_string_lossy();
    let providers = || environment.devices().filter_map(|it| it.ep().ok().map(str::to_owned));
    let before: Vec<String> = providers().collect();
    environment
        .register_ep_library(name, library)
        .map_err(|error| format!("the plugin {file} is refused: {error}"))?;
    let mut new = providers().filter(|ep| !before.contains(ep));
    new.next()
        .ok_or_else(|| format!("the plugin {file} offers no device: it finds no hardware that it can use"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    // Of a library and links with its version, the plain name.
    files.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    files
}

fn library<'a>(files: &'a [PathBuf], name: &str) -> Option<&'a PathBuf> {
    let wanted = format!("onnxruntime_providers_{name}");
    files.iter().find(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let rest = file.strip_prefix("lib").unwrap_or(&file).strip_prefix(&wanted);
        rest.is_some_and(|rest| [".so", ".dll", ".dylib"].iter().any(|end| rest.starts_with(end)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_found_by_its_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "libonnxruntime_providers_webgpu.so.1.2.3",
            "libonnxruntime_providers_webgpu.so",
            "onnxruntime_providers_nv_tensorrt_rtx.dll",
            "libonnxruntime_providers_openvino.so",
            "libonnxruntime_providers_shared.so",
            "libonnxruntime_providers_webgpu.txt",
        ] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let files = files(folder.path());
        let found = |name: &str| library(&files, name).map(|it| it.file_name().unwrap().to_str().unwrap());
        assert_eq!(found("webgpu"), Some("libonnxruntime_providers_webgpu.so"));
        assert_eq!(found("nv_tensorrt_rtx"), Some("onnxruntime_providers_nv_tensorrt_rtx.dll"));
        // What is built in has a file of nearly the same name.
        assert_eq!(found("openvino_plugin"), None);
        assert_eq!(found("gpu"), None);
    }
}
