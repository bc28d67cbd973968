//! The page where labels are verified: all cards by name and edition, the odd ones first.

use egui::{CentralPanel, Panel, RichText, ScrollArea, Ui, Vec2, vec2};

use super::tile::{self, Marks};
use super::{GOOD, WARNING, form};
use crate::verify::Oddity;
use crate::window::{Intent, Labeller};

const TILE: Vec2 = vec2(74.0, 92.0);

/// A line of the list: every line is as high as a picture, so that only what is seen is drawn.
struct Line {
    class: usize,
    from: usize,
    to: usize,
}

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    Panel::right("relabel").default_size(270.0).show(ui, |ui| {
        ui.strong(format!("{} chosen", labeller.chosen.len()));
        form::form(labeller, ui, intents);
        ui.separator();
        if ui.button("Relabel").clicked() {
            intents.push(Intent::Save);
        }
        if ui.button("Into the bin").clicked() {
            intents.push(Intent::Bin);
        }
    });
    CentralPanel::default().show(ui, |ui| list(labeller, ui, intents));
}

fn list(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    const NAME: f32 = 190.0;
    let columns = ((ui.available_width() - NAME) / (TILE.x + 8.0)).floor().max(1.0) as usize;
    let classes = std::mem::take(&mut labeller.classes);
    let lines: Vec<Line> = classes
        .iter()
        .enumerate()
        .flat_map(|(class, it)| {
            (0..it.files.len()).step_by(columns).map(move |from| {
                let to = (from + columns).min(it.files.len());
                Line { class, from, to }
            })
        })
        .collect();
    if lines.is_empty() {
        ui.weak("Nothing has been named yet");
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, TILE.y, lines.len(), |ui, rows| {
        for line in &lines[rows] {
            let class = &classes[line.class];
            ui.horizontal(|ui| {
                ui.allocate_ui(vec2(NAME, TILE.y), |ui| {
                    ui.set_width(NAME);
                    ui.vertical(|ui| {
                        if line.from == 0 {
                            ui.strong(&class.name);
                            ui.weak(format!("{}, {}", class.modifier, class.files.len()));
                        }
                        let oddity = class.files[line.from].1;
                        if oddity != Oddity::None {
                            ui.label(RichText::new(oddity.name()).color(WARNING));
                        }
                    });
                });
                for (file, oddity) in &class.files[line.from..line.to] {
                    let is_chosen = labeller.chosen.contains(file);
                    let bar = if *oddity == Oddity::None { is_chosen.then_some(GOOD) } else { Some(WARNING) };
                    let marks = Marks { is_current: is_chosen, bar, ..Marks::default() };
                    if tile::show(labeller, ui, file, &format!("Labelled {file}"), TILE, marks).clicked() {
                        intents.push(Intent::Choose(file.clone()));
                    }
                }
            });
        }
    });
    labeller.classes = classes;
}
