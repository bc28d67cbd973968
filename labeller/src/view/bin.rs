//! The page of what was thrown away, and can come back.

use egui::{ScrollArea, Ui, vec2};

use super::tile::{self, Marks};
use crate::session::Action;
use crate::window::{Intent, Labeller};

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let binned: Vec<(String, String)> = labeller
        .session
        .pictures()
        .iter()
        .filter(|it| it.binned)
        .map(|it| {
            (it.file.clone(), it.label.as_ref().map_or_else(|| "no name".into(), |label| label.name.clone()))
        })
        .collect();
    ui.heading(format!("{} in the bin", binned.len()));
    ui.weak("The captures themselves stay where they are.");
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, 80.0, binned.len(), |ui, rows| {
        for (file, name) in &binned[rows] {
            ui.horizontal(|ui| {
                tile::show(labeller, ui, file, &format!("Binned {file}"), vec2(60.0, 78.0), Marks::default());
                ui.vertical(|ui| {
                    ui.strong(name);
                    ui.weak(file);
                    if ui.button("Restore").clicked() {
                        intents.push(Intent::Act(Box::new(Action::Restore(vec![file.clone()]))));
                    }
                });
            });
        }
    });
}
