//! Runs the tests one after the other on one desktop, with the arguments of the usual harness.
//!
//! A test that fails does not end the others: they go on on a new desktop, and the folder of the
//! old one stays for whoever looks into it.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};

use crate::depths::screens_of_other_depths;
use crate::desktop::{Desktop, missing};
use crate::desktops::a_tiling_desktop_is_fine;
use crate::engine::the_games_engine_is_followed;
use crate::faults::{
    a_lost_device_is_opened_again, a_model_that_breaks_is_said_and_the_old_one_goes_on,
    a_window_closed_while_it_is_captured,
};
use crate::gamescope::marks_go_to_the_output_of_gamescope;
use crate::guest::{
    a_better_window_is_taken_when_it_comes, a_change_of_the_window_ends_the_wait, a_report_is_packed,
    a_window_whose_frame_was_hidden_is_seen_anew, chords_follow_the_layout,
    enlarged_text_leaves_monitors_as_they_are, marks_keep_away_where_they_would_lie_on_others,
    other_programs_get_every_key, the_practice_table_is_an_x11_window,
    the_window_is_no_larger_than_the_marks, windows_are_found_without_lists,
};
use crate::hotkeys::{a_card_is_explained_while_the_chord_is_held, a_taken_chord_is_named};
use crate::latency::{boxes_come_soon, boxes_come_soon_over_a_swirl};
use crate::load::{the_game_keeps_its_time, the_game_keeps_its_time_over_a_swirl};
use crate::placement::{a_scaled_desktop_changes_nothing, it_follows_to_full_screen_and_to_another_monitor};
use crate::recording::a_recording_replays_the_same;
use crate::teaching::{a_card_is_corrected_where_it_lies, an_unknown_card_is_taught};
use crate::tests::{
    a_display_that_goes, a_driver_that_dies_with_the_display, a_driver_that_hangs_without_the_display,
    a_real_screenshot, a_steady_picture_costs_nothing, it_follows_hides_and_returns, marks_lie_on_the_cards,
    settings_and_hotkeys, without_a_compositor, without_a_display, without_shared_memory,
};
use crate::tray::{
    a_window_is_chosen_in_the_tray, the_tray_shows_and_asks,
    what_cannot_be_read_over_the_game_is_a_notification,
};

/// How a test ended that did not fail.
pub(crate) enum Outcome {
    Passed,
    Skipped(String),
}

/// The name of a test, and what it does.
type Test = (&'static str, fn(&mut Desktop) -> Outcome);

const TESTS: [Test; 43] = [
    ("marks_lie_on_the_cards_and_stay_out_of_the_capture", marks_lie_on_the_cards),
    ("it_follows_hides_and_returns", it_follows_hides_and_returns),
    ("without_a_compositor_the_game_stays_visible", without_a_compositor),
    ("a_steady_picture_costs_nothing", a_steady_picture_costs_nothing),
    ("settings_and_hotkeys_hold_while_it_runs", settings_and_hotkeys),
    ("a_taken_chord_is_named_and_the_others_work", a_taken_chord_is_named),
    ("a_card_is_explained_while_the_chord_is_held", a_card_is_explained_while_the_chord_is_held),
    ("the_games_engine_is_followed", the_games_engine_is_followed),
    ("a_tiling_desktop_is_fine", a_tiling_desktop_is_fine),
    ("marks_go_to_the_output_of_gamescope", marks_go_to_the_output_of_gamescope),
    ("other_programs_get_every_key", other_programs_get_every_key),
    ("chords_follow_the_layout", chords_follow_the_layout),
    ("a_better_window_is_taken_when_it_comes", a_better_window_is_taken_when_it_comes),
    ("windows_are_found_without_lists", windows_are_found_without_lists),
    ("a_change_of_the_window_ends_the_wait", a_change_of_the_window_ends_the_wait),
    ("a_window_whose_frame_was_hidden_is_seen_anew", a_window_whose_frame_was_hidden_is_seen_anew),
    ("marks_keep_away_where_they_would_lie_on_others", marks_keep_away_where_they_would_lie_on_others),
    ("enlarged_text_leaves_monitors_as_they_are", enlarged_text_leaves_monitors_as_they_are),
    ("the_window_is_no_larger_than_the_marks", the_window_is_no_larger_than_the_marks),
    ("a_report_is_packed", a_report_is_packed),
    ("the_practice_table_is_an_x11_window", the_practice_table_is_an_x11_window),
    ("screens_of_other_depths_are_seen_and_marked", screens_of_other_depths),
    ("without_shared_memory_pictures_come_all_the_same", without_shared_memory),
    ("a_display_that_goes_ends_it_in_good_order", a_display_that_goes),
    ("a_driver_that_dies_with_the_display_is_no_crash", a_driver_that_dies_with_the_display),
    ("a_driver_that_hangs_without_the_display_is_ended", a_driver_that_hangs_without_the_display),
    ("without_a_display_it_says_so", without_a_display),
    ("it_follows_to_full_screen_and_to_another_monitor", it_follows_to_full_screen_and_to_another_monitor),
    ("a_scaled_desktop_changes_nothing", a_scaled_desktop_changes_nothing),
    ("a_window_closed_while_it_is_captured_is_gone", a_window_closed_while_it_is_captured),
    ("a_lost_device_is_opened_again", a_lost_device_is_opened_again),
    (
        "a_model_that_breaks_is_said_and_the_old_one_goes_on",
        a_model_that_breaks_is_said_and_the_old_one_goes_on,
    ),
    ("the_tray_shows_and_asks", the_tray_shows_and_asks),
    (
        "what_cannot_be_read_over_the_game_is_a_notification",
        what_cannot_be_read_over_the_game_is_a_notification,
    ),
    ("a_window_is_chosen_in_the_tray", a_window_is_chosen_in_the_tray),
    ("an_unknown_card_is_taught", an_unknown_card_is_taught),
    ("a_card_is_corrected_where_it_lies", a_card_is_corrected_where_it_lies),
    ("a_recording_replays_the_same", a_recording_replays_the_same),
    ("boxes_come_soon_after_cards", boxes_come_soon),
    ("boxes_come_soon_over_a_swirl", boxes_come_soon_over_a_swirl),
    ("the_game_keeps_its_time", the_game_keeps_its_time),
    ("the_game_keeps_its_time_over_a_swirl", the_game_keeps_its_time_over_a_swirl),
    ("a_real_screenshot_is_marked_by_the_shipped_model", a_real_screenshot),
];

/// Options whose value is the argument after them.
const VALUED: [&str; 6] = ["--color", "--format", "--logfile", "--skip", "--test-threads", "-Z"];

/// Runs the tests that the arguments choose.
pub(crate) fn run_all() -> ExitCode {
    // Each test needs the whole screen: nextest, which runs each in a process of its own, lists
    // none.
    if std::env::var_os("NEXTEST").is_some() {
        return ExitCode::SUCCESS;
    }
    let missing = missing();
    if !missing.is_empty() {
        println!("SKIPPED: all {} X11 tests, which need {}", TESTS.len(), missing.join(", "));
        return ExitCode::SUCCESS;
    }
    let (filters, options) = split(std::env::args().skip(1));
    let mut arguments = Arguments::from_iter(std::env::args().take(1).chain(options));
    // On the main thread, one after the other.
    arguments.test_threads = Some(1);
    let fits = |name: &str, filter: &String| {
        if arguments.exact { name == filter } else { name.contains(filter.as_str()) }
    };
    let chosen = TESTS
        .into_iter()
        .filter(|(name, _)| filters.is_empty() || filters.iter().any(|filter| fits(name, filter)));
    let desktop = Arc::new(Mutex::new(None));
    let trials = chosen.map(|(name, test)| {
        let desktop = Arc::clone(&desktop);
        Trial::test(name, move || {
            run_on(&desktop, name, test);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The words that are filters, of which libtest-mimic takes only one, and all other arguments.
fn split(arguments: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let (mut filters, mut options) = (Vec::new(), Vec::<String>::new());
    for argument in arguments {
        let is_value = options.last().is_some_and(|last| VALUED.contains(&last.as_str()));
        let list = if is_value || argument.starts_with('-') { &mut options } else { &mut filters };
        list.push(argument);
    }
    (filters, options)
}

fn run_on(desktop: &Mutex<Option<Desktop>>, name: &str, test: fn(&mut Desktop) -> Outcome) {
    let is_broken = desktop.is_poisoned();
    let mut desktop_slot = desktop.lock().unwrap_or_else(PoisonError::into_inner);
    if is_broken {
        // The last test failed, and left it who knows how.
        desktop.clear_poison();
        if let Some(mut broken) = desktop_slot.take() {
            broken.keep_folder();
        }
    }
    let desktop = desktop_slot.get_or_insert_with(Desktop::start);
    match test(desktop) {
        Outcome::Passed => {}
        Outcome::Skipped(reason) => println!("SKIPPED: {name}: {reason}"),
    }
}
