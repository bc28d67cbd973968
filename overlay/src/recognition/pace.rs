//! How often an image is taken, and how much of the processors recognition may use.

use std::time::Duration;

/// How often and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Frames a second, at most.
    pub per_second: f32,
    /// Share of one core that capturing and recognising may take, and drawing where no graphics
    /// card does it.
    pub share: f32,
    /// Threads that work on one network.
    pub threads: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: 30.0, share: 0.3, threads: threads_beside_a_game() }
    }
}

impl Pace {
    /// From one capture to the next.
    pub(super) fn capture_interval(&self) -> Duration {
        Duration::from_secs_f32(1.0 / self.per_second.clamp(1.0, 240.0))
    }
}

/// Threads that work on one network beside a game: half of the cores, up to four.
///
/// Threads of a network wait for each other after every operation. Where one of them shares its
/// core with the game, which goes first, all of them do: on two cores such an image took 47 to 77
/// ms, where one thread alone takes 14 ms.
pub fn threads_beside_a_game() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, 4)
}
