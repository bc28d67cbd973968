//! The page where groups get their names: queue, group, form, and what looks alike.

use egui::{
    CentralPanel, Color32, ComboBox, Panel, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2,
    pos2, vec2,
};

use super::tile::{self, Marks, fitted};
use super::{GOOD, WARNING, form};
use crate::session::{Action, Order, Picture, group_name};
use crate::thumbnails::Size;
use crate::window::{Intent, Labeller};

const ROW: f32 = 62.0;
const TILE: Vec2 = vec2(74.0, 100.0);

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    Panel::left("queue").default_size(230.0).show(ui, |ui| queue(labeller, ui, intents));
    Panel::right("form").default_size(270.0).show(ui, |ui| {
        ScrollArea::vertical().show(ui, |ui| {
            form::suggestions(labeller, ui, intents);
            ui.separator();
            form::form(labeller, ui, intents);
            ui.separator();
            if ui.button("Save and go on").clicked() {
                intents.push(Intent::Save);
            }
            ui.horizontal(|ui| {
                if ui.button("Undo").clicked() {
                    intents.push(Intent::Undo);
                }
                if ui.button("Not a card").clicked() {
                    intents.push(Intent::NotACard);
                }
            });
        });
    });
    Panel::bottom("alike").default_size(150.0).show(ui, |ui| alike(labeller, ui, intents));
    CentralPanel::default().show(ui, |ui| group(labeller, ui, intents));
}

fn queue(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        ui.strong(format!("{} groups wait", labeller.session.queue().len()));
        let mut order = labeller.session.order();
        let name = |order| match order {
            Order::Doubt => "most doubtful",
            Order::Newest => "newest",
            Order::Largest => "largest",
        };
        ComboBox::from_label("first").selected_text(name(order)).width(90.0).show_ui(ui, |ui| {
            for choice in [Order::Doubt, Order::Newest, Order::Largest] {
                if ui.selectable_value(&mut order, choice, name(choice)).clicked() {
                    intents.push(Intent::Sort(choice));
                }
            }
        });
    });
    let queue = labeller.session.queue().to_vec();
    let current = labeller.session.group();
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, queue.len(), |ui, rows| {
        for &group in &queue[rows] {
            let members: Vec<&Picture> = labeller.session.members_of(group).collect();
            let Some(first) = members.first() else { continue };
            let doubt = members.iter().map(|it| it.context.doubt()).fold(0.0, f32::max);
            let (file, count) = (first.file.clone(), members.len());
            let row = ui.horizontal(|ui| {
                let marks = Marks { is_current: current == Some(group), ..Marks::default() };
                let name = group_name(group);
                let tile = tile::show(labeller, ui, &file, &name, vec2(46.0, ROW - 6.0), marks);
                if tile.clicked() {
                    intents.push(Intent::GoTo(group));
                }
                ui.vertical(|ui| {
                    ui.label(name);
                    let pictures = if count == 1 { "picture" } else { "pictures" };
                    ui.weak(format!("{count} {pictures}, doubt {:.0}%", doubt * 100.0));
                });
                tile
            });
            drop_into(ui, row.response.rect, group, intents);
        }
    });
}

/// A picture that is let go over a group moves there.
fn drop_into(ui: &Ui, area: Rect, group: u64, intents: &mut Vec<Intent>) {
    let response = ui.interact(area, ui.scope_id().with(("drop", group)), Sense::hover());
    if let Some(file) = response.dnd_release_payload::<String>() {
        intents.push(Intent::Act(Box::new(Action::Move((*file).clone(), group))));
    } else if response.dnd_hover_payload::<String>().is_some() {
        ui.painter().rect_stroke(area, 3.0, Stroke::new(2.0, GOOD), StrokeKind::Inside);
    }
}

fn group(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let Some(member) = labeller.session.member().cloned() else {
        ui.vertical_centered(|ui| {
            ui.add_space(80.0);
            ui.heading("Every group has a name");
            ui.label("New captures appear here by themselves.");
        });
        return;
    };
    let members: Vec<(String, bool)> =
        labeller.session.members().map(|it| (it.file.clone(), it.label.is_some())).collect();
    let strip = TILE.y + 22.0;
    let height = (ui.available_height() - strip).max(120.0);
    let width = ui.available_width();
    ui.horizontal(|ui| {
        picture(labeller, ui, &member.file, vec2(width * 0.36, height), "The picture");
        ui.vertical(|ui| {
            context(labeller, ui, &member, vec2(width * 0.38, height * 0.62));
            let text = format!(
                "{}x{} window, {}",
                member.context.window[0],
                member.context.window[1],
                model(&member)
            );
            ui.weak(text);
            ui.weak(&member.file);
        });
        reference(labeller, ui, vec2(width * 0.2, height));
    });
    ScrollArea::horizontal().show(ui, |ui| {
        ui.horizontal(|ui| {
            for (file, is_labelled) in &members {
                let dropped = labeller.session.is_dropped(file);
                let marks = Marks {
                    is_current: *file == member.file,
                    is_faint: dropped,
                    bar: if dropped { Some(WARNING) } else { is_labelled.then_some(GOOD) },
                };
                let tile = tile::show(labeller, ui, file, &format!("Member {file}"), TILE, marks);
                tile.dnd_set_drag_payload(file.clone());
                if tile.clicked() {
                    intents.push(Intent::Toggle(Some(file.clone())));
                }
            }
        });
    });
}

fn model(member: &Picture) -> String {
    member.context.model.as_deref().map_or_else(|| "no model".to_owned(), |it| format!("model {it}"))
}

/// A picture as large as there is room.
fn picture(labeller: &mut Labeller, ui: &mut Ui, file: &str, size: Vec2, name: &str) {
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    if let Some(texture) = labeller.thumbnails.get(ui.ctx(), file, Size::Large) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), fitted(texture.size_vec2(), area), whole, Color32::WHITE);
    }
}

/// The frame that it was cut from, with the card outlined.
fn context(labeller: &mut Labeller, ui: &mut Ui, member: &Picture, size: Vec2) {
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    let Some((frame, quad)) = member.context.frame.as_deref().zip(member.context.quad) else {
        ui.painter().text(
            area.center(),
            egui::Align2::CENTER_CENTER,
            "no frame",
            egui::FontId::proportional(13.0),
            ui.visuals().weak_text_color(),
        );
        return;
    };
    let Some(texture) = labeller.thumbnails.get(ui.ctx(), frame, Size::Large) else { return };
    let area = fitted(texture.size_vec2(), area);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), area, whole, Color32::from_gray(190));
    let scale = area.width() / member.context.window[0].max(1) as f32;
    let corners: Vec<_> =
        quad.to_xy().into_iter().map(|[x, y]| area.min + vec2(x * scale, y * scale)).collect();
    ui.painter().add(egui::Shape::closed_line(corners, Stroke::new(2.0, WARNING)));
}

/// The catalogue's picture of what the form says.
fn reference(labeller: &mut Labeller, ui: &mut Ui, size: Vec2) {
    ui.vertical(|ui| {
        let Some(card) = labeller.form.card(&labeller.catalogue) else { return };
        let (id, name) = (card.id.clone(), card.name.clone());
        let edition = labeller.form.modifiers.edition.clone();
        let (area, _) = ui.allocate_exact_size(vec2(size.x, size.y * 0.62), Sense::hover());
        if let Some(texture) = labeller.card_art.get(ui.ctx(), &id, &edition) {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter().image(texture.id(), fitted(texture.size_vec2(), area), whole, Color32::WHITE);
        }
        ui.label(RichText::new(name).strong());
    });
}

/// The other groups of the cluster.
fn alike(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let neighbours = labeller.session.neighbours();
    ui.horizontal(|ui| {
        ui.strong("Looks alike");
        if neighbours.is_empty() {
            ui.weak("nothing else in this cluster");
        }
        if ui.button("Split off what is left out").clicked() {
            intents.push(Intent::Act(Box::new(Action::Split)));
        }
    });
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            for group in neighbours {
                let members: Vec<&Picture> = labeller.session.members_of(group).collect();
                let Some(first) = members.first() else { continue };
                let named = first.label.as_ref().map_or_else(|| group_name(group), |it| it.name.clone());
                let (file, count) = (first.file.clone(), members.len());
                let shown = ui.vertical(|ui| {
                    let tile =
                        tile::show(labeller, ui, &file, &format!("Alike {group}"), TILE, Marks::default());
                    tile.dnd_set_drag_payload(file.clone());
                    if ui.small_button(format!("Take in {count}")).on_hover_text(named).clicked() {
                        intents.push(Intent::Act(Box::new(Action::Merge(group))));
                    }
                });
                drop_into(ui, shown.response.rect, group, intents);
            }
        });
    });
}
