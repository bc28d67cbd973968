//! One overlay for each data folder: the second finds out who was first, and leaves.
//!
//! A lock that the system takes back when the process ends, however it ends: nothing stale can be
//! left behind.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use lens_client::api::{PortFile, lock_path};
use lens_client::{Client, ClientError};

/// How often a lock that is held is tried again: programs that look for the overlay hold it for an
/// instant.
const TRIES: u32 = 3;
/// How long an overlay that is just starting may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is asked meanwhile.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The right to be the overlay of a data folder, until it is dropped.
#[derive(Debug)]
pub struct Instance {
    _lock: File,
}

/// What claiming came to.
#[derive(Debug)]
pub enum Claim {
    /// Nobody else runs.
    First(Instance),
    /// Another overlay does.
    Taken(Other),
}

/// The overlay that runs already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Other {
    /// Its process, when it can be told.
    pub pid: Option<u32>,
    /// Its port, when it listens.
    pub port: Option<u16>,
}

impl fmt::Display for Other {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("another overlay runs already")?;
        match (self.pid, self.port) {
            (Some(pid), Some(port)) => write!(formatter, " (process {pid}, http://127.0.0.1:{port})"),
            (Some(pid), None) => write!(formatter, " (process {pid}, its API is off)"),
            (None, Some(port)) => write!(formatter, " (http://127.0.0.1:{port})"),
            (None, None) => Ok(()),
        }
    }
}

/// Becomes the overlay of this data folder, or finds out who is.
///
/// # Errors
/// When the folder cannot be written to.
pub fn claim(data: &Path) -> io::Result<Claim> {
    let mut lock = lens_core::files::lock_file(&lock_path(data))?;
    let mut locked = lock.try_lock();
    for _ in 1..TRIES {
        if !matches!(locked, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        locked = lock.try_lock();
    }
    match locked {
        Ok(()) => {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "{}", std::process::id())?;
            lock.flush()?;
            // What a killed overlay had begun to write.
            lens_core::atomic::sweep(data);
            Ok(Claim::First(Instance { _lock: lock }))
        }
        Err(TryLockError::WouldBlock) => {
            // Windows lets nobody read a locked file; the port file then tells the process.
            let mut text = String::new();
            let read = lock.take(32).read_to_string(&mut text);
            let pid = read.ok().and_then(|_| text.trim().parse().ok());
            Ok(Claim::Taken(found(data, pid)))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn found(data: &Path, pid: Option<u32>) -> Other {
    let file = std::fs::read_to_string(PortFile::path(data)).ok();
    let file: Option<PortFile> = file.and_then(|text| serde_json::from_str(&text).ok());
    // One that crashed may have left a port file of its own.
    let file = file.filter(|file| pid.is_none_or(|pid| pid == file.pid));
    Other { pid: pid.or(file.as_ref().map(|file| file.pid)), port: file.map(|file| file.port) }
}

/// Passes a command on to the overlay that runs already, which may have only just started.
///
/// # Errors
/// When it does not listen.
pub fn hand_over(data: &Path, command: &str) -> Result<(), ClientError> {
    let start = Instant::now();
    loop {
        match Client::find_in(data).and_then(|other| other.command(command)) {
            Err(ClientError::NotRunning(_)) if start.elapsed() < START_TIMEOUT => {
                std::thread::sleep(RETRY_INTERVAL);
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_learns_who_is_first_and_the_third_takes_over() {
        let data = tempfile::tempdir().unwrap();
        let Claim::First(first) = claim(data.path()).unwrap() else { panic!("nobody else is there") };
        let stale = PortFile { format: 1, pid: 1, port: 9, version: "0".into() };
        std::fs::write(PortFile::path(data.path()), serde_json::to_string(&stale).unwrap()).unwrap();
        #[cfg(unix)]
        {
            let Claim::Taken(other) = claim(data.path()).unwrap() else { panic!("the first holds it") };
            assert_eq!(other, Other { pid: Some(std::process::id()), port: None }, "a crashed one's port");
            assert!(other.to_string().contains("its API is off"), "{other}");
        }
        let own = PortFile { pid: std::process::id(), ..stale };
        std::fs::write(PortFile::path(data.path()), serde_json::to_string(&own).unwrap()).unwrap();
        let Claim::Taken(other) = claim(data.path()).unwrap() else { panic!("the first holds it") };
        assert_eq!(other, Other { pid: Some(std::process::id()), port: Some(9) });
        drop(first);
        assert!(matches!(claim(data.path()).unwrap(), Claim::First(_)));
    }
}
