//! How often gliding cards are drawn between two images.
//!
//! A graphics card draws them at every refresh of the screen. A driver that draws by software does
//! it on the processors that the game wants as well: there, drawing between images keeps to a
//! small share of one core.

use std::time::Duration;

/// A screen of 60 Hz shows no more.
const REFRESH_INTERVAL: Duration = Duration::from_millis(16);
/// Share of one core for drawing by software between two images.
const MAX_SHARE: f64 = 0.1;
/// Weight of the last drawing in the running mean of the cost.
const SMOOTHING: f64 = 0.2;

/// Knows what drawing costs.
#[derive(Debug, Default)]
pub(super) struct Cadence {
    /// Seconds of a processor for drawing once by software; 0.0 for a graphics card.
    cost: f64,
}

impl Cadence {
    /// The scene was drawn by software, which took this time of a processor.
    pub(super) fn drew_by_software(&mut self, cost: Duration) {
        let cost = cost.as_secs_f64();
        self.cost = if self.cost > 0.0 { self.cost + SMOOTHING * (cost - self.cost) } else { cost };
    }

    /// From one drawing of gliding cards to the next.
    pub(super) fn draw_interval(&self) -> Duration {
        REFRESH_INTERVAL.max(Duration::from_secs_f64(self.cost / MAX_SHARE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graphics_card_draws_at_every_refresh_and_software_as_often_as_it_may() {
        let mut cadence = Cadence::default();
        assert_eq!(cadence.draw_interval(), REFRESH_INTERVAL);
        cadence.drew_by_software(Duration::from_millis(8));
        assert_eq!(cadence.draw_interval(), Duration::from_millis(80));
        for _ in 0..50 {
            cadence.drew_by_software(Duration::from_millis(2));
        }
        assert!((19..23).contains(&cadence.draw_interval().as_millis()), "{:?}", cadence.draw_interval());
    }
}
