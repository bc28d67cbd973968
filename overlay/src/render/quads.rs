//! Strokes, chips, bars and leaders: everything of a scene that is not text, as one instanced draw.

use bytemuck::{Pod, Zeroable};
use shared::geometry::{Point, Quad, Rect};
use wgpu::util::{BufferInitDescriptor, DeviceExt as _};
use wgpu::{Buffer, BufferUsages, Device, Queue, RenderPass, RenderPipeline, TextureFormat};

use crate::scene::colour::{self, Colour, Line};
use crate::scene::flash::Flash;
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

/// Draws the shapes of scenes.
pub(super) struct QuadPainter {
    /// Lays shapes over what is there.
    over: RenderPipeline,
    /// Takes away what is there, as far as the shape is opaque.
    away: RenderPipeline,
    frame: Buffer,
    bindings: wgpu::BindGroup,
    shapes: Buffer,
    prepared: Vec<Shape>,
    /// Which of them take away, in order.
    eraser: Vec<u32>,
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
        let stages = super::gpu::Stages { shader: &shader, layout: &layout, format, label: "quads" };
        let instances = wgpu::VertexBufferLayout {
            array_stride: size_of::<Shape>() as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &ATTRIBUTES,
        };
        let buffers = [Some(instances)];
        let over =
            super::gpu::pipeline(device, &stages, wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING, &buffers);
        let fading = wgpu::BlendComponent {
            src_factor: wgpu::BlendFactor::Zero,
            dst_factor: wgpu::BlendFactor::OneMinusSrcAlpha,
            operation: wgpu::BlendOperation::Add,
        };
        let erasing = wgpu::BlendState { color: fading, alpha: fading };
        let away = super::gpu::pipeline(device, &stages, erasing, &buffers);
        let shapes = shape_buffer(device, 64);
        Self { over, away, frame, bindings, shapes, prepared: Vec::new(), eraser: Vec::new() }
    }

    pub(super) fn prepare(&mut self, device: &Device, queue: &Queue, scene: &OverlayScene, size: [u32; 2]) {
        self.prepared.clear();
        self.eraser.clear();
        // All strokes first: a card's stroke must not cross its neighbour's name.
        for (at, mark) in scene.marks.iter().enumerate() {
            let bounds = mark.quad.bounds();
            let below = &scene.marks[..at];
            if below.iter().any(|other| other.quad.bounds().intersection(bounds).area() > 0.0) {
                self.eraser.push(self.prepared.len() as u32);
                self.prepared.push(hidden_edges(mark));
            }
            if mark.stroke > 0.0 {
                self.prepared.push(stroke(mark));
            }
        }
        self.prepared.extend(scene.flashes.iter().map(flashed));
        for mark in &scene.marks {
            chip(mark, &mut self.prepared);
        }
        for panel in &scene.panels {
            let mut shape = filled(panel.area, 5.0 * panel.zoom, colour::PANEL, panel.opacity);
            shape.widths[1] = 1.2 * panel.zoom;
            (shape.stroke_from, shape.stroke_to) = (rgba(panel.accent), rgba(panel.accent));
            self.prepared.push(shape);
        }
        let bytes: &[u8] = bytemuck::cast_slice(&self.prepared);
        if bytes.len() as u64 > self.shapes.size() {
            self.shapes = shape_buffer(device, self.prepared.len().next_power_of_two());
        }
        queue.write_buffer(&self.shapes, 0, bytes);
        let frame = [size[0] as f32, size[1] as f32, 0.0, 0.0];
        queue.write_buffer(&self.frame, 0, bytemuck::cast_slice(&frame));
    }

    pub(super) fn paint(&self, pass: &mut RenderPass<'_>) {
        if self.prepared.is_empty() {
            return;
        }
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_vertex_buffer(0, self.shapes.slice(..));
        let mut next = 0;
        for &index in &self.eraser {
            if next < index {
                pass.set_pipeline(&self.over);
                pass.draw(0..4, next..index);
            }
            pass.set_pipeline(&self.away);
            pass.draw(0..4, index..index + 1);
            next = index + 1;
        }
        pass.set_pipeline(&self.over);
        pass.draw(0..4, next..self.prepared.len() as u32);
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

/// The stroke around a card.
fn stroke(mark: &Mark) -> Shape {
    let zoom = mark.zoom;
    let radius = 0.07 * mark.quad.width().min(mark.quad.height());
    let perimeter = 2.0 * (mark.quad.width() + mark.quad.height());
    let (pattern, dashes) = match mark.look.line {
        Line::Solid => (0.0, 0.0),
        Line::Dashed => (1.0, (perimeter / (15.0 * zoom)).round().max(4.0)),
        Line::Rainbow => (2.0, 0.0),
    };
    Shape {
        corners: moved_inwards(mark.quad, radius).to_xy(),
        fill: rgba(mark.look.accent.with_alpha(0.05)),
        stroke_from: rgba(mark.look.accent),
        stroke_to: rgba(mark.look.second),
        widths: [radius, mark.stroke, 1.1 * zoom, 4.0 * zoom],
        pattern: [pattern, dashes, 0.0, mark.opacity],
    }
}

/// What a card takes away of the strokes below it: they lead around cards that it covers, but stay guessable.
fn hidden_edges(mark: &Mark) -> Shape {
    let mut shape = stroke(mark);
    shape.fill = [0.0, 0.0, 0.0, 0.8];
    // The card's own stroke and its casing lie over the rest.
    shape.widths[1..].fill(0.0);
    shape.pattern[0] = 0.0;
    shape
}

/// The chip's leader, box and bar.
fn chip(mark: &Mark, shapes: &mut Vec<Shape>) {
    let zoom = mark.zoom;
    let accent = mark.look.accent;
    if let Some([from, to]) = mark.chip.leader {
        let half = 0.8 * zoom;
        let (top, bottom) = (from.y.min(to.y), from.y.max(to.y));
        let area = Rect::ltrb(from.x - half, top, from.x + half, bottom);
        shapes.push(filled(area, 0.0, accent.with_alpha(0.85), mark.opacity));
    }
    let area = mark.chip.area;
    let mut frame = filled(area, 3.5 * zoom, colour::CHIP, mark.opacity);
    frame.widths[1] = 1.0 * zoom;
    (frame.stroke_from, frame.stroke_to) =
        (rgba(accent.with_alpha(0.75)), rgba(mark.look.second.with_alpha(0.75)));
    if mark.look.line == Line::Rainbow {
        frame.pattern[0] = 2.0;
    }
    shapes.push(frame);
    let bar = Rect::ltrb(
        area.left + 2.0 * zoom,
        area.top + 3.0 * zoom,
        area.left + 4.5 * zoom,
        area.bottom - 3.0 * zoom,
    );
    shapes.push(filled(bar, 1.2 * zoom, accent, mark.opacity));
}

/// A card that lights up.
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

fn rgba(colour: Colour) -> [f32; 4] {
    [colour.red, colour.green, colour.blue, colour.alpha]
}

/// The quad whose edges lie `by` pixels further in; the quad itself where it is too thin or folded for that.
fn moved_inwards(quad: Quad<InOverlay>, by: f32) -> Quad<InOverlay> {
    if !quad.is_card_shaped() {
        return quad;
    }
    let xy = quad.to_xy();
    // Each edge as a point on it and its direction, the point moved to the right of a clockwise edge: inwards.
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
