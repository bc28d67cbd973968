//! Card art in, composed pictures with their truth out.
//!
//! * [`art`]: a game's sheets cut into cells; taking them out of a player's own copy.

pub mod art;
