//! The four corners of a card from what somebody drew about it.

use lens_core::geometry::{InFrame, Quad};

/// The quad of a card that these points go round: they themselves where there are four, else the
/// smallest turned rectangle about them. Nothing when they enclose nothing.
pub fn quad_of(points: &[[f32; 2]]) -> Option<Quad<InFrame>> {
    if points.len() < 3 || !points.iter().flatten().all(|it| it.is_finite()) {
        return None;
    }
    if let Ok(four) = <[[f32; 2]; 4]>::try_from(points.to_vec())
        && let Some(quad) = upright(four)
    {
        return Some(quad);
    }
    upright(smallest_rectangle(&hull(points))?)
}

/// The quad of an upright box.
pub fn of_box([left, top, width, height]: [f32; 4]) -> Option<Quad<InFrame>> {
    let (right, bottom) = (left + width, top + height);
    let quad = Quad::from_xy([[left, top], [right, top], [right, bottom], [left, bottom]]);
    quad.is_card_shaped().then_some(quad)
}

/// Corners in the order of a card: clockwise from its top left. As they are where that is so
/// already; else begun at the corner from which the card stands most upright.
fn upright(mut corners: [[f32; 2]; 4]) -> Option<Quad<InFrame>> {
    if Quad::<InFrame>::from_xy(corners).signed_area() < 0.0 {
        corners.reverse();
    }
    let mut best: Option<(f32, Quad<InFrame>)> = None;
    for _ in 0..4 {
        let quad = Quad::from_xy(corners);
        if quad.is_card_shaped() {
            let [tl, tr, br, bl] = quad.to_xy();
            let down = [bl[0] - tl[0] + br[0] - tr[0], bl[1] - tl[1] + br[1] - tr[1]];
            let upright = down[1] / down[0].hypot(down[1]).max(f32::MIN_POSITIVE);
            // Cards are higher than wide, and seldom stand on their heads.
            let fitness = upright + if quad.height() > quad.width() * 1.05 { 1.0 } else { 0.0 };
            if best.is_none_or(|(before, _)| fitness > before + 1e-4) {
                best = Some((fitness, quad));
            }
        }
        corners.rotate_left(1);
    }
    best.map(|(_, quad)| quad)
}

/// The convex hull, counter-clockwise in a system with y up (Andrew's monotone chain, 1979).
fn hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    let cross = |o: [f32; 2], a: [f32; 2], b: [f32; 2]| {
        f64::from(a[0] - o[0]) * f64::from(b[1] - o[1]) - f64::from(a[1] - o[1]) * f64::from(b[0] - o[0])
    };
    let half = |points: &mut dyn Iterator<Item = [f32; 2]>| {
        let mut chain: Vec<[f32; 2]> = Vec::new();
        for point in points {
            while chain.len() > 1 && cross(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0 {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut sorted.iter().copied());
    hull.extend(half(&mut sorted.iter().rev().copied()));
    hull
}

/// The rectangle of the smallest area about a hull: one of its sides lies along one of the hull's
/// (Freeman and Shapira, *Determining the minimum-area encasing rectangle*, 1975).
fn smallest_rectangle(hull: &[[f32; 2]]) -> Option<[[f32; 2]; 4]> {
    let mut best: Option<(f32, [[f32; 2]; 4])> = None;
    for (at, &from) in hull.iter().enumerate() {
        let to = hull[(at + 1) % hull.len()];
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy);
        if length < 1e-3 {
            continue;
        }
        let (u, v) = ([dx / length, dy / length], [-dy / length, dx / length]);
        let reach = |axis: [f32; 2]| {
            hull.iter()
                .map(|it| it[0] * axis[0] + it[1] * axis[1])
                .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], it| [low.min(it), high.max(it)])
        };
        let ([u0, u1], [v0, v1]) = (reach(u), reach(v));
        let area = (u1 - u0) * (v1 - v0);
        if area > 0.0 && best.is_none_or(|(before, _)| area < before) {
            let corner = |a: f32, b: f32| [a * u[0] + b * v[0], a * u[1] + b * v[1]];
            best = Some((area, [corner(u0, v0), corner(u1, v0), corner(u1, v1), corner(u0, v1)]));
        }
    }
    best.map(|(_, corners)| corners)
}
