//! Random sampling of changes, in ranges that leave a card recognisable.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use crate::random::normal;

/// How much images are changed on the fly in training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not at all.
    None,
    /// Shifted by a pixel or so, a little brighter or darker.
    Light,
    /// Also turned, zoomed, blurred and noised a little.
    #[default]
    Train,
    /// Much of it, and sometimes a part is covered.
    Heavy,
}

/// A kind of change for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Turned by up to 15 degrees
    Rotate,
    /// Cut by up to 12 %, and resized
    Crop,
    /// Mirrored: off by default, because cards are not symmetric
    Flip,
    /// Brighter or darker by up to a quarter
    Brightness,
    /// More or less contrast by up to a quarter
    Contrast,
    /// Blurred
    Blur,
    /// Noise added
    Noise,
    /// Colours inverted; the copy of a plain card is labelled Negative. Off by default
    Negative,
}

/// Those that are on by default.
pub const USUAL: [Kind; 6] =
    [Kind::Rotate, Kind::Crop, Kind::Brightness, Kind::Contrast, Kind::Blur, Kind::Noise];

/// Changes for one sample of a training step.
pub fn on_the_fly(level: Level, random: &mut ChaCha8Rng) -> Vec<Change> {
    // Deviations of turn, zoom, shift, brightness, contrast and tint; blur, noise and cover as
    // chance and size.
    let (turn, zoom, shift, brightness, contrast, tint, blur, noise, cover) = match level {
        Level::None => return Vec::new(),
        Level::Light => (0.0, 0.0, 0.01, 0.04, 0.0, 0.03, (0.0, 0.0), (0.0, 0.0), 0.0),
        Level::Train => (2.5, 0.035, 0.02, 0.07, 0.1, 0.05, (0.15, 0.8), (0.25, 6.0), 0.0),
        Level::Heavy => (7.0, 0.09, 0.05, 0.14, 0.2, 0.1, (0.35, 1.5), (0.5, 14.0), 0.3),
    };
    let mut of = |deviation: f32| deviation * normal(random).clamp(-2.5, 2.5);
    let mut changes = vec![
        Change::Rotate(of(turn)),
        Change::Zoom(of(zoom).exp()),
        Change::Shift([of(shift), of(shift)]),
        Change::Contrast(of(contrast)),
        Change::Tint([of(tint).exp(), of(tint).exp(), of(tint).exp()]),
        Change::Brightness(of(brightness)),
    ];
    if random.random::<f32>() < blur.0 {
        changes.push(Change::Blur(random.random_range(0.3..blur.1)));
    }
    if random.random::<f32>() < noise.0 {
        changes.push(Change::Noise(random.random_range(1.0..noise.1)));
    }
    if random.random::<f32>() < cover {
        let (width, height) = (random.random_range(0.1..0.5), random.random_range(0.1..0.4));
        let place =
            [random.random_range(0.0..1.0 - width), random.random_range(0.0..1.0 - height), width, height];
        changes.push(Change::Cover(place, random.random()));
    }
    changes
}

/// One or two changes of different kinds, for a file.
///
/// # Panics
/// When there are no kinds; the command line asks for one.
pub fn for_file(kinds: &[Kind], random: &mut ChaCha8Rng) -> Vec<Change> {
    assert!(!kinds.is_empty(), "there are kinds to choose from");
    let count = if random.random::<f32>() < 0.4 { 2 } else { 1 };
    let mut left = kinds.to_vec();
    let mut changes = Vec::new();
    while changes.len() < count && !left.is_empty() {
        let kind = left.swap_remove(random.random_range(0..left.len()));
        let mut signed = |low: f32, high: f32| {
            let value = random.random_range(low..high);
            if random.random() { value } else { -value }
        };
        changes.push(match kind {
            Kind::Rotate => Change::Rotate(signed(3.0, 15.0).round()),
            Kind::Crop => Change::Zoom(1.0 + random.random_range(0.03..0.12_f32)),
            Kind::Flip => Change::Flip,
            Kind::Brightness => Change::Brightness(signed(0.08, 0.25)),
            Kind::Contrast => Change::Contrast(signed(0.08, 0.25)),
            Kind::Blur => Change::Blur(random.random_range(0.5..1.5)),
            Kind::Noise => Change::Noise(random.random_range(4.0..16.0)),
            Kind::Negative => Change::Negative,
        });
    }
    changes
}
