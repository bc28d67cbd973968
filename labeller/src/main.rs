//! The labeller.

fn main() {}
