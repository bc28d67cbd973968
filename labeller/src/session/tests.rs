//! Flows of labelling, with a store of memory only.

use std::collections::BTreeMap;

use dataset::captures::hashes::Hashing;

use super::*;

/// A record of a group, with this probability of the best guess.
fn record(cluster: u64, group: u64, id: u64, best: f32) -> Record {
    let hashes = Hashing::default().hash(&image::RgbaImage::new(16, 16));
    Record {
        filename: dataset::file_name::format(cluster, group, id),
        cluster,
        card_group: group,
        hashes,
        context: CaptureContext {
            card: Some("j_one".into()),
            guesses: vec![("j_one".into(), best)],
            taken_at_millis: id,
            ..CaptureContext::default()
        },
    }
}

/// Groups 0 and 1 of one cluster, group 2 of another; group 1 is the most doubtful.
fn session() -> Session {
    let records = [(0, 0, 0, 0.9), (0, 0, 1, 0.8), (0, 1, 2, 0.1), (5, 2, 3, 0.5), (0, 0, 4, 0.9)];
    Session::new(records.map(|(cluster, group, id, best)| record(cluster, group, id, best)).to_vec())
}

fn label(name: &str) -> Label {
    Label { name: name.into(), ..Label::default() }
}

/// As the repository does it, without a disk: the state before is what undoes.
fn act(session: &mut Session, action: &Action) {
    let changes = session.plan(action);
    let undo = inverse(session, &changes);
    session.apply(&changes);
    session.remember(undo);
}

fn inverse(session: &Session, changes: &[Change]) -> Vec<Change> {
    let undo = changes.iter().map(|change| match change {
        Change::Label { file, .. } => {
            let before = session.picture(file).and_then(|it| it.label.clone());
            Change::Label { file: file.clone(), label: before.map(Box::new) }
        }
        Change::Place { file, .. } => {
            Change::Place { file: file.clone(), place: session.picture(file).and_then(|it| it.put) }
        }
        Change::Merge { group, .. } => {
            Change::Merge { group: *group, into: session.merged.get(group).copied() }
        }
        Change::Bin { file, binned, .. } => Change::Bin { file: file.clone(), binned: !binned, label: None },
        // Nothing undoes it.
        Change::Erase { .. } => change.clone(),
        Change::Draft { group, .. } => {
            Change::Draft { group: *group, label: session.drafts.get(group).cloned().map(Box::new) }
        }
    });
    undo.rev().collect()
}

fn groups(session: &Session) -> BTreeMap<String, (u64, Option<String>)> {
    let of =
        |it: &Picture| (it.file.clone(), (it.place.group, it.label.as_ref().map(|label| label.name.clone())));
    session.pictures().iter().map(of).collect()
}

#[test]
fn the_doubtful_come_first_and_saving_goes_on() {
    let mut session = session();
    assert_eq!(session.queue(), [1, 2, 0]);
    act(&mut session, &Action::Save(label("One"), Worn::new()));
    assert_eq!((session.queue(), session.group()), (&[2, 0][..], Some(2)));
    session.step(1);
    act(&mut session, &Action::Save(label("Zero"), Worn::new()));
    assert_eq!(
        (session.queue(), session.group()),
        (&[2][..], Some(2)),
        "after the last one comes what is left"
    );
    session.set_order(Order::Newest);
    assert_eq!(session.queue(), [2]);
}

#[test]
fn orders_sort_the_queue() {
    let mut session = session();
    session.set_order(Order::Newest);
    assert_eq!(session.queue(), [0, 2, 1]);
    session.set_order(Order::Largest);
    assert_eq!(session.queue()[0], 0);
}

#[test]
fn dropped_members_get_a_group_of_their_own_and_wait() {
    let mut session = session();
    session.go_to(0);
    session.toggle("cluster0_card0_id1.png");
    act(&mut session, &Action::Save(label("Zero"), Worn::new()));
    let groups = groups(&session);
    assert_eq!(groups["cluster0_card0_id0.png"], (0, Some("Zero".into())));
    assert_eq!(groups["cluster0_card0_id1.png"], (Place::SPLIT_FROM, None));
    assert!(session.queue().contains(&Place::SPLIT_FROM) && !session.queue().contains(&0));
    // The overlay's next new card takes the next number that it knows of.
    session.add(vec![record(7, 3, 9, 0.5)]);
    assert_eq!(session.members_of(3).count(), 1);
    assert_eq!(session.members_of(Place::SPLIT_FROM).count(), 1);
}

#[test]
fn groups_are_merged_split_and_rearranged() {
    let mut session = session();
    session.go_to(0);
    assert_eq!(session.neighbours(), [(1, 0)]);
    act(&mut session, &Action::Merge(1));
    assert_eq!((session.group(), session.members().count()), (Some(0), 4));
    session.toggle("cluster0_card1_id2.png");
    act(&mut session, &Action::Split);
    assert_eq!(session.members().count(), 3);
    act(&mut session, &Action::Move("cluster5_card2_id3.png".into(), 0));
    let moved = session.picture("cluster5_card2_id3.png").unwrap();
    assert_eq!(moved.place, Place { cluster: 0, group: 0 });
    assert_eq!(moved.captured, Place { cluster: 5, group: 2 });
}

/// Clusters are chains: a card at the other end of one does not look alike.
#[test]
fn neighbours_are_told_by_how_near_their_nearest_image_is() {
    let striped = |id: u64, width: u32| {
        let picture = image::RgbaImage::from_fn(64, 64, |x, _| {
            let light = if (x / width).is_multiple_of(2) { 220 } else { 30 };
            image::Rgba([light, light, light, 255])
        });
        Record { hashes: Hashing::default().hash(&picture), ..record(0, id, id, 0.5) }
    };
    let mut session = Session::new(vec![striped(0, 8), striped(1, 16), striped(2, 8)]);
    session.go_to(0);
    let neighbours: BTreeMap<u64, u32> = session.neighbours().into_iter().collect();
    assert_eq!(neighbours[&2], 0, "the same picture");
    assert!(neighbours[&1] > SAME_CLUSTER, "{neighbours:?}");
}

#[test]
fn everything_can_be_undone_and_done_again() {
    let mut session = session();
    let states: Vec<_> = [
        Action::Save(label("One"), Worn::new()),
        Action::Merge(0),
        Action::Relabel(vec!["cluster0_card1_id2.png".into()], label("Another"), Worn::new()),
        Action::Bin(vec!["cluster0_card0_id1.png".into()]),
        Action::Save(label("All"), Worn::new()),
    ]
    .iter()
    .map(|action| {
        let before = groups(&session);
        act(&mut session, action);
        assert_ne!(
            (groups(&session), session.pictures().iter().filter(|it| it.binned).count()),
            (before.clone(), 0)
        );
        before
    })
    .collect();
    let end = groups(&session);
    for before in states.iter().rev() {
        let undo = session.last_undo().unwrap().to_vec();
        let redo = inverse(&session, &undo);
        session.apply(&undo);
        session.undone(redo);
        assert_eq!(groups(&session), *before);
    }
    assert!(session.last_undo().is_none());
    while let Some(redo) = session.last_redo().map(<[Change]>::to_vec) {
        let undo = inverse(&session, &redo);
        session.apply(&redo);
        session.redone(undo);
    }
    assert_eq!(groups(&session), end);
}

#[test]
fn later_captures_join_their_group_and_bring_it_back() {
    let mut session = session();
    session.go_to(0);
    act(&mut session, &Action::Save(label("Zero"), Worn::new()));
    assert!(!session.queue().contains(&0));
    session.add(vec![record(0, 0, 9, 0.7)]);
    session.go_to(0);
    assert_eq!(session.known_label().map(|it| it.name.as_str()), Some("Zero"));
    act(&mut session, &Action::Save(label("Zero again"), Worn::new()));
    let labels: Vec<_> = session.members_of(0).map(|it| it.label.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(labels, ["Zero", "Zero", "Zero", "Zero again"], "what has a name keeps it");
}

#[test]
fn binned_pictures_are_out_of_sight_until_they_are_restored() {
    let mut session = session();
    session.go_to(2);
    act(&mut session, &Action::Bin(vec!["cluster5_card2_id3.png".into()]));
    assert!(!session.queue().contains(&2));
    act(&mut session, &Action::Restore(vec!["cluster5_card2_id3.png".into()]));
    assert!(session.queue().contains(&2));
}

#[test]
fn drafts_wait_for_their_group() {
    let mut session = session();
    act(&mut session, &Action::Draft(1, Some(label("On"))));
    assert!(session.plan(&Action::Draft(1, Some(label("On")))).is_empty());
    session.step(1);
    assert!(session.draft().is_none());
    session.step(-1);
    assert_eq!(session.draft().map(|it| it.name.as_str()), Some("On"));
    act(&mut session, &Action::Save(label("One"), Worn::new()));
    assert!(session.drafts.is_empty());
}

#[test]
fn a_group_that_was_split_off_keeps_its_number_in_the_bin() {
    let mut session = session();
    session.go_to(0);
    for file in ["cluster0_card0_id1.png", "cluster0_card0_id4.png"] {
        session.toggle(file);
        act(&mut session, &Action::Split);
        act(&mut session, &Action::Bin(vec![file.into()]));
        session.go_to(0);
    }
    let files = ["cluster0_card0_id1.png", "cluster0_card0_id4.png"];
    let groups = files.map(|file| session.picture(file).unwrap().place.group - Place::SPLIT_FROM);
    assert_eq!(groups, [0, 1]);
}

#[test]
fn later_captures_of_a_merged_group_are_in_the_group_that_took_it_in() {
    let mut session = session();
    session.go_to(0);
    act(&mut session, &Action::Merge(1));
    session.add(vec![record(0, 1, 9, 0.7)]);
    let group = |session: &Session, file: &str| session.picture(file).unwrap().place.group;
    assert_eq!(group(&session, "cluster0_card1_id9.png"), 0);
    // The whole of a group, merged into a third one: all follow, also those that come later.
    session.go_to(2);
    act(&mut session, &Action::Merge(0));
    session.add(vec![record(0, 0, 10, 0.7), record(0, 1, 11, 0.7)]);
    for file in ["cluster0_card1_id9.png", "cluster0_card0_id10.png", "cluster0_card1_id11.png"] {
        assert_eq!(group(&session, file), 2, "{file}");
    }
    for want in [0, 1] {
        let undo = session.last_undo().unwrap().to_vec();
        session.apply(&undo);
        session.undone(Vec::new());
        assert_eq!(group(&session, "cluster0_card1_id11.png"), want, "undone");
    }
}

#[test]
fn later_captures_follow_the_last_picture_of_a_group_that_was_moved_and_not_the_first_of_several() {
    let mut session = session();
    act(&mut session, &Action::Move("cluster0_card0_id0.png".into(), 2));
    act(&mut session, &Action::Move("cluster0_card1_id2.png".into(), 0));
    session.add(vec![record(0, 0, 9, 0.7), record(0, 1, 10, 0.7)]);
    let group = |session: &Session, file: &str| session.picture(file).unwrap().place.group;
    assert_eq!(group(&session, "cluster0_card0_id9.png"), 0);
    assert_eq!(group(&session, "cluster0_card1_id10.png"), 0);
    // A group that came back to itself sends nothing in circles.
    session.go_to(0);
    act(&mut session, &Action::Move("cluster0_card1_id2.png".into(), 1));
    act(&mut session, &Action::Move("cluster0_card1_id10.png".into(), 1));
    session.go_to(1);
    act(&mut session, &Action::Merge(0));
    session.add(vec![record(0, 0, 12, 0.7), record(0, 1, 13, 0.7)]);
    assert_eq!(group(&session, "cluster0_card0_id12.png"), 1);
    assert_eq!(group(&session, "cluster0_card1_id13.png"), 1);
}

#[test]
fn members_of_a_group_keep_what_is_on_them() {
    let mut session = session();
    session.go_to(0);
    let foil = Modifiers { edition: "foil".into(), ..Modifiers::default() };
    let mut name = label("Zero");
    name.set_modifiers(&Modifiers::default());
    act(&mut session, &Action::Save(name, Worn::from([("cluster0_card0_id1.png".into(), foil)])));
    let editions: Vec<_> =
        session.members_of(0).map(|it| it.label.as_ref().unwrap().modifiers().edition).collect();
    assert_eq!(editions, ["base", "foil", "base"]);
}

#[test]
fn another_name_keeps_the_fields_of_other_tools() {
    let mut session = session();
    let file = "cluster0_card0_id0.png";
    let mut first = label("Zero");
    first.other.insert("colour".into(), "red".into());
    session.apply(&[Change::Label { file: file.into(), label: Some(Box::new(first)) }]);
    act(&mut session, &Action::Relabel(vec![file.into()], label("One"), Worn::new()));
    let now = session.picture(file).unwrap().label.clone().unwrap();
    assert_eq!((now.name.as_str(), now.other.get("colour").and_then(|it| it.as_str())), ("One", Some("red")));
}

/// A record that the model surely read as a card.
fn read_as(group: u64, id: u64, card: &str) -> Record {
    let mut record = record(0, group, id, 0.99);
    record.context.card = Some(card.into());
    record.context.guesses = vec![(card.into(), 0.99)];
    record
}

#[test]
fn a_group_of_which_several_cards_were_surely_read_is_several() {
    let mut session = Session::new(vec![
        read_as(3, 0, "C_7"),
        read_as(3, 1, "C_8"),
        read_as(3, 2, "C_7"),
        record(0, 3, 3, 0.4),
        read_as(3, 4, "S_7"),
    ]);
    let place = |session: &Session, id: u64| {
        let file = dataset::file_name::format(0, 3, id);
        session.picture(&file).unwrap().place.group
    };
    let before: Vec<u64> = (0..5).map(|id| place(&session, id)).collect();
    assert_eq!((before[0], before[2], before[3]), (3, 3, 3), "what is in doubt stays where it was captured");
    assert!(before[1] >= Place::READ_FROM && before[4] >= Place::READ_FROM && before[1] != before[4]);
    assert!(before.iter().all(|group| *group < 1 << 53), "also a reader of doubles can tell them apart");
    // They can be merged, split and named as any other.
    session.go_to(before[1]);
    act(&mut session, &Action::Merge(before[4]));
    session.add(vec![read_as(3, 5, "S_7")]);
    assert_eq!(place(&session, 5), before[1]);
    session.toggle(&dataset::file_name::format(0, 3, 1));
    act(&mut session, &Action::Split);
    assert_eq!(place(&session, 1), Place::SPLIT_FROM, "numbers of groups that people make stay low");
}

#[test]
fn what_is_left_out_by_itself_gives_way_to_what_a_person_decides() {
    let mut session = session();
    session.go_to(0);
    let file = "cluster0_card0_id1.png";
    session.leave_out(|it| it.file == file);
    assert!(session.is_dropped(file));
    session.leave_out(|_| false);
    assert!(!session.is_dropped(file));
    session.toggle(file);
    session.leave_out(|_| false);
    assert!(session.is_dropped(file), "a person left it out");
    session.step(-1);
    session.go_to(0);
    assert!(!session.is_dropped(file));
}

#[test]
fn a_filter_hides_groups_and_counts_them() {
    let mut session = session();
    session.set_filter(Filter::new(|members| members.len() > 1));
    assert_eq!((session.queue(), session.hidden()), (&[0][..], 2));
    act(&mut session, &Action::Save(label("Zero"), Worn::new()));
    assert_eq!((session.queue(), session.hidden()), (&[][..], 2));
    session.set_filter(Filter::default());
    assert_eq!((session.queue(), session.hidden()), (&[1, 2][..], 0));
}
