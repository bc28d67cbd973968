//! How the window looks: the overlay's colours on its dark ground, in sizes that follow the window.
//!
//! Names are set in the overlay's own font. Every pair of a text and a ground is readable by WCAG
//! 2.2, level AA (a contrast of 4.5 at least); a test holds it.

use std::sync::{Arc, Mutex, PoisonError};

use egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use egui::style::WidgetVisuals;
use egui::{
    Color32, Context, CornerRadius, FontData, FontFamily, FontId, Margin, Rect, Response, RichText, Stroke,
    StrokeKind, TextStyle, Ui, Vec2, vec2,
};
use lens_core::catalogue::CardType;
use lens_core::font::{DEJAVU_SANS_BOLD, SystemFonts};
use lens_core::palette;

/// Behind everything.
pub(super) const GROUND: Color32 = of(palette::GROUND);
/// Panels.
pub(super) const PANEL: Color32 = Color32::from_rgb(0x14, 0x1a, 0x28);
/// What lies on a panel: rows, fields, buttons.
pub(super) const RAISED: Color32 = Color32::from_rgb(0x1e, 0x26, 0x39);
/// The same under the pointer.
pub(super) const HOVERED: Color32 = Color32::from_rgb(0x2a, 0x35, 0x4f);
/// Edges.
pub(super) const EDGE: Color32 = Color32::from_rgb(0x33, 0x3f, 0x5b);
pub(super) const TEXT: Color32 = of(palette::TEXT);
/// What scroll bars are dragged by, and the same under the pointer.
const HANDLES: [Color32; 2] = [Color32::from_rgb(0x46, 0x53, 0x6f), Color32::from_rgb(0x5b, 0x6a, 0x8c)];
/// What matters less.
pub(super) const FAINT: Color32 = of(palette::FAINT);
/// What keys act on.
pub(super) const ACCENT: Color32 = of(palette::of_type(CardType::Playing));
/// What is done next.
pub(super) const PRIMARY: Color32 = of(palette::of_type(CardType::Joker));
/// For what is odd or missing.
pub(super) const WARNING: Color32 = of(palette::UNKNOWN);
/// For what is done.
pub(super) const GOOD: Color32 = Color32::from_rgb(0x7d, 0xd9, 0x8a);

/// The family of names and headings.
const BOLD: &str = "bold";
/// The window for which sizes are meant, in points.
const USUAL: Vec2 = vec2(1280.0, 800.0);
/// How much of a larger window goes into larger text and images; the rest shows more of them.
const GROWTH: f32 = 0.75;
const MAX_GROWTH: f32 = 2.5;

/// `0xRRGGBB`.
pub(super) const fn of(rgb: u32) -> Color32 {
    let [red, green, blue] = palette::bytes(rgb);
    Color32::from_rgb(red, green, blue)
}

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
    let id = egui::Id::unique("theme");
    let is_ready = context.data(|data| data.get_temp::<bool>(id).unwrap_or_default());
    if !is_ready {
        context.data_mut(|data| data.insert_temp(id, true));
        let family = FontFamily::Name(BOLD.into());
        let first = |family| InsertFontFamily { family, priority: FontPriority::Highest };
        let last = |family| InsertFontFamily { family, priority: FontPriority::Lowest };
        context.add_font(FontInsert {
            name: BOLD.into(),
            data: FontData::from_static(DEJAVU_SANS_BOLD),
            // Also for arrows and keys, which the usual font has not.
            families: vec![first(family), last(FontFamily::Proportional), last(FontFamily::Monospace)],
        });
        context.add_font_provider(of_system());
        context.options_mut(|options| options.zoom_with_keyboard = false);
        context.set_theme(egui::Theme::Dark);
        context.all_styles_mut(style);
    }
    let physical = context.content_rect().size() * context.zoom_factor();
    let wanted = (growth(physical) * zoom * 20.0).round() / 20.0;
    if (wanted - context.zoom_factor()).abs() > 0.01 {
        context.set_zoom_factor(wanted);
        context.request_repaint();
    }
    if !is_ready {
        context.request_repaint();
    }
    is_ready
}

/// Fonts of the system, for letters that no other has: names of cards can be in any script.
fn of_system() -> Arc<dyn FontProvider> {
    let system = Mutex::new(SystemFonts::default());
    let find = move |request: &FallbackRequest<'_>| {
        let letter = request.cluster.chars().next()?;
        let mut system = system.lock().unwrap_or_else(PoisonError::into_inner);
        let font = system.having(&[letter]).into_iter().next()?;
        let mut data = FontData::from_owned(font.data);
        data.index = font.index;
        // Where it stands among those of a family is of no account: it comes last.
        Some(FontInsert { name: font.name, data, families: Vec::new() })
    };
    Arc::new(find)
}

/// How much larger everything is in a window of this size.
fn growth(window: Vec2) -> f32 {
    let room = (window.x / USUAL.x).min(window.y / USUAL.y);
    room.max(1.0).powf(GROWTH).min(MAX_GROWTH)
}

fn style(style: &mut egui::Style) {
    let visuals = &mut style.visuals;
    visuals.dark_mode = true;
    visuals.panel_fill = PANEL;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, EDGE);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = GROUND;
    visuals.text_edit_bg_color = Some(GROUND);
    visuals.faint_bg_color = RAISED;
    visuals.weak_text_color = Some(FAINT);
    visuals.warn_fg_color = WARNING;
    visuals.error_fg_color = of(palette::of_type(CardType::Voucher));
    visuals.hyperlink_color = ACCENT;
    visuals.selection.bg_fill = Color32::from_rgb(0x17, 0x4a, 0x63);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    let look = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: CornerRadius::same(5),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = look(PANEL, EDGE, Color32::from_rgb(0xdd, 0xe3, 0xee));
    visuals.widgets.inactive = look(RAISED, EDGE, Color32::from_rgb(0xe6, 0xeb, 0xf4));
    visuals.widgets.hovered = look(HOVERED, ACCENT, TEXT);
    visuals.widgets.active = look(HOVERED, TEXT, TEXT);
    visuals.widgets.open = look(HOVERED, EDGE, TEXT);
    [visuals.widgets.inactive.bg_fill, visuals.widgets.hovered.bg_fill] = HANDLES;
    visuals.widgets.active.bg_fill = HANDLES[1];
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 6.0);
    spacing.button_padding = vec2(9.0, 4.0);
    spacing.interact_size.y = 24.0;
    spacing.scroll.floating = false;
    spacing.scroll.foreground_color = false;
    spacing.scroll.bar_width = 8.0;
    let bold = FontFamily::Name(BOLD.into());
    for (text, font) in &mut style.text_styles {
        *font = match text {
            TextStyle::Heading => FontId::new(17.0, bold.clone()),
            TextStyle::Small => FontId::proportional(11.5),
            TextStyle::Body | TextStyle::Button => FontId::proportional(14.0),
            TextStyle::Monospace | TextStyle::Name(_) => font.clone(),
        };
    }
}

/// A name, as the overlay writes it.
pub(super) fn name(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(BOLD.into())).color(TEXT)
}

/// The font of names, for what is painted by hand.
pub(super) fn name_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
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

/// Paints a line of at most this width, which ends with an ellipsis where it does not fit.
pub(super) fn write(
    painter: &egui::Painter,
    at: egui::Pos2,
    align: egui::Align2,
    text: impl Into<String>,
    font: FontId,
    colour: Color32,
    width: f32,
) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.into(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    let galley = painter.layout_job(job);
    let area = align.anchor_size(at, galley.size());
    painter.galley(area.min, galley, colour);
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

/// What a page says that has nothing to show: what is missing, and how to begin.
pub(super) fn empty(ui: &mut Ui, heading: &str, lines: &[&str]) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height * 0.3).max(20.0));
        ui.label(name(heading).size(22.0));
        ui.add_space(6.0);
        for line in lines {
            ui.label(RichText::new(*line).size(14.5).color(FAINT));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, "relative luminance".
    fn luminance(colour: Color32) -> f64 {
        let linear = |value: u8| {
            let share = f64::from(value) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(one: Color32, other: Color32) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_is_readable_on_every_ground() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.01);
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
        let mut style = egui::Style::default();
        super::style(&mut style);
        assert!(contrast(style.visuals.selection.stroke.color, style.visuals.selection.bg_fill) >= 4.5);
        for look in [&style.visuals.widgets.inactive, &style.visuals.widgets.hovered] {
            assert!(contrast(look.fg_stroke.color, look.weak_bg_fill) >= 4.5);
            assert!(contrast(look.fg_stroke.color, look.bg_fill) >= 4.5);
        }
    }

    #[test]
    fn a_larger_window_has_larger_text_and_more_of_it() {
        assert_eq!(growth(vec2(1280.0, 800.0)), 1.0);
        assert_eq!(growth(vec2(900.0, 600.0)), 1.0, "a small one shows less");
        let full_hd = growth(vec2(1920.0, 1080.0));
        assert!((1.2..1.35).contains(&full_hd), "{full_hd}");
        assert!(growth(vec2(2560.0, 1440.0)) > full_hd);
    }
}
