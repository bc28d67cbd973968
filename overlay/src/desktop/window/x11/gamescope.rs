//! gamescope, the compositor of the Steam Deck. It shows the window of one game, as large as fits
//! on the output, and above that one window that calls itself an external overlay: as it is, and
//! only of its first X server.
//!
//! The properties are those of gamescope's `steamcompmgr.cpp`.

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode, Window};
use x11rb::wrapper::ConnectionExt as _;

use super::{Desktop, numbers, quiet};
use crate::desktop::window::error::DesktopError;

impl Desktop {
    /// Width and height of gamescope's output, where this is its first X server.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn gamescope_output(&self) -> Result<Option<[u32; 2]>, DesktopError> {
        const FIRST: u32 = 0;
        let name = self.atoms.GAMESCOPE_XWAYLAND_SERVER_ID;
        let server = numbers(&self.property(self.root, name, AtomEnum::CARDINAL.into())?);
        if server.first() != Some(&FIRST) {
            return Ok(None);
        }
        let size = quiet(self.connection.get_geometry(self.root)?.reply())?;
        Ok(size.map(|size| [size.width.into(), size.height.into()]))
    }

    /// Has gamescope show a window of ours above the game.
    ///
    /// # Errors
    /// When the display is lost.
    pub fn call_external_overlay(&self, window: Window) -> Result<(), DesktopError> {
        let name = self.atoms.GAMESCOPE_EXTERNAL_OVERLAY;
        let kind = AtomEnum::CARDINAL;
        let asked = self.connection.change_property32(PropMode::REPLACE, window, name, kind, &[1])?;
        quiet(asked.check())?;
        Ok(())
    }
}
