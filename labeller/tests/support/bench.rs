//! A window in a folder of its own, and what a hand does in it.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use labeller::app::App;
use labeller::window::Labeller;

use super::golden;
use super::opened::{self, Window};
use super::settled::settle;

pub(crate) struct Bench {
    pub(crate) root: tempfile::TempDir,
    pub(crate) harness: Harness<'static, App>,
}

impl Bench {
    pub(crate) fn open(root: tempfile::TempDir, app: App, window: Window) -> Self {
        let mut bench = Self { root, harness: opened::open(app, window) };
        bench.settle();
        bench
    }

    pub(crate) fn labeller(&self) -> &Labeller {
        self.harness.state().labeller().unwrap()
    }

    pub(crate) fn settle(&mut self) {
        settle(&mut self.harness);
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    pub(crate) fn looks_like(&mut self, name: &str) {
        golden::is_pictured_in(&mut self.harness, golden::FOLDER, name);
    }
}
