//! Names of captured images: `cluster5_card17_id302.png`.

use std::path::{Component, Path};

/// The name of a capture.
pub fn format(cluster: u64, card_group: u64, id: u64) -> String {
    format!("cluster{cluster}_card{card_group}_id{id}.png")
}

/// Cluster, card group and id of a name; none for names of other tools.
pub fn parse(file: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = file.strip_suffix(".png")?.split('_');
    for (number, prefix) in numbers.iter_mut().zip(["cluster", "card", "id"]) {
        *number = parts.next()?.strip_prefix(prefix)?.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Whether a name stays within the folder that it is looked for in: a data set may come from
/// somebody else.
pub fn is_inside(file: &str) -> bool {
    !file.is_empty() && Path::new(file).components().all(|it| matches!(it, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_the_round_trip() {
        assert_eq!(parse(&format(5, 17, 302)), Some([5, 17, 302]));
        for other in
            ["cluster5_card17.png", "cluster5_card17_id302_x.png", "card5_cluster17_id302.png", "a.png"]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        assert!(is_inside("a.png") && is_inside("frames/frame3.png"));
        assert!(!is_inside("") && !is_inside("../a.png") && !is_inside("/a.png") && !is_inside("a/../../b"));
    }
}
