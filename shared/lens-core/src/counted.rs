//! A number with its noun, as people write it: `1 card`, `2 cards`.

use std::fmt::Display;

/// A number and what is counted, by its singular: the last word takes the plural.
///
/// ```
/// use lens_core::counted::counted;
///
/// assert_eq!(counted(1, "new class"), "1 new class");
/// assert_eq!(counted(0, "new class"), "0 new classes");
/// ```
pub fn counted(number: impl Display, singular: &str) -> String {
    let number = number.to_string();
    let ends = |ending: &str| singular.ends_with(ending);
    match number.as_str() {
        "1" => format!("1 {singular}"),
        // The end of "epoch" sounds otherwise.
        _ if ["s", "x", "ch", "sh"].into_iter().any(ends) && !ends("och") => format!("{number} {singular}es"),
        _ => match singular.strip_suffix('y').filter(|it| !it.ends_with(['a', 'e', 'o', 'u'])) {
            Some(stem) => format!("{number} {stem}ies"),
            None => format!("{number} {singular}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let check = |number: &str, singular: &str, want: &str| assert_eq!(counted(number, singular), want);
        check("1", "card", "1 card");
        check("0", "card", "0 cards");
        check("1,234", "labelled capture", "1,234 labelled captures");
        check("11", "class", "11 classes");
        check("3", "box", "3 boxes");
        check("2", "batch", "2 batches");
        check("8", "whole epoch", "8 whole epochs");
        check("2", "copy", "2 copies");
        check("2", "day", "2 days");
        assert_eq!(counted(1_u64, "frame"), "1 frame");
    }
}
