//! Keeps ONNX Runtime from reporting to its maker.
//!
//! Its packages do that by themselves on systems like Unix (1.31 and 1.32 were tried on Linux). The
//! switch of its API comes too late: by then an identifier of the device and a queue of reports lie
//! in the user's cache. Only an environment variable prevents that, when it is set before the
//! library starts.
#![expect(unsafe_code, reason = "what threads read of the environment must not change below them")]

use std::env;

/// What ONNX Runtime asks for before it starts.
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Refuses it for this process and those that it starts.
///
/// # Safety
/// No other thread may run: call it first in `main`.
pub unsafe fn refuse() {
    // SAFETY: the caller says that no other thread runs, which could read the environment.
    unsafe { env::set_var(VARIABLE, "1") };
}

/// Whether it was refused, so that the library may be loaded.
pub(super) fn is_refused() -> bool {
    !cfg!(unix) || env::var_os(VARIABLE).is_some_and(|value| value == "1")
}
