// Quads with round corners: fill, stroke, dark casing and glow, by the signed distance to a convex polygon.
//
// Distance to a polygon: Inigo Quilez, "2D distance functions". The polygon is the quad moved inwards by the corner
// radius, so that the distance minus the radius has round corners.

struct Frame { size: vec2<f32>, padding: vec2<f32> };
@group(0) @binding(0) var<uniform> frame: Frame;

struct Shape {
    @location(0) corners_ab: vec4<f32>,
    @location(1) corners_cd: vec4<f32>,
    @location(2) fill: vec4<f32>,
    @location(3) stroke_from: vec4<f32>,
    @location(4) stroke_to: vec4<f32>,
    // Corner radius, stroke width, casing width, glow width.
    @location(5) widths: vec4<f32>,
    // Pattern (0 solid, 1 dashed, 2 rainbow), number of dashes, which part is drawn, opacity.
    @location(6) pattern: vec4<f32>,
};

struct Varyings {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
    @location(1) @interpolate(flat) corners_ab: vec4<f32>,
    @location(2) @interpolate(flat) corners_cd: vec4<f32>,
    @location(3) @interpolate(flat) fill: vec4<f32>,
    @location(4) @interpolate(flat) stroke_from: vec4<f32>,
    @location(5) @interpolate(flat) stroke_to: vec4<f32>,
    @location(6) @interpolate(flat) widths: vec4<f32>,
    @location(7) @interpolate(flat) pattern: vec4<f32>,
    // Of the four edges.
    @location(8) @interpolate(flat) lengths: vec4<f32>,
};

// Which part of a shape is drawn (`pattern.z`); all of it, with any other number.
const RIM: f32 = 1.0;
const INSIDE: f32 = 2.0;

fn corner(shape: Shape, index: u32) -> vec2<f32> {
    switch index & 3u {
        case 0u: { return shape.corners_ab.xy; }
        case 1u: { return shape.corners_ab.zw; }
        case 2u: { return shape.corners_cd.xy; }
        default: { return shape.corners_cd.zw; }
    }
}

// Corner of the quad whose edges lie `by` pixels further out.
fn moved_outwards(shape: Shape, index: u32, by: f32) -> vec2<f32> {
    let at = corner(shape, index);
    let before = normalize(at - corner(shape, index + 3u));
    let after = normalize(corner(shape, index + 1u) - at);
    let normals = vec2<f32>(before.y + after.y, -before.x - after.x);
    return at + normals * by / (1.0 + dot(before, after));
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, shape: Shape) -> Varyings {
    let margin = shape.widths.x + shape.widths.y + shape.widths.z + shape.widths.w * 2.0 + 1.0;
    // From here inwards there is nothing but the fill; as far out as sharp corners stay inside round ones.
    let free = min(shape.widths.x - shape.widths.y * 0.5 - shape.widths.z - 1.0, 2.0);
    var at: vec2<f32>;
    if shape.pattern.z == RIM {
        // A closed strip of eight triangles, outer and inner corners in turn.
        at = moved_outwards(shape, index >> 1u, select(margin, free, (index & 1u) == 1u));
    } else if shape.pattern.z == INSIDE {
        at = moved_outwards(shape, min(index, 3u) ^ (min(index, 3u) >> 1u), free);
    } else {
        let low = min(min(shape.corners_ab.xy, shape.corners_ab.zw), min(shape.corners_cd.xy, shape.corners_cd.zw));
        let high = max(max(shape.corners_ab.xy, shape.corners_ab.zw), max(shape.corners_cd.xy, shape.corners_cd.zw));
        let place = vec2<f32>(f32(min(index, 3u) & 1u), f32(min(index, 3u) >> 1u));
        at = mix(low - margin, high + margin, place);
    }
    let clip = at / frame.size * 2.0 - 1.0;
    var out: Varyings;
    out.position = vec4<f32>(clip.x, -clip.y, 0.0, 1.0);
    out.at = at;
    out.corners_ab = shape.corners_ab;
    out.corners_cd = shape.corners_cd;
    out.fill = shape.fill;
    out.stroke_from = shape.stroke_from;
    out.stroke_to = shape.stroke_to;
    out.widths = shape.widths;
    out.pattern = shape.pattern;
    out.lengths = vec4<f32>(
        distance(shape.corners_ab.xy, shape.corners_ab.zw),
        distance(shape.corners_ab.zw, shape.corners_cd.xy),
        distance(shape.corners_cd.xy, shape.corners_cd.zw),
        distance(shape.corners_cd.zw, shape.corners_ab.xy),
    );
    return out;
}

// How much of a pixel lies inside an edge at this distance.
fn inside(distance: f32) -> f32 {
    return clamp(0.5 - distance, 0.0, 1.0);
}

fn over(above: vec4<f32>, below: vec4<f32>) -> vec4<f32> {
    return above + below * (1.0 - above.a);
}

fn premultiplied(colour: vec4<f32>, coverage: f32) -> vec4<f32> {
    let alpha = colour.a * coverage;
    return vec4<f32>(colour.rgb * alpha, alpha);
}

fn rainbow(turn: f32) -> vec3<f32> {
    let phase = fract(vec3<f32>(turn, turn + 0.6667, turn + 0.3333)) * 6.0 - 3.0;
    return mix(vec3<f32>(1.0), clamp(abs(phase) - 1.0, vec3<f32>(0.0), vec3<f32>(1.0)), 0.72);
}

// What is known of the way around the polygon, edge by edge.
struct Around {
    // Squared distance to the nearest edge so far.
    nearest: f32,
    // How far along the way the nearest point lies.
    along: f32,
    // Length of the edges so far.
    walked: f32,
    // 1.0 outside, -1.0 inside, once all edges are known.
    side: f32,
};

fn past_edge(before: Around, at: vec2<f32>, a: vec2<f32>, b: vec2<f32>, long: f32) -> Around {
    var now = before;
    let edge = b - a;
    let from_a = at - a;
    let share = clamp(dot(from_a, edge) / max(long * long, 1e-6), 0.0, 1.0);
    let offset = from_a - edge * share;
    let distance = dot(offset, offset);
    if distance <= before.nearest {
        now.nearest = distance;
        now.along = before.walked + long * share;
    }
    now.walked += long;
    let rising = at.y >= a.y;
    let below = at.y < b.y;
    let left = edge.x * from_a.y > edge.y * from_a.x;
    if (rising && below && left) || (!rising && !below && !left) {
        now.side = -before.side;
    }
    return now;
}

fn around(in: Varyings) -> Around {
    // Written out: software drivers are slow at arrays that are indexed in a loop.
    var known = Around(1e30, 0.0, 0.0, 1.0);
    known = past_edge(known, in.at, in.corners_ab.xy, in.corners_ab.zw, in.lengths.x);
    known = past_edge(known, in.at, in.corners_ab.zw, in.corners_cd.xy, in.lengths.y);
    known = past_edge(known, in.at, in.corners_cd.xy, in.corners_cd.zw, in.lengths.z);
    return past_edge(known, in.at, in.corners_cd.zw, in.corners_ab.xy, in.lengths.w);
}

// Fill, glow, casing and stroke at a signed distance from the edge.
fn painted(in: Varyings, distance: f32, stroke: vec4<f32>, on_stroke: f32, on_casing: f32) -> vec4<f32> {
    var colour = premultiplied(in.fill, inside(distance));
    if in.widths.y > 0.0 {
        let outside = max(distance, 0.0) / max(in.widths.w, 1e-3);
        let glow = 0.42 * exp(-outside * outside) * step(0.001, in.widths.w) * step(0.0, distance);
        colour = over(colour, premultiplied(stroke, glow));
        colour = over(premultiplied(vec4<f32>(0.02, 0.027, 0.047, 0.7), on_casing), colour);
        colour = over(premultiplied(stroke, on_stroke), colour);
    }
    return colour * in.pattern.w;
}

// A stroke that is solid and of one colour, or none: most shapes. Where along the way a pixel lies is no matter.
@fragment
fn fragment_plain(in: Varyings) -> @location(0) vec4<f32> {
    let way = around(in);
    let distance = way.side * sqrt(way.nearest) - in.widths.x;
    let band = abs(distance) - in.widths.y * 0.5;
    return painted(in, distance, in.stroke_from, inside(band), inside(band - in.widths.z));
}

@fragment
fn fragment(in: Varyings) -> @location(0) vec4<f32> {
    let way = around(in);
    let distance = way.side * sqrt(way.nearest) - in.widths.x;
    let turn = way.along / max(way.walked, 1e-3);

    var stroke = mix(in.stroke_from, in.stroke_to, 0.5 - 0.5 * cos(turn * 12.566371));
    if in.pattern.x > 1.5 {
        stroke = vec4<f32>(rainbow(turn * 2.0), in.stroke_from.a);
    }
    let band = abs(distance) - in.widths.y * 0.5;
    var on_stroke = inside(band);
    var on_casing = inside(band - in.widths.z);
    if in.pattern.x > 0.5 && in.pattern.x < 1.5 {
        // Distance to the end of the dash, in pixels; dashes are a little longer than gaps.
        let length = way.walked / max(in.pattern.y, 1.0);
        let end = (abs(fract(turn * in.pattern.y) - 0.5) - 0.29) * length;
        on_stroke *= inside(end);
        on_casing *= inside(end - in.widths.z);
    }
    return painted(in, distance, stroke, on_stroke, on_casing);
}

// The inside of a shape, where there is nothing but its fill: most of a card's pixels.
@fragment
fn fragment_inside(in: Varyings) -> @location(0) vec4<f32> {
    return premultiplied(in.fill, 1.0) * in.pattern.w;
}
