//! The page where labels are verified: all cards by name and edition, the odd ones first.

use egui::{CentralPanel, Panel, Rect, RichText, ScrollArea, Ui, UiBuilder, Vec2, vec2};
use lens_core::counted::counted;
use lens_core::manifest::NOT_A_CARD;

use super::theme::{self, ACCENT, Enabled, FAINT, WARNING};
use super::tile::{self, Marks};
use super::{filter, form, keys};
use crate::intent::{Intent, Shown};
use crate::verify::{Class, Oddity};
use crate::window::Labeller;

const TILE: Vec2 = vec2(76.0, 98.0);
/// What is odd, below an image: a name can take two lines.
const WORDS: f32 = theme::NAME;
/// Name, edition and number, above the images of a class.
const HEAD: f32 = 48.0;
/// A class is no narrower, so that its name can be read.
const MIN_WIDTH: f32 = 2.0 * TILE.x + GAP;
/// Between images, and between classes beside each other.
const GAP: f32 = 8.0;
const APART: f32 = 20.0;

/// Images of one class that lie beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Block {
    class: usize,
    from: usize,
    to: usize,
    left: f32,
    width: f32,
}

/// What lies beside each other: several small classes, or a part of a large one.
type Line = Vec<Block>;

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
            panes::heading(ui, &counted(labels, "label"));
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
    if count == 0 {
        panes::heading(ui, "Nothing is chosen");
        ui.add_space(4.0);
        ui.weak("Click on captures that have the wrong name, type the right one, press Enter.");
        ui.weak("A click on a name chooses all of its captures.");
        return;
    }
    panes::heading(ui, &format!("{} chosen", counted(count, "capture")));
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
    let name = labeller.saved_name();
    let text = match &labeller.new_name {
        Some(name) => format!("Add the new card {name}"),
        None if name.is_empty() => format!("Relabel {}", labeller.chosen.len()),
        None => format!("Relabel {} as {name}", labeller.chosen.len()),
    };
    if theme::primary(ui, &format!("{text}  \u{23ce}"), Enabled::when(!name.is_empty())) {
        intents.extend(keys::saved(labeller));
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
    let classes = std::mem::take(&mut labeller.classes);
    let shown = labeller.shown().clone();
    let count = |class: &Class| if shown.only_odd { class.odd() } else { class.files.len() };
    let counts = classes.iter().enumerate().filter(|(_, class)| is_shown(labeller, &shown, class));
    let lines = packed(counts.map(|(at, class)| (at, count(class))), ui.available_width() - 12.0);
    if lines.is_empty() {
        ui.weak("No label fits the filter.");
    }
    let whole: f32 = lines.iter().map(|line| height(line)).sum();
    ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, view| {
        ui.set_height(whole);
        let origin = ui.max_rect().min;
        let mut top = 0.0;
        for line in &lines {
            let high = height(line);
            // Only what is in sight is drawn.
            if top + high >= view.top() && top <= view.bottom() {
                for it in line {
                    let area = Rect::from_min_size(origin + vec2(it.left, top), vec2(it.width, high));
                    block(labeller, ui, &classes[it.class], it, area, intents);
                }
            }
            top += high;
        }
    });
    labeller.classes = classes;
}

/// Puts classes of so many images beside each other where they fit; one that needs more than a line
/// has its lines for itself.
fn packed(classes: impl Iterator<Item = (usize, usize)>, room: f32) -> Vec<Line> {
    let columns = ((room + GAP) / (TILE.x + GAP)).floor().max(1.0) as usize;
    let mut lines: Vec<Line> = Vec::new();
    let mut left = f32::INFINITY;
    for (class, count) in classes.filter(|(_, count)| *count > 0) {
        let width = (count.min(columns) as f32 * (TILE.x + GAP) - GAP).max(MIN_WIDTH);
        if left + width > room {
            lines.push(Line::new());
            left = 0.0;
        }
        for from in (0..count).step_by(columns) {
            if from > 0 {
                lines.push(Line::new());
            }
            let line = lines.last_mut().expect("one was begun");
            line.push(Block { class, from, to: (from + columns).min(count), left, width });
        }
        left = if count > columns { f32::INFINITY } else { left + width + APART };
    }
    lines
}

/// A line that goes on with a class has no names.
fn height(line: &[Block]) -> f32 {
    let head = if line.iter().all(|block| block.from > 0) { 0.0 } else { HEAD };
    head + TILE.y + WORDS + 8.0
}

fn block(
    labeller: &mut Labeller,
    ui: &mut Ui,
    class: &Class,
    block: &Block,
    area: Rect,
    intents: &mut Vec<Intent>,
) {
    let salt = (&class.id, &class.modifier, block.from);
    let ui = &mut ui.new_child(UiBuilder::new().id_salt(salt).max_rect(area));
    ui.spacing_mut().item_spacing = vec2(GAP, 2.0);
    if block.from == 0 {
        let head = Rect::from_min_size(area.min, vec2(area.width(), HEAD - 4.0));
        head_of(&mut ui.new_child(UiBuilder::new().id_salt("head").max_rect(head)), class, intents);
        ui.add_space(HEAD);
    }
    ui.horizontal_top(|ui| {
        for (file, oddity) in &class.files[block.from..block.to] {
            ui.vertical(|ui| image(labeller, ui, file, oddity, intents));
        }
    });
}

/// What the images are called; a click chooses all of them.
fn head_of(ui: &mut Ui, class: &Class, intents: &mut Vec<Intent>) {
    // As large as it can be and be seen whole; what is longer still is told by the pointer.
    let room = ui.available_width();
    let size = [14.0, 12.5, 11.0].into_iter().find(|size| theme::name_width(ui, &class.name, *size) <= room);
    let name = theme::name(&class.name).size(size.unwrap_or(11.0)).color(theme::of_type(class.card_type));
    if ui.add(egui::Label::new(name).truncate().sense(egui::Sense::click())).clicked() {
        intents.push(Intent::ChooseAll(class.files.iter().map(|(file, _)| file.clone()).collect()));
    }
    ui.horizontal(|ui| {
        if class.id != NOT_A_CARD {
            theme::chip(ui, &class.modifier, theme::of_edition(&class.modifier));
        }
        let (odd, all) = (class.odd(), class.files.len());
        let (text, colour) = match odd {
            0 => (counted(all, "capture"), FAINT),
            _ => (format!("{odd} of {all} odd"), WARNING),
        };
        ui.label(RichText::new(text).small().color(colour));
    });
}

fn image(labeller: &mut Labeller, ui: &mut Ui, file: &str, oddity: &Oddity, intents: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.set_width(TILE.x);
    let is_chosen = labeller.chosen.contains(file);
    let is_odd = *oddity != Oddity::None;
    let bar = if is_odd { Some(WARNING) } else { is_chosen.then_some(ACCENT) };
    let marks = Marks { is_current: is_chosen, bar, ..Marks::default() };
    let tile = tile::show(labeller, ui, file, &format!("Labelled {file}"), TILE, marks);
    if tile.clicked() {
        intents.push(Intent::Choose(file.to_owned()));
    }
    if is_odd {
        tile.on_hover_text(oddity.name());
        let (area, words) = ui.allocate_exact_size(vec2(TILE.x, WORDS), egui::Sense::hover());
        words.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, oddity.short()));
        theme::write_words(ui.painter(), area, oddity.short(), WARNING);
        words.on_hover_text(oddity.name());
    }
}

#[cfg(test)]
mod tests {
    use lens_core::catalogue::Catalogue;

    use super::*;

    #[test]
    fn what_the_model_reads_is_seen_whole_below_an_image() {
        let read = |game: &str| Catalogue::read(&lens_core::paths::catalogue(game)).unwrap();
        let cards = ["balatro", "practice"].into_iter().flat_map(|it| read(it).cards);
        let mut words: Vec<String> = cards.map(|it| Oddity::ReadAs(it.name).short().to_owned()).collect();
        assert!(words.len() > 300);
        let others =
            [Oddity::Conflict, Oddity::Lookalike, Oddity::Edition, Oddity::FarFromClass, Oddity::Unsure];
        words.extend(others.iter().map(|it| it.short().to_owned()));
        let area = Rect::from_min_size(egui::Pos2::ZERO, vec2(TILE.x, WORDS));
        let look = |ui: &mut Ui, cut: &mut Option<Vec<String>>| {
            if theme::apply(ui.ctx(), 1.0) {
                let is_cut = |text: &&String| !theme::write_words(ui.painter(), area, text, WARNING);
                *cut = Some(words.iter().filter(is_cut).cloned().collect());
                assert!(!theme::write_words(ui.painter(), area, &"Joker ".repeat(12), WARNING));
            }
        };
        let mut harness = egui_kittest::Harness::builder().build_ui_state(look, None);
        harness.run_steps(3);
        assert_eq!(harness.state().as_deref(), Some(&[][..]));
    }

    #[test]
    fn small_classes_lie_beside_each_other_and_every_image_once() {
        let counts = [1, 2, 30, 1, 0, 4, 3];
        let lines = packed(counts.into_iter().enumerate(), 700.0);
        let on = |line: &Line| line.iter().map(|it| (it.class, it.to - it.from)).collect::<Vec<_>>();
        let all: Vec<_> = lines.iter().map(on).collect();
        let large = (0..3).map(|_| vec![(2, 8)]).chain([vec![(2, 6)]]);
        let wanted: Vec<_> = [vec![(0, 1), (1, 2)]]
            .into_iter()
            .chain(large)
            .chain([vec![(3, 1), (5, 4)], vec![(6, 3)]])
            .collect();
        assert_eq!(all, wanted);
        for line in &lines {
            assert!(line.iter().all(|it| it.left + it.width <= 700.0), "{line:?}");
            assert!(line.iter().zip(&line[1..]).all(|(one, next)| one.left + one.width < next.left));
        }
        assert!(height(&lines[1]) > height(&lines[2]), "the second line of a class has no name");
        assert_eq!(packed([(0, 3)].into_iter(), 10.0).len(), 3, "however narrow");
    }
}
