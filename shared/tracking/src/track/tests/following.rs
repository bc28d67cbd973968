//! Cards that are followed by their pixels: how they stop, turn back, slow down and come out.

use super::*;

const STEP: u64 = 33;

fn see(tracker: &mut Tracker, picture: &RgbaImage, cards: &[Lying], now: Duration) {
    let pixels = Pixels::from(picture);
    tracker.follow(&pixels, now);
    let seen: Vec<Seen> = cards
        .iter()
        .map(|(left, _)| Seen::new(&pixels, Detection { quad: quad(*left), score: 0.9 }))
        .collect();
    for index in tracker.locate(&seen, None, now) {
        tracker.read(index, Some(&read_with(cards[index].1, 0.9)), now);
    }
}

/// The ids of the cards, how far left they are, and how fast they go to the right.
fn shown(tracker: &Tracker, now: Duration) -> Vec<(u64, f32, f32)> {
    let tracks = tracker.tracks(now);
    tracks.iter().map(|track| (track.id, track.quad.bounds().left, track.velocity[0])).collect()
}

/// A card that was seen twice, twenty pixels apart, and followed from there on, as long as it goes
/// right.
fn on_its_way(until: u32) -> (Tracker, u64) {
    let mut tracker = Tracker::default();
    for (step, left) in (1..).zip((60..=until).step_by(20)) {
        let (picture, now) = (mottled(left), millis(STEP * step));
        if step <= 2 {
            see(&mut tracker, &picture, &[(left as f32, "a")], now);
        } else {
            assert!(tracker.follow(&Pixels::from(&picture), now), "it is lost at {left}");
        }
    }
    (tracker, STEP * u64::from((until - 60) / 20 + 1))
}

#[test]
fn a_card_that_stops_dead_beneath_another_is_not_taken_to_stand() {
    let (mut tracker, at) = on_its_way(160);
    // A card lies where it is: the pixels there may be that one's.
    let cards = [(160.0, "a"), (170.0, "b")];
    see(&mut tracker, &mottled(180), &[(180.0, "a"), cards[1]], millis(at + STEP));
    assert!(shown(&tracker, millis(at + STEP))[0].2 > 300.0);
    tracker.follow(&Pixels::from(&mottled(180)), millis(at + 2 * STEP));
    assert!(shown(&tracker, millis(at + 2 * STEP))[0].2 > 300.0, "it goes on");
}

/// It is lost, as what turns back may be another card, until it was detected twice.
#[test]
fn a_card_that_turns_back_at_full_pace_is_caught_up_with() {
    let (mut tracker, at) = on_its_way(160);
    for (step, left) in [(1, 140), (2, 120)] {
        tracker.follow(&Pixels::from(&mottled(left)), millis(at + STEP * step));
        assert!(tracker.tracks(millis(at + STEP * step)).iter().all(|track| !track.is_found));
    }
    for (step, left) in [(3, 100), (4, 80)] {
        let now = millis(at + STEP * step);
        see(&mut tracker, &mottled(left), &[(left as f32, "a")], now);
        let [(0, found, _)] = shown(&tracker, now)[..] else { panic!("{:?}", shown(&tracker, now)) };
        assert_eq!(found, left as f32);
    }
    let [(_, _, speed)] = shown(&tracker, millis(at + 4 * STEP))[..] else { unreachable!("as above") };
    assert!((-1000.0..-500.0).contains(&speed), "{speed}");
}

/// Fifteen frames a second, and a card that goes 400 pixels in half a second and comes to rest.
#[test]
fn a_card_that_slows_down_is_followed_on_rare_frames() {
    let way = |share: f32| 60.0 + 400.0 * share * share * (3.0 - 2.0 * share);
    let (mut tracker, interval) = (Tracker::default(), 66);
    for step in 3..=10_u64 {
        let share = (step * interval) as f32 / 500.0;
        let (left, now) = (way(share.min(1.0)).round(), millis(step * interval));
        let picture = mottled(left as u32);
        if step <= 4 {
            see(&mut tracker, &picture, &[(left, "a")], now);
        } else {
            tracker.follow(&Pixels::from(&picture), now);
            let [(0, found, _)] = shown(&tracker, now)[..] else { panic!("{:?}", shown(&tracker, now)) };
            assert!((found - left).abs() < 3.0, "step {step}: {found} for {left}");
        }
    }
    assert_eq!(shown(&tracker, millis(10 * interval))[0].2, 0.0);
}

#[test]
fn a_card_that_was_seen_once_is_sought_on_the_next_rare_frame() {
    let mut tracker = Tracker::default();
    see(&mut tracker, &mottled(160), &[(160.0, "a")], millis(40));
    assert!(tracker.follow(&Pixels::from(&mottled(250)), millis(106)));
    let [(0, left, speed)] = shown(&tracker, millis(106))[..] else { panic!("it is lost") };
    assert!((left - 250.0).abs() < 3.0 && speed > 1000.0, "{left}, {speed}");
}

/// One copy of a playing card goes, and another appears.
#[test]
fn a_twin_of_a_card_that_lay_still_is_another_card() {
    let mut tracker = Tracker::default();
    (1..6).for_each(|step| see(&mut tracker, &mottled(60), &[(60.0, "a")], millis(STEP * step)));
    let now = millis(STEP * 6);
    see(&mut tracker, &mottled(420), &[(420.0, "a"), (300.0, "b")], now);
    let ids: Vec<u64> = shown(&tracker, now).iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, [0, 1, 2]);
    assert!(shown(&tracker, now).iter().all(|(.., speed)| *speed == 0.0));
}

#[test]
fn a_card_that_was_covered_on_its_way_comes_out_as_itself_where_it_can_be() {
    for (out, is_same) in [(410, true), (530, false)] {
        let mut tracker = Tracker::default();
        for (step, left) in [(1, 20), (2, 47), (3, 74)] {
            see(&mut tracker, &mottled(left), &[(left as f32, "a")], millis(STEP * step));
        }
        (4..9).for_each(|step| see(&mut tracker, &frame(&[]), &[], millis(STEP * step)));
        let now = millis(STEP * 9);
        see(&mut tracker, &mottled(out), &[(out as f32, "a"), (240.0, "b")], now);
        let tracks = shown(&tracker, now);
        let ids: Vec<u64> = tracks.iter().map(|(id, ..)| *id).collect();
        assert_eq!(ids, if is_same { vec![0, 2] } else { vec![0, 1, 2] }, "out at {out}");
        if is_same {
            assert!(tracks[0].1 == out as f32 && tracks[0].2 > 1000.0, "{tracks:?}");
        }
    }
}

/// What lies on it may be what stood still.
#[test]
fn a_detection_a_little_off_moves_only_a_card_that_another_may_lie_on() {
    for (others, moves) in [(&[][..], false), (&[(120.0, "b")][..], true)] {
        let mut tracker = Tracker::default();
        for (number, left) in [(1, 100.0), (2, 100.0), (3, 104.0)] {
            let cards = [&[(left, "a")][..], others].concat();
            let picture = frame(&[&[(100.0, "a")][..], others].concat());
            see(&mut tracker, &picture, &cards, millis(40 * number));
        }
        let (id, left, speed) = shown(&tracker, millis(120))[0];
        assert_eq!((id, left, speed > 50.0), (0, 104.0, moves), "{speed}");
    }
}
