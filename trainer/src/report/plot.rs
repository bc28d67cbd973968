//! Figures: lines, reliability, confusion matrices, bars and points. Pure.
//!
//! Drawn by `plotters`, because one drawing gives both the SVG of a page and the images of
//! TensorBoard; other libraries give one of them, or need a browser to run in.

mod axes;
mod bars;
mod curves;
mod matrix;
mod points;
mod sheet;

pub(crate) use bars::{Bar, Bars};
pub(crate) use curves::{Lines, Reliability, Series, Unit, is_finite, smoothed};
pub(crate) use matrix::Matrix;
pub(crate) use points::Points;
pub(crate) use sheet::{Ink, picture, svg};
