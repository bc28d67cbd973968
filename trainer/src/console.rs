//! What commands tell on the standard output, and [`progress`]: how far long work is.

/// Prints a line like `println!`; that nobody reads it any more, as after `trainer train | head`,
/// ends no training.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

pub mod progress;
