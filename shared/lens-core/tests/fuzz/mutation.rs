//! Damaged copies of good inputs, for a few seconds: what comes from outside must be read or
//! refused, never panic.
//!
//! Runs on stable Rust inside the ordinary tests. The same damage is done in the same order each
//! time; `FUZZ_SECONDS=600 cargo test -p CRATE fuzz` goes on for longer. An input that breaks
//! something is kept in a file.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// Least number of inputs, also where the machine is so busy that the time is over before.
const LEAST: usize = 150;
/// Text that parsers stumble over.
const WORDS: [&[u8]; 20] = [
    b"0",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"null",
    b"true",
    b"\"\"",
    b"[]",
    b"{}",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\0",
    b"..",
    b"/",
    b"%00",
    b"\r\n",
    b"NaN",
    b"[[[[[[[[",
];

/// Shows damaged copies of `seeds` to `check`; answers how many.
///
/// # Panics
/// When `check` does, after the input was written to a file whose name is printed.
pub(crate) fn fuzz(name: &str, seeds: &[Vec<u8>], mut check: impl FnMut(&[u8])) -> usize {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|it| it.parse().ok()).unwrap_or(2.0);
    let (start, length) = (Instant::now(), Duration::from_secs_f32(seconds));
    let mut chance = Chance(0x5EED);
    let mut count = 0;
    while count < LEAST.max(seeds.len()) || start.elapsed() < length {
        // Each seed as it is, then damaged more and more.
        let input = match seeds.get(count) {
            Some(seed) => seed.clone(),
            None => damaged(seeds, &mut chance),
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
            let path = std::env::temp_dir().join(format!("fuzz-{name}-{}", std::process::id()));
            let kept = std::fs::write(&path, &input);
            eprintln!("input {count} breaks it; kept in {} ({kept:?})", path.display());
            resume_unwind(panic);
        }
        count += 1;
    }
    println!("{name}: {count} inputs");
    count
}

fn damaged(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let most = 1 << chance.below(8);
        let length = chance.below(most).min(bytes.len() - at);
        match chance.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 if at < bytes.len() => bytes[at] = chance.below(256) as u8,
            2 => drop(bytes.drain(at..at + length)),
            3 => bytes.truncate(at),
            4 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                bytes.splice(at.., other[from..].iter().copied());
            }
            _ => {
                let word = WORDS[chance.below(WORDS.len())];
                bytes.splice(at..at + length, word.iter().copied());
            }
        }
    }
    bytes
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
