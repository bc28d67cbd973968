//! One HTML page of a run: what came out of it, how it went, and what is still wrong. Everything is
//! in the page; nothing is loaded from elsewhere, and nothing in it runs.

mod chart;
pub(super) mod coverage;
mod matrix;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::history;
use super::plot::{Series, Unit};
use super::words::{base64, duration, escaped, number, percent, whole};
use crate::checkpoint::Network;
use crate::data::dataset::coverage::{Captures, Coverage};
use chart::lines;
use lens_core::counted::counted;
use matrix::{Counts, pairs};

const STYLE: &str = include_str!("page/style.css");
/// Name of the file in a run's folder with the figures of the model before it and of its own.
pub const COMPARISON: &str = "comparison.json";
/// Name of the folder below a run's with images of misread cards.
pub const FAILURES: &str = "failures";
/// Misread cards that are shown.
pub(super) const MAX_MISREAD: usize = 24;

/// What classes are called and look like.
pub trait Faces {
    /// Name for people.
    fn name(&self, class: &str) -> String;
    /// An image, as PNG.
    fn picture(&self, class: &str) -> Option<Vec<u8>>;
    /// All cards that there are, as far as they are known.
    fn cards(&self) -> Vec<Named> {
        Vec::new()
    }
}

/// A card of the catalogue, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
}

/// For classes of which nothing is known but their ids.
#[derive(Clone, Copy, Debug)]
pub struct Nameless;

impl Faces for Nameless {
    fn name(&self, class: &str) -> String {
        class.to_owned()
    }

    fn picture(&self, _class: &str) -> Option<Vec<u8>> {
        None
    }
}

/// What a page is made of, beside the run's own files.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// What `trainer evaluate --out` wrote of the run.
    pub now: Value,
    /// The same of the model before.
    pub before: Value,
}

/// The page.
///
/// # Errors
/// When the run has neither epochs nor steps to show.
pub fn page(run: &Path, measured: &Measured, faces: &dyn Faces) -> Result<String> {
    let networks = [Network::Identifier, Network::Detector];
    let mut epochs = Vec::new();
    let mut steps = Vec::new();
    for network in networks {
        epochs.push((network.name(), history::read(run, network)?));
        let text = std::fs::read_to_string(run.join(format!("{}.metrics.jsonl", network.name())))
            .unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        steps.push((network.name(), lines));
    }
    epochs.retain(|(_, lines)| !lines.is_empty());
    steps.retain(|(_, lines)| !lines.is_empty());
    let evaluation = &measured.now;
    let is_empty = epochs.is_empty() && steps.is_empty() && evaluation.is_null();
    ensure!(!is_empty, "there is nothing to report in {}", run.display());

    let mut body = headline(run, measured, &epochs, &steps);
    body += &comparison(run);
    for (network, epochs) in &epochs {
        let _ =
            write!(body, "<h2>Epochs of the {network}</h2><div class=\"charts\">{}</div>", by_epoch(epochs));
    }
    for (network, lines) in &steps {
        let charts = by_step(lines);
        if !charts.is_empty() {
            let _ = write!(body, "<h2>Steps of the {network}</h2><div class=\"charts\">{charts}</div>");
        }
    }
    body += &confused(run, &epochs, evaluation, faces);
    body += &misread(run);
    body += &sureness(evaluation);
    body += &coverage(&epochs, run, faces);
    body += &figures(evaluation);
    let recipe = std::fs::read_to_string(run.join("recipe.toml")).unwrap_or_default();
    if !recipe.is_empty() {
        let _ = write!(
            body,
            "<h2>Recipe</h2><details><summary>Every choice of this training</summary><pre>{}</pre></details>",
            escaped(&recipe)
        );
    }
    let name = escaped(&run.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title><style>{STYLE}</style></head>\
         <body><p class=\"faint\" style=\"margin:0\">Balatro Lens, a training</p><h1>{name}</h1>{body}</body></html>\n"
    ))
}

/// A share that was measured: what of, where in an evaluation, and its name for people.
pub(super) const SHARES: [(&str, &str, &str); 9] = [
    ("right names of captures", "/labelled/top1", "/labelled/known"),
    ("captures with the right name among three", "/labelled/top3", "/labelled/known"),
    ("right names of composed cards", "/composed/identification/top1", "/composed/identification/known"),
    ("editions that are not plain", "/composed/identification/edition_not_plain", ""),
    (
        "invented cards said to be unknown",
        "/composed/identification/unknown_flagged",
        "/composed/identification/unknown",
    ),
    ("cards of composed scenes found", "/composed/detection/recall", "/composed/detection/cards"),
    ("finds in composed scenes that are cards", "/composed/detection/precision", ""),
    ("right names on screenshots", "/screens/screens/top1", ""),
    ("cards of screenshots found", "/screens/screens/recall", ""),
];

/// The result first, beside the model before; without an evaluation what decided over a retrained
/// model, else the best epoch.
fn headline(
    run: &Path,
    measured: &Measured,
    epochs: &[(&str, Vec<Value>)],
    steps: &[(&str, Vec<Value>)],
) -> String {
    let at = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_f64);
    let mut cards = String::new();
    for (what, path, of) in SHARES {
        let Some(share) = at(&measured.now, path) else { continue };
        let of = measured.now.pointer(of).and_then(Value::as_u64).filter(|_| !of.is_empty());
        let mut small = of.map_or_else(String::new, |of| format!("of {}", whole(of as i64)));
        let range = measured.now.pointer(&format!("{path}_interval")).and_then(Value::as_array);
        if let Some([low, high]) = range.map(Vec::as_slice).and_then(|it| <&[Value; 2]>::try_from(it).ok()) {
            let [low, high] = [low, high].map(|it| 100.0 * it.as_f64().unwrap_or(f64::NAN));
            let _ = write!(small, ", 95 % interval {low:.1} to {high:.1} %");
        }
        if !small.is_empty() {
            small = format!("<br><span class=\"faint\">{small}</span>");
        }
        let change = at(&measured.before, path).map(|before| difference(before, share)).unwrap_or_default();
        let main = if cards.is_empty() { " main" } else { "" };
        let _ = write!(
            cards,
            "<div class=\"card{main}\"><b>{}</b>{what}{small}{change}</div>",
            percent(share, of)
        );
    }
    if cards.is_empty() {
        cards = decisive(run);
    }
    if cards.is_empty() {
        let best = epochs.iter().flat_map(|(_, lines)| lines).filter_map(|line| {
            let heads = line["heads"].as_object()?;
            let head = heads.get("identification").or_else(|| heads.values().next())?;
            Some((head["top1"].as_f64()?, line["epoch"].as_u64()?, head["judged"].as_u64()?))
        });
        if let Some((share, epoch, of)) = best.max_by(|a, b| a.0.total_cmp(&b.0)) {
            let _ = write!(
                cards,
                "<div class=\"card main\"><b>{}</b>right names of held-out captures<br>\
                 <span class=\"faint\">of {of}, in the best epoch, number {epoch}</span></div>",
                percent(share, Some(of))
            );
        }
    }
    let spent: f64 = epochs.iter().flat_map(|(_, it)| it).filter_map(|it| it["seconds"].as_f64()).sum();
    if spent > 0.0 {
        let count = epochs.iter().map(|(_, it)| it.len()).sum::<usize>();
        let _ = write!(
            cards,
            "<div class=\"card\"><b>{}</b>of training, {}</div>",
            duration(spent),
            counted(count, "epoch")
        );
    }
    for (network, lines) in steps {
        let last = lines.last().and_then(|it| it["step"].as_i64());
        if let (Some(last), true) = (last, epochs.is_empty()) {
            let _ = write!(cards, "<div class=\"card\"><b>{}</b>steps of the {network}</div>", whole(last));
        }
    }
    if let Some(millis) =
        ["/labelled/millis", "/composed/identification/millis"].iter().find_map(|it| at(&measured.now, it))
    {
        let _ = write!(cards, "<div class=\"card\"><b>{} ms</b>for a card</div>", number(millis));
    }
    format!("<div class=\"cards\">{cards}</div>")
}

/// How a share has changed, in points, and what it was.
fn difference(before: f64, now: f64) -> String {
    let (class, points) = points(before, now);
    if class == "same" {
        return "<br><span class=\"same\">as before</span>".to_owned();
    }
    format!("<br><span class=\"{class}\">{points}, {} before</span>", percent(before, None))
}

/// The colour of a change and its words.
fn points(before: f64, now: f64) -> (&'static str, String) {
    let points = 100.0 * (now - before);
    let (class, arrow) = match points {
        it if it >= 0.05 => ("up", "\u{25b2}"),
        it if it <= -0.05 => ("down", "\u{25bc}"),
        _ => ("same", "="),
    };
    (class, format!("{arrow} {:.1} points", points.abs()))
}

/// The rows of the comparison and its verdict, where the run has one.
fn compared(run: &Path) -> Option<(Vec<Value>, String)> {
    let text = std::fs::read_to_string(run.join(COMPARISON)).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    Some((value["rows"].as_array()?.clone(), value["verdict"].as_str().unwrap_or_default().to_owned()))
}

/// Whether a row of the comparison has a say in what is installed.
fn decides(row: &Value) -> bool {
    row["weight"] != "shown"
}

/// What decided over a retrained model, as the page's first figures.
fn decisive(run: &Path) -> String {
    let (rows, _) = compared(run).unwrap_or_default();
    let card = |(at, row): (usize, &Value)| {
        let (old, new) = (row["old"].as_f64()?, row["new"].as_f64()?);
        let main = if at == 0 { " main" } else { "" };
        let what = escaped(row["what"].as_str().unwrap_or_default().trim());
        let change = difference(old, new);
        Some(format!("<div class=\"card{main}\"><b>{}</b>{what}{change}</div>", percent(new, None)))
    };
    // A row that is set in needs the one above it to be understood.
    let is_whole = |row: &&Value| decides(row) && row["what"].as_str().is_some_and(|it| !it.starts_with(' '));
    rows.iter().filter(is_whole).enumerate().filter_map(card).collect()
}

/// The table that decided whether a retrained model is installed; what only is shown has no colour.
fn comparison(run: &Path) -> String {
    let Some((rows, verdict)) = compared(run) else { return String::new() };
    let row = |row: &Value| {
        let share = |field: &str| row[field].as_f64();
        let cell = |field: &str| share(field).map_or_else(|| "-".to_owned(), |it| percent(it, None));
        let change = share("old").zip(share("new")).map(|(old, new)| points(old, new));
        let (class, words) = change.unwrap_or(("same", String::new()));
        let what = row["what"].as_str().unwrap_or_default();
        format!(
            "<tr><td{}>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"{}\">{words}</td></tr>",
            if what.starts_with(' ') { " class=\"in\"" } else { "" },
            escaped(what.trim()),
            cell("old"),
            cell("new"),
            if decides(row) { class } else { "same" }
        )
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<h2>Against the model before</h2><p>{}</p><div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">before</th>\
         <th class=\"n\">now</th><th></th></tr></thead><tbody>{rows}</tbody></table></div>",
        escaped(&verdict)
    )
}

fn by_epoch(epochs: &[Value]) -> String {
    let series = |of: &dyn Fn(&Value) -> Option<f64>| -> Vec<[f64; 2]> {
        epochs.iter().filter_map(|line| Some([line["epoch"].as_f64()?, of(line)?])).collect()
    };
    let heads = epochs.last().and_then(|line| line["heads"].as_object());
    let names: Vec<String> = heads.into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let of_heads = |field: &str| -> Vec<Series> {
        names.iter().map(|name| (name.clone(), series(&|line| line["heads"][name][field].as_f64()))).collect()
    };
    let losses = [
        ("training".to_owned(), series(&|line| line["train_loss"].as_f64())),
        ("held out".to_owned(), series(&|line| line["loss"].as_f64())),
    ];
    let rate = [("all".to_owned(), series(&|line| line["rate"].as_f64()))];
    [
        lines("The right name comes first", "epoch", Unit::Share, &of_heads("top1")),
        lines("The right name is among three", "epoch", Unit::Share, &of_heads("top3")),
        lines("Loss", "epoch", Unit::Number, &losses),
        lines("Learning rate", "epoch", Unit::Number, &rate),
    ]
    .concat()
}

fn by_step(steps: &[Value]) -> String {
    let apart = ["step", "progress", "rate", "gradient", "images_per_second"];
    let names: Vec<&String> = steps[0].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let of = |name: &str| -> Vec<[f64; 2]> {
        steps.iter().filter_map(|line| Some([line["step"].as_f64()?, line[name].as_f64()?])).collect()
    };
    let losses: Vec<Series> = names
        .into_iter()
        .filter(|name| !apart.contains(&name.as_str()))
        .map(|name| (name.clone(), of(name)))
        .collect();
    if steps.len() < 2 {
        return String::new();
    }
    [
        lines("Loss", "step", Unit::Number, &losses),
        lines("Learning rate", "step", Unit::Number, &[("rate".into(), of("rate"))]),
        lines("Size of the gradient", "step", Unit::Number, &[("gradient".into(), of("gradient"))]),
        lines("Images in a second", "step", Unit::Number, &[("images".into(), of("images_per_second"))]),
    ]
    .concat()
}

/// What was taken for what: of the evaluation where there is one, else of the last epoch.
fn confused(run: &Path, epochs: &[(&str, Vec<Value>)], evaluation: &Value, faces: &dyn Faces) -> String {
    let list = |value: &Value| -> Vec<(String, String, u64)> {
        let pair = |pair: &Value| {
            let text = |field: &str| pair[field].as_str().map(str::to_owned);
            Some((text("truth")?, text("taken_for")?, pair["count"].as_u64()?))
        };
        value.as_array().into_iter().flatten().filter_map(pair).collect()
    };
    let mut html = String::new();
    for (what, path) in [
        ("captures", "/labelled/worst_pairs"),
        ("composed cards", "/composed/identification/worst_pairs"),
        ("cards of screenshots", "/screens/screens/names/worst_pairs"),
    ] {
        let found = evaluation.pointer(path).map(list).unwrap_or_default();
        if !found.is_empty() {
            let _ = write!(html, "<h3>Most confused, of {what}</h3>{}", pairs(&found, faces));
        }
    }
    let heads =
        epochs.iter().filter_map(|(_, it)| it.last()).filter_map(|it| it["heads"].as_object()).flatten();
    for (head, last) in heads {
        let found = list(&last["worst_pairs"]);
        if html.is_empty() && head == "identification" {
            html += &pairs(&found, faces);
        }
        let csv = std::fs::read_to_string(history::confusion_file(run, head, "csv")).unwrap_or_default();
        html += &Counts::parse(&csv).map(|counts| counts.figure(head, faces)).unwrap_or_default();
    }
    if html.is_empty() { html } else { format!("<h2>What is taken for what</h2>{html}") }
}

/// Files with misread cards, each beside what it was taken for.
pub(super) fn misread_files(run: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run.join(FAILURES)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with(".png") && !name.starts_with("confusion")
    });
    files.sort();
    files
}

/// Misread cards, each beside what it was taken for.
fn misread(run: &Path) -> String {
    let files = misread_files(run);
    let all = files.len();
    let shown: String = files
        .iter()
        .take(MAX_MISREAD)
        .filter_map(|path| std::fs::read(path).ok())
        .map(|png| format!("<img alt=\"a misread card\" src=\"data:image/png;base64,{}\">", base64(&png)))
        .collect();
    if shown.is_empty() {
        return shown;
    }
    let note = format!(
        "{} of {} misread cards, each beside what it was taken for.",
        all.min(MAX_MISREAD),
        whole(all as i64)
    );
    format!("<h2>Misread cards</h2><p class=\"note\">{note}</p><div class=\"misread\">{shown}</div>")
}

/// Whether the model is as often right as it says.
fn sureness(evaluation: &Value) -> String {
    let diagrams = reliabilities(evaluation);
    let html: String = diagrams.iter().map(|(what, bins)| chart::reliability(what, bins)).collect();
    if html.is_empty() {
        return html;
    }
    let note = "Bars that end on the dashed line mean that of what the model is 90 % sure of, 90 % is right. \
                Bars above it are too modest, bars below it too bold.";
    format!("<h2>Reliability</h2><p class=\"note\">{note}</p><div class=\"charts\">{html}</div>")
}

/// What the captures cover; where a run has not counted them, those that were held out.
fn coverage(epochs: &[(&str, Vec<Value>)], run: &Path, faces: &dyn Faces) -> String {
    let csv =
        std::fs::read_to_string(history::confusion_file(run, "identification", "csv")).unwrap_or_default();
    let counts = Counts::parse(&csv);
    let last = epochs.iter().find_map(|(_, lines)| lines.last());
    let shares = last.and_then(|last| last["heads"]["identification"]["classes"].as_array());
    let held_out = counts.iter().flat_map(Counts::held_out);
    let right: BTreeMap<String, f64> = held_out
        .clone()
        .zip(shares.into_iter().flatten())
        .filter_map(|((class, _), share)| Some((class.to_owned(), share.as_f64()?)))
        .collect();
    let counted = Coverage::read(run).or_else(|| {
        let captures = |held_out: u64| Captures { held_out: held_out as usize, ..Captures::default() };
        let cards = held_out.map(|(class, count)| (class.to_owned(), captures(count))).collect();
        counts.is_some().then(|| Coverage { cards, ..Coverage::default() })
    });
    counted.map_or_else(String::new, |counted| coverage::section(&counted, &right, faces))
}

/// How often what is so sure is right: of which images, and their bins.
pub(super) fn reliabilities(evaluation: &Value) -> Vec<(&'static str, Vec<(u64, f64)>)> {
    let paths = [
        ("captures", "/labelled/calibration"),
        ("composed cards", "/composed/identification/calibration"),
        ("screenshots", "/screens/screens/names/calibration"),
    ];
    let bins = |path: &str| -> Option<Vec<(u64, f64)>> {
        let bins = evaluation.pointer(path)?["bins"].as_array()?;
        let bins: Vec<(u64, f64)> = bins
            .iter()
            .map(|bin| (bin["count"].as_u64().unwrap_or(0), bin["accuracy"].as_f64().unwrap_or(0.0)))
            .collect();
        bins.iter().any(|(count, _)| *count > 0).then_some(bins)
    };
    paths.into_iter().filter_map(|(what, path)| Some((what, bins(path)?))).collect()
}

/// What else was measured, by name; the whole as a file to be kept.
fn figures(evaluation: &Value) -> String {
    if evaluation.is_null() {
        return String::new();
    }
    let mut rows = String::new();
    flatten(evaluation, "", &mut rows);
    let json = serde_json::to_string_pretty(evaluation).unwrap_or_default();
    format!(
        "<h2>All figures</h2><p><a download=\"evaluation.json\" href=\"data:application/json;base64,{}\">Keep them as JSON</a></p>\
         <details><summary>As a table</summary><table><tbody>{rows}</tbody></table></details>",
        base64(json.as_bytes())
    )
}

/// A row for each number, under the names above it; lists are in the file only.
fn flatten(value: &Value, name: &str, rows: &mut String) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.replace('_', " ");
                let name = if name.is_empty() { key } else { format!("{name} \u{b7} {key}") };
                flatten(value, &name, rows);
            }
        }
        Value::Number(it) => {
            let text = it.as_i64().map_or_else(|| number(it.as_f64().unwrap_or(f64::NAN)), whole);
            let _ = write!(rows, "<tr><td>{}</td><td class=\"n\">{text}</td></tr>", escaped(name));
        }
        Value::String(text) => {
            let _ = write!(rows, "<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(text));
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests;
