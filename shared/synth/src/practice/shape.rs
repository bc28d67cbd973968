//! Shapes as sets of pixels: what a part of an image covers.
//!
//! Coordinates are whole pixels of a 71x95 cell and name the middle of the pixel; column 35 is the
//! axis of a card.

/// Column that [`Shape::mirrored`] mirrors at.
pub(super) const AXIS: i32 = 35;

/// A set of pixels.
pub(super) struct Shape(Box<dyn Fn(i32, i32) -> bool>);

impl Shape {
    /// The pixels for which the rule holds.
    pub(super) fn new(rule: impl Fn(i32, i32) -> bool + 'static) -> Self {
        Self(Box::new(rule))
    }

    /// Whether a pixel belongs to it.
    pub(super) fn covers(&self, x: i32, y: i32) -> bool {
        (self.0)(x, y)
    }

    /// What either covers.
    pub(super) fn or(self, other: Self) -> Self {
        Self::new(move |x, y| self.covers(x, y) || other.covers(x, y))
    }

    /// What both cover.
    pub(super) fn and(self, other: Self) -> Self {
        Self::new(move |x, y| self.covers(x, y) && other.covers(x, y))
    }

    /// What this covers and the other does not.
    pub(super) fn without(self, other: Self) -> Self {
        Self::new(move |x, y| self.covers(x, y) && !other.covers(x, y))
    }

    /// Itself and its mirror image at the card's axis.
    pub(super) fn mirrored(self) -> Self {
        Self::new(move |x, y| self.covers(x, y) || self.covers(2 * AXIS - x, y))
    }

    /// Itself elsewhere.
    pub(super) fn moved(self, right: i32, down: i32) -> Self {
        Self::new(move |x, y| self.covers(x - right, y - down))
    }
}

/// An ellipse around a pixel.
pub(super) fn ellipse(x: i32, y: i32, across: i32, down: i32) -> Shape {
    let (across, down) = (across as f32 + 0.3, down as f32 + 0.3);
    Shape::new(move |px, py| ((px - x) as f32 / across).powi(2) + ((py - y) as f32 / down).powi(2) <= 1.0)
}

/// A disc around a pixel.
pub(super) fn disc(x: i32, y: i32, radius: i32) -> Shape {
    ellipse(x, y, radius, radius)
}

/// A circle line.
pub(super) fn ring(x: i32, y: i32, radius: i32, width: i32) -> Shape {
    disc(x, y, radius).without(disc(x, y, radius - width))
}

/// A rectangle; both corners belong to it.
pub(super) fn rect(left: i32, top: i32, right: i32, bottom: i32) -> Shape {
    Shape::new(move |x, y| (left..=right).contains(&x) && (top..=bottom).contains(&y))
}

/// A rectangle with rounded corners.
pub(super) fn rounded(left: i32, top: i32, right: i32, bottom: i32, radius: i32) -> Shape {
    let reach = (radius as f32 + 0.3).powi(2);
    Shape::new(move |x, y| {
        if !((left..=right).contains(&x) && (top..=bottom).contains(&y)) {
            return false;
        }
        let into = |value: i32, low: i32, high: i32| {
            (low + radius - value).max(value - (high - radius)).max(0) as f32
        };
        into(x, left, right).powi(2) + into(y, top, bottom).powi(2) <= reach
    })
}

/// A filled polygon; its edge belongs to it.
pub(super) fn poly(corners: &[(i32, i32)]) -> Shape {
    let edge = closed(corners);
    let corners = corners.to_vec();
    Shape::new(move |x, y| edge.covers(x, y) || inside(&corners, x, y))
}

/// A stroke along corners.
pub(super) fn path(corners: &[(i32, i32)], width: i32) -> Shape {
    let legs: Vec<_> = corners.windows(2).map(|leg| (leg[0], leg[1])).collect();
    let reach = width as f32 / 2.0 + 0.05;
    Shape::new(move |x, y| legs.iter().any(|&(from, to)| distance(from, to, (x, y)) <= reach))
}

/// A stroke of straight pieces through `steps + 1` points of a curve, `along` being in `0.0..=1.0`.
pub(super) fn curve(steps: i32, width: i32, point: impl Fn(f32) -> (f32, f32)) -> Shape {
    let corners: Vec<_> = (0..=steps)
        .map(|step| point(step as f32 / steps as f32))
        .map(|(x, y)| (x.round() as i32, y.round() as i32))
        .collect();
    path(&corners, width)
}

/// A star with its first tip up.
pub(super) fn star(x: i32, y: i32, tips: i32, outer: i32, inner: i32) -> Shape {
    let corners: Vec<_> = (0..2 * tips)
        .map(|corner| {
            let radius = if corner % 2 == 0 { outer } else { inner } as f32;
            let angle = std::f32::consts::PI * corner as f32 / tips as f32;
            (x + (radius * angle.sin()).round() as i32, y - (radius * angle.cos()).round() as i32)
        })
        .collect();
    poly(&corners)
}

/// A small drawing: `#` is covered, rows are divided by `/`. The place is its upper left corner.
pub(super) fn bitmap(rows: &'static str, left: i32, top: i32) -> Shape {
    let rows: Vec<&[u8]> = rows.split('/').map(str::as_bytes).collect();
    Shape::new(move |x, y| {
        let row = usize::try_from(y - top).ok().and_then(|row| rows.get(row));
        let dot = usize::try_from(x - left).ok().and_then(|column| row?.get(column));
        dot == Some(&b'#')
    })
}

fn closed(corners: &[(i32, i32)]) -> Shape {
    let mut corners = corners.to_vec();
    corners.extend(corners.first().copied());
    path(&corners, 1)
}

fn inside(corners: &[(i32, i32)], x: i32, y: i32) -> bool {
    let mut inside = false;
    let mut previous = corners[corners.len() - 1];
    for &corner in corners {
        let ((x1, y1), (x2, y2)) = (previous, corner);
        if (y1 > y) != (y2 > y) {
            let crossing = x1 as f32 + (y - y1) as f32 / (y2 - y1) as f32 * (x2 - x1) as f32;
            inside ^= (x as f32) < crossing;
        }
        previous = corner;
    }
    inside
}

fn distance(from: (i32, i32), to: (i32, i32), point: (i32, i32)) -> f32 {
    let as_float = |(x, y): (i32, i32)| (x as f32, y as f32);
    let ((x1, y1), (x2, y2), (x, y)) = (as_float(from), as_float(to), as_float(point));
    let (across, down) = (x2 - x1, y2 - y1);
    let length = across * across + down * down;
    let along =
        if length == 0.0 { 0.0 } else { (((x - x1) * across + (y - y1) * down) / length).clamp(0.0, 1.0) };
    (x - x1 - along * across).hypot(y - y1 - along * down)
}
