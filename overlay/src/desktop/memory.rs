//! Memory that was used for a moment: what the C library keeps, and code that ran once.

/// Gives it back to the system.
///
/// What opening a model took lies in pieces between others that stay: glibc keeps those until it is
/// asked. Most of the code that a start runs, a driver's compiler above all, is not needed again;
/// what is comes back from its file.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate of ours wraps the calls")]
pub fn give_back() {
    // SAFETY: it may be called at any time and from any thread.
    let _ = unsafe { libc::malloc_trim(0) };
    // A system that does not say what is mapped keeps it.
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let mut code = untouched_code(&maps);
    // SAFETY: `let_go` is called before this returns, each time with what it expects.
    unsafe { libc::dl_iterate_phdr(Some(let_go), (&raw mut code).cast()) };
}

/// Lets go of the code of one library, when it is among the addresses and lengths in `code`.
///
/// # Safety
/// Only for `dl_iterate_phdr`, with a `Vec<(usize, usize)>` as its data.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "as above")]
unsafe extern "C" fn let_go(
    library: *mut libc::dl_phdr_info,
    _: libc::size_t,
    code: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: glibc gives a whole entry.
    let library = unsafe { &*library };
    // SAFETY: the data are what they were.
    let code = unsafe { &*code.cast::<Vec<(usize, usize)>>() };
    // SAFETY: as many headers as the entry says.
    let parts = unsafe { std::slice::from_raw_parts(library.dlpi_phdr, library.dlpi_phnum.into()) };
    for part in parts.iter().filter(|part| part.p_type == libc::PT_LOAD) {
        let from = library.dlpi_addr as usize + part.p_vaddr as usize;
        // Of whole pages, while the part is as long as it is.
        let holds = |(start, length): &&(usize, usize)| (*start..start + length).contains(&from);
        if let Some(&(start, length)) = code.iter().find(holds) {
            // SAFETY: glibc closes no library while it goes through them, these pages are as they
            // are in its file, and nobody may write to them: the next use reads the same from
            // there.
            let _ = unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
        }
    }
    0
}

/// Only glibc has such calls.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

/// Address and length of the mappings of files that are run, not written, and have no page of
/// their own: no debugger or relocation has changed them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn untouched_code(maps: &str) -> Vec<(usize, usize)> {
    let (mut found, mut current) = (Vec::new(), None);
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else { continue };
        if let Some((from, to)) = first.split_once('-') {
            let [from, to] = [from, to].map(|address| usize::from_str_radix(address, 16).ok());
            let is_code = second == "r-xp" && words.nth(3).is_some_and(|path| path.starts_with('/'));
            current = from.zip(to).filter(|_| is_code).map(|(from, to)| (from, to.saturating_sub(from)));
        } else if first == "Anonymous:" && second == "0" {
            found.extend(current.take());
        }
    }
    found
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// Pages of this process that are resident, and those of them that are of files.
    fn resident() -> [usize; 2] {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages = |at: usize| statm.split(' ').nth(at).unwrap().parse().unwrap();
        [pages(1), pages(2)]
    }

    #[test]
    fn what_lies_between_pieces_that_stay_goes_back_to_the_system() {
        // 40 MB in pieces of 16 kB, of which every hundredth stays.
        let pieces: Vec<Vec<u8>> = (0..=u8::MAX).cycle().take(2500).map(|at| vec![at; 16 * 1024]).collect();
        let kept: Vec<Vec<u8>> = pieces.into_iter().step_by(100).collect();
        let own = || resident()[0] - resident()[1];
        let before = own();
        give_back();
        let freed = before.saturating_sub(own());
        assert!(freed > 5_000 && kept.len() == 25, "{freed} pages");
    }

    #[test]
    fn code_that_ran_once_goes_back_and_runs_again() {
        let run = || crate::settings::Settings::default();
        let once = run();
        let before = resident()[1];
        give_back();
        let freed = before.saturating_sub(resident()[1]);
        assert!(freed > 200, "{freed} pages");
        assert_eq!(run(), once);
    }

    #[test]
    fn only_code_of_files_that_nobody_changed_is_let_go_of() {
        let maps = "\
7f00-8f00 r--p 00000000 fd:01 1 /lib/a.so
Anonymous:             0 kB
1000-3000 r-xp 00000000 fd:01 1 /lib/a name.so
Rss:                   8 kB
Anonymous:             0 kB
4000-5000 r-xp 00000000 fd:01 2 /lib/changed.so
Anonymous:             4 kB
6000-7000 r-xp 00000000 00:00 0
Anonymous:             0 kB
8000-9000 rwxp 00000000 fd:01 3 /lib/written.so
Anonymous:             0 kB
a000-b000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
";
        assert_eq!(untouched_code(maps), [(0x1000, 0x2000)]);
        assert_eq!(untouched_code("nonsense-x r-xp 0 0 0 /a\nAnonymous: 0 kB"), []);
    }
}
