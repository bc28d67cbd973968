//! The page of the collection: every card of the catalogue as an image, with what there is of it.

use std::collections::HashMap;

use egui::{
    Align2, CentralPanel, Color32, CornerRadius, Panel, Pos2, Rect, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, Vec2, pos2, vec2,
};
use lens_core::catalogue::CardType;
use lens_core::counted::counted;

use super::filter;
use super::theme::{self, ACCENT, FAINT, GOOD, GROUND, RAISED, TEXT, WARNING};
use super::tile::{WHOLE, fitted};
use crate::coverage::{Coverage, ENOUGH, Row};
use crate::intent::{FromMod, Intent, Shown};
use crate::thumbnails::Size;
use crate::window::Labeller;

/// Cards that are named as to be hunted next.
const MAX_HUNTED: usize = 12;
const TILE: Vec2 = vec2(104.0, 190.0);
const HEADING: f32 = 34.0;
const GAP: f32 = 10.0;

/// A part of the page, from top to bottom.
enum Line<'a> {
    /// A type and rarity begins; of how many of its cards there is an image.
    Heading {
        title: String,
        colour: Color32,
        met: [usize; 2],
    },
    Cards(Vec<&'a Row>),
}

pub(super) fn show(labeller: &mut Labeller, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let coverage = std::mem::take(&mut labeller.coverage);
    Panel::right("hunt").default_size(244.0).frame(theme::panel()).show(ui, |ui| {
        ScrollArea::vertical().show(ui, |ui| hunt(labeller, &coverage, ui, intents));
    });
    CentralPanel::default().frame(theme::ground()).show(ui, |ui| {
        ui.horizontal(|ui| {
            panes::heading(ui, "Collection");
            let [met, all] = Coverage::met(coverage.rows.iter().filter(|row| row.from_mod.is_none()));
            let [pairs, of] = coverage.share();
            let text = format!("{met} of {}", counted(all, "card"));
            theme::progress(ui, met as f32 / all.max(1) as f32, &text, GOOD, 190.0);
            let text = format!("{pairs} of {of} with editions");
            theme::progress(ui, pairs as f32 / of.max(1) as f32, &text, ACCENT, 210.0);
        });
        filter::show(labeller, ui, intents);
        ui.add_space(4.0);
        cards(labeller, &coverage, ui, intents);
    });
    labeller.coverage = coverage;
}

/// What training needs most, and how far each type has come.
fn hunt(labeller: &mut Labeller, coverage: &Coverage, ui: &mut Ui, intents: &mut Vec<Intent>) {
    theme::section(ui, "Progress");
    for card_type in CardType::ALL {
        let is_of_type = |row: &&Row| row.card_type == card_type && row.from_mod.is_none();
        let of_type = || coverage.rows.iter().filter(is_of_type);
        let [met, all] = Coverage::met(of_type());
        if all > 0 {
            let text = format!("{} {met} of {all}", card_type.name());
            let colour = theme::of_type(Some(card_type));
            theme::progress(ui, met as f32 / all as f32, &text, colour, ui.available_width());
        }
    }
    ui.add_space(10.0);
    theme::section(ui, "Hunt next");
    ui.weak("What the next training needs most:");
    let hunted = coverage.hunt(MAX_HUNTED);
    if hunted.is_empty() {
        ui.label(RichText::new("Nothing: there is enough of everything").color(GOOD));
    }
    for (row, edition) in hunted {
        let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &row.name));
        let painter = ui.painter();
        if response.hovered() {
            painter.rect_filled(area, 5.0, RAISED);
        }
        let picture = Rect::from_min_size(area.min + vec2(2.0, 2.0), vec2(28.0, 36.0));
        draw(labeller, ui, row, edition, picture, Color32::WHITE);
        let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
        let at = area.left_center() + vec2(38.0, 0.0);
        let width = area.right() - at.x;
        theme::write(&painter, at, Align2::LEFT_BOTTOM, &row.name, theme::name_font(12.5), TEXT, width);
        let words = match row.total() {
            0 => "none yet".to_owned(),
            _ if edition != "base" => format!("no {edition} yet"),
            count => format!("{count} of {ENOUGH}"),
        };
        let colour = if edition == "base" { FAINT } else { theme::of_edition(edition) };
        let (at, font) = (at + vec2(0.0, 2.0), egui::FontId::proportional(11.5));
        theme::write(&painter, at, Align2::LEFT_TOP, words, font, colour, width);
        if response.clicked() {
            intents.push(Intent::Captures(row.id.clone()));
        }
    }
}

fn is_shown(shown: &Shown, wanted: &str, row: &Row) -> bool {
    let from_mod = match &shown.from_mod {
        FromMod::Any => true,
        FromMod::NoMod => row.from_mod.is_none(),
        FromMod::Mod(wanted) => row.from_mod.as_ref().is_some_and(|(id, _)| id == wanted),
    };
    from_mod
        && (wanted.is_empty() || row.name.to_lowercase().contains(wanted))
        && shown.card_type.is_none_or(|wanted| row.card_type == wanted)
        && (!shown.only_odd || row.total() == 0)
}

/// Of what a heading stands above: the game's cards by type and rarity, then each mod's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Section<'a> {
    Game(CardType, Option<&'a str>),
    Mod(&'a str),
}

impl<'a> Section<'a> {
    fn of(row: &'a Row) -> Self {
        match &row.from_mod {
            Some((id, _)) => Self::Mod(id),
            None => Self::Game(row.card_type, row.rarity.as_deref()),
        }
    }

    /// Where it comes; mods in the order of the catalogue.
    fn rank(self) -> [usize; 2] {
        const RARITIES: [&str; 4] = ["Common", "Uncommon", "Rare", "Legendary"];
        match self {
            Self::Game(card_type, rarity) => {
                let place = |it: &str| RARITIES.iter().position(|word| *word == it).unwrap_or(RARITIES.len());
                let of_type = CardType::ALL.iter().position(|it| *it == card_type);
                [of_type.unwrap_or_default(), rarity.map_or(0, |it| place(it) + 1)]
            }
            Self::Mod(_) => [usize::MAX, 0],
        }
    }

    fn title(self, row: &Row) -> (String, Color32) {
        match (self, &row.from_mod) {
            (Self::Game(card_type, rarity), _) => {
                let rarity = rarity.map_or_else(String::new, |it| format!(" \u{b7} {it}"));
                (format!("{}{rarity}", card_type.name()), theme::of_type(Some(card_type)))
            }
            (Self::Mod(id), name) => (name.as_ref().map_or(id, |(_, name)| name.as_str()).to_owned(), ACCENT),
        }
    }
}

/// The page as lines of known heights, so that only those in sight are drawn.
fn lines<'a>(coverage: &'a Coverage, shown: &Shown, columns: usize) -> Vec<Line<'a>> {
    let wanted = shown.text.trim().to_lowercase();
    let mut sections: Vec<(Section<'_>, Vec<&Row>)> = Vec::new();
    let mut places: HashMap<Section<'_>, usize> = HashMap::new();
    for row in &coverage.rows {
        let section = Section::of(row);
        let place = *places.entry(section).or_insert_with(|| {
            sections.push((section, Vec::new()));
            sections.len() - 1
        });
        sections[place].1.push(row);
    }
    sections.sort_by_key(|(section, _)| section.rank());
    let mut lines = Vec::new();
    for (section, all) in sections {
        let seen: Vec<&Row> = all.iter().copied().filter(|row| is_shown(shown, &wanted, row)).collect();
        if let Some(first) = seen.first() {
            let (title, colour) = section.title(first);
            lines.push(Line::Heading { title, colour, met: Coverage::met(all.into_iter()) });
            lines.extend(seen.chunks(columns).map(|part| Line::Cards(part.to_vec())));
        }
    }
    lines
}

fn cards(labeller: &mut Labeller, coverage: &Coverage, ui: &mut Ui, intents: &mut Vec<Intent>) {
    let columns = (((ui.available_width() - 12.0 + GAP) / (TILE.x + GAP)).floor() as usize).max(1);
    let lines = lines(coverage, labeller.shown(), columns);
    if lines.is_empty() {
        ui.weak("No card fits the filter.");
    }
    let height = |line: &Line<'_>| match line {
        Line::Heading { .. } => HEADING,
        Line::Cards(_) => TILE.y + GAP,
    };
    let whole: f32 = lines.iter().map(height).sum();
    ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, view| {
        ui.set_height(whole);
        let origin = ui.max_rect().min;
        let width = ui.available_width();
        let mut top = 0.0;
        for line in &lines {
            let high = height(line);
            if top + high >= view.top() && top <= view.bottom() {
                let at = origin + vec2(0.0, top);
                match line {
                    Line::Heading { title, colour, met } => heading(ui, at, width, title, *colour, *met),
                    Line::Cards(rows) => {
                        for (column, row) in rows.iter().enumerate() {
                            let at = at + vec2(column as f32 * (TILE.x + GAP), 0.0);
                            card(labeller, coverage, ui, row, Rect::from_min_size(at, TILE), intents);
                        }
                    }
                }
            }
            top += high;
        }
    });
}

fn heading(ui: &Ui, at: Pos2, width: f32, title: &str, colour: Color32, [met, all]: [usize; 2]) {
    let painter = ui.painter();
    let text = painter.text(at + vec2(0.0, 16.0), Align2::LEFT_CENTER, title, theme::name_font(14.0), colour);
    let words = format!("{met} of {all}");
    let font = egui::FontId::proportional(12.0);
    let words = painter.text(pos2(text.right() + 10.0, at.y + 16.0), Align2::LEFT_CENTER, words, font, FAINT);
    let line =
        Rect::from_min_max(pos2(words.right() + 10.0, at.y + 15.0), pos2(at.x + width - 4.0, at.y + 17.0));
    painter.rect_filled(line, 1.0, RAISED);
    let done = vec2(line.width() * met as f32 / all.max(1) as f32, line.height());
    painter.rect_filled(Rect::from_min_size(line.min, done), 1.0, colour);
}

/// The catalogue's image of a card, else a capture of it. Returns where it is.
fn draw(
    labeller: &mut Labeller,
    ui: &Ui,
    row: &Row,
    edition: &str,
    area: Rect,
    tint: Color32,
) -> Option<Rect> {
    let texture = labeller.art(ui.ctx(), &row.id, edition).or_else(|| {
        let file = row.picture.as_ref()?;
        labeller.thumbnails.get(ui.ctx(), file, Size::Small)
    })?;
    let shown = fitted(texture.size_vec2(), area);
    ui.painter().image(texture.id(), shown, WHOLE, tint);
    Some(shown)
}

fn card(
    labeller: &mut Labeller,
    coverage: &Coverage,
    ui: &mut Ui,
    row: &Row,
    area: Rect,
    intents: &mut Vec<Intent>,
) {
    let response = ui.interact(area, ui.scope_id().with(&row.id), Sense::click());
    let total = row.total();
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{}: {total}", row.name))
    });
    let radius = CornerRadius::same(7);
    ui.painter().rect_filled(area, radius, if response.hovered() { RAISED } else { GROUND });
    let picture = Rect::from_min_size(area.min + vec2(4.0, 4.0), vec2(area.width() - 8.0, 128.0));
    let tint = if total == 0 { Color32::from_rgba_unmultiplied(255, 255, 255, 56) } else { Color32::WHITE };
    if draw(labeller, ui, row, "base", picture, tint).is_none() {
        let shape = Rect::from_center_size(picture.center(), vec2(90.0, 122.0));
        let colour = theme::of_type(Some(row.card_type)).gamma_multiply(0.5);
        ui.painter().rect_stroke(shape, 6.0, Stroke::new(1.0, colour), StrokeKind::Inside);
    }
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    let colour = if total == 0 { FAINT } else { TEXT };
    let name = Rect::from_min_size(area.min + vec2(2.0, 134.0), vec2(area.width() - 4.0, theme::NAME));
    theme::write_name(&painter, name, &row.name, colour);
    badges(ui, coverage, row, pos2(area.center().x, area.top() + 171.0));
    if response.clicked() {
        intents.push(Intent::Captures(row.id.clone()));
    }
    response.on_hover_text(words(coverage, row));
}

/// How many there are of each edition, each in its colour: hollow where there is none.
fn badges(ui: &Ui, coverage: &Coverage, row: &Row, middle: Pos2) {
    const BADGE: Vec2 = vec2(17.0, 15.0);
    let possible: Vec<(usize, &str)> = row
        .counts
        .iter()
        .zip(&coverage.editions)
        .filter_map(|(count, edition)| Some(((*count)?, edition.as_str())))
        .collect();
    let step = BADGE.x + 3.0;
    let from = middle.x - (possible.len() as f32 - 1.0) * step / 2.0;
    for (number, (count, edition)) in possible.into_iter().enumerate() {
        let area = Rect::from_center_size(pos2(from + number as f32 * step, middle.y), BADGE);
        let colour = theme::of_edition(edition);
        let radius = CornerRadius::same(4);
        let painter = ui.painter();
        if count == 0 {
            painter.rect_stroke(
                area,
                radius,
                Stroke::new(1.0, colour.gamma_multiply(0.45)),
                StrokeKind::Inside,
            );
            continue;
        }
        painter.rect_filled(area, radius, colour);
        let text = if count > 99 { "99".to_owned() } else { count.to_string() };
        painter.text(area.center(), Align2::CENTER_CENTER, text, theme::name_font(9.5), GROUND);
        if count < ENOUGH {
            painter.circle_filled(area.right_top() + vec2(-1.0, 1.0), 2.5, WARNING);
        }
    }
}

fn words(coverage: &Coverage, row: &Row) -> String {
    let of = |(count, edition): (&Option<usize>, &String)| Some(format!("{edition}: {}", (*count)?));
    let editions: Vec<String> = row.counts.iter().zip(&coverage.editions).filter_map(of).collect();
    format!("{}\n{}\nClick to see its captures", row.name, editions.join("\n"))
}
