//! The page of whole frames: the image with its quads, the cards on it, and what they are.

use std::path::PathBuf;

use egui::{
    Align2, CentralPanel, Color32, Panel, Pos2, Rect, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui,
    Vec2, pos2, vec2,
};
use lens_core::counted::counted;
use lens_core::geometry::{InFrame, Point};

use super::theme::{self, ACCENT, Enabled, FAINT, GOOD, GROUND, HOVERED, TEXT, WARNING};
use super::tile::{self, Marks, WHOLE};
use super::{form, keys};
use crate::frame::{Begins, FrameCard, Looked, OpenFrame};
use crate::intent::Intent;
use crate::window::Labeller;

/// How near a corner the pointer must be to move it, in points.
const REACH: f32 = 12.0;
/// A frame in the list.
const THUMB: Vec2 = vec2(160.0, 94.0);

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    Panel::left("frames")
        .default_size(196.0)
        .frame(theme::panel())
        .show(ui, |ui| list(labeller, ui, intents));
    if labeller.frame.is_none() && labeller.opening().is_none() {
        CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
            let lines = [
                "The overlay saves a frame with the cards that it saves.",
                "Or open a screenshot by Ctrl+O, or drop it on this window, to mark and name its cards.",
            ];
            theme::empty(ui, "No frame is open", &lines);
        });
        return;
    }
    Panel::right("frame form").default_size(324.0).frame(theme::panel()).show(ui, |ui| {
        theme::foot(ui, "frame actions", |ui| actions(labeller, ui, intents));
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            cards(labeller, ui, intents);
            ui.add_space(8.0);
            let is_chosen = labeller.frame.as_ref().is_some_and(|it| it.card().is_some());
            ui.add_enabled_ui(is_chosen, |ui| {
                form::suggestions(labeller, ui, intents);
                ui.add_space(6.0);
                form::form(labeller, ui, intents);
            });
        });
    });
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (key, what) in [
                ("\u{2191}\u{2193}", "another card"),
                ("Space", "next corner"),
                ("Shift+arrows", "move it"),
                ("drag", "a corner, a new box"),
                ("wheel", "magnify"),
            ] {
                theme::hint(ui, key, what);
            }
        });
        match labeller.opening() {
            Some(path) => theme::empty(ui, "Opening the frame", &[&path.display().to_string()]),
            None => canvas(labeller, ui, intents),
        }
    });
}

fn list(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    panes::heading(ui, "Frames");
    if theme::keyed(ui, "Open screenshot\u{2026}", "Ctrl+O") {
        intents.push(Intent::AskForScreenshot);
    }
    path_line(labeller, ui, intents);
    let frames = labeller.frames.clone();
    let open = labeller.frame_name().cloned();
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, THUMB.y, frames.len(), |ui, rows| {
        for name in &frames[rows] {
            let marks = Marks { is_current: open.as_ref() == Some(name), ..Marks::default() };
            if tile::show(labeller, ui, name, &format!("Frame {name}"), THUMB, marks).clicked() {
                intents.push(Intent::OpenFrame(PathBuf::from(name)));
            }
        }
    });
}

/// Where a path can be typed: there are desktops without a dialog for files.
fn path_line(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let label = ui.label(RichText::new("or drop it here, or type its path").small().color(FAINT));
    let line =
        TextEdit::singleline(&mut labeller.screenshot.typed).hint_text("path").desired_width(f32::INFINITY);
    let line = ui.add(line).labelled_by(label.id);
    if std::mem::take(&mut labeller.screenshot.wants_keys) {
        line.request_focus();
    }
    if line.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
        intents.push(Intent::OpenTyped);
    }
}

/// The cards of the frame, as lines to be chosen.
fn cards(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let Some(frame) = &labeller.frame else { return };
    let named = frame.cards.iter().filter(|it| it.label.is_some()).count();
    theme::section(ui, &format!("{named} of {} named", frame.cards.len()));
    match labeller.looked() {
        Looked::NotYet => drop(ui.weak("The model looks for cards\u{2026}")),
        Looked::Failed => drop(ui.weak("The model could not look for cards: draw boxes around them")),
        Looked::Done if frame.cards.is_empty() => {
            drop(ui.weak("No card was found: draw a box around one"));
        }
        Looked::Done => {}
    }
    ScrollArea::vertical().id_salt("cards").max_height(150.0).auto_shrink([false, true]).show(ui, |ui| {
        for (at, card) in frame.cards.iter().enumerate() {
            let (text, colour) = words(labeller, card);
            let is_chosen = frame.selected == Some(at);
            let label =
                RichText::new(format!("{}  {text}", at + 1)).color(if is_chosen { TEXT } else { colour });
            if ui.selectable_label(is_chosen, label).clicked() {
                intents.push(Intent::SelectCard(Some(at)));
            }
        }
    });
}

/// What a card is called in the list, and how far it has come.
fn words(labeller: &Labeller, card: &FrameCard) -> (String, Color32) {
    match (&card.label, &card.file) {
        (Some(label), Some(_)) if !card.is_unwritten => (format!("{}, saved", label.name), GOOD),
        (Some(label), _) => (label.name.clone(), ACCENT),
        (None, _) => match card.reading.as_ref().and_then(|it| it.first()) {
            Some(guess) => (format!("{}?", labeller.name_of(&guess.id)), FAINT),
            None => ("no guess".into(), WARNING),
        },
    }
}

fn actions(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let Some(frame) = &labeller.frame else { return };
    let name = labeller.saved_name();
    let is_chosen = frame.card().is_some();
    let text = match &labeller.new_name {
        Some(name) => format!("Add the new card {name}"),
        None if name.is_empty() => "Name it".into(),
        None => format!("It is {name}"),
    };
    if theme::primary(ui, &format!("{text}  \u{23ce}"), Enabled::when(is_chosen && !name.is_empty())) {
        intents.extend(keys::saved(labeller));
    }
    let ready = frame.waiting();
    ui.add_enabled_ui(ready > 0, |ui| {
        let text = if ready > 0 { format!("Save {}", counted(ready, "capture")) } else { "Save".into() };
        if theme::keyed(ui, &text, "Ctrl+S") {
            intents.push(Intent::SaveFrame);
        }
    });
    ui.horizontal_wrapped(|ui| {
        if theme::keyed(ui, "Not a card", "0") {
            intents.push(Intent::NotACard);
        }
        if theme::keyed(ui, "Take away", "Del") {
            intents.push(Intent::Bin);
        }
    });
}

/// From pixels of the frame to points of the window.
#[derive(Clone, Copy)]
struct View {
    shown: Rect,
    scale: f32,
}

impl View {
    fn to_screen(self, point: Point<InFrame>) -> Pos2 {
        self.shown.min + vec2(point.x, point.y) * self.scale
    }

    fn to_frame(self, point: Pos2) -> Point<InFrame> {
        let at = (point - self.shown.min) / self.scale;
        Point::new(at.x, at.y)
    }
}

/// Where the frame lies: all of it, or magnified around the chosen card.
fn view(frame: &OpenFrame, area: Rect, steps: i32) -> View {
    let size = vec2(frame.size[0].max(1) as f32, frame.size[1].max(1) as f32);
    let fit = (area.width() / size.x).min(area.height() / size.y);
    let scale = fit * 1.5_f32.powi(steps);
    let middle = match frame.card().filter(|_| steps > 0) {
        Some(card) => {
            let centre = card.quad.centre();
            vec2(centre.x, centre.y)
        }
        None => size / 2.0,
    };
    View { shown: Rect::from_min_size(area.center() - middle * scale, size * scale), scale }
}

fn canvas(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let (area, response) =
        ui.allocate_exact_size(ui.available_size().max(Vec2::splat(80.0)), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The frame"));
    let Some(frame) = &labeller.frame else { return };
    let view = view(frame, area, labeller.magnified);
    let painter = ui.painter().with_clip_rect(area);
    if let Some(texture) = &labeller.screenshot.shown {
        painter.image(texture.id(), view.shown, WHOLE, Color32::WHITE);
    }
    let under = response.hover_pos().and_then(|at| card_at(frame, view.to_frame(at)));
    for (at, card) in frame.cards.iter().enumerate() {
        let corners: Vec<Pos2> = card.quad.corners.iter().map(|corner| view.to_screen(*corner)).collect();
        let is_chosen = frame.selected == Some(at);
        let (text, colour) = words(labeller, card);
        // A proposal is seen on any ground.
        let colour = if is_chosen {
            ACCENT
        } else if colour == FAINT {
            TEXT
        } else {
            colour
        };
        painter.add(egui::Shape::closed_line(corners.clone(), Stroke::new(4.0, GROUND.gamma_multiply(0.7))));
        painter.add(egui::Shape::closed_line(corners.clone(), Stroke::new(2.0, colour)));
        if is_chosen {
            for (number, corner) in corners.iter().enumerate() {
                let is_current = frame.corner == Some(number);
                painter.circle_filled(*corner, if is_current { 7.0 } else { 5.0 }, GROUND);
                painter.circle_filled(
                    *corner,
                    if is_current { 5.0 } else { 3.0 },
                    if is_current { WARNING } else { ACCENT },
                );
            }
        }
        if is_chosen || under == Some(at) {
            let galley = painter.layout_no_wrap(text, theme::name_font(12.0), TEXT);
            let top = corners.iter().map(|it| it.y).fold(f32::INFINITY, f32::min);
            let at = pos2(corners[0].x, (top - 24.0).max(area.top()));
            painter.rect_filled(Rect::from_min_size(at, galley.size() + vec2(12.0, 5.0)), 4.0, HOVERED);
            painter.galley(at + vec2(6.0, 2.0), galley, TEXT);
        }
    }
    pointer(ui, &response, frame, view, intents);
    if response.hovered() {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel.abs() > 2.0 {
            intents.push(Intent::Magnify(wheel.signum() as i32));
        }
    }
    if let (Some(from), Some(now)) = (drawing(ui), response.hover_pos()) {
        let drawn = Rect::from_two_pos(view.to_screen(from), now);
        painter.rect_stroke(drawn, 2.0, Stroke::new(2.0, WARNING), egui::StrokeKind::Middle);
        let words = format!("{:.0} \u{d7} {:.0}", drawn.width() / view.scale, drawn.height() / view.scale);
        painter.text(
            drawn.left_top() - vec2(0.0, 4.0),
            Align2::LEFT_BOTTOM,
            words,
            theme::name_font(12.0),
            WARNING,
        );
    }
}

/// What is done with the pointer: corners are dragged, cards chosen, new ones drawn.
fn pointer(ui: &Ui, response: &egui::Response, frame: &OpenFrame, view: View, intents: &mut Vec<Intent>) {
    let memory = egui::Id::unique("frame corner");
    let from = ui.input(|input| input.pointer.press_origin());
    if response.drag_started()
        && let Some(from) = from
    {
        let reach = |corner: &Point<InFrame>| view.to_screen(*corner).distance(from);
        let corners = frame.card().map(|card| card.quad.corners);
        let near = corners.and_then(|corners| {
            let at = (0..4).min_by(|a, b| reach(&corners[*a]).total_cmp(&reach(&corners[*b])))?;
            (reach(&corners[at]) <= REACH).then_some(at)
        });
        ui.data_mut(|data| data.insert_temp(memory, near));
        if near.is_none() {
            ui.data_mut(|data| {
                data.insert_temp(egui::Id::unique("frame drawing"), Some(view.to_frame(from)))
            });
        }
    }
    let corner = ui.data(|data| data.get_temp::<Option<usize>>(memory)).flatten();
    if let (true, Some(corner), Some(at)) = (response.dragged(), corner, response.interact_pointer_pos()) {
        let begins = if response.drag_started() { Begins::Now } else { Begins::Before };
        intents.push(Intent::DragCorner(corner, view.to_frame(at), begins));
    }
    if response.drag_stopped() {
        if let (Some(from), Some(to)) = (drawing(ui), response.interact_pointer_pos()) {
            intents.push(Intent::DrawCard(from, view.to_frame(to)));
        }
        ui.data_mut(|data| {
            data.insert_temp(memory, None::<usize>);
            data.insert_temp(egui::Id::unique("frame drawing"), None::<Point<InFrame>>);
        });
    }
    if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
    {
        intents.push(Intent::SelectCard(card_at(frame, view.to_frame(at))));
    }
}

/// The card at a place; the later ones lie above.
fn card_at(frame: &OpenFrame, at: Point<InFrame>) -> Option<usize> {
    frame.cards.iter().rposition(|card| card.quad.contains(at))
}

/// Where the box that is being drawn began.
fn drawing(ui: &Ui) -> Option<Point<InFrame>> {
    ui.data(|data| data.get_temp::<Option<Point<InFrame>>>(egui::Id::unique("frame drawing"))).flatten()
}
