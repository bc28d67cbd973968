//! A recogniser that knows the truth and has faults of its own: corners that tremble, cards that
//! are overlooked, wrong names, names withheld.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lens_core::card_id::CardId;
use lens_core::geometry::Quad;
use lens_core::pixels::Pixels;
use practice::table::{TableCard, TableState};
use vision::network::RunError;
use vision::reading::{Detection, Identity, Reading, Recognise};

/// Says the truth of a moment, with faults.
pub(crate) struct Faulty {
    state: Arc<Mutex<TableState>>,
    names: Vec<CardId>,
    chance: u64,
    read: Arc<AtomicUsize>,
}

impl Faulty {
    /// Says what is in `state`, by names out of `names`; counts in `read` how many cards it read.
    pub(crate) fn new(state: &Arc<Mutex<TableState>>, names: Vec<CardId>, read: &Arc<AtomicUsize>) -> Self {
        Self { state: Arc::clone(state), names, chance: 1, read: Arc::clone(read) }
    }

    /// In `0.0..1.0`, by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    fn share(&mut self) -> f32 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.chance;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn trembling(&mut self, card: &TableCard) -> Detection {
        let reach = 0.012 * card.quad.height();
        let corners = card.quad.to_xy().map(|[x, y]| {
            let mut moved = |value: f32| value + reach * (self.share() + self.share() - 1.0);
            [moved(x), moved(y)]
        });
        Detection { quad: Quad::from_xy(corners), score: 0.9 }
    }
}

impl Recognise for Faulty {
    fn detect(&mut self, _: &Pixels<'_>) -> Result<Vec<Detection>, RunError> {
        let state = self.state.lock().unwrap().clone();
        let mut found = Vec::new();
        for card in state.readable() {
            // Two in a hundred are overlooked.
            if self.share() > 0.02 {
                found.push(self.trembling(card));
            }
        }
        Ok(found)
    }

    fn identify(
        &mut self,
        _: &Pixels<'_>,
        detections: &[Detection],
    ) -> Result<Vec<Option<Reading>>, RunError> {
        self.read.fetch_add(detections.len(), Ordering::Relaxed);
        let state = self.state.lock().unwrap().clone();
        let mut readings = Vec::new();
        for detection in detections {
            let near = |card: &&TableCard| card.quad.largest_corner_shift(detection.quad);
            let card = state.readable().min_by(|a, b| near(a).total_cmp(&near(b))).expect("it was found");
            let fault = self.share();
            let wrong = (self.share() * self.names.len() as f32) as usize;
            let identity = match fault {
                // Five in a hundred are misread, three more not read at all.
                ..0.05 => Identity::Known { id: self.names[wrong].clone(), confidence: 0.55 },
                0.05..0.08 => Identity::Unknown { nearest: None },
                _ => Identity::Known { id: card.id.clone(), confidence: 0.9 },
            };
            readings.push(Some(Reading {
                identity,
                modifiers: card.modifiers.clone(),
                ..Reading::default()
            }));
        }
        Ok(readings)
    }
}
