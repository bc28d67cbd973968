//! Trains the recogniser's two networks on composed pictures.
pub mod network;
pub mod onnx;
pub mod quantise;
pub mod schedule;
pub mod train;
