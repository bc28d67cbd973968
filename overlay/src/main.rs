//! The `overlay` program; its command line is [`overlay::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // A mod is run by this very program, in a process that has walls around it.
    mods::child_main();
    overlay::cli::main()
}
