//! How much of a processor core looking and recognising may take, and how long to wait so that it stays below.
//!
//! A bucket of processor time: it fills at the allowed rate, each look takes out what it cost, and while it is empty
//! nobody looks. It holds a short burst, so that a card that appears on a quiet table is named at once. Pure but for
//! the clocks at the end: time is an argument.

use std::time::Duration;

/// Processor time that can be saved up for a burst.
const BURST: Duration = Duration::from_millis(250);
/// However dear a look is, there is one after this time.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// A bucket of processor time.
#[derive(Clone, Debug)]
pub struct Budget {
    share: f64,
    saved: f64,
    filled_at: Duration,
}

impl Budget {
    /// Allows this share of one core; more than 1.0 is more than one core.
    pub fn new(share: f32) -> Self {
        Self { share: f64::from(share.max(0.01)), saved: BURST.as_secs_f64(), filled_at: Duration::ZERO }
    }

    /// Allows another share from now on.
    pub fn allow(&mut self, share: f32) {
        self.share = f64::from(share.max(0.01));
    }

    /// Takes out what something cost.
    pub fn spend(&mut self, cost: Duration) {
        self.saved -= cost.as_secs_f64();
    }

    /// How long to wait at `now` before the next look.
    pub fn wait(&mut self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now.max(self.filled_at);
        self.saved = (self.saved + passed * self.share).min(BURST.as_secs_f64());
        // What a single dear look has overdrawn is not held against it for ever.
        self.saved = self.saved.max(-LONGEST_WAIT.as_secs_f64() * self.share);
        Duration::from_secs_f64((-self.saved / self.share).max(0.0))
    }
}

/// Level of `nice`: where both want the same processor, the game gets nine tenths of it.
#[cfg(unix)]
const LESS: i32 = 10;

/// Lets the game go first: this thread and all that it starts from now on, other programs included, compute on what the
/// game leaves. Where the system refuses, only the budget holds.
#[cfg(unix)]
pub fn give_way() {
    let _ = rustix::process::nice(LESS);
}

/// Processor time that this thread has used.
#[cfg(unix)]
pub fn of_thread() -> Duration {
    clock(rustix::time::ClockId::ThreadCPUTime)
}

/// Processor time that all threads of this process have used.
#[cfg(unix)]
pub fn of_process() -> Duration {
    clock(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn clock(id: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(id)).unwrap_or_default()
}

#[cfg(windows)]
pub use of_windows::{give_way, of_process, of_thread};

#[cfg(windows)]
mod of_windows {
    #![expect(unsafe_code, reason = "the system is asked through its own functions")]

    use std::time::Duration;

    use windows::Win32::Foundation::FILETIME;
    use windows::Win32::System::Threading::{
        BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, GetCurrentThread, GetProcessTimes, GetThreadTimes,
        SetPriorityClass,
    };

    /// Lets the game go first: this program computes on what the game leaves. Where the system refuses, only the budget
    /// holds.
    pub fn give_way() {
        // SAFETY: the handle means the process that asks.
        let _ = unsafe { SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) };
    }

    /// Processor time that this thread has used; counted in ticks of some 16 ms.
    pub fn of_thread() -> Duration {
        let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
        // SAFETY: the handle means the thread that asks, and all four outlive the call.
        let read = unsafe {
            GetThreadTimes(
                GetCurrentThread(),
                &raw mut created,
                &raw mut ended,
                &raw mut kernel,
                &raw mut user,
            )
        };
        read.map_or(Duration::ZERO, |()| duration(kernel) + duration(user))
    }

    /// Processor time that all threads of this process have used.
    pub fn of_process() -> Duration {
        let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
        // SAFETY: the handle means the process that asks, and all four outlive the call.
        let read = unsafe {
            GetProcessTimes(
                GetCurrentProcess(),
                &raw mut created,
                &raw mut ended,
                &raw mut kernel,
                &raw mut user,
            )
        };
        read.map_or(Duration::ZERO, |()| duration(kernel) + duration(user))
    }

    /// The system counts in steps of 100 ns.
    fn duration(time: FILETIME) -> Duration {
        Duration::from_nanos(((u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)) * 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks that cost `cost` each and are wanted 30 times a second, for a minute; answers the share of a core they
    /// took, and the longest pause.
    fn minute(share: f32, cost: Duration) -> (f64, Duration) {
        let mut budget = Budget::new(share);
        let (mut now, mut spent, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        while now < Duration::from_secs(60) {
            let wait = budget.wait(now).max(Duration::from_millis(33));
            longest = longest.max(wait);
            now += wait;
            budget.spend(cost);
            spent += cost;
        }
        (spent.as_secs_f64() / 60.0, longest)
    }

    #[test]
    fn dear_looks_become_rare_and_cheap_ones_are_not_held_back() {
        let (taken, _) = minute(0.3, Duration::from_millis(25));
        assert!((0.28..0.31).contains(&taken), "{taken}");
        let (taken, longest) = minute(0.3, Duration::from_millis(2));
        assert!(
            (0.055..0.065).contains(&taken) && longest < Duration::from_millis(34),
            "{taken} {longest:?}"
        );
    }

    #[test]
    fn however_dear_a_look_is_there_are_looks() {
        let (_, longest) = minute(0.05, Duration::from_millis(900));
        assert!(longest <= LONGEST_WAIT, "{longest:?}");
    }

    #[test]
    fn a_quiet_time_saves_up_for_a_burst() {
        let mut budget = Budget::new(0.3);
        budget.spend(Duration::from_millis(250));
        assert!(budget.wait(Duration::ZERO).is_zero());
        budget.spend(Duration::from_millis(30));
        assert_eq!((budget.wait(Duration::ZERO).as_secs_f64() * 1e3).round(), 100.0);
        assert!(budget.wait(Duration::from_secs(10)).is_zero());
    }

    #[test]
    fn the_clocks_count_work() {
        let before = of_thread();
        let mut sum = 0u64;
        while of_thread() - before < Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(of_process() >= Duration::from_millis(5) && sum > 0);
    }
}
