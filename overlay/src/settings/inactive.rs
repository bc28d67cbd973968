//! What becomes of the marks while the player is elsewhere.

/// Whether marks stay while another window has the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inactive {
    /// Where they lie below windows that cover the game.
    #[default]
    Auto,
    /// They do: for people with two screens.
    Shown,
    /// They do not.
    Hidden,
}

impl Inactive {
    /// All of them, by their names in the file.
    pub const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("shown", Self::Shown), ("hidden", Self::Hidden)];
}
