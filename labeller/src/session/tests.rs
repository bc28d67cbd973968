//! Flows of labelling, with a store of memory only.

use std::collections::BTreeMap;

use shared::captures::hashes::Hashing;

use super::*;

/// A record of a group, with this probability of the best guess.
fn record(cluster: u64, group: u64, id: u64, best: f32) -> Record {
    let hashes = Hashing::default().of(&image::RgbaImage::new(16, 16));
    Record {
        filename: shared::captures::record::file_name(cluster, group, id),
        cluster,
        card_group: group,
        hashes,
        sight: Sight {
            card: Some("j_one".into()),
            guesses: vec![("j_one".into(), best)],
            taken_at_millis: id,
            ..Sight::default()
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

/// As the desk does it, without a disk: the state before is what undoes.
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
            Change::Place { file: file.clone(), place: session.picture(file).map(|it| it.place) }
        }
        Change::Bin { file, binned } => Change::Bin { file: file.clone(), binned: !binned },
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
    act(&mut session, &Action::Save(label("One")));
    assert_eq!((session.queue(), session.group()), (&[2, 0][..], Some(2)));
    session.step(1);
    act(&mut session, &Action::Save(label("Zero")));
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
    act(&mut session, &Action::Save(label("Zero")));
    let groups = groups(&session);
    assert_eq!(groups["cluster0_card0_id0.png"], (0, Some("Zero".into())));
    assert_eq!(groups["cluster0_card0_id1.png"], (3, None));
    assert!(session.queue().contains(&3) && !session.queue().contains(&0));
}

#[test]
fn groups_are_merged_split_and_rearranged() {
    let mut session = session();
    session.go_to(0);
    assert_eq!(session.neighbours(), [1]);
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

#[test]
fn everything_can_be_undone_and_done_again() {
    let mut session = session();
    let states: Vec<_> = [
        Action::Save(label("One")),
        Action::Merge(0),
        Action::Relabel(vec!["cluster0_card1_id2.png".into()], label("Another")),
        Action::Bin(vec!["cluster0_card0_id1.png".into()]),
        Action::Save(label("All")),
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
    act(&mut session, &Action::Save(label("Zero")));
    assert!(!session.queue().contains(&0));
    session.add(vec![record(0, 0, 9, 0.7)]);
    session.go_to(0);
    assert_eq!(session.known_label().map(|it| it.name.as_str()), Some("Zero"));
    act(&mut session, &Action::Save(label("Zero again")));
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
    act(&mut session, &Action::Save(label("One")));
    assert!(session.drafts.is_empty());
}
