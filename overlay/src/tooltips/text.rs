//! A line of the game's texts, with its marks for colour and its open numbers, as coloured pieces.

use marks::scene::colour::{self, Colour};
use marks::scene::label::{Piece, SENTENCE};

/// Stands for a number that only the running game knows.
const OPEN: &str = "…";

/// The pieces of a line as in `{C:mult}+#1#{} Mult`; `number` stands for `#1#`.
pub(super) fn pieces(line: &str, number: Option<f64>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut colour = PLAIN;
    let mut rest = line;
    while !rest.is_empty() {
        let (text, mark, after) = match rest.split_once('{') {
            Some((text, marked)) => match marked.split_once('}') {
                Some((mark, after)) => (text, Some(mark), after),
                // An opened mark that is never closed is text.
                None => (rest, None, ""),
            },
            None => (rest, None, ""),
        };
        if !text.is_empty() {
            pieces.push((filled(text, number), SENTENCE, colour));
        }
        if let Some(mark) = mark {
            colour = marked(mark);
        }
        rest = after;
    }
    pieces
}

const PLAIN: Colour = colour::TEXT;

/// The colour of a mark: `C:mult,s:1.1`, `X:mult,C:white`, empty for none.
fn marked(mark: &str) -> Colour {
    let value = |key: &str| mark.split(',').find_map(|part| part.trim().strip_prefix(key));
    let name = value("X:").or_else(|| value("C:")).unwrap_or_default();
    Colour::hex(match name {
        "attention" | "money" | "gold" | "important" => 0xff_b347,
        "mult" | "red" | "hearts" | "xmult" => 0xff_7a70,
        "chips" | "blue" | "spades" => 0x6f_b7ff,
        "green" | "clubs" | "chance" => 0x7f_e0b0,
        "tarot" | "purple" => 0xc0_8cff,
        "planet" => 0x2f_dcc4,
        "spectral" => 0x9a_aaff,
        "inactive" => return colour::FAINT,
        "diamonds" => 0xff_b35c,
        _ => return PLAIN,
    })
}

/// The text with its open numbers filled in as far as they are known.
fn filled(text: &str, number: Option<f64>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 1 + digits;
        filled.push_str(&rest[..at]);
        if digits > 0 && rest[end..].starts_with('#') {
            match number {
                Some(number) => filled.push_str(&number.to_string()),
                None => filled.push_str(OPEN),
            }
            rest = &rest[end + 1..];
        } else {
            filled.push('#');
            rest = &rest[at + 1..];
        }
    }
    filled.push_str(rest);
    filled
}
