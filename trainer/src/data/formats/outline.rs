//! What of a card is on its image: outline, box and area.

use lens_core::geometry::{InFrame, Quad};

/// The part of a card that is on the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its corners, clockwise; four where the whole card is there, three to eight otherwise.
    pub outline: Vec<[f32; 2]>,
    /// Left, top, width and height of the upright box about it.
    pub bounds: [f32; 4],
    /// In square pixels.
    pub area: f32,
}

/// The least side of a box, in pixels.
const MIN_SIDE: f32 = 1.0;

/// Cuts a card off at the edges of an image (Sutherland and Hodgman, *Reentrant Polygon Clipping*,
/// 1974); nothing when next to nothing of it is left.
pub fn seen(quad: Quad<InFrame>, size: [u32; 2]) -> Option<Seen> {
    if !quad.to_xy().iter().flatten().all(|it| it.is_finite()) {
        return None;
    }
    let [width, height] = size.map(|side| side as f32);
    let mut outline = quad.to_xy().to_vec();
    for (axis, limit, sign) in [(0, 0.0, 1.0), (0, width, -1.0), (1, 0.0, 1.0), (1, height, -1.0)] {
        outline = cut(&outline, axis, limit, sign);
    }
    if outline.len() < 3 {
        return None;
    }
    let least = |axis: usize| outline.iter().map(|it| it[axis]).fold(f32::INFINITY, f32::min);
    let most = |axis: usize| outline.iter().map(|it| it[axis]).fold(f32::NEG_INFINITY, f32::max);
    let bounds = [least(0), least(1), most(0) - least(0), most(1) - least(1)];
    let area = area(&outline);
    (bounds[2] >= MIN_SIDE && bounds[3] >= MIN_SIDE && area >= MIN_SIDE).then_some(Seen {
        outline,
        bounds,
        area,
    })
}

/// What of a polygon is on one side of a line, along an axis.
fn cut(polygon: &[[f32; 2]], axis: usize, limit: f32, sign: f32) -> Vec<[f32; 2]> {
    let depth = |point: [f32; 2]| sign * (point[axis] - limit);
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (at, &one) in polygon.iter().enumerate() {
        let other = polygon[(at + 1) % polygon.len()];
        if depth(one) >= 0.0 {
            kept.push(one);
        }
        if depth(one) * depth(other) < 0.0 {
            let part = depth(one) / (depth(one) - depth(other));
            let mut point = [0, 1].map(|it| one[it] + part * (other[it] - one[it]));
            point[axis] = limit;
            kept.push(point);
        }
    }
    kept
}

/// The area of a polygon (the shoelace formula).
fn area(polygon: &[[f32; 2]]) -> f32 {
    let pairs = polygon.iter().zip(polygon.iter().cycle().skip(1));
    pairs.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f32>().abs() / 2.0
}

/// Four corners about the part of a card that is on the image, as the card lies: those of the card
/// itself where all of it is there. All are on the image.
pub fn turned_box(quad: Quad<InFrame>, seen: &Seen, size: [u32; 2]) -> [[f32; 2]; 4] {
    let [width, height] = size.map(|side| side as f32);
    let xy = quad.to_xy();
    if xy.iter().all(|[x, y]| (0.0..=width).contains(x) && (0.0..=height).contains(y)) {
        return xy;
    }
    let [dx, dy] = [0, 1].map(|axis| xy[1][axis] - xy[0][axis] + xy[2][axis] - xy[3][axis]);
    let length = dx.hypot(dy).max(f32::MIN_POSITIVE);
    let (along, across) = ([dx / length, dy / length], [-dy / length, dx / length]);
    let reach = |axis: [f32; 2]| {
        let places = seen.outline.iter().map(|it| it[0] * axis[0] + it[1] * axis[1]);
        places.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], it| [low.min(it), high.max(it)])
    };
    let (u, v) = (reach(along), reach(across));
    [[u[0], v[0]], [u[1], v[0]], [u[1], v[1]], [u[0], v[1]]].map(|[u, v]| {
        let place = [0, 1].map(|axis| u * along[axis] + v * across[axis]);
        [place[0].clamp(0.0, width), place[1].clamp(0.0, height)]
    })
}
