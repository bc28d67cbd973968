//! Whether anything on this desktop shows tray icons: on Linux a program of the desktop that others
//! may or may not run.

use std::fmt;

/// Who shows tray icons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A panel or an extension does.
    Shows,
    /// Nothing does now; an icon appears as soon as something does.
    Nobody,
    /// Programs cannot talk to each other here.
    NoBus(String),
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shows => formatter.write_str("shown by the desktop"),
            Self::Nobody => formatter.write_str(
                "nothing on this desktop shows tray icons; hotkeys and the local API do the same\nhelp: in GNOME, the extension AppIndicator; elsewhere a panel with a tray",
            ),
            Self::NoBus(reason) => write!(
                formatter,
                "no D-Bus session, so no tray icon ({reason}); hotkeys and the local API do the same"
            ),
        }
    }
}

/// Asks the session bus for the watcher of the [`StatusNotifierItem` specification], and the
/// watcher whether a panel shows the icons that it knows.
///
/// [`StatusNotifierItem` specification]: https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/
#[cfg(target_os = "linux")]
pub fn host() -> Host {
    use zbus::blocking::{Connection, Proxy, fdo::DBusProxy};
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let ask = || -> zbus::Result<bool> {
        let connection = Connection::session()?;
        if !DBusProxy::new(&connection)?.name_has_owner(WATCHER.try_into()?)? {
            return Ok(false);
        }
        let watcher = Proxy::new(&connection, WATCHER, "/StatusNotifierWatcher", WATCHER)?;
        // A watcher that does not answer shows nothing either.
        Ok(watcher.get_property("IsStatusNotifierHostRegistered").unwrap_or(false))
    };
    match ask() {
        Ok(true) => Host::Shows,
        Ok(false) => Host::Nobody,
        Err(error) => Host::NoBus(error.to_string()),
    }
}

/// The system itself shows them.
#[cfg(not(target_os = "linux"))]
pub fn host() -> Host {
    Host::Shows
}
