//! Looking at the screen and at its windows.

use std::time::Duration;

use lens_core::catalogue::Catalogue;
use lens_core::geometry::{Quad, Rect};
use marks::render::text::FontMeasure;
use marks::scene::colour::Colour;
use marks::scene::style::Style;
use marks::scene::{self, InOverlay, Mark, OverlayScene, View};
use overlay::capture::xshm::pixels::PixelFormat;
use practice::table::TableState;
use tracking::track::Track;
use vision::reading::Identity;
use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, MapState, PropMode, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// Where a Wayland compositor runs in a window on another screen: that screen, which shows what its
/// X server does not.
pub(crate) const OUTER: &str = "OVERLAY_E2E_OUTER";

/// The screen, as someone in front of it sees it.
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
    outer: Option<(RustConnection, Window)>,
}

/// An image of the screen.
pub(crate) struct Shot {
    area: Area,
    data: Vec<u8>,
}

/// The display that is looked at, and whose keyboard is pressed.
pub(crate) fn outer_display() -> String {
    let outer = std::env::var(OUTER).or_else(|_| std::env::var("DISPLAY"));
    outer.expect("the display is there")
}

/// Left, top, width and height on the screen.
pub(crate) type Area = [i32; 4];

impl Screen {
    pub(crate) fn connect() -> Self {
        let outer = std::env::var(OUTER).ok().map(|name| Self::of(Some(&name)));
        let outer = outer.map(|screen| (screen.connection, screen.root));
        Self { outer, ..Self::of(None) }
    }

    /// That of an X server.
    pub(crate) fn of(name: Option<&str>) -> Self {
        let (connection, number) = x11rb::connect(name).expect("the display is there");
        let root = connection.setup().roots[number].root;
        Self { connection, root, outer: None }
    }

    /// A number that a window has under this name.
    pub(crate) fn number(&self, window: Window, name: &str) -> Option<u32> {
        let name = self.connection.intern_atom(false, name.as_bytes()).ok()?.reply().ok()?.atom;
        let asked = self.connection.get_property(false, window, name, AtomEnum::CARDINAL, 0, 1).ok()?;
        asked.reply().ok()?.value32()?.next()
    }

    /// Gives the screen itself a number.
    pub(crate) fn set_root_number(&self, name: &str, value: u32) {
        let name = self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
        let kind = AtomEnum::CARDINAL;
        let asked = self.connection.change_property32(PropMode::REPLACE, self.root, name, kind, &[value]);
        asked.unwrap().check().unwrap();
    }

    /// The server whose image is the screen's.
    fn seen(&self) -> (&RustConnection, Window) {
        self.outer.as_ref().map_or((&self.connection, self.root), |(connection, root)| (connection, *root))
    }

    /// Which share of an area has this colour.
    pub(crate) fn share_of(&self, colour: [u8; 3], [left, top, width, height]: Area) -> f32 {
        let shot = self.part([left, top, width, height]);
        let points = (2..height - 2).step_by(3).flat_map(|y| (2..width - 2).step_by(3).map(move |x| (x, y)));
        let (mut same, mut all) = (0, 0);
        for (x, y) in points {
            all += 1;
            same += usize::from(shot.rgb(left + x, top + y) == colour);
        }
        same as f32 / all.max(1) as f32
    }

    pub(crate) fn shot(&self) -> Shot {
        let (connection, root) = self.seen();
        let size = connection.get_geometry(root).unwrap().reply().unwrap();
        self.part([0, 0, size.width.into(), size.height.into()])
    }

    /// A part of the screen; points are those of the whole screen all the same.
    pub(crate) fn part(&self, area: Area) -> Shot {
        let [left, top, width, height] = area;
        let (at, size) = ([left as i16, top as i16], [width as u16, height as u16]);
        let format = ImageFormat::Z_PIXMAP;
        let (connection, root) = self.seen();
        let request = connection.get_image(format, root, at[0], at[1], size[0], size[1], !0);
        let reply = request.unwrap().reply().unwrap();
        // Not every screen has eight bits for each colour.
        let format = PixelFormat::of(connection.setup(), reply.depth, reply.visual).expect("a usual screen");
        let data = match format.is_plain() {
            true => reply.data,
            false => format.plain(&reply.data, width as usize, height as usize),
        };
        Shot { area, data }
    }

    /// The first window below the root with this title, and whether it is shown.
    pub(crate) fn find(&self, title: &str) -> Option<(Window, bool)> {
        let mut open = vec![self.root];
        while let Some(window) = open.pop() {
            let name = self.connection.get_property(false, window, 39_u32, 0_u32, 0, 256).ok()?.reply();
            if name.is_ok_and(|name| name.value == title.as_bytes()) {
                let attributes = self.connection.get_window_attributes(window).ok()?.reply().ok()?;
                return Some((window, attributes.map_state == MapState::VIEWABLE));
            }
            if let Ok(tree) = self.connection.query_tree(window).ok()?.reply() {
                open.extend(tree.children);
            }
        }
        None
    }

    /// Pixels that belong to the window with this title, as the Shape extension cuts it.
    pub(crate) fn shaped_area(&self, title: &str) -> u64 {
        let (window, _) = self.find(title).expect("it is open");
        let asked = self.connection.shape_get_rectangles(window, SK::BOUNDING).unwrap();
        let rectangles = asked.reply().unwrap().rectangles;
        rectangles.iter().map(|it| u64::from(it.width) * u64::from(it.height)).sum()
    }

    pub(crate) fn area(&self, window: Window) -> Option<Area> {
        let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let at = self.connection.translate_coordinates(window, self.root, 0, 0).ok()?.reply().ok()?;
        Some([at.dst_x.into(), at.dst_y.into(), size.width.into(), size.height.into()])
    }
}

impl Shot {
    /// The colour of a pixel; black beyond the edges.
    pub(crate) fn rgb(&self, x: i32, y: i32) -> [u8; 3] {
        let [left, top, width, _] = self.area;
        let (x, y) = (x - left, y - top);
        let inside = x >= 0 && y >= 0 && x < width;
        let at = (y.max(0) * width + x.max(0)) as usize * 4;
        match self.data.get(at..at + 3) {
            Some(&[blue, green, red]) if inside => [red, green, blue],
            _ => [0; 3],
        }
    }

    /// Share of a mark's edges where its stroke is seen, for a window whose inside starts at `left,
    /// top`.
    ///
    /// Only `edges` are looked at: 0 is the upper one, 3 the left one.
    pub(crate) fn stroke_share(&self, mark: &Mark, [left, top, ..]: Area, edges: &[usize]) -> f32 {
        let (mut seen, mut all) = (0, 0);
        for &edge in edges {
            let (from, to) = (mark.quad.corners[edge], mark.quad.corners[(edge + 1) % 4]);
            for step in 2..=8 {
                let point = from.lerp(to, step as f32 / 10.0);
                let (x, y) = (left + point.x.round() as i32, top + point.y.round() as i32);
                all += 1;
                let around = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)];
                seen += usize::from(around.iter().any(|(dx, dy)| {
                    let rgb = self.rgb(x + dx, y + dy);
                    is_like(rgb, mark.style.accent) || is_like(rgb, mark.style.second)
                }));
            }
        }
        seen as f32 / all.max(1) as f32
    }
}

fn is_like(rgb: [u8; 3], colour: Colour) -> bool {
    let wanted = [colour.red, colour.green, colour.blue].map(|share| share * 255.0);
    rgb.iter().zip(wanted).all(|(&got, want)| (f32::from(got) - want).abs() < 60.0)
}

/// The marks that a perfect recogniser leads to.
pub(crate) fn marks(state: &TableState, catalogue: &Catalogue) -> Vec<Mark> {
    let tracks: Vec<Track> = (0..)
        .zip(state.readable())
        .map(|(id, card)| Track {
            id,
            quad: card.quad,
            identity: Identity::Known { id: card.id.clone(), confidence: 0.97 },
            modifiers: card.modifiers.clone(),
            guesses: Vec::new(),
            opacity: 1.0,
            is_found: true,
            velocity: [0.0; 2],
            lasts: Duration::ZERO,
        })
        .collect();
    let view = View { window: state.size, frame: state.size };
    scene::build(
        &tracks,
        catalogue,
        &Style::default(),
        view,
        &OverlayScene::default(),
        &mut FontMeasure::default(),
    )
    .marks
}

/// Whether nothing of the scene lies near a mark's upper edge: no other card, no chip.
pub(crate) fn is_free(mark: &Mark, all: &[Mark]) -> bool {
    let bounds = |quad: Quad<InOverlay>| quad.bounds().grown(4.0);
    let own = bounds(mark.quad);
    let apart = |area: Rect<InOverlay>| area.intersection(own).area() <= 0.0;
    all.iter().filter(|it| it.track != mark.track).all(|it| apart(bounds(it.quad)) && apart(it.chip.area))
}
