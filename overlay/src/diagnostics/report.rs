//! A report of one moment: the very frame, what was seen on it, and the state of the overlay. A
//! player packs it when a card has a wrong name, and reads it before sending it on.
//!
//! No personal paths; the image is that of the game's window, and nothing else of the screen.

use std::io::{self, Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use image::{ImageFormat, RgbaImage};
use lens_client::api::Cards;
use tracking::frame::Frame;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::diagnostics::redact::{self, Redactor};

/// Reports that are kept; older ones are removed.
const MAX_REPORTS: usize = 20;

/// One moment.
#[derive(Debug)]
pub struct Moment {
    /// The frame that was recognised last.
    pub frame: Option<Frame>,
    /// What was seen on it, with the likeliest names.
    pub cards: Cards,
    /// Lines of name and value.
    pub state: Vec<(&'static str, String)>,
    /// The settings file.
    pub settings: Option<PathBuf>,
}

/// Packs a moment.
///
/// # Errors
/// When the frame cannot be written as an image.
pub fn pack(moment: &Moment, redactor: &Redactor) -> io::Result<Vec<u8>> {
    let lines = moment.state.iter().map(|(name, value)| format!("{name}: {value}\n"));
    let mut texts = vec![("state.txt", lines.collect::<String>())];
    texts.push(("cards.json", serde_json::to_string_pretty(&moment.cards).map_err(io::Error::other)?));
    let settings = moment.settings.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    texts.extend(settings.map(|text| ("overlay.toml", redact::settings(&text))));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, text) in texts {
        zip.start_file(name, options).map_err(io::Error::other)?;
        zip.write_all(redactor.clean(&text).as_bytes())?;
    }
    if let Some(frame) = &moment.frame {
        zip.start_file("frame.png", options).map_err(io::Error::other)?;
        zip.write_all(&png(frame)?)?;
    }
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

/// Packs a moment into a new file of the folder; returns which.
///
/// # Errors
/// When it cannot be written.
pub fn write(moment: &Moment, folder: &Path, redactor: &Redactor) -> io::Result<PathBuf> {
    lens_core::files::private_folder(folder)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let path = folder.join(format!("report-{now}.zip"));
    lens_core::atomic::write(&path, &pack(moment, redactor)?)?;
    let all = reports(folder);
    for old in &all[..all.len().saturating_sub(MAX_REPORTS)] {
        std::fs::remove_file(old)?;
    }
    Ok(path)
}

/// The reports of a folder, the oldest first.
pub fn reports(folder: &Path) -> Vec<PathBuf> {
    let is_report = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Whoever gives one another name wants to keep it.
        let number = name.strip_prefix("report-").and_then(|it| it.strip_suffix(".zip"));
        number.is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_report).collect();
    all.sort();
    all
}

fn png(frame: &Frame) -> io::Result<Vec<u8>> {
    let pixels = frame.pixels();
    let picture = RgbaImage::from_fn(frame.width, frame.height, |x, y| {
        let [red, green, blue] = pixels.rgb(x, y);
        image::Rgba([red, green, blue, 255])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Arc;
    use std::time::Instant;

    use lens_core::pixels::ChannelOrder;

    use super::*;

    #[test]
    fn a_report_holds_the_very_frame_and_nobody_s_name() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_string_lossy().into_owned();
        let settings = folder.path().join("overlay.toml");
        let text =
            format!("[recognition]\nmodel = '{home}/mine'\n[api]\norigins = [\"http://jimbo.example\"]\n");
        std::fs::write(&settings, text).unwrap();
        let bytes = Arc::new(vec![10, 20, 30, 0, 40, 50, 60, 0]);
        let frame = Frame::new(3, Instant::now(), 2, 1, ChannelOrder::Bgrx, bytes).unwrap();
        let moment = Moment {
            frame: Some(frame),
            cards: Cards { sequence: 7, ..Cards::default() },
            state: vec![("data", home.clone())],
            settings: Some(settings),
        };
        let redactor = Redactor::new(std::slice::from_ref(&home), &["jimbo".into()]);
        let reports_of = folder.path().join("reports");
        std::fs::create_dir(&reports_of).unwrap();
        std::fs::write(reports_of.join("report-of-mine.zip"), "mine").unwrap();
        let path = write(&moment, &reports_of, &redactor).unwrap();
        assert_eq!(reports(&reports_of), [path.as_path()]);
        let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let mut read = |name: &str| {
            let mut bytes = Vec::new();
            zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        let picture = image::load_from_memory(&read("frame.png")).unwrap().into_rgba8();
        assert_eq!(picture.as_raw(), &[30, 20, 10, 255, 60, 50, 40, 255]);
        let texts =
            ["state.txt", "cards.json", "overlay.toml"].map(|name| String::from_utf8(read(name)).unwrap());
        assert!(texts[1].contains("\"sequence\": 7"), "{texts:?}");
        let all = texts.concat();
        assert!(all.contains("data: ~") && all.contains("model = \"mine\""), "{all}");
        assert!(!all.contains("jimbo") && !all.contains(&home), "{all}");
    }
}
