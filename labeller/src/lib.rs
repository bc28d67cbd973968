//! The labelling window.
