//! Packs: each group with its own outline, each variant with its own print.

use super::super::letters;
use super::super::palette::*;
use super::super::pen::Pen;
use super::super::shape::*;

/// A paper bag with a folded, pinked top.
pub(super) fn seeds(pen: &mut Pen, variant: usize) {
    let (paper, print) = [(CREAM, GREEN), (MINT, VIOLET)][variant];
    let bag = || rounded(7, 8, 63, 90, 2);
    let teeth = Shape::new(|x, y| y < 8 + (x % 6 - 3).abs());
    pen.part(paper, bag().without(teeth));
    pen.flat(SAND, rect(8, 13, 62, 19));
    pen.flat(BROWN, rect(8, 20, 62, 20));
    pen.part(STONE, rect(30, 15, 40, 17));
    pen.part(print, rounded(12, 25, 58, 37, 3));
    letters::write(pen, WHITE, "SEEDS", 35, 29);
    if variant == 0 {
        pen.part(GREEN, path(&[(35, 84), (35, 58)], 3));
        pen.part(GREEN, ellipse(25, 72, 9, 4).or(ellipse(45, 66, 9, 4)));
        for petal in 0..8 {
            let (down, right) = (petal as f32 * std::f32::consts::TAU / 8.0).sin_cos();
            pen.part(GOLD, disc((35.0 + 9.0 * right).round() as i32, (53.0 + 9.0 * down).round() as i32, 4));
        }
        pen.part(BROWN, disc(35, 53, 6));
    } else {
        pen.part(ORANGE, poly(&[(24, 56), (46, 56), (35, 86)]));
        pen.flat(BROWN, rect(28, 63, 35, 63).or(rect(35, 70, 40, 70)).or(rect(33, 77, 36, 77)));
        pen.part(
            GREEN,
            path(&[(35, 56), (24, 44)], 3)
                .or(path(&[(35, 56), (46, 44)], 3))
                .or(path(&[(35, 56), (35, 42)], 3)),
        );
    }
}

/// A tin with a lid.
pub(super) fn tea(pen: &mut Pen, variant: usize) {
    let (tin, label) = [(SEA, CREAM), (WINE, LEMON)][variant];
    pen.part(tin, rounded(8, 18, 62, 91, 5));
    pen.part(STONE, rounded(5, 13, 65, 25, 3));
    pen.part(SILVER, rounded(12, 4, 58, 13, 4));
    pen.flat(SLATE, rect(8, 21, 62, 21));
    pen.part(label, ellipse(35, 58, 23, 26));
    letters::write(pen, INK, "TEA", 35, 40);
    if variant == 0 {
        pen.part(GREEN, poly(&[(35, 76), (20, 66), (16, 52), (30, 56)]));
        pen.part(GREEN, poly(&[(35, 76), (50, 66), (54, 52), (40, 56)]));
        pen.part(LIME, poly(&[(35, 76), (28, 60), (35, 48), (42, 60)]));
        pen.flat(FOREST, path(&[(35, 54), (35, 78)], 1));
    } else {
        pen.part(WHITE, ring(49, 63, 7, 3));
        pen.part(WHITE, ellipse(34, 60, 15, 15).and(rect(0, 57, 70, 90)));
        pen.part(BROWN, ellipse(34, 58, 13, 2));
        pen.part(SILVER, rounded(18, 76, 50, 79, 1));
        pen.flat(STONE, curve(8, 2, |t| (30.0 + 3.0 * (t * 6.0).sin(), 54.0 - 7.0 * t)));
        pen.flat(STONE, curve(8, 2, |t| (38.0 + 3.0 * (t * 6.0).sin(), 54.0 - 7.0 * t)));
    }
}

/// A parcel with a string.
pub(super) fn parcel(pen: &mut Pen, variant: usize) {
    let (paper, string) = [(SAND, RED), (LILAC, FOREST)][variant];
    pen.part(paper, poly(&[(8, 14), (14, 9), (57, 9), (63, 14), (63, 84), (57, 89), (14, 89), (8, 84)]));
    let print = move |x: i32, y: i32| {
        if variant == 0 {
            (x + y) % 9 == 0 || (x - y).rem_euclid(9) == 0
        } else {
            (x % 10 - 5).abs() + (y % 10 - 5).abs() <= 2
        }
    };
    let printed = rect(10, 12, 61, 86).and(Shape::new(print));
    pen.flat(if variant == 0 { CREAM } else { WHITE }, printed);
    let cross = if variant == 0 { 35 } else { 22 };
    pen.part(string, rect(cross - 2, 9, cross + 2, 89));
    pen.part(string, rect(8, 36, 63, 40));
    pen.part(string, ellipse(cross - 9, 31, 8, 5).or(ellipse(cross + 9, 31, 8, 5)));
    pen.flat(INK, ellipse(cross - 9, 31, 4, 2).or(ellipse(cross + 9, 31, 4, 2)));
    pen.part(string, disc(cross, 35, 4));
    pen.part(WHITE, rounded(16, 54, 57, 76, 2));
    letters::write(pen, INK, "PARCEL", 36, 58);
    pen.flat(STONE, rect(20, 67, 44, 67).or(rect(20, 71, 38, 71)));
    pen.part(ROSE, rect(48, 66, 53, 72));
}
