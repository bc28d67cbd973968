//! A coarse signature of a frame: did something happen since the last one that was recognised?
//!
//! Mean colours of a coarse grid, of a few samples each. The game's background stirs and its cards
//! sway all the time, which changes every cell a little; a card that comes, goes or turns over
//! changes many cells a lot.

use lens_core::pixels::Pixels;

/// Cells along the longer side of a frame; a card covers thirty of them or more.
const CELLS: u32 = 48;
/// Samples along each side of a cell.
const SAMPLES: u32 = 3;
/// Mean difference of a channel from which a cell has changed.
const MIN_CELL_DIFFERENCE: u32 = 28;
/// Cells that must have changed.
const MIN_CHANGED_CELLS: usize = 8;

/// What a frame looks like from afar; the default differs from every frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameSignature {
    columns: u32,
    cells: Vec<[u8; 3]>,
}

impl FrameSignature {
    /// Of a frame.
    pub fn new(frame: &Pixels<'_>) -> Self {
        let side = (frame.width.max(frame.height) / CELLS).max(1);
        let (columns, rows) = (frame.width.div_ceil(side), frame.height.div_ceil(side));
        let cell = |index: u32| {
            let (left, top) = (index % columns * side, index / columns * side);
            let mut sum = [0_u32; 3];
            for sample in 0..SAMPLES * SAMPLES {
                let within = |step: u32| (2 * step + 1) * side / (2 * SAMPLES);
                let x = (left + within(sample % SAMPLES)).min(frame.width - 1);
                let y = (top + within(sample / SAMPLES)).min(frame.height - 1);
                sum.iter_mut().zip(frame.rgb(x, y)).for_each(|(sum, byte)| *sum += u32::from(byte));
            }
            sum.map(|sum| (sum / (SAMPLES * SAMPLES)) as u8)
        };
        Self { columns, cells: (0..columns * rows).map(cell).collect() }
    }

    /// Whether something happened between two frames; frames of other sizes always differ.
    pub fn differs_from(&self, before: &Self) -> bool {
        if (self.columns, self.cells.len()) != (before.columns, before.cells.len()) {
            return true;
        }
        let differs = |(a, b): (&[u8; 3], &[u8; 3])| {
            let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            sum > 3 * MIN_CELL_DIFFERENCE
        };
        self.cells.iter().zip(&before.cells).filter(|&cells| differs(cells)).count() >= MIN_CHANGED_CELLS
    }
}
