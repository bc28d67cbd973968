//! The keys: what they do, and the list of them.
//!
//! Letters begin a name, digits take a suggestion. While the name is being typed, letters and
//! digits belong to it.

use egui::{Context, Event, Key, Modifiers, Window};

use super::tile::name_field;
use crate::completion;
use crate::window::{Intent, Labeller, Page};

/// Keys and what they do, for the list and the manual.
pub(crate) const KEYS: [(&str, &str); 18] = [
    ("1 to 5", "take a suggestion"),
    ("letters", "type a name; up and down choose a completion"),
    ("/", "type a name that begins with a digit"),
    ("Enter", "save and go on"),
    ("0", "it is not a card"),
    ("left, right", "the group before, the next one"),
    ("up, down", "another picture of the group"),
    ("Space", "leave the picture out, or take it in again"),
    ("Ctrl+1 to Ctrl+5", "the edition"),
    ("Ctrl+D", "what was left out becomes a group of its own"),
    ("Ctrl+M", "take in the first group that looks alike"),
    ("Delete", "into the bin"),
    ("Ctrl+Z", "undo, as often as you like"),
    ("Ctrl+Y", "do it again"),
    ("Tab", "to the next field"),
    ("Escape", "leave the name"),
    ("F1 to F4", "label, verify, coverage, bin"),
    ("?", "these keys"),
];

const DIGITS: [Key; 5] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
const PAGES: [Key; 4] = [Key::F1, Key::F2, Key::F3, Key::F4];

/// What the keys of this frame ask for.
pub(super) fn wanted(labeller: &mut Labeller, context: &Context) -> Vec<Intent> {
    let focused = context.memory(egui::Memory::focused);
    let typing = focused == Some(name_field());
    let mut intents = Vec::new();
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
        key(Modifiers::COMMAND, Key::D, Intent::Act(Box::new(crate::session::Action::Split)));
        for (number, digit) in DIGITS.into_iter().enumerate() {
            key(Modifiers::COMMAND, digit, Intent::Edition(number));
        }
        for (page, function) in Page::ALL.into_iter().zip(PAGES) {
            key(Modifiers::NONE, function, Intent::Show(page));
        }
    });
    if typing {
        intents.extend(typed(labeller, context));
    } else if focused.is_none() {
        intents.extend(commanded(labeller, context));
    }
    intents
}

/// Keys while the name is being typed.
fn typed(labeller: &Labeller, context: &Context) -> Vec<Intent> {
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
            // A name that is not listed is saved as it was typed: no completion is chosen then.
            if !completion::complete(&labeller.form.name, &labeller.catalogue).is_empty() {
                intents.push(Intent::Complete(labeller.completion));
            }
            intents.push(Intent::Save);
        }
    });
    if context.input(|input| input.key_pressed(Key::Escape)) {
        leave_name(context);
    }
    intents
}

/// Lets the keys be commands again.
pub(super) fn leave_name(context: &Context) {
    context.memory_mut(|memory| memory.surrender_focus(name_field()));
}

/// Keys while nothing is being typed.
fn commanded(labeller: &mut Labeller, context: &Context) -> Vec<Intent> {
    let mut intents = Vec::new();
    let mut begun: Option<String> = None;
    context.input_mut(|input| {
        let mut key = |key: Key, intent: Intent| {
            if input.consume_key(Modifiers::NONE, key) {
                intents.push(intent);
            }
        };
        key(Key::Enter, Intent::Save);
        key(Key::Delete, Intent::Bin);
        if labeller.page == Page::Label {
            key(Key::ArrowLeft, Intent::Step(-1));
            key(Key::ArrowRight, Intent::Step(1));
            key(Key::ArrowUp, Intent::StepMember(-1));
            key(Key::ArrowDown, Intent::StepMember(1));
            key(Key::Space, Intent::Toggle(None));
            key(Key::Num0, Intent::NotACard);
            for (number, digit) in DIGITS.into_iter().enumerate() {
                key(digit, Intent::Suggest(number));
            }
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
    if let Some(name) = begun.filter(|_| matches!(labeller.page, Page::Label | Page::Verify)) {
        labeller.form.name = name;
        labeller.completion = 0;
        context.memory_mut(|memory| memory.request_focus(name_field()));
        // The field is not there to take the letters of this frame: they are in the name already.
        context.input_mut(|input| input.events.retain(|event| !matches!(event, Event::Text(_))));
    }
    intents
}

pub(super) fn show(labeller: &mut Labeller, context: &Context) {
    let mut open = true;
    Window::new("Keys").open(&mut open).collapsible(false).resizable(false).show(context, |ui| {
        egui::Grid::new("keys").num_columns(2).striped(true).show(ui, |ui| {
            for (key, what) in KEYS {
                ui.strong(key);
                ui.label(what);
                ui.end_row();
            }
        });
    });
    labeller.show_keys = open;
}
