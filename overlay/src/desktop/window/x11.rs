//! X11: the list of windows, where they are, whether a compositor runs.

pub mod focus;
pub mod follow;
mod gamescope;
pub mod lost;
pub mod server;
pub mod shape;

use std::path::Path;

use lens_core::geometry::{OnScreen, Point, Rect};
use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, MapState, Window};
use x11rb::rust_connection::RustConnection;

use super::error::DesktopError;
use crate::messages::window::{Compositor, Placement, Stacking, WindowId, WindowInfo};

x11rb::atom_manager! {
    /// The names that this program asks for.
    Atoms: AtomsCookie {
        _NET_ACTIVE_WINDOW,
        _NET_CLIENT_LIST,
        _NET_CLIENT_LIST_STACKING,
        _NET_CURRENT_DESKTOP,
        _NET_SUPPORTING_WM_CHECK,
        _NET_WM_DESKTOP,
        _NET_WM_NAME,
        _NET_WM_PID,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
        GAMESCOPE_EXTERNAL_OVERLAY,
        GAMESCOPE_XWAYLAND_SERVER_ID,
        UTF8_STRING,
        WM_STATE,
    }
}

/// Frames that a window manager puts around a window, at most.
const MAX_FRAMES: u32 = 4;

/// A connection to the display.
pub struct Desktop {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
    screen: usize,
    atoms: Atoms,
    stacking: Stacking,
}

impl Desktop {
    /// Connects to the display named by `DISPLAY`, on which the overlay's window is.
    ///
    /// # Errors
    /// When there is none.
    pub fn connect() -> Result<Self, DesktopError> {
        Self::new(x11rb::connect(None))
    }

    /// Connects to the display that the game is on.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn connect_to_game() -> Result<Self, DesktopError> {
        Self::new(server::connect_to_game())
    }

    fn new(connected: Result<(RustConnection, usize), ConnectError>) -> Result<Self, DesktopError> {
        let none = |error: &dyn std::error::Error| DesktopError::NoDisplay(error.to_string());
        let (connection, screen) = connected.map_err(|error| none(&error))?;
        let atoms = Atoms::new(&connection).map_err(|error| none(&error))?;
        let atoms = atoms.reply().map_err(|error| none(&error))?;
        let root = connection.setup().roots[screen].root;
        let mut desktop = Self { connection, root, screen, atoms, stacking: Stacking::Holds };
        desktop.stacking = desktop.find_stacking()?;
        Ok(desktop)
    }

    /// The windows that people see as such, from the bottom to the top.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn windows(&self) -> Result<Vec<WindowInfo>, DesktopError> {
        let list = |name| {
            Ok::<_, DesktopError>(numbers(&self.property(self.root, name, AtomEnum::WINDOW.into())?))
        };
        let mut windows = list(self.atoms._NET_CLIENT_LIST_STACKING)?;
        if windows.is_empty() {
            // Some window managers keep no order, some none while there is one window only.
            windows = list(self.atoms._NET_CLIENT_LIST)?;
        }
        if windows.is_empty() {
            self.collect_managed(self.root, MAX_FRAMES, &mut windows)?;
        }
        if windows.is_empty() {
            // No window manager: every window on the root is one that people see.
            windows = self.children(self.root)?;
        }
        let described = windows.into_iter().map(|window| self.describe(window));
        described.filter_map(Result::transpose).collect()
    }

    /// The windows below one that a window manager cares for, as their `WM_STATE` says. They lie in
    /// at most `depth` frames.
    fn collect_managed(&self, below: Window, depth: u32, into: &mut Vec<Window>) -> Result<(), DesktopError> {
        for window in self.children(below)? {
            if !self.property(window, self.atoms.WM_STATE, AtomEnum::ANY.into())?.is_empty() {
                into.push(window);
            } else if depth > 1 {
                self.collect_managed(window, depth - 1, into)?;
            }
        }
        Ok(())
    }

    fn children(&self, window: Window) -> Result<Vec<Window>, DesktopError> {
        Ok(quiet(self.connection.query_tree(window)?.reply())?.map_or(Vec::new(), |it| it.children))
    }

    /// `None` for windows of this program: the overlay must not find itself.
    fn describe(&self, window: Window) -> Result<Option<WindowInfo>, DesktopError> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace('\0', " ").trim().to_owned();
        let mut title = text(self.property(window, self.atoms._NET_WM_NAME, AtomEnum::ANY.into())?);
        if title.is_empty() {
            title = text(self.property(window, AtomEnum::WM_NAME.into(), AtomEnum::ANY.into())?);
        }
        let class = text(self.property(window, AtomEnum::WM_CLASS.into(), AtomEnum::ANY.into())?);
        let pid = self.property(window, self.atoms._NET_WM_PID, AtomEnum::CARDINAL.into())?;
        let pid = <[u8; 4]>::try_from(pid).ok().map(u32::from_ne_bytes);
        if pid == Some(std::process::id()) {
            return Ok(None);
        }
        let executable = pid.and_then(executable);
        let program = [class, executable.unwrap_or_default()].join(" ").trim().to_owned();
        Ok(Some(WindowInfo { id: WindowId(u64::from(window)), title, program }))
    }

    /// Where a window is now.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn placement(&self, window: Window) -> Result<Placement, DesktopError> {
        let id = WindowId(u64::from(window));
        let attributes = self.connection.get_window_attributes(window)?;
        let geometry = self.connection.get_geometry(window)?;
        let position = self.connection.translate_coordinates(window, self.root, 0, 0)?;
        let (attributes, geometry, position) =
            (quiet(attributes.reply())?, quiet(geometry.reply())?, quiet(position.reply())?);
        let (Some(attributes), Some(geometry), Some(position)) = (attributes, geometry, position) else {
            return Ok(Placement::Absent);
        };
        let is_away = self.stacking == Stacking::AlwaysOnTop && self.is_on_another_workspace(window)?;
        if attributes.map_state != MapState::VIEWABLE || is_away || self.is_minimised(window)? {
            return Ok(Placement::Hidden { window: id });
        }
        let area: Rect<OnScreen> = Rect::ltwh(
            f32::from(position.dst_x),
            f32::from(position.dst_y),
            f32::from(geometry.width),
            f32::from(geometry.height),
        );
        Ok(Placement::Shown { window: id, area })
    }

    /// Some window managers keep minimised windows mapped, for previews.
    fn is_minimised(&self, window: Window) -> Result<bool, DesktopError> {
        let states = self.property(window, self.atoms._NET_WM_STATE, AtomEnum::ATOM.into())?;
        let hidden = self.atoms._NET_WM_STATE_HIDDEN.to_ne_bytes();
        Ok(states.chunks_exact(4).any(|state| state == hidden))
    }

    /// Some desktops keep the windows of all workspaces mapped, and show those of one.
    fn is_on_another_workspace(&self, window: Window) -> Result<bool, DesktopError> {
        const ON_ALL: u32 = u32::MAX;
        let cardinal = AtomEnum::CARDINAL.into();
        let own = numbers(&self.property(window, self.atoms._NET_WM_DESKTOP, cardinal)?);
        let shown = numbers(&self.property(self.root, self.atoms._NET_CURRENT_DESKTOP, cardinal)?);
        Ok(match (own.first(), shown.first()) {
            (Some(own), Some(shown)) => own != shown && *own != ON_ALL,
            _ => false,
        })
    }

    /// The name under which a compositor registers itself.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn compositor_selection(&self) -> Result<Atom, DesktopError> {
        let name = format!("_NET_WM_CM_S{}", self.screen);
        let reply = self.connection.intern_atom(false, name.as_bytes())?.reply();
        reply.map(|reply| reply.atom).map_err(|error| DesktopError::Lost(error.to_string()))
    }

    /// Whether a compositor runs.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn compositor(&self) -> Result<Compositor, DesktopError> {
        let selection = self.compositor_selection()?;
        let owner = quiet(self.connection.get_selection_owner(selection)?.reply())?;
        Ok(compositor_of(owner.map_or(x11rb::NONE, |reply| reply.owner)))
    }

    /// Bits of a pixel of the screen.
    pub fn depth(&self) -> u8 {
        self.connection.setup().roots[self.screen].root_depth
    }

    /// Where the mouse pointer is; `None` when it is on another screen.
    pub(crate) fn pointer(&self) -> Option<Point<OnScreen>> {
        let reply = self.connection.query_pointer(self.root).ok()?.reply().ok()?;
        reply.same_screen.then(|| Point::new(f32::from(reply.root_x), f32::from(reply.root_y)))
    }

    fn property(&self, window: Window, name: Atom, kind: Atom) -> Result<Vec<u8>, DesktopError> {
        let reply = self.connection.get_property(false, window, name, kind, 0, 4096)?.reply();
        Ok(quiet(reply)?.map_or(Vec::new(), |reply| reply.value))
    }
}

/// The windows of the desktop, from the bottom to the top.
///
/// # Errors
/// When there is no display.
pub fn list() -> Result<Vec<WindowInfo>, DesktopError> {
    Desktop::connect_to_game()?.windows()
}

/// A property of 32-bit numbers.
fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|it| u32::from_ne_bytes([it[0], it[1], it[2], it[3]])).collect()
}

/// File name of a process's program; for Windows programs under Proton that of the `.exe`.
fn executable(pid: u32) -> Option<String> {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let first = String::from_utf8_lossy(command.split(|&byte| byte == 0).next()?).into_owned();
    let name = first.rsplit(['/', '\\']).next()?;
    Some(Path::new(name).to_string_lossy().into_owned())
}

/// Whether a compositor runs, by the owner of its selection.
fn compositor_of(owner: Window) -> Compositor {
    if owner == x11rb::NONE { Compositor::Absent } else { Compositor::Running }
}

/// A window that is gone is no error: the reply is `None`.
fn quiet<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, DesktopError> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(ReplyError::ConnectionError(error)) => Err(error.into()),
    }
}

impl From<ConnectionError> for DesktopError {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}
