//! A chord that is recorded by pressing it, written as the settings take it.

use egui::{Event, Key, Modifiers};

/// What pressing keys came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// A chord.
    Chord(String),
    /// No chord at all: the action has no hotkey.
    None,
    /// The recording was given up.
    Cancelled,
}

/// What the events of a frame say; nothing while only modifiers are held.
///
/// Escape alone gives up, Backspace or Delete alone takes the hotkey away.
pub fn record(events: &[Event]) -> Option<Recorded> {
    events.iter().find_map(|event| match event {
        Event::Key { key, physical_key, pressed: true, repeat: false, modifiers } => {
            match (key, modifiers.any()) {
                (Key::Escape, false) => Some(Recorded::Cancelled),
                (Key::Backspace | Key::Delete, false) => Some(Recorded::None),
                _ => written(*key, *physical_key, *modifiers).map(Recorded::Chord),
            }
        }
        // The toolkit makes commands of these, and does not say what else was held.
        Event::Copy => Some(Recorded::Chord("Ctrl+Shift+C".into())),
        Event::Cut => Some(Recorded::Chord("Ctrl+Shift+X".into())),
        Event::Paste(_) => Some(Recorded::Chord("Ctrl+Shift+V".into())),
        _ => None,
    })
}

fn written(key: Key, physical: Option<Key>, held: Modifiers) -> Option<String> {
    // What Shift makes of a digit is no key; letters count as they are on this keyboard.
    let name = name(key).or_else(|| name(physical?))?;
    let parts = [(held.ctrl, "Ctrl"), (held.shift, "Shift"), (held.alt, "Alt"), (held.mac_cmd, "Super")];
    let mut chord: Vec<&str> =
        parts.into_iter().filter_map(|(is_held, name)| is_held.then_some(name)).collect();
    chord.push(&name);
    Some(chord.join("+"))
}

/// As the settings write a key.
fn name(key: Key) -> Option<String> {
    let name = key.name();
    let is_plain = name.len() == 1 && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    let is_function = name.strip_prefix('F').is_some_and(|number| number.parse::<u32>().is_ok());
    let written = match key {
        _ if is_plain || is_function => name,
        Key::ArrowDown => "Down",
        Key::ArrowLeft => "Left",
        Key::ArrowRight => "Right",
        Key::ArrowUp => "Up",
        Key::Tab => "Tab",
        Key::Backspace => "Backspace",
        Key::Enter => "Enter",
        Key::Space => "Space",
        Key::Insert => "Insert",
        Key::Delete => "Delete",
        Key::Home => "Home",
        Key::End => "End",
        Key::PageUp => "PageUp",
        Key::PageDown => "PageDown",
        Key::Comma => "Comma",
        Key::Period => "Period",
        Key::Slash => "Slash",
        Key::Backslash => "Backslash",
        Key::Semicolon => "Semicolon",
        Key::Quote => "Quote",
        Key::OpenBracket => "BracketLeft",
        Key::CloseBracket => "BracketRight",
        Key::Backtick => "Backquote",
        Key::Minus => "Minus",
        Key::Equals => "Equal",
        _ => return None,
    };
    Some(written.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use global_hotkey::hotkey::HotKey;

    fn pressed(key: Key, physical: Option<Key>, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: physical, pressed: true, repeat: false, modifiers }
    }

    #[track_caller]
    fn check(event: Event, want: &str) {
        let recorded = record(&[event]);
        assert_eq!(recorded, Some(Recorded::Chord(want.into())));
        assert!(want.parse::<HotKey>().is_ok(), "{want} can be read back");
    }

    #[test]
    fn chords_are_written_as_they_are_read() {
        let both = Modifiers::CTRL | Modifiers::SHIFT;
        check(pressed(Key::H, Some(Key::D), both), "Ctrl+Shift+H");
        check(pressed(Key::Exclamationmark, Some(Key::Num1), both), "Ctrl+Shift+1");
        check(pressed(Key::F9, None, Modifiers::NONE), "F9");
        check(pressed(Key::OpenBracket, None, Modifiers::ALT), "Alt+BracketLeft");
        check(pressed(Key::ArrowUp, None, Modifiers::CTRL), "Ctrl+Up");
        for key in Key::ALL.iter().filter_map(|key| name(*key)) {
            assert!(format!("Ctrl+{key}").parse::<HotKey>().is_ok() || key.starts_with('F'), "{key}");
        }
    }

    #[test]
    fn it_can_be_given_up_and_taken_away() {
        assert_eq!(record(&[pressed(Key::Escape, None, Modifiers::NONE)]), Some(Recorded::Cancelled));
        assert_eq!(record(&[pressed(Key::Delete, None, Modifiers::NONE)]), Some(Recorded::None));
        assert_eq!(record(&[Event::PointerGone]), None);
    }
}
