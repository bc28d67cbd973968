//! Keys as X servers number them: the symbol that a key bears, and the place where it lies.
//!
//! Symbols are those of the X protocol's appendix A (`keysymdef.h`), places those of the keyboards
//! in `xkeyboard-config`: AD01 is the first letter of the upper row, whatever is written on it.

use global_hotkey::hotkey::Code;

/// The symbol of a key; for letters that of the small one.
pub(super) fn symbol(code: Code) -> Option<u32> {
    let name = code.to_string();
    if let Some(&[letter]) = name.strip_prefix("Key").map(str::as_bytes) {
        return Some(u32::from(letter.to_ascii_lowercase()));
    }
    if let Some(&[digit]) = name.strip_prefix("Digit").map(str::as_bytes) {
        return Some(u32::from(digit));
    }
    if let Some(number) = name.strip_prefix('F').and_then(|it| it.parse::<u32>().ok()) {
        return Some(0xffbd + number);
    }
    if let Some(number) = name.strip_prefix("Numpad").and_then(|it| it.parse::<u32>().ok()) {
        return Some(0xffb0 + number);
    }
    Some(match code {
        Code::Space => 0x20,
        Code::Quote => 0x27,
        Code::Comma => 0x2c,
        Code::Minus => 0x2d,
        Code::Period => 0x2e,
        Code::Slash => 0x2f,
        Code::Semicolon => 0x3b,
        Code::Equal => 0x3d,
        Code::BracketLeft => 0x5b,
        Code::Backslash => 0x5c,
        Code::BracketRight => 0x5d,
        Code::Backquote => 0x60,
        Code::IntlYen => 0xa5,
        Code::Backspace => 0xff08,
        Code::Tab => 0xff09,
        Code::Enter => 0xff0d,
        Code::Pause => 0xff13,
        Code::ScrollLock => 0xff14,
        Code::Escape => 0xff1b,
        Code::NonConvert => 0xff22,
        Code::Convert => 0xff23,
        Code::Home => 0xff50,
        Code::ArrowLeft => 0xff51,
        Code::ArrowUp => 0xff52,
        Code::ArrowRight => 0xff53,
        Code::ArrowDown => 0xff54,
        Code::PageUp => 0xff55,
        Code::PageDown => 0xff56,
        Code::End => 0xff57,
        Code::PrintScreen => 0xff61,
        Code::Insert => 0xff63,
        Code::ContextMenu => 0xff67,
        Code::Help => 0xff6a,
        Code::NumLock => 0xff7f,
        Code::NumpadEnter => 0xff8d,
        Code::NumpadMultiply => 0xffaa,
        Code::NumpadAdd => 0xffab,
        Code::NumpadComma => 0xffac,
        Code::NumpadSubtract => 0xffad,
        Code::NumpadDecimal => 0xffae,
        Code::NumpadDivide => 0xffaf,
        Code::NumpadEqual => 0xffbd,
        Code::CapsLock => 0xffe5,
        Code::Delete => 0xffff,
        Code::AudioVolumeDown => 0x1008_ff11,
        Code::AudioVolumeMute => 0x1008_ff12,
        Code::AudioVolumeUp => 0x1008_ff13,
        Code::MediaPlay | Code::MediaPlayPause => 0x1008_ff14,
        Code::MediaStop => 0x1008_ff15,
        Code::MediaTrackPrevious => 0x1008_ff16,
        Code::MediaTrackNext => 0x1008_ff17,
        Code::MediaPause => 0x1008_ff31,
        _ => return None,
    })
}

/// The keys of the letters' block from left to right, by the name of the place of each.
const PLACES: [(&[u8; 4], Code); 48] = [
    (b"TLDE", Code::Backquote),
    (b"AE01", Code::Digit1),
    (b"AE02", Code::Digit2),
    (b"AE03", Code::Digit3),
    (b"AE04", Code::Digit4),
    (b"AE05", Code::Digit5),
    (b"AE06", Code::Digit6),
    (b"AE07", Code::Digit7),
    (b"AE08", Code::Digit8),
    (b"AE09", Code::Digit9),
    (b"AE10", Code::Digit0),
    (b"AE11", Code::Minus),
    (b"AE12", Code::Equal),
    (b"AD01", Code::KeyQ),
    (b"AD02", Code::KeyW),
    (b"AD03", Code::KeyE),
    (b"AD04", Code::KeyR),
    (b"AD05", Code::KeyT),
    (b"AD06", Code::KeyY),
    (b"AD07", Code::KeyU),
    (b"AD08", Code::KeyI),
    (b"AD09", Code::KeyO),
    (b"AD10", Code::KeyP),
    (b"AD11", Code::BracketLeft),
    (b"AD12", Code::BracketRight),
    (b"AC01", Code::KeyA),
    (b"AC02", Code::KeyS),
    (b"AC03", Code::KeyD),
    (b"AC04", Code::KeyF),
    (b"AC05", Code::KeyG),
    (b"AC06", Code::KeyH),
    (b"AC07", Code::KeyJ),
    (b"AC08", Code::KeyK),
    (b"AC09", Code::KeyL),
    (b"AC10", Code::Semicolon),
    (b"AC11", Code::Quote),
    (b"BKSL", Code::Backslash),
    (b"LSGT", Code::IntlBackslash),
    (b"AB01", Code::KeyZ),
    (b"AB02", Code::KeyX),
    (b"AB03", Code::KeyC),
    (b"AB04", Code::KeyV),
    (b"AB05", Code::KeyB),
    (b"AB06", Code::KeyN),
    (b"AB07", Code::KeyM),
    (b"AB08", Code::Comma),
    (b"AB09", Code::Period),
    (b"AB10", Code::Slash),
];

/// The name of the place where a key lies on the keyboards that chords are written for.
pub(super) fn place(code: Code) -> Option<[u8; 4]> {
    PLACES.iter().find(|(_, it)| *it == code).map(|(place, _)| **place)
}
