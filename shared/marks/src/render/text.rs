//! Text: measured for layout, drawn by glyphon.

use std::collections::HashMap;

use glyphon::{
    Buffer, Cache, Color, ColorMode, Resolution, SwashCache, TextArea, TextAtlas, TextBounds, TextRenderer,
    Viewport,
};
use wgpu::{Device, Queue, RenderPass, TextureFormat};

use super::RenderError;
use super::fonts::Fonts;
use crate::scene::{Measure, OverlayScene};

/// Pieces of text that are kept shaped and measured.
const MAX_SHAPED: usize = 512;

/// Measures text in the fonts that it is drawn in.
#[derive(Debug, Default)]
pub struct FontMeasure {
    fonts: Fonts,
    widths: HashMap<String, f32>,
}

impl Measure for FontMeasure {
    fn width(&mut self, text: &str, size: f32) -> f32 {
        const AT: f32 = 64.0;
        if let Some(width) = self.widths.get(text) {
            return *width * size / AT;
        }
        if self.widths.len() >= MAX_SHAPED {
            self.widths.clear();
        }
        let buffer = self.fonts.shape(text, AT);
        let width = buffer.layout_runs().map(|run| run.line_w).fold(0.0, f32::max);
        self.widths.insert(text.to_owned(), width);
        width * size / AT
    }
}

pub(super) struct TextPainter {
    fonts: Fonts,
    glyphs: SwashCache,
    viewport: Viewport,
    atlas: TextAtlas,
    renderer: TextRenderer,
    /// By the bits of their size, then by their words.
    shaped: HashMap<u32, HashMap<String, Buffer>>,
}

impl TextPainter {
    pub(super) fn new(device: &Device, queue: &Queue, format: TextureFormat) -> Self {
        let cache = Cache::new(device);
        let mut atlas = TextAtlas::with_color_mode(device, queue, &cache, format, ColorMode::Web);
        let renderer = TextRenderer::new(&mut atlas, device, wgpu::MultisampleState::default(), None);
        Self {
            fonts: Fonts::default(),
            glyphs: SwashCache::new(),
            viewport: Viewport::new(device, &cache),
            atlas,
            renderer,
            shaped: HashMap::new(),
        }
    }

    pub(super) fn prepare(
        &mut self,
        device: &Device,
        queue: &Queue,
        scene: &OverlayScene,
        size: [u32; 2],
    ) -> Result<(), RenderError> {
        self.viewport.update(queue, Resolution { width: size[0], height: size[1] });
        if self.shaped.values().map(HashMap::len).sum::<usize>() > MAX_SHAPED {
            self.shaped.clear();
        }
        let chips = scene.marks.iter().filter(|mark| !scene.is_covered(mark.chip.area)).flat_map(|mark| {
            mark.chip.label.texts.iter().map(move |text| (mark.chip.area, mark.opacity, text))
        });
        let panels = scene
            .panels
            .iter()
            .flat_map(|panel| panel.texts.iter().map(move |text| (panel.area, panel.opacity, text)));
        let texts: Vec<_> = chips.chain(panels).collect();
        for (_, _, text) in &texts {
            let of_size = self.shaped.entry(text.size.to_bits()).or_default();
            if !of_size.contains_key(&text.text) {
                of_size.insert(text.text.clone(), self.fonts.shape(&text.text, text.size));
            }
        }
        let areas = texts.into_iter().map(|(area, opacity, text)| {
            let buffer = &self.shaped[&text.size.to_bits()][&text.text];
            let byte = |share: f32| (share * 255.0).round() as u8;
            let colour = text.colour;
            TextArea {
                buffer,
                left: area.left + text.at[0],
                top: area.top + text.at[1],
                scale: 1.0,
                bounds: TextBounds { left: 0, top: 0, right: size[0] as i32, bottom: size[1] as i32 },
                default_color: Color::rgba(
                    byte(colour.red),
                    byte(colour.green),
                    byte(colour.blue),
                    byte(colour.alpha * opacity),
                ),
                custom_glyphs: &[],
            }
        });
        self.renderer
            .prepare(
                device,
                queue,
                self.fonts.system(),
                &mut self.atlas,
                &self.viewport,
                areas,
                &mut self.glyphs,
            )
            .map_err(|error| RenderError::Text(error.to_string()))
    }

    pub(super) fn paint(&self, pass: &mut RenderPass<'_>) -> Result<(), RenderError> {
        self.renderer
            .render(&self.atlas, &self.viewport, pass)
            .map_err(|error| RenderError::Text(error.to_string()))
    }

    /// Lets glyphs go that the last scene did not use.
    pub(super) fn trim(&mut self) {
        self.atlas.trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_font_has_the_suits_and_scales() {
        let mut measure = FontMeasure::default();
        let (small, large) = (measure.width("10♥", 10.0), measure.width("10♥", 20.0));
        assert!((large - 2.0 * small).abs() < 0.01 && small > 15.0 && small < 30.0, "{small} {large}");
        let suits = ["♠", "♥", "♣", "♦"].map(|suit| measure.width(suit, 10.0));
        assert!(suits.iter().all(|&width| width > 5.0), "{suits:?}");
    }
}
