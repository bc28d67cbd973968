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
};

// Which part of a shape is drawn (`pattern.z`).
const WHOLE: f32 = 0.0;
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
    let margin = shape.widths.x + shape.widths.y + shape.widths.z + shape.widths.w * 3.0 + 2.0;
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

@fragment
fn fragment(in: Varyings) -> @location(0) vec4<f32> {
    var corners = array<vec2<f32>, 4>(in.corners_ab.xy, in.corners_ab.zw, in.corners_cd.xy, in.corners_cd.zw);
    let first = in.at - corners[0];
    var nearest = dot(first, first);
    var side = 1.0;
    var walked = 0.0;
    var along = 0.0;
    for (var i = 0u; i < 4u; i++) {
        let a = corners[i];
        let b = corners[(i + 1u) & 3u];
        let edge = b - a;
        let from_a = in.at - a;
        let share = clamp(dot(from_a, edge) / max(dot(edge, edge), 1e-6), 0.0, 1.0);
        let offset = from_a - edge * share;
        let distance = dot(offset, offset);
        if distance <= nearest {
            nearest = distance;
            along = walked + length(edge) * share;
        }
        walked += length(edge);
        let rising = in.at.y >= a.y;
        let below = in.at.y < b.y;
        let left = edge.x * from_a.y > edge.y * from_a.x;
        if (rising && below && left) || (!rising && !below && !left) {
            side = -side;
        }
    }
    let distance = side * sqrt(nearest) - in.widths.x;
    let turn = along / max(walked, 1e-3);

    var stroke = mix(in.stroke_from, in.stroke_to, 0.5 - 0.5 * cos(turn * 12.566371));
    if in.pattern.x > 1.5 {
        stroke = vec4<f32>(rainbow(turn * 2.0), in.stroke_from.a);
    }
    let band = abs(distance) - in.widths.y * 0.5;
    var on_stroke = inside(band);
    var on_casing = inside(band - in.widths.z);
    if in.pattern.x > 0.5 && in.pattern.x < 1.5 {
        // Distance to the end of the dash, in pixels; dashes are a little longer than gaps.
        let length = walked / max(in.pattern.y, 1.0);
        let end = (abs(fract(turn * in.pattern.y) - 0.5) - 0.29) * length;
        on_stroke *= inside(end);
        on_casing *= inside(end - in.widths.z);
    }

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

// The inside of a shape, where there is nothing but its fill: most of a card's pixels.
@fragment
fn fragment_inside(in: Varyings) -> @location(0) vec4<f32> {
    return premultiplied(in.fill, 1.0) * in.pattern.w;
}
