//! Takes the sheets out of a player's own copy of the game.
