//! A window on a data set of composed practice cards, and what a hand does in it.

use std::path::Path;
use std::sync::Arc;

use dataset::captures::record::CaptureContext;
use dataset::captures::store::Captures;
use dataset::labels::store::read;
use egui::{Key, Modifiers as Held};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use image::{Rgba, RgbaImage, imageops};
use labeller::app::App;
use labeller::intent::Page;
use labeller::repository::Folders;
use labeller::window::Labeller;
use lens_core::modifiers::Modifiers;

use super::golden;
use super::opened;
use super::settled::settle;

pub(crate) struct Bench {
    pub(crate) root: tempfile::TempDir,
    pub(crate) harness: Option<Harness<'static, App>>,
}

/// A captured card: id, edition, and what the model made of it.
pub(crate) type Captured = (&'static str, &'static str, &'static [(&'static str, f32)]);

pub(crate) const CARDS: [Captured; 4] = [
    ("H_A", "base", &[("H_A", 0.41), ("D_A", 0.3)]),
    ("H_A", "foil", &[("H_A", 0.35), ("D_A", 0.3)]),
    ("S_K", "base", &[("S_Q", 0.2), ("S_K", 0.19), ("C_K", 0.1)]),
    ("x_owl", "base", &[("x_owl", 0.3), ("x_cat", 0.28)]),
];

pub(crate) fn folders(root: &Path) -> Folders {
    Folders { captures: root.join("screenshots"), labels: root.join("dataset_default") }
}

pub(crate) fn card(id: &str, edition: &str) -> RgbaImage {
    let sprites = synth::practice::sprites();
    let modifiers = Modifiers { edition: edition.into(), ..Modifiers::default() };
    let card = synth::single::picture(&sprites, id, &modifiers, 2, 1).unwrap();
    let mut ground = RgbaImage::from_pixel(card.width(), card.height(), Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut ground, &card, 0, 0);
    ground
}

pub(crate) fn captured(root: &Path, cards: &[Captured]) {
    let mut captures = Captures::open(&folders(root).captures).unwrap();
    for (at, (id, edition, guesses)) in cards.iter().enumerate() {
        let crop = card(id, edition);
        let hashes = captures.hashes(&crop);
        let context = CaptureContext {
            window: [1280, 720],
            taken_at_millis: at as u64,
            model: Some("practice".into()),
            guesses: guesses.iter().map(|(id, probability)| ((*id).to_owned(), *probability)).collect(),
            modifiers: Some(Modifiers { edition: (*edition).into(), ..Modifiers::default() }),
            ..CaptureContext::default()
        };
        captures.add(&crop, hashes, context).unwrap();
    }
}

pub(crate) fn window(folders: Folders) -> Harness<'static, App> {
    window_on(folders, Page::Label)
}

/// A window that begins with this page.
pub(crate) fn window_on(folders: Folders, page: Page) -> Harness<'static, App> {
    let catalogue = synth::practice::catalogue();
    let root = App::open(folders, move |repository, session| {
        Labeller::new(repository, session, Arc::clone(&catalogue), None).with_page(page)
    });
    let mut harness = opened::open(root.unwrap(), ([1100.0, 720.0], 1.0));
    settle(&mut harness);
    harness
}

impl Bench {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        captured(root.path(), &CARDS);
        let harness = Some(window(folders(root.path())));
        Self { root, harness }
    }

    pub(crate) fn harness(&mut self) -> &mut Harness<'static, App> {
        self.harness.as_mut().unwrap()
    }

    pub(crate) fn state(&self) -> &Labeller {
        self.harness.as_ref().unwrap().state().labeller().unwrap()
    }

    pub(crate) fn press(&mut self, keys: &[Key]) {
        for key in keys {
            self.harness().key_press(*key);
            settle(self.harness());
        }
    }

    pub(crate) fn press_with(&mut self, held: Held, key: Key) {
        self.harness().key_press_modifiers(held, key);
        settle(self.harness());
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.harness().event(egui::Event::Text(text.into()));
        settle(self.harness());
    }

    pub(crate) fn click(&mut self, label: &str) {
        self.harness().get_by_label(label).click();
        settle(self.harness());
    }

    pub(crate) fn looks_like(&mut self, name: &str) {
        golden::is_pictured_in(self.harness(), golden::FOLDER, name);
    }

    /// Name and edition of each labelled file, as another program reads them.
    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        let data = read(&folders(self.root.path()).labels).unwrap();
        let mut names: Vec<_> = data
            .labels
            .iter()
            .map(|(_, label)| (label.name.clone(), label.modifier.unwrap_or_default()))
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, edition)| ((*name).to_owned(), (*edition).to_owned())).collect()
}

/// Goes to the group of this card.
pub(crate) fn go_to(bench: &mut Bench, capture: usize) {
    let file = bench.state().session().pictures()[capture].file.clone();
    bench.press(&[Key::ArrowLeft; CARDS.len()]);
    for _ in 0..CARDS.len() {
        if bench.state().session().members().any(|it| it.file == file) {
            return;
        }
        bench.press(&[Key::ArrowRight]);
    }
    panic!("{file} is in no group that waits");
}

/// The plain and the foil ace in one group.
pub(crate) fn two_aces(bench: &mut Bench) {
    go_to(bench, 0);
    if bench.state().session().members().count() == 1 {
        bench.press_with(Held::COMMAND, Key::M);
    }
    assert_eq!(bench.state().session().members().count(), 2, "both aces are in one group");
}

/// A frame of the overlay's, with two practice cards on it.
pub(crate) fn framed(root: &Path) -> String {
    let mut frame = RgbaImage::from_pixel(640, 360, Rgba([53, 101, 77, 255]));
    imageops::overlay(&mut frame, &card("H_A", "base"), 40, 60);
    imageops::overlay(&mut frame, &card("S_K", "base"), 320, 60);
    let mut captures = Captures::open(&folders(root).captures).unwrap();
    captures.add_frame(&lens_core::pixels::Pixels::from(&frame)).unwrap()
}
