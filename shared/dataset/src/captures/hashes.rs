//! Perceptual hashes of a crop, and the colours that tell apart what they cannot.

use std::fmt;

use image::RgbaImage;
use image::imageops;
use image_hasher::{HashAlg, Hasher, HasherConfig};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Columns and rows of the colour signature.
pub const COLOUR_GRID: [u32; 2] = [6, 8];
const CELLS: usize = (COLOUR_GRID[0] * COLOUR_GRID[1]) as usize;
/// Share of the crop's sides that is left out at each edge: what lies behind a card's round corners
/// moves.
const EDGE_SHARE: f32 = 0.07;
/// Mean difference of a cell's channels, of 255, from which colours disagree: no two cards or
/// editions of the practice deck that look alike in grey differ by less than 7 everywhere. To save
/// a card twice costs little, to miss one much.
const COLOURS_AGREE_BELOW: u32 = 6;

/// Bits of [`Hashes::shapes`] by which a duplicate may differ: 95 in 100 cards that are moved by
/// one pixel stay within.
const SHAPES_DUPLICATE: u32 = 17;

/// What a crop looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    /// The lowest frequencies against their median: shapes, whatever the light. Files of earlier
    /// versions have `dct` in its place, of which nearly all bits were zero.
    #[serde(default, with = "hex::known", skip_serializing_if = "Option::is_none")]
    pub shapes: Option<u64>,
    /// Brighter than the mean, cell by cell.
    #[serde(with = "hex")]
    pub mean: u64,
    /// Brighter than the cell to the right.
    #[serde(with = "hex")]
    pub gradient: u64,
    /// Coarse colours.
    pub colours: Colours,
}

/// Mean red, green and blue of each cell of a coarse grid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colours([u8; CELLS * 3]);

/// Computes hashes; keeps its tables.
pub struct Hashing {
    shapes: Hasher<[u8; 8]>,
    mean: Hasher<[u8; 8]>,
    gradient: Hasher<[u8; 8]>,
}

impl fmt::Debug for Hashing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hashing").finish_non_exhaustive()
    }
}

impl Default for Hashing {
    fn default() -> Self {
        let config = || HasherConfig::with_bytes_type::<[u8; 8]>().hash_size(8, 8);
        Self {
            shapes: config().preproc_dct().hash_alg(HashAlg::Median).to_hasher(),
            mean: config().hash_alg(HashAlg::Mean).to_hasher(),
            gradient: config().hash_alg(HashAlg::Gradient).to_hasher(),
        }
    }
}

impl Hashing {
    /// The hashes of an upright crop that shows one card; transparency is ignored.
    pub fn hash(&self, crop: &RgbaImage) -> Hashes {
        let inset = |side: u32| (side as f32 * EDGE_SHARE).round() as u32;
        let (left, top) = (inset(crop.width()), inset(crop.height()));
        let (width, height) = (crop.width() - 2 * left, crop.height() - 2 * top);
        let inner = imageops::crop_imm(crop, left, top, width.max(1), height.max(1)).to_image();
        let bits = |hasher: &Hasher<[u8; 8]>| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(hasher.hash_image(&inner).as_bytes());
            u64::from_be_bytes(bytes)
        };
        Hashes {
            shapes: Some(bits(&self.shapes)),
            mean: bits(&self.mean),
            gradient: bits(&self.gradient),
            colours: Colours::from_image(&inner),
        }
    }
}

/// What so many bits of [`Hashes::shapes`] count for beside the other two: a shift by one pixel
/// turns twice as many of them over, and images that have nothing in common differ by 32.
pub(super) fn of_shapes(bits: u32) -> u32 {
    use super::{DUPLICATE, SAME_CARD, SAME_CLUSTER};
    // Bits of the same card in another place, of the same card otherwise, and of a cluster.
    const REACH: [(u32, u32); 3] = [(SHAPES_DUPLICATE, DUPLICATE), (20, SAME_CARD), (28, SAME_CLUSTER)];
    let mut before = (0, 0);
    for (reach, counts) in REACH {
        if bits <= reach {
            return before.1 + (bits - before.0) * (counts - before.1) / (reach - before.0);
        }
        before = (reach, counts);
    }
    SAME_CLUSTER + bits - before.0
}

impl Hashes {
    /// Bits that differ: the largest of the three distances. A hash that one of them does not have
    /// tells nothing apart.
    pub fn distance(&self, other: &Self) -> u32 {
        let bits = |a: u64, b: u64| (a ^ b).count_ones();
        let shapes = self.shapes.zip(other.shapes).map_or(0, |(a, b)| of_shapes(bits(a, b)));
        shapes.max(bits(self.mean, other.mean)).max(bits(self.gradient, other.gradient))
    }
}

impl Colours {
    fn from_image(crop: &RgbaImage) -> Self {
        let small = imageops::thumbnail(crop, COLOUR_GRID[0], COLOUR_GRID[1]);
        let mut cells = [0; CELLS * 3];
        for (cell, pixel) in cells.chunks_exact_mut(3).zip(small.pixels()) {
            cell.copy_from_slice(&pixel.0[..3]);
        }
        Self(cells)
    }

    /// The largest mean difference of a cell, of 255: one changed sign on a card counts as much as
    /// another colour of all of it.
    pub fn difference(&self, other: &Self) -> u32 {
        let pairs = self.0.chunks_exact(3).zip(other.0.chunks_exact(3));
        let of_cell = |(a, b): (&[u8], &[u8])| {
            a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum::<u32>() / 3
        };
        pairs.map(of_cell).max().unwrap_or(0)
    }

    /// Whether both can be the same card with the same edition.
    pub fn agree(&self, other: &Self) -> bool {
        self.difference(other) < COLOURS_AGREE_BELOW
    }
}

impl fmt::Debug for Colours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&lens_core::catalogue::hex(&self.0))
    }
}

impl Serialize for Colours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&lens_core::catalogue::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Colours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Colours;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{} hexadecimal digits", CELLS * 6)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Colours, E> {
                let digits = text.as_bytes();
                if digits.len() != CELLS * 6 {
                    return Err(E::invalid_length(digits.len(), &self));
                }
                let mut cells = [0; CELLS * 3];
                for (cell, pair) in cells.iter_mut().zip(digits.chunks_exact(2)) {
                    let digit = |digit: u8| char::from(digit).to_digit(16);
                    let (high, low) = digit(pair[0])
                        .zip(digit(pair[1]))
                        .ok_or_else(|| E::custom("colours are written in hexadecimal digits"))?;
                    *cell = (high * 16 + low) as u8;
                }
                Ok(Colours(cells))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// 64 bits as sixteen hexadecimal digits: numbers of that size do not survive every JSON reader.
mod hex {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(bits: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{bits:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }

    /// The same for a hash that may be missing.
    pub(super) mod known {
        use serde::{Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde passes a reference")]
        pub(in super::super) fn serialize<S: Serializer>(
            bits: &Option<u64>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match bits {
                Some(bits) => super::serialize(bits, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<u64>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    /// A card with a light shape at `x` on a ground of this colour.
    fn card(x: u32, ground: [u8; 3]) -> RgbaImage {
        RgbaImage::from_fn(71, 95, |px, py| {
            let on = (x..x + 20).contains(&px) && (30..70).contains(&py);
            let [r, g, b] = if on { [240, 240, 230] } else { ground };
            Rgba([r, g, b, 255])
        })
    }

    #[test]
    fn shapes_change_hashes_and_tints_change_colours() {
        let hashing = Hashing::default();
        let plain = hashing.hash(&card(10, [90, 60, 60]));
        let lighter = hashing.hash(&card(10, [94, 63, 62]));
        let tinted = hashing.hash(&card(10, [60, 60, 100]));
        let other = hashing.hash(&card(45, [90, 60, 60]));
        assert!(
            plain.distance(&lighter) <= crate::captures::DUPLICATE && plain.colours.agree(&lighter.colours)
        );
        assert!(
            plain.distance(&tinted) <= crate::captures::SAME_CARD && !plain.colours.agree(&tinted.colours)
        );
        assert!(plain.distance(&other) > crate::captures::SAME_CARD, "{}", plain.distance(&other));
    }

    #[test]
    fn bits_of_shapes_count_for_what_they_tell() {
        use crate::captures::{DUPLICATE, SAME_CARD, SAME_CLUSTER};
        assert_eq!(
            [0, 17, 18, 20, 21, 28, 29, 64].map(of_shapes),
            [0, DUPLICATE, 10, SAME_CARD, 13, SAME_CLUSTER, 26, 61]
        );
        assert!((0..64).all(|bits| of_shapes(bits) <= of_shapes(bits + 1)));
    }

    /// Half of the bits of a hash against its median are set, or it would tell nothing.
    #[test]
    fn every_hash_says_something() {
        let hashes = Hashing::default().hash(&card(10, [90, 60, 60]));
        let bits = hashes.shapes.unwrap().count_ones();
        assert!((24..=40).contains(&bits), "{bits} bits are set");
    }

    #[test]
    fn hashes_of_earlier_versions_are_read() {
        let hashes = Hashing::default().hash(&card(10, [1, 200, 60]));
        let mut old = serde_json::to_value(hashes).unwrap();
        let fields = old.as_object_mut().unwrap();
        let shapes = fields.remove("shapes").unwrap();
        fields.insert("dct".into(), shapes);
        let read: Hashes = serde_json::from_value(old).unwrap();
        assert_eq!(read, Hashes { shapes: None, ..hashes });
        assert_eq!(read.distance(&hashes), 0);
    }

    #[test]
    fn hashes_make_the_round_trip_and_damage_is_refused() {
        let hashes = Hashing::default().hash(&card(10, [1, 200, 60]));
        let text = serde_json::to_string(&hashes).unwrap();
        assert_eq!(serde_json::from_str::<Hashes>(&text).unwrap(), hashes);
        let short = text.replace("\"colours\":\"", "\"colours\":\"0");
        assert!(serde_json::from_str::<Hashes>(&short).unwrap_err().to_string().contains("hexadecimal"));
    }
}
