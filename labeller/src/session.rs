//! The state of labelling: which images there are, in which groups, what is to be done next.
//!
//! Pure: an [`Action`] becomes [`Change`]s, whoever owns the disk writes them, and
//! [`Session::apply`] takes in what was written. So what is shown is never ahead of what is saved.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use dataset::captures::SAME_CLUSTER;
use dataset::captures::hashes::Hashes;
use dataset::captures::record::{CaptureContext, Record};
use dataset::labels::Label;
use dataset::labels::store::{Change, Place};
use lens_core::modifiers::Modifiers;

#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub file: String,
    /// Where it was captured into.
    pub captured: Place,
    /// Where a person put it.
    pub put: Option<Place>,
    /// Where it is now.
    pub place: Place,
    /// What it shows, when somebody has said so.
    pub label: Option<Label>,
    /// Whether it lies in the bin.
    pub binned: bool,
    /// What it looks like; nothing for images of other tools.
    pub hashes: Option<Hashes>,
    /// What was known when it was captured.
    pub context: CaptureContext,
}

/// Images of a group that others are compared with: more of them say nothing new.
const MAX_COMPARED: usize = 16;

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What the model is least sure of.
    #[default]
    Doubt,
    /// What was captured last.
    Newest,
    /// Groups of many images.
    Largest,
}

/// Something that a person does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Names the members of the current group; those that are dropped go to a group of their own.
    Save(Label, Worn),
    /// Gives images another label, wherever they are.
    Relabel(Vec<String>, Label, Worn),
    /// Gives each of these images a label of its own, and throws those away that they replace.
    Name(Vec<(String, Label)>, Vec<String>),
    /// Puts the dropped members into a group of their own.
    Split,
    /// Puts all of another group into the current one.
    Merge(u64),
    /// Puts an image into a group.
    Move(String, u64),
    /// Throws images away.
    Bin(Vec<String>),
    /// Takes images out of the bin.
    Restore(Vec<String>),
    /// Empties the bin for good; nothing undoes it.
    Empty,
    /// Keeps what has been typed for a group so far; nothing forgets it.
    Draft(u64, Option<Label>),
}

/// Which groups of the queue are shown; all when there is none.
#[derive(Clone, Default)]
pub struct Filter(Option<Arc<Accept>>);

/// Says whether a group is shown, by its members.
type Accept = dyn Fn(&[&Picture]) -> bool + Send + Sync;

impl Filter {
    pub fn new(accept: impl Fn(&[&Picture]) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(accept)))
    }

    fn accepts(&self, members: &[&Picture]) -> bool {
        self.0.as_ref().is_none_or(|accept| accept(members))
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Filter" } else { "Filter(all)" })
    }
}

/// What is on single images, by their files, where that is not what the label says: a group may
/// hold a plain and a foil image of one card.
pub type Worn = BTreeMap<String, Modifiers>;

/// Everything that the window shows, but for what is being typed.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pictures: Vec<Picture>,
    by_file: HashMap<String, usize>,
    groups: BTreeMap<u64, Vec<usize>>,
    /// Groups that others took in, and where what is captured into them belongs.
    merged: BTreeMap<u64, Place>,
    drafts: BTreeMap<u64, Label>,
    order: Order,
    filter: Filter,
    queue: Vec<u64>,
    /// Groups that wait, but that the filter hides.
    hidden: usize,
    at: usize,
    dropped: BTreeSet<String>,
    /// Images that go for good, and whose captures may still be listed.
    erased: HashSet<String>,
    /// Members that a person dropped or took in again.
    decided: BTreeSet<String>,
    member: usize,
    undo: Vec<Vec<Change>>,
    redo: Vec<Vec<Change>>,
}

impl Session {
    /// From the captures; labels, groups and bin are then taken in as changes.
    pub fn new(records: Vec<Record>) -> Self {
        let mut session = Self::default();
        session.add(records);
        session
    }

    /// Takes captures in that are not there yet.
    pub fn add(&mut self, records: Vec<Record>) {
        for record in records {
            if self.erased.contains(&record.filename) {
                continue;
            }
            let place = Place { cluster: record.cluster, group: record.card_group };
            let picture = self.picture_mut(&record.filename);
            picture.captured = place;
            (picture.hashes, picture.context) = (Some(record.hashes), record.context);
        }
        self.arrange();
    }

    /// Takes in what was written.
    pub fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            if change.picture().is_some_and(|file| self.erased.contains(file))
                && !matches!(change, Change::Erase { .. })
            {
                continue;
            }
            match change {
                Change::Erase { file, done: true } => drop(self.erased.remove(file)),
                Change::Erase { file, done: false } => self.erase(file),
                Change::Label { file, label } => {
                    let picture = self.picture_mut(file);
                    picture.label = label.as_deref().cloned();
                    // Images of other tools have their groups in the label only.
                    if picture.hashes.is_none()
                        && let Some(label) = &picture.label
                        && let Some((cluster, group)) = label.cluster.zip(label.card_group)
                    {
                        picture.captured = Place { cluster, group };
                    }
                }
                Change::Place { file, place } => self.picture_mut(file).put = *place,
                Change::Merge { group, into } => {
                    match into {
                        Some(place) => self.merged.insert(*group, *place),
                        None => self.merged.remove(group),
                    };
                }
                Change::Bin { file, binned, .. } => self.picture_mut(file).binned = *binned,
                Change::Draft { group, label } => {
                    match label {
                        Some(label) => self.drafts.insert(*group, Label::clone(label)),
                        None => self.drafts.remove(group),
                    };
                }
            }
        }
        self.arrange();
    }

    /// Takes an image out for good, and out of all that could be undone.
    fn erase(&mut self, file: &str) {
        self.erased.insert(file.to_owned());
        if self.by_file.contains_key(file) {
            self.pictures.retain(|it| it.file != file);
            let places = self.pictures.iter().enumerate().map(|(at, it)| (it.file.clone(), at));
            self.by_file = places.collect();
        }
        for actions in [&mut self.undo, &mut self.redo] {
            actions.iter_mut().for_each(|changes| changes.retain(|it| it.picture() != Some(file)));
            actions.retain(|changes| !changes.is_empty());
        }
    }

    /// Remembers how to undo what was just applied.
    pub fn remember(&mut self, undo: Vec<Change>) {
        self.undo.push(undo);
        self.redo.clear();
    }

    /// What undoes the last action, to be written and applied; its own undo then goes to
    /// [`Session::undone`].
    pub fn last_undo(&self) -> Option<&[Change]> {
        self.undo.last().map(Vec::as_slice)
    }

    /// What does again what was undone last; its own undo then goes to [`Session::redone`].
    pub fn last_redo(&self) -> Option<&[Change]> {
        self.redo.last().map(Vec::as_slice)
    }

    /// The last action was undone; `redo` does it again. Shows the group that it was about.
    pub fn undone(&mut self, redo: Vec<Change>) {
        self.show(&redo);
        self.undo.pop();
        self.redo.push(redo);
    }

    /// The last undo was undone.
    pub fn redone(&mut self, undo: Vec<Change>) {
        self.show(&undo);
        self.redo.pop();
        self.undo.push(undo);
    }

    /// What an action changes.
    pub fn plan(&self, action: &Action) -> Vec<Change> {
        match action {
            Action::Save(label, worn) => {
                let Some(group) = self.group() else { return Vec::new() };
                let mut changes = self.split();
                let members = self.members().filter(|it| !self.dropped.contains(&it.file));
                changes.extend(members.filter(|it| it.label.is_none()).map(|it| labelled(it, label, worn)));
                if self.drafts.contains_key(&group) {
                    changes.push(Change::Draft { group, label: None });
                }
                changes
            }
            Action::Relabel(files, label, worn) => {
                let pictures = files.iter().filter_map(|file| self.picture(file));
                pictures.map(|it| labelled(it, label, worn)).collect()
            }
            Action::Name(names, replaced) => {
                let named = names.iter().filter_map(|(file, label)| Some((self.picture(file)?, label)));
                let named = named.map(|(picture, label)| labelled(picture, label, &Worn::new()));
                named.chain(self.binned(replaced, true)).collect()
            }
            Action::Split => self.split(),
            Action::Merge(other) => {
                let Some(group) = self.group().filter(|group| group != other) else { return Vec::new() };
                let place = self.place_of(group);
                let mut changes: Vec<Change> = self.members_of(*other).map(|it| moved(it, place)).collect();
                changes.extend(self.merge(*other, place));
                changes
            }
            Action::Move(file, group) => {
                let place = self.place_of(*group);
                let Some(picture) = self.picture(file).filter(|it| it.place.group != *group) else {
                    return Vec::new();
                };
                let mut changes = vec![moved(picture, place)];
                // Nothing is left of the group: later captures of the card go where it went.
                if self.members_of(picture.place.group).all(|it| it.file == *file) {
                    changes.extend(self.merge(picture.place.group, place));
                }
                changes
            }
            Action::Bin(files) => self.binned(files, true),
            Action::Restore(files) => self.binned(files, false),
            Action::Empty => {
                let binned = self.pictures.iter().filter(|it| it.binned);
                binned.map(|it| Change::Erase { file: it.file.clone(), done: false }).collect()
            }
            Action::Draft(group, label) => {
                if self.drafts.get(group) == label.as_ref() {
                    return Vec::new();
                }
                vec![Change::Draft { group: *group, label: label.clone().map(Box::new) }]
            }
        }
    }

    fn split(&self) -> Vec<Change> {
        let Some(group) = self.group() else { return Vec::new() };
        // Also what lies in the bin, or has only been begun, keeps its number.
        let used = self.pictures.iter().map(|it| it.place.group).chain(self.drafts.keys().copied());
        let used = used.filter(|group| *group < Place::READ_FROM);
        let fresh = used.max().map_or(0, |last| last + 1).max(Place::SPLIT_FROM);
        let place = Place { cluster: self.place_of(group).cluster, group: fresh };
        let all = self.members().count();
        let out: Vec<_> = self.members().filter(|it| self.dropped.contains(&it.file)).collect();
        // All of a group dropped is the same group again.
        if out.len() == all { Vec::new() } else { out.into_iter().map(|it| moved(it, place)).collect() }
    }

    /// A binned image keeps its label, but the data set does not have it.
    fn binned(&self, files: &[String], binned: bool) -> Vec<Change> {
        let pictures = files.iter().filter_map(|file| self.picture(file)).filter(|it| it.binned != binned);
        pictures.map(|it| Change::Bin { file: it.file.clone(), binned, label: None }).collect()
    }

    /// What is captured into `group` later belongs to another; that one takes nothing but itself
    /// from elsewhere, so that two groups never send captures to each other.
    fn merge(&self, group: u64, into: Place) -> impl Iterator<Item = Change> {
        let back = self.merged.contains_key(&into.group);
        let back = back.then_some(Change::Merge { group: into.group, into: None });
        back.into_iter().chain([Change::Merge { group, into: Some(into) }])
    }

    /// Where what is captured into a place belongs.
    fn current(&self, captured: Place) -> Place {
        let mut place = captured;
        // Never more steps than there are mergers, whatever a file says.
        for _ in 0..self.merged.len() {
            match self.merged.get(&place.group) {
                Some(into) => place = *into,
                None => break,
            }
        }
        place
    }

    fn place_of(&self, group: u64) -> Place {
        let first = self.groups.get(&group).and_then(|members| members.first());
        first.map_or(Place { cluster: 0, group }, |&at| self.pictures[at].place)
    }

    /// All images, in the order of their capture.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// The image of this file.
    pub fn picture(&self, file: &str) -> Option<&Picture> {
        self.by_file.get(file).map(|&at| &self.pictures[at])
    }

    /// The groups that wait for a name, in order.
    pub fn queue(&self) -> &[u64] {
        &self.queue
    }

    /// Position of the current group in the queue.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn group(&self) -> Option<u64> {
        self.queue.get(self.at).copied()
    }

    /// What is not in the bin of the current group.
    pub fn members(&self) -> impl Iterator<Item = &Picture> {
        self.group().into_iter().flat_map(|group| self.members_of(group))
    }

    /// What is not in the bin of a group.
    pub fn members_of(&self, group: u64) -> impl Iterator<Item = &Picture> {
        self.groups.get(&group).into_iter().flatten().map(|&at| &self.pictures[at])
    }

    /// Other groups of the current one's cluster, each with how far its nearest image is from one
    /// of the current group.
    pub fn neighbours(&self) -> Vec<(u64, u32)> {
        let Some(group) = self.group() else { return Vec::new() };
        let cluster = self.place_of(group).cluster;
        let alike =
            |members: &[usize]| members.first().is_some_and(|&at| self.pictures[at].place.cluster == cluster);
        let own: Vec<&Hashes> =
            self.members().take(MAX_COMPARED).filter_map(|it| it.hashes.as_ref()).collect();
        // Images of other tools have no hashes: somebody has put them into the cluster.
        let distance = |members: &[usize]| {
            let hashes = members.iter().filter_map(|&at| self.pictures[at].hashes.as_ref());
            hashes.flat_map(|it| own.iter().map(|one| one.distance(it))).min().unwrap_or(SAME_CLUSTER)
        };
        let others = self.groups.iter().filter(|(other, members)| **other != group && alike(members));
        others.map(|(other, members)| (*other, distance(members))).collect()
    }

    /// The member that keys act on.
    pub fn member(&self) -> Option<&Picture> {
        self.members().nth(self.member)
    }

    /// Whether a member will not be named with the others.
    pub fn is_dropped(&self, file: &str) -> bool {
        self.dropped.contains(file)
    }

    /// What was typed for the current group before.
    pub fn draft(&self) -> Option<&Label> {
        self.drafts.get(&self.group()?)
    }

    /// What another member of the current group was named.
    pub fn known_label(&self) -> Option<&Label> {
        self.members().find_map(|it| it.label.as_ref())
    }

    /// How the queue is ordered.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Orders the queue; the first of it becomes the current group.
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.arrange();
        self.go(0);
    }

    /// Shows only some groups; the first of them becomes the current one.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.arrange();
        self.go(0);
    }

    /// How many groups wait for a name that the filter hides.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Makes a position of the queue the current one.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.queue.len().saturating_sub(1));
        self.member = 0;
        self.dropped.clear();
        self.decided.clear();
    }

    /// Makes a group that waits the current one.
    pub fn go_to(&mut self, group: u64) {
        if let Some(at) = self.queue.iter().position(|it| *it == group) {
            self.go(at);
        }
    }

    /// Goes on by this many groups.
    pub fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by));
    }

    /// Chooses a member, from the current one on.
    pub fn step_member(&mut self, by: isize) {
        let count = self.members().count();
        self.member = self.member.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// Drops the member of this file out of the group for now, or takes it in again.
    pub fn toggle(&mut self, file: &str) {
        self.decided.insert(file.to_owned());
        if !self.dropped.remove(file) {
            self.dropped.insert(file.to_owned());
        }
    }

    /// Drops the members that have no name and of which `is_other` is true, and takes the others
    /// in; what a person decided stays.
    pub fn leave_out(&mut self, is_other: impl Fn(&Picture) -> bool) {
        let open = self.members().filter(|it| it.label.is_none() && !self.decided.contains(&it.file));
        let judged: Vec<(String, bool)> = open.map(|it| (it.file.clone(), is_other(it))).collect();
        for (file, out) in judged {
            if out {
                self.dropped.insert(file);
            } else {
                self.dropped.remove(&file);
            }
        }
    }

    fn show(&mut self, changes: &[Change]) {
        let file = changes.iter().find_map(Change::picture);
        if let Some(group) = file.and_then(|file| self.picture(file)).map(|it| it.place.group) {
            self.go_to(group);
        }
    }

    fn picture_mut(&mut self, file: &str) -> &mut Picture {
        let next = self.pictures.len();
        let at = *self.by_file.entry(file.to_owned()).or_insert(next);
        if at == next {
            let [cluster, group, _] = dataset::file_name::parse(file).unwrap_or([0; 3]);
            let place = Place { cluster, group };
            self.pictures.push(Picture {
                file: file.to_owned(),
                captured: place,
                put: None,
                place,
                label: None,
                binned: false,
                hashes: None,
                context: CaptureContext::default(),
            });
        }
        &mut self.pictures[at]
    }

    /// Where each image was captured into; a group of which the model surely read several cards
    /// is several, the first card's keeping its number.
    fn captured(&self) -> Vec<Place> {
        let mut first: HashMap<u64, &str> = HashMap::new();
        let read = |picture: &'_ Picture| picture.context.sure_card().map(str::to_owned);
        for picture in &self.pictures {
            if let Some(card) = picture.context.sure_card() {
                first.entry(picture.captured.group).or_insert(card);
            }
        }
        let place = |picture: &Picture| match read(picture) {
            Some(card) if first.get(&picture.captured.group).is_some_and(|it| **it != *card) => {
                picture.captured.read_as(&card)
            }
            _ => picture.captured,
        };
        self.pictures.iter().map(place).collect()
    }

    /// Groups and queue from the images; the current position stays.
    fn arrange(&mut self) {
        let captured = self.captured();
        let places: Vec<Place> = self
            .pictures
            .iter()
            .zip(captured)
            .map(|(it, captured)| it.put.unwrap_or_else(|| self.current(captured)))
            .collect();
        for (picture, place) in self.pictures.iter_mut().zip(places) {
            picture.place = place;
        }
        self.groups.clear();
        for (at, picture) in self.pictures.iter().enumerate().filter(|(_, it)| !it.binned) {
            self.groups.entry(picture.place.group).or_default().push(at);
        }
        let waits = |members: &[usize]| members.iter().any(|&at| self.pictures[at].label.is_none());
        let waiting = self.groups.iter().filter(|(_, it)| waits(it)).map(|(group, it)| (*group, it));
        let members = |it: &[usize]| it.iter().map(|&at| &self.pictures[at]).collect::<Vec<_>>();
        let (open, hidden): (Vec<(u64, &Vec<usize>)>, Vec<_>) =
            waiting.partition(|(_, it)| self.filter.accepts(&members(it)));
        let hidden = hidden.len();
        let rank = |members: &[usize]| -> f64 {
            let pictures = members.iter().map(|&at| &self.pictures[at]);
            match self.order {
                Order::Doubt => pictures.map(|it| f64::from(it.context.doubt())).fold(0.0, f64::max),
                Order::Newest => pictures.map(|it| it.context.taken_at_millis as f64).fold(0.0, f64::max),
                Order::Largest => pictures.count() as f64,
            }
        };
        let mut ranked: Vec<(f64, u64)> = open.into_iter().map(|(group, it)| (rank(it), group)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let queue: Vec<u64> = ranked.into_iter().map(|(_, group)| group).collect();
        let current = self.group();
        (self.queue, self.hidden) = (queue, hidden);
        match current.and_then(|group| self.queue.iter().position(|it| *it == group)) {
            Some(at) => self.at = at,
            // It is done: what has moved up to its place is next.
            None => self.go(self.at),
        }
        let count = self.members().count();
        self.member = self.member.min(count.saturating_sub(1));
        let by_file = &self.by_file;
        self.dropped.retain(|file| by_file.contains_key(file));
    }
}

fn labelled(picture: &Picture, label: &Label, worn: &Worn) -> Change {
    let mut label = label.clone();
    if let Some(modifiers) = worn.get(&picture.file) {
        label.set_modifiers(modifiers);
    }
    if let Some(before) = &picture.label {
        label.keep_from(before);
    }
    (label.cluster, label.card_group) = (Some(picture.place.cluster), Some(picture.place.group));
    Change::Label { file: picture.file.clone(), label: Some(Box::new(label)) }
}

fn moved(picture: &Picture, place: Place) -> Change {
    Change::Place { file: picture.file.clone(), place: Some(place) }
}

#[cfg(test)]
mod tests;
