//! The page of what was thrown away, and can come back.

use egui::{ScrollArea, Ui, vec2};
use lens_core::counted::counted;

use super::theme;
use super::tile::{self, Marks};
use crate::intent::{Intent, Question};
use crate::session::Action;
use crate::window::Labeller;

const TILE: egui::Vec2 = vec2(96.0, 124.0);
const ROW: f32 = TILE.y + 68.0;

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let binned: Vec<(String, String)> = labeller
        .session
        .pictures()
        .iter()
        .filter(|it| it.binned)
        .map(|it| (it.file.clone(), labeller.title_of(it)))
        .collect();
    if binned.is_empty() {
        let lines = [
            "Delete throws a capture away, on the pages Label and Verify.",
            "It waits here, and can come back.",
        ];
        return theme::empty(ui, "The bin is empty", &lines);
    }
    ui.horizontal(|ui| {
        panes::heading(ui, &format!("{} in the bin", counted(binned.len(), "capture")));
        if theme::keyed(ui, "Restore all", "Ctrl+R") {
            intents.push(Intent::RestoreAll);
        }
        if theme::keyed(ui, "Empty the bin", "Shift+Del") {
            intents.push(Intent::Ask(Question::EmptyBin(binned.len())));
        }
    });
    ui.weak("No training sees them. They stay on the disk until the bin is emptied.");
    let columns = (((ui.available_width() - 12.0) / (TILE.x + 24.0)).floor() as usize).max(1);
    ScrollArea::vertical().auto_shrink(false).show_rows(
        ui,
        ROW,
        binned.len().div_ceil(columns),
        |ui, rows| {
            for row in rows {
                ui.horizontal_top(|ui| {
                    for (file, name) in binned.iter().skip(row * columns).take(columns) {
                        ui.vertical(|ui| {
                            ui.set_width(TILE.x + 14.0);
                            tile::show(labeller, ui, file, &format!("Binned {file}"), TILE, Marks::default());
                            let size = vec2(TILE.x + 10.0, theme::NAME);
                            let (area, shown) = ui.allocate_exact_size(size, egui::Sense::hover());
                            shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
                            theme::write_name(ui.painter(), area, name, theme::TEXT);
                            if theme::small(ui, "Restore").clicked() {
                                intents.push(Intent::Act(Box::new(Action::Restore(vec![file.clone()]))));
                            }
                        });
                    }
                });
            }
        },
    );
}
