//! The keys: what they do, and the list of them.
//!
//! Letters begin a name, digits take a suggestion. While the name is being typed, letters and
//! digits belong to it.

use egui::{Context, Event, Key, Modifiers, Window};

use super::theme;
use super::tile::name_field;
use crate::frame::Begins;
use crate::intent::{Intent, Page, Question};
use crate::window::Labeller;

/// Keys and what they do, for the list and the manual.
pub(crate) const KEYS: [(&str, &str); 28] = [
    ("Enter", "save what agrees, and go on"),
    ("1 to 5", "take a suggestion"),
    ("letters", "type a name; up and down choose a completion"),
    ("/", "type a name that begins with a digit"),
    ("0", "it is not a card"),
    ("left, right", "the group before, the next one"),
    ("up, down", "another capture of the group"),
    ("Space", "leave the capture out, or take it in again"),
    ("+ and -", "magnify the capture; so does the wheel"),
    ("Ctrl+1 to Ctrl+5", "the edition"),
    ("Ctrl+D", "what was left out becomes a group of its own"),
    ("Ctrl+M", "take in the first group that looks alike"),
    ("Delete", "into the bin"),
    ("Ctrl+R, Shift+Delete", "in the bin: restore all, empty it"),
    ("Ctrl+Z", "undo, as often as you like"),
    ("Ctrl+Y", "do it again"),
    ("Ctrl+F", "search"),
    ("Tab", "to the next field"),
    ("Escape", "leave the name, close this list, choose nothing"),
    ("F1 to F7", "label, verify, collection, frames, bin, train, mods"),
    ("Space, arrows with Shift", "on a frame: the next corner, move it by a pixel; with Ctrl by ten"),
    ("Ctrl+O", "open a screenshot as a frame"),
    ("Page Up, Page Down", "another frame"),
    ("Ctrl+S", "save the cards of a frame that have a name"),
    ("R, S, B", "on the page Train: retrain, stop, go back to the model before"),
    ("up, down, Space", "on the page Mods: another mod, on or off"),
    ("Ctrl++, Ctrl+-, Ctrl+0", "everything larger, smaller, as usual"),
    ("?", "these keys"),
];

const DIGITS: [Key; 5] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
const PAGES: [Key; 7] = [Key::F1, Key::F2, Key::F3, Key::F4, Key::F5, Key::F6, Key::F7];
const ARROWS: [(Key, [i32; 2]); 4] =
    [(Key::ArrowLeft, [-1, 0]), (Key::ArrowRight, [1, 0]), (Key::ArrowUp, [0, -1]), (Key::ArrowDown, [0, 1])];

/// What the keys of this frame ask for.
pub(super) fn wanted(labeller: &mut Labeller, context: &Context) -> Vec<Intent> {
    if labeller.question.is_some() {
        return answered(context);
    }
    let focused = context.memory(egui::Memory::focused);
    let typing = focused == Some(name_field());
    let mut intents = Vec::new();
    let mut searches = false;
    context.input_mut(|input| {
        let mut key = |modifiers: Modifiers, key: Key, intent: Intent| {
            if input.consume_key(modifiers, key) {
                intents.push(intent);
            }
        };
        let shift = Modifiers::COMMAND | Modifiers::SHIFT;
        key(shift, Key::Z, Intent::Redo);
        key(Modifiers::COMMAND, Key::Y, Intent::Redo);
        key(Modifiers::COMMAND, Key::Z, Intent::Undo);
        key(Modifiers::COMMAND, Key::M, Intent::MergeFirst);
        key(Modifiers::COMMAND, Key::O, Intent::AskForScreenshot);
        key(Modifiers::COMMAND, Key::D, Intent::Act(Box::new(crate::session::Action::Split)));
        for (number, digit) in DIGITS.into_iter().enumerate() {
            key(Modifiers::COMMAND, digit, Intent::Edition(number));
        }
        for larger in [Key::Plus, Key::Equals] {
            key(Modifiers::COMMAND, larger, Intent::Zoom(1));
            key(shift, larger, Intent::Zoom(1));
        }
        key(Modifiers::COMMAND, Key::Minus, Intent::Zoom(-1));
        key(Modifiers::COMMAND, Key::Num0, Intent::Zoom(0));
        for (page, function) in Page::ALL.into_iter().zip(PAGES) {
            key(Modifiers::NONE, function, Intent::Show(page));
        }
        if labeller.page == Page::Frames {
            key(Modifiers::COMMAND, Key::S, Intent::SaveFrame);
        }
        searches = input.consume_key(Modifiers::COMMAND, Key::F);
    });
    if searches {
        context.memory_mut(|memory| memory.request_focus(super::tile::search_field()));
    }
    if typing {
        intents.extend(typed(labeller, context));
    } else if focused.is_none() {
        intents.extend(commanded(labeller, context));
    } else if context.input(|input| input.key_pressed(Key::Escape)) {
        context.memory_mut(egui::Memory::stop_text_input);
    }
    intents
}

/// Keys while something is asked: all others wait.
fn answered(context: &Context) -> Vec<Intent> {
    let pressed = |key| context.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Enter) {
        vec![Intent::GoAhead]
    } else if pressed(Key::Escape) {
        vec![Intent::Escape]
    } else {
        Vec::new()
    }
}

/// Keys while the name is being typed.
fn typed(labeller: &mut Labeller, context: &Context) -> Vec<Intent> {
    let mut intents = Vec::new();
    context.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        if pressed(Key::ArrowDown) {
            intents.push(Intent::StepCompletion(1));
        }
        if pressed(Key::ArrowUp) {
            intents.push(Intent::StepCompletion(-1));
        }
        if pressed(Key::Enter) {
            intents.extend(saved(labeller));
        }
    });
    if context.input(|input| input.key_pressed(Key::Escape)) {
        labeller.forget_new_name();
        labeller.is_begun = false;
        leave_name(context);
    }
    intents
}

/// What saves the name in the form. A name that is not listed is saved as it was typed: no
/// completion is chosen then.
pub(super) fn saved(labeller: &Labeller) -> Vec<Intent> {
    let completed = (!labeller.completions().is_empty()).then_some(Intent::Complete(labeller.completion));
    completed.into_iter().chain([Intent::Save]).collect()
}

/// Lets the keys be commands again.
pub(super) fn leave_name(context: &Context) {
    context.memory_mut(|memory| memory.surrender_focus(name_field()));
}

/// Keys that move what is marked on a frame.
fn on_a_frame(input: &mut egui::InputState, intents: &mut Vec<Intent>) {
    for (key, [across, down]) in ARROWS {
        let begins = begins(input, key);
        if input.consume_key(Modifiers::SHIFT | Modifiers::COMMAND, key) {
            intents.push(Intent::Nudge([across * 10, down * 10], begins));
        }
        if input.consume_key(Modifiers::SHIFT, key) {
            intents.push(Intent::Nudge([across, down], begins));
        }
    }
    let mut key = |key: Key, intent: Intent| {
        if input.consume_key(Modifiers::NONE, key) {
            intents.push(intent);
        }
    };
    key(Key::ArrowUp, Intent::StepCard(-1));
    key(Key::ArrowDown, Intent::StepCard(1));
    key(Key::PageUp, Intent::StepFrame(-1));
    key(Key::PageDown, Intent::StepFrame(1));
    key(Key::Space, Intent::StepCorner);
    key(Key::Num0, Intent::NotACard);
    key(Key::Plus, Intent::Magnify(1));
    key(Key::Equals, Intent::Magnify(1));
    key(Key::Minus, Intent::Magnify(-1));
    for (number, digit) in DIGITS.into_iter().enumerate() {
        key(digit, Intent::Suggest(number));
    }
}

/// Whether a key was pressed just now, or has been held since before.
fn begins(input: &egui::InputState, pressed: Key) -> Begins {
    let is_new = |event: &Event| matches!(event, Event::Key { key, pressed: true, repeat: false, .. } if *key == pressed);
    if input.events.iter().any(is_new) { Begins::Now } else { Begins::Before }
}

/// Keys about what was thrown away.
fn in_the_bin(labeller: &Labeller, input: &mut egui::InputState, intents: &mut Vec<Intent>) {
    let binned = labeller.session.pictures().iter().filter(|it| it.binned).count();
    if input.consume_key(Modifiers::SHIFT, Key::Delete) && binned > 0 {
        intents.push(Intent::Ask(Question::EmptyBin(binned)));
    }
    if input.consume_key(Modifiers::COMMAND, Key::R) && binned > 0 {
        intents.push(Intent::RestoreAll);
    }
}

/// Keys about the model.
fn on_training(labeller: &Labeller, input: &mut egui::InputState, intents: &mut Vec<Intent>) {
    let is_running = labeller.train.is_running();
    let mut key = |key: Key, is_possible: bool, intent: Intent| {
        if input.consume_key(Modifiers::NONE, key) && is_possible {
            intents.push(intent);
        }
    };
    let has_previous = labeller.train.knowledge.as_ref().is_some_and(|it| it.has_previous);
    let has_trainer = labeller.train.program.is_some();
    key(Key::R, !is_running && has_trainer, Intent::Retrain);
    key(Key::S, is_running, Intent::StopTraining);
    key(Key::B, !is_running && has_trainer && has_previous, Intent::Ask(Question::GoBack));
}

/// Keys while nothing is being typed.
fn commanded(labeller: &mut Labeller, context: &Context) -> Vec<Intent> {
    let mut intents = Vec::new();
    let mut begun: Option<String> = None;
    context.input_mut(|input| {
        if labeller.page == Page::Bin {
            in_the_bin(labeller, input, &mut intents);
        }
        if input.consume_key(Modifiers::NONE, Key::Enter) {
            intents.extend(saved(labeller));
        }
        let mut key = |key: Key, intent: Intent| {
            if input.consume_key(Modifiers::NONE, key) {
                intents.push(intent);
            }
        };
        key(Key::Delete, Intent::Bin);
        key(Key::Escape, Intent::Escape);
        if labeller.page == Page::Label {
            key(Key::ArrowLeft, Intent::Step(-1));
            key(Key::ArrowRight, Intent::Step(1));
            key(Key::ArrowUp, Intent::StepMember(-1));
            key(Key::ArrowDown, Intent::StepMember(1));
            key(Key::Space, Intent::Toggle(None));
            key(Key::Num0, Intent::NotACard);
            key(Key::Plus, Intent::Magnify(1));
            key(Key::Equals, Intent::Magnify(1));
            key(Key::Minus, Intent::Magnify(-1));
            for (number, digit) in DIGITS.into_iter().enumerate() {
                key(digit, Intent::Suggest(number));
            }
        }
        if labeller.page == Page::Frames {
            on_a_frame(input, &mut intents);
        }
        if labeller.page == Page::Mods {
            for (key, intent) in [
                (Key::ArrowUp, Intent::StepMod(-1)),
                (Key::ArrowDown, Intent::StepMod(1)),
                (Key::Space, Intent::ToggleMod(None)),
            ] {
                if input.consume_key(Modifiers::NONE, key) {
                    intents.push(intent);
                }
            }
        }
        if labeller.page == Page::Train {
            on_training(labeller, input, &mut intents);
        }
        for event in &input.events {
            match event {
                Event::Text(text) if text == "?" => intents.push(Intent::Keys),
                Event::Text(text) if text == "/" => begun = Some(String::new()),
                Event::Text(text) if text.chars().all(char::is_alphabetic) => {
                    begun.get_or_insert_default().push_str(text);
                }
                _ => {}
            }
        }
    });
    let takes_names = match labeller.page {
        Page::Label => labeller.session.group().is_some(),
        Page::Verify => !labeller.chosen.is_empty(),
        Page::Frames => labeller.frame.as_ref().is_some_and(|it| it.card().is_some()),
        Page::Collection | Page::Bin | Page::Train | Page::Mods => false,
    };
    if let Some(name) = begun.filter(|_| takes_names) {
        labeller.forget_new_name();
        labeller.form.name = name;
        (labeller.completion, labeller.is_begun) = (0, true);
        context.memory_mut(|memory| memory.request_focus(name_field()));
        // The field is not there to take the letters of this frame: they are in the name already.
        context.input_mut(|input| input.events.retain(|event| !matches!(event, Event::Text(_))));
    }
    intents
}

pub(super) fn show(labeller: &mut Labeller, context: &Context) {
    let mut open = true;
    let window = Window::new(theme::name("Keys")).open(&mut open).collapsible(false).resizable(false);
    window.anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0]).show(context, |ui| {
        // In a low window the last ones are scrolled to.
        let height = context.content_rect().height() - 90.0;
        egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            egui::Grid::new("keys").num_columns(2).spacing([18.0, 2.0]).show(ui, |ui| {
                for (key, what) in KEYS {
                    theme::key(ui, key);
                    ui.label(what);
                    ui.end_row();
                }
            });
        });
    });
    labeller.show_keys &= open;
}
