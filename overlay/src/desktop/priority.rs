//! Who goes first on the processors: the game, before the overlay.

/// Level of `nice`: where both want the same processor, the game gets all but a thirtieth of it. At
/// 10, twice as many of its pictures were lost.
#[cfg(unix)]
const NICE_LEVEL: i32 = 15;

/// Lets the game go first: this thread and all that it starts from now on, other programs included,
/// compute on what the game leaves. Where the system refuses, only the budget holds.
#[cfg(unix)]
pub fn give_way() {
    let _ = rustix::process::nice(NICE_LEVEL);
}

/// Lets the game go first: this program computes on what the game leaves. Where the system refuses,
/// only the budget holds.
#[cfg(windows)]
#[expect(unsafe_code, reason = "no crate of ours wraps the call")]
pub fn give_way() {
    use windows::Win32::System::Threading::{
        BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, SetPriorityClass,
    };

    // SAFETY: the handle means the process that asks.
    let _ = unsafe { SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) };
}
