//! Figures as people write them, and text that is safe in a page.

/// Text between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A share in per cent: no more digits than `of` images can tell.
pub(super) fn percent(share: f64, of: Option<u64>) -> String {
    match of {
        Some(of) if of < 100 => format!("{:.0} %", 100.0 * share),
        _ => format!("{:.1} %", 100.0 * share),
    }
}

/// A number with as many digits as are worth reading.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if size < 0.001 {
        format!("{value:.1e}")
    } else if size < 1.0 {
        format!("{value:.3}")
    } else if size < 100.0 {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        whole(value.round() as i64)
    }
}

/// A whole number, its thousands apart.
pub(super) fn whole(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// Seconds, in the two largest units.
pub(crate) fn duration(seconds: f64) -> String {
    // What is below zero is none.
    let all = seconds.round() as u64;
    match (all / 3600, all / 60 % 60, all % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// RFC 4648.
pub(super) fn base64(bytes: &[u8]) -> String {
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
    fn figures_are_written_as_people_write_them() {
        assert_eq!((percent(0.964_2, Some(424)), percent(0.75, Some(12))), ("96.4 %".into(), "75 %".into()));
        let numbers = [0.0, 0.000_34, 0.0123, 1.5, 12.0, 1_234_567.0, -1234.0].map(number);
        assert_eq!(numbers, ["0", "3.4e-4", "0.012", "1.5", "12", "1,234,567", "-1,234"]);
        let durations = [-1.0, 8.2, 59.7, 75.0, 7322.0].map(duration);
        assert_eq!(durations, ["0 s", "8 s", "1 min 00 s", "1 min 15 s", "2 h 02 min"]);
    }
}
