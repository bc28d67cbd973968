//! Headings in our pixel font, as the game writes its own.
//!
//! They stand in capitals, with strokes half a pixel of the font wider across: in small letters the
//! font is too thin beside bold names, and g, p and y are squeezed onto the line. A pixel of the
//! font is a whole number of the screen's, so that edges are sharp at every scale. A heading with a
//! letter that the font lacks, or without room in one line, is in the usual font, all of it.

use egui::{Mesh, Rect, Response, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};
use lens_core::font::pixel;

use crate::look::TEXT;

/// A pixel of the font, in points, before it is fitted to the screen's.
const PIXEL: f32 = 1.8;
/// The same where a page has nothing else to show.
const LARGE_PIXEL: f32 = 2.5;
/// Pixels of the font between two letters, and for a space.
const GAP: f32 = 1.0;
const SPACE: f32 = 3.0;
/// How much wider strokes are.
const BOLD: f32 = 0.5;

/// The heading of a page or of a part of it.
pub fn heading(ui: &mut Ui, text: &str) -> Response {
    written(ui, text, PIXEL).unwrap_or_else(|| ui.heading(text))
}

/// What a page says that has nothing to show.
pub fn large_heading(ui: &mut Ui, text: &str) -> Response {
    written(ui, text, LARGE_PIXEL).unwrap_or_else(|| ui.label(crate::look::name(text).size(22.0)))
}

/// In the pixel font; nothing where that lacks a letter, or room.
fn written(ui: &mut Ui, text: &str, size: f32) -> Option<Response> {
    let capitals = text.to_uppercase();
    if !pixel::covers(&capitals) {
        return None;
    }
    let scale = ui.ctx().pixels_per_point();
    let unit = (size * scale).round().max(1.0) / scale;
    let bold = (BOLD * unit * scale).round().max(1.0) / scale;
    let width = capitals.chars().map(|letter| advance(letter, unit, bold)).sum::<f32>() - GAP * unit;
    if width > ui.available_width() {
        return None;
    }
    let high = pixel::ROWS as f32 * unit;
    let room = vec2(width.max(0.0), high + 3.0 * unit);
    let (area, response) = ui.allocate_exact_size(room, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if ui.is_rect_visible(area) {
        let whole = |at: f32| (at * scale).round() / scale;
        let (mut left, top) = (whole(area.left()), whole(area.center().y - high / 2.0));
        let mut mesh = Mesh::default();
        for letter in capitals.chars() {
            let (first, last) = columns(letter);
            for column in first..=last {
                let x = left + (column - first) as f32 * unit;
                for row in (0..pixel::ROWS).filter(|row| pixel::is_set(letter, column, *row)) {
                    let corner = pos2(x, top + row as f32 * unit);
                    mesh.add_colored_rect(Rect::from_min_size(corner, vec2(unit + bold, unit)), TEXT);
                }
            }
            left += advance(letter, unit, bold);
        }
        ui.painter().add(Shape::mesh(mesh));
    }
    Some(response)
}

/// The columns of a letter that are not empty: a letter is as wide as it is.
fn columns(letter: char) -> (usize, usize) {
    let is_inked = |column: &usize| (0..pixel::ROWS).any(|row| pixel::is_set(letter, *column, row));
    let mut inked = (0..pixel::COLUMNS).filter(is_inked);
    let first = inked.next().unwrap_or(0);
    (first, inked.next_back().unwrap_or(first))
}

fn advance(letter: char, unit: f32, bold: f32) -> f32 {
    if letter == ' ' {
        return SPACE * unit;
    }
    let (first, last) = columns(letter);
    ((last - first + 1) as f32 + GAP) * unit + bold
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels of the font that a heading has, and what it is where it is drawn.
    fn inked(text: &str) -> usize {
        let rows = |letter: char, column: usize| {
            (0..pixel::ROWS).filter(move |row| pixel::is_set(letter, column, *row))
        };
        text.to_uppercase()
            .chars()
            .flat_map(|it| (0..pixel::COLUMNS).map(move |column| rows(it, column).count()))
            .sum()
    }

    fn shapes(text: &str, width: f32, scale: f32) -> (Vec<Shape>, Rect) {
        let context = egui::Context::default();
        let mut area = Rect::NOTHING;
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, vec2(800.0, 200.0))),
            ..egui::RawInput::default()
        };
        context.set_pixels_per_point(scale);
        let mut shown = Vec::new();
        for _ in 0..2 {
            let output = context.run_ui(input.clone(), |ui| {
                ui.set_max_width(width);
                area = heading(ui, text).rect;
            });
            shown = output.shapes.into_iter().map(|it| it.shape).collect();
        }
        (shown, area)
    }

    fn meshes(shapes: &[Shape]) -> Vec<&Mesh> {
        shapes.iter().filter_map(|it| if let Shape::Mesh(mesh) = it { Some(&**mesh) } else { None }).collect()
    }

    #[test]
    fn a_heading_is_sharp_at_every_scale() {
        for scale in [1.0, 1.25, 1.5, 1.55, 2.0, 2.5] {
            let (shown, area) = shapes("12 labels", 400.0, scale);
            let found = meshes(&shown);
            assert_eq!(found.len(), 1, "{scale}");
            assert_eq!(found[0].vertices.len(), 4 * inked("12 labels"), "{scale}");
            for vertex in &found[0].vertices {
                for side in [vertex.pos.x, vertex.pos.y].map(|side| side * scale) {
                    assert!((side - side.round()).abs() < 0.01, "{side} at {scale} lies between pixels");
                }
                assert!(area.expand(1.0).contains(vertex.pos), "{:?} beside {area:?} at {scale}", vertex.pos);
                assert_eq!(vertex.color, TEXT);
            }
            assert!((15.0..20.1).contains(&area.height()), "{area:?} at {scale}");
        }
    }

    #[test]
    fn a_heading_with_another_letter_or_without_room_is_in_the_usual_font() {
        for (text, width) in [("\u{732b} labels", 400.0), ("K\u{f6}nig", 400.0), ("A long heading", 60.0)] {
            let (shown, _) = shapes(text, width, 1.0);
            assert!(meshes(&shown).is_empty(), "{text}");
            assert!(shown.iter().any(|it| matches!(it, Shape::Text(_))), "{text}");
        }
        assert_eq!(meshes(&shapes("A long heading", 400.0, 1.0).0).len(), 1);
    }
}
