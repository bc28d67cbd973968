//! The pixels that a scene covers, as runs: the outline of the overlay's window.

use lens_core::geometry::Quad;

use super::{InOverlay, OverlayScene};

/// Some pixels of one row, or of a few rows alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

/// Rows that are taken together: half the requests, and nobody sees it on a stroke.
const BAND: u16 = 2;

/// The runs that cover all strokes, chips and panels, so much around them, and nothing else. With
/// something around them, flashes are covered, too: they are see-through.
pub fn runs(scene: &OverlayScene, margin: f32) -> Vec<Run> {
    let mut runs = Vec::new();
    let boxes =
        scene.panels.iter().map(|panel| panel.area).chain(scene.marks.iter().map(|mark| mark.chip.area));
    for area in boxes.map(|area| area.grown(margin)) {
        let (top, bottom) = (area.top.max(0.0).floor(), area.bottom.max(0.0).ceil());
        push(&mut runs, top as u16, (bottom - top) as u16, area.left, area.right);
    }
    for mark in &scene.marks {
        let reach = mark.stroke * 0.5 + margin;
        let inner = grown(mark.quad, -reach);
        rows(&mut runs, grown(mark.quad, reach), |y| crossing(inner, y));
    }
    for flash in scene.flashes.iter().filter(|_| margin > 0.0) {
        rows(&mut runs, grown(flash.quad, margin), |_| None);
    }
    runs
}

/// The rows of a quad without its hole.
fn rows(runs: &mut Vec<Run>, outer: Quad<InOverlay>, hole: impl Fn(f32) -> Option<(f32, f32)>) {
    let bounds = outer.bounds();
    let (top, bottom) = (bounds.top.max(0.0) as u16, bounds.bottom.clamp(0.0, 32000.0).ceil() as u16);
    for y in (top..bottom).step_by(BAND as usize) {
        let middle = f32::from(y) + f32::from(BAND) / 2.0;
        let Some((left, right)) = crossing(outer, middle) else { continue };
        match hole(middle) {
            Some((hole, end)) if hole < end => {
                push(runs, y, BAND, left, hole);
                push(runs, y, BAND, end, right);
            }
            _ => push(runs, y, BAND, left, right),
        }
    }
}

fn push(runs: &mut Vec<Run>, y: u16, height: u16, left: f32, right: f32) {
    let (left, right) = (left.floor().clamp(0.0, 32000.0), right.ceil().clamp(0.0, 32000.0));
    if right > left {
        runs.push(Run { x: left as i16, y: y as i16, width: (right - left) as u16, height });
    }
}

/// The quad with every corner moved away from the centre by about this much along both axes.
fn grown(quad: Quad<InOverlay>, by: f32) -> Quad<InOverlay> {
    let size = quad.width().min(quad.height()).max(1.0);
    quad.scaled((1.0 + 2.0 * by / size).max(0.0))
}

/// Where a convex quad crosses the row `y`.
fn crossing(quad: Quad<InOverlay>, y: f32) -> Option<(f32, f32)> {
    let corners = quad.to_xy();
    let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
    for index in 0..4 {
        let ([ax, ay], [bx, by]) = (corners[index], corners[(index + 1) % 4]);
        if (ay <= y) != (by <= y) {
            let x = ax + (y - ay) / (by - ay) * (bx - ax);
            (left, right) = (left.min(x), right.max(x));
        }
    }
    (left <= right).then_some((left, right))
}
