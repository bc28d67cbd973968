//! One HTML page of a run: curves as SVG, matrices as pictures inside the page, nothing to load
//! from elsewhere.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::history;
use crate::checkpoint::Network;

/// Width and height of a curve.
const SIZE: [f64; 2] = [560.0, 240.0];
/// Room for the numbers beside it.
const MARGIN: f64 = 44.0;
const COLOURS: [&str; 8] =
    ["#4c9be8", "#e8804c", "#5fc98a", "#d05fc9", "#e8d34c", "#8a7ff0", "#e85c6c", "#4cd5e8"];

/// The page.
///
/// # Errors
/// When the run has neither epochs nor steps to show.
pub fn page(run: &Path, evaluation: &Value) -> Result<String> {
    let mut body = String::new();
    let networks = [Network::Identifier, Network::Detector];
    for network in networks {
        let epochs = history::read(run, network)?;
        if !epochs.is_empty() {
            body += &format!("<h2>Epochs of the {}</h2>{}", network.name(), by_epoch(run, &epochs));
        }
    }
    for network in networks.map(Network::name) {
        let text = std::fs::read_to_string(run.join(format!("{network}.metrics.jsonl"))).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if !lines.is_empty() {
            body += &format!("<h2>Steps of the {network}</h2>{}", by_step(&lines));
        }
    }
    ensure!(!body.is_empty() || !evaluation.is_null(), "there is nothing to report in {}", run.display());
    if !evaluation.is_null() {
        body += "<h2>Evaluation</h2>";
        if let Some(bins) = evaluation["labelled"]["calibration"]["bins"].as_array() {
            body += &reliability(bins);
        }
        body += &format!("<details open><summary>All figures</summary>{}</details>", table(evaluation));
    }
    let recipe = std::fs::read_to_string(run.join("recipe.toml")).unwrap_or_default();
    let name = escaped(&run.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title><style>{STYLE}</style></head>\
         <body><h1>{name}</h1>{body}<h2>Recipe</h2><details><summary>Every choice</summary><pre>{}</pre></details></body></html>\n",
        escaped(&recipe)
    ))
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;\
    background:#181a20;color:#dcdee4}svg{background:#20232b;border-radius:6px;margin:4px}svg text{fill:#a9adb8;font-size:11px}\
    table{border-collapse:collapse}td,th{padding:2px 12px 2px 0;text-align:left;vertical-align:top}img{max-width:100%}\
    pre{background:#20232b;padding:1em;overflow:auto}h2{margin-top:2em}";

fn by_epoch(run: &Path, epochs: &[Value]) -> String {
    let series = |of: &dyn Fn(&Value) -> Option<f64>| -> Vec<[f64; 2]> {
        epochs.iter().filter_map(|line| Some([line["epoch"].as_f64()?, of(line)?])).collect()
    };
    let losses = [
        ("training".to_owned(), series(&|line| line["train_loss"].as_f64())),
        ("held out".to_owned(), series(&|line| line["loss"].as_f64())),
    ];
    let mut html = curves("Loss", &losses);
    let names: Vec<String> = epochs
        .last()
        .and_then(|line| line["heads"].as_object())
        .into_iter()
        .flatten()
        .map(|it| it.0.clone())
        .collect();
    let of_heads = |field: &str| -> Vec<(String, Vec<[f64; 2]>)> {
        names.iter().map(|name| (name.clone(), series(&|line| line["heads"][name][field].as_f64()))).collect()
    };
    html += &curves("Right names come first (top 1)", &of_heads("top1"));
    html += &curves("Right names among three (top 3)", &of_heads("top3"));
    html += &curves("Learning rate", &[("heads".to_owned(), series(&|line| line["rate"].as_f64()))]);
    for name in &names {
        let last = &epochs[epochs.len() - 1]["heads"][name];
        let pairs: Vec<String> = last["worst_pairs"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|pair| {
                let text = |field: &str| escaped(pair[field].as_str().unwrap_or_default());
                format!(
                    "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                    text("truth"),
                    text("taken_for"),
                    pair["count"]
                )
            })
            .collect();
        html += &format!("<h3>{}</h3>", escaped(name));
        if !pairs.is_empty() {
            html += &format!(
                "<table><tr><th>is</th><th>taken for</th><th>times</th></tr>{}</table>",
                pairs.join("")
            );
        }
        if let Ok(picture) = std::fs::read(history::confusion_file(run, name, "png")) {
            html +=
                &format!("<p><img alt=\"confusion\" src=\"data:image/png;base64,{}\"></p>", base64(&picture));
        }
    }
    html
}

fn by_step(lines: &[Value]) -> String {
    let skipped = ["step", "progress", "rate", "gradient", "images_per_second"];
    let names: Vec<&String> = lines[0].as_object().into_iter().flatten().map(|it| it.0).collect();
    let parts: Vec<(String, Vec<[f64; 2]>)> = names
        .into_iter()
        .filter(|name| !skipped.contains(&name.as_str()))
        .map(|name| {
            let points = lines.iter().filter_map(|line| Some([line["step"].as_f64()?, line[name].as_f64()?]));
            (name.clone(), points.collect())
        })
        .collect();
    curves("Loss", &parts)
}

/// Lines in one diagram.
fn curves(title: &str, series: &[(String, Vec<[f64; 2]>)]) -> String {
    let all =
        || series.iter().flat_map(|(_, points)| points).filter(|point| point.iter().all(|it| it.is_finite()));
    let range = |axis: usize| {
        all()
            .map(|point| point[axis])
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), it| (a.min(it), b.max(it)))
    };
    if all().next().is_none() {
        return String::new();
    }
    let ((left, right), (_, top)) = (range(0), range(1));
    let (bottom, top) = (0.0, if top > 0.0 { top * 1.05 } else { 1.0 });
    let x = |value: f64| MARGIN + (value - left) / (right - left).max(1e-9) * (SIZE[0] - MARGIN - 12.0);
    let y = |value: f64| SIZE[1] - 24.0 - (value - bottom) / (top - bottom) * (SIZE[1] - 52.0);
    let mut svg = format!(
        "<svg width=\"{}\" height=\"{}\"><text x=\"8\" y=\"16\">{}</text>",
        SIZE[0],
        SIZE[1],
        escaped(title)
    );
    for share in [0.0, 0.5, 1.0] {
        let value = bottom + share * (top - bottom);
        svg += &format!(
            "<line x1=\"{MARGIN}\" x2=\"{}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#383c46\"/><text x=\"4\" y=\"{:.1}\">{value:.3}</text>",
            SIZE[0] - 12.0,
            y(value),
            y(value),
            y(value) + 4.0
        );
    }
    svg += &format!("<text x=\"{MARGIN}\" y=\"{}\">{left}</text>", SIZE[1] - 8.0);
    svg +=
        &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{right}</text>", SIZE[0] - 12.0, SIZE[1] - 8.0);
    for (number, (name, points)) in series.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let path: Vec<String> = points
            .iter()
            .filter(|point| point.iter().all(|it| it.is_finite()))
            .map(|point| format!("{:.1},{:.1}", x(point[0]), y(point[1])))
            .collect();
        svg += &format!(
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" points=\"{}\"/>",
            path.join(" ")
        );
        let at = 150.0 + 90.0 * number as f64;
        svg += &format!("<text x=\"{at}\" y=\"16\" style=\"fill:{colour}\">{}</text>", escaped(name));
    }
    svg + "</svg>"
}

/// Bars of accuracy over confidence, and the diagonal on which they should end.
fn reliability(bins: &[Value]) -> String {
    let side = 240.0;
    let mut svg = format!(
        "<svg width=\"{side}\" height=\"{}\"><text x=\"8\" y=\"16\">Right, by confidence</text>",
        side + 24.0
    );
    let width = side / bins.len().max(1) as f64;
    for (number, bin) in bins.iter().enumerate().filter(|(_, bin)| bin["count"].as_u64().unwrap_or(0) > 0) {
        let height = bin["accuracy"].as_f64().unwrap_or(0.0) * side;
        svg += &format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{}\"><title>{}</title></rect>",
            number as f64 * width,
            side + 24.0 - height,
            width - 1.0,
            COLOURS[0],
            escaped(&bin.to_string())
        );
    }
    svg + &format!("<line x1=\"0\" y1=\"{}\" x2=\"{side}\" y2=\"24\" stroke=\"#e8804c\"/></svg>", side + 24.0)
}

/// Nested figures as nested tables.
fn table(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let rows = fields.iter().map(|(key, value)| {
                format!("<tr><th>{}</th><td>{}</td></tr>", escaped(&key.replace('_', " ")), table(value))
            });
            format!("<table>{}</table>", rows.collect::<String>())
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(|item| format!("<p>{}</p>", escaped(&item.to_string()))).collect()
        }
        Value::Number(number) if number.is_f64() => format!("{:.4}", number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => escaped(text),
        other => escaped(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let bits =
            part.iter().enumerate().fold(0_u32, |bits, (at, &byte)| bits | u32::from(byte) << (16 - 8 * at));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= part.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        for (plain, wanted) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_page_holds_everything_and_runs_nothing() {
        let run = tempfile::tempdir().unwrap();
        assert!(page(run.path(), &Value::Null).is_err());
        let line = r#"{"epoch": 1, "rate": 0.1, "train_loss": 2.0, "loss": 1.5, "heads": {"<b>": {"top1": 0.5,
            "worst_pairs": [{"truth": "a", "taken_for": "<script>", "count": 2}]}}}"#;
        std::fs::write(history::file(run.path(), Network::Identifier), line.replace('\n', " ") + "\n")
            .unwrap();
        let evaluation = serde_json::json!({"labelled": {"top1": 0.25, "calibration": {"bins": [{"count": 3, "accuracy": 0.5}]}}});
        // The name of a head is free, that of its file is not.
        std::fs::write(history::confusion_file(run.path(), "<b>", "png"), "foobar").unwrap();
        let html = page(run.path(), &evaluation).unwrap();
        assert!(html.contains("data:image/png;base64,Zm9vYmFy"), "the matrix of the head <b> is missing");
        assert!(html.contains("0.2500") && html.contains("<polyline") && html.contains("<rect"));
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("http"));
    }
}
