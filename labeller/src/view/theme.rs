//! How the window looks: the overlay's colours on its dark ground, in sizes that follow the window.
//!
//! Names are set in the overlay's own font. Every pair of a text and a ground is readable by WCAG
//! 2.2, level AA (a contrast of 4.5 at least); a test holds it.

use egui::{
    Color32, Context, CornerRadius, FontId, Margin, Rect, Response, RichText, Stroke, StrokeKind, Ui, Vec2,
    vec2,
};
use lens_core::catalogue::CardType;
use lens_core::palette;
use panes::look::of;
pub(super) use panes::look::{
    ACCENT, EDGE, FAINT, GROUND, HOVERED, PANEL, RAISED, TEXT, WARNING, name, name_font,
};

/// What is done next.
pub(super) const PRIMARY: Color32 = of(palette::of_type(CardType::Joker));
/// For what is done.
pub(super) const GOOD: Color32 = Color32::from_rgb(0x7d, 0xd9, 0x8a);

/// The window for which sizes are meant, in points.
const USUAL: Vec2 = vec2(1280.0, 800.0);
/// The smallest that has room for everything in its usual size.
const LEAST: Vec2 = vec2(900.0, 600.0);

/// The colour of a kind of card; the faint one for cards of no catalogue.
pub(super) fn of_type(card_type: Option<CardType>) -> Color32 {
    card_type.map_or(FAINT, |it| of(palette::of_type(it)))
}

pub(super) fn of_edition(word: &str) -> Color32 {
    palette::of_edition(&word.to_lowercase()).map_or(TEXT, of)
}

/// Gives the window its look; called on every frame. Returns whether it can be drawn: not in the
/// first one, whose fonts are those of before.
pub(super) fn apply(context: &Context, zoom: f32) -> bool {
    let is_ready = panes::look::dress(context);
    let physical = context.content_rect().size() * context.zoom_factor();
    panes::set_zoom(context, panes::growth(physical, USUAL, LEAST) * zoom);
    is_ready
}

/// A heading above a part of a page.
pub(super) fn section(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text.to_uppercase()).font(name_font(10.5)).color(FAINT));
}

/// The panel of a part of a page.
pub(super) fn panel() -> egui::Frame {
    egui::Frame::new().fill(PANEL).inner_margin(Margin::symmetric(12, 10))
}

/// The ground of what is looked at.
pub(super) fn ground() -> egui::Frame {
    egui::Frame::new().fill(GROUND).inner_margin(Margin::symmetric(14, 12))
}

/// A small word on its own ground, as the overlay's chips are.
pub(super) fn chip(ui: &mut Ui, text: &str, colour: Color32) -> Response {
    let frame = egui::Frame::new()
        .fill(GROUND)
        .stroke(Stroke::new(1.0, colour))
        .corner_radius(CornerRadius::same(4))
        .inner_margin(Margin::symmetric(6, 1));
    frame.show(ui, |ui| ui.label(RichText::new(text).size(11.5).color(colour))).response
}

/// A key, drawn as one, for beside what it does.
pub(super) fn key(ui: &mut Ui, key: &str) {
    let frame = egui::Frame::new()
        .fill(GROUND)
        .stroke(Stroke::new(1.0, EDGE))
        .corner_radius(CornerRadius::same(3))
        .inner_margin(Margin::symmetric(5, 0));
    frame.show(ui, |ui| ui.label(RichText::new(key).size(11.0).color(FAINT)));
}

/// Begins another line where a key and words of this size do not fit into this one: a group of
/// widgets does not know how wide it will be.
fn break_before(ui: &mut Ui, key_name: &str, text: &str, size: f32, padding: f32) {
    let wide = |text: &str, size: f32| {
        ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(size), TEXT).size().x
    };
    // Between them are five points, and twelve around the key's name.
    let width = wide(key_name, 11.0) + wide(text, size) + 2.0 * padding + 17.0;
    if ui.layout().main_wrap && ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

/// A button that is set off by its key.
pub(super) fn keyed(ui: &mut Ui, text: &str, key_name: &str) -> bool {
    let padding = ui.spacing().button_padding.x;
    break_before(ui, key_name, text, 14.0, padding);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let clicked = ui.button(text).clicked();
        key(ui, key_name);
        clicked
    })
    .inner
}

/// A button below an image.
pub(super) fn small(ui: &mut Ui, text: &str) -> Response {
    ui.scope(|ui| {
        let spacing = ui.spacing_mut();
        (spacing.interact_size.y, spacing.button_padding.y) = (20.0, 2.0);
        // In a row its words stand in the middle.
        ui.horizontal(|ui| ui.button(RichText::new(text).size(12.0))).inner
    })
    .inner
}

/// A key with what it does, which stay together where a line breaks.
pub(super) fn hint(ui: &mut Ui, key_name: &str, text: &str) {
    break_before(ui, key_name, text, 11.5, 0.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        key(ui, key_name);
        ui.label(RichText::new(text).small().color(FAINT));
    });
}

/// What is done with a panel's content: below it, however much of that there is.
pub(super) fn foot(ui: &mut Ui, name: &'static str, add: impl FnOnce(&mut Ui)) {
    let frame = egui::Frame::new().inner_margin(Margin { top: 8, ..Margin::ZERO });
    egui::Panel::bottom(name).resizable(false).frame(frame).show(ui, add);
}

/// Paints a line of at most this width: somewhat smaller where it does not fit, and with an
/// ellipsis where it does not fit then.
pub(super) fn write(
    painter: &egui::Painter,
    at: egui::Pos2,
    align: egui::Align2,
    text: impl Into<String>,
    font: FontId,
    colour: Color32,
    width: f32,
) {
    let (text, FontId { size, family }) = (text.into(), font);
    let laid = |smaller: f32| {
        let font = FontId::new(size * smaller, family.clone());
        let mut job = egui::text::LayoutJob::simple_singleline(text.clone(), font, colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
        painter.layout_job(job)
    };
    let mut galley = laid(1.0);
    for smaller in [0.9, 0.8] {
        if galley.elided {
            galley = laid(smaller);
        }
    }
    let area = align.anchor_size(at, galley.size());
    painter.galley(area.min, galley, colour);
}

/// Height of a name below an image.
pub(super) const NAME: f32 = 27.0;

/// Paints a name into an area [`NAME`] high: smaller and in two lines where it is too long for one.
/// Returns whether all of it is seen.
pub(super) fn write_name(painter: &egui::Painter, area: Rect, text: &str, colour: Color32) -> bool {
    write_in(painter, area, text, colour, &[(name_font(11.5), 1), (name_font(10.0), 2)])
}

/// The same with words that say something of an image.
pub(super) fn write_words(painter: &egui::Painter, area: Rect, text: &str, colour: Color32) -> bool {
    let font = FontId::proportional;
    write_in(painter, area, text, colour, &[(font(11.0), 1), (font(11.0), 2), (font(9.5), 2)])
}

/// Paints text in the first of these fonts and numbers of lines in which it fits, no word of it
/// torn if that can be. Returns whether all of it is seen.
fn write_in(
    painter: &egui::Painter,
    area: Rect,
    text: &str,
    colour: Color32,
    ways: &[(FontId, usize)],
) -> bool {
    let laid = |(font, rows): &(FontId, usize)| {
        let mut job = egui::text::LayoutJob::simple(text.to_owned(), font.clone(), colour, area.width());
        job.wrap.max_rows = *rows;
        job.halign = egui::Align::Center;
        painter.layout_job(job)
    };
    let galleys = || ways.iter().map(|way| (&way.0, laid(way)));
    let is_in_words = |font: &FontId| {
        let wide = |word: &str| painter.layout_no_wrap(word.to_owned(), font.clone(), colour).size().x;
        text.split_whitespace().all(|word| wide(word) <= area.width())
    };
    let best = galleys().find(|(font, it)| !it.elided && is_in_words(font));
    let best = best.or_else(|| galleys().find(|(_, it)| !it.elided));
    let is_whole = best.is_some();
    if let Some((_, galley)) = best.or_else(|| galleys().next_back()) {
        painter.galley(area.center() - vec2(0.0, galley.size().y / 2.0), galley, colour);
    }
    is_whole
}

/// How wide a name is in a line.
pub(super) fn name_width(ui: &Ui, text: &str, size: f32) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), name_font(size), TEXT).size().x
}

/// A list of which one is chosen; `name` is for those who do not see it.
pub(super) fn choice(ui: &mut Ui, name: &str, shown: &str, width: f32, add: impl FnOnce(&mut Ui)) {
    let list = egui::ComboBox::from_id_salt(name).selected_text(shown).width(width).show_ui(ui, add);
    let said = format!("{name}: {shown}");
    list.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &said));
}

/// The button of what is done next.
pub(super) fn primary(ui: &mut Ui, text: &str, is_enabled: Enabled) -> bool {
    let label = RichText::new(text).font(name_font(14.0)).color(GROUND);
    let button =
        egui::Button::new(label).fill(PRIMARY).stroke(Stroke::NONE).corner_radius(CornerRadius::same(6));
    let size = vec2(ui.available_width(), 34.0);
    ui.add_enabled_ui(is_enabled == Enabled::Yes, |ui| ui.add_sized(size, button).clicked()).inner
}

/// Whether something can be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enabled {
    Yes,
    No,
}

impl Enabled {
    pub(super) fn when(is_possible: bool) -> Self {
        if is_possible { Self::Yes } else { Self::No }
    }
}

/// How much of something there is, as a bar with its words on it.
pub(super) fn progress(ui: &mut Ui, share: f32, text: &str, colour: Color32, width: f32) {
    let (area, response) = ui.allocate_exact_size(vec2(width, 18.0), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, text));
    let painter = ui.painter();
    let radius = CornerRadius::same(4);
    painter.rect_filled(area, radius, GROUND);
    let done = Rect::from_min_size(area.min, vec2(area.width() * share.clamp(0.0, 1.0), area.height()));
    painter.rect_filled(done, radius, colour.gamma_multiply(0.35));
    painter.rect_stroke(area, radius, Stroke::new(1.0, EDGE), StrokeKind::Inside);
    let font = FontId::proportional(11.5);
    painter.text(area.center(), egui::Align2::CENTER_CENTER, text, font, TEXT);
}

/// What a page says that has nothing to show: what is missing, and how to begin. A line that begins
/// with `$ ` is a command.
pub(super) fn empty(ui: &mut Ui, heading: &str, lines: &[&str]) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height * 0.3).max(20.0));
        panes::large_heading(ui, heading);
        ui.add_space(6.0);
        for line in lines {
            // In the other font two dashes look like one.
            ui.label(match line.strip_prefix("$ ") {
                Some(command) => RichText::new(command).monospace().color(ACCENT),
                None => RichText::new(*line).size(14.5).color(FAINT),
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use lens_core::catalogue::Catalogue;
    use panes::look::contrast;

    use super::*;

    #[test]
    fn every_cards_name_is_seen_whole_below_its_image() {
        let area = Rect::from_min_size(egui::Pos2::ZERO, vec2(100.0, NAME));
        let read = |game: &str| Catalogue::read(&lens_core::paths::catalogue(game)).unwrap();
        let names: Vec<String> =
            ["balatro", "practice"].into_iter().flat_map(|it| read(it).cards).map(|it| it.name).collect();
        assert!(names.iter().any(|it| it == "Queen of Diamonds") && names.len() > 300);
        let look = |ui: &mut Ui, cut: &mut Option<Vec<String>>| {
            if !apply(ui.ctx(), 1.0) {
                return;
            }
            let is_cut = |name: &&String| !write_name(ui.painter(), area, name, TEXT);
            *cut = Some(names.iter().filter(is_cut).cloned().collect());
            let endless = "Joker ".repeat(12);
            assert!(
                !write_name(ui.painter(), area, &endless, TEXT),
                "what is too long ends with an ellipsis"
            );
        };
        let mut harness = egui_kittest::Harness::builder().build_ui_state(look, None);
        harness.run_steps(3);
        assert_eq!(harness.state().as_deref(), Some(&[][..]));
    }

    #[test]
    fn every_text_is_readable_on_every_ground() {
        let mut texts = vec![("text", TEXT), ("faint", FAINT), ("accent", ACCENT), ("primary", PRIMARY)];
        texts.extend([("warning", WARNING), ("good", GOOD)]);
        texts.extend(CardType::ALL.map(|it| (it.name(), of_type(Some(it)))));
        texts.extend(["foil", "holographic", "polychrome", "negative"].map(|word| (word, of_edition(word))));
        for (text, colour) in texts {
            for (ground, behind) in [("ground", GROUND), ("panel", PANEL), ("raised", RAISED)] {
                let contrast = contrast(colour, behind);
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
        assert!(contrast(GROUND, PRIMARY) >= 4.5, "dark words on what is done next");
    }
}
