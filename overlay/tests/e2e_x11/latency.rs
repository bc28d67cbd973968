//! From a card on the screen to its box on the screen, as someone in front of it sees both.
//!
//! The practice table shows two of its moments in turn. The screen is looked at all the time: when
//! does the card's image change, when does its upper edge get a stroke? Compositor, capture,
//! recognition and drawing are all in it.

use std::process::Command;
use std::time::{Duration, Instant};

use image::RgbaImage;
use lens_core::geometry::Point;
use marks::scene::Mark;
use marks::scene::mark_style::Line;
use practice::art::CardArt;
use practice::paint::Painter;
use practice::table::Table;

use crate::desktop::{Desktop, Program, wait_for};
use crate::harness::Outcome;
use crate::screen::{Area, Screen, Shot, is_free, marks};
use crate::stage::{OVERLAY, OVERLAY_TITLE, SEED, STILL, TITLE};

/// Times that the card comes; another number by this variable.
const COMES: usize = 12;
const COMES_VARIABLE: &str = "BALATRO_LENS_FLIPS";
/// How long each moment is shown.
const EACH: Duration = Duration::from_millis(700);
/// Difference from which a pixel counts as another.
const OTHER: u8 = 30;
/// A busy machine of two cores is slow; an idle one needs a tenth of this.
const MEDIAN_BELOW: Duration = Duration::from_millis(250);
/// Number of cards from which it is a measurement, on an idle machine, and what must hold there:
/// the median, and 99 %.
const MEASURED_FROM: usize = 60;
const MEASURED_BELOW: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(100)];

/// How far from the edge of the card, which is 156 pixels high, its stroke is looked for, in
/// pixels: detections are some off.
const REACH: i32 = 8;

/// The background's brightest colour has no channel above this.
const BRIGHTEST: u8 = 150;

/// A card that is there at one moment and not at the other.
struct Probe {
    mark: Mark,
    with: RgbaImage,
    moments: [f32; 2],
}

/// The rest of the image stands still: the processors are idle when the card comes.
pub(crate) fn boxes_come_soon(desktop: &mut Desktop) -> Outcome {
    time(desktop, "a still table", &[])
}

/// The background moves all the time, as the game's does: recognition keeps to its budget when the
/// card comes.
pub(crate) fn boxes_come_soon_over_a_swirl(desktop: &mut Desktop) -> Outcome {
    time(desktop, "a swirling table", &["--swirl", "--fps", "20"])
}

fn time(desktop: &Desktop, on: &str, options: &[&str]) -> Outcome {
    if !lens_core::paths::model("practice").join("model.json").is_file() {
        return Outcome::Skipped("the model \"practice\" is not here".into());
    }
    let probe = Probe::find();
    let moments = probe.moments.map(|moment| moment.to_string());
    let mut game = Command::new(OVERLAY);
    game.args(["practice", "--seed", &SEED.to_string(), "--title", TITLE, "--size", "1100x660"])
        .args(["--still", &moments[0], "--still", &moments[1], "--each", &EACH.as_secs_f32().to_string()])
        .args(options);
    let _game = Program::start(game, &desktop.folder.join("game.log"));
    let mut overlay = Command::new(OVERLAY);
    overlay
        .args(["--model", "practice", "--source", &format!("window:{TITLE}"), "--no-api", "--settings"])
        .arg(desktop.folder.join("latency.toml"));
    let overlay = Program::start(overlay, &desktop.folder.join("overlay.log"));
    let screen = Screen::connect();
    let area = wait_for("overlay and game", || {
        let shown = |title: &str| screen.find(title).filter(|(_, shown)| *shown).map(|(window, _)| window);
        let area = screen.area(shown(TITLE)?)?;
        (screen.area(shown(OVERLAY_TITLE)?)? == area).then_some(area)
    });
    wait_for("a first box", || {
        let shot = screen.part(probe.part(area));
        (probe.is_there(&shot, area) && probe.is_boxed(&shot, area)).then_some(())
    });
    let comes = std::env::var(COMES_VARIABLE).ok().and_then(|it| it.parse().ok()).unwrap_or(COMES);
    let mut took: Vec<Duration> = (0..comes).map(|_| probe.time(&screen, area)).collect();
    assert_eq!(overlay.interrupt(), Some(0));
    took.sort_unstable();
    let at = |share: usize| took[((took.len() - 1) * share).div_ceil(100)];
    println!(
        "    from card to box on {on}: median {:.0?}, 99 % within {:.0?}, least {:.0?} ({comes} cards)",
        at(50),
        at(99),
        took[0]
    );
    assert!(at(50) < MEDIAN_BELOW, "boxes come late: {took:?}");
    if comes >= MEASURED_FROM {
        let [median, most] = MEASURED_BELOW;
        assert!(at(50) < median && at(99) < most, "boxes come late: {took:?}");
    }
    Outcome::Passed
}

impl Probe {
    /// A card that lies alone at the first moment and whose place is empty, and looks otherwise, at
    /// a later one.
    fn find() -> Self {
        let catalogue = synth::practice::catalogue();
        let table = Table::new(SEED, [1100, 660], &catalogue);
        let mut painter = Painter::new(CardArt::new(synth::practice::sprites()));
        let state = table.at(STILL);
        let with = painter.paint(&state).clone();
        let all = marks(&state, &catalogue);
        for step in 1..80 {
            let moment = STILL + step as f32 * 0.5;
            let other = table.at(moment);
            let without = painter.paint(&other).clone();
            let nearby = marks(&other, &catalogue);
            // A stroke of one colour: no edition.
            let plain =
                |mark: &&Mark| mark.style.line == Line::Solid && mark.style.second == mark.style.accent;
            for mark in all.iter().filter(plain).filter(|mark| is_free(mark, &all)) {
                let alone =
                    nearby.iter().all(|it| it.quad.bounds().intersection(mark.quad.bounds()).area() <= 0.0);
                let changes = differs(pixel(&with, inside(mark)), pixel(&without, inside(mark)));
                if alone && changes {
                    return Self { mark: mark.clone(), with, moments: [STILL, moment] };
                }
            }
        }
        panic!("every card that lies alone lies there all the time");
    }

    /// The part of the screen that has to be looked at.
    fn part(&self, [left, top, ..]: Area) -> Area {
        let bounds = self.mark.quad.bounds().grown(REACH as f32 + 1.0);
        [left + bounds.left as i32, top + bounds.top as i32, bounds.width() as i32, bounds.height() as i32]
    }

    fn is_there(&self, shot: &Shot, area: Area) -> bool {
        let at = inside(&self.mark);
        !differs(shot.rgb(area[0] + at[0], area[1] + at[1]), pixel(&self.with, at))
    }

    /// Whether the stroke's colour is seen along most of the upper edge, be it faint still: on the
    /// card's own pixels, which do not move with the background, or above them, where nothing else
    /// is as bright.
    fn is_boxed(&self, shot: &Shot, area: Area) -> bool {
        let corners = self.mark.quad.corners;
        let accent = self.mark.style.accent;
        let accent = [accent.red, accent.green, accent.blue].map(|share| share * 255.0);
        let away = |rgb: [u8; 3]| {
            rgb.iter().zip(accent).map(|(&a, b)| (f32::from(a) - b).powi(2)).sum::<f32>().sqrt()
        };
        let points = (2..=8).map(|step| rounded(corners[0].lerp(corners[1], step as f32 / 10.0)));
        // Recognition is some pixels off the truth.
        let has_stroke = |[x, y]: &[i32; 2]| {
            let seen = |down: i32| shot.rgb(area[0] + x, area[1] + y + down);
            let on_card = |down: i32| away(seen(down)) < 0.7 * away(pixel(&self.with, [*x, y + down]));
            let above = |down: i32| seen(down).into_iter().max() > Some(BRIGHTEST);
            (-1..=REACH).any(on_card) || (-REACH..-1).any(above)
        };
        points.filter(has_stroke).count() >= 5
    }

    /// Waits until the card comes; returns how much later its box does.
    fn time(&self, screen: &Screen, area: Area) -> Duration {
        let part = self.part(area);
        let until = |what: &str, wanted: &dyn Fn(&Shot) -> bool| {
            let started = Instant::now();
            while !wanted(&screen.part(part)) {
                assert!(started.elapsed() < Duration::from_secs(20), "waited in vain for: {what}");
                std::thread::sleep(Duration::from_millis(1));
            }
            Instant::now()
        };
        until("the card goes", &|shot| !self.is_there(shot, area));
        let came = until("the card comes", &|shot| self.is_there(shot, area));
        until("its box", &|shot| self.is_boxed(shot, area)) - came
    }
}

/// A point of the card that neither strokes nor chips cover.
fn inside(mark: &Mark) -> [i32; 2] {
    rounded(mark.quad.at(0.5, 0.75))
}

fn rounded<S: lens_core::geometry::Space>(point: Point<S>) -> [i32; 2] {
    [point.x.round() as i32, point.y.round() as i32]
}

fn pixel(picture: &RgbaImage, [x, y]: [i32; 2]) -> [u8; 3] {
    let [red, green, blue, _] = picture.get_pixel(x as u32, y as u32).0;
    [red, green, blue]
}

fn differs(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter().zip(other).any(|(a, b)| a.abs_diff(b) > OTHER)
}
