//! What a figure is drawn on: SVG for a page, or an image. One drawing, in colours that are named.
//!
//! In SVG a colour is a name of the page's style, so that a figure follows its reader's light or
//! dark theme; images have the dark theme's. Sizes are in points, whatever the resolution.

use std::cell::RefCell;
use std::sync::Once;

use image::{RgbImage, RgbaImage, imageops};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle,
};

use crate::report::words::escaped;

/// Dots of an SVG for a point: places are whole dots.
const FINE: f64 = 4.0;
/// Pixels that are drawn for one of an image, across and down: they are what smooths its edges.
const DRAWN: u32 = 3;
/// Lines of series.
const SERIES: usize = 8;

/// A colour of the page's style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Ground,
    Grid,
    Edge,
    Text,
    Faint,
    Good,
    Bad,
    Bar,
    /// Of a line among others.
    Series(usize),
    /// The same everywhere.
    Plain([u8; 3]),
}

/// Their names in the page's style, and what they are in its dark theme.
const INKS: [(&str, [u8; 3]); 8 + SERIES] = [
    ("ground", [0x0d, 0x10, 0x19]),
    ("grid", [0x22, 0x2b, 0x40]),
    ("edge", [0x2c, 0x36, 0x50]),
    ("text", [0xf2, 0xf5, 0xfb]),
    ("faint", [0x9a, 0xa7, 0xbd]),
    ("good", [0x7d, 0xd9, 0x8a]),
    ("bad", [0xff, 0x8a, 0x80]),
    ("bar", [0x4f, 0xc3, 0xf7]),
    ("c0", [0x4f, 0xc3, 0xf7]),
    ("c1", [0xff, 0x9d, 0x3d]),
    ("c2", [0x7d, 0xd9, 0x8a]),
    ("c3", [0xe0, 0x8c, 0xff]),
    ("c4", [0xff, 0xe1, 0x4a]),
    ("c5", [0x9a, 0xa8, 0xff]),
    ("c6", [0xff, 0x7a, 0x86]),
    ("c7", [0x2f, 0xdc, 0xc4]),
];

impl Ink {
    fn place(self) -> Option<usize> {
        Some(match self {
            Self::Ground => 0,
            Self::Grid => 1,
            Self::Edge => 2,
            Self::Text => 3,
            Self::Faint => 4,
            Self::Good => 5,
            Self::Bad => 6,
            Self::Bar => 7,
            Self::Series(number) => 8 + number % SERIES,
            Self::Plain(_) => return None,
        })
    }

    /// As it is written in the page.
    pub(crate) fn css(self) -> String {
        match self {
            Self::Plain([red, green, blue]) => format!("#{red:02X}{green:02X}{blue:02X}"),
            named => format!("var(--{})", INKS[named.place().unwrap_or(0)].0),
        }
    }

    /// In the dark theme.
    pub(crate) fn dark(self) -> [u8; 3] {
        match self {
            Self::Plain(colour) => colour,
            named => INKS[named.place().unwrap_or(0)].1,
        }
    }
}

/// What stands in SVG for a named colour until it is written out: the library knows numbers only.
fn stand_in(place: usize) -> [u8; 3] {
    [0x01, 0x02, place as u8]
}

/// The pieces of a figure that say something under the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spot {
    /// About this place, in dots.
    Point([i32; 2]),
    /// Left, top, width and height, in dots.
    Area([i32; 4]),
}

/// A sheet that a figure is drawn on.
pub(crate) struct Sheet<'a, B: DrawingBackend> {
    pub(crate) area: DrawingArea<B, Shift>,
    /// Dots in a point.
    scale: f64,
    is_named: bool,
    hints: &'a RefCell<Vec<(Spot, String)>>,
}

/// Whether it could be drawn.
pub(crate) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Something that is drawn.
pub(crate) trait Figure {
    /// Width and height in points.
    fn size(&self) -> [f64; 2];
    /// What it shows, for those who do not see it.
    fn title(&self) -> String;
    /// Width in points that it has in a page at most.
    fn widest(&self) -> f64 {
        self.size()[0]
    }
    /// Draws it.
    fn draw<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Drawn<B>;
}

impl<B: DrawingBackend> Sheet<'_, B> {
    /// Points in dots.
    pub(crate) fn dots(&self, points: f64) -> i32 {
        (points * self.scale).round() as i32
    }

    fn colour(&self, ink: Ink) -> RGBColor {
        let [red, green, blue] = match ink.place() {
            Some(place) if self.is_named => stand_in(place),
            _ => ink.dark(),
        };
        RGBColor(red, green, blue)
    }

    /// A filled shape.
    pub(crate) fn filled(&self, ink: Ink, opacity: f64) -> ShapeStyle {
        let colour: RGBAColor = self.colour(ink).mix(opacity);
        colour.filled()
    }

    /// A line of this width in points.
    pub(crate) fn line(&self, ink: Ink, width: f64) -> ShapeStyle {
        self.veiled(ink, width, 1.0)
    }

    /// A line that lets through what is behind it.
    pub(crate) fn veiled(&self, ink: Ink, width: f64, opacity: f64) -> ShapeStyle {
        self.colour(ink).mix(opacity).stroke_width(self.dots(width).max(1) as u32)
    }

    /// Text of this size in points.
    pub(crate) fn words(&self, size: f64, ink: Ink) -> TextStyle<'static> {
        // The library counts a font's size from its highest to its lowest edge, SVG by its em.
        let style = TextStyle::from((FontFamily::SansSerif, size * 1.24 * self.scale));
        TextStyle { color: self.colour(ink).to_backend_color(), ..style }
    }

    /// How much lower words must be put to stand in the middle: in images the library puts them by
    /// their lower edge.
    pub(crate) fn sink(&self, size: f64) -> i32 {
        if self.is_named { 0 } else { self.dots(0.24 * size) }
    }

    /// Writes a line beside this place; its middle is as high.
    pub(crate) fn write(&self, text: &str, [x, y]: [f64; 2], side: HPos, size: f64, ink: Ink) -> Drawn<B> {
        let style = self.words(size, ink).pos(Pos::new(side, VPos::Center));
        self.area.draw_text(text, &style, (self.dots(x), self.dots(y) + self.sink(size)))
    }

    /// Writes a line from this place upwards.
    pub(crate) fn write_upwards(&self, text: &str, [x, y]: [f64; 2], size: f64, ink: Ink) -> Drawn<B> {
        let style = self.words(size, ink).pos(Pos::new(HPos::Left, VPos::Center));
        let style = style.transform(FontTransform::Rotate270);
        self.area.draw_text(text, &style, (self.dots(x) + self.sink(size), self.dots(y)))
    }

    /// Fills a rectangle: left, top, width, height.
    pub(crate) fn fill(&self, [left, top, width, height]: [f64; 4], ink: Ink, opacity: f64) -> Drawn<B> {
        let corners = [(left, top), (left + width, top + height)].map(|(x, y)| (self.dots(x), self.dots(y)));
        self.area.draw(&Rectangle::new(corners, self.filled(ink, opacity)))
    }

    /// A filled circle.
    pub(crate) fn dot(&self, [x, y]: [f64; 2], radius: f64, ink: Ink) -> Drawn<B> {
        let place = (self.dots(x), self.dots(y));
        self.area.draw(&Circle::new(place, self.dots(radius), self.filled(ink, 1.0)))
    }

    /// Says something under the pointer, where there is one.
    pub(crate) fn hint(&self, spot: Spot, text: String) {
        if self.is_named {
            self.hints.borrow_mut().push((spot, text));
        }
    }

    /// The same of a rectangle in points.
    pub(crate) fn hint_over(&self, area: [f64; 4], text: String) {
        self.hint(Spot::Area(area.map(|it| self.dots(it))), text);
    }
}

/// Width of a line of text in points, as our own font has it: no other is much wider.
pub(crate) fn width_of(text: &str, size: f64) -> f64 {
    const LARGE: f64 = 100.0;
    with_font();
    let style = TextStyle::from((FontFamily::SansSerif, LARGE));
    let wide = style.font.box_size(text).map_or(0, |(width, _)| width);
    f64::from(wide) * size * 1.24 / LARGE
}

/// Gives the library our font, which is all that it has.
fn with_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let font = lens_core::font::DEJAVU_SANS_BOLD;
        let taken = plotters::style::register_font("sans-serif", FontStyle::Normal, font);
        assert!(taken.is_ok(), "the bundled font is valid");
    });
}

const IN_MEMORY: &str = "in memory nothing fails but a font, and ours is there";

/// A figure as SVG, in the page's colours.
pub(crate) fn svg(figure: &impl Figure) -> String {
    with_font();
    let [width, height] = figure.size();
    let size = [width, height].map(|it| (it * FINE).ceil() as u32);
    let hints = RefCell::default();
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (size[0], size[1])).into_drawing_area();
        let sheet = Sheet { area, scale: FINE, is_named: true, hints: &hints };
        figure.draw(&sheet).and_then(|()| sheet.area.present()).expect(IN_MEMORY);
    }
    let inner = text.split_once('>').map_or("", |(_, inner)| inner).replace('\n', "");
    let inner = inner.trim_end_matches("</svg>").replace(" opacity=\"1\"", "");
    let inner = inner.replace(" font-family=\"sans-serif\"", "");
    let named = (0..INKS.len()).fold(inner, |text, place| {
        let [red, green, blue] = stand_in(place);
        text.replace(&format!("#{red:02X}{green:02X}{blue:02X}"), &format!("var(--{})", INKS[place].0))
    });
    let hints: String = hints.borrow().iter().map(over).collect();
    format!(
        "<svg viewBox=\"0 0 {} {}\" style=\"max-width:{:.0}px\" role=\"img\" aria-label=\"{}\">{named}{hints}</svg>",
        size[0],
        size[1],
        figure.widest(),
        escaped(&figure.title())
    )
}

/// A piece that is not seen, with what it says.
fn over((spot, text): &(Spot, String)) -> String {
    let title = format!("<title>{}</title>", escaped(text));
    match spot {
        Spot::Point([x, y]) => {
            format!("<circle class=\"over\" cx=\"{x}\" cy=\"{y}\" r=\"{:.0}\">{title}</circle>", 5.0 * FINE)
        }
        Spot::Area([left, top, width, height]) => format!(
            "<rect class=\"over\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\">{title}</rect>"
        ),
    }
}

/// A figure as an image, in the dark theme's colours.
pub(crate) fn picture(figure: &impl Figure) -> RgbaImage {
    with_font();
    let [width, height] = figure.size().map(|it| it.ceil() as u32);
    let drawn = [width * DRAWN, height * DRAWN];
    let mut pixels = vec![0; drawn[0] as usize * drawn[1] as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (drawn[0], drawn[1])).into_drawing_area();
        let hints = RefCell::default();
        let sheet = Sheet { area, scale: f64::from(DRAWN), is_named: false, hints: &hints };
        let ground = sheet.colour(Ink::Ground);
        let done = sheet.area.fill(&ground).and_then(|()| figure.draw(&sheet));
        done.and_then(|()| sheet.area.present()).expect(IN_MEMORY);
    }
    let large = RgbImage::from_raw(drawn[0], drawn[1], pixels).unwrap_or_default();
    let small = imageops::thumbnail(&large, width, height);
    image::DynamicImage::ImageRgb8(small).into_rgba8()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dark theme stands in the style a second time: images cannot read it.
    #[test]
    fn images_have_the_dark_themes_colours() {
        let style = include_str!("../page/style.css");
        let (light, dark) = style.split_once("prefers-color-scheme:dark").unwrap();
        for (name, [red, green, blue]) in INKS {
            assert!(light.contains(&format!("--{name}:")), "{name}");
            let written = format!("--{name}:#{red:02x}{green:02x}{blue:02x}");
            assert!(dark.contains(&written), "{written}");
        }
    }
}
