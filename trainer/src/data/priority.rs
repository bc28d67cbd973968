//! Who goes first on the processors: the network, before what prepares images for it.

/// Lets the calling thread, and those that it starts, compute only while a processor has nothing
/// else to do: between the operations of a network, a part of them always idles.
///
/// Without it, a thread of the network that is woken for a short operation waits for its turn
/// behind a thread that composes, and all the others wait for that one. Does nothing on other
/// systems than Linux.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };

        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        // Where it is refused, training is slower, nothing else.
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use thread_priority::{NormalThreadSchedulePolicy, ThreadSchedulePolicy};

    use super::*;

    #[test]
    fn one_thread_gives_way_and_the_others_do_not() {
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        let before = policy();
        let other = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                give_way();
                policy()
            });
            thread.join().unwrap()
        });
        assert_eq!(other, ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle));
        assert_eq!(policy(), before);
    }
}
