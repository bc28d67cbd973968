//! The surface of a window, and which driver draws on it.

use std::fmt::Debug;
use std::sync::Arc;

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};
use wgpu::{
    Backends, CompositeAlphaMode, CurrentSurfaceTexture, DeviceType, Instance, InstanceDescriptor,
    SurfaceConfiguration, SurfaceTexture, TextureFormat,
};

use super::gpu::{self, Gpu, GpuError};

/// A window of any library that hands out raw handles.
pub trait RawWindow: HasWindowHandle + HasDisplayHandle + Debug + Send + Sync + 'static {}

impl<T: HasWindowHandle + HasDisplayHandle + Debug + Send + Sync + 'static> RawWindow for T {}

/// How much of a window the desktop shows through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transparency {
    /// What is not drawn shows what is behind.
    Transparent,
    /// Every pixel is drawn.
    Opaque,
}

/// A window's surface and the device behind it.
#[derive(Debug)]
pub(super) struct Surface {
    pub(super) gpu: Gpu,
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

/// What asking a window for its next image came to.
pub(super) enum Next {
    /// Draw on it, then hand it to [`Surface::present`].
    Draw(SurfaceTexture),
    /// The surface was set up again: ask once more.
    Again,
    /// The device has no image free yet: ask later.
    Busy,
    /// Nothing can be seen now.
    Later,
    /// The device is lost: open the surface again.
    Lost,
}

impl Surface {
    /// Opens a window for drawing.
    ///
    /// # Errors
    /// When no driver can draw on it.
    pub(super) fn open<W: RawWindow>(
        window: &Arc<W>,
        size: [u32; 2],
        transparency: Transparency,
    ) -> Result<Self, GpuError> {
        let mut reasons = Vec::new();
        for choice in [Choice::Suitable, Choice::Any] {
            for backends in gpu::candidates() {
                match Self::open_with(window, size, transparency, backends, choice) {
                    Ok(Some(surface)) => return Ok(surface),
                    Ok(None) => log::info!("{backends:?} cannot show see-through windows, trying another"),
                    Err(error) => reasons.push(error),
                }
            }
        }
        Err(gpu::together(reasons))
    }

    /// `None` when another backend should be tried before what this one offers.
    fn open_with<W: RawWindow>(
        window: &Arc<W>,
        size: [u32; 2],
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
        let adapter =
            gpu::adapter(&instance, Some(&surface)).map_err(|error| no_adapter(error.to_string()))?;
        let offered = surface.get_capabilities(&adapter);
        if choice == Choice::Suitable
            && transparency == Transparency::Transparent
            && Backends::from_env().is_none()
            && !shows_through(&adapter.get_info(), &offered.alpha_modes)
        {
            return Ok(None);
        }
        let gpu = Gpu::open(adapter)?;
        let [width, height] = fitting(size, &gpu);
        let refused = |reason: &str| GpuError::Refused { name: gpu.name.clone(), reason: reason.to_owned() };
        let mut configuration = surface
            .get_default_config(&gpu.adapter, width, height)
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

    /// Pixel format of the images to draw on.
    pub(super) fn format(&self) -> TextureFormat {
        self.configuration.format
    }

    /// Width and height of the images to draw on.
    pub(super) fn size(&self) -> [u32; 2] {
        [self.configuration.width, self.configuration.height]
    }

    pub(super) fn resize(&mut self, size: [u32; 2]) {
        let fitting = fitting(size, &self.gpu);
        if fitting != self.size() {
            [self.configuration.width, self.configuration.height] = fitting;
            self.surface.configure(&self.gpu.device, &self.configuration);
        }
    }

    /// The next image to draw on.
    pub(super) fn next_frame(&mut self) -> Next {
        match self.surface.get_current_texture() {
            CurrentSurfaceTexture::Success(texture) | CurrentSurfaceTexture::Suboptimal(texture) => {
                Next::Draw(texture)
            }
            CurrentSurfaceTexture::Outdated => {
                self.surface.configure(&self.gpu.device, &self.configuration);
                Next::Again
            }
            CurrentSurfaceTexture::Timeout => Next::Busy,
            CurrentSurfaceTexture::Occluded => Next::Later,
            CurrentSurfaceTexture::Lost | CurrentSurfaceTexture::Validation => Next::Lost,
        }
    }

    pub(super) fn present(&self, texture: SurfaceTexture) {
        self.gpu.queue.present(texture);
    }
}

/// A size that the device has room for.
fn fitting(size: [u32; 2], gpu: &Gpu) -> [u32; 2] {
    size.map(|side| side.clamp(1, gpu.device.limits().max_texture_dimension_2d))
}

/// Whether a see-through window will be one.
fn shows_through(info: &wgpu::AdapterInfo, modes: &[CompositeAlphaMode]) -> bool {
    if !cfg!(target_os = "linux") || info.backend != wgpu::Backend::Vulkan {
        return true;
    }
    // Mesa's software Vulkan reports success and shows nothing; some drivers have opaque ones only.
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
