//! What the player asked to look at: `window:TITLE`, `monitor:N`, `images:PATH`, or nothing said.

use std::path::PathBuf;
use std::str::FromStr;

use crate::desktop::target::Query;

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A window, once there is one.
    Window(Query),
    /// Everything on a monitor, counted from zero.
    Monitor(usize),
    /// An image file or a folder of them, shown in a window of our own.
    Images(PathBuf),
}

/// A source that cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no source\nhelp: write window:TITLE, monitor:NUMBER (from 0) or images:PATH")]
pub struct NoSource(String);

impl FromStr for Source {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let wrong = || NoSource(text.to_owned());
        let (kind, what) = text.split_once(':').ok_or_else(wrong)?;
        match kind {
            _ if what.is_empty() => Err(wrong()),
            "window" => Ok(Self::Window(Query::Title(what.to_owned()))),
            "monitor" => what.parse().map(Self::Monitor).map_err(|_| wrong()),
            "images" => Ok(Self::Images(what.into())),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_or_refused_with_help() {
        assert_eq!("monitor:1".parse(), Ok(Source::Monitor(1)));
        assert_eq!("images:C:\\images".parse(), Ok(Source::Images("C:\\images".into())));
        assert_eq!("window:A: B".parse(), Ok(Source::Window(Query::Title("A: B".into()))));
        for wrong in ["", "window", "window:", "monitor:first", "screen:1"] {
            let error = wrong.parse::<Source>().unwrap_err();
            assert!(error.to_string().contains("help: write window:TITLE"), "{error}");
        }
    }
}
