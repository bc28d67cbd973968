//! The file that a player attaches to a bug report: findings, settings, crash reports. No personal
//! paths, no images, no token.

use std::io::{self, Cursor, Write as _};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::finding::Finding;
use crate::diagnostics::panic_hook;
use crate::diagnostics::redact::{self, Redactor};

/// Longest file that is taken along.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Settings, whatever their file is called.
const SETTINGS: &str = "overlay.toml";

/// Packs a report; `redactor` goes over every text.
///
/// # Errors
/// When a file that is there cannot be read.
pub fn pack(
    findings: &[Finding],
    data: &Path,
    settings: Option<&Path>,
    redactor: &Redactor,
) -> io::Result<Vec<u8>> {
    let mut files = vec![("doctor.txt".to_owned(), text(findings))];
    if let Some(path) = settings {
        files.push((SETTINGS.to_owned(), redact::settings(&read(path)?)));
    }
    for path in panic_hook::reports(&panic_hook::folder(data)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, read(&path)?));
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, SimpleFileOptions::default()).map_err(io::Error::other)?;
        zip.write_all(redactor.clean(&text).as_bytes())?;
    }
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

/// What a packed report holds: name and length of each file, for whoever sends it on.
///
/// # Errors
/// When it is no report.
pub fn contents(packed: &[u8]) -> io::Result<Vec<(String, u64)>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(packed)).map_err(io::Error::other)?;
    (0..zip.len())
        .map(|index| {
            let file = zip.by_index(index).map_err(io::Error::other)?;
            Ok((file.name().map_err(io::Error::other)?.into_owned(), file.size()))
        })
        .collect()
}

/// The findings as they are printed.
pub fn text(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(std::fs::File::open(path)?, MAX_FILE_BYTES), &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_report_holds_what_helps_and_nobody_s_name() {
        let data = tempfile::tempdir().unwrap();
        let home = data.path().to_string_lossy().into_owned();
        std::fs::create_dir(data.path().join("reports")).unwrap();
        std::fs::write(data.path().join("reports/crash-1.txt"), format!("at {home}/src/x.rs by jimbo"))
            .unwrap();
        let settings = data.path().join("mine.toml");
        std::fs::write(&settings, "models = \"~\"").unwrap();
        std::fs::write(data.path().join("api-token"), "secret").unwrap();
        let findings = [Finding::good("data", &home)];
        let redactor = Redactor::new(std::slice::from_ref(&home), &["jimbo".into()]);
        let packed = pack(&findings, data.path(), Some(&settings), &redactor).unwrap();
        let told: Vec<String> = contents(&packed).unwrap().into_iter().map(|(name, _)| name).collect();
        let mut zip = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let mut all = String::new();
        let mut names: Vec<String> = Vec::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            names.push(file.name().unwrap().into_owned());
            file.read_to_string(&mut all).unwrap();
        }
        assert_eq!(names, ["doctor.txt", SETTINGS, "crash-1.txt"]);
        assert_eq!(told, names);
        assert!(all.contains("at ~/src/x.rs by <user>"), "{all}");
        assert!(!all.contains(&home) && !all.contains("jimbo") && !all.contains("secret"), "{all}");
    }
}
