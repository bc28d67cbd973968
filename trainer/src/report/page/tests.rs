//! What a report shows of runs and evaluations that are made up here; no network is run.

use std::process::Command;

use super::*;

fn evaluation(top1: f64) -> Value {
    serde_json::json!({"labelled": {
        "known": 424, "top1": top1, "top1_interval": [0.941, 0.979], "millis": 0.74,
        "calibration": {"bins": [{"count": 3, "accuracy": 0.5, "confidence": 0.4}], "ece": null},
        "worst_pairs": [{"truth": "<i>", "taken_for": "b", "count": 2}],
    }})
}

/// A run on captures of two epochs.
fn labelled_run(folder: &Path) {
    let line = |epoch: u64, top1: f64| {
        format!(
            r#"{{"epoch": {epoch}, "rate": 0.1, "train_loss": 2.0, "loss": 1.5, "seconds": 40.0, "heads": {{"<b>": {{"top1": {top1},
            "judged": 12, "top3": null, "worst_pairs": [{{"truth": "a", "taken_for": "<script>", "count": 2}}]}}}}}}"#
        )
        .replace('\n', " ")
    };
    let lines = format!("{}\n{}\n", line(1, 0.25), line(2, 0.5));
    std::fs::write(history::file(folder, Network::Identifier), lines).unwrap();
    // The name of a head is free, that of its file is not.
    let csv = "truth,\"a\",\"<script>\"\n\"a\",3,2\n\"<script>\",0,1\n";
    std::fs::write(history::confusion_file(folder, "<b>", "csv"), csv).unwrap();
}

#[test]
fn a_page_begins_with_the_result_against_the_model_before() {
    let run = tempfile::tempdir().unwrap();
    assert!(page(run.path(), &Measured::default(), &Nameless).is_err(), "there is nothing to report");
    labelled_run(run.path());
    let measured = Measured { now: evaluation(0.964), before: evaluation(0.95) };
    let html = page(run.path(), &measured, &Nameless).unwrap();
    let result = html.find("96.4 %").unwrap();
    assert!(result < html.find("<svg").unwrap(), "before any diagram");
    assert!(html.contains("of 424, 95 % interval 94.1 to 97.9 %"), "{html}");
    assert!(html.contains("1.4 points, 95.0 % before"), "{html}");
    assert!(html.contains("1 min 20 s"), "the time that it took");
    // Without an evaluation the best epoch speaks.
    let html = page(run.path(), &Measured::default(), &Nameless).unwrap();
    assert!(html.contains("50 %") && html.contains("in the best epoch, number 2"), "{html}");
}

#[test]
fn a_page_holds_everything_and_runs_nothing() {
    let run = tempfile::tempdir().unwrap();
    labelled_run(run.path());
    let failures = run.path().join(FAILURES);
    std::fs::create_dir(&failures).unwrap();
    std::fs::write(failures.join("one.png"), "foobar").unwrap();
    std::fs::write(failures.join("confusion.png"), "foo").unwrap();
    let measured = Measured { now: evaluation(0.964), before: Value::Null };
    let html = page(run.path(), &measured, &Nameless).unwrap();
    assert!(html.contains("data:image/png;base64,Zm9vYmFy"), "the misread card");
    assert!(!html.contains("data:image/png;base64,Zm9v\""), "the matrix is no card");
    assert!(html.contains("<polyline") && html.contains("<rect"), "{html}");
    assert!(html.contains("a taken for &lt;script&gt;: 2 of 5"), "{html}");
    for raw in ["<script>", "<i>", "<b><", "http", "null", "onclick", "top1_interval"] {
        assert!(!html.contains(raw), "{raw}");
    }
    assert!(html.contains("data:application/json;base64,"), "all figures can be kept");
}

#[test]
fn a_composed_run_has_its_steps_as_diagrams() {
    let run = tempfile::tempdir().unwrap();
    let line = |step: u64| {
        format!(
            r#"{{"progress": 0.5, "rate": 0.001, "gradient": 3.0, "images_per_second": 60.0, "heat": {}, "corners": 1.0, "step": {step}}}"#,
            3.0 / step as f64
        )
    };
    let text = [25, 50, 75].map(line).join("\n");
    std::fs::write(run.path().join("detector.metrics.jsonl"), text).unwrap();
    let html = page(run.path(), &Measured::default(), &Nameless).unwrap();
    let lines = html.matches("<polyline fill=\"none\" stroke=\"var(--c").count();
    assert_eq!(lines, 5, "heat and corners, rate, gradient, images in a second");
    assert!(html.contains("Steps of the detector") && html.contains(">step<"), "{html}");
}

#[test]
fn a_retrained_model_is_shown_beside_the_one_before() {
    let run = tempfile::tempdir().unwrap();
    labelled_run(run.path());
    let rows = serde_json::json!([
        {"what": "your captures: right name", "old": 0.8, "new": 0.9, "weight": "gain"},
        {"what": "  said to be unknown or none", "old": 0.01, "new": 0.03, "weight": "shown"},
    ]);
    let value = serde_json::json!({"rows": rows, "verdict": "installed"});
    std::fs::write(run.path().join(COMPARISON), value.to_string()).unwrap();
    let html = page(run.path(), &Measured::default(), &Nameless).unwrap();
    let (first, table) = html.split_once("Against the model before").unwrap();
    assert!(
        first.contains("<b>90.0 %</b>your captures: right name")
            && first.contains("10.0 points, 80.0 % before")
    );
    assert!(table.contains("<td class=\"up\">\u{25b2} 10.0 points</td>"), "{html}");
    // More of these is not better: it has no colour, and is set in below what it belongs to.
    assert!(table.contains("<td class=\"in\">said to be unknown or none</td>"), "{html}");
    assert!(table.contains("<td class=\"same\">\u{25b2} 2.0 points</td>"), "{html}");
}

/// What a browser finds wider than a phone's window, as the page's own width; nothing without one.
fn width_on_a_phone(html: &str) -> Option<u32> {
    const PHONE: &str = "360";
    let works =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|it| it.status.success());
    let Some(program) = ["chromium", "chromium-browser", "google-chrome", "chrome"].into_iter().find(works)
    else {
        eprintln!("SKIPPED: the page on a phone, for Chromium is not installed");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    // A window of its own is never so narrow.
    let inner = html.replace('&', "&amp;").replace('"', "&quot;");
    let script = "const frame=document.querySelector('iframe');\
                  const say=()=>document.title='wide '+frame.contentDocument.documentElement.scrollWidth+'.';\
                  frame.onload=say;say()";
    let outer = format!(
        "<!doctype html><title></title><iframe style=\"width:{PHONE}px;height:800px;border:0\" srcdoc=\"{inner}\">\
         </iframe><script>{script}</script>"
    );
    let file = folder.path().join("outer.html");
    std::fs::write(&file, outer).unwrap();
    let output = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("it has started before");
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    let wide = seen.split("<title>wide ").nth(1).and_then(|it| it.split('.').next()?.parse().ok());
    Some(wide.unwrap_or_else(|| panic!("the browser said nothing: {seen}")))
}

#[test]
fn nothing_in_a_page_is_wider_than_a_phone() {
    let run = tempfile::tempdir().unwrap();
    labelled_run(run.path());
    let rows = serde_json::json!([
        {"what": "invented cards: said to be unknown", "old": 0.8, "new": 1.0, "weight": "gain"},
    ]);
    let value = serde_json::json!({"rows": rows, "verdict": "installed"});
    std::fs::write(run.path().join(COMPARISON), value.to_string()).unwrap();
    let captures = |trained| Captures { trained, held_out: 2, augmented: 1200 };
    let cards = ["a", "the hermit of the far mountains"].map(|it| (it.to_owned(), captures(1000)));
    let counts = || [("holographic".to_owned(), 1000), ("base".to_owned(), 3)].into();
    let counted = Coverage {
        game: "tiny".into(),
        cards: cards.into(),
        editions: counts(),
        seals: counts(),
        ..Coverage::default()
    };
    let measured = Measured { now: evaluation(0.964), before: evaluation(0.95) };
    let mut html = page(run.path(), &measured, &Nameless).unwrap();
    html += &coverage::section(&counted, &BTreeMap::new(), &Nameless);
    // As a reader who opens everything sees it.
    let html = html.replace("<details>", "<details open>");
    if let Some(wide) = width_on_a_phone(&html) {
        assert!(wide <= 360, "{wide} points");
    }
}
