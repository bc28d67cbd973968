//! Who goes first on the processors: the network, before what prepares pictures for it.

/// Lets the calling thread, and those that it starts, compute only while a processor has nothing else to do: between the
/// operations of a network, a part of them always idles.
///
/// Without it, a thread of the network that is woken for a short operation waits for its turn behind a thread that
/// composes, and all the others wait for that one. Does nothing on other systems than Linux.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        #[expect(unsafe_code, reason = "no crate of ours wraps the call")]
        // SAFETY: the parameters live during the call, and zeros are valid ones; 0 is the calling thread.
        // Where it is refused, training is slower, nothing else.
        unsafe {
            libc::sched_setscheduler(0, libc::SCHED_IDLE, &std::mem::zeroed());
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn one_thread_gives_way_and_the_others_do_not() {
        // The policy is the 41st field of `stat`, the 39th after the name.
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let after_name = stat.rsplit_once(')').unwrap().1;
            after_name.split_whitespace().nth(38).unwrap().parse::<i32>().unwrap()
        };
        let before = policy();
        let other = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                give_way();
                policy()
            });
            thread.join().unwrap()
        });
        assert_eq!(other, libc::SCHED_IDLE);
        assert_eq!(policy(), before);
    }
}
