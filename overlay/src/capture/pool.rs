//! Memory shared with the X server, used again once nobody holds the frame that was in it.
//!
//! The server writes an image straight into the memory that recognition reads: no copy, no
//! allocation in the steady state. System V segments, because every X server that has the MIT-SHM
//! extension takes them.
#![expect(unsafe_code, reason = "attaching shared memory and viewing it as bytes")]

use std::io;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;

use super::source::CaptureError;

/// Frames in flight at once: the one compared with, one in the mailbox, one being recognised, the
/// newest one that cards were followed to, one being written.
const USUAL_SEGMENTS: usize = 5;

/// One attached segment.
#[derive(Debug)]
pub struct Segment {
    address: NonNull<u8>,
    length: usize,
    id: shm::Seg,
}

// SAFETY: the memory belongs to the segment, not to a thread, and is only written while `Pool`
// holds the only handle.
unsafe impl Send for Segment {}
// SAFETY: as above; shared handles only read.
unsafe impl Sync for Segment {}

impl AsRef<[u8]> for Segment {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `length` bytes are mapped at `address` until `drop`. The server writes to them
        // only between `Pool::write` being called and its reply, while the pool holds the only
        // handle and nobody can read.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.length) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: `address` came from `shmat` and is detached only here.
        unsafe {
            libc::shmdt(self.address.as_ptr().cast());
        }
    }
}

impl Segment {
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one segment: made, mapped, introduced, marked")]
    fn attach(connection: &RustConnection, length: usize) -> Result<Self, CaptureError> {
        // SAFETY: plain system calls; every result is checked before it is used.
        unsafe {
            let key = libc::shmget(libc::IPC_PRIVATE, length, libc::IPC_CREAT | 0o600);
            if key < 0 {
                return Err(out_of_memory());
            }
            let address = libc::shmat(key, ptr::null(), 0);
            let result = if address as isize == -1 {
                Err(out_of_memory())
            } else {
                let address = NonNull::new_unchecked(address.cast::<u8>());
                introduce(connection, key).map(|id| Self { address, length, id }).inspect_err(|_| {
                    libc::shmdt(address.as_ptr().cast());
                })
            };
            // Marked only now, and gone once both sides have detached, even after a crash.
            libc::shmctl(key, libc::IPC_RMID, ptr::null_mut());
            result
        }
    }
}

/// Tells the server about the segment.
fn introduce(connection: &RustConnection, key: libc::c_int) -> Result<shm::Seg, CaptureError> {
    let wrong = |reason: String| {
        CaptureError::Unsupported(format!("the X server cannot share memory with this program ({reason})"))
    };
    let id =
        x11rb::connection::Connection::generate_id(connection).map_err(|error| wrong(error.to_string()))?;
    let attached = connection.shm_attach(id, key as u32, false).map_err(|error| wrong(error.to_string()))?;
    attached.check().map_err(|error| wrong(error.to_string()))?;
    Ok(id)
}

fn out_of_memory() -> CaptureError {
    CaptureError::Unsupported(format!("no shared memory ({})", io::Error::last_os_error()))
}

/// The segments of one source.
#[derive(Debug, Default)]
pub struct Pool {
    segments: Vec<Arc<Segment>>,
}

impl Pool {
    /// A segment of at least `length` bytes that nobody reads, filled by `write`, which is given
    /// the segment's id.
    ///
    /// # Errors
    /// When memory cannot be shared, or `write` fails.
    pub fn write(
        &mut self,
        connection: &RustConnection,
        length: usize,
        write: impl FnOnce(shm::Seg) -> Result<(), CaptureError>,
    ) -> Result<Arc<Segment>, CaptureError> {
        let free = |segment: &Arc<Segment>| Arc::strong_count(segment) == 1;
        let lengths: Vec<(usize, bool)> = self.segments.iter().map(|it| (it.length, free(it))).collect();
        let mut is_kept = kept(&lengths, length).into_iter();
        self.segments.retain(|segment| {
            let is_kept = is_kept.next().unwrap_or(true);
            if !is_kept {
                forget(connection, segment);
            }
            is_kept
        });
        let index = match self.segments.iter().position(free) {
            Some(index) => index,
            None => {
                self.segments.push(Arc::new(Segment::attach(connection, length)?));
                self.segments.len() - 1
            }
        };
        let segment = &self.segments[index];
        write(segment.id)?;
        Ok(Arc::clone(segment))
    }
}

/// Which segments are kept, each told by its length and whether nobody reads it. Those of another
/// size have served, for a window was resized; and free ones beyond the usual number, which it took
/// while captures were written.
fn kept(segments: &[(usize, bool)], length: usize) -> Vec<bool> {
    let mut number = 0;
    let mut is_kept = |&(own, is_free): &(usize, bool)| {
        let fits = own >= length && own <= length * 2;
        number += usize::from(fits);
        fits && (number <= USUAL_SEGMENTS || !is_free)
    };
    segments.iter().map(&mut is_kept).collect()
}

/// The server lets go of the segment; readers keep it until they are done.
fn forget(connection: &RustConnection, segment: &Segment) {
    // A server that is gone has let go already.
    let _ = connection.shm_detach(segment.id);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_another_size_and_idle_ones_beyond_the_usual_number_are_let_go() {
        let lengths = [(100, true), (99, true), (200, false), (201, false)];
        assert_eq!(kept(&lengths, 100), [true, false, true, false]);
        let (idle, read) = ((100, true), (100, false));
        assert_eq!(kept(&[idle; 5], 100), [true; 5]);
        let many = [idle, idle, read, idle, idle, idle, read, idle];
        assert_eq!(kept(&many, 100), [true, true, true, true, true, false, true, false]);
    }
}
