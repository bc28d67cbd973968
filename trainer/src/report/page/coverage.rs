//! What the captures of a run cover: by type, which cards are missing or rare, and each card with
//! how many of its held-out captures are right. Pure.

use std::collections::BTreeMap;

use lens_core::catalogue::id_of_class;
use lens_core::counted::counted;

use super::{Faces, Named};
use crate::data::dataset::coverage::{Captures, Coverage};
use crate::report::words::{escaped, percent, whole};

/// A card with fewer captures is rare: of three, one is held out, and two show little.
pub(in crate::report) const FEW: usize = 4;
/// Names that are listed without being asked for.
const LISTED: usize = 40;

/// Cards of a type that have captures, of all that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct OfType {
    /// The type, as people call it.
    pub name: String,
    /// Cards of it with captures.
    pub covered: usize,
    /// All cards of it.
    pub cards: usize,
    /// Captures of them.
    pub captures: usize,
    /// Names of those without.
    pub missing: Vec<String>,
}

/// The types of the catalogue in its order; cards that are in no catalogue are a type of their own.
pub(in crate::report) fn by_type(coverage: &Coverage, cards: &[Named]) -> Vec<OfType> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (class, captures) in &coverage.cards {
        *counts.entry(id_of_class(class)).or_default() += captures.originals();
    }
    let mut types: Vec<OfType> = Vec::new();
    for card in cards {
        let at = types.iter().position(|it| it.name == card.kind).unwrap_or_else(|| {
            let (name, missing) = (card.kind.clone(), Vec::new());
            types.push(OfType { name, covered: 0, cards: 0, captures: 0, missing });
            types.len() - 1
        });
        let of_type = &mut types[at];
        let captures = counts.remove(card.id.as_str()).unwrap_or(0);
        of_type.cards += 1;
        of_type.captures += captures;
        of_type.covered += usize::from(captures > 0);
        if captures == 0 {
            of_type.missing.push(card.name.clone());
        }
    }
    counts.retain(|_, captures| *captures > 0);
    if !counts.is_empty() {
        let name = if cards.is_empty() { "All" } else { "Others" };
        let (count, captures) = (counts.len(), counts.values().sum());
        types.push(OfType { name: name.into(), covered: count, cards: count, captures, missing: Vec::new() });
    }
    types
}

/// The part of the page. `right` has the share of right ones of each class, as far as it is known.
pub(super) fn section(coverage: &Coverage, right: &BTreeMap<String, f64>, faces: &dyn Faces) -> String {
    if coverage.game.is_empty() {
        // A run of an earlier version: only what it held out is known.
        return format!("<h2>Coverage of the data</h2>{}", each(coverage, right, faces));
    }
    let types = by_type(coverage, &faces.cards());
    let [covered, all] = [0, 1].map(|at| types.iter().map(|it| [it.covered, it.cards][at]).sum::<usize>());
    let few = rare(coverage, faces);
    let mut html = format!(
        "<h2>Coverage of the data</h2><p class=\"note\">With captures: {} of {}; with fewer than {FEW}: {}. \
         What a model has seldom seen it seldom names right: capture these next.</p>",
        whole(covered as i64),
        counted(whole(all as i64), "card"),
        whole(few.len() as i64)
    );
    let rows: String = types
        .iter()
        .map(|it| {
            let share = it.covered as f64 / it.cards.max(1) as f64;
            format!(
                "<tr><td>{}</td><td class=\"n\">{} of {}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                escaped(&it.name),
                whole(it.covered as i64),
                whole(it.cards as i64),
                bar(share),
                whole(it.captures as i64)
            )
        })
        .collect();
    html += &format!(
        "<div class=\"scroll\"><table><thead><tr><th>type</th><th class=\"n\">cards</th><th></th><th class=\"n\">captures</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    );
    for it in types.iter().filter(|it| !it.missing.is_empty()) {
        let [missing, all] = [it.missing.len(), it.cards].map(|count| whole(count as i64));
        html += &names(&format!("{}: {missing} of {all} without captures", it.name), &it.missing);
    }
    if !few.is_empty() {
        html += &names(&format!("Fewer than {FEW} captures: {}", whole(few.len() as i64)), &few);
    }
    html += &worn(coverage);
    html + &each(coverage, right, faces)
}

/// Cards with few captures, the rarest first, each with how many.
fn rare(coverage: &Coverage, faces: &dyn Faces) -> Vec<String> {
    let count = |it: &Captures| it.originals();
    let mut few: Vec<(usize, String)> = coverage
        .cards
        .iter()
        .filter(|(_, captures)| (1..FEW).contains(&count(captures)))
        .map(|(class, captures)| (count(captures), faces.name(class)))
        .collect();
    few.sort();
    few.into_iter().map(|(count, name)| format!("{name} ({count})")).collect()
}

/// A list that is folded away when it is long.
fn names(title: &str, names: &[String]) -> String {
    let open = if names.len() <= LISTED { " open" } else { "" };
    format!(
        "<details{open}><summary>{}</summary><p class=\"note\">{}</p></details>",
        escaped(title),
        escaped(&names.join(", "))
    )
}

/// Captures by what is on the card.
fn worn(coverage: &Coverage) -> String {
    let groups =
        [("edition", &coverage.editions), ("enhancement", &coverage.enhancements), ("seal", &coverage.seals)];
    let table = |(title, counts): (&str, &BTreeMap<String, usize>)| {
        let most = counts.values().max().copied().unwrap_or(0).max(1);
        let rows: String = counts
            .iter()
            .map(|(name, count)| {
                let share = *count as f64 / most as f64;
                let count = whole(*count as i64);
                format!(
                    "<tr><td>{}</td><td class=\"n\">{count}</td><td>{}</td></tr>",
                    escaped(name),
                    bar(share)
                )
            })
            .collect();
        format!(
            "<figure><table><thead><tr><th>{title}</th><th class=\"n\">captures</th><th></th></tr></thead>\
             <tbody>{rows}</tbody></table></figure>"
        )
    };
    // Of one kind alone there is nothing to compare.
    let told: String = groups.into_iter().filter(|(_, counts)| counts.len() > 1).map(table).collect();
    if told.is_empty() { told } else { format!("<div class=\"charts\">{told}</div>") }
}

/// Every card with its captures, and how many of those held out are right.
fn each(coverage: &Coverage, right: &BTreeMap<String, f64>, faces: &dyn Faces) -> String {
    let counted = |count: usize| match coverage.game.is_empty() {
        true => "-".to_owned(),
        false => whole(count as i64),
    };
    let row = |(class, captures): (&String, &Captures)| {
        let share = right.get(class).filter(|_| captures.held_out > 0);
        format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td>{}</td></tr>",
            escaped(&faces.name(class)),
            counted(captures.trained),
            counted(captures.augmented),
            whole(captures.held_out as i64),
            share.map_or_else(|| "-".to_owned(), |it| percent(*it, Some(captures.held_out as u64))),
            share.map_or_else(String::new, |it| bar(*it))
        )
    };
    let rows: String = coverage.cards.iter().map(row).collect();
    format!(
        "<details><summary>Each card: captures, and how many of those held out are right</summary><table><thead><tr>\
         <th>card</th><th class=\"n\">trained on</th><th class=\"n\">augmented</th><th class=\"n\">held out</th>\
         <th class=\"n\">right</th><th></th></tr></thead><tbody>{rows}</tbody></table></details>"
    )
}

fn bar(share: f64) -> String {
    format!("<div class=\"bar\"><i style=\"width:{:.0}%\"></i></div>", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Deck;

    impl Faces for Deck {
        fn name(&self, class: &str) -> String {
            format!("the {class}")
        }

        fn picture(&self, _class: &str) -> Option<Vec<u8>> {
            None
        }

        fn cards(&self) -> Vec<Named> {
            let card =
                |id: &str, kind: &str| Named { id: id.into(), name: id.to_uppercase(), kind: kind.into() };
            vec![card("fox", "Joker"), card("owl<", "Joker"), card("ace", "Playing Card")]
        }
    }

    #[test]
    fn what_is_missing_and_what_is_rare_is_named() {
        let captures = |trained, held_out| Captures { trained, held_out, augmented: 2 };
        let coverage = Coverage {
            game: "tiny".into(),
            cards: [
                ("fox@A".to_owned(), captures(3, 1)),
                ("fox@B".to_owned(), captures(1, 0)),
                ("new".to_owned(), captures(9, 0)),
            ]
            .into(),
            editions: [("base".to_owned(), 12), ("foil".to_owned(), 3)].into(),
            ..Coverage::default()
        };
        let types = by_type(&coverage, &Deck.cards());
        let told: Vec<_> =
            types.iter().map(|it| (it.name.as_str(), it.covered, it.cards, it.captures)).collect();
        assert_eq!(told, [("Joker", 1, 2, 5), ("Playing Card", 0, 1, 0), ("Others", 1, 1, 9)]);
        let html = section(&coverage, &[("fox@A".to_owned(), 1.0)].into(), &Deck);
        assert!(html.contains("With captures: 2 of 4 cards; with fewer than 4: 1."), "{html}");
        assert!(html.contains("Joker: 1 of 2 without captures") && html.contains("OWL&lt;"), "{html}");
        assert!(
            html.contains("the fox@B (1)") && html.contains(">foil<") && !html.contains(">seal<"),
            "{html}"
        );
        assert!(html.contains("100 %") && html.contains("<td class=\"n\">-</td>"), "{html}");
    }
}
