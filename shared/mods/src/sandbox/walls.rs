//! What the operating system takes from the process that runs a mod, before it reads a byte of it.
//!
//! | | Linux | macOS | Windows |
//! |---|---|---|---|
//! | memory, time | `setrlimit` | `setrlimit` | job object |
//! | opening, writing | no descriptors, no call | no descriptors | none of the system's |
//! | programs, network | no call | no descriptors | one process |
//!
//! What the system leaves open on Windows and macOS, the interpreter has no function for. Where a
//! wall cannot be raised no mod is run. Absent: the interpreter, which would hold most of this by
//! itself.

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

#[cfg(windows)]
mod job;
#[cfg(target_os = "linux")]
mod system_calls;

/// Of address space. Real mods need below 100 MB.
const MEMORY: u64 = 1 << 30;
/// Of processor time, in seconds. Real mods need below one.
const SECONDS: u64 = 4;
/// How a child ends whose way out was open.
pub(super) const OPEN: i32 = 77;

/// Why a wall could not be raised.
#[derive(Debug, thiserror::Error)]
pub(super) enum WallError {
    #[cfg(unix)]
    #[error("the system sets no limit ({resource:?}): {error}")]
    Limit { resource: rustix::process::Resource, error: rustix::io::Errno },
    #[cfg(target_os = "linux")]
    #[error("system calls cannot be kept out: {0}")]
    SystemCalls(#[from] seccompiler::Error),
    #[cfg(windows)]
    #[error("Windows holds no job for it: {0}")]
    Job(#[from] windows::core::Error),
}

/// Raises all walls around this process, for good.
#[cfg(unix)]
pub(super) fn raise() -> Result<(), WallError> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let limits = [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Cpu, SECONDS),
        (Resource::As, MEMORY),
        (Resource::Nproc, 0),
        // What is open stays open: the two pipes.
        (Resource::Nofile, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| WallError::Limit { resource, error })?;
    }
    #[cfg(target_os = "linux")]
    system_calls::allow_few()?;
    Ok(())
}

/// Raises all walls around this process, for good.
#[cfg(windows)]
pub(super) fn raise() -> Result<(), WallError> {
    Ok(job::enclose(MEMORY, SECONDS)?)
}

/// Tries one way out behind the walls, harmlessly, and says by the exit code whether it was open.
pub(super) fn attempt(way: &str) -> i32 {
    // Made before: with no walls this must succeed, or the test would show nothing.
    let ours = std::env::current_exe().unwrap_or_default();
    let note = std::env::temp_dir().join(format!("mods-way-out-{}", std::process::id()));
    let raised = if way.starts_with("free ") { Ok(()) } else { raise() };
    if raised.is_err() {
        return 1;
    }
    let went: io::Result<()> = match way.trim_start_matches("free ") {
        "read a file" => fs::File::open(&ours).map(drop),
        "list a folder" => fs::read_dir(std::env::temp_dir()).map(drop),
        "write a file" => fs::File::create(&note).and_then(|mut it| it.write_all(b"here")),
        "start a program" => Command::new(&ours).arg(super::TRY_WALLS).status().map(drop),
        "open a connection" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        "take memory" => take_memory(),
        _ => Err(io::Error::other("no such way")),
    };
    let _ = fs::remove_file(&note);
    if went.is_ok() { OPEN } else { 0 }
}

/// A little more than is allowed, in pieces, none of it touched.
fn take_memory() -> io::Result<()> {
    let piece = |_| {
        let mut piece: Vec<u8> = Vec::new();
        piece.try_reserve_exact(1 << 27).map_err(io::Error::other).map(|()| piece)
    };
    // All of them are held at once.
    (0..=(MEMORY >> 27)).map(piece).collect::<io::Result<Vec<_>>>().map(drop)
}
