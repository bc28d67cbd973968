//! The graphics device: which driver is taken, and why none can be.

use wgpu::{Adapter, Backends, Device, DeviceType, Instance, InstanceDescriptor, Queue};

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
    Refused { name: String, reason: String },
}

/// A graphics device and its queue.
#[derive(Debug)]
pub struct Gpu {
    pub device: Device,
    pub queue: Queue,
    /// Name and driver, for people.
    pub name: String,
    /// Whether the processors do its work.
    pub is_software: bool,
    pub(super) adapter: Adapter,
}

impl Gpu {
    /// A device to draw images with; software drivers are fine.
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

    pub(super) fn open(adapter: Adapter) -> Result<Self, GpuError> {
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

/// All graphics devices with their drivers and versions.
pub fn drivers() -> Vec<String> {
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle().with_env());
    let mut drivers = Vec::new();
    for adapter in pollster::block_on(instance.enumerate_adapters(Backends::PRIMARY)) {
        let info = adapter.get_info();
        let driver = format!("{} ({} {})", info.name, info.driver, info.driver_info);
        if !drivers.contains(&driver) {
            drivers.push(driver);
        }
    }
    drivers
}

/// Backends to try in turn: what `WGPU_BACKEND` says, else modern ones, then GL.
pub(super) fn candidates() -> Vec<Backends> {
    match Backends::from_env() {
        Some(wanted) => vec![wanted],
        None => vec![Backends::PRIMARY, Backends::GL],
    }
}

/// Why no driver can be used; a driver that refuses says more than one that is not there.
pub(super) fn together(mut reasons: Vec<GpuError>) -> GpuError {
    let refused = reasons.iter().position(|reason| matches!(reason, GpuError::Refused { .. }));
    match refused {
        Some(index) => reasons.swap_remove(index),
        None => reasons.into_iter().next().unwrap_or_else(|| GpuError::NoAdapter("none was tried".into())),
    }
}

pub(super) fn adapter(
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
