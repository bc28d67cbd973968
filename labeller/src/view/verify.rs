//! The page where labels are verified: all cards by name and edition, the odd ones first.

use egui::{CentralPanel, Panel, RichText, ScrollArea, Ui, Vec2, vec2};
use lens_core::counted::counted;

use super::theme::{self, ACCENT, Enabled, FAINT, WARNING};
use super::tile::{self, Marks};
use super::{filter, form};
use crate::intent::{Intent, Shown};
use crate::verify::{Class, Oddity};
use crate::window::Labeller;

const TILE: Vec2 = vec2(76.0, 98.0);
/// The line below an image, which says what is odd.
const WORDS: f32 = 16.0;
const NAME: f32 = 196.0;

/// A line of the list: every line is as high as an image, so that only what is seen is drawn.
struct Line {
    class: usize,
    from: usize,
    to: usize,
}

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let is_empty = !labeller.session.pictures().iter().any(|it| it.label.is_some() && !it.binned);
    if is_empty {
        CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
            let lines =
                ["What you name on the page Label (F1) is shown here,", "with what may be wrong first."];
            theme::empty(ui, "Nothing has been named yet", &lines);
        });
        return;
    }
    Panel::right("relabel").default_size(324.0).frame(theme::panel()).show(ui, |ui| {
        if !labeller.chosen.is_empty() {
            theme::foot(ui, "relabel actions", |ui| actions(labeller, ui, intents));
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| chosen(labeller, ui, intents));
    });
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
        ui.horizontal(|ui| {
            let odd = labeller.odd().len();
            let labels = labeller.classes.iter().map(|it| it.files.len()).sum::<usize>();
            ui.heading(counted(labels, "label"));
            if odd > 0 {
                theme::chip(ui, &format!("{odd} may be wrong"), WARNING);
            } else {
                theme::chip(ui, "none is odd", theme::GOOD);
            }
        });
        filter::show(labeller, ui, intents);
        ui.add_space(4.0);
        list(labeller, ui, intents);
    });
}

/// What is chosen, and what it shall be.
fn chosen(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let count = labeller.chosen.len();
    ui.heading(format!("{} chosen", counted(count, "capture")));
    if count == 0 {
        ui.add_space(4.0);
        ui.weak("Click on captures that have the wrong name, type the right one, press Enter.");
        ui.weak("A click on a name on the left chooses all of its captures.");
        return;
    }
    let files: Vec<String> = labeller.chosen.iter().take(3).cloned().collect();
    ui.horizontal(|ui| {
        for file in &files {
            tile::show(labeller, ui, file, &format!("Chosen {file}"), vec2(82.0, 108.0), Marks::default());
        }
    });
    form::form(labeller, ui, intents);
}

/// What becomes of it.
fn actions(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let name = labeller.form.name.trim();
    let text = match &labeller.new_name {
        Some(name) => format!("Add the new card {name}"),
        None => format!("Relabel {}", labeller.chosen.len()),
    };
    if theme::primary(ui, &format!("{text}  \u{23ce}"), Enabled::when(!name.is_empty())) {
        intents.push(Intent::Save);
    }
    ui.horizontal_wrapped(|ui| {
        if theme::keyed(ui, "Into the bin", "Del") {
            intents.push(Intent::Bin);
        }
        if theme::keyed(ui, "Choose none", "Esc") {
            intents.push(Intent::Escape);
        }
        if theme::keyed(ui, "Undo", "Ctrl+Z") {
            intents.push(Intent::Undo);
        }
    });
}

fn is_shown(labeller: &Labeller, shown: &Shown, class: &Class) -> bool {
    let text = shown.text.trim().to_lowercase();
    class.name.to_lowercase().contains(&text)
        && labeller.is_from(&shown.from_mod, &class.id)
        && shown.card_type.is_none_or(|wanted| class.card_type == Some(wanted))
        && (!shown.only_odd || class.odd() > 0)
}

fn list(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let columns = ((ui.available_width() - NAME - 12.0) / (TILE.x + 8.0)).floor().max(1.0) as usize;
    let classes = std::mem::take(&mut labeller.classes);
    let shown = labeller.shown().clone();
    let count = |class: &Class| if shown.only_odd { class.odd() } else { class.files.len() };
    let lines: Vec<Line> = classes
        .iter()
        .enumerate()
        .filter(|(_, class)| is_shown(labeller, &shown, class))
        .flat_map(|(class, it)| {
            let all = count(it);
            (0..all).step_by(columns).map(move |from| Line { class, from, to: (from + columns).min(all) })
        })
        .collect();
    if lines.is_empty() {
        ui.weak("No label fits the filter.");
    }
    let height = TILE.y + WORDS;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, height, lines.len(), |ui, rows| {
        for line in &lines[rows] {
            ui.horizontal_top(|ui| row(labeller, ui, &classes[line.class], line, intents));
        }
    });
    labeller.classes = classes;
}

fn row(labeller: &mut Labeller, ui: &mut Ui, class: &Class, line: &Line, intents: &mut Vec<Intent>) {
    let height = TILE.y + WORDS;
    ui.allocate_ui(vec2(NAME, height), |ui| {
        ui.set_min_size(vec2(NAME, height));
        ui.vertical(|ui| {
            if line.from > 0 {
                return;
            }
            let name = theme::name(&class.name).color(theme::of_type(class.card_type));
            if ui.add(egui::Label::new(name).truncate().sense(egui::Sense::click())).clicked() {
                let files = class.files.iter().map(|(file, _)| file.clone()).collect();
                intents.push(Intent::ChooseAll(files));
            }
            ui.horizontal(|ui| {
                theme::chip(ui, &class.modifier, theme::of_edition(&class.modifier));
                ui.weak(counted(class.files.len(), "capture"));
            });
            if class.odd() > 0 {
                ui.label(RichText::new(format!("{} may be wrong", class.odd())).small().color(WARNING));
            }
        });
    });
    for (file, oddity) in &class.files[line.from..line.to] {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.set_width(TILE.x);
            let is_chosen = labeller.chosen.contains(file);
            let is_odd = *oddity != Oddity::None;
            let bar = if is_odd { Some(WARNING) } else { is_chosen.then_some(ACCENT) };
            let marks = Marks { is_current: is_chosen, bar, ..Marks::default() };
            let tile = tile::show(labeller, ui, file, &format!("Labelled {file}"), TILE, marks);
            if tile.clicked() {
                intents.push(Intent::Choose(file.clone()));
            }
            if is_odd {
                tile.on_hover_text(oddity.name());
                ui.add(egui::Label::new(RichText::new(oddity.short()).size(10.5).color(WARNING)).truncate());
            } else {
                ui.label(RichText::new(" ").size(10.5).color(FAINT));
            }
        });
    }
}
