//! Draws scenes: on a window, or into an image without any display.
//!
//! One renderer for both: what tests compare is what players see. Colours are written as they are
//! (no linear light) and premultiplied: the window's transparency is the image's alpha.

mod fonts;
pub mod gpu;
pub mod offscreen;
pub mod surface;
pub mod text;
pub mod window;

mod picture;
mod pipeline;
mod quads;

use std::fmt;

use wgpu::{Device, Queue, RenderPass, TextureFormat, TextureView};

use crate::scene::OverlayScene;
use picture::PicturePainter;
use quads::QuadPainter;
use text::TextPainter;

/// What lies under the marks.
#[derive(Clone, Copy, Debug)]
pub enum Backdrop<'a> {
    /// The game: the window is transparent.
    Transparent,
    /// An image that fills the window.
    Picture(lens_core::pixels::Pixels<'a>),
}

/// Draws scenes on targets of one pixel format.
pub struct Renderer {
    device: Device,
    queue: Queue,
    quads: QuadPainter,
    texts: TextPainter,
    picture: PicturePainter,
}

/// Why nothing could be drawn.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The glyphs of a scene do not fit the GPU's memory.
    #[error("cannot draw text: {0}")]
    Text(String),
    /// The GPU is gone (a driver update, a machine that slept).
    #[error("lost the graphics device: {0}")]
    DeviceLost(String),
}

impl Renderer {
    /// For targets of this format.
    pub fn new(device: &Device, queue: &Queue, format: TextureFormat) -> Self {
        Self {
            device: device.clone(),
            queue: queue.clone(),
            quads: QuadPainter::new(device, format),
            texts: TextPainter::new(device, queue, format),
            picture: PicturePainter::new(device, format),
        }
    }

    /// Draws a scene over all of `target`, which is `size` pixels large.
    ///
    /// # Errors
    /// When text cannot be prepared.
    pub fn draw(
        &mut self,
        scene: &OverlayScene,
        backdrop: Backdrop<'_>,
        target: &TextureView,
        size: [u32; 2],
    ) -> Result<(), RenderError> {
        let (device, queue) = (&self.device, &self.queue);
        self.quads.prepare(device, queue, scene, size);
        self.texts.prepare(device, queue, scene, size)?;
        if let Backdrop::Picture(pixels) = backdrop {
            self.picture.prepare(device, queue, pixels);
        }
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = begin(&mut encoder, target);
            self.quads.paint(&mut pass);
            self.texts.paint(&mut pass)?;
            // Last and below: marks take each other away, which must not take the image.
            if let Backdrop::Picture(_) = backdrop {
                self.picture.paint(&mut pass);
            }
        }
        self.queue.submit([encoder.finish()]);
        self.texts.trim();
        Ok(())
    }
}

impl fmt::Debug for Renderer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Renderer").field("device", &self.device).finish_non_exhaustive()
    }
}

fn begin<'a>(encoder: &'a mut wgpu::CommandEncoder, target: &TextureView) -> RenderPass<'a> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("overlay"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                store: wgpu::StoreOp::Store,
            },
        })],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    })
}
