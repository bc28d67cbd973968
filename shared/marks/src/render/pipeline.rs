//! Render pipelines of the painters: strips of vertices, one target, no depth.

use wgpu::{Device, TextureFormat};

/// What a pipeline is made of.
pub(super) struct Stages<'a> {
    pub(super) shader: &'a wgpu::ShaderModule,
    pub(super) layout: &'a wgpu::BindGroupLayout,
    pub(super) format: TextureFormat,
    pub(super) label: &'static str,
}

/// A pipeline that draws strips of four vertices.
pub(super) fn pipeline(
    device: &Device,
    stages: &Stages<'_>,
    fragment: &str,
    blend: wgpu::BlendState,
    buffers: &[Option<wgpu::VertexBufferLayout<'_>>],
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(stages.label),
        bind_group_layouts: &[Some(stages.layout)],
        ..Default::default()
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(stages.label),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: stages.shader,
            entry_point: Some("vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers,
        },
        fragment: Some(wgpu::FragmentState {
            module: stages.shader,
            entry_point: Some(fragment),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: stages.format,
                blend: Some(blend),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..Default::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        cache: None,
        multiview_mask: None,
    })
}
