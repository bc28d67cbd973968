//! One image: in a list, or as large as there is room.

use egui::{
    Color32, CornerRadius, Id, Rect, Response, Sense, Stroke, StrokeKind, TextureHandle, Ui, Vec2, pos2, vec2,
};

use super::theme::{ACCENT, EDGE, GROUND, HOVERED, RAISED};
use crate::thumbnails::Size;
use crate::window::Labeller;

/// All of a texture.
pub(super) const WHOLE: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));

/// How an image is marked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// Keys act on it.
    pub(super) is_current: bool,
    /// It is left out.
    pub(super) is_faint: bool,
    /// Colour of a bar at its lower edge.
    pub(super) bar: Option<Color32>,
}

/// Draws an image in a box of this size. Other widgets see `name`.
pub(super) fn show(
    labeller: &mut Labeller,
    ui: &mut Ui,
    file: &str,
    name: &str,
    size: Vec2,
    marks: Marks,
) -> Response {
    let (area, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if !ui.is_rect_visible(area) {
        return response;
    }
    let painter = ui.painter();
    let radius = CornerRadius::same(5);
    painter.rect_filled(area, radius, if response.hovered() { HOVERED } else { RAISED });
    if let Some(texture) = labeller.thumbnails.get(ui.ctx(), file, Size::Small) {
        let tint = if marks.is_faint { Color32::from_white_alpha(60) } else { Color32::WHITE };
        painter.image(texture.id(), fitted(texture.size_vec2(), area.shrink(4.0)), WHOLE, tint);
    }
    if let Some(colour) = marks.bar {
        let bar = Rect::from_min_max(pos2(area.left() + 2.0, area.bottom() - 5.0), area.max - vec2(2.0, 1.0));
        painter.rect_filled(bar, CornerRadius::same(2), colour);
    }
    if marks.is_current {
        painter.rect_stroke(area, radius, Stroke::new(2.0, ACCENT), StrokeKind::Inside);
    }
    response
}

/// An image as large as there is room, magnified around the pointer; nothing while it is on its
/// way. Returns where it is.
pub(super) fn large(ui: &Ui, texture: Option<&TextureHandle>, area: Rect, steps: i32) -> Rect {
    let painter = ui.painter();
    let Some(texture) = texture else {
        painter.rect_stroke(area, CornerRadius::same(5), Stroke::new(1.0, EDGE), StrokeKind::Inside);
        return area;
    };
    let shown = fitted(texture.size_vec2(), area);
    let part = 1.0 / 1.5_f32.powi(steps);
    let at = ui.input(|input| input.pointer.hover_pos()).filter(|at| shown.contains(*at));
    let middle = at.map_or(pos2(0.5, 0.5), |at| ((at - shown.min) / shown.size()).to_pos2());
    // The middle moves so that the edges of the image are the edges of what is seen.
    let from = |middle: f32| middle * (1.0 - part);
    let uv = Rect::from_min_size(pos2(from(middle.x), from(middle.y)), Vec2::splat(part));
    painter.rect_filled(shown, CornerRadius::ZERO, GROUND);
    painter.image(texture.id(), shown, uv, Color32::WHITE);
    shown
}

/// The largest box of an image's shape in the middle of `area`.
pub(super) fn fitted(picture: Vec2, area: Rect) -> Rect {
    let scale = (area.width() / picture.x.max(1.0)).min(area.height() / picture.y.max(1.0));
    Rect::from_center_size(area.center(), picture * scale)
}

/// The field for the name, on whichever page.
pub(super) fn name_field() -> Id {
    Id::unique("name of the card")
}

/// The field for a part of a name, by which a list is filtered.
pub(super) fn search_field() -> Id {
    Id::unique("search")
}
