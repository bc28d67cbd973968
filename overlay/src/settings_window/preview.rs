//! The marks as the settings would draw them, on a moment of the practice table.

use std::time::Duration;

use image::{RgbaImage, imageops};
use lens_core::modifiers::Modifiers;
use marks::render::Backdrop;
use marks::render::offscreen::Offscreen;
use marks::render::text::FontMeasure;
use marks::scene::style::Style;
use marks::scene::{self, OverlayScene, View};
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;
use tracking::track::{Track, Velocity};
use vision::reading::Identity;

/// Of the image.
const SIZE: [u32; 2] = [960, 540];
/// A hand, five jokers and a used card lie on the table.
const MOMENT: f32 = 3.0;
/// Of the cards that are shown as known.
const CONFIDENCE: f32 = 0.97;

/// Draws previews.
pub struct Preview {
    painter: Painter,
    table: Table,
    measure: FontMeasure,
    /// `None` where there is nothing to draw with: the settings can be changed all the same.
    offscreen: Option<Offscreen>,
}

impl Default for Preview {
    fn default() -> Self {
        let painter = Painter::new(CardArt::new(synth::practice::sprites()));
        let table = Table::new(5, SIZE, painter.catalogue());
        let offscreen = Offscreen::open().inspect_err(|error| log::warn!("no preview: {error}")).ok();
        Self { painter, table, measure: FontMeasure::default(), offscreen }
    }
}

impl Preview {
    /// The marks in this style; `None` where nothing can be drawn.
    pub fn draw(&mut self, style: &Style) -> Option<RgbaImage> {
        let state = self.table.at(MOMENT);
        let tracks: Vec<Track> = (0..)
            .zip(state.readable())
            .map(|(id, card)| Track {
                id,
                quad: card.quad,
                velocity: Velocity::default(),
                lasts: Duration::ZERO,
                // One of them is unknown, and one wears an edition.
                identity: match id {
                    1 => Identity::Unknown { nearest: None },
                    _ => Identity::Known { id: card.id.clone(), confidence: CONFIDENCE },
                },
                modifiers: match id {
                    2 => Modifiers { edition: "foil".into(), ..card.modifiers.clone() },
                    _ => card.modifiers.clone(),
                },
                guesses: Vec::new(),
                opacity: 1.0,
                is_found: true,
            })
            .collect();
        let view = View { window: SIZE, frame: SIZE };
        let catalogue = self.painter.catalogue().clone();
        let scene =
            scene::build(&tracks, &catalogue, style, view, &OverlayScene::default(), &mut self.measure);
        let picture = self.painter.paint(&state);
        let pixels = picture.into();
        let drawn = self.offscreen.as_mut()?.draw(&scene, Backdrop::Picture(pixels));
        match drawn {
            Ok(drawn) => Some(drawn),
            Err(error) => {
                log::warn!("no preview: {error}");
                // The table without marks is better than a hole.
                let mut plain = RgbaImage::new(SIZE[0], SIZE[1]);
                imageops::replace(&mut plain, self.painter.paint(&state), 0, 0);
                Some(plain)
            }
        }
    }
}
