//! Figures in the page: each with its heading and, for lines, a legend beside it, so that it never
//! lies on them. Pure.

use crate::report::plot::{Ink, Lines, Reliability, Series, Unit, is_finite, svg};
use crate::report::words::escaped;

/// Lines in one figure; nothing when there is no point.
pub(super) fn lines(title: &str, across: &str, unit: Unit, series: &[Series]) -> String {
    let figure = Lines { title, across, unit, series };
    if figure.is_empty() {
        return String::new();
    }
    let legend: String = series
        .iter()
        .enumerate()
        .filter_map(|(place, (name, points))| {
            let last = points.iter().rfind(|it| is_finite(it))?;
            Some(format!(
                "<span><i style=\"background:{}\"></i>{} <b>{}</b></span>",
                Ink::Series(place).css(),
                escaped(name),
                unit.say(last[1])
            ))
        })
        .collect();
    let title = escaped(title);
    format!("<figure><h3>{title}</h3><div class=\"legend\">{legend}</div>{}</figure>", svg(&figure))
}

/// Whether the model is as often right as it is sure.
pub(super) fn reliability(what: &str, bins: &[(u64, f64)]) -> String {
    let drawn = svg(&Reliability { bins });
    format!("<figure><h3>Right {what}, by how sure the model is</h3>{drawn}</figure>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_stands_beside_the_picture_and_nothing_is_drawn_of_nothing() {
        let series = [("a <b>".to_owned(), vec![[1.0, 0.5], [2.0, f64::NAN], [3.0, 1.0]])];
        let html = lines("Top 1", "epoch", Unit::Share, &series);
        let (before, svg) = html.split_once("<svg").unwrap();
        assert!(before.contains("a &lt;b&gt;") && before.contains("100.0 %"), "{before}");
        assert!(!svg.contains("NaN") && svg.contains(">100 %<"), "{svg}");
        assert_eq!(lines("Top 1", "epoch", Unit::Share, &[("a".into(), vec![])]), "");
    }
}
