//! Which key of the keyboard stands for a key of a chord, with the layouts that are set now. Pure.
//!
//! A keyboard may have several layouts, of which one is active (`XKB` calls them groups). A key is
//! looked for by what it bears in the active layout, then in the others, and where no layout has
//! the letter by the place where it lies.

use global_hotkey::hotkey::Code;

use super::keys;

/// The keyboard as it is set now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The number of the first key.
    pub(super) first: u8,
    pub(super) keys: Vec<Key>,
    /// The layout that is active.
    pub(super) active: usize,
}

/// One key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    /// The name of its place.
    pub(super) place: [u8; 4],
    /// What it bears, by layout, then by level: alone, with Shift, and so on.
    pub(super) symbols: Vec<Vec<u32>>,
    pub(super) beyond: Beyond,
}

/// What a key does in a layout that it knows nothing of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beyond {
    /// It begins anew with the first.
    #[default]
    Wrap,
    /// It stays with the last.
    Clamp,
    /// It takes this one.
    Redirect(usize),
}

impl Key {
    fn levels(&self, layout: usize) -> &[u32] {
        let count = self.symbols.len();
        let index = match self.beyond {
            _ if layout < count => layout,
            Beyond::Wrap => layout % count.max(1),
            Beyond::Clamp => count.saturating_sub(1),
            Beyond::Redirect(other) => other,
        };
        self.symbols.get(index).map_or(&[], Vec::as_slice)
    }
}

impl Layout {
    /// The number of the key that stands for `code`.
    pub(super) fn find(&self, code: Code) -> Option<u8> {
        let count = self.keys.iter().map(|key| key.symbols.len()).max().unwrap_or(0);
        let others = (0..count).filter(|&layout| layout != self.active);
        let borne = std::iter::once(self.active).chain(others).find_map(|layout| {
            let wanted = keys::symbol(code)?;
            // What a key bears alone counts before what it bears with Shift.
            let alone = self.position(|key| key.levels(layout).first() == Some(&wanted));
            alone.or_else(|| self.position(|key| key.levels(layout).contains(&wanted)))
        });
        borne.or_else(|| {
            let place = keys::place(code)?;
            self.position(|key| key.place == place)
        })
    }

    /// The number of the key with this symbol, in whatever layout.
    pub(super) fn with_symbol(&self, symbol: u32) -> Option<u8> {
        self.position(|key| key.symbols.iter().any(|levels| levels.contains(&symbol)))
    }

    fn position(&self, is_it: impl Fn(&Key) -> bool) -> Option<u8> {
        let index = self.keys.iter().position(is_it)?;
        u8::try_from(usize::from(self.first) + index).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Part of a keyboard: each key has its place, and a word for each layout with what it bears
    /// alone and with Shift.
    fn layout(active: usize, keys: &[(&str, &[&str])]) -> Layout {
        let key = |&(place, layouts): &(&str, &[&str])| Key {
            place: place.as_bytes().try_into().expect("four letters"),
            symbols: layouts.iter().map(|levels| levels.chars().map(u32::from).collect()).collect(),
            beyond: Beyond::Wrap,
        };
        Layout { first: 8, keys: keys.iter().map(key).collect(), active }
    }

    #[track_caller]
    fn check(layout: &Layout, code: Code, place: &str) {
        let found = layout.find(code).expect("a key is found");
        assert_eq!(layout.keys[usize::from(found - 8)].place, place.as_bytes(), "{code}");
    }

    #[test]
    fn the_active_layout_counts_first() {
        let keys: [(&str, &[&str]); 4] = [
            ("AD01", &["qQ", "aA"]),
            ("AC01", &["aA", "qQ"]),
            ("AC10", &[";:", "mM"]),
            ("AB07", &["mM", ",?"]),
        ];
        let american = layout(0, &keys);
        check(&american, Code::KeyM, "AB07");
        check(&american, Code::KeyA, "AC01");
        check(&american, Code::Semicolon, "AC10");
        let french = layout(1, &keys);
        check(&french, Code::KeyM, "AC10");
        check(&french, Code::KeyA, "AD01");
        check(&french, Code::Semicolon, "AC10");
    }

    #[test]
    fn what_only_shift_gives_is_found_after_what_keys_bear_alone() {
        let french = layout(0, &[("AE01", &["&1"]), ("KP01", &["!1"]), ("AE06", &["-6"])]);
        check(&french, Code::Digit1, "AE01");
        check(&french, Code::Minus, "AE06");
    }

    #[test]
    fn without_latin_letters_the_place_counts_and_another_layout_before_it() {
        let greek = layout(0, &[("AC06", &["ηΗ"]), ("AB07", &["μΜ"])]);
        check(&greek, Code::KeyH, "AC06");
        check(&greek, Code::KeyM, "AB07");
        assert_eq!(greek.find(Code::F5), None);
        // Two layouts, and the Latin one is of Dvorak's kind: its letters count, not their places.
        let both = layout(0, &[("AC06", &["ηΗ", "dD"]), ("AC07", &["ξΞ", "hH"])]);
        check(&both, Code::KeyH, "AC07");
    }

    #[test]
    fn a_key_that_is_the_same_in_all_layouts_is_found_in_each() {
        let keys: [(&str, &[&str]); 2] = [("SPCE", &[" "]), ("AC01", &["aA", "qQ"])];
        check(&layout(1, &keys), Code::Space, "SPCE");
        let mut clamped = layout(3, &keys);
        clamped.keys[0].beyond = Beyond::Clamp;
        check(&clamped, Code::Space, "SPCE");
    }
}
