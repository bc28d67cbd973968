//! Tracks on frames that are made up: flat cards, each in a colour of its own.

use image::{Rgba, RgbaImage};
use lens_core::geometry::Rect;
use proptest::prelude::*;

use super::readings::SURE_CONFIDENCE;
use super::*;
use vision::reading::Detection;

mod following;

/// A card as it lies on a made-up frame: its left edge and its name, which gives its colour.
type Lying = (f32, &'static str);

fn colour(name: &str) -> Rgba<u8> {
    let byte = name.as_bytes()[0];
    Rgba([byte.wrapping_mul(67), byte.wrapping_mul(151), byte.wrapping_mul(29), 255])
}

fn quad(left: f32) -> Quad<InFrame> {
    Quad::from_rect(Rect::ltwh(left, 20.0, 100.0, 134.0))
}

fn frame(cards: &[Lying]) -> RgbaImage {
    let mut picture = RgbaImage::from_pixel(640, 180, Rgba([20, 60, 40, 255]));
    for (left, name) in cards {
        let area = quad(*left).bounds();
        for (x, y) in (area.left as u32..area.right as u32)
            .flat_map(|x| (area.top as u32..area.bottom as u32).map(move |y| (x, y)))
        {
            if x < picture.width() && y < picture.height() {
                picture.put_pixel(x, y, colour(name));
            }
        }
    }
    picture
}

/// Not sure enough to be shown at first sight.
fn reading(name: &str) -> Reading {
    read_with(name, SURE_CONFIDENCE - 0.05)
}

fn read_with(name: &str, confidence: f32) -> Reading {
    let identity = Identity::Known { id: name.into(), confidence };
    Reading { identity, ..Reading::default() }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A tracker that is shown frames; counts what is read, and reads what `says` makes of a card's
/// true name.
#[derive(Default)]
struct Bench {
    tracker: Tracker,
    now: Duration,
    readings: usize,
}

impl Bench {
    fn show_as(&mut self, cards: &[Lying], says: impl Fn(&'static str) -> Option<&'static str>) {
        self.now += millis(40);
        let picture = frame(cards);
        let pixels = Pixels::from(&picture);
        let seen: Vec<Seen> = cards
            .iter()
            .map(|(left, _)| Seen::new(&pixels, Detection { quad: quad(*left), score: 0.9 }))
            .collect();
        for index in self.tracker.locate(&seen, None, self.now) {
            self.readings += 1;
            self.tracker.read(index, says(cards[index].1).map(reading).as_ref(), self.now);
        }
    }

    fn show(&mut self, cards: &[Lying]) {
        self.show_as(cards, Some);
    }

    fn shown(&self) -> Vec<(u64, String)> {
        let name = |track: &Track| track.identity.id().map_or_else(|| "?".to_owned(), ToString::to_string);
        self.tracker.tracks(self.now).iter().map(|track| (track.id, name(track))).collect()
    }
}

/// On a flat card the pixels inside stay the same: followed by them alone it would stand still.
#[test]
fn a_detection_elsewhere_than_the_pixels_say_gives_a_speed() {
    let mut tracker = Tracker::default();
    let mut velocity = [0.0; 2];
    for (number, left) in [(1, 100.0), (2, 100.0), (3, 109.0)] {
        let (picture, now) = (frame(&[(left, "a")]), millis(40 * number));
        let pixels = Pixels::from(&picture);
        tracker.follow(&pixels, now);
        let seen = [Seen::new(&pixels, Detection { quad: quad(left), score: 0.9 })];
        for index in tracker.locate(&seen, None, now) {
            tracker.read(index, Some(&reading("a")), now);
        }
        velocity = tracker.tracks(now).first().map_or([0.0; 2], |track| track.velocity);
    }
    // Nine pixels in 40 ms, and faster from now on.
    assert!((225.0..500.0).contains(&velocity[0]) && velocity[1] == 0.0, "{velocity:?}");
}

#[test]
fn one_sighting_is_not_shown_and_two_are() {
    let mut bench = Bench::default();
    bench.show(&[(10.0, "a")]);
    assert_eq!(bench.shown(), []);
    bench.show(&[(13.0, "a")]);
    assert_eq!(bench.shown(), [(0, "a".into())]);
}

#[test]
fn a_card_is_shown_at_first_sight_when_detector_and_identifier_are_sure() {
    let picture = frame(&[(10.0, "a")]);
    let shown = |score, confidence| {
        let mut tracker = Tracker::default();
        let seen = [Seen::new(&Pixels::from(&picture), Detection { quad: quad(10.0), score })];
        assert_eq!(tracker.locate(&seen, None, millis(40)), [0]);
        tracker.read(0, Some(&read_with("a", confidence)), millis(40));
        assert_eq!(tracker.awaits_confirmation(), tracker.tracks(millis(40)).is_empty());
        tracker.tracks(millis(40)).len()
    };
    assert_eq!(shown(SURE_SCORE, SURE_CONFIDENCE), 1);
    assert_eq!(shown(SURE_SCORE - 0.1, 1.0), 0);
    assert_eq!(shown(1.0, SURE_CONFIDENCE - 0.1), 0);
}

#[test]
fn a_fan_that_slides_by_one_card_keeps_its_ids() {
    let mut bench = Bench::default();
    for shift in [0.0, 0.0, 40.0] {
        bench.show(&[(100.0 + shift, "a"), (140.0 + shift, "b"), (180.0 + shift, "c")]);
    }
    assert_eq!(bench.shown(), [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
}

/// The hand closes up over the place of a card that was played.
#[test]
fn a_card_that_was_played_leaves_no_mark_on_its_neighbours() {
    let mut bench = Bench::default();
    (0..12).for_each(|_| bench.show(&[(100.0, "a"), (150.0, "b"), (200.0, "c")]));
    (0..8).for_each(|_| bench.show(&[(125.0, "a"), (175.0, "c")]));
    assert_eq!(bench.shown(), [(0, "a".into()), (2, "c".into())]);
}

#[test]
fn cards_that_cross_while_being_sorted_keep_their_ids() {
    let mut bench = Bench::default();
    for step in 0..12_u8 {
        let way = 20.0 * f32::from(step);
        bench.show(&[(60.0 + way, "a"), (280.0 - way, "b")]);
    }
    assert_eq!(bench.shown(), [(0, "a".into()), (1, "b".into())]);
}

#[test]
fn a_card_that_is_dealt_fast_is_one_card() {
    let mut bench = Bench::default();
    for left in [500.0, 390.0, 250.0, 110.0, 30.0, 20.0] {
        bench.show(&[(left, "a")]);
    }
    assert_eq!(bench.shown(), [(0, "a".into())], "it never overlaps where it was before");
}

#[test]
fn one_wrong_name_in_a_row_of_right_ones_is_outvoted() {
    let mut bench = Bench::default();
    bench.show(&[(10.0, "a")]);
    bench.show_as(&[(10.0, "a")], |_| Some("x"));
    for _ in 0..20 {
        bench.show(&[(10.0, "a")]);
    }
    assert_eq!(bench.shown(), [(0, "a".into())]);
}

#[test]
fn a_card_that_lies_still_is_read_three_times_and_left_alone() {
    let mut bench = Bench::default();
    (0..50).for_each(|_| bench.show(&[(10.0, "a"), (200.0, "b")]));
    assert_eq!(bench.readings, 6);
    // Two minutes are a few readings each.
    (0..3000).for_each(|_| bench.show(&[(10.0, "a"), (200.0, "b")]));
    assert!((20..80).contains(&bench.readings), "{}", bench.readings);
}

#[test]
fn a_doubtful_card_is_read_again_less_and_less() {
    let mut bench = Bench::default();
    for _ in 0..250 {
        bench.show_as(&[(10.0, "a")], |_| None);
    }
    assert_eq!(bench.shown(), [], "what is no card is not shown");
    assert!((6..20).contains(&bench.readings), "{} readings in ten seconds", bench.readings);
}

#[test]
fn a_card_that_is_replaced_is_renamed_with_the_next_picture() {
    let mut bench = Bench::default();
    (0..40).for_each(|_| bench.show(&[(10.0, "a")]));
    bench.show(&[(10.0, "b")]);
    assert_eq!(bench.shown(), [(0, "b".into())]);
}

#[test]
fn a_card_that_goes_lingers_fades_and_is_forgotten() {
    let mut bench = Bench::default();
    (0..12).for_each(|_| bench.show(&[(10.0, "a")]));
    let gone = bench.now;
    assert!(bench.tracker.is_settled(gone));
    assert!(bench.tracker.tracks(gone)[0].is_found);
    let mut opacity = |since: u64| {
        bench.tracker.locate(&[], None, gone + millis(since));
        let tracks = bench.tracker.tracks(gone + millis(since));
        assert!(tracks.iter().all(|track| !track.is_found), "it lingers, and is not there");
        tracks.first().map_or(0.0, |track| track.opacity)
    };
    assert_eq!(opacity(50), 1.0, "a blink");
    let half = opacity(200);
    assert!(half > 0.2 && half < 0.8, "{half}");
    assert_eq!(opacity(300), 0.0);
    assert!(bench.tracker.is_settled(gone + millis(300)), "nothing is left to wait for");
}

/// Where images are rare, a card that is missed on one of them is neither dropped nor made pale.
#[test]
fn a_blink_counts_as_little_where_pictures_are_rare() {
    let mut bench = Bench::default();
    (0..12).for_each(|_| bench.show(&[(10.0, "a")]));
    let gone = bench.now;
    let mut opacity = |since: u64| {
        bench.tracker.locate(&[], None, gone + millis(since));
        bench.tracker.tracks(gone + millis(since)).first().map_or(0.0, |track| track.opacity)
    };
    assert_eq!(opacity(400), 1.0);
    assert_eq!(opacity(800), 0.0);
    let mut bench = Bench::default();
    (0..12).for_each(|_| bench.show(&[(10.0, "a")]));
    for _ in 0..4 {
        bench.now += millis(400);
        bench.tracker.locate(&[], None, bench.now);
        bench.now += millis(400);
        bench.show(&[(10.0, "a")]);
        assert_eq!(bench.shown(), [(0, "a".into())], "it is still the same");
    }
}

#[test]
fn trembling_corners_stay_still_and_a_glide_is_extrapolated() {
    let mut bench = Bench::default();
    for left in [10.0, 11.0, 10.5] {
        bench.show(&[(left, "a")]);
    }
    assert_eq!(bench.tracker.tracks(bench.now)[0].quad.corners[0].x, 10.0);
    for left in [30.0, 60.0, 90.0, 120.0, 150.0, 180.0] {
        bench.show(&[(left, "a")]);
    }
    let track = &bench.tracker.tracks(bench.now)[0];
    assert!(track.glides());
    let later = &glide(std::slice::from_ref(track), millis(40))[0];
    assert!((later.quad.corners[0].x - 210.0).abs() < 3.0, "{later:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever comes and goes beside it, a card that lies still keeps its id and its name, no id
    /// is given twice, and the same frames give the same tracks.
    #[test]
    fn a_still_card_keeps_its_id_whatever_its_neighbours_do(
        frames in prop::collection::vec(prop::collection::vec((180.0_f32..520.0, 0_usize..5), 0..4), 4..20),
    ) {
        let names = ["b", "c", "d", "e", "f"];
        let run = || {
            let mut bench = Bench::default();
            let mut all = Vec::new();
            for others in &frames {
                let others = others.iter().map(|&(left, name)| (left, names[name]));
                bench.show(&std::iter::once((10.0, "a")).chain(others).collect::<Vec<_>>());
                all.push(bench.shown());
            }
            all
        };
        let all = run();
        for (number, shown) in all.iter().enumerate().skip(1) {
            let mut ids: Vec<u64> = shown.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), shown.len(), "frame {}: {:?}", number, shown);
            let still: Vec<u64> = shown.iter().filter(|(_, name)| name == "a").map(|(id, _)| *id).collect();
            prop_assert_eq!(&still, &[0], "frame {}: {:?}", number, shown);
        }
        prop_assert_eq!(run(), all);
    }
}

/// A card whose inside is nowhere as elsewhere: chance values in blocks of twenty pixels.
fn mottled(left: u32) -> RgbaImage {
    let mut picture = frame(&[]);
    for (x, y) in (0..100_u32).flat_map(|x| (0..134_u32).map(move |y| (x, y))) {
        let block = u64::from(x / 20 * 0x9e37 + y / 20 * 0x85eb + 7);
        let shade = (block.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 57) as u8 + 64;
        if left + x < picture.width() {
            picture.put_pixel(left + x, 20 + y, Rgba([shade, shade, 60, 255]));
        }
    }
    picture
}

#[test]
fn a_card_is_followed_without_being_detected_again() {
    let first = mottled(60);
    let pixels = Pixels::from(&first);
    let mut tracker = Tracker::default();
    let seen = [Seen::new(&pixels, Detection { quad: quad(60.0), score: 0.9 })];
    tracker.locate(&seen, None, millis(40));
    tracker.read(0, Some(&read_with("a", 0.9)), millis(40));
    for step in 1..=6 {
        let (left, now) = (60 + 20 * step as u32, millis(40 + 33 * step));
        assert!(tracker.follow(&Pixels::from(&mottled(left)), now), "step {step}: it moved");
        let track = &tracker.tracks(now)[0];
        assert!((track.quad.bounds().left - left as f32).abs() < 2.0, "step {step}: {:?}", track.quad);
        assert!(track.glides(), "step {step}: {:?}", track.velocity);
    }
    let now = millis(40 + 33 * 7);
    assert!(tracker.follow(&Pixels::from(&mottled(180)), now), "it stopped");
    assert_eq!(tracker.tracks(now)[0].velocity, [0.0; 2]);
    assert!(!tracker.follow(&Pixels::from(&mottled(180)), now + millis(33)), "nothing is to be drawn anew");
}

#[test]
fn a_new_card_moves_as_it_did_on_the_frame_before() {
    let (before, now) = (mottled(200), mottled(160));
    let mut tracker = Tracker::default();
    let seen = [Seen::new(&Pixels::from(&now), Detection { quad: quad(160.0), score: 0.9 })];
    tracker.locate(&seen, Some((Pixels::from(&before), millis(10))), millis(43));
    tracker.read(0, Some(&read_with("a", 0.9)), millis(43));
    let velocity = tracker.tracks(millis(43))[0].velocity;
    assert!((velocity[0] + 40.0 / 0.033).abs() < 60.0 && velocity[1].abs() < 60.0, "{velocity:?}");
}

/// Two cards that look alike leap past each other between two frames: their tracks go over to each
/// other, and what is read at rest is right.
#[test]
fn lookalikes_that_cross_have_their_own_names_where_they_come_to_rest() {
    let mut bench = Bench::default();
    let mut show = |cards: [Lying; 2]| {
        bench.now += millis(60);
        // One looks as the other.
        let picture = frame(&cards.map(|(left, _)| (left, "a")));
        let pixels = Pixels::from(&picture);
        bench.tracker.follow(&pixels, bench.now);
        let seen = cards.map(|(left, _)| Seen::new(&pixels, Detection { quad: quad(left), score: 0.9 }));
        for index in bench.tracker.locate(&seen, None, bench.now) {
            bench.readings += 1;
            bench.tracker.read(index, Some(&read_with(cards[index].1, 0.9)), bench.now);
        }
        let mut tracks = bench.tracker.tracks(bench.now);
        tracks.sort_by(|one, other| one.quad.centre().x.total_cmp(&other.quad.centre().x));
        (tracks.iter().map(|it| (it.id, it.identity.id().unwrap().to_string())).collect(), bench.readings)
    };
    let named = |names: [(u64, &str); 2]| names.map(|(id, name)| (id, name.to_owned())).to_vec();
    let before: (Vec<_>, usize) = (0..20).map(|_| show([(60.0, "a"), (290.0, "b")])).last().unwrap();
    assert_eq!(before, (named([(0, "a"), (1, "b")]), 6));
    let after: (Vec<_>, usize) = (0..20).map(|_| show([(215.0, "a"), (110.0, "b")])).last().unwrap();
    assert_eq!(after.0, named([(0, "b"), (1, "a")]), "the tracks went over to each other");
    // A new name is read three times, as any other.
    assert!(after.1 <= 12, "{} readings", after.1);
}
