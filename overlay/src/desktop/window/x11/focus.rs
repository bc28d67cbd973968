//! Which window has the keyboard, and whether the overlay can lie among the other windows at all.

use x11rb::connection::RequestConnection as _;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, Window};

use super::{Desktop, numbers, quiet};
use crate::desktop::window::error::DesktopError;
use crate::messages::window::{Focus, Stacking};

/// Windows within windows that are looked through, at most.
const MAX_DEPTH: usize = 16;
/// Window managers that show windows of other programs as they like, whatever the server's order.
const OWN_ORDER: [&str; 5] = ["gnome shell", "mutter", "muffin", "gala", "budgie"];

impl Desktop {
    /// How the overlay lies among other windows here.
    pub fn stacking(&self) -> Stacking {
        self.stacking
    }

    /// The window that the window manager says is active; `None` when it says nothing.
    pub(super) fn active(&self) -> Result<Option<Window>, DesktopError> {
        let value = self.property(self.root, self.atoms._NET_ACTIVE_WINDOW, AtomEnum::WINDOW.into())?;
        Ok(numbers(&value).first().copied())
    }

    /// Whether a window has the keyboard.
    pub(super) fn focus(&self, window: Window) -> Result<Focus, DesktopError> {
        let is_here = match self.active()? {
            // On a Wayland desktop it is 0 while a native window has the keyboard.
            Some(active) => active == window,
            None => self.has_input(window)?,
        };
        Ok(if is_here { Focus::Here } else { Focus::Elsewhere })
    }

    /// Whether keys go to a window, or to one in it.
    fn has_input(&self, window: Window) -> Result<bool, DesktopError> {
        let Some(reply) = quiet(self.connection.get_input_focus()?.reply())? else { return Ok(false) };
        let mut current = reply.focus;
        if current == u32::from(InputFocus::POINTER_ROOT) {
            // Without a window manager keys go to where the pointer is.
            let Some(at) = quiet(self.connection.query_pointer(window)?.reply())? else { return Ok(false) };
            let Some(size) = quiet(self.connection.get_geometry(window)?.reply())? else { return Ok(false) };
            let within = |at: i16, size: u16| at >= 0 && i32::from(at) < i32::from(size);
            return Ok(at.same_screen && within(at.win_x, size.width) && within(at.win_y, size.height));
        }
        for _ in 0..MAX_DEPTH {
            if current == window {
                return Ok(true);
            }
            match quiet(self.connection.query_tree(current)?.reply())? {
                Some(tree) if tree.parent != x11rb::NONE => current = tree.parent,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Asks the server and the window manager.
    pub(super) fn find_stacking(&self) -> Result<Stacking, DesktopError> {
        let has_own_order = self
            .window_manager()?
            .is_some_and(|name| OWN_ORDER.iter().any(|own| name.to_lowercase().contains(own)));
        let is_on_top = has_own_order || self.is_xwayland()?;
        Ok(if is_on_top { Stacking::AlwaysOnTop } else { Stacking::Holds })
    }

    /// What the window manager calls itself.
    fn window_manager(&self) -> Result<Option<String>, DesktopError> {
        let check = self.atoms._NET_SUPPORTING_WM_CHECK;
        let Some(&window) = numbers(&self.property(self.root, check, AtomEnum::WINDOW.into())?).first()
        else {
            return Ok(None);
        };
        let name = self.property(window, self.atoms._NET_WM_NAME, AtomEnum::ANY.into())?;
        Ok(Some(String::from_utf8_lossy(&name).into_owned()))
    }

    /// Whether this X server is a guest of a Wayland compositor, which orders windows by itself.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn is_xwayland(&self) -> Result<bool, DesktopError> {
        // Servers since 2023 have an extension of this name; the screens of older ones are called
        // so.
        if self.connection.extension_information("XWAYLAND")?.is_some() {
            return Ok(true);
        }
        if self.connection.extension_information(x11rb::protocol::randr::X11_EXTENSION_NAME)?.is_none() {
            return Ok(false);
        }
        let Some(screens) = quiet(self.connection.randr_get_screen_resources_current(self.root)?.reply())?
        else {
            return Ok(false);
        };
        let Some(&first) = screens.outputs.first() else { return Ok(false) };
        let output = self.connection.randr_get_output_info(first, screens.config_timestamp)?;
        Ok(quiet(output.reply())?.is_some_and(|it| it.name.starts_with(b"XWAYLAND")))
    }
}
