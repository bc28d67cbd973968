//! The graphics device, with and without a window.

use std::sync::Arc;

use wgpu::{
    Adapter, Backends, CompositeAlphaMode, CurrentSurfaceTexture, Device, DeviceType, Instance,
    InstanceDescriptor, Queue, SurfaceConfiguration, SurfaceTexture, TextureFormat,
};
use winit::window::Window;

/// Why there is nothing to draw with.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No driver at all.
    #[error(
        "no graphics driver was found: {0}\nhelp: install one (on Debian and Ubuntu `apt install \
         mesa-vulkan-drivers libgl1-mesa-dri` brings one that needs no graphics card)"
    )]
    NoAdapter(String),
    /// A driver that refuses.
    #[error(
        "the graphics driver {name} refused: {reason}\nhelp: WGPU_BACKEND=gl or =vulkan chooses another one"
    )]
    Refused {
        /// The adapter.
        name: String,
        /// Why.
        reason: String,
    },
}

/// A graphics device.
pub struct Gpu {
    /// The device.
    pub device: Device,
    /// Its queue.
    pub queue: Queue,
    /// Name and driver, for people.
    pub name: String,
    /// Whether the processors do its work.
    pub is_software: bool,
    adapter: Adapter,
}

/// How much of a window the desktop shows through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transparency {
    /// What is not drawn shows what is behind.
    Transparent,
    /// Every pixel is drawn.
    Opaque,
}

impl Gpu {
    /// A device to draw pictures with; software drivers are fine.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn headless() -> Result<Self, GpuError> {
        let mut reasons = Vec::new();
        for backends in candidates() {
            let mut descriptor = InstanceDescriptor::new_without_display_handle().with_env();
            descriptor.backends = backends;
            let adapter = adapter(&Instance::new(descriptor), None)
                .map_err(|error| GpuError::NoAdapter(error.to_string()));
            match adapter.and_then(Self::open) {
                Ok(gpu) => return Ok(gpu),
                Err(error) => reasons.push(error),
            }
        }
        Err(together(reasons))
    }

    fn open(adapter: Adapter) -> Result<Self, GpuError> {
        let info = adapter.get_info();
        let name = format!("{} ({}, {:?})", info.name, info.driver, info.backend);
        let limits = wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits());
        let descriptor = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| GpuError::Refused { name: name.clone(), reason: error.to_string() })?;
        let is_software = info.device_type == DeviceType::Cpu;
        Ok(Self { device, queue, name, is_software, adapter })
    }
}

/// A window that can be drawn on.
pub struct WindowSurface {
    /// The device behind it.
    pub gpu: Gpu,
    surface: wgpu::Surface<'static>,
    configuration: SurfaceConfiguration,
}

/// Which drivers are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// Those that are known to show see-through windows.
    Suitable,
    /// The first that can draw at all: better than nothing.
    Any,
}

/// What asking a window for its next picture came to.
pub enum Next {
    /// Draw on it, then hand it to [`WindowSurface::present`].
    Draw(SurfaceTexture),
    /// The surface was set up again: ask once more.
    Again,
    /// Nothing can be seen now.
    Later,
    /// The device is lost: open the surface again.
    Lost,
}

impl WindowSurface {
    /// Opens a window for drawing.
    ///
    /// # Errors
    /// When no driver can draw on it.
    pub fn open(window: &Arc<Window>, transparency: Transparency) -> Result<Self, GpuError> {
        let mut reasons = Vec::new();
        for choice in [Choice::Suitable, Choice::Any] {
            for backends in candidates() {
                match Self::open_with(window, transparency, backends, choice) {
                    Ok(Some(surface)) => return Ok(surface),
                    Ok(None) => log::info!("{backends:?} cannot show see-through windows, trying another"),
                    Err(error) => reasons.push(error),
                }
            }
        }
        Err(together(reasons))
    }

    /// `None` when another backend should be tried before what this one offers.
    fn open_with(
        window: &Arc<Window>,
        transparency: Transparency,
        backends: Backends,
        choice: Choice,
    ) -> Result<Option<Self>, GpuError> {
        let mut descriptor = InstanceDescriptor::new_without_display_handle().with_env();
        descriptor.backends = backends;
        let mut descriptor = descriptor.with_display_handle(Box::new(Arc::clone(window)));
        // The only way to see-through windows on DirectX 12.
        descriptor.backend_options.dx12.presentation_system = wgpu::Dx12SwapchainKind::DxgiFromVisual;
        let instance = Instance::new(descriptor);
        let no_adapter = |reason: String| GpuError::NoAdapter(reason);
        let surface =
            instance.create_surface(Arc::clone(window)).map_err(|error| no_adapter(error.to_string()))?;
        let adapter = adapter(&instance, Some(&surface)).map_err(|error| no_adapter(error.to_string()))?;
        let offered = surface.get_capabilities(&adapter);
        if choice == Choice::Suitable
            && transparency == Transparency::Transparent
            && Backends::from_env().is_none()
            && !shows_through(&adapter.get_info(), &offered.alpha_modes)
        {
            return Ok(None);
        }
        let gpu = Gpu::open(adapter)?;
        let size = window.inner_size();
        let refused = |reason: &str| GpuError::Refused { name: gpu.name.clone(), reason: reason.to_owned() };
        let mut configuration = surface
            .get_default_config(&gpu.adapter, size.width.max(1), size.height.max(1))
            .ok_or_else(|| refused("it cannot draw on this window"))?;
        configuration.format = plain_format(&offered.formats).unwrap_or(configuration.format);
        configuration.alpha_mode = match transparency {
            Transparency::Transparent => transparent_mode(&offered.alpha_modes),
            Transparency::Opaque => CompositeAlphaMode::Auto,
        };
        configuration.present_mode = wgpu::PresentMode::AutoVsync;
        configuration.desired_maximum_frame_latency = 1;
        surface.configure(&gpu.device, &configuration);
        log::info!("drawing with {}", gpu.name);
        Ok(Some(Self { gpu, surface, configuration }))
    }

    /// Pixel format of the pictures to draw on.
    pub fn format(&self) -> TextureFormat {
        self.configuration.format
    }

    /// Width and height of the pictures to draw on.
    pub fn size(&self) -> [u32; 2] {
        [self.configuration.width, self.configuration.height]
    }

    /// Follows the window's size.
    pub fn resize(&mut self, width: u32, height: u32) {
        let largest = self.gpu.device.limits().max_texture_dimension_2d;
        let (width, height) = (width.clamp(1, largest), height.clamp(1, largest));
        if [width, height] != self.size() {
            (self.configuration.width, self.configuration.height) = (width, height);
            self.surface.configure(&self.gpu.device, &self.configuration);
        }
    }

    /// The next picture to draw on.
    pub fn next_frame(&mut self) -> Next {
        match self.surface.get_current_texture() {
            CurrentSurfaceTexture::Success(texture) | CurrentSurfaceTexture::Suboptimal(texture) => {
                Next::Draw(texture)
            }
            CurrentSurfaceTexture::Outdated => {
                self.surface.configure(&self.gpu.device, &self.configuration);
                Next::Again
            }
            CurrentSurfaceTexture::Timeout | CurrentSurfaceTexture::Occluded => Next::Later,
            CurrentSurfaceTexture::Lost | CurrentSurfaceTexture::Validation => Next::Lost,
        }
    }

    /// Shows what was drawn.
    pub fn present(&self, texture: SurfaceTexture) {
        self.gpu.queue.present(texture);
    }
}

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

/// Backends to try in turn: what `WGPU_BACKEND` says, else modern ones, then GL, then whatever there is.
fn candidates() -> Vec<Backends> {
    match Backends::from_env() {
        Some(wanted) => vec![wanted],
        None => vec![Backends::PRIMARY, Backends::GL],
    }
}

/// Why no driver can be used; a driver that refuses says more than one that is not there.
fn together(mut reasons: Vec<GpuError>) -> GpuError {
    let refused = reasons.iter().position(|reason| matches!(reason, GpuError::Refused { .. }));
    match refused {
        Some(index) => reasons.swap_remove(index),
        None => reasons.into_iter().next().unwrap_or_else(|| GpuError::NoAdapter("none was tried".into())),
    }
}

fn adapter(
    instance: &Instance,
    surface: Option<&wgpu::Surface<'_>>,
) -> Result<Adapter, wgpu::RequestAdapterError> {
    pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
        // Drawing a few quads needs no fast card, and the fast one is the game's.
        power_preference: wgpu::PowerPreference::LowPower,
        compatible_surface: surface,
        ..Default::default()
    }))
}

/// Whether a see-through window will be one.
fn shows_through(info: &wgpu::AdapterInfo, modes: &[CompositeAlphaMode]) -> bool {
    if !cfg!(target_os = "linux") || info.backend != wgpu::Backend::Vulkan {
        return true;
    }
    // Mesa's software Vulkan reports success on such windows and shows nothing; some drivers offer only opaque ones.
    info.device_type != DeviceType::Cpu && modes.iter().any(|mode| SEE_THROUGH.contains(mode))
}

/// Eight bits, written as they are.
fn plain_format(offered: &[TextureFormat]) -> Option<TextureFormat> {
    let plain =
        |format: &&TextureFormat| matches!(format, TextureFormat::Bgra8Unorm | TextureFormat::Rgba8Unorm);
    offered.iter().find(plain).copied()
}

/// In order of preference.
const SEE_THROUGH: [CompositeAlphaMode; 3] =
    [CompositeAlphaMode::PreMultiplied, CompositeAlphaMode::PostMultiplied, CompositeAlphaMode::Inherit];

fn transparent_mode(offered: &[CompositeAlphaMode]) -> CompositeAlphaMode {
    // GL offers none by name; there the window's own depth makes it transparent.
    SEE_THROUGH.into_iter().find(|mode| offered.contains(mode)).unwrap_or(CompositeAlphaMode::Auto)
}
