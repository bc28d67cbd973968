//! The OBS page in a real browser, headless. Skipped, loudly, where there is none.

use std::path::Path;
use std::process::{Command, Stdio};

use lens_client::api::State;
use lens_core::geometry::{Quad, Rect};
use lens_core::modifiers::Modifiers;
use tracking::track::Track;

use super::Stage;
use super::tab::Tab;
use super::track::{known, track};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn chromium() -> Option<&'static str> {
    let works = |name: &&str| {
        let run = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    let found = NAMES.into_iter().find(works);
    if found.is_none() {
        println!("SKIPPED: the page for OBS is not tested, for Chromium is not installed");
        eprintln!("SKIPPED: the page for OBS is not tested, for Chromium is not installed");
    }
    found
}

/// Looks at a page until `is_there` says so: how much a browser does in its virtual time depends on
/// how busy the machine is. What it saw last is answered in any case.
fn look<T>(
    program: &str,
    query: &str,
    stage: &Stage,
    see: impl Fn(&str, &Path) -> T,
    is_there: impl Fn(&T) -> bool,
) -> T {
    let mut seen = None;
    for budget in [3000, 6000, 12_000, 24_000, 48_000] {
        // A browser that was killed would leave its lock in the profile.
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            format!("--virtual-time-budget={budget}"),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--screenshot={}", profile.path().join("page.png").display()),
        ];
        let output = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--window-size=1280,720", "--hide-scrollbars", "--default-background-color=00000000"])
            .args(["--dump-dom"])
            .args(arguments)
            .arg(format!("http://127.0.0.1:{}/overlay{query}", stage.port()))
            .output()
            .expect("it has started before");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let now = see(&text, &profile.path().join("page.png"));
        let there = is_there(&now);
        seen = Some(now);
        if there {
            break;
        }
    }
    seen.expect("it was looked at")
}

#[test]
fn the_page_for_obs_shows_the_cards() {
    let Some(program) = chromium() else { return };
    let stage = Stage::start();
    stage.show(&[(1, "H_A"), (2, "S_K")]);
    let catalogue = synth::practice::catalogue();
    let names = ["H_A", "S_K"].map(|id| catalogue.card(id).unwrap().name.clone());
    let text = |text: &str, _: &Path| text.to_owned();
    // Short, as the overlay writes them; in full where the pointer rests.
    let listed = |text: &str, name: &str| text.contains(&format!("aria-label=\"{name}\nPlaying Card\""));
    let lists = |text: &String| {
        let short = ["A</span>", "♥</span>", "K</span>", "♠</span>"].iter().all(|it| text.contains(it));
        short && names.iter().all(|name| listed(text, name))
    };
    let list = look(program, "", &stage, text, lists);
    assert!(lists(&list), "the names are not listed:\n{list}");
    let first = |text: &String| listed(text, &names[0]);
    let chosen = look(program, "?types=Joker,Playing%20Card", &stage, text, first);
    assert!(first(&chosen), "playing cards were asked for:\n{chosen}");

    // By type, then by rank, however they came.
    stage.show(&[(1, "S_9"), (2, "H_A"), (3, "S_K"), (4, "x_owl")]);
    let order = ["x_owl", "H_A", "S_K", "S_9"].map(|id| catalogue.card(id).unwrap().name.as_str());
    let ordered = |text: &String| {
        let places = order.map(|name| text.find(&format!("aria-label=\"{name}\n")));
        places.iter().all(Option::is_some) && places.is_sorted()
    };
    let sorted = look(program, "", &stage, text, ordered);
    assert!(ordered(&sorted), "{sorted}");

    stage.broadcast.publish(State::Paused, [0, 0], &[], &catalogue);
    let says = |text: &String| text.contains(">paused</div>");
    let paused = look(program, "?types=Joker", &stage, text, says);
    assert!(says(&paused) && !paused.contains("</li>"), "{paused}");
    let silent = look(program, "?notice=no", &stage, text, |text| text.contains("paused"));
    assert!(silent.contains(r#"hidden="">paused</div>"#), "{silent}");
}

#[test]
fn the_boxes_for_obs_lie_on_the_cards() {
    let Some(program) = chromium() else { return };
    let stage = Stage::start();
    stage.show(&[(1, "H_A"), (2, "S_K")]);
    let text = |text: &str, _: &Path| text.to_owned();
    let points = r#"points="100,50 171,50 171,145 100,145""#;
    let boxes = look(program, "?view=boxes", &stage, text, |text| text.contains(points));
    assert!(boxes.contains(points), "{boxes}");
    let picture = |_: &str, path: &Path| image::open(path).ok().map(image::DynamicImage::into_rgba8);
    let edge = |picture: &Option<image::RgbaImage>| {
        picture.as_ref().is_some_and(|picture| picture.get_pixel(100, 100)[3] > 200)
    };
    let Some(drawn) = look(program, "?view=boxes", &stage, picture, edge) else {
        println!("SKIPPED: this browser does not write an image and the page at once");
        return;
    };
    assert!(edge(&Some(drawn.clone())), "the left edge of the second card is drawn");
    assert_eq!(drawn.get_pixel(640, 500)[3], 0, "what is not drawn is see-through");
    assert_eq!(drawn.get_pixel(135, 110)[3], 0, "so is the inside of a card");
}

/// In both views, what the player's own copy of the game says is read where the pointer rests.
#[test]
fn viewers_read_what_a_card_does() {
    let Some(program) = chromium() else { return };
    let stage = Stage::start();
    let art = tempfile::tempdir().unwrap();
    let texts = art.path().join("practice/localization");
    std::fs::create_dir_all(&texts).unwrap();
    let table = r##"return { descriptions = { Joker = { x_owl = { name = "Owl",
        text = { "{C:mult}+4{} Mult <b>", "for each #1# card" } } } } }"##;
    std::fs::write(texts.join("en-us.lua"), table).unwrap();
    stage.broadcast.explain(art.path(), "en-us");
    stage.show(&[(1, "x_owl"), (2, "S_K")]);
    let text = |text: &str, _: &Path| text.to_owned();
    let name = synth::practice::catalogue().card("x_owl").unwrap().name.clone();
    // What a browser writes of an attribute: older ones leave `<` as it is.
    let told = |text: &String| {
        let lines = ["+4 Mult <b>", "+4 Mult &lt;b&gt;"];
        let label = |line: &str| text.contains(&format!("\n{line}\nfor each \u{2026} card\""));
        text.contains(&format!("aria-label=\"{name}\n")) && lines.into_iter().any(label)
    };
    for query in ["?view=list", "?view=boxes"] {
        let page = look(program, query, &stage, text, told);
        assert!(told(&page), "{query}:\n{page}");
    }
    let below = |text: &String| text.contains("<p>+4 Mult &lt;b&gt;</p><p>for each \u{2026} card</p></li>");
    let page = look(program, "?texts=yes", &stage, text, below);
    assert!(below(&page), "{page}");
    // A pointer rests on the card, then beside all of them.
    for (query, (x, y)) in [("?view=list", (60.0, 25.0)), ("?view=boxes", (35.0, 100.0))] {
        let address = format!("http://127.0.0.1:{}/overlay{query}", stage.port());
        let mut tab = Tab::open(program, &address);
        tab.wait_until("cards.size === 2 && document.querySelectorAll('[data-track]').length >= 2");
        let panel = "document.getElementById('panel').textContent";
        tab.point_at(x, y);
        tab.wait_until(&format!("{panel}.includes('+4 Mult <b>for each \u{2026} card')"));
        tab.picture(&format!("{}.png", query[1..].replace('=', "-")));
        tab.point_at(1000.0, 600.0);
        tab.wait_until("document.getElementById('panel').hidden");
    }
}

/// Names of a hand lay over each other.
#[test]
fn the_names_of_a_hand_do_not_lie_on_each_other() {
    let Some(program) = chromium() else { return };
    let stage = Stage::start();
    let hand = ["H_A", "S_K", "C_Q", "D_J", "H_10", "S_9", "C_8", "D_7", "x_owl", "x_lighthouse"];
    let foil = Modifiers { edition: "foil".into(), seal: "red".into(), ..Modifiers::default() };
    let tracks: Vec<Track> = (0_u16..)
        .zip(hand)
        .map(|(at, card)| {
            let quad = Quad::from_rect(Rect::ltwh(300.0 + 55.0 * f32::from(at), 400.0, 100.0, 134.0));
            let mut track = track(u64::from(at), known(card, 0.9), quad);
            if at % 4 == 2 {
                track.modifiers = foil.clone();
            }
            track
        })
        .collect();
    stage.broadcast.publish(State::Watching, [1280, 720], &tracks, &synth::practice::catalogue());
    let text = |text: &str, _: &Path| text.to_owned();
    let is_drawn = |text: &String| chips(text).len() == hand.len();
    let page = look(program, "?view=boxes", &stage, text, is_drawn);
    let chips = chips(&page);
    assert_eq!(chips.len(), hand.len(), "{page}");
    assert!(page.contains(">Foil</tspan>") && page.contains(">Red seal</tspan>"), "{page}");
    for (at, one) in chips.iter().enumerate() {
        for other in &chips[..at] {
            let overlap = Rect::intersection(*one, *other).area();
            assert!(overlap < 1.0, "{one:?} lies on {other:?}");
        }
    }
}

/// Where the grounds of the names are.
fn chips(page: &str) -> Vec<Rect<lens_core::geometry::InFrame>> {
    let rect = |text: &str| {
        let side = |name: &str| -> Option<f32> {
            let from = text.find(&format!(" {name}=\""))? + name.len() + 3;
            text[from..].split('"').next()?.parse().ok()
        };
        Some(Rect::ltwh(side("x")?, side("y")?, side("width")?, side("height")?))
    };
    let parts = page.split("<rect").skip(1).filter_map(|part| part.split('>').next());
    parts.filter(|part| part.contains("class=\"chip\"")).filter_map(rect).collect()
}
