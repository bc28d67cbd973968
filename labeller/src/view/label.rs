//! The page where groups get their names: queue, group, form, and what looks alike.

use egui::{
    Align2, CentralPanel, Color32, Panel, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2,
    pos2, vec2,
};
use lens_core::counted::counted;
use lens_core::manifest::NOT_A_CARD;

use super::theme::{self, ACCENT, Enabled, FAINT, GOOD, HOVERED, RAISED, TEXT, WARNING};
use super::tile::{self, Marks, WHOLE, fitted};
use super::{filter, form, keys};
use crate::form::Suggestion;
use crate::intent::Intent;
use crate::reading::{Origin, Reading};
use crate::session::{Action, Order, Picture};
use crate::thumbnails::Size;
use crate::window::Labeller;

const ROW: f32 = 64.0;
const TILE: Vec2 = vec2(70.0, 92.0);

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    if labeller.session.queue().is_empty() && labeller.session.hidden() == 0 {
        CentralPanel::default().frame(theme::ground()).show(ui, |ui| nothing_waits(labeller, ui));
        return;
    }
    Panel::left("queue")
        .default_size(252.0)
        .frame(theme::panel())
        .show(ui, |ui| queue(labeller, ui, intents));
    let is_open = labeller.session.group().is_some();
    Panel::right("form").default_size(324.0).frame(theme::panel()).show(ui, |ui| {
        theme::foot(ui, "actions", |ui| {
            ui.add_enabled_ui(is_open, |ui| actions(labeller, ui, intents));
        });
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.add_enabled_ui(is_open, |ui| {
                form::suggestions(labeller, ui, intents);
                ui.add_space(8.0);
                form::form(labeller, ui, intents);
            });
        });
    });
    if is_open && !labeller.neighbours().is_empty() {
        Panel::bottom("alike")
            .default_size(180.0)
            .frame(theme::panel())
            .show(ui, |ui| alike(labeller, ui, intents));
    }
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| group(labeller, ui, intents));
}

fn nothing_waits(labeller: &Labeller, ui: &mut Ui) {
    if labeller.session.pictures().is_empty() {
        let lines = [
            "Start the overlay beside the game, then:",
            "Ctrl+Shift+S saves every card on the screen that is unknown or in doubt,",
            "Ctrl+Shift+A saves cards by itself while you play.",
            "",
            "They appear here by themselves. Without the game:",
            "$ overlay --practice",
        ];
        return theme::empty(ui, "No captures yet", &lines);
    }
    let lines = [
        "New captures appear here by themselves.",
        "Verify (F2) shows the labels that may be wrong, Collection (F3) what to look for next.",
    ];
    theme::empty(ui, "Every group has a name", &lines);
}

/// What can be done with the group, with its keys.
fn actions(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let open = labeller.session.members().filter(|it| it.label.is_none());
    let (out, taken): (Vec<&Picture>, Vec<&Picture>) =
        open.partition(|it| labeller.session.is_dropped(&it.file));
    let name = labeller.saved_name();
    let is_possible = !name.is_empty() && !taken.is_empty();
    let text = match (&labeller.new_name, name.is_empty()) {
        (Some(name), _) => format!("Add the new card {name}"),
        (None, true) => "Save".to_owned(),
        (None, false) => format!("Save {} as {name}", taken.len()),
    };
    let text =
        if text.chars().count() > 34 { text.chars().take(32).chain(['\u{2026}']).collect() } else { text };
    if theme::primary(ui, &format!("{text}  \u{23ce}"), Enabled::when(is_possible)) {
        intents.extend(keys::saved(labeller));
    }
    if !out.is_empty() {
        let text = format!("Left for another name: {}", counted(out.len(), "capture"));
        ui.label(RichText::new(text).color(WARNING).small());
    }
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        if theme::keyed(ui, "Not a card", "0") {
            intents.push(Intent::NotACard);
        }
        if theme::keyed(ui, "Bin", "Del") {
            intents.push(Intent::Bin);
        }
        if theme::keyed(ui, "Undo", "Ctrl+Z") {
            intents.push(Intent::Undo);
        }
    });
}

fn queue(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        let count = labeller.session.queue().len();
        panes::heading(ui, &counted(count, "group"));
        let mut order = labeller.session.order();
        let name = |order| match order {
            Order::Doubt => "Most doubtful first",
            Order::Newest => "Newest first",
            Order::Largest => "Largest first",
        };
        theme::choice(ui, "Order", name(order), 128.0, |ui| {
            for choice in [Order::Doubt, Order::Newest, Order::Largest] {
                if ui.selectable_value(&mut order, choice, name(choice)).clicked() {
                    intents.push(Intent::Sort(choice));
                }
            }
        });
    });
    filter::show(labeller, ui, intents);
    if labeller.session.hidden() > 0 {
        ui.weak(format!("{} more are hidden by the filter", labeller.session.hidden()));
    }
    ui.add_space(2.0);
    let queue = labeller.session.queue().to_vec();
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, queue.len(), |ui, rows| {
        for &group in &queue[rows] {
            row(labeller, ui, group, intents);
        }
    });
}

/// A group of the queue: its image, its guess, and how sure the model is.
fn row(labeller: &mut Labeller, ui: &mut Ui, group: u64, intents: &mut Vec<Intent>) {
    let members: Vec<&Picture> = labeller.session.members_of(group).collect();
    let Some(first) = members.iter().find(|it| it.label.is_none()).or(members.first()) else { return };
    let (title, card) = labeller.title(group);
    let reading = labeller.reading(first);
    let (says, tone) = says(reading.as_ref(), labeller.named(first).is_some());
    let card_type = card.and_then(|id| labeller.catalogue.card(&id)).map(|card| card.card_type);
    let (file, count) = (first.file.clone(), members.len());
    let is_current = labeller.session.group() == Some(group);
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW - 4.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &title));
    let fill = if is_current { HOVERED } else { RAISED };
    let painter = ui.painter();
    if is_current || response.hovered() {
        painter.rect_filled(area, 6.0, fill);
    }
    painter.rect_filled(
        Rect::from_min_size(area.min, vec2(4.0, area.height())),
        2.0,
        theme::of_type(card_type),
    );
    let inner = area.shrink2(vec2(0.0, 3.0));
    let picture = Rect::from_min_size(inner.min + vec2(10.0, 0.0), vec2(42.0, inner.height()));
    if let Some(texture) = labeller.thumbnails.get(ui.ctx(), &file, Size::Small) {
        painter.image(texture.id(), fitted(texture.size_vec2(), picture), WHOLE, Color32::WHITE);
    }
    let words = Rect::from_min_max(pos2(picture.right() + 10.0, inner.top()), inner.max);
    let clipped = painter.with_clip_rect(words.intersect(ui.clip_rect()));
    let at = words.left_center();
    let (width, font) = (words.width() - 4.0, theme::name_font(13.0));
    theme::write(&clipped, at + vec2(0.0, -2.0), Align2::LEFT_BOTTOM, title, font, TEXT, width);
    let text = format!("{} \u{b7} {says}", counted(count, "capture"));
    let font = egui::FontId::proportional(12.0);
    theme::write(&clipped, at + vec2(0.0, 4.0), Align2::LEFT_TOP, text, font, tone, width);
    if response.clicked() {
        intents.push(Intent::GoTo(group));
    }
    drop_into(ui, area, group, intents);
}

/// How sure somebody is of an image, in words; the two scales read differently.
fn says(reading: Option<&Reading>, is_named: bool) -> (String, Color32) {
    let Some(first) = reading.and_then(Reading::first) else { return ("no guess".into(), FAINT) };
    let text = match first.origin {
        Origin::Model => format!("{:.0}% sure", first.number * 100.0),
        Origin::Taught => format!("taught, {:.0}% alike", first.number * 100.0),
    };
    (text, if is_named { GOOD } else { FAINT })
}

/// An image that is let go over a group moves there.
fn drop_into(ui: &Ui, area: Rect, group: u64, intents: &mut Vec<Intent>) {
    let response = ui.interact(area, ui.scope_id().with(("drop", group)), Sense::hover());
    if let Some(file) = response.dnd_release_payload::<String>() {
        intents.push(Intent::Act(Box::new(Action::Move((*file).clone(), group))));
    } else if response.dnd_hover_payload::<String>().is_some() {
        ui.painter().rect_stroke(area, 5.0, Stroke::new(2.0, GOOD), StrokeKind::Inside);
    }
}

fn group(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let Some(member) = labeller.session.member().cloned() else {
        let lines = ["The filter on the left hides every group that waits."];
        return theme::empty(ui, "Nothing is shown", &lines);
    };
    let members: Vec<(String, bool, Option<String>)> = labeller
        .session
        .members()
        .map(|it| (it.file.clone(), it.label.is_some(), why_out(labeller, it)))
        .collect();
    let strip = TILE.y + 46.0;
    let height = (ui.available_height() - strip).max(160.0);
    let (upper, lower) = (height * 0.62, height * 0.38 - 8.0);
    side_by_side(labeller, ui, &member, upper, intents);
    ui.add_space(4.0);
    in_frame(labeller, ui, &member, lower);
    ui.horizontal(|ui| {
        theme::section(ui, &format!("{} in the group", counted(members.len(), "capture")));
        for (text, key) in [("another", "\u{2191}\u{2193}"), ("in or out", "Space"), ("split off", "Ctrl+D")]
        {
            theme::hint(ui, key, text);
        }
    });
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            for (file, is_labelled, why) in &members {
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
                if let Some(why) = why.as_ref().filter(|_| dropped) {
                    tile.on_hover_text(why);
                }
            }
        });
    });
}

/// Why a member does not get the group's name.
fn why_out(labeller: &Labeller, member: &Picture) -> Option<String> {
    let reading = labeller.reading(member)?;
    let first = reading.first()?;
    let (says, _) = says(Some(&reading), false);
    Some(format!("Left out: read as {}, {says}. Click to take it in.", labeller.name_of(&first.id)))
}

/// The capture beside what it could be: the first and the second guess, or what the form says.
fn side_by_side(
    labeller: &mut Labeller,
    ui: &mut Ui,
    member: &Picture,
    height: f32,
    intents: &mut Vec<Intent>,
) {
    let width = ui.available_width();
    let suggestions = labeller.suggestions();
    let (row, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let column = |from: f32, to: f32| {
        Rect::from_min_max(row.min + vec2(width * from, 0.0), pos2(row.left() + width * to, row.bottom()))
    };
    let own = column(0.0, 0.42).shrink2(vec2(4.0, 0.0));
    let response = ui.interact(own, ui.scope_id().with("picture"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The capture"));
    let texture = labeller.thumbnails.get(ui.ctx(), &member.file, Size::Large);
    tile::large(ui, texture.as_ref(), pictured(own), labeller.magnified);
    if response.hovered() {
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel.abs() > 2.0 {
            intents.push(Intent::Magnify(wheel.signum() as i32));
        }
    }
    let before = if labeller.is_read_before(member) { " when captured" } else { "" };
    let says = labeller.reading(member).map(|reading| says(Some(&reading), labeller.named(member).is_some()));
    let (title, _) = labeller.session.group().map_or_else(Default::default, |group| labeller.title(group));
    caption(
        ui,
        own,
        "This capture",
        &says.map_or_else(|| "no guess".into(), |(says, _)| format!("{title}, {says}{before}")),
        FAINT,
    );
    let shown = compared(labeller, &suggestions);
    if shown.is_empty() {
        let text = "No guess: type a name";
        let font = egui::FontId::proportional(14.0);
        ui.painter().text(column(0.44, 1.0).center(), Align2::CENTER_CENTER, text, font, FAINT);
    }
    for (place, (name, id, words, number)) in shown.into_iter().enumerate() {
        let from = 0.44 + 0.28 * place as f32;
        let area = column(from, from + 0.27).shrink2(vec2(4.0, 0.0));
        guess(labeller, ui, area, &id, &name, &words);
        if let Some(number) = number {
            let clicked = ui.interact(area, ui.scope_id().with(("guess", place)), Sense::click()).clicked();
            if clicked {
                intents.push(Intent::Suggest(number));
            }
        }
    }
}

/// What the capture is compared with: name, card, words below, number of the suggestion.
fn compared(labeller: &Labeller, suggestions: &[Suggestion]) -> Vec<(String, String, String, Option<usize>)> {
    let of = |(number, it): (usize, &Suggestion)| {
        let words = format!("{}  {}", number + 1, form::number(it));
        (it.name.clone(), it.id.clone(), words, Some(number))
    };
    let mut shown: Vec<_> = suggestions.iter().enumerate().take(2).map(of).collect();
    let form = labeller.form.card(&labeller.catalogue);
    if let Some(card) = form.filter(|card| shown.iter().all(|(_, id, ..)| **id != *card.id)) {
        let at = suggestions.iter().enumerate().find(|(_, it)| *it.id == *card.id).map(of);
        let typed = (card.name.clone(), card.id.to_string(), "as you say".to_owned(), None);
        shown.insert(0, at.unwrap_or(typed));
        shown.truncate(2);
    }
    shown
}

fn guess(labeller: &mut Labeller, ui: &Ui, area: Rect, id: &str, name: &str, words: &str) {
    let card = labeller.catalogue.card(id);
    let colour = theme::of_type(card.map(|card| card.card_type));
    let is_said = labeller.form.name == name;
    let edition = if is_said { labeller.form.modifiers.edition.clone() } else { "base".into() };
    let picture = pictured(area);
    let texture = labeller.art(ui.ctx(), id, &edition);
    if let Some(texture) = texture.or_else(|| labeller.example(ui.ctx(), id)) {
        let shown = fitted(texture.size_vec2(), picture);
        ui.painter().image(texture.id(), shown, WHOLE, Color32::WHITE);
        if is_said {
            ui.painter().rect_stroke(shown.expand(4.0), 6.0, Stroke::new(2.0, ACCENT), StrokeKind::Outside);
        }
    } else {
        let font = theme::name_font(13.0);
        let words = if id == NOT_A_CARD { "no card, nothing to compare" } else { "no image of it" };
        ui.painter().text(picture.center(), Align2::CENTER_CENTER, words, font, FAINT);
    }
    caption(ui, area, name, words, colour);
}

/// Where the image is above a caption, with room for the frame around what is said.
fn pictured(area: Rect) -> Rect {
    const FRAME: f32 = 6.0;
    Rect::from_min_max(area.min + vec2(0.0, FRAME), area.max - vec2(0.0, 34.0 + FRAME))
}

fn caption(ui: &Ui, area: Rect, name: &str, words: &str, colour: Color32) {
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    let at = pos2(area.center().x, area.bottom() - 32.0);
    let (font, small) = (theme::name_font(13.0), egui::FontId::proportional(12.0));
    theme::write(&painter, at, Align2::CENTER_TOP, name, font, TEXT, area.width());
    theme::write(&painter, at + vec2(0.0, 17.0), Align2::CENTER_TOP, words, small, colour, area.width());
}

/// The frame that it was cut from, with the card outlined.
fn in_frame(labeller: &mut Labeller, ui: &mut Ui, member: &Picture, height: f32) {
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let [width, window_height] = member.context.window;
    let model = member.context.model.as_deref();
    let model = model.map_or_else(String::new, |it| format!("captured with {it}\n"));
    let facts = format!("{width}\u{d7}{window_height} window\n{model}{}", member.file);
    let font = egui::FontId::proportional(12.0);
    let words = ui.painter().layout(facts, font, FAINT, 190.0);
    let Some((frame, quad)) = member.context.frame.as_deref().zip(member.context.quad) else {
        let at = pos2(area.left() + 4.0, area.bottom() - words.size().y - 4.0);
        ui.painter().galley(at, words, FAINT);
        return;
    };
    let picture = Rect::from_min_max(area.min, area.max - vec2(words.size().x + 12.0, 0.0));
    let Some(texture) = labeller.thumbnails.get(ui.ctx(), frame, Size::Large) else { return };
    let shown = fitted(texture.size_vec2(), picture);
    let shown = shown.translate(vec2(picture.left() - shown.left(), 0.0));
    ui.painter().galley(shown.right_top() + vec2(12.0, 4.0), words, FAINT);
    ui.painter().image(texture.id(), shown, WHOLE, Color32::from_gray(200));
    let scale = shown.width() / width.max(1) as f32;
    let corners: Vec<_> =
        quad.to_xy().into_iter().map(|[x, y]| shown.min + vec2(x * scale, y * scale)).collect();
    ui.painter().add(egui::Shape::closed_line(corners, Stroke::new(2.0, WARNING)));
}

/// The other groups of the cluster.
fn alike(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let neighbours = labeller.neighbours();
    ui.horizontal(|ui| {
        theme::section(ui, "Looks alike");
        theme::key(ui, "Ctrl+M");
        ui.label(RichText::new("takes the first one in").small().color(FAINT));
    });
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            for group in neighbours {
                let members: Vec<&Picture> = labeller.session.members_of(group).collect();
                let Some(first) = members.first() else { continue };
                let (file, count) = (first.file.clone(), members.len());
                let (title, _) = labeller.title(group);
                let shown = ui.vertical(|ui| {
                    ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
                    let marks = Marks::default();
                    let tile = tile::show(labeller, ui, &file, &format!("Alike {group}"), TILE, marks);
                    tile.dnd_set_drag_payload(file.clone());
                    tile.on_hover_text(&title);
                    if theme::small(ui, &format!("Take in {count}")).on_hover_text(title).clicked() {
                        intents.push(Intent::Act(Box::new(Action::Merge(group))));
                    }
                });
                drop_into(ui, shown.response.rect, group, intents);
            }
        });
    });
}
