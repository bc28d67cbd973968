//! The display server goes while the overlay runs: a message and an exit code of its own, rather than Xlib's.
#![expect(unsafe_code, reason = "Xlib takes a function for it and ends the process when that returns")]

use std::ffi::c_int;

use x11_dl::xlib::{Display, Xlib};

/// Exit code when the display server went.
pub const EXIT_CODE: c_int = 4;

/// Has a lost connection end the program in good order. Where there is no Xlib there is nothing to do.
pub fn end_in_good_order() {
    if let Ok(xlib) = Xlib::open() {
        // SAFETY: the handler is a function of this program, so it outlives every connection, and it never returns.
        unsafe {
            (xlib.XSetIOErrorHandler)(Some(lost));
        }
    }
    // Who notices first is chance: winit asks some things over a connection of its own and unwraps the answer.
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if text.contains("Connection(IoError(") {
            end();
        }
        others(info);
    }));
}

unsafe extern "C" fn lost(_: *mut Display) -> c_int {
    end()
}

fn end() -> ! {
    eprintln!("overlay: lost the display\nhelp: start the overlay again once the desktop is back");
    // SAFETY: ends the process. Nothing is left to be written, and what would run at a regular exit waits for the
    // display that is gone.
    unsafe { libc::_exit(EXIT_CODE) }
}
