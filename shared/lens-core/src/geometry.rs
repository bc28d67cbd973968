//! Points, rectangles, quads and the transforms between spaces.
//!
//! Every coordinate carries the space that it is measured in as a type parameter, so that a quad
//! found in the detector's input cannot be drawn on the window without going through a
//! [`Transform`]. Coordinates are pixels; the centre of the first pixel is at `(0.5, 0.5)`.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A space that coordinates live in.
pub trait Space: Copy + fmt::Debug + PartialEq + Default + Send + Sync + 'static {}

macro_rules! space {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;
        impl Space for $name {}
    };
}

space!(
    /// Pixels of a captured frame (or of an image on disk), origin at its top left.
    InFrame
);
space!(
    /// Pixels of the detector's letterboxed input.
    InModel
);
space!(
    /// Pixels of the whole desktop; on macOS, whose screens differ in that, points.
    OnScreen
);

/// A point in the space `S`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point<S> {
    /// Pixels to the right.
    pub x: f32,
    /// Pixels down.
    pub y: f32,
    space: PhantomData<S>,
}

impl<S> Point<S> {
    /// The point at `x` to the right and `y` down.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y, space: PhantomData }
    }
}

impl<S: Space> Point<S> {
    /// The point a fraction `t` of the way to `other`.
    pub fn lerp(self, other: Self, t: f32) -> Self {
        Self::new(self.x + (other.x - self.x) * t, self.y + (other.y - self.y) * t)
    }

    /// Distance to `other` in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An axis-aligned rectangle; `right` and `bottom` are exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect<S> {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Bottom edge.
    pub bottom: f32,
    space: PhantomData<S>,
}

impl<S: Space> Rect<S> {
    /// From left, top, right and bottom.
    pub const fn ltrb(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self { left, top, right, bottom, space: PhantomData }
    }

    /// From left, top, width and height.
    pub fn ltwh(left: f32, top: f32, width: f32, height: f32) -> Self {
        Self::ltrb(left, top, left + width, top + height)
    }

    /// Width in pixels; negative when the rectangle is inside out.
    pub fn width(self) -> f32 {
        self.right - self.left
    }

    /// Height in pixels; negative when the rectangle is inside out.
    pub fn height(self) -> f32 {
        self.bottom - self.top
    }

    /// Area in square pixels; zero when the rectangle is inside out.
    pub fn area(self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// What both cover (possibly inside out: see [`Rect::area`]).
    pub fn intersection(self, other: Self) -> Self {
        Self::ltrb(
            self.left.max(other.left),
            self.top.max(other.top),
            self.right.min(other.right),
            self.bottom.min(other.bottom),
        )
    }

    /// Intersection over union, in `0.0..=1.0`.
    pub fn iou(self, other: Self) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Whether `point` lies inside.
    pub fn contains(self, point: Point<S>) -> bool {
        point.x >= self.left && point.x < self.right && point.y >= self.top && point.y < self.bottom
    }

    /// The same region, `by` pixels larger on every side.
    pub fn grown(self, by: f32) -> Self {
        Self::ltrb(self.left - by, self.top - by, self.right + by, self.bottom + by)
    }
}

/// The four corners of a card as printed: top left, top right, bottom right, bottom left.
///
/// Quads are *amodal*: they span the whole card, also where a neighbour covers it or the frame
/// ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quad<S> {
    /// Top left, top right, bottom right, bottom left, as the card's own print has them.
    pub corners: [Point<S>; 4],
}

impl<S: Space> Quad<S> {
    /// From `[[x, y]; 4]`.
    pub fn from_xy(xy: [[f32; 2]; 4]) -> Self {
        Self { corners: xy.map(|[x, y]| Point::new(x, y)) }
    }

    /// As `[[x, y]; 4]`.
    pub fn to_xy(self) -> [[f32; 2]; 4] {
        self.corners.map(|corner| [corner.x, corner.y])
    }

    /// The upright quad that covers `rect`.
    pub fn from_rect(rect: Rect<S>) -> Self {
        Self::from_xy([
            [rect.left, rect.top],
            [rect.right, rect.top],
            [rect.right, rect.bottom],
            [rect.left, rect.bottom],
        ])
    }

    /// Mean of the corners.
    pub fn centre(self) -> Point<S> {
        let [a, b, c, d] = self.corners;
        Point::new((a.x + b.x + c.x + d.x) / 4.0, (a.y + b.y + c.y + d.y) / 4.0)
    }

    /// The point at `(u, v)` of the card, each in `0.0..=1.0`, by bilinear interpolation of the
    /// corners.
    pub fn at(self, u: f32, v: f32) -> Point<S> {
        let [a, b, c, d] = self.corners;
        a.lerp(b, u).lerp(d.lerp(c, u), v)
    }

    /// Mean length of the top and bottom edges.
    pub fn width(self) -> f32 {
        let [a, b, c, d] = self.corners;
        (a.distance(b) + d.distance(c)) / 2.0
    }

    /// Mean length of the left and right edges.
    pub fn height(self) -> f32 {
        let [a, b, c, d] = self.corners;
        (a.distance(d) + b.distance(c)) / 2.0
    }

    /// The smallest upright rectangle around the quad.
    pub fn bounds(self) -> Rect<S> {
        let xs = self.corners.map(|corner| corner.x);
        let ys = self.corners.map(|corner| corner.y);
        let min = |v: [f32; 4]| v.into_iter().fold(f32::INFINITY, f32::min);
        let max = |v: [f32; 4]| v.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Rect::ltrb(min(xs), min(ys), max(xs), max(ys))
    }

    /// How far the card is turned against the upright, in radians from -pi to pi, clockwise on
    /// screen: the rotation that comes nearest to the directions of its edges.
    pub fn turn(self) -> f32 {
        let [a, b, c, d] = self.corners;
        let direction = |x: f32, y: f32| {
            let length = x.hypot(y).max(f32::MIN_POSITIVE);
            [x / length, y / length]
        };
        let right = direction(b.x - a.x + c.x - d.x, b.y - a.y + c.y - d.y);
        let down = direction(d.x - a.x + c.x - b.x, d.y - a.y + c.y - b.y);
        (right[1] - down[0]).atan2(right[0] + down[1])
    }

    /// The same card, taken for one that stands on its head.
    pub fn half_turned(self) -> Self {
        let [a, b, c, d] = self.corners;
        Self { corners: [c, d, a, b] }
    }

    /// The same card, taken to be the way up in which its corners lie nearer to those of `other`.
    pub fn way_up_of(self, other: Self) -> Self {
        let turned = self.half_turned();
        let is_nearer = turned.largest_corner_shift(other) < self.largest_corner_shift(other);
        if is_nearer { turned } else { self }
    }

    /// Scaled about its centre.
    pub fn scaled(self, factor: f32) -> Self {
        let centre = self.centre();
        Self { corners: self.corners.map(|corner| centre.lerp(corner, factor)) }
    }

    /// Moved by `(dx, dy)`.
    pub fn shifted(self, dx: f32, dy: f32) -> Self {
        Self { corners: self.corners.map(|corner| Point::new(corner.x + dx, corner.y + dy)) }
    }

    /// Area in square pixels; positive when the corners run clockwise on screen.
    pub fn signed_area(self) -> f32 {
        polygon_area(&self.to_xy())
    }

    /// Whether the quad is convex, clockwise and of finite size: anything else cannot be a card.
    pub fn is_card_shaped(self) -> bool {
        let xy = self.to_xy();
        xy.iter().flatten().all(|v| v.is_finite())
            && (0..4).all(|i| cross(xy[i], xy[(i + 1) % 4], xy[(i + 2) % 4]) > 0.0)
    }

    /// Whether `point` lies inside (convex, clockwise quads).
    pub fn contains(self, point: Point<S>) -> bool {
        let xy = self.to_xy();
        (0..4).all(|i| cross(xy[i], xy[(i + 1) % 4], [point.x, point.y]) >= 0.0)
    }

    /// Intersection over union of two convex quads, in `0.0..=1.0`.
    pub fn iou(self, other: Self) -> f32 {
        if self.bounds().intersection(other.bounds()).area() <= 0.0 {
            return 0.0;
        }
        let shared = clipped_area(self.to_xy(), other.to_xy());
        let union = self.signed_area().abs() + other.signed_area().abs() - shared;
        if union > 0.0 { (shared / union).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Largest distance between two matching corners.
    pub fn largest_corner_shift(self, other: Self) -> f32 {
        self.corners.iter().zip(other.corners).map(|(a, b)| a.distance(b)).fold(0.0, f32::max)
    }
}

impl<S: Space> Serialize for Quad<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.to_xy().serialize(serializer)
    }
}

impl<'de, S: Space> Deserialize<'de> for Quad<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_xy(<[[f32; 2]; 4]>::deserialize(deserializer)?))
    }
}

/// A scale of each axis followed by an offset, from the space `A` to the space `B`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform<A, B> {
    /// Pixels of `B` for one pixel of `A`, across and down: much the same, as far as whole pixels
    /// allow.
    pub scale: [f32; 2],
    /// Where the origin of `A` lies in `B`.
    pub offset: Point<B>,
    from: PhantomData<A>,
}

impl<A: Space, B: Space> Transform<A, B> {
    /// Scale both axes alike first, then move.
    pub const fn new(scale: f32, offset: Point<B>) -> Self {
        Self::stretched([scale; 2], offset)
    }

    /// Scale each axis first, then move.
    pub const fn stretched(scale: [f32; 2], offset: Point<B>) -> Self {
        Self { scale, offset, from: PhantomData }
    }

    /// Maps a point.
    pub fn point(self, point: Point<A>) -> Point<B> {
        let [across, down] = self.scale;
        Point::new(point.x * across + self.offset.x, point.y * down + self.offset.y)
    }

    /// Maps a quad.
    pub fn quad(self, quad: Quad<A>) -> Quad<B> {
        Quad { corners: quad.corners.map(|corner| self.point(corner)) }
    }

    /// The way back.
    pub fn inverse(self) -> Transform<B, A> {
        let [across, down] = self.scale;
        let offset = Point::new(-self.offset.x / across, -self.offset.y / down);
        Transform::stretched([1.0 / across, 1.0 / down], offset)
    }
}

/// A projective map from the plane of one quad to that of another.
///
/// Method: Heckbert, *Fundamentals of Texture Mapping and Image Warping* (1989), section 2.2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography([f64; 9]);

impl Homography {
    /// The map that takes the rectangle `(0, 0)..(width, height)` to `quad`; `None` when the quad
    /// is degenerate.
    pub fn quad_from_rect<S: Space>(width: f32, height: f32, quad: Quad<S>) -> Option<Self> {
        let [p0, p1, p2, p3] = quad.to_xy().map(|[x, y]| [f64::from(x), f64::from(y)]);
        let (dx1, dx2, sx) = (p1[0] - p2[0], p3[0] - p2[0], p0[0] - p1[0] + p2[0] - p3[0]);
        let (dy1, dy2, sy) = (p1[1] - p2[1], p3[1] - p2[1], p0[1] - p1[1] + p2[1] - p3[1]);
        let determinant = dx1 * dy2 - dx2 * dy1;
        if determinant.abs() < 1e-9 || !determinant.is_finite() || width <= 0.0 || height <= 0.0 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / determinant;
        let h = (dx1 * sy - sx * dy1) / determinant;
        let (w, v) = (f64::from(width), f64::from(height));
        Some(Self([
            (p1[0] - p0[0] + g * p1[0]) / w,
            (p3[0] - p0[0] + h * p3[0]) / v,
            p0[0],
            (p1[1] - p0[1] + g * p1[1]) / w,
            (p3[1] - p0[1] + h * p3[1]) / v,
            p0[1],
            g / w,
            h / v,
            1.0,
        ]))
    }

    /// The way back; `None` when the map is singular.
    pub fn inverse(self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let (ca, cb, cc) = (e * i - f * h, f * g - d * i, d * h - e * g);
        let determinant = a * ca + b * cb + c * cc;
        if determinant.abs() < 1e-12 {
            return None;
        }
        let m = [
            ca,
            c * h - b * i,
            b * f - c * e,
            cb,
            a * i - c * g,
            c * d - a * f,
            cc,
            b * g - a * h,
            a * e - b * d,
        ];
        Some(Self(m.map(|v| v / determinant)))
    }

    /// Maps `(x, y)`.
    pub fn apply(self, x: f32, y: f32) -> [f32; 2] {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let (x, y) = (f64::from(x), f64::from(y));
        let w = g * x + h * y + i;
        [((a * x + b * y + c) / w) as f32, ((d * x + e * y + f) / w) as f32]
    }

    /// The row-major 3x3 matrix.
    pub fn matrix(self) -> [f64; 9] {
        self.0
    }
}

fn cross(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn polygon_area(points: &[[f32; 2]]) -> f32 {
    let n = points.len();
    (0..n).map(|i| points[i][0] * points[(i + 1) % n][1] - points[(i + 1) % n][0] * points[i][1]).sum::<f32>()
        / 2.0
}

/// Area of the intersection of two convex quads (Sutherland and Hodgman, 1974), on the stack.
fn clipped_area(subject: [[f32; 2]; 4], clip: [[f32; 2]; 4]) -> f32 {
    let mut clip = clip;
    if polygon_area(&clip) < 0.0 {
        clip.reverse();
    }
    let mut current = [[0.0_f32; 2]; 12];
    let mut count = 4;
    current[..4].copy_from_slice(&subject);
    for edge in 0..4 {
        let (a, b) = (clip[edge], clip[(edge + 1) % 4]);
        let mut next = [[0.0_f32; 2]; 12];
        let mut kept = 0;
        for i in 0..count {
            let (p, q) = (current[i], current[(i + 1) % count]);
            let (side_p, side_q) = (cross(a, b, p), cross(a, b, q));
            if side_p >= 0.0 {
                next[kept] = p;
                kept += 1;
            }
            if (side_p >= 0.0) != (side_q >= 0.0) {
                let t = side_p / (side_p - side_q);
                next[kept] = [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
                kept += 1;
            }
        }
        if kept < 3 {
            return 0.0;
        }
        (current, count) = (next, kept);
    }
    polygon_area(&current[..count]).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::{FRAC_PI_8, PI};

    fn square(left: f32, top: f32, size: f32) -> Quad<InFrame> {
        Quad::from_rect(Rect::ltwh(left, top, size, size))
    }

    #[test]
    fn the_turn_of_a_card_follows_its_edges() {
        let card = |turn: f32, skew: f32| -> Quad<InFrame> {
            let (sin, cos) = turn.sin_cos();
            let corners = [[-3.0, -4.0], [3.0, -4.0], [3.0, 4.0], [-3.0, 4.0]];
            Quad::from_xy(corners.map(|[x, y]: [f32; 2]| {
                let x = x + skew * y;
                [9.0 + x * cos - y * sin, 8.0 + x * sin + y * cos]
            }))
        };
        for turn in [-3.0, -1.5, -0.2, 0.0, 0.7, 1.5, 3.1] {
            assert!((card(turn, 0.0).turn() - turn).abs() < 1e-4, "{turn}: {}", card(turn, 0.0).turn());
        }
        // Half of the angle by which one pair of edges leans.
        assert!((card(0.0, 1.0).turn() + FRAC_PI_8).abs() < 1e-4);
        assert_eq!(Quad::<InFrame>::default().turn(), 0.0);
        let card = card(0.3, 0.1);
        assert!((card.half_turned().turn() - (0.3 - PI) - (card.turn() - 0.3)).abs() < 1e-4);
        assert_eq!(card.half_turned().half_turned(), card);
        assert_eq!(card.shifted(2.0, 1.0).half_turned().way_up_of(card), card.shifted(2.0, 1.0));
        assert_eq!(card.shifted(2.0, 1.0).way_up_of(card), card.shifted(2.0, 1.0));
    }

    #[test]
    fn iou_of_half_overlapping_squares() {
        let iou = square(0.0, 0.0, 10.0).iou(square(5.0, 0.0, 10.0));
        assert!((iou - 1.0 / 3.0).abs() < 1e-5, "{iou}");
        assert!((square(0.0, 0.0, 10.0).iou(square(0.0, 0.0, 10.0)) - 1.0).abs() < 1e-5);
        assert_eq!(square(0.0, 0.0, 10.0).iou(square(20.0, 0.0, 10.0)), 0.0);
    }

    #[test]
    fn iou_of_a_square_and_its_diamond() {
        let diamond = Quad::from_xy([[5.0, -5.0], [15.0, 5.0], [5.0, 15.0], [-5.0, 5.0]]);
        let iou = square(0.0, 0.0, 10.0).iou(diamond);
        assert!((iou - 100.0 / 200.0).abs() < 1e-4, "{iou}");
    }

    #[test]
    fn homography_takes_corners_to_corners_and_back() {
        let quad: Quad<InFrame> = Quad::from_xy([[10.0, 12.0], [80.0, 5.0], [90.0, 130.0], [4.0, 110.0]]);
        let map = Homography::quad_from_rect(72.0, 96.0, quad).unwrap();
        for ([u, v], want) in
            [[0.0, 0.0], [72.0, 0.0], [72.0, 96.0], [0.0, 96.0]].into_iter().zip(quad.to_xy())
        {
            let got = map.apply(u, v);
            assert!((got[0] - want[0]).abs() < 1e-3 && (got[1] - want[1]).abs() < 1e-3, "{got:?} {want:?}");
            let back = map.inverse().unwrap().apply(got[0], got[1]);
            assert!((back[0] - u).abs() < 1e-3 && (back[1] - v).abs() < 1e-3, "{back:?}");
        }
    }

    #[test]
    fn a_degenerate_quad_has_no_homography() {
        let line: Quad<InFrame> = Quad::from_xy([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]);
        assert!(Homography::quad_from_rect(10.0, 10.0, line).is_none());
        assert!(!line.is_card_shaped());
    }

    #[test]
    fn transform_inverse_round_trips() {
        let to_model: Transform<InFrame, InModel> = Transform::new(0.25, Point::new(3.0, 7.0));
        let back = to_model.inverse().point(to_model.point(Point::new(123.0, 45.0)));
        assert!(back.distance(Point::new(123.0, 45.0)) < 1e-3);
    }
}
