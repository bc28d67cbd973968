//! Memory that was used for a moment and that the C library keeps.

/// Gives it back to the system. What opening a model took lies in pieces between others that stay:
/// glibc keeps those until it is asked.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate of ours wraps the call")]
pub fn give_back() {
    // SAFETY: it may be called at any time and from any thread.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Only glibc has such a call.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// Resident pages of this process.
    fn resident() -> usize {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn what_lies_between_pieces_that_stay_goes_back_to_the_system() {
        // 40 MB in pieces of 16 kB, of which every hundredth stays.
        let pieces: Vec<Vec<u8>> = (0..=u8::MAX).cycle().take(2500).map(|at| vec![at; 16 * 1024]).collect();
        let kept: Vec<Vec<u8>> = pieces.into_iter().step_by(100).collect();
        let before = resident();
        give_back();
        let freed = before.saturating_sub(resident());
        assert!(freed > 5_000 && kept.len() == 25, "{freed} pages");
    }
}
