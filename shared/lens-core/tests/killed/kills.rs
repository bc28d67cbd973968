//! Kills a test program while it writes, at random moments and at every step, to see what it
//! leaves.
//!
//! The child is the test program itself: its test `works_until_it_is_killed` does what [`job`]
//! says. Who has another way to begin a child says so by [`Begin`].
//! `KILLS=10000 cargo test --workspace --test killed` kills more often; `cargo xtask kill` spreads
//! ten thousand kills over all programs.

use std::env;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const FOLDER: &str = "KILLED_FOLDER";
const WORK: &str = "KILLED_WORK";
const START: &str = "KILLED_START";
/// The calls that change something on a disk; a question mark before those that not every
/// processor has.
const CALLS: [&str; 17] = [
    "?rename",
    "?renameat",
    "renameat2",
    "?unlink",
    "unlinkat",
    "?mkdir",
    "mkdirat",
    "?rmdir",
    "?link",
    "linkat",
    "fsync",
    "fdatasync",
    "ftruncate",
    "write",
    "pwrite64",
    "copy_file_range",
    "sendfile",
];
/// More times than any work makes one of them.
const MAX_TIMES: usize = 2000;

/// What a child is to do.
pub(crate) struct Job {
    /// Which of the program's works.
    pub(crate) work: String,
    /// Where.
    pub(crate) folder: PathBuf,
    /// From which number on.
    pub(crate) start: u64,
    /// Whether it ends by itself, after this many.
    pub(crate) count: Option<u64>,
}

impl Job {
    /// What tells a child of it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let count = self.count.map_or_else(String::new, |count| format!(" {count}"));
        let numbers = format!("{}{count}", self.start);
        [(WORK, self.work.clone()), (FOLDER, self.folder.display().to_string()), (START, numbers)]
    }
}

/// A child that works until it is killed.
pub(crate) struct Begun<'a> {
    /// What it acknowledges, until it has ended.
    pub(crate) said: Box<dyn Read + 'a>,
    /// Kills it, and waits for its end.
    pub(crate) kill: Box<dyn FnOnce() + 'a>,
}

/// A way to begin a child.
pub(crate) trait Begin {
    /// Begins one that does a job.
    fn begin(&self, job: &Job) -> Begun<'_>;

    /// Lets one do a job while strace does to it what `injection` says. Answers whether it ended by
    /// itself, as it should.
    fn under_strace(&self, job: &Job, injection: &str) -> bool;
}

/// Children are programs that are started.
pub(crate) struct Programs;

impl Begin for Programs {
    fn begin(&self, job: &Job) -> Begun<'_> {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(TEST)
            .envs(job.environment())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Box::new(child.stdout.take().unwrap());
        let kill = move || {
            child.kill().unwrap();
            child.wait().unwrap();
        };
        Begun { said, kill: Box::new(kill) }
    }

    fn under_strace(&self, job: &Job, injection: &str) -> bool {
        let mut strace = Command::new("strace");
        strace.args(WATCHES_ONE_CALL).args(["-f", "-qq", "-o", "/dev/null"]);
        strace.args(["-e", &traced(injection), "-e", injection]).arg(env::current_exe().unwrap());
        strace.args(TEST).envs(job.environment()).output().unwrap().status.success()
    }
}

/// A child of strace stops at the call in question alone, which takes half the time.
const WATCHES_ONE_CALL: [&str; 1] = ["--seccomp-bpf"];

/// The call in question, as strace wants to be told what it watches.
fn traced(injection: &str) -> String {
    let call = injection.trim_start_matches("inject=").split(':').next().unwrap_or_default();
    format!("trace={call}")
}

/// What this process is to do; nothing when nobody is there to kill it.
pub(crate) fn job() -> Option<Job> {
    let (work, folder) = (env::var(WORK).ok()?, env::var_os(FOLDER)?.into());
    let mut numbers =
        env::var(START).ok()?.split(' ').map(|it| it.parse().ok()).collect::<Vec<_>>().into_iter();
    Some(Job { work, folder, start: numbers.next()??, count: numbers.next().flatten() })
}

/// Tells the parent what is acknowledged. That it cannot be said is no fault of the work; without a
/// parent there is nobody to end it.
pub(crate) fn done(number: u64) {
    let mut out = std::io::stdout();
    let told = writeln!(out, "done {number}").and_then(|()| out.flush());
    if told.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        std::process::exit(1);
    }
}

/// Held by each test that starts children, where several run in one process: between fork and exec
/// a child of one has the locks open that another holds, and keeps them from being taken anew.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many kills: as `KILLS` says, else the usual number.
pub(crate) fn rounds(usual: u64) -> u64 {
    env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

const TEST: [&str; 4] = ["works_until_it_is_killed", "--exact", "--nocapture", "--test-threads=1"];

/// Starts a work at `start`, kills it `patience` after the first number that it acknowledges, and
/// answers the last one.
pub(crate) fn kill(work: &str, folder: &Path, start: u64, patience: Duration) -> u64 {
    kill_by(&Programs, work, folder, start, patience)
}

/// The same with children that are begun in another way.
pub(crate) fn kill_by(begin: &dyn Begin, work: &str, folder: &Path, start: u64, patience: Duration) -> u64 {
    let job = Job { work: work.to_owned(), folder: folder.to_owned(), start, count: None };
    let Begun { said, kill } = begin.begin(&job);
    let mut lines = BufReader::new(said).lines().map_while(Result::ok);
    let done = |line: &str| line.rsplit_once("done ").and_then(|(_, number)| number.parse::<u64>().ok());
    // The clock runs from the first time, so that a slow start is not what is tested.
    let mut last = lines.find_map(|line| done(&line)).expect("the child works before it is killed");
    std::thread::sleep(patience);
    kill();
    // What was in the pipe was acknowledged; a line cut short has fewer digits, which is an earlier
    // number at worst.
    for number in lines.filter_map(|line| done(&line)) {
        last = last.max(number);
    }
    last
}

/// Another moment in each round, within a time in which several writes are done.
pub(crate) fn patience(round: u64, most_micros: u64) -> Duration {
    Duration::from_micros(round * 7919 % most_micros)
}

/// Does a work once for each of its calls that change something on a disk, and lets that call be
/// the last, then lets it fail for a full disk; each time in a folder of its own, on which `check`
/// looks afterwards. Answers how many calls there are; none where strace is not to be had.
pub(crate) fn at_every_step(
    work: &str,
    prepare: &dyn Fn(&Path),
    check: &dyn Fn(&Path, &str),
) -> Option<usize> {
    at_every_step_by(&Programs, work, prepare, check)
}

/// The same with children that are begun in another way.
pub(crate) fn at_every_step_by(
    begin: &dyn Begin,
    work: &str,
    prepare: &dyn Fn(&Path),
    check: &dyn Fn(&Path, &str),
) -> Option<usize> {
    let try_out = Command::new("strace")
        .args(WATCHES_ONE_CALL)
        .args(["-f", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:error=EIO", "true"])
        .output();
    if !try_out.is_ok_and(|it| it.status.success()) {
        eprintln!("SKIPPED: {work} at every step: strace is not installed, or may not trace");
        return None;
    }
    let run = |call: &str, number: usize, fault: &str| {
        let place = tempfile::tempdir().unwrap();
        prepare(place.path());
        let job = Job { work: work.to_owned(), folder: place.path().to_owned(), start: 1, count: Some(1) };
        let is_done = begin.under_strace(&job, &format!("inject={call}:{fault}:when={number}"));
        check(place.path(), &format!("{work}, {fault} at call {number} of {call}"));
        is_done
    };
    let mut steps = 0;
    for call in CALLS {
        let done = (1..MAX_TIMES).find(|number| run(call, *number, "signal=KILL"));
        let times = done.expect("it comes to an end") - 1;
        (1..=times).for_each(|number| _ = run(call, number, "error=ENOSPC"));
        steps += times;
    }
    assert!(steps > 0, "{work} writes nothing, or is never killed");
    println!("{work}: killed, and out of space, at each of {steps} steps");
    Some(steps)
}
