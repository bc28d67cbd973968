//! The page that shows what is there of each card and edition.

use egui::{Color32, RichText, ScrollArea, Ui};

use super::{GOOD, WARNING};
use crate::coverage::ENOUGH;
use crate::window::Labeller;

/// Cards that are named as to be hunted next.
const MAX_HUNTED: usize = 8;

pub(super) fn show(labeller: &Labeller, ui: &mut Ui) {
    let coverage = &labeller.coverage;
    let [there, all] = coverage.share();
    ui.heading(format!("{there} of {all} cards and editions"));
    let hunt = coverage.hunt(MAX_HUNTED);
    let wanted: Vec<String> = hunt
        .iter()
        .map(
            |(row, edition)| {
                if *edition == "base" { row.name.clone() } else { format!("{} ({edition})", row.name) }
            },
        )
        .collect();
    ui.label(format!("Hunt next: {}", wanted.join(", ")));
    ui.separator();
    let height = ui.text_style_height(&egui::TextStyle::Body) + 4.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, height, coverage.rows.len() + 1, |ui, rows| {
        for number in rows {
            ui.horizontal(|ui| {
                let cell = |ui: &mut Ui, width: f32, text: RichText| {
                    ui.allocate_ui(egui::vec2(width, height), |ui| {
                        ui.set_width(width);
                        ui.label(text);
                    });
                };
                match number.checked_sub(1).map(|at| &coverage.rows[at]) {
                    None => {
                        cell(ui, 190.0, RichText::new("Card").strong());
                        cell(ui, 100.0, RichText::new("Type").strong());
                        for edition in &coverage.editions {
                            cell(ui, 92.0, RichText::new(edition).strong());
                        }
                    }
                    Some(row) => {
                        cell(ui, 190.0, RichText::new(&row.name));
                        cell(ui, 100.0, RichText::new(row.card_type.name()).weak());
                        for count in &row.counts {
                            let text = match count {
                                None => RichText::new(" ").color(Color32::DARK_GRAY),
                                Some(0) => RichText::new("-").color(Color32::GRAY),
                                Some(count) if *count < ENOUGH => {
                                    RichText::new(count.to_string()).color(WARNING)
                                }
                                Some(count) => RichText::new(count.to_string()).color(GOOD),
                            };
                            cell(ui, 92.0, text);
                        }
                    }
                }
            });
        }
    });
}
