pub mod optimiser;
