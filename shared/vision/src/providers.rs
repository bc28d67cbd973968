//! Which hardware a network runs on, and why not on other.
//!
//! Providers are registered one at a time so that each refusal is kept: `overlay doctor` shows
//! them. A provider is a part of ONNX Runtime, or a plugin beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use ort::environment::Environment;
use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};

use crate::plugins::{self, Plugin};
use crate::runtime::{self, Runtime};

/// A way to run a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// NVIDIA, compiled for the card at hand.
    TensorRt,
    /// NVIDIA.
    Cuda,
    /// Any GPU on Windows.
    DirectMl,
    /// Apple.
    CoreMl,
    /// Intel.
    OpenVino,
    /// Any GPU.
    WebGpu,
    /// Always there.
    Cpu,
}

impl Provider {
    /// The order in which providers are tried on this platform.
    pub fn default_order() -> Vec<Self> {
        if cfg!(windows) {
            vec![Self::TensorRt, Self::Cuda, Self::DirectMl, Self::OpenVino, Self::WebGpu, Self::Cpu]
        } else if cfg!(target_os = "macos") {
            vec![Self::CoreMl, Self::WebGpu, Self::Cpu]
        } else {
            vec![Self::TensorRt, Self::Cuda, Self::OpenVino, Self::WebGpu, Self::Cpu]
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::TensorRt => "TensorRT",
            Self::Cuda => "CUDA",
            Self::DirectMl => "DirectML",
            Self::CoreMl => "CoreML",
            Self::OpenVino => "OpenVINO",
            Self::WebGpu => "WebGPU",
            Self::Cpu => "CPU",
        }
    }

    /// Whether the loaded ONNX Runtime was built with it.
    fn is_built_in(self) -> bool {
        let answer = match self {
            Self::TensorRt => ep::TensorRT::is_available(),
            Self::Cuda => ep::CUDA::is_available(),
            Self::DirectMl => ep::DirectML::is_available(),
            Self::CoreMl => ep::CoreML::is_available(),
            Self::OpenVino => ep::OpenVINO::is_available(),
            Self::WebGpu => ep::WebGPU::is_available(),
            Self::Cpu => Ok(true),
        };
        answer.unwrap_or(false)
    }

    fn dispatch(self) -> Option<ExecutionProviderDispatch> {
        Some(match self {
            Self::TensorRt => ep::TensorRT::default().build(),
            Self::Cuda => ep::CUDA::default().build(),
            Self::DirectMl => ep::DirectML::default().build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::OpenVino => ep::OpenVINO::default().build(),
            Self::WebGpu => ep::WebGPU::default().build(),
            Self::Cpu => return None,
        })
    }

    /// The plugin that brings it.
    fn plugin(self) -> Option<&'static str> {
        match self {
            Self::TensorRt => Some("nv_tensorrt_rtx"),
            Self::OpenVino => Some("openvino_plugin"),
            Self::WebGpu => Some("webgpu"),
            Self::Cuda | Self::DirectMl | Self::CoreMl | Self::Cpu => None,
        }
    }

    /// The `cargo xtask setup --runtime` that brings it.
    fn setup(self) -> Option<&'static str> {
        match self {
            Self::TensorRt | Self::Cuda => Some("cuda"),
            Self::DirectMl => Some("directml"),
            Self::OpenVino => Some("openvino"),
            Self::WebGpu => Some("webgpu"),
            Self::CoreMl | Self::Cpu => None,
        }
    }
}

/// Not the name of a provider.
#[derive(Debug, thiserror::Error)]
#[error("write tensorrt, cuda, directml, coreml, openvino, webgpu or cpu")]
pub struct UnknownProvider;

impl FromStr for Provider {
    type Err = UnknownProvider;

    /// As the settings write it.
    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        let text: StrDeserializer<'_, ValueError> = text.into_deserializer();
        Self::deserialize(text).map_err(|_| UnknownProvider)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A provider that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The provider.
    pub provider: Provider,
    /// Why it is not used.
    pub reason: String,
}

/// What a network runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In order of preference; what the first cannot do falls to the next, and in the end to the
    /// CPU.
    pub accepted: Vec<Provider>,
    /// The others that were asked for.
    pub refused: Vec<Refusal>,
}

impl Report {
    /// Whether nothing but the CPU is left.
    pub fn is_cpu_only(&self) -> bool {
        self.accepted.iter().all(|&provider| provider == Provider::Cpu)
    }

    pub(crate) fn refuse(&mut self, provider: Provider, reason: impl fmt::Display) {
        let reason = reason.to_string().lines().next().unwrap_or_default().trim().to_owned();
        self.accepted.retain(|&accepted| accepted != provider);
        self.refused.push(Refusal { provider, reason });
    }
}

/// Offers the session each provider of `order` that is not refused in `report` yet.
///
/// The first that accepts ends the search (TensorRT goes on to CUDA, which takes what TensorRT
/// cannot).
pub(crate) fn register(
    mut builder: SessionBuilder,
    environment: &Environment,
    plugins: &[Plugin],
    order: &[Provider],
    report: &mut Report,
) -> SessionBuilder {
    report.accepted.clear();
    for &provider in order {
        if report.refused.iter().any(|refusal| refusal.provider == provider) {
            continue;
        }
        let Some(dispatch) = provider.dispatch() else { break };
        let accepted = match provider.source(plugins) {
            Source::BuiltIn => dispatch.register(&mut builder).map_err(|error| error.to_string()),
            Source::Plugin(plugin) => {
                let (next, accepted) = plugin.offer(builder, environment);
                builder = next;
                accepted
            }
            Source::Missing(reason) => Err(reason),
        };
        match accepted {
            Ok(()) => {
                report.accepted.push(provider);
                if provider != Provider::TensorRt {
                    break;
                }
            }
            Err(reason) => report.refuse(provider, reason),
        }
    }
    if report.accepted.is_empty() && !plugins.is_empty() {
        builder = plugins::keep_to_processor(builder, environment);
    }
    report.accepted.push(Provider::Cpu);
    builder
}

/// Of all providers of this platform but the processor those that may open with this runtime, in
/// their order, and why the others cannot.
pub fn candidates(runtime: &Runtime) -> (Vec<Provider>, Vec<Refusal>) {
    let (mut candidates, mut refusals) = (Vec::new(), Vec::new());
    for provider in Provider::default_order().into_iter().filter(|&it| it != Provider::Cpu) {
        let reason = match provider.source(runtime.plugins()) {
            Source::BuiltIn => None,
            Source::Plugin(plugin) => plugin.refusal().map(str::to_owned),
            Source::Missing(reason) => Some(reason),
        };
        match reason {
            None => candidates.push(provider),
            Some(reason) => refusals.push(Refusal { provider, reason }),
        }
    }
    (candidates, refusals)
}

/// Where a provider comes from.
enum Source<'a> {
    BuiltIn,
    Plugin(&'a Plugin),
    /// From nowhere; with what helps.
    Missing(String),
}

impl Provider {
    fn source(self, plugins: &[Plugin]) -> Source<'_> {
        if self.is_built_in() {
            return Source::BuiltIn;
        }
        let plugin = plugins.iter().find(|plugin| Some(plugin.name()) == self.plugin());
        plugin.map_or_else(
            || {
                let kind = self.setup().filter(|_| runtime::is_built_here());
                let help =
                    kind.map(|kind| format!("; `cargo xtask setup --runtime {kind}` gets one that has it"));
                Source::Missing(format!("not in this build of ONNX Runtime{}", help.unwrap_or_default()))
            },
            Source::Plugin,
        )
    }
}

/// Nodes by the provider that ran them, from the record that ONNX Runtime writes when it profiles.
pub(crate) fn assigned_in(profile: &str) -> serde_json::Result<BTreeMap<String, usize>> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(default)]
        name: String,
        #[serde(default)]
        args: Arguments,
    }
    #[derive(Default, Deserialize)]
    struct Arguments {
        provider: Option<String>,
    }
    let events: Vec<Event> = serde_json::from_str(profile)?;
    let nodes: BTreeSet<(String, String)> =
        events.into_iter().filter_map(|event| Some((event.args.provider?, event.name))).collect();
    let mut counts = BTreeMap::new();
    for (provider, _) in nodes {
        *counts.entry(provider).or_insert(0) += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_providers_in_lower_case() {
        let order: Vec<Provider> = serde_json::from_str(r#"["tensorrt", "directml", "cpu"]"#).unwrap();
        assert_eq!(order, [Provider::TensorRt, Provider::DirectMl, Provider::Cpu]);
        assert_eq!("webgpu".parse::<Provider>().unwrap(), Provider::WebGpu);
        let refused = "gpu".parse::<Provider>().unwrap_err().to_string();
        for provider in Provider::default_order() {
            let name = serde_json::to_value(provider).unwrap();
            assert!(refused.contains(name.as_str().unwrap()), "{name} is not in: {refused}");
        }
    }

    #[test]
    fn every_plugin_that_is_registered_stands_for_a_provider() {
        for name in runtime::PLUGINS {
            let mut all = Provider::default_order().into_iter().chain([Provider::WebGpu]);
            assert!(all.any(|provider| provider.plugin() == Some(name)), "{name}");
        }
    }

    #[test]
    fn a_node_counts_once_however_often_it_ran() {
        let ran = |name, provider| serde_json::json!({"name": name, "args": {"provider": provider}});
        let events = [ran("conv", "Cuda"), ran("conv", "Cuda"), ran("relu", "Cuda"), ran("softmax", "Cpu")];
        let profile =
            serde_json::json!([{"name": "session", "dur": 3}, events[0], events[1], events[2], events[3]]);
        let counts = assigned_in(&profile.to_string()).unwrap();
        assert_eq!(counts, BTreeMap::from([("Cuda".to_owned(), 2), ("Cpu".to_owned(), 1)]));
    }

    #[test]
    fn a_refused_provider_is_no_longer_accepted() {
        let mut report = Report { accepted: vec![Provider::Cuda, Provider::Cpu], refused: vec![] };
        report.refuse(Provider::Cuda, "no such device\nstack trace");
        assert!(report.is_cpu_only());
        assert_eq!(report.refused[0].reason, "no such device");
    }
}
