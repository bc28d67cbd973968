//! The way from pixels to network input: a whole frame, and one card.

use divan::{Bencher, black_box};
use lens_core::geometry::{InFrame, Quad};
use lens_core::pixels::{ChannelOrder, Pixels};
use lens_core::preprocess::{Letterboxer, Rectifier};

const FRAME: [u32; 2] = [1920, 1080];
const DETECTOR: [u32; 2] = [640, 360];
const IDENTIFIER: [u32; 2] = [72, 96];

fn main() {
    divan::main();
}

fn noise() -> Vec<u8> {
    let bytes = 4 * FRAME[0] * FRAME[1];
    (0..bytes).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn frame(bytes: &[u8]) -> Pixels<'_> {
    Pixels { data: bytes, width: FRAME[0], height: FRAME[1], order: ChannelOrder::Bgrx }
}

#[divan::bench]
fn letterbox(bencher: Bencher<'_, '_>) {
    let bytes = noise();
    let mut letterboxer = Letterboxer::new(DETECTOR[0], DETECTOR[1]);
    let mut packed = vec![0; (3 * DETECTOR[0] * DETECTOR[1]) as usize];
    bencher.bench_local(|| {
        letterboxer.run(black_box(&frame(&bytes)), &mut packed);
        black_box(packed[0])
    });
}

#[divan::bench]
fn rectify(bencher: Bencher<'_, '_>) {
    let bytes = noise();
    let mut rectifier = Rectifier::new(IDENTIFIER[0], IDENTIFIER[1], 1.03);
    let mut packed = vec![0; (3 * IDENTIFIER[0] * IDENTIFIER[1]) as usize];
    let tilted: Quad<InFrame> =
        Quad::from_xy([[700.0, 300.0], [840.0, 320.0], [815.0, 510.0], [675.0, 490.0]]);
    bencher.bench_local(|| {
        rectifier.run_packed(black_box(&frame(&bytes)), black_box(tilted), &mut packed);
        black_box(packed[0])
    });
}
