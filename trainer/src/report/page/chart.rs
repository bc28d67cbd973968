//! Figures in the page: each with its heading and, for lines, a legend beside it, so that it never
//! lies on them. Pure.

use crate::report::plot::{Ink, Lines, Reliability, Series, Unit, is_finite, smoothed, svg};
use crate::report::words::{escaped, percent, whole};

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
            let middle = smoothed(points);
            let last = middle.as_ref().unwrap_or(points).iter().rfind(|it| is_finite(it))?;
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

/// Whether the model is as often right as it is sure; beside the bars, how many images each stands
/// for.
pub(super) fn reliability(what: &str, bins: &[(u64, f64)]) -> String {
    let drawn = svg(&Reliability { bins });
    let width = 100.0 / bins.len().max(1) as f64;
    let row = |(place, &(count, right)): (usize, &(u64, f64))| {
        let [from, to] = [place, place + 1].map(|it| it as f64 * width);
        let right = percent(right, Some(count));
        let count = whole(count as i64);
        format!(
            "<tr><td>{from:.0} to {to:.0} %</td><td class=\"n\">{count}</td><td class=\"n\">{right}</td></tr>"
        )
    };
    let rows: String = bins.iter().enumerate().filter(|(_, (count, _))| *count > 0).map(row).collect();
    format!(
        "<figure><h3>Right {what}, by how sure the model is</h3><div class=\"beside\">{drawn}<table><thead><tr>\
         <th>sure</th><th class=\"n\">images</th><th class=\"n\">right</th></tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )
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
