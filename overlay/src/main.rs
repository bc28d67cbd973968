//! The `overlay` program; its command line is [`overlay::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    overlay::cli::main()
}
