//! What cargo says about the workspace and its dependencies on this platform.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace;

/// As `cargo metadata` prints it, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(super) packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

/// A crate.
#[derive(Clone, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: Option<String>,
    pub(super) license_file: Option<PathBuf>,
    pub(super) repository: Option<String>,
    #[serde(default)]
    pub(super) authors: Vec<String>,
    pub(super) manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for what is linked; `build` and `dev` otherwise.
    kind: Option<String>,
}

impl Metadata {
    /// Asks cargo; without a triple about this machine.
    pub(crate) fn read(triple: Option<&str>) -> Result<Self> {
        let triple = triple.map_or_else(host, |triple| Ok(triple.to_owned()))?;
        let mut command = workspace::cargo();
        command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &triple]);
        command.args(super::INTERPRETER);
        let output = command.output().context("cannot start cargo")?;
        if !output.status.success() {
            bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata makes no sense")
    }

    /// Whether the workspace has this crate.
    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// The version of a crate of the workspace.
    pub(crate) fn version(&self, name: &str) -> Result<&str> {
        let member = self.member(name).with_context(|| format!("the workspace has no {name}"))?;
        Ok(&member.version)
    }

    fn member(&self, name: &str) -> Option<&Package> {
        self.packages
            .iter()
            .find(|package| package.name == name && self.workspace_members.contains(&package.id))
    }

    /// Everything that is linked into these programs and is not ours, in the order of the names.
    pub(super) fn linked(&self, programs: &[&str]) -> Vec<&Package> {
        let nodes: HashMap<&str, &Node> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let members = programs.iter().filter_map(|name| self.member(name));
        let mut open: Vec<&str> = members.map(|package| package.id.as_str()).collect();
        let mut reached: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            for dependency in nodes.get(id).map_or(&[][..], |node| &node.deps) {
                let is_linked = dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
                if is_linked && reached.insert(&dependency.pkg) {
                    open.push(&dependency.pkg);
                }
            }
        }
        let foreign = |package: &&Package| {
            reached.contains(package.id.as_str()) && !self.workspace_members.contains(&package.id)
        };
        let mut linked: Vec<&Package> = self.packages.iter().filter(foreign).collect();
        linked.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        linked
    }
}

/// The triple of this machine.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc).arg("-vV").output().context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say which machine this is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_linked_counts() {
        let text = r#"{
            "packages": [
                {"id": "o", "name": "overlay", "version": "1.2.3", "manifest_path": "o"},
                {"id": "s", "name": "shared", "version": "1.2.3", "manifest_path": "s"},
                {"id": "a", "name": "zeta", "version": "1.0.0", "manifest_path": "a"},
                {"id": "b", "name": "alpha", "version": "1.0.0", "manifest_path": "b"},
                {"id": "c", "name": "build-only", "version": "1.0.0", "manifest_path": "c"},
                {"id": "d", "name": "elsewhere", "version": "1.0.0", "manifest_path": "d"}
            ],
            "workspace_members": ["o", "s"],
            "resolve": {"nodes": [
                {"id": "o", "deps": [{"pkg": "s", "dep_kinds": [{"kind": null}]},
                                      {"pkg": "c", "dep_kinds": [{"kind": "build"}]}]},
                {"id": "s", "deps": [{"pkg": "a", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}]},
                {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": null}]}]},
                {"id": "b", "deps": []}, {"id": "c", "deps": []}, {"id": "d", "deps": []}
            ]}
        }"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        let linked: Vec<&str> = metadata.linked(&["overlay"]).iter().map(|it| it.name.as_str()).collect();
        assert_eq!(linked, ["alpha", "zeta"]);
        assert_eq!(metadata.version("overlay").unwrap(), "1.2.3");
        assert!(!metadata.has_member("zeta"), "a dependency is no member");
    }
}
