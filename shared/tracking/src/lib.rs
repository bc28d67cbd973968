//! Cards over time: frames and what recognition says of them in, tracks out.
//!
//! * [`frame`]: one captured image.
//! * [`track`]: which card of one frame is which of the next.
//! * [`pipeline`]: recogniser and tracker together; which frames are recognised at all.
//!
//! No thread, no window and no clock: time is an argument.

pub mod frame;
pub mod pipeline;
pub mod track;
