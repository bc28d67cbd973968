//! Where chips stand: beside their card, inside the window, not on each other.
//!
//! Greedy from the left: each chip takes the cheapest of a few places. Chips must not jump from
//! frame to frame, so the place of the last scene is cheaper than the others.

use lens_core::geometry::{Point, Rect};

use super::InOverlay;

/// A place for a chip, relative to its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Above the card, raised by this many chips.
    Above(u8),
    /// Inside, at the upper edge.
    InsideTop,
    /// Inside, at the lower edge.
    InsideBottom,
    /// Below the card, lowered by this many chips.
    Below(u8),
    /// In the middle of the card.
    Middle,
}

const SLOTS: [(Slot, f32); 9] = [
    (Slot::Above(0), 0.0),
    (Slot::InsideTop, 0.5),
    (Slot::Below(0), 0.7),
    (Slot::InsideBottom, 0.8),
    (Slot::Above(1), 0.9),
    (Slot::Below(1), 1.3),
    (Slot::Middle, 1.4),
    (Slot::Above(2), 1.6),
    (Slot::Below(2), 1.9),
];

/// What a chip fully on another chip costs, what on another card, and what leaving its place costs.
const ON_CHIP: f32 = 12.0;
const ON_CARD: f32 = 0.5;
const MOVING: f32 = 0.45;

/// What is in the way of a chip.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// Width and height of the window.
    pub window: [u32; 2],
    pub cards: &'a [Rect<InOverlay>],
    /// Which of them is the chip's own.
    pub own: usize,
    /// The part of it that can be seen.
    pub strip: Rect<InOverlay>,
    /// Chips that stand already.
    pub chips: &'a [Rect<InOverlay>],
}

/// The part of a card that its right neighbours leave visible: the game lays them over it.
pub fn visible_strip(own: usize, cards: &[Rect<InOverlay>]) -> Rect<InOverlay> {
    let card = cards[own];
    let covers = |other: &&Rect<InOverlay>| {
        let shared = card.intersection(**other);
        let step = other.left - card.left;
        step > 0.15 * card.width() && shared.width() > 0.0 && shared.height() > 0.5 * card.height()
    };
    let right = cards.iter().filter(covers).map(|other| other.left).fold(card.right, f32::min);
    Rect::ltrb(card.left, card.top, right, card.bottom)
}

/// Chooses the place of a chip of this size.
pub fn place(size: [f32; 2], room: &Room<'_>, before: Option<Slot>, zoom: f32) -> (Slot, Rect<InOverlay>) {
    let mut best = (f32::INFINITY, Slot::Above(0), Rect::default());
    for (slot, base) in SLOTS {
        let wished = at(slot, size, room.strip, zoom);
        let area = inside(wished, room.window);
        let pushed = ((area.left - wished.left).abs() / size[0]).min(1.0)
            + ((area.top - wished.top).abs() / size[1]).min(1.0) * 2.0;
        let on = |other: &Rect<InOverlay>| area.intersection(*other).area() / area.area().max(1.0);
        let chips: f32 = room.chips.iter().map(on).sum();
        let others = room.cards.iter().enumerate().filter(|&(index, _)| index != room.own);
        let cards: f32 = others.map(|(_, card)| on(card)).sum::<f32>().min(1.0);
        let stay = if before == Some(slot) || before.is_none() { 0.0 } else { MOVING };
        let cost = base + pushed + ON_CHIP * chips + ON_CARD * cards + stay;
        if cost < best.0 {
            best = (cost, slot, area);
        }
    }
    (best.1, best.2)
}

/// A line from a chip to its card where they do not touch.
pub fn leader(
    chip: Rect<InOverlay>,
    card: Rect<InOverlay>,
    strip: Rect<InOverlay>,
) -> Option<[Point<InOverlay>; 2]> {
    let x = f32::midpoint(strip.left, strip.right)
        .clamp(chip.left + 4.0, (chip.right - 4.0).max(chip.left + 4.0));
    let reach = 0.06 * card.height();
    if card.top - chip.bottom > reach {
        Some([Point::new(x, chip.bottom), Point::new(x, card.top)])
    } else if chip.top - card.bottom > reach {
        Some([Point::new(x, chip.top), Point::new(x, card.bottom)])
    } else {
        None
    }
}

fn at(slot: Slot, [width, height]: [f32; 2], strip: Rect<InOverlay>, zoom: f32) -> Rect<InOverlay> {
    let gap = 3.0 * zoom;
    let step = height + 2.0 * zoom;
    let top = match slot {
        Slot::Above(by) => strip.top - gap - height - f32::from(by) * step,
        Slot::InsideTop => strip.top + 2.0 * gap,
        Slot::Middle => f32::midpoint(strip.top, strip.bottom) - height / 2.0,
        Slot::InsideBottom => strip.bottom - 2.0 * gap - height,
        Slot::Below(by) => strip.bottom + gap + f32::from(by) * step,
    };
    let left = f32::midpoint(strip.left, strip.right) - width / 2.0;
    // Whole pixels keep text sharp.
    Rect::ltwh(left.round(), top.round(), width, height)
}

fn inside(area: Rect<InOverlay>, [width, height]: [u32; 2]) -> Rect<InOverlay> {
    let left = area.left.min(width as f32 - area.width()).max(0.0);
    let top = area.top.min(height as f32 - area.height()).max(0.0);
    Rect::ltwh(left, top, area.width(), area.height())
}
