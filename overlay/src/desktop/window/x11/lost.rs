//! The display server goes while the overlay runs: a message and an exit code of its own, whoever
//! notices first.
//!
//! Xlib ends the process by itself, winit unwraps an answer that does not come, and a graphics
//! driver may stumble over it in its own code, or never come back from there. The last two need
//! more than a hook: a connection that nobody uses tells whether the display was the reason, and a
//! thread waits for its end.
#![expect(unsafe_code, reason = "Xlib and the system take functions for it")]

use std::ffi::{CString, c_int};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use x11_dl::xlib::{Display, Xlib};

use super::Desktop;
use crate::messages::worker;

/// Exit code when the display server went.
pub const EXIT_CODE: c_int = 4;

const MESSAGE: &str = "overlay: lost the display\nhelp: start the overlay again once the desktop is back\n";
/// What a driver may die of.
const FAULTS: [c_int; 3] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT];
/// How long the program may take to end by itself once the display is gone.
const GRACE: Duration = Duration::from_secs(2);
/// The connections of a process do not all break in the same instant.
const POLL_TIMEOUT_MS: c_int = 200;

/// The connection that is only there to be looked at.
static WITNESS: AtomicI32 = AtomicI32::new(-1);
/// A file that must not outlive the program.
static LEFT_BEHIND: OnceLock<CString> = OnceLock::new();
/// What was to happen on each of [`FAULTS`] before.
static BEFORE: [OnceLock<libc::sigaction>; FAULTS.len()] = [const { OnceLock::new() }; FAULTS.len()];

/// Has a lost connection end the program in good order. Where there is no Xlib there is nothing to
/// do for it.
pub fn end_in_good_order() {
    if let Ok(xlib) = Xlib::open() {
        // SAFETY: the handler is a function of this program, so it outlives every connection, and
        // it never returns.
        unsafe {
            (xlib.XSetIOErrorHandler)(Some(lost));
        }
    }
    // Who notices first is chance: winit asks some things over a connection of its own and unwraps
    // the answer.
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if text.contains("Connection(IoError(") {
            end();
        }
        others(info);
    }));
    if let Ok(desktop) = Desktop::connect() {
        WITNESS.store(desktop.connection.stream().as_raw_fd(), Ordering::Relaxed);
        watch_for_faults();
        match worker::spawn("display", move || wait_for_end(&desktop)) {
            // It ends with the process.
            Ok(worker) => std::mem::forget(worker),
            Err(error) => log::warn!("the end of the display may go unnoticed: {error}"),
        }
    }
}

/// Ends the process some time after the display has gone, should it run still: Mesa's software
/// driver, in the middle of showing an image, goes on with that for ever.
fn wait_for_end(desktop: &Desktop) {
    let connection = desktop.connection.stream();
    // Asked for nothing, it tells of the end alone: what the server sends to all is not read here.
    while matches!(poll(&mut [PollFd::new(connection, PollFlags::empty())], None), Ok(0) | Err(Errno::INTR)) {
    }
    std::thread::sleep(GRACE);
    end();
}

/// Has a file removed when the display goes: it says where this program listens.
pub fn remove_at_end(file: &Path) {
    if let Ok(path) = CString::new(file.as_os_str().as_bytes()) {
        // There is one such file.
        let _ = LEFT_BEHIND.set(path);
    }
}

#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one call of the system, and what it needs")]
#[expect(clippy::fn_to_numeric_cast_any, reason = "the system takes a handler as a number")]
fn watch_for_faults() {
    for (fault, before) in FAULTS.into_iter().zip(&BEFORE) {
        let mut old = MaybeUninit::uninit();
        // SAFETY: the handler keeps to what is allowed in one, and `old` is read only where the
        // system has filled it.
        unsafe {
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = fault_happened as *const () as usize;
            new.sa_flags = libc::SA_ONSTACK;
            if libc::sigaction(fault, &raw const new, old.as_mut_ptr()) == 0 {
                // Only the first time counts: later it would be this handler.
                let _ = before.set(old.assume_init());
            }
        }
    }
}

extern "C" fn fault_happened(fault: c_int) {
    if is_gone(WITNESS.load(Ordering::Relaxed)) {
        end();
    }
    // Not the display's doing: what would have happened without this happens now.
    let index = FAULTS.iter().position(|it| *it == fault);
    if let Some(before) = index.and_then(|index| BEFORE[index].get()) {
        // SAFETY: `before` is what the system itself told.
        unsafe { libc::sigaction(fault, before, std::ptr::null_mut()) };
    }
    // SAFETY: may be called here; it takes effect when this returns.
    unsafe { libc::raise(fault) };
}

/// Whether the other side of a connection has closed it.
fn is_gone(connection: RawFd) -> bool {
    let mut asked = libc::pollfd { fd: connection, events: 0, revents: 0 };
    // SAFETY: `asked` outlives the call, which is allowed in a signal handler.
    unsafe { libc::poll(&raw mut asked, 1, POLL_TIMEOUT_MS) > 0 }
}

unsafe extern "C" fn lost(_: *mut Display) -> c_int {
    end()
}

#[expect(clippy::multiple_unsafe_ops_per_block, reason = "both for the same reason, in this order")]
fn end() -> ! {
    if let Some(path) = LEFT_BEHIND.get() {
        // SAFETY: allowed in a signal handler, and the path ends with a zero.
        unsafe { libc::unlink(path.as_ptr()) };
    }
    // SAFETY: both are allowed in a signal handler. Nothing is left to be written, and what would
    // run at a regular exit waits for the display that is gone.
    unsafe {
        libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
        libc::_exit(EXIT_CODE)
    }
}
