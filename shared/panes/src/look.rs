//! Colours and shapes of what is in a window: the overlay's palette on its dark ground, its font
//! for names and headings.
//!
//! Every pair of a text and a ground is readable by WCAG 2.2, level AA (a contrast of 4.5 at
//! least); a test holds it.

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::style::WidgetVisuals;
use egui::{
    Color32, Context, CornerRadius, FontData, FontFamily, FontId, RichText, Stroke, Style, TextStyle, vec2,
};
use lens_core::catalogue::CardType;
use lens_core::font::DEJAVU_SANS_BOLD;
use lens_core::palette;

/// Behind everything.
pub const GROUND: Color32 = of(palette::GROUND);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(0x14, 0x1a, 0x28);
/// What lies on a panel: rows, fields, buttons.
pub const RAISED: Color32 = Color32::from_rgb(0x1e, 0x26, 0x39);
/// The same under the pointer.
pub const HOVERED: Color32 = Color32::from_rgb(0x2a, 0x35, 0x4f);
/// Edges.
pub const EDGE: Color32 = Color32::from_rgb(0x33, 0x3f, 0x5b);
/// What is read first.
pub const TEXT: Color32 = of(palette::TEXT);
/// What matters less.
pub const FAINT: Color32 = of(palette::FAINT);
/// What keys act on.
pub const ACCENT: Color32 = of(palette::of_type(CardType::Playing));
/// For what is odd or missing.
pub const WARNING: Color32 = of(palette::UNKNOWN);
/// What scroll bars are dragged by, and the same under the pointer.
const HANDLES: [Color32; 2] = [Color32::from_rgb(0x46, 0x53, 0x6f), Color32::from_rgb(0x5b, 0x6a, 0x8c)];

/// The family of names and headings.
const BOLD: &str = "bold";

/// `0xRRGGBB`.
pub const fn of(rgb: u32) -> Color32 {
    let [red, green, blue] = palette::bytes(rgb);
    Color32::from_rgb(red, green, blue)
}

/// How well one colour is read on another: from 1.0, the same, to 21.0, black on white (WCAG 2.2,
/// "contrast ratio"). Text needs 4.5 at least.
pub fn contrast(one: Color32, other: Color32) -> f64 {
    let linear = |value: u8| {
        let share = f64::from(value) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |it: Color32| 0.2126 * linear(it.r()) + 0.7152 * linear(it.g()) + 0.0722 * linear(it.b());
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Gives a window its look; called on every frame. Returns whether it can be drawn: not in the
/// first one, whose fonts are those of before.
pub fn dress(context: &Context) -> bool {
    let id = egui::Id::unique("look");
    if context.data(|data| data.get_temp::<bool>(id).unwrap_or_default()) {
        return true;
    }
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
    context.add_font_provider(crate::fonts_of_system());
    context.options_mut(|options| options.zoom_with_keyboard = false);
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(style);
    context.request_repaint();
    false
}

/// A name, as the overlay writes it.
pub fn name(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(BOLD.into())).color(TEXT)
}

/// The font of names, for what is painted by hand.
pub fn name_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
}

fn style(style: &mut Style) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_a_window_is_readable_on_every_ground() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.01);
        for (text, colour) in [("text", TEXT), ("faint", FAINT), ("accent", ACCENT), ("warning", WARNING)] {
            for (ground, behind) in [("ground", GROUND), ("panel", PANEL), ("raised", RAISED)] {
                let contrast = contrast(colour, behind);
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
        let mut style = Style::default();
        super::style(&mut style);
        assert!(contrast(style.visuals.selection.stroke.color, style.visuals.selection.bg_fill) >= 4.5);
        for look in [&style.visuals.widgets.inactive, &style.visuals.widgets.hovered] {
            assert!(contrast(look.fg_stroke.color, look.weak_bg_fill) >= 4.5);
            assert!(contrast(look.fg_stroke.color, look.bg_fill) >= 4.5);
        }
    }
}
