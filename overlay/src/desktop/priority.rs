//! Who goes first on the processors: the game, before what the overlay computes all the time.
//!
//! What a player asks for does not wait behind other programs: the window, its keys and its
//! commands keep the usual priority. They take little, and a machine that is busy with other things
//! than the game would leave them nothing at all.

use std::sync::atomic::{AtomicBool, Ordering};

/// Level of `nice`: where both want the same processor, the game gets all but a thirtieth of it. At
/// 10, twice as many of its images were lost.
#[cfg(unix)]
const NICE_LEVEL: i32 = 15;

/// How the threads are named with which Mesa draws where no graphics card does.
pub const SOFTWARE_DRAWING: &str = "llvmpipe";

/// Whether this is the program that runs over a game: nothing else has anybody to give way to.
static RUNS_OVER_GAME: AtomicBool = AtomicBool::new(false);

/// Says that this program runs over a game. Where the system refuses a priority, only the budget
/// holds.
pub fn run_over_game() {
    RUNS_OVER_GAME.store(true, Ordering::Relaxed);
    #[cfg(windows)]
    answer_soon();
}

/// Lets the game go first: this thread and all that it starts from now on compute on what the game
/// leaves. Only Linux tells threads apart here; elsewhere the program as a whole gives way.
#[cfg(unix)]
pub fn give_way() {
    if RUNS_OVER_GAME.load(Ordering::Relaxed) {
        let _ = rustix::process::nice(NICE_LEVEL);
    }
}

/// On Windows the program as a whole gives way, see [`run_over_game`].
#[cfg(windows)]
pub fn give_way() {}

/// Has the main thread answer soon though the program gives way: threads do not take the priority
/// over from one another here, and ONNX Runtime starts some of its own.
#[cfg(windows)]
#[expect(unsafe_code, reason = "no crate of ours wraps the calls")]
fn answer_soon() {
    use windows::Win32::System::Threading::{
        BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, GetCurrentThread, SetPriorityClass,
        SetThreadPriority, THREAD_PRIORITY_HIGHEST,
    };

    // SAFETY: the handle means the process that asks.
    let _ = unsafe { SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) };
    // The highest of this class is what threads of other programs usually have.
    // SAFETY: the handle means the thread that asks.
    let _ = unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST) };
}

/// Lets the game go before the threads whose names begin so: those that libraries have started.
#[cfg(target_os = "linux")]
pub fn threads_give_way(named: &str) {
    if RUNS_OVER_GAME.load(Ordering::Relaxed) {
        lower(named);
    }
}

#[cfg(target_os = "linux")]
fn lower(named: &str) {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for task in tasks {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let number = task.file_name().to_string_lossy().parse().ok().and_then(rustix::process::Pid::from_raw);
        if name.starts_with(named) {
            let _ = rustix::process::setpriority_process(number, NICE_LEVEL);
        }
    }
}

/// Elsewhere threads are not told apart: see [`give_way`].
#[cfg(not(target_os = "linux"))]
pub fn threads_give_way(_named: &str) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc::sync_channel;

    use crate::messages::worker;

    use super::*;

    #[test]
    fn threads_of_a_name_give_way_and_no_others() {
        let level = || rustix::process::getpriority_process(None).unwrap();
        let own = level();
        let (ask, asked) = sync_channel::<()>(0);
        let (say, said) = sync_channel(0);
        let library = worker::spawn("slow library", move || {
            for () in asked {
                say.send(level()).unwrap();
            }
        })
        .unwrap();
        let theirs = || {
            ask.send(()).unwrap();
            said.recv().unwrap()
        };
        assert_eq!(theirs(), own);
        lower("slow lib");
        assert_eq!(theirs(), NICE_LEVEL);
        drop(ask);
        library.join().unwrap();
        assert_eq!(level(), own, "the thread that asks goes on as before");
    }
}
