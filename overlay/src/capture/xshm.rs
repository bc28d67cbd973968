//! Captures one X11 window: redirected to a pixmap of its own, read through shared memory, BGRX
//! kept. Where the server shares no memory (a remote one, or one that refuses) the same pixmap is
//! read through the connection, only slower.
//!
//! Redirection (the Composite extension, automatic mode) keeps the image whole where other
//! windows cover it or it hangs off the screen, with and without a compositor, and leaves the
//! overlay out of it. The Damage extension says whether anything was drawn at all. Errors of the
//! server (a window that is minimised or closed meanwhile) are answers here, never panics.

pub mod pixels;
pub mod screen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lens_core::pixels::ChannelOrder;
use rustix::event::{self, PollFd, PollFlags};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ReplyError;
use x11rb::protocol::composite::{self, ConnectionExt as _, Redirect};
use x11rb::protocol::damage::{self, ConnectionExt as _, ReportLevel};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, ImageFormat, ImageOrder, MapState, Pixmap,
    Window,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::pool::Pool;
use super::source::{CaptureError, FrameSource};
use crate::desktop::window::x11::server;
use crate::messages::window::WindowId;
use pixels::PixelFormat;
use tracking::frame::{Bytes, Frame};

/// Captures one window.
#[derive(Debug)]
pub struct WindowSource {
    connection: RustConnection,
    window: Window,
    surface: Option<Surface>,
    damage: Option<damage::Damage>,
    changed: bool,
    pool: Pool,
    format: PixelFormat,
    /// Whether the server shares memory with us, as far as is known.
    shares: bool,
    next_id: u64,
}

/// The window's pixmap, valid until the window changes its size or is unmapped.
#[derive(Clone, Copy, Debug)]
struct Surface {
    pixmap: Pixmap,
    border: u16,
    width: u16,
    height: u16,
}

impl WindowSource {
    /// Redirects the window; it is released when the source is dropped.
    ///
    /// # Errors
    /// When the window is gone, or the server lacks an extension or writes pixels in a way that
    /// cannot be read.
    pub fn open(window: WindowId) -> Result<Self, CaptureError> {
        let unsupported = |what: &str| CaptureError::Unsupported(what.to_owned());
        let window = Window::try_from(window.0).map_err(|_| CaptureError::Gone)?;
        let (connection, _) =
            server::connect_to_game().map_err(|error| CaptureError::Display(error.to_string()))?;
        let has =
            |name| Ok::<_, CaptureError>(connection.extension_information(name).map_err(lost)?.is_some());
        if !has(composite::X11_EXTENSION_NAME)? {
            return Err(unsupported("the X server has no Composite extension"));
        }
        let shares = has(shm::X11_EXTENSION_NAME)?;
        if !shares {
            log::warn!("slower capture: the X server shares no memory (a remote display)");
        }
        if connection.setup().image_byte_order != ImageOrder::LSB_FIRST {
            return Err(unsupported("the X server is big-endian"));
        }
        ask(connection.composite_query_version(0, 4).map_err(lost)?.reply())?;
        let format = pixel_format(&connection, window)?;
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        ask(connection.change_window_attributes(window, &events).map_err(lost)?.check())?;
        ask(connection.composite_redirect_window(window, Redirect::AUTOMATIC).map_err(lost)?.check())?;
        watch_frames(&connection, window)?;
        let damage = watch_damage(&connection, window);
        let pool = Pool::default();
        let surface = None;
        Ok(Self { connection, window, surface, damage, changed: true, pool, format, shares, next_id: 0 })
    }

    /// Reads what the server has told meanwhile.
    fn catch_up(&mut self) -> Result<(), CaptureError> {
        while let Some(event) = self.connection.poll_for_event().map_err(lost)? {
            match event {
                Event::DestroyNotify(event) if event.window == self.window => return Err(CaptureError::Gone),
                Event::DamageNotify(_) => self.changed = true,
                Event::ConfigureNotify(event) if event.window == self.window => {
                    let fits = |surface: &Surface| {
                        (surface.width, surface.height, surface.border)
                            == (event.width, event.height, event.border_width)
                    };
                    if !self.surface.as_ref().is_some_and(fits) {
                        self.release_surface();
                    }
                }
                // Of the window, or of a frame around it: either way there is another pixmap.
                Event::MapNotify(_) | Event::UnmapNotify(_) => self.release_surface(),
                Event::ReparentNotify(_) => {
                    watch_frames(&self.connection, self.window)?;
                    self.release_surface();
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn release_surface(&mut self) {
        self.changed = true;
        if let Some(surface) = self.surface.take() {
            // Nothing depends on the answer: the server frees it at the latest when the connection
            // closes.
            let _ = self.connection.free_pixmap(surface.pixmap);
        }
    }

    /// The window's pixmap, named anew when need be; `None` while it is not shown.
    fn surface(&mut self) -> Result<Option<Surface>, CaptureError> {
        if let Some(surface) = self.surface {
            return Ok(Some(surface));
        }
        let attributes = self.connection.get_window_attributes(self.window).map_err(lost)?;
        let geometry = self.connection.get_geometry(self.window).map_err(lost)?;
        let (attributes, geometry) = (ask(attributes.reply())?, ask(geometry.reply())?);
        if attributes.map_state != MapState::VIEWABLE {
            return Ok(None);
        }
        let pixmap =
            self.connection.generate_id().map_err(|error| CaptureError::Display(error.to_string()))?;
        let named = self.connection.composite_name_window_pixmap(self.window, pixmap).map_err(lost)?;
        if let Err(error) = named.check() {
            // Unmapped between the two questions; a window that is gone shows at the next one.
            return if passing(&error) { Ok(None) } else { Err(lost(error)) };
        }
        let (width, height, border) = (geometry.width, geometry.height, geometry.border_width);
        self.surface = Some(Surface { pixmap, border, width, height });
        Ok(self.surface)
    }

    fn read(&mut self, surface: Surface) -> Result<Frame, CaptureError> {
        let sides = [surface.width, surface.height].map(usize::from);
        let (connection, length) = (&self.connection, self.format.length(sides[0], sides[1]));
        if let Some(damage) = self.damage {
            // Before the image is taken: what is drawn during the copy must count as a change.
            connection.damage_subtract(damage, x11rb::NONE, x11rb::NONE).map_err(lost)?;
        }
        let bytes: Bytes = match self.shares.then(|| self.read_shared(surface, length)) {
            Some(Err(CaptureError::Unsupported(reason))) => {
                log::warn!("slower capture: {reason}");
                self.shares = false;
                Arc::new(self.read_copied(surface)?)
            }
            Some(shared) => shared?,
            None => Arc::new(self.read_copied(surface)?),
        };
        let bytes = match self.format.is_plain() {
            true => bytes,
            false => Arc::new(self.format.plain((*bytes).as_ref(), sides[0], sides[1])),
        };
        let (width, height) = (u32::from(surface.width), u32::from(surface.height));
        let frame = Frame::new(self.next_id, Instant::now(), width, height, ChannelOrder::Bgrx, bytes)
            .map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        self.next_id += 1;
        Ok(frame)
    }

    fn read_shared(&mut self, surface: Surface, length: usize) -> Result<Bytes, CaptureError> {
        let connection = &self.connection;
        let border = surface.border as i16;
        let format = u8::from(ImageFormat::Z_PIXMAP);
        let segment = self.pool.write(connection, length, |segment| {
            let request = connection.shm_get_image(
                surface.pixmap,
                border,
                border,
                surface.width,
                surface.height,
                !0,
                format,
                segment,
                0,
            );
            request
                .map_err(lost)?
                .reply()
                .map(drop)
                .map_err(|error| if passing(&error) { CaptureError::Gone } else { lost(error) })
        })?;
        Ok(segment)
    }

    /// The image in a reply of the server: a copy through the connection.
    fn read_copied(&self, surface: Surface) -> Result<Vec<u8>, CaptureError> {
        let Surface { pixmap, border, width, height } = surface;
        let format = ImageFormat::Z_PIXMAP;
        let request =
            self.connection.get_image(format, pixmap, border as i16, border as i16, width, height, !0);
        let reply = request.map_err(lost)?.reply();
        reply
            .map(|it| it.data)
            .map_err(|error| if passing(&error) { CaptureError::Gone } else { lost(error) })
    }
}

impl FrameSource for WindowSource {
    fn way(&self) -> &'static str {
        if self.shares { "X11 shared memory" } else { "X11 through the connection" }
    }

    fn changed(&mut self) -> Result<bool, CaptureError> {
        self.catch_up()?;
        Ok(self.changed || self.damage.is_none())
    }

    fn wait(&mut self, at_most: Duration) {
        // What was read while an answer was waited for does not come again. What is wrong with the
        // connection is said by the next look.
        if self.catch_up().is_ok() && !self.changed {
            let mut events = [PollFd::new(self.connection.stream(), PollFlags::IN)];
            let timeout = at_most.try_into().expect("a time that a clock can tell");
            let _ = event::poll(&mut events, Some(&timeout));
        }
    }

    fn grab(&mut self) -> Result<Option<Frame>, CaptureError> {
        self.catch_up()?;
        // A pixmap that went stale between the events and the copy is named anew once.
        for _ in 0..2 {
            let Some(surface) = self.surface()? else { return Ok(None) };
            match self.read(surface) {
                Ok(frame) => {
                    self.changed = false;
                    return Ok(Some(frame));
                }
                Err(CaptureError::Gone) => self.release_surface(),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// How the pixels of a window are written.
fn pixel_format(connection: &RustConnection, window: Window) -> Result<PixelFormat, CaptureError> {
    let attributes = ask(connection.get_window_attributes(window).map_err(lost)?.reply())?;
    let depth = ask(connection.get_geometry(window).map_err(lost)?.reply())?.depth;
    PixelFormat::of(connection.setup(), depth, attributes.visual).ok_or_else(|| {
        CaptureError::Unsupported(format!("pixels of the window's colour depth, {depth}, cannot be read"))
    })
}

/// Asks to be told of the frames around a window as well: some window managers hide a window by
/// hiding its frame, of which the window itself is not told.
fn watch_frames(connection: &RustConnection, window: Window) -> Result<(), CaptureError> {
    let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    let mut current = window;
    loop {
        let tree = match connection.query_tree(current).map_err(lost)?.reply() {
            Ok(tree) if tree.parent != tree.root && tree.parent != x11rb::NONE => tree,
            // Gone meanwhile: it is said where the window itself is asked.
            Ok(_) | Err(ReplyError::X11Error(_)) => return Ok(()),
            Err(error) => return Err(lost(error)),
        };
        current = tree.parent;
        if let Err(error) = connection.change_window_attributes(current, &events).map_err(lost)?.check()
            && !passing(&error)
        {
            return Err(lost(error));
        }
    }
}

/// Asks to be told of drawing; without it every image is taken and compared.
fn watch_damage(connection: &RustConnection, window: Window) -> Option<damage::Damage> {
    connection.extension_information(damage::X11_EXTENSION_NAME).ok()??;
    connection.damage_query_version(1, 1).ok()?.reply().ok()?;
    let id = connection.generate_id().ok()?;
    connection.damage_create(id, window, ReportLevel::NON_EMPTY).ok()?.check().ok()?;
    Some(id)
}

/// An error that only says that the window or its pixmap is no longer what it was.
fn passing(error: &ReplyError) -> bool {
    let kinds = [ErrorKind::Window, ErrorKind::Drawable, ErrorKind::Match, ErrorKind::Pixmap];
    matches!(error, ReplyError::X11Error(error) if kinds.contains(&error.error_kind))
}

fn ask<T>(answer: Result<T, ReplyError>) -> Result<T, CaptureError> {
    answer.map_err(|error| if passing(&error) { CaptureError::Gone } else { lost(error) })
}

fn lost(error: impl std::error::Error) -> CaptureError {
    CaptureError::Display(error.to_string())
}
