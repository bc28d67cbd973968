//! Scenes drawn into images, without a display.

use image::RgbaImage;
use wgpu::{BufferUsages, Texture, TextureFormat, TextureUsages};

use super::gpu::{Gpu, GpuError};
use super::{Backdrop, RenderError, Renderer};
use crate::scene::OverlayScene;

/// Draws scenes into images.
#[derive(Debug)]
pub struct Offscreen {
    gpu: Gpu,
    renderer: Renderer,
    target: Option<Texture>,
}

impl Offscreen {
    /// Opens a graphics device for it.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn open() -> Result<Self, GpuError> {
        let gpu = Gpu::headless()?;
        let renderer = Renderer::new(&gpu.device, &gpu.queue, TextureFormat::Rgba8Unorm);
        Ok(Self { gpu, renderer, target: None })
    }

    /// Name and driver of the device, for people.
    pub fn device_name(&self) -> &str {
        &self.gpu.name
    }

    /// Draws a scene; over [`Backdrop::Transparent`] the colours are premultiplied with the
    /// image's alpha.
    ///
    /// # Errors
    /// When text cannot be prepared, or the device is lost.
    pub fn draw(&mut self, scene: &OverlayScene, backdrop: Backdrop<'_>) -> Result<RgbaImage, RenderError> {
        let size = scene.size.map(|side| side.max(1));
        let target = self.target(size);
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        self.renderer.draw(scene, backdrop, &view, size)?;
        self.read(&target, size)
    }

    fn target(&mut self, [width, height]: [u32; 2]) -> Texture {
        let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        if let Some(target) = self.target.as_ref().filter(|target| target.size() == size) {
            return target.clone();
        }
        let target = self.gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("offscreen"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: TextureFormat::Rgba8Unorm,
            usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        self.target.insert(target).clone()
    }

    fn read(&self, target: &Texture, [width, height]: [u32; 2]) -> Result<RgbaImage, RenderError> {
        let lost = |reason: &dyn std::fmt::Display| RenderError::DeviceLost(reason.to_string());
        let device = &self.gpu.device;
        // Rows in a copy start at multiples of 256 bytes.
        let stride = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: u64::from(stride) * u64::from(height),
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout =
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(stride), rows_per_image: None };
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let copy = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
        encoder.copy_texture_to_buffer(target.as_image_copy(), copy, target.size());
        self.gpu.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver waits below; were it gone, nobody would want the answer.
            let _ = sender.send(result);
        });
        device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| lost(&error))?;
        receiver.recv().map_err(|error| lost(&error))?.map_err(|error| lost(&error))?;
        let mapped = buffer.get_mapped_range(..).map_err(|error| lost(&error))?;
        let mut image = RgbaImage::new(width, height);
        let rows = image.chunks_exact_mut(width as usize * 4).zip(mapped.chunks_exact(stride as usize));
        for (row, source) in rows {
            row.copy_from_slice(&source[..width as usize * 4]);
        }
        Ok(image)
    }
}
