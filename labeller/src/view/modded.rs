//! The page of mods: each with its cards as images, what was left out and why, on and off.

use std::path::Path;

use egui::{
    Align2, CentralPanel, Color32, CornerRadius, FontId, Panel, Pos2, Rect, RichText, ScrollArea, Sense,
    Stroke, StrokeKind, TextEdit, Ui, Vec2, pos2, vec2,
};
use lens_core::counted::counted;
use mods::{Card, Library, Mod, Origin, Reading, State};

use super::theme::{self, ACCENT, EDGE, FAINT, GOOD, GROUND, HOVERED, RAISED, TEXT, WARNING};
use super::tile::{WHOLE, fitted, search_field};
use crate::intent::{Intent, Shown};
use crate::window::Labeller;

const TILE: Vec2 = vec2(104.0, 176.0);
const GAP: f32 = 10.0;
const HEADING: f32 = 38.0;
const WORDS: f32 = 21.0;
const ROW: f32 = 54.0;

/// A part of the page, from top to bottom.
enum Line<'a> {
    /// A mod begins.
    Heading(&'a Mod),
    /// Places of cards in their mod.
    Cards(usize, Vec<usize>),
    Note(String, Color32),
    /// What was left out, and why.
    LeftOut(&'a str, String),
    Space,
}

impl Line<'_> {
    fn height(&self) -> f32 {
        match self {
            Self::Heading(_) => HEADING,
            Self::Cards(..) => TILE.y + GAP,
            Self::Note(..) | Self::LeftOut(..) => WORDS,
            Self::Space => 14.0,
        }
    }
}

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let Some(library) = labeller.modded.read.library.clone() else {
        CentralPanel::default().frame(theme::ground()).show(ui, |ui| nothing(labeller, ui));
        return;
    };
    Panel::left("mods").default_size(310.0).frame(theme::panel()).show(ui, |ui| {
        list(labeller, &library, ui, intents);
    });
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| cards(labeller, &library, ui, intents));
}

fn nothing(labeller: &Labeller, ui: &mut Ui) {
    if !labeller.modded.is_read {
        return theme::empty(ui, "Reading your mods", &[]);
    }
    if let Some(fault) = &labeller.modded.read.fault {
        let lines: Vec<&str> = fault.lines().collect();
        return theme::empty(ui, "Your mods cannot be read", &lines);
    }
    let lines = [
        "The overlay knows the cards of mods by their sprites, in the game's Mods folder.",
        "None was found where the game keeps it.",
        "[mods] folder in overlay.toml names another: overlay settings shows it.",
    ];
    theme::empty(ui, "No mods", &lines);
}

/// The mods, with how much was read of each.
fn list(labeller: &mut Labeller, library: &Library, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let mods = &library.mods;
    let cards = counted(library.cards().count(), "card");
    panes::heading(ui, &format!("{}, {cards}", counted(mods.len(), "mod")));
    let folder = RichText::new(last_parts(&library.folder)).small().color(FAINT);
    ui.add(egui::Label::new(folder).truncate()).on_hover_text(library.folder.display().to_string());
    let before = labeller.shown().clone();
    let mut shown = before.clone();
    ui.horizontal(|ui| {
        TextEdit::singleline(&mut shown.text)
            .id(search_field())
            .hint_text("Search cards and mods")
            .desired_width(190.0)
            .show(ui);
        theme::key(ui, "Ctrl+F");
    });
    if shown != before {
        intents.push(Intent::Filter(Box::new(shown)));
    }
    ui.horizontal(|ui| {
        theme::hint(ui, "\u{2191}\u{2193}", "another");
        theme::hint(ui, "Space", "on or off");
    });
    ui.add_space(2.0);
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, mods.len() + 1, |ui, rows| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for row in rows {
            match row.checked_sub(1) {
                None => all(labeller, ui, intents),
                Some(at) => one(labeller, &mods[at], ui, intents),
            }
        }
    });
}

/// The end of a path, which tells folders apart; the whole is read where the pointer rests.
fn last_parts(path: &Path) -> String {
    let parts: Vec<_> = path.iter().collect();
    match &parts[..] {
        [_, .., parent, last] if parts.len() > 3 => {
            format!("\u{2026}/{}/{}", parent.to_string_lossy(), last.to_string_lossy())
        }
        _ => path.display().to_string(),
    }
}

fn row(ui: &mut Ui, name: &str, is_chosen: bool) -> (Rect, egui::Response) {
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    let area = area.shrink2(vec2(0.0, 2.0));
    if is_chosen || response.hovered() {
        ui.painter().rect_filled(area, 6.0, if is_chosen { HOVERED } else { RAISED });
    }
    if is_chosen {
        ui.painter().rect_stroke(area, 6.0, Stroke::new(1.0, ACCENT), StrokeKind::Inside);
    }
    (area, response)
}

fn all(labeller: &Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let (area, response) = row(ui, "All mods", labeller.modded.chosen.is_none());
    let at = area.left_center() + vec2(10.0, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, "All mods", theme::name_font(13.5), TEXT);
    if response.clicked() {
        intents.push(Intent::ChooseMod(None));
    }
}

fn one(labeller: &Labeller, of_mod: &Mod, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let is_chosen = labeller.modded.chosen.as_ref() == Some(&of_mod.id);
    let (area, response) = row(ui, &of_mod.name, is_chosen);
    let is_on = labeller.modded.is_on(of_mod);
    let switch = Rect::from_center_size(area.left_center() + vec2(24.0, 0.0), vec2(34.0, 24.0));
    let toggle = ui.interact(switch, ui.scope_id().with(("switch", &of_mod.id)), Sense::click());
    let said = format!("{} {}", of_mod.name, if is_on { "on" } else { "off" });
    toggle.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &said));
    draw_switch(ui, switch, is_on, of_mod.state == State::On);
    let words = Rect::from_min_max(area.min + vec2(50.0, 0.0), area.max - vec2(6.0, 0.0));
    let painter = ui.painter().with_clip_rect(words.intersect(ui.clip_rect()));
    let at = words.left_center();
    let colour = if is_on { TEXT } else { FAINT };
    let (font, width) = (theme::name_font(13.5), words.width());
    theme::write(&painter, at - vec2(0.0, 1.0), Align2::LEFT_BOTTOM, &of_mod.name, font, colour, width);
    let (text, colour) = state(of_mod, is_on);
    let font = FontId::proportional(12.0);
    theme::write(&painter, at + vec2(0.0, 2.0), Align2::LEFT_TOP, text, font, colour, width);
    if toggle.clicked() {
        intents.push(Intent::ToggleMod(Some(of_mod.id.clone())));
    } else if response.clicked() {
        intents.push(Intent::ChooseMod(Some(of_mod.id.clone())));
    }
}

fn draw_switch(ui: &Ui, area: Rect, is_on: bool, is_possible: bool) {
    let shape = Rect::from_center_size(area.center(), vec2(30.0, 16.0));
    let radius = CornerRadius::same(8);
    let fill = if is_on { GOOD.gamma_multiply(0.55) } else { GROUND };
    let edge = if is_possible { FAINT } else { EDGE };
    ui.painter().rect(shape, radius, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let x = if is_on { shape.right() - 8.0 } else { shape.left() + 8.0 };
    let knob = if is_possible { TEXT } else { EDGE };
    ui.painter().circle_filled(pos2(x, shape.center().y), 5.5, knob);
}

/// How much was read of a mod, or why nothing was.
fn state(of_mod: &Mod, is_on: bool) -> (String, Color32) {
    match &of_mod.state {
        State::Off(why) => (format!("off in the game: {why}"), FAINT),
        State::Broken(why) => (format!("cannot be read: {why}"), WARNING),
        State::On => {
            let mut text = counted(of_mod.cards.len(), "card");
            if !of_mod.left_out.is_empty() {
                text += &format!(", {} left out", of_mod.left_out.len());
            }
            if !is_on {
                text = format!("off here \u{b7} {text}");
            }
            (text, FAINT)
        }
    }
}

fn fits(card: &Card, wanted: &str) -> bool {
    wanted.is_empty()
        || card.label().to_lowercase().contains(wanted)
        || card.key.to_lowercase().contains(wanted)
}

/// The page as lines of known heights, so that only those in sight are drawn.
fn lines<'a>(library: &'a Library, shown: &Shown, chosen: Option<&str>, columns: usize) -> Vec<Line<'a>> {
    let wanted = shown.text.trim().to_lowercase();
    let mut lines = Vec::new();
    for (number, of_mod) in library.mods.iter().enumerate() {
        if chosen.is_some_and(|id| id != of_mod.id) {
            continue;
        }
        let is_named =
            of_mod.name.to_lowercase().contains(&wanted) || of_mod.id.to_lowercase().contains(&wanted);
        let text = if is_named { "" } else { wanted.as_str() };
        let seen: Vec<usize> = (0..of_mod.cards.len()).filter(|at| fits(&of_mod.cards[*at], text)).collect();
        let left_out: Vec<_> =
            of_mod.left_out.iter().filter(|it| it.what.to_lowercase().contains(text)).collect();
        if seen.is_empty() && left_out.is_empty() && !is_named {
            continue;
        }
        lines.push(Line::Heading(of_mod));
        if text.is_empty() {
            lines.extend(of_mod.notes.iter().map(|note| Line::Note(note.clone(), WARNING)));
        }
        lines.extend(seen.chunks(columns).map(|part| Line::Cards(number, part.to_vec())));
        if !left_out.is_empty() {
            let count = left_out.len();
            lines.push(Line::Note(format!("{count} left out"), FAINT));
            lines.extend(left_out.into_iter().map(|it| Line::LeftOut(&it.what, it.why.to_string())));
        }
        lines.push(Line::Space);
    }
    let whole = chosen.is_none().then_some(&library.left_out).into_iter().flatten();
    let mut whole = whole.filter(|it| it.what.to_lowercase().contains(&wanted)).peekable();
    if whole.peek().is_some() {
        lines.push(Line::Note("In the folder, but no mod that can be read".to_owned(), FAINT));
        lines.extend(whole.map(|it| Line::LeftOut(&it.what, it.why.to_string())));
    }
    if chosen.is_none() && wanted.is_empty() {
        lines.extend(library.notes.iter().map(|note| Line::Note(note.clone(), WARNING)));
    }
    lines
}

fn cards(labeller: &mut Labeller, library: &Library, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let columns = (((ui.available_width() - 12.0 + GAP) / (TILE.x + GAP)).floor() as usize).max(1);
    let shown = labeller.shown().clone();
    let chosen = labeller.modded.chosen.clone();
    let lines = lines(library, &shown, chosen.as_deref(), columns);
    if lines.is_empty() {
        let (heading, line) = if shown.text.is_empty() {
            ("No mods", "There is no mod in the folder.")
        } else {
            ("Nothing is shown", "No card and no mod has what you search for.")
        };
        return theme::empty(ui, heading, &[line]);
    }
    let whole: f32 = lines.iter().map(Line::height).sum();
    let scrolled = ScrollArea::vertical().id_salt(("cards", &chosen)).auto_shrink(false);
    scrolled.show_viewport(ui, |ui, view| {
        ui.set_height(whole);
        let origin = ui.max_rect().min;
        let width = ui.available_width();
        let mut top = 0.0;
        for line in &lines {
            let high = line.height();
            if top + high >= view.top() && top <= view.bottom() {
                let at = origin + vec2(0.0, top);
                match line {
                    Line::Heading(of_mod) => heading(labeller, ui, at, width, of_mod),
                    Line::Cards(number, places) => {
                        for (column, place) in places.iter().enumerate() {
                            let at = at + vec2(column as f32 * (TILE.x + GAP), 0.0);
                            let area = Rect::from_min_size(at, TILE);
                            card(labeller, ui, library, [*number, *place], area, intents);
                        }
                    }
                    Line::Note(text, colour) => words(ui, at, width, text, *colour),
                    Line::LeftOut(what, why) => {
                        words(ui, at + vec2(10.0, 0.0), width * 0.4 - 10.0, what, TEXT);
                        words(ui, at + vec2(width * 0.4, 0.0), width * 0.6, why, FAINT);
                    }
                    Line::Space => {}
                }
            }
            top += high;
        }
    });
}

fn words(ui: &Ui, at: Pos2, width: f32, text: &str, colour: Color32) {
    let area = Rect::from_min_size(at, vec2(width, WORDS));
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    let font = FontId::proportional(12.5);
    theme::write(&painter, area.left_center(), Align2::LEFT_CENTER, text, font, colour, width);
}

fn heading(labeller: &Labeller, ui: &Ui, at: Pos2, width: f32, of_mod: &Mod) {
    let area = Rect::from_min_size(at, vec2(width, HEADING));
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    let is_on = labeller.modded.is_on(of_mod);
    let colour = if is_on { TEXT } else { FAINT };
    let name = &of_mod.name;
    let title = painter.text(area.left_center(), Align2::LEFT_CENTER, name, theme::name_font(16.0), colour);
    let read = match of_mod.reading {
        Reading::None => "",
        Reading::Parsed => " \u{b7} read from its files",
        Reading::Run => " \u{b7} run behind walls to read it",
    };
    let version = if of_mod.version.is_empty() { String::new() } else { format!(" {}", of_mod.version) };
    let (says, colour) = state(of_mod, is_on);
    let id = if of_mod.id == of_mod.name { "" } else { of_mod.id.as_str() };
    let text = format!("{id}{version}{read} \u{b7} {says}");
    let text = text.trim_start_matches([' ', '\u{b7}']);
    let at = pos2(title.right() + 12.0, area.center().y + 1.0);
    let (font, width) = (FontId::proportional(12.0), area.right() - at.x);
    theme::write(&painter, at, Align2::LEFT_CENTER, text, font, colour, width);
}

fn card(
    labeller: &mut Labeller,
    ui: &Ui,
    library: &Library,
    [number, place]: [usize; 2],
    area: Rect,
    intents: &mut Vec<Intent>,
) {
    let of_mod = &library.mods[number];
    let card = &of_mod.cards[place];
    let response = ui.interact(area, ui.scope_id().with((number, place)), Sense::click());
    let label = card.label();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let radius = CornerRadius::same(7);
    ui.painter().rect_filled(area, radius, if response.hovered() { RAISED } else { GROUND });
    let picture = Rect::from_min_size(area.min + vec2(4.0, 4.0), vec2(area.width() - 8.0, 128.0));
    let is_on = labeller.modded.is_on(of_mod);
    let tint = if is_on { Color32::WHITE } else { Color32::from_rgba_unmultiplied(255, 255, 255, 70) };
    let sprites = labeller.modded.sprites.as_mut();
    let colour = theme::of_type(Some(mods::known::type_of(card, &labeller.catalogue)));
    if let Some(texture) = sprites.and_then(|it| it.at(ui.ctx(), number, place)) {
        ui.painter().image(texture.id(), fitted(texture.size_vec2(), picture), WHOLE, tint);
    } else {
        let shape = Rect::from_center_size(picture.center(), vec2(90.0, 122.0));
        let edge = Stroke::new(1.0, colour.gamma_multiply(0.5));
        ui.painter().rect_stroke(shape, 6.0, edge, StrokeKind::Inside);
    }
    let painter = ui.painter().with_clip_rect(area.shrink(2.0).intersect(ui.clip_rect()));
    let (name_colour, width) = (if is_on { TEXT } else { FAINT }, area.width() - 6.0);
    let name = Rect::from_min_size(area.min + vec2(2.0, 134.0), vec2(area.width() - 4.0, theme::NAME));
    theme::write_name(&painter, name, &label, name_colour);
    let kind = if card.set.is_empty() { "Card" } else { &card.set };
    let at = pos2(area.center().x, area.top() + 161.0);
    theme::write(&painter, at, Align2::CENTER_TOP, kind, FontId::proportional(10.5), colour, width);
    if response.clicked() {
        intents.push(Intent::Captures(card.key.clone()));
    }
    response.on_hover_ui(|ui| explained(card, ui));
}

/// What there is to know of a card.
fn explained(card: &Card, ui: &mut Ui) {
    ui.label(theme::name(card.label()));
    ui.label(RichText::new(&card.key).small().color(FAINT));
    for line in &card.text {
        ui.label(line);
    }
    if card.origin == Origin::Game {
        ui.label(RichText::new("A card of the game that the mod draws anew").small().color(FAINT));
    }
    if card.drawn_by_code {
        ui.label(RichText::new("Code of the mod changes how it looks at times").small().color(FAINT));
    }
    if card.sprite.guessed {
        let text = "Its sheet is not declared; an image of that name was taken";
        ui.label(RichText::new(text).small().color(FAINT));
    }
    ui.label(RichText::new("Click to see its captures").small().color(FAINT));
}
