//! Children that are forked, for tests that kill them.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;

use super::forks::{Forked, Request, Server};
use super::kills::{Begin, Begun, Job};

/// A child with this word begins when it has read a byte: strace watches it by then.
const WAITS: &str = "waits";

/// Forks children.
pub(crate) struct Forks(Rc<Server>);

impl Forks {
    /// Those of the test `serves`.
    pub(crate) fn start(serves: &str) -> Self {
        Self(Server::start(serves, &[]))
    }

    /// Forks a child, whose standard input, output and error output are these.
    fn fork(&self, job: &Job, words: &[&str], files: [Option<PathBuf>; 3]) -> Forked {
        let environment = job.environment().map(|(name, value)| (name.to_owned(), Some(value)));
        let words = words.iter().copied().map(str::to_owned).collect();
        self.0.begin(&Request { words, environment: environment.into(), files, ..Request::default() })
    }
}

/// The child's part, before it works.
pub(crate) fn wait_for_strace(request: &Request) {
    if request.words == [WAITS] {
        println!("ready");
        let _ = io::stdin().read(&mut [0]).unwrap();
    }
}

impl Begin for Forks {
    fn begin(&self, job: &Job) -> Begun<'_> {
        let (said, output) = io::pipe().unwrap();
        // That of the server, which is this test's: what a child says when it panics is seen.
        let error = PathBuf::from("/proc/self/fd/2");
        let child = self.fork(job, &[], [None, Some(shared(&output)), Some(error)]);
        Begun { said: Box::new(said), kill: Box::new(move || _ = child.kill()) }
    }

    fn under_strace(&self, job: &Job, injection: &str) -> bool {
        let (input, mut begin) = io::pipe().unwrap();
        let (said, output) = io::pipe().unwrap();
        // It fails where strace lets it: what it says of that is no news.
        let child = self.fork(job, &[WAITS], [Some(shared(&input)), Some(shared(&output)), None]);
        drop((input, output));
        let mut said = BufReader::new(said);
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "all its threads are there");
        let mut strace = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", injection, "-p", &child.id().to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(strace.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut told = told.inspect(|it| line += it);
        let is_attached = told.any(|it| it.contains(" attached"));
        begin.write_all(b"\n").unwrap();
        let status = child.wait();
        told.for_each(drop);
        strace.wait().unwrap();
        assert!(is_attached, "strace cannot watch a child of another process: {line}");
        status.success()
    }
}

/// The path by which a child opens what this process has open.
fn shared(file: &impl AsRawFd) -> PathBuf {
    PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()))
}
