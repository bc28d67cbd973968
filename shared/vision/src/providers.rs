//! Which hardware a network runs on, and why not on other.
//!
//! Providers are registered one at a time so that each refusal is kept: `overlay doctor` shows
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;
use serde::{Deserialize, Serialize};

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

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A provider that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
pub(crate) fn register(builder: &mut SessionBuilder, order: &[Provider], report: &mut Report) {
    report.accepted.clear();
    for &provider in order {
        if report.refused.iter().any(|refusal| refusal.provider == provider) {
            continue;
        }
        let Some(dispatch) = provider.dispatch() else { break };
        if !provider.is_built_in() {
            let help = provider
                .setup()
                .map(|kind| format!("; `cargo xtask setup --runtime {kind}` gets one that has it"));
            report.refuse(provider, format!("not in this build of ONNX Runtime{}", help.unwrap_or_default()));
            continue;
        }
        match dispatch.register(builder) {
            Ok(()) => {
                report.accepted.push(provider);
                if provider != Provider::TensorRt {
                    break;
                }
            }
            Err(error) => report.refuse(provider, error),
        }
    }
    report.accepted.push(Provider::Cpu);
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
