//! Layout on cards as they lie in the game.

use lens_core::catalogue::CardType;
use lens_core::geometry::{Point, Rect};
use proptest::prelude::*;

use super::mark_style::Line;
use super::style::Corner;
use super::*;
use vision::reading::Identity;

#[path = "../../tests/support/track.rs"]
mod support;

/// Every letter is as wide as 0.65 of its size, about what the real font has.
struct Plain;

impl Measure for Plain {
    fn width(&mut self, text: &str, size: f32) -> f32 {
        text.chars().count() as f32 * 0.65 * size
    }
}

fn catalogue() -> Catalogue {
    Catalogue::parse(
        r#"{"format": 1, "game": "test", "title": "Test", "card_size": [71, 95],
            "sheets": {"s": {"file": "s.png", "cell": [71, 95], "grid": [4, 1]}},
            "modifiers": {"editions": ["base"], "enhancements": [], "seals": [], "stickers": []},
            "cards": [
              {"id": "S_A", "name": "Ace of Spades", "type": "Playing Card", "looks": [{"art": [{"base": {"sheet": "s", "x": 0, "y": 0}}]}]},
              {"id": "H_10", "name": "10 of Hearts", "type": "Playing Card", "looks": [{"art": [{"base": {"sheet": "s", "x": 1, "y": 0}}]}]},
              {"id": "j_long", "name": "Driver's License", "type": "Joker", "looks": [{"art": [{"base": {"sheet": "s", "x": 2, "y": 0}}]}]}
            ]}"#,
    )
    .unwrap()
}

fn track(id: u64, card: &str, left: f32, top: f32) -> Track {
    let identity = match card {
        "?" => Identity::Unknown { nearest: None },
        card => support::known(card, 0.97),
    };
    support::track(id, identity, Quad::from_rect(Rect::ltwh(left, top, 100.0, 134.0)))
}

const VIEW: View = View { window: [1280, 720], frame: [1280, 720] };

fn scene(tracks: &[Track]) -> OverlayScene {
    build(tracks, &catalogue(), &Style::default(), VIEW, &OverlayScene::default(), &mut Plain)
}

#[track_caller]
fn check_tidy(scene: &OverlayScene) {
    for (index, mark) in scene.marks.iter().enumerate() {
        let area = mark.chip.area;
        let [width, height] = scene.size.map(|side| side as f32);
        assert!(
            area.left >= 0.0 && area.top >= 0.0 && area.right <= width && area.bottom <= height,
            "{area:?}"
        );
        for other in &scene.marks[..index] {
            let shared = area.intersection(other.chip.area).area();
            assert!(shared < 0.02 * area.area(), "{area:?} lies on {:?}", other.chip.area);
        }
        for text in &mark.chip.label.texts {
            let right = text.at[0] + Plain.width(&text.text, text.size);
            assert!(right <= mark.chip.label.size[0], "{text:?} leaves its chip");
        }
    }
}

#[test]
fn a_fanned_hand_of_eight_reads_without_overlap() {
    let mut tracks: Vec<_> =
        (0..8_u8).map(|at| track(at.into(), "H_10", 300.0 + 62.0 * f32::from(at), 480.0)).collect();
    for track in &mut tracks[2..5] {
        track.modifiers.enhancement = "steel".into();
        track.modifiers.seal = "purple".into();
    }
    check_tidy(&scene(&tracks));
}

#[test]
fn long_names_side_by_side_and_at_the_edges() {
    let at = |id, left, top| track(id, "j_long", left, top);
    check_tidy(&scene(&[at(0, -30.0, -40.0), at(1, 80.0, 2.0), at(2, 185.0, 2.0), at(3, 1230.0, 640.0)]));
}

#[test]
fn chips_stay_where_they_were() {
    let (one, two) = (track(0, "j_long", 300.0, 300.0), track(1, "j_long", 372.0, 302.0));
    let first = scene(&[one.clone(), two.clone()]);
    let mut moved = [one, two];
    for track in &mut moved {
        track.quad = track.quad.shifted(1.0, -2.0);
    }
    let second = build(&moved, &catalogue(), &Style::default(), VIEW, &first, &mut Plain);
    let slots = |scene: &OverlayScene| scene.marks.iter().map(|mark| mark.chip.slot).collect::<Vec<_>>();
    assert_eq!(slots(&first), slots(&second));
}

#[test]
fn words_and_looks() {
    let mut known = track(0, "S_A", 100.0, 300.0);
    known.modifiers.edition = "polychrome".into();
    known.modifiers.seal = "red".into();
    let scene = scene(&[known, track(1, "?", 400.0, 300.0), track(2, "S_A", 700.0, 300.0)]);
    let texts =
        |at: usize| scene.marks[at].chip.label.texts.iter().map(|it| it.text.as_str()).collect::<Vec<_>>();
    assert_eq!(texts(0), ["A", "♠", "Polychrome", "Red seal"], "too much for one line: a line for each");
    assert_eq!(texts(2), ["A", "♠", " 97%"]);
    assert_eq!(texts(1), ["unknown?"]);
    assert_eq!((scene.marks[0].style.line, scene.marks[1].style.line), (Line::Rainbow, Line::Dashed));
}

#[test]
fn a_frame_of_another_size_is_scaled_to_the_window() {
    let view = View { window: [640, 360], frame: [1280, 720] };
    let point = view.overlay_from_frame().point(Point::new(1280.0, 720.0));
    assert_eq!(point, Point::new(640.0, 360.0));
}

#[test]
fn the_outline_holds_strokes_and_chips_but_not_the_card() {
    let mut scene = scene(&[track(0, "S_A", 100.0, 300.0)]);
    let is_covered = |runs: &[outline::Run], x: i16, y: i16| {
        runs.iter().any(|run| {
            (run.x..run.x + run.width as i16).contains(&x) && (run.y..run.y + run.height as i16).contains(&y)
        })
    };
    let runs = outline::runs(&scene, 0.0);
    let covered = |x: i16, y: i16| is_covered(&runs, x, y);
    let chip = scene.marks[0].chip.area;
    assert!(covered(100, 360) && covered(199, 360) && covered(150, 300) && covered(150, 433));
    assert!(covered(chip.left as i16 + 3, chip.top as i16 + 3));
    assert!(!covered(150, 360) && !covered(90, 360) && !covered(215, 360));
    // With room for smooth edges it is a little larger, and holds what lights up.
    let wide = outline::runs(&scene, 4.0);
    assert!(!covered(96, 360) && is_covered(&wide, 96, 360));
    assert!(!is_covered(&wide, 150, 360) && !is_covered(&wide, 88, 360));
    scene.flash([(track(0, "S_A", 100.0, 300.0).quad, flash::Tone::Saved)], VIEW);
    assert!(
        is_covered(&outline::runs(&scene, 4.0), 150, 360)
            && !is_covered(&outline::runs(&scene, 0.0), 150, 360)
    );
}

#[test]
fn only_what_a_player_wants_is_marked_and_written() {
    let cards =
        [track(0, "S_A", 100.0, 300.0), track(1, "?", 400.0, 300.0), track(2, "j_long", 700.0, 300.0)];
    let build =
        |style: &Style| build(&cards, &catalogue(), style, VIEW, &OverlayScene::default(), &mut Plain);
    let shown = |style: &Style| build(style).marks.iter().map(|mark| mark.track).collect::<Vec<_>>();
    assert_eq!(shown(&Style { types: vec![CardType::Joker], ..Style::default() }), [1, 2]);
    assert_eq!(shown(&Style { unknown: false, ..Style::default() }), [0, 2]);
    let plain = build(&Style { confidence: false, line_width: 0.0, opacity: 0.5, ..Style::default() });
    assert_eq!(plain.marks[0].chip.label.texts.len(), 2, "rank and suit, no confidence");
    assert_eq!((plain.marks[0].stroke, plain.marks[0].opacity), (0.0, 0.5));
    let large = build(&Style { text_size: 2.0, ..Style::default() });
    assert!(large.marks[2].chip.area.width() > 1.8 * plain.marks[2].chip.area.width());
}

#[test]
fn a_read_out_lists_what_is_on_screen_and_panels_keep_apart() {
    let mut cards =
        [track(0, "S_A", 500.0, 300.0), track(1, "S_A", 620.0, 300.0), track(2, "j_long", 740.0, 300.0)];
    cards[2].modifiers.edition = "foil".into();
    let style = Style { read_out: Some(Corner::BottomLeft), ..Style::default() };
    let mut scene = build(&cards, &catalogue(), &style, VIEW, &OverlayScene::default(), &mut Plain);
    let said: Vec<&str> = scene.panels[0].texts.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(said, ["Driver's License", " Foil", "2× ", "A", "♠"]);
    let notice = panel::Words::notice(&"a rather long warning ".repeat(12), colour::UNKNOWN);
    scene.say(&notice, panel::Place::Corner(Corner::BottomLeft), &style, &mut Plain);
    let [read_out, notice] = &scene.panels[..] else { panic!("two panels") };
    assert!(read_out.area.intersection(notice.area).area() <= 0.0, "{read_out:?} {notice:?}");
    assert!(notice.area.top >= 0.0 && notice.area.width() < 0.6 * 1280.0, "it is broken into lines");
    for text in &notice.texts {
        assert!(text.at[0] + Plain.width(&text.text, text.size) <= notice.area.width(), "{text:?}");
    }
}

/// A sentence without a space ran out of the window, and coloured words of it stood apart.
#[test]
fn sentences_without_spaces_are_broken_and_their_words_stay_together() {
    let sentence = |text: &str, colour| (text.to_owned(), label::SENTENCE, colour);
    let han = "\u{6253}\u{51fa}\u{7684}\u{6bcf}\u{5f20}".repeat(12);
    let stop = "\u{3002}";
    let line = vec![
        sentence(&han, colour::TEXT),
        sentence("+4", colour::UNKNOWN),
        sentence(&format!("{han}{stop}"), colour::TEXT),
    ];
    let words = panel::Words { lines: vec![line], accent: colour::TEXT };
    let mut scene = scene(&[]);
    scene.say(&words, panel::Place::Corner(Corner::TopLeft), &Style::default(), &mut Plain);
    let panel = &scene.panels[0];
    assert!(panel.area.right <= 0.5 * 1280.0, "{:?}", panel.area);
    let all: String = panel.texts.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(all, format!("{han}+4{han}{stop}"), "nothing is lost");
    let tops: Vec<f32> = panel.texts.iter().map(|text| text.at[1]).collect();
    assert!(tops.last() > tops.first(), "more than one line");
    for (before, next) in panel.texts.iter().zip(&panel.texts[1..]) {
        if before.at[1] == next.at[1] {
            let end = before.at[0] + Plain.width(&before.text, before.size);
            assert!((next.at[0] - end).abs() < 0.1, "{before:?} {next:?}");
        } else {
            assert!(!next.text.starts_with(stop), "no line begins with a full stop");
        }
    }
}

proptest! {
    /// Wherever cards lie, every one that is shown has a chip that can be read, and chips stand
    /// still when cards do.
    #[test]
    fn chips_stay_inside_and_stand_still(
        places in prop::collection::vec((-60.0_f32..1300.0, -60.0_f32..700.0, 0_usize..4), 0..24),
    ) {
        let names = ["S_A", "H_10", "j_long", "?"];
        let place = |(id, &(left, top, name)): (usize, &(f32, f32, usize))| track(id as u64, names[name], left, top);
        let tracks: Vec<Track> = places.iter().enumerate().map(place).collect();
        let first = scene(&tracks);
        prop_assert_eq!(first.marks.len(), tracks.len());
        for mark in &first.marks {
            let area = mark.chip.area;
            let is_inside = area.left >= 0.0 && area.top >= 0.0 && area.right <= 1280.0 && area.bottom <= 720.0;
            prop_assert!(is_inside, "{:?} of the card at {:?}", area, mark.quad);
        }
        let again = build(&tracks, &catalogue(), &Style::default(), VIEW, &first, &mut Plain);
        prop_assert_eq!(again, first);
    }

    /// Cards that lie apart, as jokers do, never share a chip's place.
    #[test]
    fn chips_of_cards_that_lie_apart_do_not_overlap(
        tops in prop::collection::vec((120.0_f32..450.0, 0_usize..4), 1..9),
    ) {
        let names = ["S_A", "H_10", "j_long", "?"];
        let place = |(id, &(top, name)): (usize, &(f32, usize))| {
            track(id as u64, names[name], 60.0 + 145.0 * id as f32, top)
        };
        check_tidy(&scene(&tops.iter().enumerate().map(place).collect::<Vec<_>>()));
    }
}
