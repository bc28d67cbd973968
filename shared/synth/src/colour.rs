//! Hue, saturation and lightness, as the game's shaders convert them: hue in `0.0..=1.0`, wrapping.

/// From red, green and blue in `0.0..=1.0`.
#[inline]
pub(crate) fn hsl_from_rgb([r, g, b]: [f32; 3]) -> [f32; 3] {
    let low = r.min(g).min(b);
    let high = r.max(g).max(b);
    let (delta, sum) = (high - low, high + low);
    let lightness = 0.5 * sum;
    if delta <= 0.0 {
        return [0.0, 0.0, lightness];
    }
    let saturation = if lightness < 0.5 { delta / sum } else { delta / (2.0 - sum) };
    let hue = if high == r {
        (g - b) / delta
    } else if high == g {
        (b - r) / delta + 2.0
    } else {
        (r - g) / delta + 4.0
    };
    [wrapped(hue / 6.0), saturation, lightness]
}

/// Back to red, green and blue; lightness beyond one gives values beyond one, as on the graphics
/// card.
#[inline]
pub(crate) fn rgb_from_hsl([hue, saturation, lightness]: [f32; 3]) -> [f32; 3] {
    if saturation < 0.0001 {
        return [lightness; 3];
    }
    let top = if lightness < 0.5 {
        saturation * lightness + lightness
    } else {
        lightness + saturation - saturation * lightness
    };
    let bottom = 2.0 * lightness - top;
    let channel = |offset: f32| {
        let hue = wrapped(hue + offset) * 6.0;
        // Up within the first sixth of a turn, down within the fourth.
        let slope = hue.min(4.0 - hue).clamp(0.0, 1.0);
        bottom + (top - bottom) * slope
    };
    [channel(1.0 / 3.0), channel(0.0), channel(-1.0 / 3.0)]
}

/// The part of a turn, in `0.0..=1.0`.
#[inline]
fn wrapped(turns: f32) -> f32 {
    let part = turns - (turns as i32) as f32;
    if part < 0.0 { part + 1.0 } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive_the_round_trip() {
        for rgb in [[0.2, 0.5, 0.9], [1.0, 0.0, 0.0], [0.1, 0.1, 0.1], [0.9, 0.8, 0.1], [0.6, 0.1, 0.5]] {
            let back = rgb_from_hsl(hsl_from_rgb(rgb));
            assert!(rgb.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-4), "{rgb:?} {back:?}");
        }
    }
}
