//! One picture in a list.

use egui::{Color32, CornerRadius, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use crate::thumbnails::Size;
use crate::window::Labeller;

/// How a picture is marked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// Keys act on it.
    pub(super) is_current: bool,
    /// It is left out.
    pub(super) is_faint: bool,
    /// Colour of a bar at its lower edge.
    pub(super) bar: Option<Color32>,
}

/// Draws a picture in a box of this size. Other widgets see `name`.
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
    painter.rect_filled(area, CornerRadius::same(3), ui.visuals().extreme_bg_color);
    if let Some(texture) = labeller.thumbnails.get(ui.ctx(), file, Size::Small) {
        let tint = if marks.is_faint { Color32::from_white_alpha(60) } else { Color32::WHITE };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), fitted(texture.size_vec2(), area.shrink(2.0)), whole, tint);
    }
    if let Some(colour) = marks.bar {
        let bar = Rect::from_min_max(pos2(area.left(), area.bottom() - 3.0), area.max);
        painter.rect_filled(bar, CornerRadius::ZERO, colour);
    }
    if marks.is_current || response.hovered() {
        let stroke =
            if marks.is_current { ui.visuals().selection.stroke } else { Stroke::new(1.0, Color32::GRAY) };
        painter.rect_stroke(area, CornerRadius::same(3), Stroke::new(2.0, stroke.color), StrokeKind::Inside);
    }
    response
}

/// The largest box of a picture's shape in the middle of `area`.
pub(super) fn fitted(picture: Vec2, area: Rect) -> Rect {
    let scale = (area.width() / picture.x.max(1.0)).min(area.height() / picture.y.max(1.0));
    Rect::from_center_size(area.center(), picture * scale)
}

/// The field for the name, on whichever page.
pub(super) fn name_field() -> Id {
    Id::unique("name of the card")
}
