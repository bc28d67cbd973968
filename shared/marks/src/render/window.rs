//! A window that scenes are drawn on.
//!
//! The caller makes the window, shows it and tells its size; this keeps the surface and the
//! renderer, and opens both again when the graphics device is lost. Window libraries are absent.

use std::sync::Arc;

use wgpu::TextureViewDescriptor;

use super::gpu::{Gpu, GpuError};
use super::surface::{Next, RawWindow, Surface, Transparency};
use super::{Backdrop, RenderError, Renderer};
use crate::scene::OverlayScene;

/// How often in a row a lost device is opened again.
const MAX_REOPENINGS: u32 = 5;

/// A window, its surface and its renderer.
#[derive(Debug)]
pub struct SurfaceWindow<W> {
    window: Arc<W>,
    transparency: Transparency,
    surface: Surface,
    renderer: Renderer,
    /// How often the device was lost since something was shown.
    losses: u32,
}

/// What came of drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    Shown,
    /// Nothing of the window can be seen now.
    Hidden,
    /// Nothing was shown, but would be now: ask for another redraw.
    Again,
}

/// Why a window cannot be drawn on any more.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A driver that breaks whenever it is used.
    #[error("lost the graphics device again and again\nhelp: restart the overlay")]
    LostRepeatedly,
}

impl<W: RawWindow> SurfaceWindow<W> {
    /// Opens a window of this size in pixels for drawing.
    ///
    /// # Errors
    /// When no driver can draw on it.
    pub fn open(window: W, size: [u32; 2], transparency: Transparency) -> Result<Self, GpuError> {
        let window = Arc::new(window);
        let surface = Surface::open(&window, size, transparency)?;
        let renderer = Renderer::new(&surface.gpu.device, &surface.gpu.queue, surface.format());
        Ok(Self { window, transparency, surface, renderer, losses: 0 })
    }

    pub fn window(&self) -> &W {
        &self.window
    }

    /// The graphics device that it is drawn with now; another one after a loss.
    pub fn gpu(&self) -> &Gpu {
        &self.surface.gpu
    }

    /// Width and height of what is drawn, in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.surface.size()
    }

    pub fn resize(&mut self, size: [u32; 2]) {
        self.surface.resize(size);
    }

    /// Draws a scene; `pre_present` is called just before it is shown, when it is.
    ///
    /// # Errors
    /// When text cannot be prepared, or the graphics device is lost for good.
    pub fn draw(
        &mut self,
        scene: &OverlayScene,
        backdrop: Backdrop<'_>,
        pre_present: impl FnOnce(&W),
    ) -> Result<Drawn, WindowError> {
        for _ in 0..2 {
            match self.surface.next_frame() {
                Next::Draw(texture) => {
                    let view = texture.texture.create_view(&TextureViewDescriptor::default());
                    self.renderer.draw(scene, backdrop, &view, self.surface.size())?;
                    pre_present(&self.window);
                    self.surface.present(texture);
                    self.losses = 0;
                    return Ok(Drawn::Shown);
                }
                Next::Again => {}
                Next::Busy => return Ok(Drawn::Again),
                Next::Later => return Ok(Drawn::Hidden),
                Next::Lost => self.reopen()?,
            }
        }
        Ok(Drawn::Again)
    }

    fn reopen(&mut self) -> Result<(), WindowError> {
        self.losses += 1;
        log::warn!("lost the graphics device, opening it again ({} of {MAX_REOPENINGS})", self.losses);
        if self.losses > MAX_REOPENINGS {
            return Err(WindowError::LostRepeatedly);
        }
        self.surface = Surface::open(&self.window, self.surface.size(), self.transparency)?;
        self.renderer =
            Renderer::new(&self.surface.gpu.device, &self.surface.gpu.queue, self.surface.format());
        Ok(())
    }
}
