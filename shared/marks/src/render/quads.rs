//! Strokes, chips, bars and leaders: everything of a scene that is not text.
//!
//! One instance for each shape, drawn in order. A shape as large as a card is drawn in two parts.
//! Its rim has stroke and glow, by a distance computed for each pixel. Its inside is one colour:
//! most of the pixels, and nearly no work for a software driver.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use lens_core::geometry::{Point, Quad, Rect};
use wgpu::util::{BufferInitDescriptor, DeviceExt as _};
use wgpu::{Buffer, BufferUsages, Device, Queue, RenderPass, RenderPipeline, TextureFormat};

use crate::scene::colour::{self, Colour};
use crate::scene::flash::Flash;
use crate::scene::mark_style::Line;
use crate::scene::{InOverlay, Mark, OverlayScene};

/// A shape as the shader takes it; see `overlay.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Shape {
    corners: [[f32; 2]; 4],
    fill: [f32; 4],
    stroke_from: [f32; 4],
    stroke_to: [f32; 4],
    widths: [f32; 4],
    pattern: [f32; 4],
}

const ATTRIBUTES: [wgpu::VertexAttribute; 7] = wgpu::vertex_attr_array![
    0 => Float32x4, 1 => Float32x4, 2 => Float32x4, 3 => Float32x4, 4 => Float32x4, 5 => Float32x4, 6 => Float32x4
];

/// What a shape does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    /// Lies over it.
    Over,
    /// Takes it away, as far as the shape is opaque.
    Away,
}

/// Which pixels of a shape are drawn; the shader's numbers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole = 0,
    /// Stroke, casing and glow.
    Rim = 1,
    /// Where there is nothing but the fill.
    Inside = 2,
}

/// What computes a pixel; those that can do less are cheaper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shader {
    /// Dashes, colours that run into each other.
    Any,
    /// A solid stroke of one colour, or none.
    Plain,
    /// Nothing but the fill.
    Inside,
}

impl Shader {
    /// Their entry points, in order.
    const NAMES: [&str; 3] = ["fragment", "fragment_plain", "fragment_inside"];
}

/// Vertices of the strip around a shape; those of other parts end earlier.
const VERTICES: Range<u32> = 0..10;

pub(super) struct QuadPainter {
    over: [RenderPipeline; 3],
    away: [RenderPipeline; 3],
    frame: Buffer,
    bindings: wgpu::BindGroup,
    shapes: Buffer,
    prepared: Prepared,
}

/// Shapes in the order in which they are drawn.
#[derive(Default)]
struct Prepared {
    shapes: Vec<Shape>,
    /// Which of them are drawn alike: how, by which shader, and up to which one.
    runs: Vec<(Paint, Shader, u32)>,
}

impl Prepared {
    fn clear(&mut self) {
        self.shapes.clear();
        self.runs.clear();
    }

    /// Adds a shape; a large one as its two parts.
    fn push(&mut self, shape: Shape, paint: Paint) {
        if shape.has_an_inside() {
            self.push_part(shape, paint, Part::Rim);
            self.push_part(shape, paint, Part::Inside);
        } else {
            self.push_part(shape, paint, Part::Whole);
        }
    }

    fn push_part(&mut self, mut shape: Shape, paint: Paint, part: Part) {
        let shader = match part {
            Part::Inside if shape.fill[3] <= 0.0 => return,
            Part::Inside => Shader::Inside,
            _ if shape.pattern[0] == 0.0 && shape.stroke_from == shape.stroke_to => Shader::Plain,
            _ => Shader::Any,
        };
        shape.pattern[2] = f32::from(part as u8);
        self.shapes.push(shape);
        let end = self.shapes.len() as u32;
        match self.runs.last_mut() {
            Some(run) if (run.0, run.1) == (paint, shader) => run.2 = end,
            _ => self.runs.push((paint, shader, end)),
        }
    }
}

impl QuadPainter {
    pub(super) fn new(device: &Device, format: TextureFormat) -> Self {
        let shader = device.create_shader_module(wgpu::include_wgsl!("overlay.wgsl"));
        let frame = device.create_buffer_init(&BufferInitDescriptor {
            label: Some("frame"),
            contents: &[0; 16],
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
        });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("quads"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX,
                count: None,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
            }],
        });
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("quads"),
            layout: &layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: frame.as_entire_binding() }],
        });
        let stages = super::pipeline::Stages { shader: &shader, layout: &layout, format, label: "quads" };
        let instances = wgpu::VertexBufferLayout {
            array_stride: size_of::<Shape>() as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &ATTRIBUTES,
        };
        let buffers = [Some(instances)];
        let pipelines = |blend| {
            Shader::NAMES
                .map(|fragment| super::pipeline::pipeline(device, &stages, fragment, blend, &buffers))
        };
        let over = pipelines(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        let fading = wgpu::BlendComponent {
            src_factor: wgpu::BlendFactor::Zero,
            dst_factor: wgpu::BlendFactor::OneMinusSrcAlpha,
            operation: wgpu::BlendOperation::Add,
        };
        let away = pipelines(wgpu::BlendState { color: fading, alpha: fading });
        let shapes = shape_buffer(device, 64);
        Self { over, away, frame, bindings, shapes, prepared: Prepared::default() }
    }

    pub(super) fn prepare(&mut self, device: &Device, queue: &Queue, scene: &OverlayScene, size: [u32; 2]) {
        let prepared = &mut self.prepared;
        prepared.clear();
        // All strokes first: a card's stroke must not cross its neighbour's name.
        for (at, mark) in scene.marks.iter().enumerate() {
            let bounds = mark.quad.bounds();
            let below = &scene.marks[..at];
            if below.iter().any(|other| other.quad.bounds().intersection(bounds).area() > 0.0) {
                prepared.push(hidden_edges(mark), Paint::Away);
            }
            if mark.stroke > 0.0 {
                prepared.push(stroke(mark), Paint::Over);
            }
        }
        for flash in &scene.flashes {
            prepared.push(flashed(flash), Paint::Over);
        }
        for mark in &scene.marks {
            chip(mark, |shape| prepared.push(shape, Paint::Over));
        }
        for panel in &scene.panels {
            let mut shape = filled(panel.area, 5.0 * panel.zoom, colour::PANEL, panel.opacity);
            shape.widths[1] = 1.2 * panel.zoom;
            (shape.stroke_from, shape.stroke_to) = (rgba(panel.accent), rgba(panel.accent));
            prepared.push(shape, Paint::Over);
        }
        let bytes: &[u8] = bytemuck::cast_slice(&prepared.shapes);
        if bytes.len() as u64 > self.shapes.size() {
            self.shapes = shape_buffer(device, prepared.shapes.len().next_power_of_two());
        }
        queue.write_buffer(&self.shapes, 0, bytes);
        let frame = [size[0] as f32, size[1] as f32, 0.0, 0.0];
        queue.write_buffer(&self.frame, 0, bytemuck::cast_slice(&frame));
    }

    pub(super) fn paint(&self, pass: &mut RenderPass<'_>) {
        if self.prepared.shapes.is_empty() {
            return;
        }
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_vertex_buffer(0, self.shapes.slice(..));
        let mut next = 0;
        for &(paint, shader, end) in &self.prepared.runs {
            let pipelines = match paint {
                Paint::Over => &self.over,
                Paint::Away => &self.away,
            };
            pass.set_pipeline(&pipelines[shader as usize]);
            pass.draw(VERTICES, next..end);
            next = end;
        }
    }
}

fn shape_buffer(device: &Device, count: usize) -> Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("shapes"),
        size: (count * size_of::<Shape>()) as u64,
        usage: BufferUsages::VERTEX | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn stroke(mark: &Mark) -> Shape {
    let zoom = mark.zoom;
    let radius = 0.07 * mark.quad.width().min(mark.quad.height());
    let perimeter = 2.0 * (mark.quad.width() + mark.quad.height());
    let (pattern, dashes) = match mark.style.line {
        Line::Solid => (0.0, 0.0),
        Line::Dashed => (1.0, (perimeter / (15.0 * zoom)).round().max(4.0)),
        Line::Rainbow => (2.0, 0.0),
    };
    Shape {
        corners: moved_inwards(mark.quad, radius).to_xy(),
        fill: rgba(mark.style.accent.with_alpha(0.05)),
        stroke_from: rgba(mark.style.accent),
        stroke_to: rgba(mark.style.second),
        widths: [radius, mark.stroke, 1.1 * zoom, 4.0 * zoom],
        pattern: [pattern, dashes, 0.0, mark.opacity],
    }
}

/// Fades the strokes of cards that this one covers: they can be guessed, and are in nobody's way.
fn hidden_edges(mark: &Mark) -> Shape {
    let mut shape = stroke(mark);
    shape.fill = [0.0, 0.0, 0.0, 0.8];
    // The card's own stroke and its casing lie over the rest.
    shape.widths[1..].fill(0.0);
    shape.pattern[0] = 0.0;
    shape
}

/// The chip's leader, box and bar.
fn chip(mark: &Mark, mut push: impl FnMut(Shape)) {
    let zoom = mark.zoom;
    let accent = mark.style.accent;
    if let Some([from, to]) = mark.chip.leader {
        let half = 0.8 * zoom;
        let (top, bottom) = (from.y.min(to.y), from.y.max(to.y));
        let area = Rect::ltrb(from.x - half, top, from.x + half, bottom);
        push(filled(area, 0.0, accent.with_alpha(0.85), mark.opacity));
    }
    let area = mark.chip.area;
    let mut frame = filled(area, 3.5 * zoom, colour::CHIP, mark.opacity);
    frame.widths[1] = 1.0 * zoom;
    (frame.stroke_from, frame.stroke_to) =
        (rgba(accent.with_alpha(0.75)), rgba(mark.style.second.with_alpha(0.75)));
    if mark.style.line == Line::Rainbow {
        frame.pattern[0] = 2.0;
    }
    push(frame);
    let bar = Rect::ltrb(
        area.left + 2.0 * zoom,
        area.top + 3.0 * zoom,
        area.left + 4.5 * zoom,
        area.bottom - 3.0 * zoom,
    );
    push(filled(bar, 1.2 * zoom, accent, mark.opacity));
}

fn flashed(flash: &Flash) -> Shape {
    let radius = 0.07 * flash.quad.width().min(flash.quad.height());
    Shape {
        corners: moved_inwards(flash.quad, radius).to_xy(),
        ..filled(flash.quad.bounds(), radius, flash.colour, 1.0)
    }
}

fn filled(area: Rect<InOverlay>, radius: f32, fill: Colour, opacity: f32) -> Shape {
    let radius = radius.min(area.width() / 2.0).min(area.height() / 2.0);
    Shape {
        corners: Quad::from_rect(area.grown(-radius)).to_xy(),
        fill: rgba(fill),
        stroke_from: [0.0; 4],
        stroke_to: [0.0; 4],
        widths: [radius, 0.0, 0.0, 0.0],
        pattern: [0.0, 0.0, 0.0, opacity],
    }
}

impl Shape {
    /// Whether the inside is drawn apart: the shape is large enough, and no corner too sharp.
    fn has_an_inside(&self) -> bool {
        let [radius, stroke, casing, _] = self.widths;
        let quad: Quad<InOverlay> = Quad::from_xy(self.corners);
        let least = 6.0 * (stroke + casing + 2.0) - 2.0 * radius;
        quad.is_card_shaped() && quad.width().min(quad.height()) > least.max(24.0) && is_blunt(self.corners)
    }
}

/// Whether every corner is wider than 60 degrees.
fn is_blunt(corners: [[f32; 2]; 4]) -> bool {
    (0..4).all(|index| {
        let [before, at, after] = [3, 0, 1].map(|step| corners[(index + step) % 4]);
        let (ax, ay) = (before[0] - at[0], before[1] - at[1]);
        let (bx, by) = (after[0] - at[0], after[1] - at[1]);
        ax * bx + ay * by < 0.5 * ax.hypot(ay) * bx.hypot(by)
    })
}

fn rgba(colour: Colour) -> [f32; 4] {
    [colour.red, colour.green, colour.blue, colour.alpha]
}

/// The quad whose edges lie `by` pixels further in; itself when it is too thin or folded.
fn moved_inwards(quad: Quad<InOverlay>, by: f32) -> Quad<InOverlay> {
    if !quad.is_card_shaped() {
        return quad;
    }
    let xy = quad.to_xy();
    // Each edge as a point and a direction; right of a clockwise edge is inwards.
    let edge = |index: usize| {
        let (a, b) = (xy[index], xy[(index + 1) % 4]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy).max(1e-3);
        ([a[0] - dy / length * by, a[1] + dx / length * by], [dx, dy])
    };
    let corner = |index: usize| {
        let ((p, d), (q, e)) = (edge((index + 3) % 4), edge(index));
        let cross = d[0] * e[1] - d[1] * e[0];
        let share =
            ((q[0] - p[0]) * e[1] - (q[1] - p[1]) * e[0]) / if cross.abs() < 1e-3 { 1e-3 } else { cross };
        Point::new(p[0] + d[0] * share, p[1] + d[1] * share)
    };
    let inner = Quad { corners: [corner(0), corner(1), corner(2), corner(3)] };
    if inner.is_card_shaped() { inner } else { quad }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_move_inwards_by_the_radius() {
        let square = Quad::from_rect(Rect::ltwh(10.0, 20.0, 100.0, 140.0));
        let want = Quad::from_rect(Rect::ltwh(15.0, 25.0, 90.0, 130.0));
        assert!(moved_inwards(square, 5.0).largest_corner_shift(want) < 1e-3);
        let thin = Quad::from_rect(Rect::ltwh(0.0, 0.0, 4.0, 100.0));
        assert_eq!(moved_inwards(thin, 5.0), thin, "there is no room inside");
    }
}
