//! The `overlay` program; its command line is [`overlay::cli`].
#![expect(unsafe_code, reason = "the environment is changed before there are threads")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // A mod is run by this very program, in a process that has walls around it.
    mods::child_main();
    // SAFETY: no other thread runs yet.
    unsafe { vision::runtime::telemetry::refuse() };
    overlay::cli::main()
}
