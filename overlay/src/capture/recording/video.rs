//! A video as a folder of images, by `ffmpeg`, which reads every format that there is.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Of videos, in lower case.
const EXTENSIONS: [&str; 6] = ["mp4", "mkv", "webm", "mov", "avi", "m4v"];

/// Why a video cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// There is no ffmpeg.
    #[error(
        "reading {video} needs ffmpeg, which is not installed\nhelp: apt-get install ffmpeg, dnf install ffmpeg, \
         brew install ffmpeg, or winget install ffmpeg"
    )]
    NoFfmpeg {
        /// Its file.
        video: PathBuf,
    },
    /// ffmpeg cannot make images of it.
    #[error("ffmpeg cannot read {video}: {reason}")]
    Unreadable {
        /// Its file.
        video: PathBuf,
        /// The last words of ffmpeg.
        reason: String,
    },
    /// There is no room for the images, or ffmpeg cannot be started.
    #[error("cannot make frames of {video}: {source}")]
    Failed {
        /// Its file.
        video: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Whether a path is that of a video.
pub fn is_video(path: &Path) -> bool {
    let end = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    path.is_file() && EXTENSIONS.iter().any(|video| end.eq_ignore_ascii_case(video))
}

/// Writes the images of a video into a folder that goes when it is dropped: `fps` a second, by
/// the program `ffmpeg`.
///
/// # Errors
/// When there is no ffmpeg, or it cannot read the video.
pub fn unpack(video: &Path, fps: f32, ffmpeg: &Path) -> Result<tempfile::TempDir, VideoError> {
    let failed = |source| VideoError::Failed { video: video.into(), source };
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut command = Command::new(ffmpeg);
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-i"]).arg(video);
    command.args(["-vf", &format!("fps={fps}")]).arg(folder.path().join("%06d.png"));
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(VideoError::NoFfmpeg { video: video.into() });
        }
        Err(error) => return Err(failed(error)),
    };
    let is_empty = || std::fs::read_dir(folder.path()).map_or(true, |mut entries| entries.next().is_none());
    if !output.status.success() || is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().last().unwrap_or("it has no frames").to_owned();
        return Err(VideoError::Unreadable { video: video.into(), reason });
    }
    Ok(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A program in the place of ffmpeg.
    fn stand_in(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("ffmpeg");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn pictures_are_made_and_faults_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let video = folder.path().join("game.MP4");
        assert!(!is_video(&video), "there is none");
        std::fs::write(&video, b"a video").unwrap();
        assert!(is_video(&video) && !is_video(folder.path()));
        // The last argument is the pattern of the images, the one after -vf the rate.
        let script = r#"for last; do :; done; test "$8" = "fps=12.5" && touch "$(printf "$last" 1)""#;
        let made = unpack(&video, 12.5, &stand_in(folder.path(), script)).unwrap();
        assert!(made.path().join("000001.png").is_file());
        let broken = stand_in(folder.path(), "echo moov atom not found >&2; exit 1");
        let error = unpack(&video, 15.0, &broken).unwrap_err().to_string();
        assert!(error.contains("game.MP4") && error.ends_with("moov atom not found"), "{error}");
        let empty = unpack(&video, 15.0, &stand_in(folder.path(), "exit 0")).unwrap_err().to_string();
        assert!(empty.ends_with("it has no frames"), "{empty}");
        let none = unpack(&video, 15.0, &folder.path().join("nothing")).unwrap_err().to_string();
        assert!(none.contains("not installed") && none.contains("help:"), "{none}");
    }
}
