//! What helps when something does not work: the doctor, reports of crashes and of what was seen,
//! and texts without personal paths.

pub mod doctor;
pub mod panic_hook;
pub mod redact;
pub mod report;
