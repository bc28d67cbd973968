//! An image that fills the target, under the marks: the practice table, or an image from disk.

use lens_core::pixels::{ChannelOrder, Pixels};
use wgpu::{BindGroup, BindGroupLayout, Device, Queue, RenderPass, RenderPipeline, Texture, TextureFormat};

pub(super) struct PicturePainter {
    pipeline: RenderPipeline,
    layout: BindGroupLayout,
    uploaded: Option<(Texture, BindGroup)>,
}

/// Under what is there already.
const BELOW: wgpu::BlendState = wgpu::BlendState { color: BELOW_ALL, alpha: BELOW_ALL };
const BELOW_ALL: wgpu::BlendComponent = wgpu::BlendComponent {
    src_factor: wgpu::BlendFactor::OneMinusDstAlpha,
    dst_factor: wgpu::BlendFactor::One,
    operation: wgpu::BlendOperation::Add,
};

impl PicturePainter {
    pub(super) fn new(device: &Device, format: TextureFormat) -> Self {
        let shader = device.create_shader_module(wgpu::include_wgsl!("picture.wgsl"));
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty,
            count: None,
        };
        let texture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        };
        let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[entry(0, texture), entry(1, sampler)],
        });
        let stages = super::pipeline::Stages { shader: &shader, layout: &layout, format, label: "picture" };
        let pipeline = super::pipeline::pipeline(device, &stages, "fragment", BELOW, &[]);
        Self { pipeline, layout, uploaded: None }
    }

    pub(super) fn prepare(&mut self, device: &Device, queue: &Queue, pixels: Pixels<'_>) {
        let format = match pixels.order {
            ChannelOrder::Rgbx => TextureFormat::Rgba8Unorm,
            ChannelOrder::Bgrx => TextureFormat::Bgra8Unorm,
        };
        let shrunk = shrunk(pixels, device.limits().max_texture_dimension_2d);
        let pixels = match &shrunk {
            Some((data, [width, height])) => {
                Pixels { data, width: *width, height: *height, order: pixels.order }
            }
            None => pixels,
        };
        let size = wgpu::Extent3d { width: pixels.width, height: pixels.height, depth_or_array_layers: 1 };
        let fits = |(texture, _): &(Texture, BindGroup)| texture.size() == size && texture.format() == format;
        if !self.uploaded.as_ref().is_some_and(fits) {
            self.uploaded = Some(self.texture(device, size, format));
        }
        if let Some((texture, _)) = &self.uploaded {
            let rows = wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(pixels.width * 4),
                rows_per_image: None,
            };
            queue.write_texture(texture.as_image_copy(), pixels.data, rows, size);
        }
    }

    pub(super) fn paint(&self, pass: &mut RenderPass<'_>) {
        if let Some((_, bindings)) = &self.uploaded {
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, bindings, &[]);
            pass.draw(0..4, 0..1);
        }
    }

    fn texture(&self, device: &Device, size: wgpu::Extent3d, format: TextureFormat) -> (Texture, BindGroup) {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&view) },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&sampler) },
            ],
        });
        (texture, bindings)
    }
}

/// An image that is no wider and no higher than `most`, where this one is: the picture is stretched
/// over its target anyway.
fn shrunk(pixels: Pixels<'_>, most: u32) -> Option<(Vec<u8>, [u32; 2])> {
    let whole = [pixels.width, pixels.height];
    let size = whole.map(|side| side.min(most));
    if size == whole {
        return None;
    }
    let at = |to: u32, axis: usize| (u64::from(to) * u64::from(whole[axis]) / u64::from(size[axis])) as usize;
    let mut data = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        let row = at(y, 1) * whole[0] as usize;
        for x in 0..size[0] {
            let pixel = 4 * (row + at(x, 0));
            data.extend_from_slice(&pixels.data[pixel..pixel + 4]);
        }
    }
    Some((data, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_too_large_is_shrunk() {
        let data: Vec<u8> = (0..6 * 2).flat_map(|at| [at, 0, 0, 255]).collect();
        let pixels = Pixels::new(&data, 6, 2, ChannelOrder::Rgbx).unwrap();
        assert_eq!(shrunk(pixels, 6), None);
        let (data, size) = shrunk(pixels, 3).unwrap();
        assert_eq!(size, [3, 2]);
        let reds: Vec<u8> = data.chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(reds, [0, 2, 4, 6, 8, 10]);
    }
}
