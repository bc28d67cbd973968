//! The page on which the model is looked at, taught less, and trained anew.

use std::time::{SystemTime, UNIX_EPOCH};

use egui::{
    Align, Align2, CentralPanel, CornerRadius, FontId, Layout, Panel, Rect, RichText, ScrollArea, Sense, Ui,
    Vec2, pos2, vec2,
};
use lens_core::counted::counted;
use lens_core::retraining::{Figure, Outcome, Phase, Row};

use super::theme::{self, ACCENT, EDGE, Enabled, FAINT, GOOD, GROUND, RAISED, TEXT, WARNING};
use super::tile::{WHOLE, fitted};
use crate::intent::{Intent, Question};
use crate::knowledge::{Enrolled, Knowledge, ago};
use crate::thumbnails::Size;
use crate::training::{Ended, Report, Run, Task};
use crate::window::Labeller;
use crate::window::train::MINUTES;

/// A taught card: its image, name, what taught it, and what can be done.
const CARD: Vec2 = vec2(248.0, 76.0);
const GAP: f32 = 8.0;
/// Lines of the trainer that are shown.
const MAX_MESSAGES: usize = 6;
/// Names of cards without a class that are listed.
const MAX_MISSING: usize = 12;

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    Panel::right("training").default_size(430.0).frame(theme::panel()).show(ui, |ui| {
        ScrollArea::vertical().show(ui, |ui| training(labeller, ui, intents));
    });
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
        let Some(knowledge) = labeller.train.knowledge.clone() else {
            let lines = ["The labeller was started without a model, or it is being read."];
            return theme::empty(ui, "No model", &lines);
        };
        known(labeller, &knowledge, ui);
        ui.add_space(8.0);
        taught(labeller, &knowledge, ui, intents);
    });
}

/// The classes of the model.
fn known(labeller: &Labeller, knowledge: &Knowledge, ui: &mut Ui) {
    ui.horizontal(|ui| {
        panes::heading(ui, "What the model knows");
        // As it is written: names of folders have small letters.
        ui.label(RichText::new(&knowledge.model).color(FAINT));
    });
    ui.horizontal_wrapped(|ui| {
        for it in knowledge.of_types(&labeller.catalogue) {
            let text = format!("{} {} of {}", it.card_type.name(), it.known, it.all);
            let colour = theme::of_type(Some(it.card_type));
            theme::progress(ui, it.known as f32 / it.all as f32, &text, colour, 172.0);
        }
    });
    if !knowledge.added.is_empty() {
        ui.label(format!("Learnt by retraining: {}", knowledge.added.join(", ")));
    }
    let missing = knowledge.missing(&labeller.catalogue);
    if !missing.is_empty() {
        let rest = missing.len().saturating_sub(MAX_MISSING);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let names: Vec<&str> = missing.iter().take(MAX_MISSING).map(String::as_str).collect();
        ui.label(RichText::new(format!("Not trained on: {}{more}", names.join(", "))).color(FAINT));
    }
}

/// A part of the list of taught cards.
enum Line<'a> {
    Heading(&'static str, &'static str),
    Cards(&'a [Enrolled], State),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Known,
    Forgotten,
}

fn taught(labeller: &mut Labeller, knowledge: &Knowledge, ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        let count = knowledge.enrolled.len();
        let captures: usize = knowledge.enrolled.iter().map(|it| it.count).sum();
        panes::heading(ui, &format!("{} taught", counted(count, "card")));
        if count > 0 {
            let words = format!("from {}", counted(captures, "capture"));
            ui.label(RichText::new(words).color(FAINT));
        }
        if !knowledge.forgotten.is_empty() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                theme::key(ui, "Ctrl+Z");
                ui.label(RichText::new("takes the last one back").small().color(FAINT));
            });
        }
    });
    if !knowledge.can_enrol {
        ui.label("This model was made elsewhere and gives only names: it cannot be taught single cards.");
        return;
    }
    if knowledge.enrolled.is_empty() {
        ui.weak("A card that you name and the model does not know is taught at once, by that one capture.");
    }
    let columns = (((ui.available_width() - 12.0 + GAP) / (CARD.x + GAP)).floor() as usize).max(1);
    let mut lines: Vec<Line<'_>> =
        knowledge.enrolled.chunks(columns).map(|row| Line::Cards(row, State::Known)).collect();
    if !knowledge.forgotten.is_empty() {
        lines.push(Line::Heading(
            "Forgotten",
            "Kept aside: the overlay does not know them by what was taught",
        ));
        lines.extend(knowledge.forgotten.chunks(columns).map(|row| Line::Cards(row, State::Forgotten)));
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, CARD.y + GAP - 6.0, lines.len(), |ui, rows| {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        for line in &lines[rows] {
            match line {
                Line::Heading(title, words) => heading(ui, title, words),
                Line::Cards(row, state) => {
                    ui.horizontal_top(|ui| row.iter().for_each(|it| card(labeller, ui, it, *state, intents)));
                }
            }
        }
    });
}

fn heading(ui: &mut Ui, title: &str, words: &str) {
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), CARD.y), Sense::hover());
    let at = area.left_bottom() - vec2(0.0, 24.0);
    ui.painter().text(at, Align2::LEFT_BOTTOM, title, theme::name_font(15.0), TEXT);
    ui.painter().text(at + vec2(0.0, 3.0), Align2::LEFT_TOP, words, FontId::proportional(12.0), FAINT);
}

fn card(labeller: &mut Labeller, ui: &mut Ui, card: &Enrolled, state: State, intents: &mut Vec<Intent>) {
    let (area, _) = ui.allocate_exact_size(CARD, Sense::hover());
    ui.painter().rect_filled(area, CornerRadius::same(6), RAISED);
    let picture = Rect::from_min_size(area.min + vec2(6.0, 5.0), vec2(50.0, CARD.y - 10.0));
    let file = card.captures.iter().find(|file| labeller.session.picture(file).is_some());
    let texture = match file.or(card.captures.first()) {
        Some(file) => labeller.thumbnails.get(ui.ctx(), file, Size::Small),
        None => labeller.art(ui.ctx(), &card.id, "base"),
    };
    if let Some(texture) = texture {
        let tint = match state {
            State::Known => egui::Color32::WHITE,
            State::Forgotten => egui::Color32::from_white_alpha(90),
        };
        ui.painter().image(texture.id(), fitted(texture.size_vec2(), picture), WHOLE, tint);
    } else {
        let edge = egui::Stroke::new(1.0, EDGE);
        ui.painter().rect_stroke(picture, 5.0, edge, egui::StrokeKind::Inside);
    }
    let words = Rect::from_min_max(pos2(picture.right() + 9.0, area.top() + 7.0), area.max - vec2(8.0, 6.0));
    let painter = ui.painter().with_clip_rect(words.intersect(ui.clip_rect()));
    let colour = theme::of_type(labeller.catalogue.card(&card.id).map(|it| it.card_type));
    let colour = if colour == FAINT { TEXT } else { colour };
    let (font, width) = (theme::name_font(13.0), words.width());
    theme::write(&painter, words.min, Align2::LEFT_TOP, &card.name, font, colour, width);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let count = counted(card.count, "capture");
    let when = card.taught_at_millis.map_or_else(String::new, |then| format!(", {}", ago(now, then)));
    let at = words.min + vec2(0.0, 17.0);
    let (text, font) = (format!("{count}{when}"), FontId::proportional(11.5));
    theme::write(&painter, at, Align2::LEFT_TOP, text, font, FAINT, width);
    let button = Rect::from_min_max(pos2(words.left(), area.bottom() - 28.0), words.max);
    // A part of the card: it moves nothing of what comes next.
    let ui = &mut ui.new_child(egui::UiBuilder::new().max_rect(button));
    let (text, said) = match state {
        State::Known => ("Forget", format!("Forget {}", card.name)),
        State::Forgotten => ("Teach again", format!("Teach {} again", card.name)),
    };
    let response = theme::small(ui, text);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &said));
    if response.clicked() {
        let (id, name) = (card.id.clone(), card.name.clone());
        intents.push(match state {
            State::Known => Intent::Ask(Question::Forget { id, name }),
            State::Forgotten => Intent::Remember(id, name),
        });
    }
}

/// The right side: training, what came of it, and going back.
fn training(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    panes::heading(ui, "Train on what you labelled");
    let page = &labeller.train;
    if page.program.is_none() {
        return no_trainer(ui);
    }
    let is_running = page.is_running();
    if !is_running {
        begin(labeller, ui, intents);
    }
    if let Some(run) = &page.run {
        let report = run.report();
        if is_running {
            progress(run, ui, intents);
        }
        if let Some(ended) = &report.ended {
            ui.add_space(6.0);
            result(ended, run.task(), ui);
        }
        if !report.rows.is_empty() {
            ui.add_space(8.0);
            theme::section(ui, "Old against new");
            table(&report.rows, ui);
        }
        if !report.messages.is_empty() {
            ui.add_space(8.0);
            theme::section(ui, "What the trainer says");
            let from = report.messages.len().saturating_sub(MAX_MESSAGES);
            for message in &report.messages[from..] {
                ui.label(RichText::new(message).small().color(FAINT));
            }
        }
    }
    if !is_running {
        ui.add_space(14.0);
        go_back(labeller, ui, intents);
    }
}

fn no_trainer(ui: &mut Ui) {
    ui.label(RichText::new("The program trainer is neither beside this one nor on the path.").color(WARNING));
    ui.add_space(4.0);
    ui.label("It is built on its own, for it needs libtorch. In the project's folder:");
    for command in ["cargo xtask setup --trainer", "cargo build -p trainer"] {
        ui.label(RichText::new(command).monospace().color(ACCENT));
    }
    ui.weak("Cards that you name are taught at once, also without it.");
}

fn begin(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.label(
        RichText::new("The new model takes the place of the old one only where it is better.").color(FAINT),
    );
    ui.horizontal(|ui| {
        ui.label("May take");
        let words = |minutes: u32| counted(minutes, "minute");
        theme::choice(ui, "Time", &words(labeller.train.minutes), 100.0, |ui| {
            for minutes in MINUTES {
                let is_chosen = labeller.train.minutes == minutes;
                if ui.selectable_label(is_chosen, words(minutes)).clicked() {
                    intents.push(Intent::Minutes(minutes));
                }
            }
        });
    });
    if theme::primary(ui, "Retrain now  R", Enabled::Yes) {
        intents.push(Intent::Retrain);
    }
}

fn progress(run: &Run, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let report = run.report();
    if let Task::Retrain { .. } = run.task() {
        phases(report, ui);
        let width = ui.available_width();
        let share = if report.phase > Some(Phase::Training) { 1.0 } else { report.progress as f32 };
        let left = report.seconds_left.filter(|_| report.phase == Some(Phase::Training));
        let left = left.map_or_else(String::new, |it| format!(", {} left", duration(it)));
        let text = match awaited(report) {
            Some(what) => what.to_owned(),
            None => format!("{:.0} %{left}", share * 100.0),
        };
        theme::progress(ui, share, &text, GOOD, width);
        let loss = report.loss.map_or_else(String::new, |loss| format!(" \u{b7} loss {loss:.3}"));
        if report.step > 0 {
            ui.label(RichText::new(format!("step {}{loss}", report.step)).color(FAINT));
        }
    } else {
        ui.spinner();
    }
    let text = if run.is_stopping() { "Stop at once" } else { "Stop" };
    if theme::keyed(ui, text, "S") {
        intents.push(Intent::StopTraining);
    }
    if run.is_stopping() {
        ui.label(RichText::new("It stops after this step; the model stays as it is.").color(WARNING));
    } else {
        ui.weak("You can go on labelling. Closing this window stops it.");
    }
}

/// What is done before the first step, of which nobody says how far it is.
fn awaited(report: &Report) -> Option<&'static str> {
    match report.phase {
        None => Some("The trainer is being started"),
        Some(Phase::Gathering) => Some("Captures, labels and art are being read"),
        Some(Phase::Training) if report.step == 0 => Some("Cards are being drawn for the first step"),
        Some(_) => None,
    }
}

/// What is done now, and how far that is.
fn phases(report: &Report, ui: &mut Ui) {
    let all = Phase::ALL.len();
    let (number, name) = match report.phase {
        Some(now) => (Phase::ALL.iter().take_while(|phase| **phase < now).count() + 1, now.name()),
        None => (0, "Starting"),
    };
    ui.horizontal(|ui| {
        ui.label(theme::name(name).color(ACCENT));
        ui.label(RichText::new(format!("part {number} of {all}")).small().color(FAINT));
    });
}

fn result(ended: &Ended, task: &Task, ui: &mut Ui) {
    let (heading, words, colour) = match ended {
        Ended::Retrained(Outcome::Installed) => (
            "The new model is installed",
            "The overlay takes it over by itself. The old one is kept.".to_owned(),
            GOOD,
        ),
        Ended::Retrained(Outcome::Refused { reason, help }) => {
            ("The model stays as it is", format!("{reason}.\n{help}"), WARNING)
        }
        Ended::Retrained(Outcome::OnlyTried) => {
            ("The new model is better", "It was not to be installed.".to_owned(), GOOD)
        }
        Ended::Retrained(Outcome::Stopped) => ("Stopped", "The model is as it was.".to_owned(), FAINT),
        Ended::WentBack => ("The model before is back", "Going back once more undoes it.".to_owned(), GOOD),
        Ended::Failed(reason) => {
            let heading = match task {
                Task::Retrain { .. } => "The training failed",
                Task::GoBack { .. } => "The model before is not back",
            };
            (heading, reason.replace("\nhelp: ", "\n"), WARNING)
        }
    };
    egui::Frame::new().fill(GROUND).corner_radius(6).inner_margin(10).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::name(heading).color(colour));
        ui.label(words);
    });
}

/// Both models, a figure a line; what decides is set off from what is only shown.
fn table(rows: &[Row], ui: &mut Ui) {
    egui::Grid::new("old and new").num_columns(4).spacing([10.0, 4.0]).striped(true).show(ui, |ui| {
        for word in ["", "of", "old", "new"] {
            ui.label(RichText::new(word).small().color(FAINT));
        }
        ui.end_row();
        for row in rows {
            let indent = row.what.len() - row.what.trim_start().len();
            let what = RichText::new(format!("{}{}", "\u{2003}".repeat(indent / 2), row.what.trim_start()));
            let what = what.size(12.5).color(if row.decides { TEXT } else { FAINT });
            ui.add(egui::Label::new(what).wrap_mode(egui::TextWrapMode::Extend));
            ui.label(RichText::new(row.old.whole.to_string()).size(12.5).color(FAINT));
            share(&row.old, FAINT, ui);
            let colour = match row.new.share().partial_cmp(&row.old.share()) {
                Some(std::cmp::Ordering::Greater) if row.decides => GOOD,
                Some(std::cmp::Ordering::Less) if row.decides => WARNING,
                _ => TEXT,
            };
            share(&row.new, colour, ui);
            ui.end_row();
        }
    });
}

fn share(figure: &Figure, colour: egui::Color32, ui: &mut Ui) {
    let text = figure.share().map_or_else(|| "\u{2013}".to_owned(), |it| format!("{:.1} %", it * 100.0));
    let label = ui.label(RichText::new(text).size(12.5).color(colour));
    if let Some([low, high]) = figure.interval {
        let of = format!("{} of {}", figure.part, figure.whole);
        label.on_hover_text(format!("{of}; likely {:.1} to {:.1} %", low * 100.0, high * 100.0));
    }
}

fn go_back(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let has_previous = labeller.train.knowledge.as_ref().is_some_and(|it| it.has_previous);
    if has_previous {
        theme::section(ui, "The model before");
        if theme::keyed(ui, "Go back", "B") {
            intents.push(Intent::Ask(Question::GoBack));
        }
    } else {
        ui.weak("No model before is kept: there is none to go back to.");
    }
}

/// Minutes and seconds.
fn duration(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 1e6) as u64;
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}
