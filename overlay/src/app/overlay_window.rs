//! The overlay's own window and what draws on it.

use lens_core::geometry::{OnScreen, Rect};
use marks::render::Backdrop;
use marks::render::gpu::GpuError;
use marks::render::surface::Transparency;
use marks::render::window::{Drawn, SurfaceWindow, WindowError};
#[cfg(target_os = "linux")]
use marks::scene;
use marks::scene::OverlayScene;
use winit::dpi::{LogicalPosition, LogicalSize, PhysicalPosition, PhysicalSize, Position, Size};
use winit::error::{ExternalError, OsError};
use winit::event_loop::ActiveEventLoop;
use winit::window::Window;

use crate::desktop::window::Follower;
use crate::messages::window::WindowId;

/// A window that is drawn on, and where it lies.
pub struct OverlayWindow {
    surface: SurfaceWindow<Window>,
    area: Option<Rect<OnScreen>>,
    /// The size of the output that it always covers: gamescope's.
    output: Option<[u32; 2]>,
    /// Whether it is never cut to the marks.
    #[cfg(target_os = "linux")]
    is_whole: bool,
    #[cfg(target_os = "linux")]
    desktop: Option<crate::desktop::window::x11::Desktop>,
}

/// The window cannot be opened, or nothing can be drawn on it.
#[derive(Debug, thiserror::Error)]
pub enum OverlayWindowError {
    /// The desktop gives none.
    #[error("no window: {0}")]
    Window(#[from] OsError),
    /// The window would keep the mouse from the game.
    #[error("clicks cannot be let through to the game: {0}")]
    ClickThrough(#[from] ExternalError),
    /// There is no graphics device.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The scene cannot be drawn, or the device is lost for good.
    #[error(transparent)]
    Draw(#[from] WindowError),
}

/// Place and size of an area, as winit is told them: in the units of [`OnScreen`].
fn placed(area: Rect<OnScreen>) -> (Position, Size) {
    let (width, height) = (area.width().max(1.0), area.height().max(1.0));
    if cfg!(target_os = "macos") {
        let at = LogicalPosition::new(f64::from(area.left), f64::from(area.top));
        return (at.into(), LogicalSize::new(f64::from(width), f64::from(height)).into());
    }
    let at = PhysicalPosition::new(area.left as i32, area.top as i32);
    (at.into(), PhysicalSize::new(width as u32, height as u32).into())
}

impl OverlayWindow {
    /// A see-through window that clicks go through, not shown yet.
    ///
    /// # Errors
    /// When there is no window to be had, or nothing to draw with.
    pub fn overlay(event_loop: &ActiveEventLoop) -> Result<Self, OverlayWindowError> {
        let attributes = Window::default_attributes()
            .with_title("Balatro Lens overlay")
            .with_decorations(false)
            .with_transparent(true)
            .with_active(false)
            .with_visible(false)
            .with_content_protected(true)
            .with_window_level(winit::window::WindowLevel::AlwaysOnTop)
            .with_inner_size(PhysicalSize::new(64, 64));
        #[cfg(target_os = "linux")]
        let attributes = {
            use winit::platform::x11::{WindowAttributesExtX11 as _, WindowType};
            // Not managed: above full-screen games too, no taskbar entry, never focused.
            attributes
                .with_name("balatro-lens", "overlay")
                .with_override_redirect(true)
                .with_x11_window_type(vec![WindowType::Notification])
        };
        let mut window = Self::open(event_loop, attributes, Transparency::Transparent)?;
        window.window().set_cursor_hittest(false)?;
        window.meet_desktop();
        Ok(window)
    }

    /// Learns how this desktop shows the window, and asks gamescope to show it above the game.
    #[cfg(target_os = "linux")]
    fn meet_desktop(&mut self) {
        use crate::desktop::window::x11::Desktop;
        let Some(window) = self.x11_id() else { return };
        let met = Desktop::connect().and_then(|desktop| {
            // Compositors of Wayland go on showing what lay outside of an outline.
            self.is_whole = desktop.is_xwayland()?;
            self.output = desktop.gamescope_output()?;
            if self.output.is_some() {
                desktop.call_external_overlay(window)?;
            }
            self.desktop = Some(desktop);
            Ok(())
        });
        if let Err(error) = met {
            log::warn!("marks may be shown wrongly here: {error}");
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn meet_desktop(&mut self) {}

    /// An ordinary window.
    ///
    /// # Errors
    /// When there is no window to be had, or nothing to draw with.
    pub fn viewer(event_loop: &ActiveEventLoop) -> Result<Self, OverlayWindowError> {
        let attributes = Window::default_attributes()
            .with_title("Balatro Lens viewer")
            .with_inner_size(PhysicalSize::new(1280, 720));
        Self::open(event_loop, attributes, Transparency::Opaque)
    }

    fn open(
        event_loop: &ActiveEventLoop,
        attributes: winit::window::WindowAttributes,
        transparency: Transparency,
    ) -> Result<Self, OverlayWindowError> {
        let window = event_loop.create_window(attributes)?;
        let size = window.inner_size().into();
        let surface = SurfaceWindow::open(window, size, transparency)?;
        Ok(Self {
            surface,
            area: None,
            output: None,
            #[cfg(target_os = "linux")]
            is_whole: false,
            #[cfg(target_os = "linux")]
            desktop: None,
        })
    }

    fn window(&self) -> &Window {
        self.surface.window()
    }

    /// The graphics device that it is drawn with now.
    pub fn device(&self) -> &wgpu::Device {
        &self.surface.gpu().device
    }

    /// Whether drawing is work for the processors: there is no graphics card, or no driver for it.
    pub(super) fn draws_by_software(&self) -> bool {
        self.surface.gpu().is_software
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.surface.size()
    }

    /// Asks for a call of [`OverlayWindow::draw`].
    pub fn redraw(&self) {
        self.window().request_redraw();
    }

    /// The size of gamescope's output, where the window covers that.
    pub(super) fn output(&self) -> Option<[u32; 2]> {
        self.output
    }

    /// Lays the window over a part of the screen, or over all of gamescope's output, and shows it.
    pub fn cover(&mut self, area: Rect<OnScreen>) {
        let whole = |[width, height]: [u32; 2]| Rect::ltwh(0.0, 0.0, width as f32, height as f32);
        let area = self.output.map_or(area, whole);
        let before = self.area.replace(area);
        if before == Some(area) {
            return;
        }
        let (position, size) = placed(area);
        if before.is_none_or(|before| (before.left, before.top) != (area.left, area.top)) {
            self.window().set_outer_position(position);
        }
        let pixels: PhysicalSize<u32> = size.to_physical(self.window().scale_factor());
        if self.size() != <[u32; 2]>::from(pixels)
            && let Some(size) = self.window().request_inner_size(size)
        {
            self.resized(size.width, size.height);
        }
        if before.is_none() {
            self.window().set_visible(true);
        }
        self.redraw();
    }

    /// The size that it is to have at whatever scale, where it lies over something.
    pub(super) fn wanted_size(&self) -> Option<PhysicalSize<u32>> {
        match placed(self.area?).1 {
            Size::Physical(size) => Some(size),
            // What winit keeps by itself.
            Size::Logical(_) => None,
        }
    }

    pub(super) fn hide(&mut self) {
        if self.area.take().is_some() {
            self.window().set_visible(false);
        }
    }

    /// Gives a viewer the size of its image.
    pub(super) fn fit(&self, width: u32, height: u32) {
        if self.size() != [width, height] {
            // When the desktop decides otherwise, the image is stretched.
            let _ = self.window().request_inner_size(PhysicalSize::new(width, height));
        }
    }

    pub fn resized(&mut self, width: u32, height: u32) {
        self.surface.resize([width, height]);
    }

    /// Draws; returns whether anything was shown. A graphics device that was lost is opened again.
    ///
    /// # Errors
    /// When it is lost again and again, or there is none any more.
    pub fn draw(&mut self, scene: &OverlayScene, backdrop: Backdrop<'_>) -> Result<bool, OverlayWindowError> {
        let drawn = self.surface.draw(scene, backdrop, Window::pre_present_notify)?;
        if drawn == Drawn::Again {
            self.redraw();
        }
        Ok(drawn == Drawn::Shown)
    }

    /// Cuts the window down to what the scene covers, and so much around it.
    #[cfg(target_os = "linux")]
    pub(super) fn outline(&mut self, scene: &OverlayScene, margin: f32) {
        use crate::desktop::window::x11::shape;
        let (Some(window), Some(desktop), false) = (self.x11_id(), &self.desktop, self.is_whole) else {
            return;
        };
        let mut runs = scene::outline::runs(scene, margin);
        if runs.is_empty() && margin > 0.0 {
            // Mutter takes an outline of nothing for none at all, and goes on showing the marks
            // that were drawn last. This corner is drawn see-through.
            runs.push(scene::outline::Run { x: 0, y: 0, width: 1, height: 1 });
        }
        if let Err(error) = shape::set(desktop, window, &runs) {
            log::warn!("cannot cut the window to the marks: {error}");
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn outline(&mut self, _scene: &OverlayScene, _margin: f32) {}

    /// The window's number, where the system lets others speak of it.
    pub(super) fn id(&self) -> WindowId {
        #[cfg(target_os = "linux")]
        let id = self.x11_id().map_or(0, u64::from);
        #[cfg(not(target_os = "linux"))]
        let id = 0;
        WindowId(id)
    }

    /// Whether it is on the screen.
    pub(super) fn is_shown(&self) -> bool {
        self.area.is_some()
    }

    /// Tells the follower which window to keep above the game.
    #[cfg(target_os = "linux")]
    pub(super) fn keep_above(&self, follower: &Follower) {
        if let Some(window) = self.x11_id() {
            follower.keep_above(window);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn keep_above(&self, _follower: &Follower) {}

    #[cfg(target_os = "linux")]
    fn x11_id(&self) -> Option<u32> {
        use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
        match self.window().window_handle().ok()?.as_raw() {
            RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
            RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
            _ => None,
        }
    }
}
