//! The font of everything that is drawn: one file, whoever draws.

/// DejaVu Sans Bold, as a TrueType file.
pub const DEJAVU_SANS_BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.ttf");
